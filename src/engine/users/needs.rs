//! What a sign-in still needs. One pure decision, for every path that ends in a session or a token: pages, grants,
//! registration, recovery, invitations. No path decides by itself.

use crate::model::factors::Factors;
use crate::model::session::{Authentication, Method};
use crate::model::sign_in::RequiredFactor;

/// What is missing before somebody is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: they are in.
    Nothing,
    /// A second factor of theirs: a code, a passkey or a recovery code.
    SecondFactor,
    /// A passkey of theirs. Who has lost theirs gives a recovery code and enrols another.
    Passkey,
    /// A second factor is demanded and they have none: they enrol one now.
    EnrolSecondFactor,
    /// A passkey is demanded and they have none: they enrol one now.
    EnrolPasskey,
}

/// What somebody with `factors` who `proved` this much still has to do where `demanded` holds. `remembered` says that they
/// gave their second factor in this browser before: that spares them another code, never a passkey that is demanded.
///
/// Whoever has enrolled a second factor is asked for it after a password, demanded or not. An enrolment never comes before
/// the factors there are: who has an authenticator gives a code before a first passkey is enrolled.
pub fn needs(factors: &Factors, demanded: RequiredFactor, proved: &Authentication, remembered: bool) -> Need {
    let two = proved.reaches(Authentication::ACR_TWO_FACTORS);
    if demanded == RequiredFactor::Passkey {
        let lost = two && proved.methods().contains(&Method::RecoveryCode);
        return match () {
            () if proved.reaches(Authentication::ACR_PASSKEY) => Need::Nothing,
            () if !factors.passkeys.is_empty() && !lost => Need::Passkey,
            () if factors.has_second() && !two => Need::SecondFactor,
            () => Need::EnrolPasskey,
        };
    }
    match () {
        () if two => Need::Nothing,
        () if factors.has_second() && remembered => Need::Nothing,
        () if factors.has_second() => Need::SecondFactor,
        () if demanded == RequiredFactor::SecondFactor => Need::EnrolSecondFactor,
        () => Need::Nothing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;
    use crate::base::ids::UserId;
    use crate::base::seal::SealingKey;
    use crate::model::factors::{Passkey, Totp};

    const NOW: Timestamp = Timestamp(1_800_000_000);

    fn factors(totp: bool, passkey: bool) -> Factors {
        let sealing = SealingKey::from_bytes(&[7; 32]);
        let mut factors = Factors::none(&UserId::from_text("alice"));
        factors.totp =
            totp.then(|| Totp { seed: sealing.seal("seed", b"seed"), since: NOW, last_step: 0, last_used_at: None });
        factors.passkeys.extend(passkey.then(|| Passkey {
            id: "one".to_owned(),
            name: "Laptop".to_owned(),
            credential: "{}".to_owned(),
            created_at: NOW,
            last_used_at: None,
            backed_up: false,
        }));
        factors
    }

    /// Every combination of what people have, what is demanded and what they proved, with what is missing still.
    #[test]
    fn the_table() {
        use Method::{Password, RecoveryCode, Totp};
        use RequiredFactor as Demanded;
        const VERIFIED: Method = Method::Passkey { verified: true };
        const TOUCHED: Method = Method::Passkey { verified: false };
        let (nothing, totp, passkey, both) =
            (factors(false, false), factors(true, false), factors(false, true), factors(true, true));
        let rows: [(&str, &Factors, &[Method], [Need; 3], [Need; 3]); 19] = {
            use Need::{
                EnrolPasskey as NewKey, EnrolSecondFactor as NewSecond, Nothing as Done, Passkey as Key,
                SecondFactor as Second,
            };
            // (who, proved, [none, second factor, passkey demanded], the same in a browser that is remembered)
            [
                ("a guest", &nothing, &[], [Done, NewSecond, NewKey], [Done, NewSecond, NewKey]),
                ("password alone", &nothing, &[Password], [Done, NewSecond, NewKey], [Done, NewSecond, NewKey]),
                ("a lost factor", &nothing, &[Password, RecoveryCode], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("a code and it is gone", &nothing, &[Password, Totp], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("password, has codes", &totp, &[Password], [Second, Second, Second], [Done, Done, Second]),
                ("password and code", &totp, &[Password, Totp], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("password and recovery", &totp, &[Password, RecoveryCode], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("a code and no password", &totp, &[Totp], [Second, Second, Second], [Done, Done, Second]),
                ("password, has a passkey", &passkey, &[Password], [Second, Second, Key], [Done, Done, Key]),
                ("password, passkey", &passkey, &[Password, TOUCHED], [Done, Done, Done], [Done, Done, Done]),
                ("passkey alone", &passkey, &[VERIFIED], [Done, Done, Done], [Done, Done, Done]),
                ("touched alone", &passkey, &[TOUCHED], [Second, Second, Key], [Done, Done, Key]),
                ("passkey lost", &passkey, &[Password, RecoveryCode], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("recovery alone", &passkey, &[RecoveryCode], [Second, Second, Key], [Done, Done, Key]),
                ("password, has both", &both, &[Password], [Second, Second, Key], [Done, Done, Key]),
                ("both, code", &both, &[Password, Totp], [Done, Done, Key], [Done, Done, Key]),
                ("both, recovery", &both, &[Password, RecoveryCode], [Done, Done, NewKey], [Done, Done, NewKey]),
                ("both, passkey", &both, &[VERIFIED], [Done, Done, Done], [Done, Done, Done]),
                ("both, all", &both, &[Password, Totp, TOUCHED], [Done, Done, Done], [Done, Done, Done]),
            ]
        };
        for (who, factors, proved, strange, remembered) in rows {
            let proved = Authentication::by(proved, NOW);
            for (nth, demanded) in [Demanded::None, Demanded::SecondFactor, Demanded::Passkey].into_iter().enumerate() {
                assert_eq!(needs(factors, demanded, &proved, false), strange[nth], "{who}, {demanded:?}");
                assert_eq!(needs(factors, demanded, &proved, true), remembered[nth], "{who}, {demanded:?}, remembered");
            }
        }
    }
}
