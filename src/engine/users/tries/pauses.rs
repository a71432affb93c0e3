//! Pauses that grow with every failure, in a memory that does not.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;

/// How many names are remembered; about 5 MB when all are.
pub(super) const MOST: usize = 50_000;
/// After so long without a failure, everything is forgiven.
const FORGIVEN: Duration = Duration::from_secs(86_400);
/// How many tries may be under way at once while there were few failures.
const AT_ONCE: u32 = 32;

/// A key as it is kept: names may be long and are not ours, so only 16 bytes of their SHA-256 stay.
pub(super) type Place = [u8; 16];

pub(super) fn place(key: &str) -> Place {
    let mut out = [0; 16];
    out.copy_from_slice(&sha256(key.as_bytes())[..16]);
    out
}

/// What is known of one place.
#[derive(Clone, Copy, Default)]
pub(super) struct Pause {
    failures: u32,
    under_way: u32,
    last: Timestamp,
    until: Timestamp,
}

/// Pauses that double with every failure beyond the first few.
pub(super) struct Pauses {
    free: u32,
    longest: u32,
    map: Mutex<HashMap<Place, Pause>>,
}

impl Pauses {
    /// After so many failures that are `free`, pauses of at most `longest` seconds.
    pub(super) fn new(free: u32, longest: u32) -> Pauses {
        Pauses { free, longest, map: Mutex::default() }
    }

    /// Lets one more try begin at `place`.
    ///
    /// # Errors
    /// The seconds to wait: the pause is not over, or as many tries are under way as there may be.
    pub(super) fn begin(&self, place: Place, now: Timestamp) -> Result<(), u32> {
        let mut map = self.map();
        if map.len() >= MOST && !map.contains_key(&place) {
            forget(&mut map, now);
        }
        let pause = map.entry(place).or_default();
        if now < pause.last || now.since(pause.last) >= FORGIVEN {
            *pause = Pause { under_way: pause.under_way, last: now, ..Pause::default() };
        }
        if now < pause.until {
            return Err(u32::try_from(pause.until.since(now).as_secs()).unwrap_or(u32::MAX));
        }
        let at_once = if pause.failures < self.free { AT_ONCE } else { 1 };
        if pause.under_way >= at_once {
            return Err(1);
        }
        pause.under_way += 1;
        Ok(())
    }

    /// A try that had begun failed: the next pause begins. How many failures that makes.
    pub(super) fn failed(&self, place: Place, now: Timestamp) -> u32 {
        let mut map = self.map();
        let Some(pause) = map.get_mut(&place) else { return 0 };
        pause.under_way = pause.under_way.saturating_sub(1);
        pause.failures = pause.failures.saturating_add(1);
        pause.last = now;
        pause.until = now.plus(Duration::from_secs(self.length(pause.failures)));
        pause.failures
    }

    /// Takes over what was known before this process began, unless it knows something itself.
    pub(super) fn recall(&self, place: Place, failures: u32, last: Timestamp) {
        let until = last.plus(Duration::from_secs(self.length(failures)));
        let mut map = self.map();
        if map.len() < MOST {
            map.entry(place).or_insert(Pause { failures, under_way: 0, last, until });
        }
    }

    /// A try that had begun succeeded: what failed before is forgiven.
    pub(super) fn succeeded(&self, place: Place) {
        let mut map = self.map();
        if let Some(pause) = map.get_mut(&place) {
            *pause = Pause { under_way: pause.under_way.saturating_sub(1), last: pause.last, ..Pause::default() };
            if pause.under_way == 0 {
                map.remove(&place);
            }
        }
    }

    /// A try that had begun came to nothing, and counts for nothing.
    pub(super) fn abandoned(&self, place: Place) {
        let mut map = self.map();
        if let Some(pause) = map.get_mut(&place) {
            pause.under_way = pause.under_way.saturating_sub(1);
            if pause.under_way == 0 && pause.failures == 0 {
                map.remove(&place);
            }
        }
    }

    /// The pause in seconds after so many failures: none at first, then 1, 2, 4 …
    fn length(&self, failures: u32) -> u64 {
        match failures.checked_sub(self.free) {
            None => 0,
            Some(beyond) => 1u64.checked_shl(beyond).unwrap_or(u64::MAX).min(u64::from(self.longest)),
        }
    }

    pub(super) fn map(&self) -> MutexGuard<'_, HashMap<Place, Pause>> {
        // Nothing panics while the lock is held, so a poisoned map is still whole.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes room: first what is forgiven, then, if that was too few, the half that failed longest ago.
fn forget(map: &mut HashMap<Place, Pause>, now: Timestamp) {
    map.retain(|_, pause| pause.under_way > 0 || now.since(pause.last) < FORGIVEN);
    if map.len() >= MOST {
        let mut times: Vec<Timestamp> = map.values().map(|pause| pause.last).collect();
        let (_, middle, _) = times.select_nth_unstable(map.len() / 2);
        let middle = *middle;
        map.retain(|_, pause| pause.under_way > 0 || pause.last > middle);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_whatever_the_names() {
        let pauses = Pauses::new(5, 3_600);
        for n in 0..120_000i64 {
            let (place, now) = (place(&n.to_string()), Timestamp(1_000_000 + n / 1_000));
            pauses.begin(place, now).unwrap();
            pauses.failed(place, now);
        }
        assert!(pauses.map().len() <= MOST);
    }
}
