//! The list of applications, and a new one.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::lists::sample::ago;
use crate::http::views::{State, Tone};

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
        let plain = NewApplication {
            frame: admin_frame(),
            kind: "web".into(),
            dialects: super::dialects::rows(),
            chooses_id: true,
            ..NewApplication::default()
        };
        let problems = Problems::of("type", "Choose what you are connecting.")
            .and("dialect", "Choose which dialect it speaks.")
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
        let registrar = NewApplication { chooses_id: false, ..plain.clone() };
        vec![("plain", plain), ("registrar", registrar), ("faulty", faulty), ("hostile", hostile)]
    }
}
