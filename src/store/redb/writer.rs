//! The one thread that writes.
//!
//! Everyone who waits shares one transaction and one commit. Within it each batch is checked first and written last,
//! so that a refused batch leaves no trace although redb cannot undo one member of a transaction; and each batch sees
//! what the batches before it wrote. Nobody is answered before the commit.
//!
//! When the disk fails, redb refuses everything until its file is reopened. The writer does that at once, so that
//! reads go on, answers writes with a fault, and tries again after a while.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use ::redb::{Database, Error, Table};
use tokio::sync::{mpsc, oneshot, watch};

use super::check;
use super::lookup::{self, Trouble};
use super::opening::Opener;
use super::reading::Handle;
use super::tables::{ABOUT, PROBE, RECORDS, begin_write};
use crate::store::changes::{Changes, Write};
use crate::store::port::{Fault, Health, Refused};

/// How many batches share one commit at most.
const CROWD: usize = 512;
/// How long writes are refused after a first failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// How often the queue is emptied during a pause.
const TICK: Duration = Duration::from_millis(10);

type Verdict = Result<(), Refused>;
type Records<'a> = Table<'a, &'static [u8], &'static [u8]>;

/// What the writer can be asked to do.
pub(super) enum Ticket {
    /// Commit these changes.
    Commit(Changes, oneshot::Sender<Verdict>),
    /// Reopen the file, if this is still the database in use: a read found that the disk had failed.
    Reopen(Weak<Database>),
    /// Finish what is queued and close the file.
    Close(oneshot::Sender<()>),
}

/// The writer, owned by its thread.
pub(super) struct Writer {
    queue: mpsc::Receiver<Ticket>,
    handle: watch::Sender<Handle>,
    opener: Opener,
    health: Arc<Mutex<Health>>,
    farewells: Vec<oneshot::Sender<()>>,
}

impl Writer {
    pub(super) fn new(
        queue: mpsc::Receiver<Ticket>,
        handle: watch::Sender<Handle>,
        opener: Opener,
        health: Arc<Mutex<Health>>,
    ) -> Writer {
        Writer { queue, handle, opener, health, farewells: Vec::new() }
    }

    /// Works until the queue is closed and empty.
    pub(super) fn run(mut self) {
        let mut tickets = Vec::with_capacity(CROWD);
        while self.queue.blocking_recv_many(&mut tickets, CROWD) > 0 {
            if let Err(reason) = self.serve(&mut tickets) {
                self.recover(&reason);
            }
        }
        if let Some(database) = self.take_back(Handle::Closed) {
            // Everything acknowledged is on the disk already; closing adds nothing that could be lost.
            let _ = guarded(|| Ok(database.close()?));
        }
        self.report(Health::Closed);
        let Writer { opener, farewells, .. } = self;
        // With the opener goes the lock: whoever is told that the store is closed may open it again.
        drop(opener);
        farewells.into_iter().for_each(|farewell| _ = farewell.send(()));
    }

    /// Commits a crowd in one transaction and answers it; the error says why the file must be reopened.
    fn serve(&mut self, tickets: &mut Vec<Ticket>) -> Result<(), String> {
        let Handle::Open(database) = self.handle.borrow().clone() else {
            return Err("the store is not open".to_owned());
        };
        let (mut batches, mut replies, mut failed) = (Vec::new(), Vec::new(), false);
        for ticket in tickets.drain(..) {
            match ticket {
                Ticket::Commit(changes, reply) => {
                    batches.push(changes);
                    replies.push(reply);
                }
                Ticket::Reopen(which) => failed |= std::ptr::eq(which.as_ptr(), Arc::as_ptr(&database)),
                Ticket::Close(farewell) => self.say_goodbye(farewell),
            }
        }
        let outcome = match failed {
            true => Err("the disk failed a read".to_owned()),
            false => guarded(|| commit(&database, &batches)),
        };
        match &outcome {
            Ok(verdicts) => answer(replies, verdicts.iter().cloned()),
            Err(reason) => {
                // Whoever is refused and then asks how the store is doing shall hear it.
                self.report(Health::Degraded { reason: reason.as_str().into() });
                answer(replies, std::iter::repeat(Err(Refused::Fault(Fault::new(reason)))));
            }
        }
        outcome.map(drop)
    }

    /// Reopens the file until it takes a write again. Meanwhile writes are refused, reads go on where they can.
    fn recover(&mut self, reason: &str) {
        let (mut reason, mut pause, mut logged) = (reason.to_owned(), FIRST_PAUSE, None);
        while !self.queue.is_closed() || !self.queue.is_empty() {
            self.report(Health::Degraded { reason: reason.as_str().into() });
            if logged.as_ref() != Some(&reason) {
                tracing::error!(store = %self.opener.path().display(), reason, "the store refuses writes");
                logged = Some(reason.clone());
            }
            // Reads go on as soon as the file is open; writes wait out the pause either way.
            let reopened = self.reopen();
            self.refuse_for(pause, &reason);
            match reopened.and_then(|database| guarded(|| probe(&database))) {
                Ok(()) => {
                    tracing::info!(store = %self.opener.path().display(), "the store takes writes again");
                    return self.report(Health::Sound);
                }
                Err(again) => reason = again,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn reopen(&mut self) -> Result<Arc<Database>, String> {
        if let Some(database) = self.take_back(Handle::Away) {
            // The file is in need of recovery in any case; opening it again does that.
            let _ = guarded(|| Ok(database.close()?));
        }
        let database = Arc::new(guarded(|| self.opener.reopen())?);
        self.handle.send_replace(Handle::Open(Arc::clone(&database)));
        Ok(database)
    }

    /// Takes the database away from the readers, once the last of them has finished.
    fn take_back(&self, instead: Handle) -> Option<Database> {
        let Handle::Open(mut database) = self.handle.send_replace(instead) else {
            return None;
        };
        loop {
            match Arc::try_unwrap(database) {
                Ok(database) => return Some(database),
                Err(still_read) => database = still_read,
            }
            // A read lasts microseconds and waits for nothing.
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Answers every write with a fault until the pause is over.
    fn refuse_for(&mut self, pause: Duration, reason: &str) {
        let end = Instant::now() + pause;
        while Instant::now() < end && !(self.queue.is_closed() && self.queue.is_empty()) {
            while let Ok(ticket) = self.queue.try_recv() {
                match ticket {
                    Ticket::Commit(_, reply) => answer(vec![reply], [Err(Refused::Fault(Fault::new(reason)))]),
                    Ticket::Reopen(_) => {}
                    Ticket::Close(farewell) => self.say_goodbye(farewell),
                }
            }
            std::thread::sleep(TICK);
        }
    }

    fn say_goodbye(&mut self, farewell: oneshot::Sender<()>) {
        self.queue.close();
        self.farewells.push(farewell);
    }

    fn report(&self, health: Health) {
        *self.health.lock().unwrap_or_else(PoisonError::into_inner) = health;
    }
}

fn answer(replies: Vec<oneshot::Sender<Verdict>>, verdicts: impl IntoIterator<Item = Verdict>) {
    for (reply, verdict) in replies.into_iter().zip(verdicts) {
        // Whoever no longer waits has no use for the answer.
        let _ = reply.send(verdict);
    }
}

/// redb may panic over a page that was altered outside it; the writer outlives that.
fn guarded<T>(work: impl FnOnce() -> Result<T, Error>) -> Result<T, String> {
    // Whatever the panic left half-done goes with the database, which is reopened after every error.
    let outcome = catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(Error::Corrupted("a page of the store is damaged".to_owned())));
    outcome.map_err(|error| reason(&error))
}

/// An error in words an operator can act upon.
fn reason(error: &Error) -> String {
    use std::io::ErrorKind::{QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    match error {
        Error::Io(io) if io.kind() == StorageFull => "the disk is full".to_owned(),
        Error::Io(io) if io.kind() == QuotaExceeded => "the disk quota is used up".to_owned(),
        Error::Io(io) if io.kind() == ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        Error::Io(io) => format!("the disk failed: {io}"),
        error => error.to_string(),
    }
}

/// One transaction for all of `batches`; their verdicts hold once this returns.
fn commit(database: &Database, batches: &[Changes]) -> Result<Vec<Verdict>, Error> {
    let transaction = begin_write(database)?;
    let mut verdicts = Vec::with_capacity(batches.len());
    let mut written = false;
    {
        let mut records = transaction.open_table(RECORDS)?;
        for batch in batches {
            let verdict = judge(&records, batch)?;
            if verdict.is_ok() {
                written |= write(&mut records, batch)?;
            }
            verdicts.push(verdict);
        }
    }
    match written {
        true => transaction.commit()?,
        false => transaction.abort()?,
    }
    Ok(verdicts)
}

/// Whether everything `batch` expects is so.
fn judge(records: &Records<'_>, batch: &Changes) -> Result<Verdict, Error> {
    for (key, entry) in batch.entries() {
        match lookup::find(records, key) {
            Ok(found) if found == entry.expected => {}
            Ok(_) => return Ok(Err(Refused::Conflict(key.clone()))),
            Err(Trouble::Final(fault)) => return Ok(Err(Refused::Fault(fault))),
            Err(Trouble::Latched(error)) => return Err(error),
        }
    }
    Ok(Ok(()))
}

/// Writes what `batch` wants; `false` when it only expected.
fn write(records: &mut Records<'_>, batch: &Changes) -> Result<bool, Error> {
    let mut written = false;
    for (key, entry) in batch.entries() {
        match &entry.write {
            Write::Nothing => continue,
            Write::Put(value) => drop(records.insert(key.as_ref(), check::wrap(key, value).as_slice())?),
            Write::Remove => drop(records.remove(key.as_ref())?),
        }
        written = true;
    }
    Ok(written)
}

/// Writes something to see whether the disk takes it; enough that freed pages alone do not hold it.
fn probe(database: &Database) -> Result<(), Error> {
    let transaction = begin_write(database)?;
    transaction.open_table(ABOUT)?.insert(PROBE, check::wrap(PROBE.as_bytes(), &[0; 64 << 10]).as_slice())?;
    Ok(transaction.commit()?)
}
