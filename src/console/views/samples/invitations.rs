//! Invitations.

use super::*;
use crate::engine::users::authenticator::Picture;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::lists::sample::ago;
use crate::http::views::{State, Tone};

impl Samples for Invitations {
    fn samples() -> Vec<(&'static str, Invitations)> {
        let row = |id: &str, email: &str, state: State, open: bool| InvitationRow {
            id: id.into(),
            email: email.into(),
            by: "Ada Keeper".into(),
            groups: "staff".into(),
            state,
            made: ago(7_200),
            open,
            ..InvitationRow::default()
        };
        let rows = vec![
            row("i1", "nia@example.org", State::new(Tone::Next, "Waits until 29 November 2026, 14:02 UTC"), true),
            row("i2", "", State::new(Tone::Warn, "Expired on 12 November"), true),
            InvitationRow {
                person: "/admin/people/u2".into(),
                ..row("i3", "sam@example.org", State::new(Tone::Good, "Accepted by Sam Ple"), false)
            },
            row("i4", "max@example.org", State::new(Tone::Bad, "Revoked 2 h ago"), false),
        ];
        let lifetimes = [("1", "One day", false), ("3", "Three days", false), ("7", "A week", true)];
        let lifetimes =
            lifetimes.map(|(value, words, chosen)| Choice { value: value.into(), words: words.into(), chosen });
        let url =
            "https://id.example.org/invitation?token=iv_0d8f3g5h7j9k1m3n5p7r9t1v3x5Vq4mE0zJm7c8h2n1X9b5TtQkR3uYwL6s";
        let link = |email: &str| NewLink { email: email.into(), url: url.into(), qr: Picture::of(url).ok() };
        let plain = Invitations {
            frame: admin_frame(),
            mailed: true,
            groups: groups(),
            lifetimes: lifetimes.into(),
            rows,
            ..Invitations::default()
        };
        let problems =
            Problems::of("addresses", "Line 2: “nobody” is no whole e-mail address, such as name@example.org.")
                .and("addresses", "Line 3: “sam@example.org” has an account here already.");
        let hostile = vec![
            row(LONG, LONG, State::new(Tone::Bad, RTL), true),
            InvitationRow {
                by: RTL.into(),
                groups: MARKUP.into(),
                ..row("a/b", MARKUP, State::new(Tone::Bad, LONG), true)
            },
        ];
        vec![
            ("one", Invitations { links: vec![link("nia@example.org")], ..plain.clone() }),
            ("made", Invitations { links: vec![link("nia@example.org"), link("")], ..plain.clone() }),
            (
                "faulty",
                Invitations { addresses: "a@example.org\nnobody\nsam@example.org".into(), problems, ..plain.clone() },
            ),
            ("closed", Invitations { closed: true, mailed: false, rows: vec![], groups: vec![], ..plain.clone() }),
            (
                "hostile",
                Invitations {
                    frame: hostile_frame(),
                    rows: hostile,
                    addresses: format!("</textarea>{MARKUP}"),
                    groups: hostile_groups(),
                    links: vec![NewLink { email: LONG.into(), url: LONG.into(), qr: None }],
                    pager: pager("/admin/invitations"),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}
