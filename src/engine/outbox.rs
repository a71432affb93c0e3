//! The outbox: letters that wait until they are delivered.
//!
//! A letter leaves it once somebody took it: it is deleted after the mail server said yes, so a crash in between sends it
//! again, under the same message id. What is refused is tried again after growing pauses, until it is of no use to anybody
//! or the server says that it never will be; then the activity log has it.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::ids::LetterId;
use crate::engine::admin::Reader;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::mail::{Letter, OutboxLetter};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

/// The pauses after the first, second … failure; the last one again and again.
const PAUSES: [u64; 5] = [60, 5 * 60, 15 * 60, 60 * 60, 4 * 60 * 60];
/// How much of what a mail server says is kept, in characters.
const LONGEST_WORDS: usize = 300;
/// How many letters are counted.
const COUNTED: usize = 1_000;
/// How long a letter that was given up is worth a word.
const LATELY: Duration = Duration::from_secs(7 * 86_400);

/// A letter that is to be delivered now.
#[derive(Clone, Debug)]
pub struct DueLetter {
    /// Its id, the same at every try.
    pub id: LetterId,
    /// The address it goes to.
    pub to: String,
    /// How to address them.
    pub name: String,
    /// What it says.
    pub letter: Letter,
    /// When it was written.
    pub written_at: Timestamp,
}

/// Why a letter was not delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// What the mail server said, or what kept us from asking it. Never a secret.
    pub said: String,
    /// Whether it will never be otherwise.
    pub for_good: bool,
}

/// Some of the letters that are due, and when to look again.
#[derive(Clone, Debug, Default)]
pub struct Due {
    /// Those to deliver now, the longest due first.
    pub letters: Vec<DueLetter>,
    /// When the next one is due; `None` when none waits.
    pub next_at: Option<Timestamp>,
}

/// How the outbox stands, for administrators.
#[derive(Clone, Debug, Default)]
pub struct Outbox {
    /// How many letters wait, counted up to a thousand.
    pub waiting: usize,
    /// Those that were refused at least once among the first hundred, the next to be tried first.
    pub refused: Vec<OutboxLetter>,
    /// What was given up within a week, the latest first.
    pub given_up: Vec<AuditRecord>,
}

impl Engine {
    /// Waits until a letter was put into the outbox.
    pub async fn letter_posted(&self) {
        self.ledger.letter_written().await;
    }

    /// At most `limit` letters that are due. What cannot be read any more, or is of no use any more, is given up instead.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn due_letters(&self, limit: usize) -> Result<Due, Fault> {
        let now = self.now();
        let page = self.ledger.list_by::<OutboxLetter>("due", "", Order::Ascending, None, limit).await?;
        // Those beyond the page are due no earlier than those on it.
        let mut due = Due { letters: Vec::new(), next_at: page.next.as_ref().map(|_| now) };
        for kept in page.items {
            if kept.next_at > now {
                due.next_at = Some(kept.next_at);
                break;
            }
            match self.opened(&kept) {
                _ if kept.expires_at <= now => self.give_up(&kept, "it became too old").await?,
                Err(fault) => self.give_up(&kept, &fault.to_string()).await?,
                Ok(letter) => due.letters.push(DueLetter {
                    id: kept.id.clone(),
                    to: kept.to.clone(),
                    name: kept.name.clone(),
                    letter,
                    written_at: kept.created_at,
                }),
            }
        }
        Ok(due)
    }

    /// Takes a letter out of the outbox: the mail server has it now.
    ///
    /// # Errors
    /// The store's fault. Then it is delivered once more.
    pub async fn letter_delivered(&self, id: &LetterId) -> Result<(), Denied> {
        self.settle(|| async {
            let mut changes = Changes::new();
            if let Some(kept) = self.ledger.find::<OutboxLetter>(id.as_str()).await? {
                changes.delete(&kept);
            }
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// Notes that a letter was not delivered: it is tried again after a pause, or given up and the activity log says so.
    ///
    /// # Errors
    /// The store's fault. Then it is tried again at once.
    pub async fn letter_refused(&self, id: &LetterId, why: &Undelivered) -> Result<(), Denied> {
        let said = bounded(&why.said);
        self.settle(|| async {
            let now = self.now();
            let Some(kept) = self.ledger.find::<OutboxLetter>(id.as_str()).await? else {
                return Ok(Decision::allow(()));
            };
            let pause = PAUSES.get(kept.failures as usize).or(PAUSES.last()).copied().unwrap_or_default();
            let next_at = now.plus(Duration::from_secs(pause));
            if why.for_good || next_at >= kept.expires_at {
                return Ok(Decision { answer: Ok(()), changes: self.given_up(&kept, &said) });
            }
            let mut later = kept.record().clone();
            later.failures = later.failures.saturating_add(1);
            later.next_at = next_at;
            later.last_error = Some(said.clone());
            let mut changes = Changes::new();
            changes.update(&kept, &later);
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    async fn give_up(&self, kept: &Kept<OutboxLetter>, why: &str) -> Result<(), Fault> {
        // Whoever changed it meanwhile knows better.
        match self.ledger.commit(self.given_up(kept, why)).await {
            Err(crate::store::Refused::Fault(fault)) => Err(fault),
            Ok(()) | Err(crate::store::Refused::Conflict(_)) => Ok(()),
        }
    }

    fn given_up(&self, kept: &Kept<OutboxLetter>, why: &str) -> Changes {
        let caller = Caller::host(&*self.rng);
        let record = caller.record(self.now(), &*self.rng, AuditActor::Server, AuditKind::MailFailed);
        let record = record.with("letter", self.opened(kept).map_or("unreadable", |letter| letter.kind()));
        let record = record.with("to", &kept.to).with("tries", kept.failures + 1).with("reason", bounded(why));
        let record = match &kept.user {
            Some(user) => record.about_user(user),
            None => record,
        };
        let mut changes = Changes::new();
        changes.delete(kept).create(&record);
        changes
    }

    /// How the outbox stands.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn outbox(&self, _: &Reader) -> Result<Outbox, Denied> {
        let waiting = self.ledger.count_by::<OutboxLetter>("due", "", COUNTED).await?;
        let page = self.ledger.list_by::<OutboxLetter>("due", "", Order::Ascending, None, 100).await?;
        let refused = page.items.iter().filter(|kept| kept.failures > 0).map(|kept| kept.record().clone()).collect();
        let kind = format!("{}\0", AuditKind::MailFailed.name());
        let failed = self.ledger.list_by::<AuditRecord>("kind", &kind, Order::Descending, None, 20).await?;
        let since = self.now().minus(LATELY);
        let lately = failed.items.iter().filter(|record| record.at >= since);
        Ok(Outbox { waiting, refused, given_up: lately.map(|record| record.record().clone()).collect() })
    }
}

/// The words of a mail server on one line, not too many of them.
fn bounded(said: &str) -> String {
    let plain = said.chars().map(|c| if c.is_control() { ' ' } else { c });
    plain.take(LONGEST_WORDS).collect::<String>().trim().to_owned()
}
