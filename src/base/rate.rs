//! How often something may happen, counted by a key: a network, a client, a name.
//!
//! Each key has a bucket that holds `burst` tries and gains one every so many seconds (the generic cell rate algorithm: one
//! number a key). The memory is bounded; when it is full, whoever is nearest to being forgiven is forgotten first.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::clock::Timestamp;

/// How many keys are remembered at most.
const CAPACITY: usize = 65_536;

/// A bucket for each key. Forgets everything when the process ends.
#[derive(Debug)]
pub struct RateLimit {
    burst: i64,
    every: i64,
    /// For each key, the moment at which its bucket will be full again.
    full_at: Mutex<HashMap<String, i64>>,
}

impl RateLimit {
    /// Allows `burst` tries at once and one more every `every`, which is at least a second.
    pub fn new(burst: u32, every: Duration) -> RateLimit {
        let every = i64::try_from(every.as_secs()).unwrap_or(i64::MAX).max(1);
        RateLimit { burst: i64::from(burst.max(1)), every, full_at: Mutex::default() }
    }

    /// Whether `key` has a try left at `now`; takes none.
    ///
    /// # Errors
    /// The seconds until there is one.
    pub fn check(&self, key: &str, now: Timestamp) -> Result<(), u32> {
        let full_at = self.buckets().get(key).copied().unwrap_or(now.0);
        self.room(full_at, now)
    }

    /// Takes one of `key`'s tries at `now`.
    ///
    /// # Errors
    /// There is none left; the seconds until there is one.
    pub fn take(&self, key: &str, now: Timestamp) -> Result<(), u32> {
        let mut buckets = self.buckets();
        let full_at = buckets.get(key).copied().unwrap_or(now.0);
        self.room(full_at, now)?;
        if buckets.len() >= CAPACITY && !buckets.contains_key(key) {
            forget(&mut buckets, now);
        }
        buckets.insert(key.to_owned(), full_at.max(now.0).saturating_add(self.every));
        Ok(())
    }

    fn room(&self, full_at: i64, now: Timestamp) -> Result<(), u32> {
        let owed = full_at.saturating_sub(now.0).max(0);
        let wait = owed - (self.burst - 1) * self.every;
        if wait <= 0 { Ok(()) } else { Err(u32::try_from(wait).unwrap_or(u32::MAX)) }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<String, i64>> {
        // Every change is a single insertion, so a poisoned map is still whole.
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Forgets full buckets, and if that is not enough, the fuller half of the others.
fn forget(buckets: &mut HashMap<String, i64>, now: Timestamp) {
    buckets.retain(|_, full_at| *full_at > now.0);
    if buckets.len() >= CAPACITY {
        let mut moments: Vec<i64> = buckets.values().copied().collect();
        let middle = moments.len() / 2;
        let (_, median, _) = moments.select_nth_unstable(middle);
        let median = *median;
        buckets.retain(|_, full_at| *full_at > median);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000);

    #[test]
    fn a_burst_then_one_at_a_time_for_each_key_by_itself() {
        let limit = RateLimit::new(3, Duration::from_secs(10));
        for _ in 0..3 {
            limit.check("a", NOW).unwrap();
            limit.take("a", NOW).unwrap();
        }
        assert_eq!(limit.check("a", NOW), Err(10));
        assert_eq!(limit.take("a", NOW), Err(10));
        assert_eq!(limit.take("a", NOW.plus(Duration::from_secs(9))), Err(1));
        limit.take("b", NOW).unwrap();
        let later = NOW.plus(Duration::from_secs(10));
        limit.take("a", later).unwrap();
        assert_eq!(limit.take("a", later), Err(10));
        let much_later = NOW.plus(Duration::from_secs(1000));
        for _ in 0..3 {
            limit.take("a", much_later).unwrap();
        }
        assert!(limit.take("a", much_later).is_err());
    }

    #[test]
    fn memory_is_bounded_and_the_worst_are_remembered_longest() {
        let limit = RateLimit::new(2, Duration::from_secs(10));
        limit.take("worst", NOW).unwrap();
        limit.take("worst", NOW).unwrap();
        for nth in 0..CAPACITY + 10 {
            let _ = limit.take(&nth.to_string(), NOW);
        }
        assert!(limit.buckets().len() <= CAPACITY);
        assert!(limit.take("worst", NOW).is_err());
    }
}
