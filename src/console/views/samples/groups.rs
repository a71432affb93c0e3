//! Groups and scopes.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};

impl Samples for Groups {
    fn samples() -> Vec<(&'static str, Groups)> {
        let row = |name: &str, members: &str, managed| GroupRow {
            required_factor: "second_factor".into(),
            name: name.into(),
            members: members.into(),
            applications: "3".into(),
            managed,
        };
        let rows = vec![row("staff", "100+", true), row("finance", "4", false), row("board", "0", false)];
        let hostile = vec![row(LONG, "100+", true), row(RTL, "0", false), row(MARKUP, "1", false)];
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

impl Samples for OneGroup {
    fn samples() -> Vec<(&'static str, OneGroup)> {
        let person = |id: &str, name: &str, username: &str| GroupMember {
            id: id.into(),
            name: name.into(),
            username: username.into(),
            email: format!("{username}@example.org"),
            disabled: false,
        };
        let application = |id: &str, name: &str, others| GroupApplication { id: id.into(), name: name.into(), others };
        let offered = [("wiki", "Team wiki"), ("chat", "Chat, which everyone may use until now")];
        let offered = offered.map(|(value, words)| Choice { value: value.into(), words: words.into(), chosen: false });
        let plain = OneGroup {
            frame: admin_frame(),
            name: "staff".into(),
            members: vec![
                person("u1", "Ada Keeper", "ada"),
                GroupMember { disabled: true, email: String::new(), ..person("u2", "Sam Ple", "sample") },
            ],
            applications: vec![application("grafana", "Grafana", 0), application("cloud", "Cloud", 2)],
            offered: offered.into(),
            ..OneGroup::default()
        };
        let sentence = "It is the only group that may use it. Say on the application’s page who may use it instead.";
        let searched = OneGroup {
            q: "n".into(),
            found: vec![person("u3", "Nia Late", "nia")],
            problems: Problems::of("", sentence),
            ..plain.clone()
        };
        let empty =
            OneGroup { managed: true, q: "zebra".into(), members: vec![], applications: vec![], ..plain.clone() };
        let hostile = OneGroup {
            frame: hostile_frame(),
            name: format!("a/b {MARKUP}"),
            members: vec![person("a/b", LONG, MARKUP), person("u4", RTL, LONG)],
            applications: vec![application("a/b", LONG, 1), application("x", RTL, 0)],
            q: RTL.into(),
            found: vec![person("u5", MARKUP, LONG)],
            offered: vec![Choice { value: MARKUP.into(), words: LONG.into(), chosen: false }],
            pager: pager("/admin/groups/staff"),
            ..plain.clone()
        };
        vec![("searched", searched), ("empty", empty), ("hostile", hostile), ("plain", plain)]
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
