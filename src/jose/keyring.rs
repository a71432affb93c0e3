//! All keys we hold, and which of them sign, are published or verify at a given moment.
//!
//! A keyring never changes; a rotation makes another one. Whoever holds it asks with the present moment, and a key's turn
//! comes by itself when its time does.

use super::Algorithm;
use super::jwk::{JwkSet, KeyError, PublicJwk};
use super::key::SigningKey;
use super::rotation::{KeyFacts, KeyState};
use super::verify::VerifyingKey;
use crate::base::clock::Timestamp;

/// An immutable set of keys with their lives.
#[derive(Debug, Default)]
pub struct Keyring {
    keys: Vec<Held>,
}

#[derive(Debug)]
struct Held {
    facts: KeyFacts,
    signing: SigningKey,
    verifying: VerifyingKey,
}

impl Keyring {
    /// The keyring of these keys; fails with [`KeyError::Malformed`] where facts tell of another key than the one they
    /// came with.
    pub fn new(keys: Vec<(KeyFacts, SigningKey)>) -> Result<Keyring, KeyError> {
        let held = |(facts, signing): (KeyFacts, SigningKey)| {
            if facts.kid.as_str() != signing.kid() || facts.alg != signing.algorithm() {
                return Err(KeyError::Malformed);
            }
            let verifying = VerifyingKey::from_jwk(signing.public())?;
            Ok(Held { facts, signing, verifying })
        };
        Ok(Keyring { keys: keys.into_iter().map(held).collect::<Result<_, _>>()? })
    }

    /// The key that signs with `alg` at `now`: the newest whose time has come and that is not retired.
    pub fn signer(&self, alg: Algorithm, now: Timestamp) -> Option<&SigningKey> {
        let signing =
            |held: &&Held| held.facts.alg == alg && matches!(held.facts.state(now), Some(KeyState::Signing { .. }));
        let newest = |held: &&Held| (held.facts.signs_from, held.facts.created_at);
        self.keys.iter().filter(signing).max_by_key(newest).map(|held| &held.signing)
    }

    /// The published set at `now`: every key that will sign, signs, or signed what may still be valid. RSA first, then EC,
    /// then OKP; within a kind the signing key first, then the newest.
    pub fn published(&self, now: Timestamp) -> JwkSet<'_> {
        let mut keys: Vec<&Held> = self.keys.iter().filter(|held| held.facts.state(now).is_some()).collect();
        keys.sort_by_key(|held| {
            let signs = matches!(held.facts.state(now), Some(KeyState::Signing { .. }));
            std::cmp::Reverse((signs, held.facts.signs_from))
        });
        JwkSet::ordered(keys.into_iter().map(|held| held.signing.public()).collect())
    }

    /// The key named `kid` as verifier of what it signed; `None` for names we do not know and keys that are gone at `now`.
    pub fn find(&self, kid: &str, now: Timestamp) -> Option<&VerifyingKey> {
        let held = self.keys.iter().find(|held| held.facts.kid.as_str() == kid)?;
        held.facts.state(now).map(|_| &held.verifying)
    }

    /// The public half of the key named `kid`, gone or not.
    pub fn public(&self, kid: &str) -> Option<&PublicJwk> {
        self.keys.iter().find(|held| held.facts.kid.as_str() == kid).map(|held| held.signing.public())
    }

    /// What is known of every key, in the order given.
    pub fn facts(&self) -> impl Iterator<Item = &KeyFacts> {
        self.keys.iter().map(|held| &held.facts)
    }

    /// The next moment after `now` at which another key signs or is published; what was derived from this keyring holds
    /// until then.
    pub fn next_turn(&self, now: Timestamp) -> Option<Timestamp> {
        self.facts().flat_map(KeyFacts::turns).filter(|turn| *turn > now).min()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::base::ids::KeyId;
    use crate::base::rng::SeededRng;
    use crate::jose::jws;
    use crate::jose::jwt::{self, Cause, Expect};
    use crate::jose::rotation::rotate;

    const CACHE: Duration = Duration::from_secs(300);
    const LIFE: Duration = Duration::from_secs(3600);
    const START: Timestamp = Timestamp(1_800_000_000);

    /// The stored side of a keyring: facts, and private keys as they would be sealed.
    #[derive(Default)]
    struct Shelf(Vec<(KeyFacts, Vec<u8>)>);

    impl Shelf {
        fn add(&mut self, key: &SigningKey, created_at: Timestamp, signs_from: Timestamp) {
            let kid = KeyId::from_text(key.kid());
            let alg = key.algorithm();
            let facts = KeyFacts {
                kid,
                alg,
                created_at,
                signs_from,
                retired_at: None,
                gone_at: None,
                longest_life: std::time::Duration::ZERO,
            };
            self.0.push((facts, key.to_pkcs8_der().to_vec()));
        }

        fn rotate(&mut self, key: &SigningKey, now: Timestamp) {
            let facts: Vec<_> = self.0.iter().map(|(facts, _)| facts.clone()).collect();
            let plan = rotate(key.algorithm(), &facts, now, CACHE, LIFE).unwrap();
            for retired in plan.retire {
                let kept = self.0.iter_mut().find(|(facts, _)| facts.kid == retired.kid).unwrap();
                kept.0 = retired;
            }
            self.add(key, now, plan.signs_from);
        }

        fn keyring(&self) -> Keyring {
            let read = |(facts, der): &(KeyFacts, Vec<u8>)| {
                (facts.clone(), SigningKey::from_pkcs8_der(facts.alg, der).unwrap())
            };
            Keyring::new(self.0.iter().map(read).collect()).unwrap()
        }
    }

    fn ed25519(seed: u64) -> SigningKey {
        SigningKey::generate_ed25519(&SeededRng::new(seed))
    }

    fn issue(keyring: &Keyring, now: Timestamp) -> (String, String) {
        let key = keyring.signer(Algorithm::EdDsa, now).unwrap();
        let claims = json!({ "iat": now, "exp": now.plus(LIFE) });
        (key.kid().to_owned(), jws::encode(key, Some("at+jwt"), &claims).unwrap())
    }

    fn accepts(keyring: &Keyring, token: &str, now: Timestamp) -> Result<(), Cause> {
        jwt::decode::<Value>(token, |kid| keyring.find(kid, now), &Expect::ours(now)).map(|_| ())
    }

    /// Every second of a rotation: there is always a signer; a verifier whose copy of the published set is up to one cache
    /// lifetime old knows the key; and every token verifies until the second it expires.
    #[test]
    fn nobody_notices_a_rotation() {
        let mut shelf = Shelf::default();
        shelf.rotate(&ed25519(1), START);
        let before = shelf.keyring();
        let turn = START.plus(Duration::from_secs(1000));
        shelf.rotate(&ed25519(2), turn);
        let after = shelf.keyring();
        let at = |now: Timestamp| if now < turn { &before } else { &after };

        let mut signers = Vec::new();
        for second in (600..6000).step_by(25) {
            let now = START.plus(Duration::from_secs(second));
            let (kid, token) = issue(at(now), now);
            let stale = now.minus(CACHE);
            assert!(at(stale).published(stale).keys.iter().any(|key| key.kid() == kid), "{second}");
            for age in [0, 1, 299, 300, 301, 3599] {
                let later = now.plus(Duration::from_secs(age));
                assert_eq!(accepts(at(later), &token, later), Ok(()), "{second} + {age}");
                assert!(at(later).published(later).keys.iter().any(|key| key.kid() == kid));
            }
            let end = accepts(&after, &token, now.plus(LIFE)).unwrap_err();
            assert!(matches!(end, Cause::Expired | Cause::UnknownKey));
            signers.push((second, kid));
        }
        let (old, new) = (ed25519(1), ed25519(2));
        for (second, kid) in signers {
            assert_eq!(kid, if second < 1300 { old.kid() } else { new.kid() }, "{second}");
        }
    }

    #[test]
    fn a_key_is_seen_before_it_signs_and_until_its_last_token_ends() {
        let mut shelf = Shelf::default();
        shelf.rotate(&ed25519(1), START);
        shelf.rotate(&ed25519(2), START);
        let keyring = shelf.keyring();
        let (old, new) = (ed25519(1).kid().to_owned(), ed25519(2).kid().to_owned());
        let published = |now| keyring.published(now).keys.iter().map(|key| key.kid().to_owned()).collect::<Vec<_>>();

        assert_eq!(published(START), [old.clone(), new.clone()]);
        let turn = keyring.next_turn(START).unwrap();
        assert_eq!(turn, START.plus(CACHE));
        assert_eq!(published(turn), [new.clone(), old.clone()]);
        let end = keyring.next_turn(turn).unwrap();
        assert_eq!(end, turn.plus(LIFE));
        assert_eq!(published(end), std::slice::from_ref(&new));
        assert!(keyring.find(&old, end).is_none() && keyring.find(&new, end).is_some());
        assert!(keyring.public(&old).is_some());
        assert_eq!(keyring.next_turn(end), None);
    }

    #[test]
    fn each_algorithm_has_its_own_signer_and_rsa_is_published_first() {
        let mut shelf = Shelf::default();
        for algorithm in [Algorithm::EdDsa, Algorithm::Es256, Algorithm::Rs256] {
            shelf.rotate(&SigningKey::generate(algorithm), START);
        }
        let keyring = shelf.keyring();
        for algorithm in Algorithm::ALL {
            assert_eq!(keyring.signer(algorithm, START).unwrap().algorithm(), algorithm);
            assert!(keyring.signer(algorithm, Timestamp(START.0 - 1)).is_none());
        }
        let order: Vec<_> = keyring.published(START).keys.iter().map(|key| key.algorithm()).collect();
        assert_eq!(order, Algorithm::ALL);
    }

    #[test]
    fn facts_of_another_key_are_refused() {
        let mut shelf = Shelf::default();
        shelf.add(&ed25519(1), START, START);
        let (mut facts, der) = shelf.0.remove(0);
        facts.kid = KeyId::from_text("another");
        let key = SigningKey::from_pkcs8_der(Algorithm::EdDsa, &der).unwrap();
        assert!(Keyring::new(vec![(facts, key)]).is_err());
    }
}
