//! First steps and ways back in.

use super::*;
use crate::http::page::{Frame, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, about, frame, hostile_frame};

impl Samples for Setup {
    fn samples() -> Vec<(&'static str, Setup)> {
        let plain = Setup {
            frame: Frame::new("Countersign", "t").at_host("localhost:8080"),
            token: "one-time".into(),
            password_hint: password_hint(15),
            ..Setup::default()
        };
        let problems = Problems::of("name", "Give the server a name.")
            .and("email", "Enter an email address, such as you@example.org.")
            .and("password", "Choose a password of at least 15 characters.");
        let faulty = Setup { username: "sam".into(), email: "sam".into(), problems, ..plain.clone() };
        let hostile = Setup {
            frame: hostile_frame(),
            name: MARKUP.into(),
            username: LONG.into(),
            email: RTL.into(),
            problems: Problems::of("username", LONG),
            ..plain.clone()
        };
        vec![("plain", plain), ("faulty", faulty), ("hostile", hostile)]
    }
}

impl Samples for Recover {
    fn samples() -> Vec<(&'static str, Recover)> {
        let plain = Recover {
            frame: frame(),
            token: "one-time".into(),
            person_name: "Sam Ple".into(),
            username: "sample".into(),
            password_hint: password_hint(15),
            ..Recover::default()
        };
        let problems = Problems::of("password", "This password is on lists that attackers try first. Choose another.");
        let hostile = Recover { person_name: LONG.into(), username: MARKUP.into(), ..plain.clone() };
        vec![
            ("faulty", Recover { problems, ..plain.clone() }),
            ("without-second-factor", Recover { without_second_factor: true, ..plain.clone() }),
            ("hostile", hostile),
            ("plain", plain),
        ]
    }
}

impl Samples for LinkClosed {
    fn samples() -> Vec<(&'static str, LinkClosed)> {
        vec![
            ("setup-done", LinkClosed::setup_done(frame(), about())),
            ("setup-token", LinkClosed::setup_token_wrong(frame(), about())),
            ("invitation", LinkClosed::invitation_gone(frame(), about())),
            ("registration", LinkClosed::registration_gone(frame(), about())),
            ("registration-closed", LinkClosed::registration_closed(frame(), about())),
            ("recovery", LinkClosed::recovery_gone(frame(), about())),
            ("address", LinkClosed::address_gone(frame(), about())),
            ("address-taken", LinkClosed::address_taken(frame(), about())),
        ]
    }
}
