//! Writing records: each change states what it expects, and brings the secondary keys along.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::store::{Changes, Key, Value};

use super::Record;
use super::layout::{expiry_key, index_key, record_key, unique_key};
use super::ledger::{Kept, encode};

/// Typed changes. There is no unconditional write: what is updated or deleted was read before.
pub trait RecordChanges {
    /// Expects no record of this name and id, nor another with one of its unique values.
    fn create<R: Record>(&mut self, record: &R) -> &mut Self;
    /// Expects the record to be as it was read, and puts `now` in its place. The id must not change.
    fn update<R: Record>(&mut self, was: &Kept<R>, now: &R) -> &mut Self;
    /// Expects the record to be as it was read, and deletes it.
    fn delete<R: Record>(&mut self, was: &Kept<R>) -> &mut Self;
    /// Expects the record to be as it was read, and leaves it so.
    fn expect<R: Record>(&mut self, was: &Kept<R>) -> &mut Self;
    /// Expects that there is no record of this name and id.
    fn expect_absent<R: Record>(&mut self, id: &str) -> &mut Self;
}

impl RecordChanges for Changes {
    fn create<R: Record>(&mut self, record: &R) -> &mut Self {
        self.insert(record_key(R::NAME, &record.id()), encode(record));
        for (key, value) in secondary(record) {
            self.insert(key, value);
        }
        self
    }

    fn update<R: Record>(&mut self, was: &Kept<R>, now: &R) -> &mut Self {
        debug_assert_eq!(was.id(), now.id(), "a record keeps its id");
        let bytes = encode(now);
        if bytes == was.bytes {
            return self.expect(was);
        }
        self.replace(record_key(R::NAME, &was.id()), was.bytes.clone(), bytes);
        let (before, after) = (secondary(was.record()), secondary(now));
        for (key, value) in &before {
            if !after.contains_key(key) {
                self.remove(key.clone(), value.clone());
            }
        }
        for (key, value) in after {
            if !before.contains_key(&key) {
                self.insert(key, value);
            }
        }
        self
    }

    fn delete<R: Record>(&mut self, was: &Kept<R>) -> &mut Self {
        self.remove(record_key(R::NAME, &was.id()), was.bytes.clone());
        for (key, value) in secondary(was.record()) {
            self.remove(key, value);
        }
        self
    }

    fn expect<R: Record>(&mut self, was: &Kept<R>) -> &mut Self {
        self.require(record_key(R::NAME, &was.id()), Some(was.bytes.clone()))
    }

    fn expect_absent<R: Record>(&mut self, id: &str) -> &mut Self {
        self.require(record_key(R::NAME, id), None)
    }
}

/// Every secondary key of a record with what it holds.
pub(super) fn secondary<R: Record>(record: &R) -> BTreeMap<Key, Value> {
    let id = record.id();
    let unique = record.unique().into_iter().map(|(lookup, value)| unique_key(R::NAME, lookup, &value));
    let index = record.indexes().into_iter().map(|(lookup, value)| index_key(R::NAME, lookup, &value, &id));
    let expiry = record.expires_at().map(|at| expiry_key(at, R::NAME, &id));
    let holds_id = unique.map(|key| (key, Bytes::from(id.clone())));
    holds_id.chain(index.chain(expiry).map(|key| (key, Bytes::new()))).collect()
}
