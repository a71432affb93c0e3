//! The life of a key, as pure arithmetic on stored moments.
//!
//! A key is published one cache lifetime before it signs, so that every verifier has met it; it signs until its successor
//! does; and it stays published until the last token it may have signed has expired.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Algorithm;
use crate::base::clock::Timestamp;
use crate::base::ids::KeyId;

/// What is stored about a key beside its private half.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFacts {
    /// Its name, the thumbprint of its public half.
    pub kid: KeyId,
    /// What it signs with.
    pub alg: Algorithm,
    /// When it was made, and published.
    pub created_at: Timestamp,
    /// When it begins to sign.
    pub signs_from: Timestamp,
    /// When it ceases to sign; may lie in the future.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired_at: Option<Timestamp>,
    /// When it is published no longer and verifies nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gone_at: Option<Timestamp>,
    /// The longest life of a token it has signed, as far as that was written down.
    #[serde(default, skip_serializing_if = "Duration::is_zero")]
    pub longest_life: Duration,
}

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not yet signing.
    Next {
        /// When it begins to sign.
        signs_from: Timestamp,
    },
    /// Published and signing.
    Signing {
        /// Since when.
        since: Timestamp,
    },
    /// Published so that what it signed still verifies.
    Retiring {
        /// Until when; absent when nobody has said.
        until: Option<Timestamp>,
    },
}

impl KeyFacts {
    /// Where the key stands at `now`; `None` once it is gone.
    pub fn state(&self, now: Timestamp) -> Option<KeyState> {
        let passed = |moment: Option<Timestamp>| moment.is_some_and(|moment| moment <= now);
        if passed(self.gone_at) {
            None
        } else if passed(self.retired_at) {
            Some(KeyState::Retiring { until: self.gone_at })
        } else if self.signs_from > now {
            Some(KeyState::Next { signs_from: self.signs_from })
        } else {
            Some(KeyState::Signing { since: self.signs_from })
        }
    }

    /// The moments at which [`KeyFacts::state`] changes.
    pub(super) fn turns(&self) -> impl Iterator<Item = Timestamp> {
        [Some(self.signs_from), self.retired_at, self.gone_at].into_iter().flatten()
    }
}

/// What a rotation decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// When the new key begins to sign.
    pub signs_from: Timestamp,
    /// The facts that change: each key of the algorithm that signs now, with the end of its life written in.
    pub retire: Vec<KeyFacts>,
}

/// A rotation of this algorithm is under way: a new key is published and waits to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// The key that waits.
    pub kid: KeyId,
    /// When it begins to sign.
    pub signs_from: Timestamp,
}

impl fmt::Display for UnderWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "key {} is published already and signs from {}", self.kid, self.signs_from)
    }
}

impl std::error::Error for UnderWay {}

/// Plans the next key for `alg`, given what is known of all keys.
///
/// It signs from `now` plus `cache_lifetime`, the longest that a verifier may keep a copy of the published set. The keys it
/// succeeds sign until that moment and stay published for as long as any token of theirs lives: `longest_token_life`, which
/// is what tokens may live now, or what they lived once ([`KeyFacts::longest_life`]).
/// Without a predecessor it signs at once: nobody can have verified anything yet.
pub fn rotate(
    alg: Algorithm,
    facts: &[KeyFacts],
    now: Timestamp,
    cache_lifetime: Duration,
    longest_token_life: Duration,
) -> Result<Rotation, UnderWay> {
    let mut retire = Vec::new();
    let mut signs_from = now;
    for key in facts.iter().filter(|key| key.alg == alg) {
        match key.state(now) {
            Some(KeyState::Next { signs_from }) => return Err(UnderWay { kid: key.kid.clone(), signs_from }),
            Some(KeyState::Signing { .. }) => {
                signs_from = now.plus(cache_lifetime);
                retire.push(key.clone());
            }
            Some(KeyState::Retiring { .. }) | None => {}
        }
    }
    for key in &mut retire {
        key.retired_at = Some(signs_from);
        key.gone_at = Some(signs_from.plus(key.longest_life.max(longest_token_life)));
    }
    Ok(Rotation { signs_from, retire })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const CACHE: Duration = Duration::from_secs(300);
    const LIFE: Duration = Duration::from_secs(3600);

    fn key(kid: &str, alg: Algorithm, signs_from: i64) -> KeyFacts {
        let signs_from = Timestamp(signs_from);
        KeyFacts {
            kid: KeyId::from_text(kid),
            alg,
            created_at: signs_from,
            signs_from,
            retired_at: None,
            gone_at: None,
            longest_life: Duration::ZERO,
        }
    }

    #[test]
    fn the_first_key_signs_at_once() {
        let other = key("other", Algorithm::EdDsa, 0);
        let plan = rotate(Algorithm::Rs256, &[other], NOW, CACHE, LIFE).unwrap();
        assert_eq!(plan, Rotation { signs_from: NOW, retire: vec![] });
    }

    #[test]
    fn a_successor_waits_one_cache_lifetime_and_the_old_key_outlives_its_tokens() {
        let old = key("old", Algorithm::Rs256, 0);
        let plan = rotate(Algorithm::Rs256, &[old, key("other", Algorithm::EdDsa, 0)], NOW, CACHE, LIFE).unwrap();
        assert_eq!(plan.signs_from, NOW.plus(CACHE));
        let [old] = plan.retire.as_slice() else { panic!("one key retires") };
        assert_eq!(old.kid.as_str(), "old");
        assert_eq!(old.state(NOW), Some(KeyState::Signing { since: Timestamp(0) }));
        let gone = NOW.plus(CACHE).plus(LIFE);
        assert_eq!(old.state(NOW.plus(CACHE)), Some(KeyState::Retiring { until: Some(gone) }));
        assert_eq!(old.state(Timestamp(gone.0 - 1)), Some(KeyState::Retiring { until: Some(gone) }));
        assert_eq!(old.state(gone), None);
    }

    #[test]
    fn a_key_outlives_what_it_signed_while_tokens_lived_longer() {
        let longest_life = Duration::from_secs(86_400);
        let old = KeyFacts { longest_life, ..key("old", Algorithm::Rs256, 0) };
        let plan = rotate(Algorithm::Rs256, &[old], NOW, CACHE, LIFE).unwrap();
        assert_eq!(plan.retire[0].gone_at, Some(NOW.plus(CACHE).plus(longest_life)));
    }

    #[test]
    fn a_second_rotation_waits_for_the_first() {
        let waiting = key("next", Algorithm::Rs256, NOW.0 + 1);
        let facts = [key("old", Algorithm::Rs256, 0), waiting];
        let refused = rotate(Algorithm::Rs256, &facts, NOW, CACHE, LIFE).unwrap_err();
        assert_eq!((refused.kid.as_str(), refused.signs_from), ("next", Timestamp(NOW.0 + 1)));
        assert!(rotate(Algorithm::Es256, &facts, NOW, CACHE, LIFE).is_ok());
        assert!(rotate(Algorithm::Rs256, &facts, Timestamp(NOW.0 + 1), CACHE, LIFE).is_ok());
    }
}
