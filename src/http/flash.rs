//! What the next page says once: that something was done, or a secret that will not be shown again.
//!
//! Kept in memory for a few minutes and given out once, to the browser it was made for. A reload does not repeat it.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids;
use crate::base::rng::Rng;
use crate::base::secret::Secret;

/// What the next page says.
#[derive(Clone, Debug, Default)]
pub struct Flash {
    /// One line: "Saved."
    pub sentence: Option<String>,
    /// A secret or one-time link, shown this once.
    pub secret: Option<Secret>,
}

impl Flash {
    /// Only a line.
    pub fn saying(sentence: &str) -> Flash {
        Flash { sentence: Some(sentence.to_owned()), secret: None }
    }

    /// A line and a secret.
    pub fn showing(sentence: &str, secret: Secret) -> Flash {
        Flash { sentence: Some(sentence.to_owned()), secret: Some(secret) }
    }
}

/// The flashes nobody has seen yet.
#[derive(Debug, Default)]
pub struct Flashes(Mutex<VecDeque<Waiting>>);

#[derive(Debug)]
struct Waiting {
    id: String,
    browser: Digest,
    until: Timestamp,
    flash: Flash,
}

const KEPT: Duration = Duration::from_secs(300);
/// How many wait for one browser; one more and its oldest goes.
const MOST_FOR_A_BROWSER: usize = 8;
/// How many plain sentences wait for all browsers together. Secrets are never dropped for another browser's sake: only
/// people who are signed in make them, eight a browser at the most.
const MOST_SENTENCES: usize = 1_000;

impl Flashes {
    /// Keeps a flash for the browser with this cookie; gives back what [`Flashes::take`] wants.
    pub fn put(&self, browser: &Secret, flash: Flash, now: Timestamp, rng: &dyn Rng) -> String {
        let (id, browser) = (ids::random(rng), browser.digest());
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|one| one.until > now);
        drop_oldest(&mut waiting, MOST_FOR_A_BROWSER, |one| one.browser == browser);
        drop_oldest(&mut waiting, MOST_SENTENCES, |one| one.flash.secret.is_none());
        waiting.push_back(Waiting { id: id.clone(), browser, until: now.plus(KEPT), flash });
        id
    }

    /// The flash, once, if it is this browser's.
    pub fn take(&self, browser: &Secret, id: &str, now: Timestamp) -> Option<Flash> {
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let browser = browser.digest();
        let at = waiting.iter().position(|one| one.id == id && one.browser == browser && one.until > now)?;
        waiting.remove(at).map(|one| one.flash)
    }
}

/// Makes room for one more `like` this where there are `most`.
fn drop_oldest(waiting: &mut VecDeque<Waiting>, most: usize, like: impl Fn(&Waiting) -> bool) {
    if waiting.iter().filter(|one| like(one)).count() >= most
        && let Some(oldest) = waiting.iter().position(like)
    {
        waiting.remove(oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::SeededRng;

    #[test]
    fn is_shown_once_to_the_browser_it_was_made_for() {
        let (flashes, rng, now) = (Flashes::default(), SeededRng::new(1), Timestamp(1_000));
        let (mine, yours) = (Secret::new("mine"), Secret::new("yours"));
        let id = flashes.put(&mine, Flash::saying("Saved."), now, &rng);
        assert!(flashes.take(&yours, &id, now).is_none());
        assert!(flashes.take(&mine, &id, now.plus(KEPT)).is_none(), "too late");
        assert_eq!(flashes.take(&mine, &id, now).unwrap().sentence.as_deref(), Some("Saved."));
        assert!(flashes.take(&mine, &id, now).is_none(), "again");
    }

    #[test]
    fn no_other_browser_costs_one_its_secret() {
        let (flashes, rng, now) = (Flashes::default(), SeededRng::new(1), Timestamp(1_000));
        let mine = Secret::new("mine");
        let id = flashes.put(&mine, Flash::showing("A secret.", Secret::new("cs_1")), now, &rng);
        for other in 0..2 * MOST_SENTENCES {
            flashes.put(&Secret::new(format!("other {other}")), Flash::saying("Saved."), now, &rng);
        }
        assert!(flashes.0.lock().unwrap().len() <= MOST_SENTENCES + 1, "it does not grow without end");
        assert_eq!(flashes.take(&mine, &id, now).unwrap().secret.unwrap().expose(), "cs_1");
    }

    #[test]
    fn a_browser_that_asks_for_too_much_loses_its_own_oldest() {
        let (flashes, rng, now) = (Flashes::default(), SeededRng::new(1), Timestamp(1_000));
        let (mine, yours) = (Secret::new("mine"), Secret::new("yours"));
        let theirs = flashes.put(&yours, Flash::saying("Saved."), now, &rng);
        let all: Vec<_> =
            (0..=MOST_FOR_A_BROWSER).map(|_| flashes.put(&mine, Flash::saying("Saved."), now, &rng)).collect();
        assert!(flashes.take(&mine, &all[0], now).is_none());
        assert!(all[1..].iter().all(|id| flashes.take(&mine, id, now).is_some()));
        assert!(flashes.take(&yours, &theirs, now).is_some());
    }
}
