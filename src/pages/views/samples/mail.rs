//! What goes by mail.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, frame, hostile_frame, person_frame};

impl Samples for Reset {
    fn samples() -> Vec<(&'static str, Reset)> {
        let plain = Reset { frame: frame(), by_mail: true, problems: Problems::none() };
        let problems = Problems::of("username", "Enter your username or email address.");
        vec![
            ("faulty", Reset { problems, ..plain.clone() }),
            ("without-mail", Reset { by_mail: false, ..plain.clone() }),
            ("hostile", Reset { frame: hostile_frame(), ..plain.clone() }),
            ("plain", plain),
        ]
    }
}

impl Samples for ResetSent {
    fn samples() -> Vec<(&'static str, ResetSent)> {
        vec![("plain", ResetSent { frame: frame() }), ("hostile", ResetSent { frame: hostile_frame() })]
    }
}

impl Samples for Verify {
    fn samples() -> Vec<(&'static str, Verify)> {
        let plain = Verify {
            frame: frame(),
            token: "one-time".into(),
            person_name: "Sam Ple".into(),
            username: "sample".into(),
            email: "sample@example.org".into(),
            ends_access: false,
            after_sign_in: false,
        };
        let hostile = Verify {
            frame: hostile_frame(),
            person_name: RTL.into(),
            username: MARKUP.into(),
            email: LONG.into(),
            ..plain.clone()
        };
        vec![
            ("ends-access", Verify { ends_access: true, ..plain.clone() }),
            ("after-sign-in", Verify { after_sign_in: true, ..plain.clone() }),
            ("plain", plain),
            ("hostile", hostile),
        ]
    }
}

impl Samples for OwnAddress {
    fn samples() -> Vec<(&'static str, OwnAddress)> {
        let plain = OwnAddress {
            frame: person_frame(),
            email: "sample@example.org".into(),
            by_mail: true,
            ..OwnAddress::default()
        };
        let changing = OwnAddress { changing: true, verified: true, ..plain.clone() };
        let problems = Problems::of("email", "Enter a whole e-mail address, such as name@example.org.");
        let faulty = OwnAddress { problems, typed: "sample".into(), ..changing.clone() };
        let without = OwnAddress { by_mail: false, email: String::new(), ..changing.clone() };
        let hostile =
            OwnAddress { frame: hostile_frame(), email: LONG.into(), typed: MARKUP.into(), ..changing.clone() };
        vec![
            ("changing", changing),
            ("faulty", faulty),
            ("without-mail", without),
            ("hostile", hostile),
            ("plain", plain),
        ]
    }
}
