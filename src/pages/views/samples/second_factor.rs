//! The second step of a sign-in.

use super::*;
use crate::http::page::{Frame, Problems, Samples};
use crate::http::sample::{frame, hostile_frame};

impl Samples for SecondFactor {
    fn samples() -> Vec<(&'static str, SecondFactor)> {
        let plain = SecondFactor {
            frame: frame(),
            sign_in: "s1".into(),
            next: Some("/account/password".into()),
            person_name: "Sam Ple".into(),
            username: "sample".into(),
            has_authenticator: true,
            has_passkeys: true,
            has_recovery_codes: true,
            start_again_url: "/login?another=1".into(),
            ..SecondFactor::default()
        };
        let with = |notice| SecondFactor { notice: Some(notice), destination: wiki(), ..plain.clone() };
        let enrol = SecondFactor {
            need: Asks::EnrolSecondFactor,
            enrolling: Some(super::factors::enrolling(super::factors::URI)),
            offers_passkey: true,
            has_authenticator: false,
            has_passkeys: false,
            has_recovery_codes: false,
            ..plain.clone()
        };
        let asking = |need| SecondFactor { need, ..plain.clone() };
        vec![
            ("wrong", with(CodeNotice::WrongCode)),
            ("wrong-recovery", SecondFactor { recovering: true, next: None, ..with(CodeNotice::WrongRecoveryCode) }),
            ("too-many", with(CodeNotice::TooMany { seconds: 30 })),
            ("too-many-long", with(CodeNotice::TooMany { seconds: 900 })),
            ("empty", SecondFactor { problems: Problems::of("otp", "Enter the code."), ..plain.clone() }),
            ("passkey", asking(Asks::Passkey)),
            ("only-passkeys", SecondFactor { has_authenticator: false, ..plain.clone() }),
            ("only-an-authenticator", SecondFactor { has_passkeys: false, has_recovery_codes: false, ..plain.clone() }),
            ("passkey-or-key", SecondFactor { has_security_keys: true, ..asking(Asks::Passkey) }),
            ("only-a-key", SecondFactor { has_authenticator: false, has_security_keys: true, ..plain.clone() }),
            ("enrol", enrol.clone()),
            ("enrol-or-key", SecondFactor { takes_security_keys: true, ..enrol.clone() }),
            ("enrol-without-passkeys", SecondFactor { offers_passkey: false, ..enrol.clone() }),
            (
                "enrol-wrong",
                SecondFactor { problems: Problems::of("otp", "That is not the code it shows now."), ..enrol },
            ),
            ("enrol-passkey", asking(Asks::EnrolPasskey)),
            ("enrol-passkey-or-key", SecondFactor { takes_security_keys: true, ..asking(Asks::EnrolPasskey) }),
            ("bare", SecondFactor { frame: Frame::new("Example ID", "t"), ..SecondFactor::default() }),
            (
                "hostile",
                SecondFactor {
                    frame: hostile_frame(),
                    destination: hostile(),
                    person_name: LONG.into(),
                    username: MARKUP.into(),
                    problems: Problems::of("otp", MARKUP),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}

impl Samples for NewCodes {
    fn samples() -> Vec<(&'static str, NewCodes)> {
        let codes: Vec<String> = ["ABCD-EFGH-JKMN-PQRS"; 10].map(str::to_owned).to_vec();
        let onward = "/account".to_owned();
        let plain = NewCodes {
            frame: frame(),
            username: "sample".into(),
            codes,
            came_with: "Your authenticator is set up.",
            onward,
        };
        let passkey = NewCodes { came_with: "Your passkey is added.", ..plain.clone() };
        // Codes are the server's own and never long; the name beside them is anybody's.
        let hostile = NewCodes { frame: hostile_frame(), username: format!("{MARKUP}{LONG}"), ..plain.clone() };
        vec![("plain", plain), ("passkey", passkey), ("hostile", hostile)]
    }
}
