//! Reads: inline, each from one transaction that ends with the call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ::redb::{Database, Error, ReadOnlyTable, ReadableDatabase};

use super::Redb;
use super::lookup::{self, Trouble};
use super::tables::RECORDS;
use super::writer::Ticket;
use crate::store::changes::Changes;
use crate::store::port::{Fault, Key, Order, Refused, Span, Value};

/// How long a read waits for a file that is being reopened.
const PATIENCE: Duration = Duration::from_secs(2);

/// The database as readers find it. Only the writer changes it.
#[derive(Clone)]
pub(super) enum Handle {
    /// Open.
    Open(Arc<Database>),
    /// Being reopened after the disk failed.
    Away,
    /// Closed for good.
    Closed,
}

/// Lets `look` look into the database; when the disk failed, once more after the writer has reopened the file.
pub(super) async fn look<T>(store: &Redb, look: impl Fn(&Database) -> Result<T, Trouble>) -> Result<T, Fault> {
    let handle = store.handle.borrow().clone();
    match handle {
        Handle::Open(database) => match guarded(&database, &look) {
            Ok(found) => Ok(found),
            Err(Trouble::Final(fault)) => Err(fault),
            Err(Trouble::Latched(error)) => {
                // A full queue means that the writer will notice by itself.
                let _ = store.queue().try_send(Ticket::Reopen(Arc::downgrade(&database)));
                let latched = Arc::downgrade(&database);
                drop(database);
                look_again(store, &look, |now| !std::ptr::eq(Arc::as_ptr(now), latched.as_ptr()))
                    .await
                    .unwrap_or_else(|| Err(Fault::new(error)))
            }
        },
        Handle::Away => look_again(store, &look, |_| true)
            .await
            .unwrap_or_else(|| Err(Fault::new("the store is being reopened after a failure of the disk"))),
        Handle::Closed => Err(closed()),
    }
}

/// Waits for an open database that is `fresh` and looks once; `None` when patience ends first.
async fn look_again<T>(
    store: &Redb,
    look: impl Fn(&Database) -> Result<T, Trouble>,
    fresh: impl Fn(&Arc<Database>) -> bool,
) -> Option<Result<T, Fault>> {
    let mut changes = store.handle.clone();
    let settled = changes.wait_for(|handle| match handle {
        Handle::Open(database) => fresh(database),
        Handle::Away => false,
        Handle::Closed => true,
    });
    let handle = match tokio::time::timeout(PATIENCE, settled).await {
        Ok(Ok(handle)) => handle.clone(),
        Ok(Err(_)) => Handle::Closed,
        Err(_) => Handle::Away,
    };
    match handle {
        Handle::Open(database) => Some(guarded(&database, &look).map_err(|trouble| match trouble {
            Trouble::Latched(error) => Fault::new(error),
            Trouble::Final(fault) => fault,
        })),
        Handle::Away => None,
        Handle::Closed => Some(Err(closed())),
    }
}

fn closed() -> Fault {
    Fault::new("the store is closed")
}

/// redb may panic over a page that was altered outside it; here that is one more fault.
fn guarded<T>(database: &Database, look: impl Fn(&Database) -> Result<T, Trouble>) -> Result<T, Trouble> {
    // A look only reads: nothing half-done is left behind.
    catch_unwind(AssertUnwindSafe(|| look(database)))
        .unwrap_or_else(|_| Err(Trouble::Final(Fault::new("a page of the store is damaged"))))
}

fn records(database: &Database) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>, Error> {
    Ok(database.begin_read()?.open_table(RECORDS)?)
}

/// What lies under each of `keys`, all from one transaction.
pub(super) fn read(database: &Database, keys: &[Key]) -> Result<Vec<Option<Value>>, Trouble> {
    let table = records(database)?;
    keys.iter().map(|key| lookup::find(&table, key)).collect()
}

/// Whether one snapshot holds everything that `changes` expects.
pub(super) fn judge(database: &Database, changes: &Changes) -> Result<Result<(), Refused>, Trouble> {
    let table = records(database)?;
    for (key, entry) in changes.entries() {
        if lookup::find(&table, key)? != entry.expected {
            return Ok(Err(Refused::Conflict(key.clone())));
        }
    }
    Ok(Ok(()))
}

/// At most `limit` records of `span`, all from one transaction.
pub(super) fn walk(database: &Database, span: &Span, order: Order, limit: usize) -> Result<Vec<(Key, Value)>, Trouble> {
    lookup::walk(&records(database)?, span, order, limit)
}
