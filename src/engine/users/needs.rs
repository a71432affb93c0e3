//! What a sign-in still needs. One pure decision, for every path that ends in a session or a token: pages, grants,
//! registration, recovery, invitations. No path decides by itself.

use crate::base::clock::Timestamp;
use crate::model::factors::Counted;
use crate::model::session::{Authentication, Method, Session};
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;

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

/// What somebody with `counted` who `proved` this much still has to do where `demanded` holds. `remembered` says that they
/// gave their second factor in this browser before: that spares them another code, never a passkey that is demanded.
///
/// Whoever has enrolled a second factor is asked for it after a password, demanded or not. An enrolment never comes before
/// the factors there are: who has an authenticator gives a code before a first passkey is enrolled.
///
/// A security key that does not check its owner is a second factor where it counts, and beside a password it is as good as
/// any passkey where one is demanded: it cannot be phished either. Alone it is never taken.
pub fn needs(counted: Counted<'_>, demanded: RequiredFactor, proved: &Authentication, remembered: bool) -> Need {
    let demanded = demanded.max(demanded_by_password(counted));
    let two = proved.reaches(Authentication::ACR_TWO_FACTORS);
    if demanded == RequiredFactor::Passkey {
        let lost = two && proved.methods().contains(&Method::RecoveryCode);
        return match () {
            () if proved.reaches(Authentication::ACR_PASSKEY) => Need::Nothing,
            () if counted.has_passkey() && !lost => Need::Passkey,
            () if counted.has_second() && !two => Need::SecondFactor,
            () => Need::EnrolPasskey,
        };
    }
    match () {
        () if two => Need::Nothing,
        () if counted.has_second() && remembered => Need::Nothing,
        () if counted.has_second() => Need::SecondFactor,
        () if demanded == RequiredFactor::SecondFactor => Need::EnrolSecondFactor,
        () => Need::Nothing,
    }
}

/// A password that is too short to stand alone wants a second factor beside it, whatever became of the one it was chosen
/// beside and of the policy that demanded that.
fn demanded_by_password(counted: Counted<'_>) -> RequiredFactor {
    if counted.all().short_password { RequiredFactor::SecondFactor } else { RequiredFactor::None }
}

/// Everything that is demanded of a sign-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Demand {
    /// By policy: of the deployment, a group, the application.
    pub policy: RequiredFactor,
    /// By an authorization request that cannot do without it.
    pub essential: RequiredFactor,
    /// By one that would like it (OpenID Connect Core, section 5.5.1.1).
    pub wanted: RequiredFactor,
}

/// What is missing where all of this is demanded. What a request asks for must have been proved: that a browser remembers
/// does not count. What it would merely like is asked of those who have it.
pub(in crate::engine) fn missing(
    counted: Counted<'_>,
    demand: Demand,
    proved: &Authentication,
    remembered: bool,
) -> Need {
    let of_policy = needs(counted, demand.policy, proved, remembered);
    if of_policy != Need::Nothing {
        return of_policy;
    }
    if demand.essential > RequiredFactor::None && !proved.reaches(demand.essential.class()) {
        return needs(counted, demand.essential, proved, false);
    }
    if demand.wanted > RequiredFactor::None && !proved.reaches(demand.wanted.class()) {
        return match needs(counted, demand.wanted, proved, false) {
            Need::EnrolSecondFactor | Need::EnrolPasskey => Need::Nothing,
            other => other,
        };
    }
    Need::Nothing
}

/// What a session lacks that is open already. That its person has enrolled a factor since is no reason to ask for it: only
/// what is demanded beyond what was proved.
pub(in crate::engine) fn missing_of_session(
    counted: Counted<'_>,
    demand: Demand,
    session: &Session,
    user: &User,
    now: Timestamp,
) -> Need {
    let proved = &session.authentication;
    let remembered = session.remembered.as_ref().is_some_and(|note| counted.spares(note, user.access_epoch, now));
    let spared = remembered && demand.policy == RequiredFactor::SecondFactor;
    let met = |factor: RequiredFactor| proved.reaches(factor.class());
    match (spared || met(demand.policy)) && met(demand.essential) && met(demand.wanted) {
        true => Need::Nothing,
        false => missing(counted, demand, proved, remembered),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::clock::Timestamp;
    use crate::base::ids::UserId;
    use crate::base::seal::SealingKey;
    use crate::model::factors::{Factors, Passkey, Totp};
    use crate::model::verification::UserVerification;

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
            verifies: true,
            discoverable: true,
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
        type Row<'a> = (&'a str, &'a Factors, &'a [Method], [Need; 3], [Need; 3]);
        let rows: [Row<'_>; 19] = {
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
                for verification in [UserVerification::Required, UserVerification::Preferred] {
                    let counted = factors.under(verification);
                    assert_eq!(needs(counted, demanded, &proved, false), strange[nth], "{who}, {demanded:?}");
                    assert_eq!(needs(counted, demanded, &proved, true), remembered[nth], "{who}, {demanded:?}, again");
                }
            }
        }
    }

    /// A security key that does not check its owner is as good as a passkey beside a password where it counts, and nothing
    /// where it does not; nobody who has another factor loses that.
    #[test]
    fn a_key_that_checks_nobody_counts_where_that_is_permitted() {
        use Method::{Password, Totp};
        use RequiredFactor as Demanded;
        const TOUCHED: Method = Method::Passkey { verified: false };
        let keyed = |totp| {
            let mut factors = factors(totp, true);
            factors.passkeys[0].verifies = false;
            factors
        };
        let (key, both) = (keyed(false), keyed(true));
        type Row<'a> = (&'a str, &'a Factors, &'a [Method], [Need; 3], [Need; 3]);
        let rows: [Row<'_>; 5] = {
            use Need::{
                EnrolPasskey as NewKey, EnrolSecondFactor as NewSecond, Nothing as Done, Passkey as Key,
                SecondFactor as Second,
            };
            // (who, proved, [none, second factor, passkey demanded] where it counts, the same where it does not)
            [
                ("password", &key, &[Password], [Second, Second, Key], [Done, NewSecond, NewKey]),
                ("password and touch", &key, &[Password, TOUCHED], [Done, Done, Done], [Done, Done, Done]),
                ("both, password", &both, &[Password], [Second, Second, Key], [Second, Second, Second]),
                ("both, code", &both, &[Password, Totp], [Done, Done, Key], [Done, Done, NewKey]),
                ("both, touch", &both, &[Password, TOUCHED], [Done, Done, Done], [Done, Done, Done]),
            ]
        };
        for (who, factors, proved, counting, idle) in rows {
            let proved = Authentication::by(proved, NOW);
            for (nth, demanded) in [Demanded::None, Demanded::SecondFactor, Demanded::Passkey].into_iter().enumerate() {
                let needed = |verification| needs(factors.under(verification), demanded, &proved, false);
                assert_eq!(needed(UserVerification::Preferred), counting[nth], "{who}, {demanded:?}");
                assert_eq!(needed(UserVerification::Required), idle[nth], "{who}, {demanded:?}, not counted");
            }
        }
    }

    /// What a request asks for, beside the policy.
    #[test]
    fn what_a_request_asks_for_is_proved_and_what_it_would_like_is_asked_of_those_who_have_it() {
        let (nothing, totp, both) = (factors(false, false), factors(true, false), factors(true, true));
        let pwd = Authentication::by_password(NOW);
        let code = pwd.and(Method::Totp, NOW);
        let essential = |essential| Demand { essential, ..Demand::default() };
        let wanted = |wanted| Demand { wanted, ..Demand::default() };
        use RequiredFactor::{Passkey, SecondFactor};
        for (factors, demand, proved, expected) in [
            (&nothing, essential(SecondFactor), &pwd, Need::EnrolSecondFactor),
            (&nothing, wanted(SecondFactor), &pwd, Need::Nothing),
            (&totp, essential(SecondFactor), &pwd, Need::SecondFactor),
            (&totp, wanted(SecondFactor), &pwd, Need::SecondFactor),
            (&totp, wanted(SecondFactor), &code, Need::Nothing),
            (&totp, essential(Passkey), &code, Need::EnrolPasskey),
            (&totp, wanted(Passkey), &pwd, Need::SecondFactor),
            (&totp, wanted(Passkey), &code, Need::Nothing),
            (&both, wanted(Passkey), &code, Need::Passkey),
            (&both, essential(Passkey), &code, Need::Passkey),
        ] {
            assert_eq!(
                missing(factors.under(UserVerification::Required), demand, proved, true),
                expected,
                "{demand:?} {proved:?}"
            );
        }
        let totp = totp.under(UserVerification::Required);
        assert_eq!(missing(totp, Demand::default(), &pwd, true), Need::Nothing);
        assert_eq!(missing(totp, Demand::default(), &pwd, false), Need::SecondFactor);
    }
}
