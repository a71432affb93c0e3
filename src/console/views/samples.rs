//! Every console page with ordinary, faulty, empty and hostile data.

use super::*;
use crate::http::page::{Frame, Link, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::lists::sample::{ago, events, grants, hostile_events, sessions};
use crate::http::views::{Fact, HiddenField, Pager, State, Tone};

fn strings<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(String::from).into()
}

fn pager(path: &str) -> Pager {
    Pager { words: "50 of 100,000".into(), first: Some(path.into()), next: Some(format!("{path}?after=k")) }
}

fn groups() -> Vec<GroupChoice> {
    [("staff", true), ("finance", false)].map(|(name, chosen)| GroupChoice { name: name.into(), chosen }).into()
}

fn hostile_groups() -> Vec<GroupChoice> {
    [LONG, RTL, MARKUP].map(|name| GroupChoice { name: name.into(), chosen: true }).into()
}

impl Samples for Overview {
    fn samples() -> Vec<(&'static str, Overview)> {
        let row = |tone, headline: &str, detail: &str, words: &str| {
            HealthRow::new(tone, headline, detail, Link::new(words, "/admin/keys"))
        };
        let fine = vec![
            row(Tone::Good, "Signing keys are 41 days old", "RS256, ES256 and EdDSA", "Keys"),
            row(Tone::Good, "Two people administer this server", "", "People"),
            row(Tone::Plain, "38 people, 5 applications", "12 signed in today", "Activity"),
        ];
        let no_pkce = row(Tone::Warn, "Grafana does not require PKCE", "A stolen code could be used.", "Require it");
        let failures =
            row(Tone::Bad, "41 sign-ins failed in the last 24 hours", "38 of them from 203.0.113.7.", "See them");
        let all = |more: Vec<HealthRow>| fine.iter().cloned().chain(more).collect::<Vec<_>>();
        let hostile = vec![row(Tone::Bad, LONG, MARKUP, RTL), row(Tone::Good, MARKUP, LONG, LONG)];
        vec![
            ("well", Overview::of(admin_frame(), fine.clone())),
            ("one", Overview::of(admin_frame(), all(vec![no_pkce.clone()]))),
            ("two", Overview::of(admin_frame(), all(vec![no_pkce, failures]))),
            ("hostile", Overview::of(hostile_frame(), hostile)),
        ]
    }
}

impl Samples for Applications {
    fn samples() -> Vec<(&'static str, Applications)> {
        let row = |id: &str, name: &str, kind: &str, who: &str, state: State, last: Option<i64>| ApplicationRow {
            id: id.into(),
            name: name.into(),
            kind: kind.into(),
            who: who.into(),
            state,
            last_used: last.map(ago),
        };
        let good = || State::new(Tone::Good, "Working");
        let rows = vec![
            row("wiki", "Team wiki", "Web application", "Everyone", good(), Some(7_200)),
            row(
                "grafana",
                "Grafana",
                "Web application",
                "staff",
                State::new(Tone::Warn, "PKCE not required"),
                Some(720),
            ),
            row("board", "Board", "Single-page application", "Everyone", good(), Some(90_000)),
            row("deploy", "Deploy robot", "Service", "—", State::new(Tone::Plain, "No secret yet"), None),
            row(
                "intranet",
                "Old intranet",
                "Web application",
                "staff",
                State::new(Tone::Bad, "Disabled"),
                Some(9_000_000),
            ),
        ];
        let hostile = vec![
            row("a/b?c#d&e", MARKUP, "Web application", LONG, good(), None),
            row(LONG, LONG, LONG, RTL, State::new(Tone::Bad, LONG), Some(5)),
            row("rtl", RTL, "Service", "—", good(), None),
        ];
        let plain = Applications { frame: admin_frame(), rows, ..Applications::default() };
        let path = "/admin/applications";
        vec![
            ("paged", Applications { pager: pager(path), ..plain.clone() }),
            ("found", Applications { q: "team".into(), rows: plain.rows[..1].to_vec(), ..plain.clone() }),
            ("not-found", Applications { q: "zebra".into(), rows: vec![], ..plain.clone() }),
            ("empty", Applications { frame: admin_frame(), ..Applications::default() }),
            ("hostile", Applications { frame: hostile_frame(), q: MARKUP.into(), rows: hostile, pager: pager(path) }),
            ("plain", plain),
        ]
    }
}

impl Samples for NewApplication {
    fn samples() -> Vec<(&'static str, NewApplication)> {
        let plain = NewApplication { frame: admin_frame(), kind: "web".into(), ..NewApplication::default() };
        let problems = Problems::of("type", "Choose what you are connecting.")
            .and("name", "Give it a name.")
            .and("redirect_uri", "Enter a full address, such as https://wiki.example.org/callback.")
            .and("id", "Another application has this client ID.");
        let faulty = NewApplication {
            kind: String::new(),
            redirect_uri: "wiki".into(),
            id: "wiki".into(),
            problems,
            ..plain.clone()
        };
        let hostile = NewApplication {
            frame: hostile_frame(),
            name: MARKUP.into(),
            redirect_uri: LONG.into(),
            problems: Problems::of("name", LONG),
            ..plain.clone()
        };
        vec![("plain", plain), ("faulty", faulty), ("hostile", hostile)]
    }
}

fn wiki() -> Application {
    let snippet = Snippet {
        issuer: "https://id.example.org".into(),
        client_id: "wiki".into(),
        redirect_uri: "https://wiki.example.org/callback".into(),
        scope: "openid profile email".into(),
        ..Snippet::default()
    };
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
        snippet: snippet.in_language("env"),
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
        require_pkce: true,
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
            new_secret: Some(NewSecret {
                secret: secret.into(),
                env: Snippet { client_id: "wiki".into(), ..Snippet::default() }.environment(Some(secret)),
            }),
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
        vec![
            ("plain", plain),
            ("warned", warned),
            ("new-secret", fresh),
            ("spa", spa),
            ("service", service),
            ("faulty", faulty),
            ("hostile", hostile),
        ]
    }
}

impl Samples for Confirm {
    fn samples() -> Vec<(&'static str, Confirm)> {
        let plain = Confirm {
            frame: admin_frame(),
            here: "Applications".into(),
            back: Link::new("Team wiki", "/admin/applications/wiki"),
            headline: "Delete Team wiki?".into(),
            consequences: strings([
                "38 people can no longer sign in to it.",
                "Its 2 secrets and 41 grants end.",
                "Its client ID cannot be used again.",
            ]),
            typed: "wiki".into(),
            action: "/admin/applications/wiki/delete".into(),
            button: "Delete Team wiki".into(),
            ..Confirm::default()
        };
        let faulty = Confirm { problems: Problems::of("typed", "Type wiki, exactly so."), ..plain.clone() };
        let untyped = Confirm {
            here: "Keys".into(),
            typed: String::new(),
            fields: vec![HiddenField { name: "alg".into(), value: "RS256".into() }],
            ..plain.clone()
        };
        let hostile = Confirm {
            frame: hostile_frame(),
            headline: format!("Delete {LONG}?"),
            consequences: vec![LONG.into(), MARKUP.into()],
            typed: RTL.into(),
            button: format!("Delete {LONG}"),
            back: Link::new(LONG, "/admin/people/x"),
            ..plain.clone()
        };
        vec![("plain", plain), ("faulty", faulty), ("untyped", untyped), ("hostile", hostile)]
    }
}

impl Samples for People {
    fn samples() -> Vec<(&'static str, People)> {
        let row = |id: &str, name: &str, username: &str, groups: &str, state: State, seen: Option<i64>| PersonRow {
            id: id.into(),
            name: name.into(),
            username: username.into(),
            email: format!("{username}@example.org"),
            groups: groups.into(),
            state,
            admin: false,
            seen: seen.map(ago),
        };
        let active = || State::new(Tone::Good, "Active");
        let rows = vec![
            PersonRow { admin: true, ..row("u1", "Ada Keeper", "ada", "staff", active(), Some(30)) },
            row("u2", "Sam Ple", "sample", "staff, finance", active(), Some(7_200)),
            PersonRow {
                email: String::new(),
                ..row("u3", "Nia Late", "nia", "", State::new(Tone::Next, "No password yet"), None)
            },
            row("u4", "Old Hand", "hand", "", State::new(Tone::Bad, "Disabled"), Some(9_000_000)),
        ];
        let hostile = vec![
            row("a/b", MARKUP, LONG, LONG, active(), None),
            row("u5", RTL, "rtl", RTL, active(), Some(1)),
            row("u6", LONG, "long", "staff", State::new(Tone::Bad, LONG), Some(1)),
        ];
        let plain = People { frame: admin_frame(), rows, ..People::default() };
        vec![
            ("paged", People { pager: pager("/admin/people"), ..plain.clone() }),
            ("not-found", People { q: "zebra".into(), rows: vec![], ..plain.clone() }),
            ("empty", People { rows: vec![], ..plain.clone() }),
            ("hostile", People { frame: hostile_frame(), q: RTL.into(), rows: hostile, ..plain.clone() }),
            ("plain", plain),
        ]
    }
}

impl Samples for NewPerson {
    fn samples() -> Vec<(&'static str, NewPerson)> {
        let plain = NewPerson { frame: admin_frame(), groups: groups(), ..NewPerson::default() };
        let problems = Problems::of("username", "Somebody has this username.").and("email", "Enter an email address.");
        let faulty = NewPerson { username: "ada".into(), email: "ada".into(), problems, ..plain.clone() };
        let empty = NewPerson { groups: vec![], ..plain.clone() };
        let hostile =
            NewPerson { frame: hostile_frame(), groups: hostile_groups(), username: LONG.into(), ..plain.clone() };
        vec![("plain", plain), ("faulty", faulty), ("empty", empty), ("hostile", hostile)]
    }
}

impl Samples for Person {
    fn samples() -> Vec<(&'static str, Person)> {
        let plain = Person {
            frame: admin_frame(),
            id: "usr_8Jq2Lk0aVn".into(),
            name: "Sam Ple".into(),
            username: "sample".into(),
            state: State::new(Tone::Good, "Active, signed in 2 h ago from Firefox on Linux"),
            facts: vec![Fact::new("Added", "3 November, by Ada Keeper")],
            email: "sample@example.org".into(),
            email_verified: true,
            given_name: "Sam".into(),
            family_name: "Ple".into(),
            groups: groups(),
            sessions: sessions().into_iter().skip(1).collect(),
            grants: grants(),
            ..Person::default()
        };
        let own = Person { is_self: true, admin: true, sessions: sessions(), ..plain.clone() };
        let invited = Person {
            state: State::new(Tone::Next, "No password yet"),
            recovery: Some(OneTimeLink {
                url: "https://id.example.org/recover?token=Vq4mE0zJm7c8h2n1X9b5TtQkR3uYwL6s".into(),
                until: "until 22 November 2026, 14:02 UTC".into(),
            }),
            sessions: vec![],
            grants: vec![],
            groups: vec![],
            ..plain.clone()
        };
        let disabled = Person {
            state: State::new(Tone::Bad, "Disabled since 3 November"),
            disabled: true,
            managed: true,
            problems: Problems::of("email", "Another person has this address."),
            ..plain.clone()
        };
        let hostile = Person {
            frame: hostile_frame(),
            id: "a/b?c#d".into(),
            name: format!("{LONG} {RTL}"),
            username: MARKUP.into(),
            state: State::new(Tone::Bad, LONG),
            facts: vec![Fact::new(LONG, MARKUP)],
            email: LONG.into(),
            groups: hostile_groups(),
            ..plain.clone()
        };
        vec![("plain", plain), ("own", own), ("invited", invited), ("disabled", disabled), ("hostile", hostile)]
    }
}

impl Samples for Groups {
    fn samples() -> Vec<(&'static str, Groups)> {
        let row = |name: &str, members, managed| GroupRow { name: name.into(), members, applications: 3, managed };
        let rows = vec![row("staff", 38, true), row("finance", 4, false), row("board", 0, false)];
        let hostile = vec![row(LONG, u64::MAX, true), row(RTL, 0, false), row(MARKUP, 1, false)];
        let plain = Groups { frame: admin_frame(), rows, ..Groups::default() };
        let problems = Problems::of("name", "There is a group of this name.");
        vec![
            ("faulty", Groups { name: "staff".into(), problems, pager: pager("/admin/groups"), ..plain.clone() }),
            ("empty", Groups { rows: vec![], ..plain.clone() }),
            ("hostile", Groups { frame: hostile_frame(), rows: hostile, name: MARKUP.into(), ..plain.clone() }),
            ("plain", plain),
        ]
    }
}

impl Samples for Scopes {
    fn samples() -> Vec<(&'static str, Scopes)> {
        let row = |name: &str, description: &str, claims: &str, built_in| ScopeRow {
            name: name.into(),
            description: description.into(),
            claims: claims.into(),
            built_in,
            managed: !built_in,
        };
        let rows = vec![
            row("openid", "Know that it is you", "sub", true),
            row("email", "See your email address", "email, email_verified", true),
            row("projects_read", "See your projects", "", false),
            row("costs_write", "", "", false),
        ];
        let hostile = vec![row("a/b", MARKUP, LONG, false), row(LONG, RTL, RTL, false)];
        vec![
            ("plain", Scopes { frame: admin_frame(), rows }),
            ("hostile", Scopes { frame: hostile_frame(), rows: hostile }),
        ]
    }
}

impl Samples for ScopeForm {
    fn samples() -> Vec<(&'static str, ScopeForm)> {
        let fresh = ScopeForm { frame: admin_frame(), fresh: true, ..ScopeForm::default() };
        let problems = Problems::of("name", "A scope’s name has no spaces.").and("description", "Write a sentence.");
        let faulty = ScopeForm { name: "projects read".into(), problems, ..fresh.clone() };
        let existing = ScopeForm {
            frame: admin_frame(),
            name: "projects_read".into(),
            description: "See your projects".into(),
            claims: "project\nrole".into(),
            ..ScopeForm::default()
        };
        let built_in = ScopeForm { built_in: true, name: "email".into(), ..existing.clone() };
        let hostile = ScopeForm {
            frame: hostile_frame(),
            name: LONG.into(),
            description: MARKUP.into(),
            claims: format!("</textarea>{MARKUP}"),
            ..existing.clone()
        };
        vec![("new", fresh), ("faulty", faulty), ("plain", existing), ("built-in", built_in), ("hostile", hostile)]
    }
}

impl Samples for Keys {
    fn samples() -> Vec<(&'static str, Keys)> {
        let row = |kid: &str, alg: &str, tone, words: &str, made, then: &str| KeyRow {
            kid: kid.into(),
            alg: alg.into(),
            state: State::new(tone, words),
            made: ago(made),
            then: then.into(),
        };
        let rows = vec![
            row("8kq1Zr3tXw", "RS256", Tone::Good, "Signs", 3_500_000, ""),
            row("Lm29sKd0Qa", "ES256", Tone::Good, "Signs", 3_500_000, ""),
            row("Pz7vHn4cYe", "EdDSA", Tone::Good, "Signs", 3_500_000, "until 14:07"),
            row("Uw5bJf6gTi", "EdDSA", Tone::Next, "Next", 20, "signs from 14:07"),
            row("Ox3aRm8eNs", "RS256", Tone::Plain, "Verifies only", 9_000_000, "removed on 3 December"),
        ];
        let turn = |alg: &str| KeyTurn {
            alg: alg.into(),
            what: format!(
                "A new {alg} key is published now and signs in 5 minutes. The present one stays published until the \
                 last token it signed has expired, so nobody is signed out."
            ),
            waits: false,
        };
        let waiting = KeyTurn {
            what: "The next EdDSA key is published already. You can rotate again once it signs.".into(),
            waits: true,
            ..turn("EdDSA")
        };
        let turns = vec![turn("RS256"), turn("ES256"), waiting];
        let published_at = "/oauth/keys".to_owned();
        let hostile = vec![row(LONG, MARKUP, Tone::Bad, LONG, 1, LONG)];
        vec![
            ("plain", Keys { frame: admin_frame(), published_at: published_at.clone(), rows, turns }),
            ("hostile", Keys { frame: hostile_frame(), published_at, rows: hostile, turns: vec![] }),
        ]
    }
}

impl Samples for Activity {
    fn samples() -> Vec<(&'static str, Activity)> {
        let kind = |value: &str, words: &str| Choice { value: value.into(), words: words.into(), chosen: false };
        let kinds = vec![kind("sign_in", "Somebody signed in"), kind("sign_in_failed", "Somebody failed to")];
        let plain = Activity {
            frame: admin_frame(),
            kinds,
            events: events(),
            pager: pager("/admin/activity"),
            ..Activity::default()
        };
        let problems = Problems::of("person", "There is no one with this username.");
        let filtered = Activity { person: "zebra".into(), events: vec![], problems, ..plain.clone() };
        let empty = Activity { events: vec![], ..plain.clone() };
        let hostile = Activity {
            frame: hostile_frame(),
            person: MARKUP.into(),
            application: LONG.into(),
            kinds: vec![Choice { value: MARKUP.into(), words: LONG.into(), chosen: true }],
            events: hostile_events(),
            ..plain.clone()
        };
        vec![("plain", plain), ("filtered", filtered), ("empty", empty), ("hostile", hostile)]
    }
}

impl Samples for Settings {
    fn samples() -> Vec<(&'static str, Settings)> {
        let plain = Settings {
            frame: admin_frame().saying(Some("Settings saved.".into())),
            name: "Example ID".into(),
            account_url_hint: "What the worksection interface answers. Empty: https://id.example.org.".into(),
            password_min_length: "15".into(),
            self_registration: "closed".into(),
            client_registration: "permitted".into(),
            ..Settings::default()
        };
        let problems = Problems::of("password_min_length", "Enter a number from 8 to 128.");
        let faulty = Settings { password_min_length: "3".into(), problems, frame: admin_frame(), ..plain.clone() };
        let hostile =
            Settings { frame: hostile_frame(), name: LONG.into(), account_url: MARKUP.into(), ..plain.clone() };
        vec![
            ("plain", plain),
            ("faulty", faulty),
            ("hostile", hostile),
            ("bare", Settings { frame: Frame::new("x", "t"), ..Settings::default() }),
        ]
    }
}
