//! People.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::lists::sample::{acting_sessions, ago, grants, sessions};
use crate::http::views::{Fact, State, Tone};

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
            second_factors: vec!["An authenticator, set up 3 November".into(), "7 of 10 recovery codes left".into()],
            act: Some(ActForm { reason: String::new(), minutes: "15".into() }),
            ..Person::default()
        };
        let own = Person {
            is_self: true,
            act: None,
            admin: true,
            auditor: true,
            roles: "editor".into(),
            sessions: sessions(),
            ..plain.clone()
        };
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
            act: None,
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
            sessions: acting_sessions(&format!("Acts as them until later: {MARKUP} {RTL} {LONG}")),
            act: Some(ActForm { reason: format!("{MARKUP} {LONG}"), minutes: "60".into() }),
            groups: hostile_groups(),
            ..plain.clone()
        };
        let acting = Person {
            sessions: acting_sessions("Acts as them until 22 November 2026, 14:02 UTC: The wiki shows an empty page"),
            problems: Problems::of("reason", "Say why: they read it."),
            ..plain.clone()
        };
        vec![
            ("plain", plain),
            ("own", own),
            ("invited", invited),
            ("disabled", disabled),
            ("acting", acting),
            ("hostile", hostile),
        ]
    }
}
