//! An engine over one redb file: inline reads, one writer thread, group commit.
//!
//! - [`opening`]: what may be opened and what is refused, in words ([`refusal`]).
//! - [`writer`]: the one thread that writes, and how it recovers after the disk failed it.
//! - [`reading`]: reads, each from a transaction no longer than the call.
//! - [`upkeep`]: examining, copying, restoring.
//! - [`lookup`] and [`check`]: what is found is what was stored, and what is not found is not there.

mod check;
mod holder;
mod lookup;
mod opening;
mod overlay;
mod reading;
mod refusal;
mod tables;
mod upkeep;
mod writer;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use tokio::sync::{mpsc, oneshot, watch};

use self::reading::Handle;
use self::writer::{Ticket, Writer};
use super::changes::Changes;
use super::port::{Answer, Fault, Health, Key, Order, Refused, Span, Store, Value};

pub use self::holder::Holder;
pub use self::opening::Options;
pub use self::refusal::OpenError;
pub use self::upkeep::Report;

/// How many batches may wait for the writer; whoever comes later waits for room.
const QUEUE: usize = 4096;

/// A store in one file, `store.redb`, of a data directory.
pub struct Redb {
    handle: watch::Receiver<Handle>,
    health: Arc<Mutex<Health>>,
    // Both are taken only when the store is dropped.
    queue: Option<mpsc::Sender<Ticket>>,
    thread: Option<JoinHandle<()>>,
}

impl Redb {
    /// Opens the store of the data directory `dir`, or creates it when `options` say so and nothing is there.
    ///
    /// An existing file is never replaced: what cannot be opened is refused with a sentence that names the remedy.
    pub fn open(dir: &Path, options: &Options) -> Result<Redb, OpenError> {
        let (database, opener) = opening::open(dir, options)?;
        Redb::start(database, opener)
    }

    fn start(database: ::redb::Database, opener: opening::Opener) -> Result<Redb, OpenError> {
        let (queue, tickets) = mpsc::channel(QUEUE);
        let (publish, handle) = watch::channel(Handle::Open(Arc::new(database)));
        let health = Arc::new(Mutex::new(Health::Sound));
        let path = opener.path().to_owned();
        let writer = Writer::new(tickets, publish, opener, Arc::clone(&health));
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || writer.run());
        let thread = thread.map_err(|error| OpenError::Io { path, error })?;
        Ok(Redb { handle, health, queue: Some(queue), thread: Some(thread) })
    }

    /// Commits what is queued, then closes the file. Whatever comes afterwards is answered with a fault.
    pub async fn close(&self) {
        let (reply, closed) = oneshot::channel();
        if self.queue().send(Ticket::Close(reply)).await.is_ok() {
            // An error means that the writer is gone, and the file closed with it.
            let _ = closed.await;
        }
    }

    fn queue(&self) -> &mpsc::Sender<Ticket> {
        // Only `drop` takes the queue away.
        self.queue.as_ref().expect("the queue lives as long as the store")
    }
}

impl Store for Redb {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        Box::pin(async move { reading::look(self, |database| reading::read(database, &keys)).await })
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        Box::pin(async move { reading::look(self, |database| reading::walk(database, &span, order, limit)).await })
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        Box::pin(async move {
            changes.judge()?;
            if changes.only_expects() {
                // Nothing becomes durable by this, so it need not wait for the disk: one snapshot says whether it is so.
                return reading::look(self, |database| reading::judge(database, &changes))
                    .await
                    .map_err(Refused::Fault)?;
            }
            let (reply, verdict) = oneshot::channel();
            let closed = || Refused::Fault(Fault::new("the store is closed"));
            self.queue().send(Ticket::Commit(changes, reply)).await.map_err(|_| closed())?;
            verdict.await.unwrap_or_else(|_| Err(closed()))
        })
    }

    fn health(&self) -> Health {
        self.health.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Redb {
    fn drop(&mut self) {
        // Without senders the writer finishes what is queued, closes the file and ends.
        drop(self.queue.take());
        if let Some(thread) = self.thread.take() {
            // The thread catches panics of its own work; one beyond that has nothing left to tell.
            let _ = thread.join();
        }
    }
}
