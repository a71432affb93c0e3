//! Reads: inline, each from one transaction that ends with the call.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use ::redb::{Database, Error, ReadOnlyTable, ReadableDatabase, ReadableTable, StorageError};
use bytes::Bytes;

use super::tables::RECORDS;
use super::writer::Ticket;
use super::{Redb, check};
use crate::store::port::{Fault, Key, Order, Span, Value};

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

/// Why a look into the database brought nothing.
pub(super) enum Trouble {
    /// The disk failed, now or before: redb answers nothing until the file is reopened.
    Latched(Error),
    /// Anything else; looking again would not help.
    Final(Fault),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Trouble {
        match error {
            Error::Io(_) | Error::PreviousIo | Error::DatabaseClosed => Trouble::Latched(error),
            error => Trouble::Final(Fault::new(error)),
        }
    }
}

impl From<StorageError> for Trouble {
    fn from(error: StorageError) -> Trouble {
        Error::from(error).into()
    }
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
    let value = |key: &Key| match table.get(key.as_ref())? {
        Some(stored) => check::unwrap_owned(key, stored.value()).map(Some).map_err(Trouble::Final),
        None => Ok(None),
    };
    keys.iter().map(value).collect()
}

/// At most `limit` records of `span`, all from one transaction.
pub(super) fn walk(database: &Database, span: &Span, order: Order, limit: usize) -> Result<Vec<(Key, Value)>, Trouble> {
    if span.start >= span.end {
        return Ok(Vec::new());
    }
    let table = records(database)?;
    let mut range = ReadableTable::range(&table, span.start.as_ref()..span.end.as_ref())?;
    let next = || match order {
        Order::Ascending => range.next(),
        Order::Descending => range.next_back(),
    };
    let mut met = Vec::new();
    for row in std::iter::from_fn(next).take(limit) {
        let (key, stored) = row?;
        let value = check::unwrap_owned(key.value(), stored.value()).map_err(Trouble::Final)?;
        met.push((Bytes::copy_from_slice(key.value()), value));
    }
    Ok(met)
}
