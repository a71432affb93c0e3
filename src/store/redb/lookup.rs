//! Looking records up so that both presence and absence can be trusted.
//!
//! What is found carries its check. What is not found could be there under an altered key, or beyond an altered
//! signpost of the tree. Both show at the place where the key was looked for: then a neighbour fails the check of its
//! key, or lies on the wrong side.

use std::ops::Bound;

use ::redb::{Error, ReadableTable, StorageError};
use bytes::Bytes;

use super::check;
use crate::store::port::{Fault, Key, Order, Span, Value};

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

impl From<Fault> for Trouble {
    fn from(fault: Fault) -> Trouble {
        Trouble::Final(fault)
    }
}

/// What lies under `key`.
pub(super) fn find<T>(table: &T, key: &[u8]) -> Result<Option<Value>, Trouble>
where
    T: ReadableTable<&'static [u8], &'static [u8]>,
{
    match table.get(key)? {
        Some(stored) => Ok(Some(check::unwrap_owned(key, stored.value())?)),
        None => confirm_absence(table, key).map(|()| None),
    }
}

fn confirm_absence<T>(table: &T, key: &[u8]) -> Result<(), Trouble>
where
    T: ReadableTable<&'static [u8], &'static [u8]>,
{
    let mut gap = table.lower_bound(Bound::Included(key))?;
    if let Some((next, stored)) = gap.peek_next()? {
        trust(next.value(), stored.value(), next.value() > key)?;
    }
    if let Some((previous, stored)) = gap.peek_prev()? {
        trust(previous.value(), stored.value(), previous.value() < key)?;
    }
    Ok(())
}

/// At most `limit` records of `span`, from the end that `order` says.
pub(super) fn walk<T>(table: &T, span: &Span, order: Order, limit: usize) -> Result<Vec<(Key, Value)>, Trouble>
where
    T: ReadableTable<&'static [u8], &'static [u8]>,
{
    let (start, end) = (span.start.as_ref(), span.end.as_ref());
    let mut met = Vec::new();
    if start >= end || limit == 0 {
        return Ok(met);
    }
    let first = match order {
        Order::Ascending => start,
        Order::Descending => end,
    };
    let mut gap = table.lower_bound(Bound::Included(first))?;
    let behind = match order {
        Order::Ascending => gap.peek_prev()?,
        Order::Descending => gap.peek_next()?,
    };
    if let Some((key, stored)) = behind {
        let outside = if order == Order::Ascending { key.value() < start } else { key.value() >= end };
        trust(key.value(), stored.value(), outside)?;
    }
    while met.len() < limit {
        let next = match order {
            Order::Ascending => gap.next()?,
            Order::Descending => gap.prev()?,
        };
        let Some((key, stored)) = next else { break };
        let (key, stored) = (key.value(), stored.value());
        let last: Option<&(Key, Value)> = met.last();
        let (onward, within) = match order {
            Order::Ascending => (last.is_none_or(|(last, _)| key > last) && key >= start, key < end),
            Order::Descending => (last.is_none_or(|(last, _)| key < last) && key < end, key >= start),
        };
        trust(key, stored, onward)?;
        if !within {
            break;
        }
        met.push((Bytes::copy_from_slice(key), check::unwrap_owned(key, stored)?));
    }
    Ok(met)
}

/// Whether the record under `key` is one we stored there, and lies `in_place`.
fn trust(key: &[u8], stored: &[u8], in_place: bool) -> Result<(), Fault> {
    check::trust_key(key, stored)?;
    match in_place {
        true => Ok(()),
        false => {
            Err(Fault::new(format_args!("the record {} is out of its place: a page is damaged", key.escape_ascii())))
        }
    }
}
