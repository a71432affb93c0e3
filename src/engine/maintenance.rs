//! What is done without being asked: sweep what is over, write down what was counted, read the keys again.

#[cfg(test)]
mod tests;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{Client, ClientUsage};
use crate::records::RecordChanges;
use crate::store::{Changes, Fault, Refused};

use super::tally::merge;
use super::{Caller, Engine};

/// How many expiry keys one look takes.
const LOOK: usize = 1_024;
/// How many looks one turn takes at most; what is left waits for the next.
const LOOKS: usize = 64;

/// What one turn of maintenance did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Maintained {
    /// How many expired records were looked at.
    pub swept: usize,
    /// How many guests were deleted who held nothing any more.
    pub guests: usize,
    /// Of how many clients the use was written down.
    pub clients: usize,
    /// How many failures were summed up instead of recorded one by one.
    pub failures: u64,
}

impl Engine {
    /// One turn; the roof calls it every minute or so, and once more before it closes.
    ///
    /// # Errors
    /// The store's fault. Nothing is lost by it.
    pub async fn maintain(&self) -> Result<Maintained, Fault> {
        let now = self.now();
        // None of these waits for another: what fails is tried again with the next turn.
        let clients = self.write_usage_down().await;
        let failures = self.sum_failures_up(now).await;
        let swept = self.sweep(now).await;
        let guests = self.sweep_guests().await;
        self.reload_keys().await?;
        Ok(Maintained { swept: swept?, guests: guests?, clients: clients?, failures: failures? })
    }

    async fn sweep(&self, now: Timestamp) -> Result<usize, Fault> {
        let (mut looked_at, mut last) = (0, None);
        for _ in 0..LOOKS {
            let swept = self.ledger.sweep(now, last.as_ref(), LOOK).await?;
            looked_at += swept.looked_at;
            if let Some(fault) = swept.unreadable {
                tracing::error!(%fault, "an expired record cannot be read and is left where it is");
            }
            last = swept.last;
            if swept.looked_at < LOOK {
                break;
            }
        }
        Ok(looked_at)
    }

    /// Writes down when clients and their secrets were used, and says of how many; the roof calls it every few seconds.
    ///
    /// # Errors
    /// The store's fault. Nothing is lost by it.
    pub async fn write_usage_down(&self) -> Result<usize, Fault> {
        let counted = self.tally.take_usage();
        let clients = counted.len();
        let mut counted = counted.into_iter();
        while let Some((client, usage)) = counted.next() {
            if let Err(fault) = self.add_usage(&client, &usage).await {
                self.tally.put_back(&client, &usage);
                counted.for_each(|(client, usage)| self.tally.put_back(&client, &usage));
                return Err(fault);
            }
        }
        Ok(clients)
    }

    async fn add_usage(&self, client: &ClientId, counted: &ClientUsage) -> Result<(), Fault> {
        loop {
            // Of a client that was deleted meanwhile nothing is kept.
            let Some(known) = self.ledger.find::<Client>(client.as_str()).await? else { return Ok(()) };
            let kept = self.ledger.find::<ClientUsage>(client.as_str()).await?;
            let mut changes = Changes::new();
            changes.expect(&known);
            match &kept {
                None => _ = changes.create(counted),
                Some(kept) => {
                    let mut usage = kept.record().clone();
                    merge(&mut usage, counted);
                    changes.update(kept, &usage);
                }
            }
            match self.ledger.commit(changes).await {
                Ok(()) => return Ok(()),
                Err(Refused::Conflict(_)) => {}
                Err(Refused::Fault(fault)) => return Err(fault),
            }
        }
    }

    async fn sum_failures_up(&self, now: Timestamp) -> Result<u64, Fault> {
        let counted = self.tally.take_failures();
        let failures = counted.values().sum();
        if counted.is_empty() {
            return Ok(failures);
        }
        let record = Caller::host(&*self.rng).record(now, &*self.rng, AuditActor::Server, AuditKind::FailuresCounted);
        let record = counted.iter().fold(record, |record, (kind, count)| record.with(kind.name(), count));
        let mut changes = Changes::new();
        changes.create(&record);
        match self.ledger.commit(changes).await {
            Ok(()) => Ok(failures),
            Err(Refused::Conflict(_)) => {
                self.tally.put_back_failures(counted);
                Ok(0)
            }
            Err(Refused::Fault(fault)) => {
                self.tally.put_back_failures(counted);
                Err(fault)
            }
        }
    }
}
