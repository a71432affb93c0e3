//! Consent.

use super::*;
use crate::http::page::Samples;
use crate::http::sample::{LONG, MARKUP, RTL, hostile_frame, person_frame};

fn ask(sentence: &str, value: &str) -> Ask {
    Ask { sentence: sentence.into(), value: value.into(), ..Ask::default() }
}

fn list(sentence: &str, details: &[(&str, &str)]) -> Ask {
    let detail = |(name, value): &(&str, &str)| Detail { name: (*name).into(), value: (*value).into() };
    Ask { sentence: sentence.into(), details: details.iter().map(detail).collect(), ..Ask::default() }
}

impl Samples for Consent {
    fn samples() -> Vec<(&'static str, Consent)> {
        let plain = Consent {
            frame: person_frame(),
            interaction: "i1".into(),
            client_name: "Team wiki".into(),
            person_id: "u1".into(),
            person_name: "Sam Ple".into(),
            person_detail: "sample@example.org".into(),
            other_account_url: "/login?interaction=i1".into(),
            receives: vec![
                ask("Know that it is you", "n3v927qnhlbes4nq50cjubln40"),
                list(
                    "See your name and picture",
                    &[
                        ("Full name", "Sam Ple"),
                        ("Given name", "Sam"),
                        ("Family name", "Ple"),
                        ("Username", "sam"),
                        ("Picture", "https://example.org/people/sam/portrait-in-the-garden.jpeg"),
                        ("Date of birth", "1990-02-28"),
                        ("Time zone", "Europe/Berlin"),
                        ("Last changed", "3 November 2026"),
                        ("Ids elsewhere", "crm 4711 (since 3 March 2026, changed 3 March 2026)"),
                    ],
                ),
                list("See your e-mail address", &[("E-mail address", "sample@example.org"), ("Verified", "yes")]),
                ask("See the groups you are in", "staff, finance"),
            ],
            offline_days: Some(30),
            host: "wiki.example.org".into(),
            added_by: Some("Ada Keeper".into()),
            added_on: "3 November".into(),
            ..Consent::default()
        };
        let allows = vec![
            ask("See your projects", ""),
            Ask { sentence: "costs_write".into(), undescribed: true, ..Ask::default() },
        ];
        let unset = Ask { sentence: "Your postal address".into(), unset: true, ..Ask::default() };
        vec![
            (
                "everything",
                Consent {
                    allows,
                    receives: plain.receives.iter().cloned().chain([unset]).collect(),
                    offline_days: Some(1),
                    offline_slides: true,
                    host: "bücher.example".into(),
                    host_ascii: Some("xn--bcher-kva.example".into()),
                    self_registered: true,
                    added_by: None,
                    ..plain.clone()
                },
            ),
            (
                "little",
                Consent {
                    receives: vec![],
                    offline_days: None,
                    added_by: None,
                    added_on: String::new(),
                    ..plain.clone()
                },
            ),
            (
                "hostile",
                Consent {
                    frame: hostile_frame(),
                    client_name: format!("{LONG} {MARKUP}"),
                    person_name: RTL.into(),
                    person_detail: LONG.into(),
                    host: format!("{LONG}.example.org"),
                    receives: vec![ask(LONG, MARKUP), ask(RTL, LONG), list(LONG, &[(LONG, MARKUP), (RTL, LONG)])],
                    added_by: Some(LONG.into()),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}
