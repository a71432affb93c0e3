//! How often somebody may try: growing pauses per name, and a rate per network.
//!
//! Nobody outside can lock somebody out for good. Failures from one network slow down that network; failures from many
//! slow down a name, by a quarter of an hour at most; and a browser the person has signed in with before has pauses of
//! its own.
//!
//! The pauses that are announced are counted by what was typed, so whether the name exists changes nothing. Underneath, the
//! account itself has the same pauses once more, whichever of its names were typed: they are never announced. A try that
//! meets one of them takes as long as any other and is wrong, whatever the password; that two names lead to one account
//! shows to nobody who does not know its password.
mod pauses;

use std::time::{Duration, Instant};

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::rate::{Limiter, TooMany};
use crate::model::refusal::Refusal;
use pauses::{MOST, Pauses, Place, place};

/// What tries at a user's password are counted by, whichever of their names was typed. No name begins so.
pub(crate) fn account(user: &UserId) -> String {
    format!("\0user/{user}")
}

/// The tries of this process.
pub(crate) struct Tries {
    networks: Limiter<Place>,
    /// What the limiter calls the beginning of time; its moments follow the engine's clock.
    origin: Instant,
    pairs: Pauses,
    names: Pauses,
    known: Pauses,
}

/// Somebody trying.
pub(crate) struct Who<'a> {
    /// What was typed, as names are compared.
    pub name: &'a str,
    /// Whose name that is, if it is somebody's.
    pub account: Option<&'a UserId>,
    /// What limits count by.
    pub network: &'a str,
    /// Whether the person of that name has signed in with this browser before.
    pub known: bool,
}

impl Tries {
    pub(crate) fn new() -> Tries {
        Tries {
            networks: Limiter::new(100, Duration::from_secs(10), MOST),
            origin: Instant::now(),
            pairs: Pauses::new(5, 3_600),
            names: Pauses::new(20, 900),
            known: Pauses::new(10, 900),
        }
    }

    /// For codes: fewer of them are free than of passwords, since there are a million and no more.
    pub(crate) fn of_codes() -> Tries {
        Tries { names: Pauses::new(10, 900), ..Tries::new() }
    }

    /// Takes over what was written down about `name` before this process began, if it knows nothing of it.
    pub(crate) fn recall(&self, name: &str, failures: u32, last: Timestamp) {
        self.names.recall(place(name), failures, last);
    }

    /// Lets somebody try. Say afterwards how it went; a try that is dropped without a word does not count.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`] with the seconds to wait.
    pub(crate) fn begin(&self, who: &Who<'_>, now: Timestamp) -> Result<Try<'_>, Refusal> {
        let mut attempt = Try { tries: self, network: None, held: Vec::new(), in_vain: false };
        let account = who.account.map(account);
        if who.known {
            attempt.hold(&self.known, place(account.as_deref().unwrap_or(who.name)), now)?;
            return Ok(attempt);
        }
        let network = place(who.network);
        self.networks
            .check(&network, self.moment(now))
            .map_err(|TooMany { retry_after }| Refusal::TooManyTries(u32::try_from(retry_after).unwrap_or(u32::MAX)))?;
        attempt.network = Some(network);
        let pair = |name: &str| place(&format!("{}\0{name}", who.network));
        attempt.hold(&self.pairs, pair(who.name), now)?;
        attempt.hold(&self.names, place(who.name), now)?;
        if let Some(account) = &account {
            let held = attempt
                .hold(&self.pairs, pair(account), now)
                .and_then(|()| attempt.hold(&self.names, place(account), now));
            attempt.in_vain = held.is_err();
        }
        Ok(attempt)
    }

    fn moment(&self, now: Timestamp) -> Instant {
        let since = Duration::from_secs(u64::try_from(now.0).unwrap_or(0));
        self.origin.checked_add(since).unwrap_or(self.origin)
    }
}

/// A try under way.
pub(crate) struct Try<'a> {
    tries: &'a Tries,
    /// The network that pays if it fails.
    network: Option<Place>,
    held: Vec<(&'a Pauses, Place)>,
    in_vain: bool,
}

impl<'a> Try<'a> {
    fn hold(&mut self, pauses: &'a Pauses, place: Place, now: Timestamp) -> Result<(), Refusal> {
        pauses.begin(place, now).map_err(Refusal::TooManyTries)?;
        self.held.push((pauses, place));
        Ok(())
    }

    /// Whether the account is tried at too often under its several names: it must fail, as if the password were wrong.
    pub(crate) fn is_in_vain(&self) -> bool {
        self.in_vain
    }

    /// It was the wrong password. How often that name was tried in vain in all.
    pub(crate) fn failed(mut self, now: Timestamp) -> u32 {
        if let Some(network) = self.network {
            self.tries.networks.charge(&network, self.tries.moment(now));
        }
        let mut most = 0;
        for (pauses, place) in self.held.drain(..) {
            most = most.max(pauses.failed(place, now));
        }
        most
    }

    /// It was the right one.
    pub(crate) fn succeeded(mut self) {
        for (pauses, place) in self.held.drain(..) {
            pauses.succeeded(place);
        }
    }
}

impl Drop for Try<'_> {
    fn drop(&mut self) {
        for (pauses, place) in self.held.drain(..) {
            pauses.abandoned(place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: i64 = 1_000_000;

    fn who<'a>(name: &'a str, network: &'a str) -> Who<'a> {
        Who { name, account: None, network, known: false }
    }

    /// Fails as often as it is let, second by second; how often that was, and the longest pause met.
    fn attack(tries: &Tries, name: &str, network: &str, seconds: i64) -> (u32, u32) {
        let (mut failures, mut longest) = (0, 0);
        for second in 0..seconds {
            let now = Timestamp(T + second);
            match tries.begin(&who(name, network), now) {
                Ok(attempt) => {
                    attempt.failed(now);
                    failures += 1;
                }
                Err(Refusal::TooManyTries(wait)) => longest = longest.max(wait),
                Err(other) => panic!("{other:?}"),
            }
        }
        (failures, longest)
    }

    #[test]
    fn failures_from_one_network_slow_down_that_network_only() {
        let tries = Tries::new();
        let (failures, longest) = attack(&tries, "alice", "203.0.113.9", 3_600);
        assert!((10..20).contains(&failures), "{failures} in an hour");
        assert!((1_000..=3_600).contains(&longest));
        let later = Timestamp(T + 3_600);
        assert!(tries.begin(&who("alice", "198.51.100.7"), later).is_ok(), "she comes in from elsewhere");
        assert!(tries.begin(&who("bob", "203.0.113.9"), later).is_ok(), "and another person from there");
    }

    #[test]
    fn failures_from_everywhere_slow_down_the_name_but_not_a_browser_it_knows() {
        let tries = Tries::new();
        let mut failures = 0;
        for n in 0..200 {
            if let Ok(attempt) = tries.begin(&who("alice", &format!("203.0.113.{n}")), Timestamp(T)) {
                attempt.failed(Timestamp(T));
                failures += 1;
            }
        }
        assert_eq!(failures, 20);
        assert!(tries.begin(&who("alice", "198.51.100.7"), Timestamp(T)).is_err());
        assert!(tries.begin(&Who { known: true, ..who("alice", "198.51.100.7") }, Timestamp(T)).is_ok());
    }

    #[test]
    fn guessing_many_names_from_one_network_meets_its_rate() {
        let tries = Tries::new();
        let failures = (0..1_000).filter(|n| {
            let name = format!("name {n}");
            let attempt = tries.begin(&who(&name, "203.0.113.9"), Timestamp(T));
            attempt.map(|attempt| attempt.failed(Timestamp(T))).is_ok()
        });
        assert_eq!(failures.count(), 100);
    }

    #[test]
    fn success_and_abandoned_tries_cost_nothing() {
        let tries = Tries::new();
        for _ in 0..1_000 {
            tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)).unwrap().succeeded();
            drop(tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)).unwrap());
        }
        assert!(tries.names.map().is_empty() && tries.pairs.map().is_empty());
        for _ in 0..4 {
            tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)).unwrap().failed(Timestamp(T));
        }
        tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)).unwrap().succeeded();
        let (failures, _) = attack(&tries, "alice", "203.0.113.9", 1);
        assert_eq!(failures, 1, "a success begins anew");
    }

    #[test]
    fn many_at_once_are_no_way_around_the_pauses() {
        let tries = Tries::new();
        let at_once: Vec<_> =
            (0..200).filter_map(|_| tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)).ok()).collect();
        assert_eq!(at_once.len(), 32);
        at_once.into_iter().for_each(|attempt| _ = attempt.failed(Timestamp(T)));
        assert!(matches!(tries.begin(&who("alice", "203.0.113.9"), Timestamp(T)), Err(Refusal::TooManyTries(3_600))));
    }

    #[test]
    fn an_account_is_guessed_at_as_one_whatever_it_is_called_and_nobody_hears_of_it() {
        let tries = Tries::new();
        let alice = UserId::from_text("alice-id");
        let at = |name, network| Who { account: Some(&alice), ..who(name, network) };
        for _ in 0..5 {
            let attempt = tries.begin(&at("alice", "203.0.113.9"), Timestamp(T)).unwrap();
            assert!(!attempt.is_in_vain());
            attempt.failed(Timestamp(T));
        }
        let attempt = tries.begin(&at("alice@example.net", "203.0.113.9"), Timestamp(T)).unwrap();
        assert!(attempt.is_in_vain());
        attempt.failed(Timestamp(T));
        assert!(!tries.begin(&at("alice@example.net", "198.51.100.7"), Timestamp(T)).unwrap().is_in_vain());
        assert!(!tries.begin(&at("alice@example.net", "203.0.113.9"), Timestamp(T + 60)).unwrap().is_in_vain());
        assert!(!tries.begin(&Who { known: true, ..at("alice", "203.0.113.9") }, Timestamp(T)).unwrap().is_in_vain());
    }
}
