//! How many interactions one network may begin without having signed in: each is a record that is kept for an hour.

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::rate::{Limiter, TooMany};
use crate::engine::{Caller, Engine};
use crate::model::refusal::Refusal;

/// How many may begin at once: a large office in the morning, all behind one address.
const BURST: u32 = 300;
/// How long until one more may.
const PACE: Duration = Duration::from_millis(500);
/// How many networks are remembered.
const MOST: usize = 50_000;

/// The beginnings of this process.
pub(in crate::engine) struct Beginnings {
    limiter: Limiter<[u8; 32]>,
    /// What the limiter calls the beginning of time; its moments follow the engine's clock.
    origin: Instant,
}

impl Beginnings {
    pub(in crate::engine) fn new() -> Beginnings {
        Beginnings { limiter: Limiter::new(BURST, PACE, MOST), origin: Instant::now() }
    }

    fn take(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        let moment = self.origin.checked_add(since).unwrap_or(self.origin);
        let taken = self.limiter.take(&sha256(network.as_bytes()), moment);
        taken.map_err(|TooMany { retry_after }| Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX)))
    }
}

impl Engine {
    /// Counts one more interaction against the caller's network.
    ///
    /// Refuses with [`Refusal::TooManyTries`] and the seconds to wait.
    pub(in crate::engine) fn may_begin(&self, caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
        self.beginnings.take(&caller.network, now)
    }
}
