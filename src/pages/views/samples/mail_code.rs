//! Signing in with a code by mail.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, frame, hostile_frame};

impl Samples for MailCode {
    fn samples() -> Vec<(&'static str, MailCode)> {
        let plain = MailCode {
            frame: frame(),
            interaction: Some("i1".into()),
            destination: wiki(),
            password_url: "/login?interaction=i1".into(),
            ..MailCode::default()
        };
        let problems = Problems::of("username", "Enter your username or email address.");
        let hostile =
            MailCode { frame: hostile_frame(), destination: hostile(), username: MARKUP.into(), ..plain.clone() };
        vec![
            ("faulty", MailCode { problems, ..plain.clone() }),
            ("hinted", MailCode { username: "sample@example.org".into(), ..plain.clone() }),
            ("too-many", MailCode { username: "sample".into(), wait: Some(30), ..plain.clone() }),
            ("bare", MailCode { interaction: None, destination: None, ..plain.clone() }),
            ("hostile", hostile),
            ("plain", plain),
        ]
    }
}

impl Samples for MailedCode {
    fn samples() -> Vec<(&'static str, MailedCode)> {
        let plain = MailedCode {
            frame: frame(),
            sign_in: "s1".into(),
            interaction: Some("i1".into()),
            destination: wiki(),
            again_url: "/login/mail?interaction=i1".into(),
            password_url: "/login?interaction=i1".into(),
            ..MailedCode::default()
        };
        let with = |notice| MailedCode { notice: Some(notice), ..plain.clone() };
        let hostile = MailedCode { frame: hostile_frame(), destination: hostile(), code: LONG.into(), ..plain.clone() };
        vec![
            ("by-link", MailedCode { code: "K3M9-TX4B".into(), ..plain.clone() }),
            ("wrong", with(MailedNotice::Wrong)),
            ("too-many", with(MailedNotice::TooMany { seconds: 120 })),
            ("faulty", MailedCode { problems: Problems::of("code", "Enter the code."), ..plain.clone() }),
            ("bare", MailedCode { interaction: None, destination: None, ..plain.clone() }),
            ("hostile", hostile),
            ("plain", plain),
        ]
    }
}

impl Samples for MailCodeNote {
    fn samples() -> Vec<(&'static str, MailCodeNote)> {
        vec![
            ("elsewhere", MailCodeNote::elsewhere(frame(), "K3M9-TX4B")),
            ("gone", MailCodeNote::gone(frame(), "/login/mail?interaction=i1")),
            ("enrol-first", MailCodeNote::enrol_first(frame(), "/login?interaction=i1&another=1")),
            ("hostile", MailCodeNote::elsewhere(hostile_frame(), LONG)),
        ]
    }
}
