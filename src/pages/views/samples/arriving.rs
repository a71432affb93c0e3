//! Making one's own account.

use super::*;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, frame, hostile_frame};

impl Samples for Arrive {
    fn samples() -> Vec<(&'static str, Arrive)> {
        let plain = Arrive {
            frame: frame(),
            action: "/invitation".into(),
            token: "one-time".into(),
            by: "Ada Keeper".into(),
            address: "sam@example.org".into(),
            password_hint: password_hint(15),
            until: "29 November 2026, 14:02 UTC".into(),
            ..Arrive::default()
        };
        let at_once = Arrive {
            action: "/register".into(),
            token: String::new(),
            by: String::new(),
            address: String::new(),
            until: String::new(),
            asks_address: true,
            ..plain.clone()
        };
        let problems = Problems::of("username", "Somebody has this name. Choose another.")
            .and("password", "Choose a password of at least 15 characters.");
        let faulty = Arrive { username: "sam".into(), problems, ..plain.clone() };
        let hostile = Arrive {
            frame: hostile_frame(),
            by: format!("{LONG} {RTL}"),
            address: LONG.into(),
            username: MARKUP.into(),
            given_name: RTL.into(),
            ..plain.clone()
        };
        let unaddressed = Arrive { address: String::new(), ..plain.clone() };
        vec![
            ("plain", plain),
            ("unaddressed", unaddressed),
            ("at-once", at_once),
            ("faulty", faulty),
            ("hostile", hostile),
        ]
    }
}

impl Samples for Register {
    fn samples() -> Vec<(&'static str, Register)> {
        let plain = Register { frame: frame(), ..Register::default() };
        let problems = Problems::of("email", "Enter a whole e-mail address, such as name@example.org.");
        let faulty = Register { email: format!("{MARKUP}{LONG}"), problems, ..plain.clone() };
        vec![("plain", plain), ("faulty", faulty)]
    }
}

impl Samples for RegisterSent {
    fn samples() -> Vec<(&'static str, RegisterSent)> {
        let plain = RegisterSent { frame: frame(), email: "sam@example.org".into() };
        let hostile = RegisterSent { frame: hostile_frame(), email: format!("{LONG} {RTL} {MARKUP}") };
        vec![("plain", plain), ("hostile", hostile)]
    }
}
