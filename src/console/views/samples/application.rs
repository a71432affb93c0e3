//! One application.

use super::*;
use crate::http::page::{Link, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::Fact;
use crate::http::views::lists::sample::ago;

fn snippet() -> Snippet {
    Snippet {
        issuer: "https://id.example.org".into(),
        client_id: "wiki".into(),
        redirect_uri: "https://wiki.example.org/callback".into(),
        scope: "openid profile email".into(),
        ..Snippet::default()
    }
}

fn wiki() -> Application {
    let scope = |(name, sentence, chosen): (&str, &str, bool)| ScopeChoice {
        name: name.into(),
        sentence: sentence.into(),
        chosen,
    };
    let secret = |prefix: &str, made, last: Option<i64>, expires: Option<i64>, expired| SecretRow {
        id: prefix.into(),
        prefix: prefix.into(),
        made: ago(made),
        last_used: last.map(ago),
        expires: expires.map(ago),
        expired,
    };
    Application {
        frame: admin_frame(),
        id: "wiki".into(),
        name: "Team wiki".into(),
        kind: "web".into(),
        kind_words: "Web application".into(),
        summary: "added by Ada Keeper on 3 November · last used 2 h ago".into(),
        connect: vec![
            Fact::new("Issuer", "https://id.example.org"),
            Fact::new("Client ID", "wiki"),
            Fact::new("Discovery", "https://id.example.org/.well-known/openid-configuration"),
            Fact::new("Authorization", "https://id.example.org/oauth/authorize"),
            Fact::new("Token", "https://id.example.org/oauth/token"),
            Fact::new("User info", "https://id.example.org/oauth/userinfo"),
        ],
        lang: "env".into(),
        snippet: snippet().in_language("env"),
        redirect_uris: strings(["https://wiki.example.org/callback", "https://staging.wiki.example.org/callback"]),
        secrets: vec![
            secret("cs_9fK", 1_500_000, Some(7_200), Some(-6_000_000), false),
            secret("cs_Xa1", 16_000_000, Some(1_900_000), Some(400_000), true),
            secret("cs_P0q", 60, None, None, false),
        ],
        scopes: [
            ("openid", "Know that it is you", true),
            ("profile", "See your name and picture", true),
            ("email", "See your email address", true),
            ("offline_access", "Stay signed in while you are away", false),
        ]
        .map(scope)
        .into(),
        everyone: true,
        groups: groups(),
        consent: "ask".into(),
        required_factor: "none".into(),
        require_pkce: true,
        grants: ["authorization_code", "refresh_token", "client_credentials"]
            .map(|name| GrantChoice {
                name: name.into(),
                words: "Sign people in by their browser".into(),
                hint: "They see this server’s pages only.".into(),
                chosen: name != "client_credentials",
            })
            .into(),
        tokens: TokenFields {
            id_token_alg: "RS256".into(),
            access_token: "jwt".into(),
            access_token_alg: "EdDSA".into(),
            code_ttl: "60s".into(),
            access_ttl: "1h".into(),
            refresh_ttl: "30d".into(),
            refresh_grace: "0s".into(),
            audience: String::new(),
        },
        dialects: super::dialects::rows(),
        identity: IdentityFields {
            client_key: "9s3k5h7r0a0p2mc9e4j1t6v8".into(),
            claims_profile: "rfc9068".into(),
            ..IdentityFields::default()
        },
        ..Application::default()
    }
}

impl Samples for Application {
    fn samples() -> Vec<(&'static str, Application)> {
        let plain = wiki();
        let warned = Application {
            require_pkce: false,
            warnings: vec![Warning {
                headline: "You don’t require PKCE.".into(),
                advice: "Requiring it costs nothing and stops a stolen code.".into(),
                link: Some(Link::new("Require it", "#access")),
            }],
            managed: true,
            everyone: false,
            ..plain.clone()
        };
        let secret = "cs_Vq4mE0zJm7c8h2n1X9b5TtQkR3uYwL6sPdFaGoZi";
        let fresh = Application {
            new_secret: Some(NewSecret { secret: secret.into(), env: snippet().environment(Some(secret)) }),
            frame: admin_frame().saying(Some("A secret was added to Team wiki.".into())),
            ..plain.clone()
        };
        let spa = Application {
            kind: "spa".into(),
            kind_words: "Single-page application".into(),
            public: true,
            origins: strings(["https://board.example.org"]),
            secrets: vec![],
            lang: "js".into(),
            ..plain.clone()
        };
        let service = Application {
            kind: "service".into(),
            kind_words: "Service".into(),
            disabled: true,
            secrets: vec![],
            redirect_uris: vec![],
            lang: "curl".into(),
            ..plain.clone()
        };
        let kid = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k";
        let keyed = Application {
            kind: "service".into(),
            kind_words: "Service".into(),
            redirect_uris: vec![],
            access_keys: AccessKeys {
                offered: true,
                rows: vec![AccessKeyRow { kid: kid.into(), made: ago(86_400) }],
                elsewhere: Some("https://signin.id.example.org/oauth/Token".into()),
                new: Some(
                    "eyJjdXN0b21lcklkIjoiMSIsImNsaWVudElkIjoid2lraSIsImRvbWFpbiI6ImlkLmV4YW1wbGUub3JnIn0=".repeat(4),
                ),
            },
            ..plain.clone()
        };
        let faulty = Application {
            typed: TypedAddresses { redirect_uri: "https://*.example.org/".into(), ..TypedAddresses::default() },
            problems: Problems::of("redirect_uri", "Wildcards are not accepted: enter each address in full.")
                .and("access_ttl", "Enter a lifetime, such as 30m or 1h."),
            ..plain.clone()
        };
        let hostile = Application {
            frame: hostile_frame(),
            id: "a/b?c#d".into(),
            name: format!("{MARKUP} {LONG}"),
            kind_words: RTL.into(),
            summary: LONG.into(),
            connect: vec![Fact::new(LONG, LONG), Fact::new(MARKUP, MARKUP)],
            snippet: format!("{MARKUP}\n{}", LONG.repeat(3)),
            redirect_uris: vec![format!("https://example.org/{}", LONG.repeat(2))],
            groups: hostile_groups(),
            scopes: vec![ScopeChoice { name: LONG.into(), sentence: MARKUP.into(), chosen: true }],
            ..warned.clone()
        };
        let locked = Application { disabled: true, locked: true, ..plain.clone() };
        vec![
            ("plain", plain),
            ("locked", locked),
            ("warned", warned),
            ("new-secret", fresh),
            ("spa", spa),
            ("service", service),
            ("access-keys", keyed),
            ("faulty", faulty),
            ("hostile", hostile),
        ]
    }
}
