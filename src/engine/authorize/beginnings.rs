//! How many requests one network may begin without having signed in, and one person who has: each leaves records that are
//! kept for an hour or for as long as a grant.

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::ids::UserId;
use crate::base::rate::{Limiter, TooMany};
use crate::engine::{Caller, Engine};
use crate::model::refusal::Refusal;

/// How many may begin at once: a large office in the morning, all behind one address.
const BURST: u32 = 300;
/// How long until one more may.
const PACE: Duration = Duration::from_millis(500);
/// How many one person may begin at once: every tab of a browser that was just restored, with silent renewals.
const PERSON_BURST: u32 = 120;
/// How long until one more may.
const PERSON_PACE: Duration = Duration::from_secs(1);
/// How many networks are remembered, and how many people.
const MOST: usize = 50_000;

/// The beginnings of this process.
pub(in crate::engine) struct Beginnings {
    networks: Limiter<[u8; 32]>,
    people: Limiter<UserId>,
    /// What the limiters call the beginning of time; its moments follow the engine's clock.
    origin: Instant,
}

impl Beginnings {
    pub(in crate::engine) fn new() -> Beginnings {
        let networks = Limiter::new(BURST, PACE, MOST);
        let people = Limiter::new(PERSON_BURST, PERSON_PACE, MOST);
        Beginnings { networks, people, origin: Instant::now() }
    }

    fn take(&self, network: &str, person: Option<&UserId>, now: Timestamp) -> Result<(), Refusal> {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        let moment = self.origin.checked_add(since).unwrap_or(self.origin);
        let taken = match person {
            Some(person) => self.people.take(person, moment),
            None => self.networks.take(&sha256(network.as_bytes()), moment),
        };
        taken.map_err(|TooMany { retry_after }| Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX)))
    }
}

impl Engine {
    /// Counts one more request against the person who is signed in, else against the caller's network.
    ///
    /// Refuses with [`Refusal::TooManyTries`] and the seconds to wait.
    pub(in crate::engine) fn may_begin(
        &self,
        caller: &Caller,
        person: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.beginnings.take(&caller.network, person, now)
    }

    /// The same for questions to passkeys, which are counted apart: the sign-in page begins one each time it is shown.
    pub(in crate::engine) fn may_ask_passkey(
        &self,
        caller: &Caller,
        person: Option<&UserId>,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        self.ceremonies.take(&caller.network, person, now)
    }
}
