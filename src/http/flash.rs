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
const MOST: usize = 1_000;

impl Flashes {
    /// Keeps a flash for the browser with this cookie; gives back what [`Flashes::take`] wants.
    pub fn put(&self, browser: &Secret, flash: Flash, now: Timestamp, rng: &dyn Rng) -> String {
        let id = ids::random(rng);
        let mut waiting = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|one| one.until > now);
        if waiting.len() >= MOST {
            waiting.pop_front();
        }
        waiting.push_back(Waiting { id: id.clone(), browser: browser.digest(), until: now.plus(KEPT), flash });
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
}
