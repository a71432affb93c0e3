//! How long a mail server is waited for.

use std::future::Future;
use std::time::Duration;

use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

/// How long a try may take in all when somebody waits for its page: less than any page may take.
pub const TRIAL: Duration = Duration::from_secs(15);
/// How long each step may take, and until when all of them.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    step: Duration,
    connecting: Duration,
    thinking: Duration,
    /// When the last step before the letter has to be done, and when everything has to.
    ends: Option<(Instant, Instant)>,
}

impl Patience {
    /// For letters of the outbox, for which nobody waits: servers may be slow, and taking a letter may take longest
    /// (RFC 5321, section 4.5.3.2).
    pub const DELIVERY: Patience = Patience {
        step: Duration::from_secs(30),
        connecting: Duration::from_secs(10),
        thinking: Duration::from_secs(120),
        ends: None,
    };

    /// For a try that begins now, and ends within `all`.
    pub fn within(all: Duration) -> Patience {
        let now = Instant::now();
        // Once the letter was sent, only an answer says what became of it: a part is kept for that.
        let before_the_letter = all * 11 / 15;
        Patience {
            step: all * 8 / 15,
            connecting: all * 4 / 15,
            thinking: all,
            ends: Some((now + before_the_letter, now + all)),
        }
    }

    /// How long each of `addresses` addresses may take to be connected to. All of them leave time for a step's other half.
    pub(super) fn connecting(&self, addresses: usize) -> Duration {
        let share = u32::try_from(addresses).unwrap_or(u32::MAX).max(1);
        self.connecting.min(self.step / 2 / share)
    }

    /// A step's answer, if it comes in time.
    pub(super) async fn step<F: Future>(&self, step: F) -> Result<F::Output, Elapsed> {
        self.until(self.step, self.ends.map(|(step, _)| step), step).await
    }

    /// What a server says after it thought about a letter, if it comes in time.
    pub(super) async fn thinking<F: Future>(&self, thinking: F) -> Result<F::Output, Elapsed> {
        self.until(self.thinking, self.ends.map(|(_, all)| all), thinking).await
    }

    /// A farewell, for which nobody waits long.
    pub(super) async fn farewell<F: Future>(&self, farewell: F) -> Result<F::Output, Elapsed> {
        self.until(self.connecting, self.ends.map(|(_, all)| all), farewell).await
    }

    async fn until<F: Future>(&self, bound: Duration, end: Option<Instant>, work: F) -> Result<F::Output, Elapsed> {
        let bound = Instant::now() + bound;
        timeout_at(end.map_or(bound, |end| end.min(bound)), work).await
    }
}
