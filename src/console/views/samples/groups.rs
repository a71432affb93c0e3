//! Groups and scopes.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};

impl Samples for Groups {
    fn samples() -> Vec<(&'static str, Groups)> {
        let row = |name: &str, members: &str, managed| GroupRow {
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
