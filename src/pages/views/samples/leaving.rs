//! Signing out.

use super::*;
use crate::http::page::{Link, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, acting_frame, frame, hostile_acting_frame, hostile_frame, person_frame};

impl Samples for SignOut {
    fn samples() -> Vec<(&'static str, SignOut)> {
        let plain = SignOut { frame: person_frame(), person_name: "Sam Ple".into(), ..SignOut::default() };
        let asked = SignOut {
            request: Some("r1".into()),
            client_name: Some("Team wiki".into()),
            applications: vec!["Team wiki".into(), "Grafana".into()],
            ..plain.clone()
        };
        let hostile = SignOut {
            frame: hostile_frame(),
            person_name: LONG.into(),
            client_name: Some(MARKUP.into()),
            applications: vec![LONG.into(), RTL.into()],
            ..asked.clone()
        };
        let acting = SignOut { frame: acting_frame(), ..asked.clone() };
        let acting_hostile = SignOut { frame: hostile_acting_frame(), ..hostile.clone() };
        vec![
            ("plain", plain),
            ("asked", asked),
            ("hostile", hostile),
            ("acting", acting),
            ("acting-hostile", acting_hostile),
        ]
    }
}

impl Samples for SignedOut {
    fn samples() -> Vec<(&'static str, SignedOut)> {
        let plain = SignedOut { frame: frame(), ..SignedOut::default() };
        let back = Some(Link::new("Back to Team wiki", "https://wiki.example.org/"));
        vec![
            ("back", SignedOut { back: back.clone(), ..plain.clone() }),
            ("refused", SignedOut { return_refused: true, ..plain.clone() }),
            ("still", SignedOut { still_signed_in: true, back, ..plain.clone() }),
            ("plain", plain),
        ]
    }
}
