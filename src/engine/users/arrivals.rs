//! How many accounts one network may bring about: each is a record that stays, and each try tells whether an address is
//! known here.

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::rate::{Limiter, TooMany};
use crate::model::refusal::Refusal;

/// How many may register at once: a family, a class, whoever shares an address with them.
const REGISTRATIONS: u32 = 30;
/// How long until one more may.
const REGISTRATION_PACE: Duration = Duration::from_secs(60);
/// How many guests may come at once: nobody chooses to be one, so whole networks of devices do.
const GUESTS: u32 = 200;
/// How long until one more may.
const GUEST_PACE: Duration = Duration::from_secs(5);
/// How many networks are remembered.
const MOST: usize = 50_000;

/// The arrivals at this process.
pub(crate) struct Arrivals {
    registrations: Limiter<[u8; 32]>,
    guests: Limiter<[u8; 32]>,
    /// What the limiters call the beginning of time; its moments follow the engine's clock.
    origin: Instant,
}

impl Arrivals {
    pub(super) fn new() -> Arrivals {
        Arrivals {
            registrations: Limiter::new(REGISTRATIONS, REGISTRATION_PACE, MOST),
            guests: Limiter::new(GUESTS, GUEST_PACE, MOST),
            origin: Instant::now(),
        }
    }

    /// Counts one more registration from `network`, whatever comes of it.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(super) fn register(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.registrations, network, now)
    }

    /// Counts one more guest from `network`.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(in crate::engine) fn guest(&self, network: &str, now: Timestamp) -> Result<(), Refusal> {
        self.take(&self.guests, network, now)
    }

    fn take(&self, limiter: &Limiter<[u8; 32]>, network: &str, now: Timestamp) -> Result<(), Refusal> {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        let moment = self.origin.checked_add(since).unwrap_or(self.origin);
        let taken = limiter.take(&sha256(network.as_bytes()), moment);
        taken.map_err(|TooMany { retry_after }| Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX)))
    }
}
