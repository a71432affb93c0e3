//! The one trait: an ordered map of bytes, consistent reads, and a batch that states what it expects.

use std::fmt;
use std::pin::Pin;
use std::sync::Arc;

use bytes::Bytes;

use super::changes::Changes;

/// A name in the ordered map; compared bytewise.
pub type Key = Bytes;
/// What is kept under a key.
pub type Value = Bytes;
/// An answer that may take a while.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// A range of keys: from `start` (included) to `end` (excluded).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first key that may be met.
    pub start: Key,
    /// The first key that may not.
    pub end: Key,
}

impl Span {
    /// All keys that begin with `prefix`.
    pub fn of_prefix(prefix: &[u8]) -> Span {
        let mut end = prefix.to_vec();
        while end.last() == Some(&u8::MAX) {
            end.pop();
        }
        match end.last_mut() {
            Some(last) => *last += 1,
            // Nothing sorts after a prefix of 0xFF bytes only; no key of ours begins so.
            None => end = vec![u8::MAX; 64],
        }
        Span { start: Bytes::copy_from_slice(prefix), end: end.into() }
    }
}

/// Which end of a span a walk begins at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Smallest key first.
    Ascending,
    /// Largest key first.
    Descending,
}

/// An ordered map of bytes with consistent reads and conditional batches.
///
/// The laws every engine keeps are in `store/laws`, one suite for all of them: order, atomicity, a refused batch leaves
/// no trace, one winner among concurrent writers, durability of what was acknowledged.
pub trait Store: Send + Sync + 'static {
    /// Reads every key from one snapshot; the answers come in the order of `keys`.
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>>;

    /// Walks a span from one snapshot, in key order, at most `limit` entries.
    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>>;

    /// Makes all of `changes` true, durably, or none of them. Answers only after the commit.
    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>>;

    /// How the store is doing, without touching the disk.
    fn health(&self) -> Health {
        Health::Sound
    }
}

/// The longest key an engine takes, in bytes.
pub const LONGEST_KEY: usize = 2048;
/// The longest value an engine takes, in bytes.
pub const LONGEST_VALUE: usize = 16 << 20;

/// How a store is doing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It reads and writes.
    Sound,
    /// Writes are refused for now, reads are answered where possible; the store keeps trying to recover.
    Degraded {
        /// What went wrong, for people: "the disk is full".
        reason: Arc<str>,
    },
    /// It was closed and answers nothing any more.
    Closed,
}

/// The store could not answer. Nothing may be concluded about what it holds.
#[derive(Clone, Debug)]
pub struct Fault(pub Arc<str>);

impl Fault {
    /// A fault with the engine's own words, for the log.
    pub fn new(words: impl fmt::Display) -> Fault {
        Fault(words.to_string().into())
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Fault {}

/// Why a batch did not happen.
#[derive(Clone, Debug)]
pub enum Refused {
    /// This key no longer held what was expected. Nothing was written: read again, decide again.
    Conflict(Key),
    /// The store could not say. The caller must assume neither outcome.
    Fault(Fault),
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Conflict(key) => write!(f, "{} changed meanwhile", String::from_utf8_lossy(key)),
            Refused::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Refused {}
