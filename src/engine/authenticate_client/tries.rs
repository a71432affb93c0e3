//! How often one network may name the wrong secret of one client. The right client elsewhere notices nothing.

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::rate::{Limiter, TooMany};
use crate::model::refusal::Refusal;

use super::super::Caller;

/// How many wrong secrets are answered at once.
const BURST: u32 = 20;
/// How long until one more is.
const PACE: Duration = Duration::from_secs(6);
/// How many pairs of network and client are remembered.
const MOST: usize = 50_000;

/// The tries of this process.
pub(crate) struct ClientTries {
    limiter: Limiter<[u8; 32]>,
    /// What the limiter calls the beginning of time; its moments follow the engine's clock.
    origin: Instant,
}

impl ClientTries {
    pub(in crate::engine) fn new() -> ClientTries {
        ClientTries { limiter: Limiter::new(BURST, PACE, MOST), origin: Instant::now() }
    }

    /// Refuses whoever failed too often.
    pub(super) fn check(&self, caller: &Caller, client: &str, now: Timestamp) -> Result<(), Refusal> {
        self.limiter
            .check(&place(caller, client), self.moment(now))
            .map_err(|TooMany { retry_after }| Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX)))
    }

    /// Somebody failed.
    pub(super) fn failed(&self, caller: &Caller, client: &str, now: Timestamp) {
        self.limiter.charge(&place(caller, client), self.moment(now));
    }

    fn moment(&self, now: Timestamp) -> Instant {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        self.origin.checked_add(since).unwrap_or(self.origin)
    }
}

/// What is remembered of network and client: names come from strangers and may be long.
fn place(caller: &Caller, client: &str) -> [u8; 32] {
    sha256(format!("{}\0{client}", caller.network).as_bytes())
}
