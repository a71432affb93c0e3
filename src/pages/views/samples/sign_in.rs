//! Signing in.

use super::*;
use crate::http::page::{Frame, Link, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, about, frame, hostile_frame, person_frame};

impl Samples for SignIn {
    fn samples() -> Vec<(&'static str, SignIn)> {
        let plain = SignIn {
            frame: frame(),
            interaction: Some("i1".into()),
            destination: wiki(),
            offers_passkeys: true,
            mail_code_url: Some("/login/mail?interaction=i1".into()),
            other_account_url: "/login?interaction=i1&choose=another".into(),
            ..SignIn::default()
        };
        let with = |notice| SignIn { username: "sample".into(), notice: Some(notice), ..plain.clone() };
        let confirming = SignIn {
            confirming: true,
            username: "sample".into(),
            person_name: "Sam Ple".into(),
            destination: None,
            mail_code_url: None,
            next: Some("/account/password".into()),
            ..plain.clone()
        };
        let empty = Problems::of("username", "Enter your username or email address.");
        vec![
            ("mismatch", with(Notice::Mismatch)),
            ("too-many", with(Notice::TooMany { seconds: 30 })),
            ("too-many-long", with(Notice::TooMany { seconds: 900 })),
            ("busy", with(Notice::Busy)),
            ("stale", with(Notice::Stale)),
            ("hinted", SignIn { username: "sample@example.org".into(), ..plain.clone() }),
            ("confirming", confirming.clone()),
            ("confirming-after-mail", SignIn { after_mail: true, by_mail: true, ..confirming.clone() }),
            ("confirming-for", SignIn { destination: wiki(), ..confirming.clone() }),
            ("confirming-mismatch", SignIn { notice: Some(Notice::Mismatch), ..confirming.clone() }),
            ("confirming-hostile", SignIn { person_name: LONG.into(), username: MARKUP.into(), ..confirming }),
            (
                "empty",
                SignIn { problems: empty.and("password", "Enter your password."), interaction: None, ..plain.clone() },
            ),
            ("bare", SignIn { frame: Frame::new("Example ID", "t"), ..SignIn::default() }),
            (
                "hostile",
                SignIn {
                    frame: hostile_frame(),
                    username: MARKUP.into(),
                    destination: hostile(),
                    problems: Problems::of("username", MARKUP),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}

impl Samples for ChooseAccount {
    fn samples() -> Vec<(&'static str, ChooseAccount)> {
        let plain = ChooseAccount {
            frame: frame(),
            interaction: Some("i1".into()),
            destination: wiki(),
            person_id: "u1".into(),
            person_name: "Sam Ple".into(),
            username: "sample@example.org".into(),
        };
        let hostile =
            ChooseAccount { destination: hostile(), person_name: LONG.into(), username: RTL.into(), ..plain.clone() };
        vec![("plain", plain), ("hostile", hostile)]
    }
}

impl Samples for FlowExpired {
    fn samples() -> Vec<(&'static str, FlowExpired)> {
        let plain = FlowExpired { frame: frame(), about: about(), ..FlowExpired::default() };
        let back = Some(Link::new("Back to Team wiki", "https://wiki.example.org/"));
        vec![
            ("plain", plain.clone()),
            ("start-again", FlowExpired { start_again: back.clone(), ..plain.clone() }),
            (
                "signed-in",
                FlowExpired {
                    frame: person_frame(),
                    start_again: back,
                    signed_in_as: Some("Sam Ple".into()),
                    ..plain.clone()
                },
            ),
            ("hostile", FlowExpired { frame: hostile_frame(), signed_in_as: Some(LONG.into()), ..plain }),
        ]
    }
}
