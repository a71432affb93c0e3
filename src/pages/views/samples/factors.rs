//! Authenticator and recovery codes.

use super::*;
use crate::engine::users::authenticator::Picture;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{MARKUP, RTL, hostile_frame, person_frame};
use crate::http::views::lists::sample::ago;
use crate::http::when::When;

pub(super) const URI: &str =
    "otpauth://totp/Example%20ID:sample?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Example%20ID";

pub(super) fn enrolling(uri: &str) -> Enrolling {
    // Samples are short enough for a QR code.
    let picture = Picture::of(uri).expect("a short text");
    Enrolling {
        uri: uri.into(),
        key: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP".into(),
        size: picture.size,
        path: picture.path,
        until: When { words: "in 29 min".into(), ..ago(0) },
    }
}

impl Samples for Authenticator {
    fn samples() -> Vec<(&'static str, Authenticator)> {
        let none = Authenticator { frame: person_frame(), last_factor: true, ..Authenticator::default() };
        let saying = person_frame().saying(Some("Your authenticator is set up.".into()));
        let has =
            Authenticator { frame: saying, since: Some(ago(9_000_000)), last_used: Some(ago(7_200)), ..none.clone() };
        let showing = Authenticator { enrolling: Some(enrolling(URI)), ..none.clone() };
        let problems = Problems::of("otp", "That is not the code it shows now. Enter the newest one.");
        let again = Authenticator { frame: person_frame(), enrolling: Some(enrolling(URI)), ..has.clone() };
        let hostile = Authenticator {
            frame: hostile_frame(),
            enrolling: Some(enrolling(&format!("otpauth://totp/{}?{MARKUP}", "x".repeat(1_200)))),
            ..none.clone()
        };
        vec![
            ("none", none),
            ("enrolling", showing.clone()),
            ("faulty", Authenticator { problems, ..showing }),
            ("plain", has.clone()),
            ("replacing", again),
            ("removing", Authenticator { removing: true, ..has.clone() }),
            ("removing-one-of-two", Authenticator { removing: true, last_factor: false, ..has }),
            ("hostile", hostile),
        ]
    }
}

impl Samples for RecoveryCodes {
    fn samples() -> Vec<(&'static str, RecoveryCodes)> {
        let codes = ["7K3M-9QFX-2HVD", "P0RB-51TE-MZ8A", "GWC4-HJ6N-YD2S", "X9VF-KQ3T-7B1M", "2ZEA-R8PD-C5WJ"];
        let codes: Vec<String> = codes.iter().chain(&codes).map(|code| (*code).to_owned()).collect();
        let kept = RecoveryCodes {
            frame: person_frame(),
            username: "sample".into(),
            codes: vec![],
            left: 7,
            of: 10,
            made: Some(ago(9_000_000)),
            has_factor: true,
        };
        let saying = person_frame().saying(Some("Your authenticator is set up.".into()));
        let shown = RecoveryCodes { frame: saying, codes: codes.clone(), left: 10, made: Some(ago(5)), ..kept.clone() };
        vec![
            ("shown", shown.clone()),
            ("few", RecoveryCodes { left: 2, ..kept.clone() }),
            ("used-up", RecoveryCodes { left: 0, ..kept.clone() }),
            ("missing", RecoveryCodes { left: 0, of: 0, made: None, ..kept.clone() }),
            ("none", RecoveryCodes { left: 0, of: 0, made: None, has_factor: false, ..kept.clone() }),
            ("plain", kept),
            ("hostile", RecoveryCodes { frame: hostile_frame(), username: format!("{RTL}{MARKUP}"), ..shown }),
        ]
    }
}
