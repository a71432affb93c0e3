//! How often somebody may try: a bucket of tries for each key, refilled at a steady pace.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Counts tries by key (a network, an account, a client), in memory, for a bounded number of keys.
///
/// Each key may try `burst` times at once and then once per `pace`. Kept is one moment a key: when its bucket will be
/// full again (the generic cell rate algorithm); a key whose moment has passed is as good as unknown. Time comes as an
/// argument and is monotonic: setting the clock does not let anybody in.
///
/// When there are too many keys, those not seen for longest are forgotten: a crowd of strangers costs memory for a
/// while, never without end.
pub struct Limiter<K> {
    burst: u32,
    pace: Duration,
    most: usize,
    full_again: Mutex<Generations<K>>,
}

/// Keys seen lately, and keys seen before those.
struct Generations<K> {
    young: HashMap<K, Instant>,
    old: HashMap<K, Instant>,
}

/// Too many tries; worth another one after so many seconds (at least one).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooMany {
    /// Seconds, for `Retry-After`.
    pub retry_after: u64,
}

impl fmt::Display for TooMany {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "too many tries; the next one is possible in {} s", self.retry_after)
    }
}

impl std::error::Error for TooMany {}

impl<K: Hash + Eq + Clone> Limiter<K> {
    /// `burst` tries at once (at least one), then one per `pace`; remembers at most `keys` keys.
    pub fn new(burst: u32, pace: Duration, keys: usize) -> Limiter<K> {
        let full_again = Mutex::new(Generations { young: HashMap::new(), old: HashMap::new() });
        Limiter { burst: burst.max(1), pace, most: keys.div_ceil(2).max(1), full_again }
    }

    /// Takes one try for `key`, if there is one. What is refused costs nothing more.
    pub fn take(&self, key: &K, now: Instant) -> Result<(), TooMany> {
        let mut generations = self.lock();
        let full_again = generations.of(key, now);
        self.verdict(full_again, now)?;
        generations.remember(key, full_again + self.pace, self.most);
        Ok(())
    }

    /// Whether there is a try for `key`, without taking it: for counting failures only.
    pub fn check(&self, key: &K, now: Instant) -> Result<(), TooMany> {
        let full_again = self.lock().of(key, now);
        self.verdict(full_again, now)
    }

    /// Takes one try for `key` whether there is one or not: a failure that happened counts. Never more than a whole
    /// bucket is owed.
    pub fn charge(&self, key: &K, now: Instant) {
        let mut generations = self.lock();
        let owed = generations.of(key, now) + self.pace;
        generations.remember(key, owed.min(now + self.pace * self.burst), self.most);
    }

    /// Fills the bucket of `key`: the right password ends the count of wrong ones.
    pub fn forget(&self, key: &K) {
        let mut generations = self.lock();
        generations.young.remove(key);
        generations.old.remove(key);
    }

    fn verdict(&self, full_again: Instant, now: Instant) -> Result<(), TooMany> {
        let allowed_from = full_again.checked_sub(self.pace * (self.burst - 1)).unwrap_or(now);
        let wait = allowed_from.saturating_duration_since(now);
        if wait.is_zero() { Ok(()) } else { Err(TooMany { retry_after: wait.as_millis().div_ceil(1000) as u64 }) }
    }

    fn lock(&self) -> MutexGuard<'_, Generations<K>> {
        self.full_again.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + Clone> Generations<K> {
    /// When the bucket of `key` is full again; now, if it is full.
    fn of(&self, key: &K, now: Instant) -> Instant {
        self.young.get(key).or_else(|| self.old.get(key)).map_or(now, |moment| (*moment).max(now))
    }

    fn remember(&mut self, key: &K, full_again: Instant, most: usize) {
        if self.young.len() >= most && !self.young.contains_key(key) {
            self.old = std::mem::take(&mut self.young);
        }
        self.old.remove(key);
        self.young.insert(key.clone(), full_again);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_burst_then_a_steady_pace() {
        let (limiter, start) = (Limiter::new(3, 10 * SECOND, 100), Instant::now());
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", start), Ok(()));
        }
        assert_eq!(limiter.take(&"a", start), Err(TooMany { retry_after: 10 }));
        assert_eq!(limiter.take(&"a", start + 4 * SECOND), Err(TooMany { retry_after: 6 }));
        assert_eq!(limiter.take(&"b", start), Ok(()));
        assert_eq!(limiter.take(&"a", start + 10 * SECOND), Ok(()));
        assert!(limiter.take(&"a", start + 10 * SECOND).is_err());
        for _ in 0..3 {
            assert_eq!(limiter.take(&"a", start + 100 * SECOND), Ok(()));
        }
        assert!(limiter.take(&"a", start + 100 * SECOND).is_err());
    }

    #[test]
    fn only_failures_are_counted_where_that_is_wanted() {
        let (limiter, start) = (Limiter::new(2, SECOND, 100), Instant::now());
        for _ in 0..10 {
            assert_eq!(limiter.check(&"a", start), Ok(()));
        }
        for _ in 0..10 {
            limiter.charge(&"a", start);
        }
        assert_eq!(limiter.check(&"a", start), Err(TooMany { retry_after: 1 }));
        assert_eq!(limiter.check(&"a", start + SECOND), Ok(()));
        limiter.charge(&"a", start + SECOND);
        limiter.forget(&"a");
        assert_eq!(limiter.check(&"a", start + SECOND), Ok(()));
    }

    #[test]
    fn the_number_of_keys_is_bounded_and_the_busiest_are_remembered() {
        let (limiter, start) = (Limiter::new(1, 3600 * SECOND, 100), Instant::now());
        limiter.charge(&0, start);
        for stranger in 1..10_000 {
            assert_eq!(limiter.take(&stranger, start), Ok(()));
            if stranger % 40 == 0 {
                limiter.charge(&0, start);
            }
        }
        let generations = limiter.lock();
        assert!(generations.young.len() + generations.old.len() <= 100);
        drop(generations);
        assert!(limiter.check(&0, start).is_err());
    }
}
