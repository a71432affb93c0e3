//! Codes people type: those of an authenticator (RFC 6238), recovery codes, and those that come by mail. How they are kept
//! and compared, in one place for whoever makes them and whoever takes them.

use aws_lc_rs::hmac;
use totp_rs::{Builder, Totp as Generator};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{SignInId, UserId};
use crate::base::seal::Sealed;
use crate::engine::Engine;
use crate::store::Fault;

impl Engine {
    /// The seed of `user`'s authenticator as it is kept.
    pub(crate) fn seal_seed(&self, user: &UserId, seed: &[u8]) -> Sealed {
        self.sealing.seal(&seed_name(user), seed)
    }

    /// What makes the codes of a kept seed: SHA-1, six digits, thirty seconds, one step early or late.
    ///
    /// # Errors
    /// A seed that was sealed with another key file, or for somebody else.
    pub(crate) fn generator(&self, user: &UserId, seed: &Sealed) -> Result<Generator, Fault> {
        let seed = self.sealing.open(&seed_name(user), seed).map_err(Fault::new)?;
        // Seeds are 160 bits of chance, made here; nothing else of what the library checks is used.
        Ok(Builder::new().with_secret(seed).build_noncompliant())
    }

    /// The time step whose code `typed` is now, give or take one (RFC 6238, section 5.2), if it is a later one than `after`.
    pub(crate) fn step_of(&self, generator: &Generator, typed: &str, after: u64, now: Timestamp) -> Option<u64> {
        let step = generator.check(&compact(typed), u64::try_from(now.0).ok()?)?;
        (step > after).then_some(step)
    }

    /// What a recovery code of `user` is known by. Keyed, so that nobody who reads the store can try codes.
    pub(crate) fn recovery_digest(&self, user: &UserId, typed: &str) -> Digest {
        let key = self.sealing.mac_key("recovery code");
        let code = compact(typed).to_ascii_uppercase();
        Digest::of(hmac::sign(&key, format!("{user} {code}").as_bytes()))
    }

    /// What the code of a sign-in by mail is known by: keyed, and its own sign-in's alone.
    pub(crate) fn mailed_digest(&self, sign_in: &SignInId, typed: &str) -> Digest {
        let key = self.sealing.mac_key("mailed code");
        let code = compact(typed).to_ascii_uppercase();
        Digest::of(hmac::sign(&key, format!("{sign_in} {code}").as_bytes()))
    }
}

fn seed_name(user: &UserId) -> String {
    format!("totp/{user}")
}

/// What was typed without the spaces and hyphens that make it readable.
fn compact(typed: &str) -> String {
    typed.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64).collect()
}

/// Whether `typed` looks like a code of an authenticator rather than a recovery code.
pub(crate) fn is_of_authenticator(typed: &str) -> bool {
    let code = compact(typed);
    code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::House;

    /// RFC 6238, appendix B: the last six digits of the codes for SHA-1.
    #[tokio::test]
    async fn the_codes_of_the_specification() {
        let house = House::new().await;
        let (alice, bob) = (UserId::from_text("alice"), UserId::from_text("bob"));
        let sealed = house.engine.seal_seed(&alice, b"12345678901234567890");
        let generator = house.engine.generator(&alice, &sealed).unwrap();
        for (at, code) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            let step = |typed: &str, after, now| house.engine.step_of(&generator, typed, after, Timestamp(now));
            let expected = u64::try_from(at / 30).unwrap();
            for late in [-30, 0, 30] {
                assert_eq!(step(code, 0, at + late), Some(expected), "{code}");
            }
            assert_eq!(step(&format!(" {} {}", &code[..3], &code[3..]), 0, at), Some(expected));
            assert_eq!(step(code, expected, at), None, "once");
            assert_eq!((step(code, 0, at + 60), step(code, 0, at - 60)), (None, None));
            assert_eq!((step("", 0, at), step("+87082", 0, at), step("28708", 0, at)), (None, None, None));
        }
        assert!(house.engine.generator(&bob, &sealed).is_err(), "a seed is its owner's");
    }

    #[tokio::test]
    async fn a_recovery_code_is_read_however_it_is_typed_and_is_its_owners() {
        let house = House::new().await;
        let (alice, bob) = (UserId::from_text("alice"), UserId::from_text("bob"));
        let digest = house.engine.recovery_digest(&alice, "ABCD-EFGH-JKLM-NPQR");
        assert_eq!(house.engine.recovery_digest(&alice, " abcd efgh jklm npqr "), digest);
        assert_ne!(house.engine.recovery_digest(&bob, "ABCD-EFGH-JKLM-NPQR"), digest);
    }
}
