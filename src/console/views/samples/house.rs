//! The server as a whole: how it stands, its keys, what happened, settings, and the question before an end.

use super::*;
use crate::http::page::{Frame, Link, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::lists::sample::{ago, events, hostile_events};
use crate::http::views::{HiddenField, State, Tone};

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
            required_factor: "none".into(),
            sign_in_by_mail: true,
            user_verification: "required".into(),
            impersonation: true,
            dialects: super::dialects::placed(),
            ..Settings::default()
        };
        let problems = Problems::of("password_min_length", "Enter a number from 8 to 128.")
            .and("prefix-oidc", "oidc cannot lie at \"/admin\": /admin is taken.");
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
