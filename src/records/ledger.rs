//! Reading records.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use tokio::sync::Notify;

use crate::base::clock::Timestamp;
use crate::model::mail::OutboxLetter;
use crate::model::settings::Settings;
use crate::store::{Changes, Fault, Health, Key, Order, Refused, Span, Store, Value};

use super::Record;
use super::layout::{record_key, sweep_one, unique_key};

/// How many deletions of a sweep share one commit.
const SWEPT_AT_ONCE: usize = 64;

/// A record with the bytes it was read from, so that a change can say "if it is still so".
#[derive(Clone)]
pub struct Kept<R> {
    record: R,
    pub(super) bytes: Bytes,
}

impl<R> Kept<R> {
    /// The record by itself.
    pub fn record(&self) -> &R {
        &self.record
    }
}

impl<R> Deref for Kept<R> {
    type Target = R;
    fn deref(&self) -> &R {
        &self.record
    }
}

impl<R: fmt::Debug> fmt::Debug for Kept<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.record.fmt(f)
    }
}

/// Some of a long list, and where the rest begins.
#[derive(Clone, Debug)]
pub struct Page<R> {
    /// The records, in the list's order.
    pub items: Vec<Kept<R>>,
    /// What to pass as `after` for those that follow; `None` at the end.
    pub next: Option<String>,
}

/// A typed view of the store.
#[derive(Clone)]
pub struct Ledger {
    pub(super) store: Arc<dyn Store>,
    /// How often the settings were written by way of this ledger.
    settings_version: Arc<AtomicU64>,
    /// Told when letters were written by way of this ledger.
    letters: Arc<Notify>,
}

impl Ledger {
    /// The records in `store`.
    pub fn new(store: Arc<dyn Store>) -> Ledger {
        Ledger { store, settings_version: Arc::default(), letters: Arc::default() }
    }

    /// The record with this id, or `None`.
    pub async fn find<R: Record>(&self, id: &str) -> Result<Option<Kept<R>>, Fault> {
        let key = record_key(R::NAME, id);
        let bytes = self.store.read(vec![key.clone()]).await?.pop().flatten();
        bytes.map(|bytes| decode(&key, bytes)).transpose()
    }

    /// The record whose unique value this is, or `None`.
    pub async fn find_unique<R: Record>(&self, lookup: &str, value: &str) -> Result<Option<Kept<R>>, Fault> {
        let key = unique_key(R::NAME, lookup, value);
        match self.store.read(vec![key]).await?.pop().flatten() {
            Some(id) => self.find(&String::from_utf8_lossy(&id)).await,
            None => Ok(None),
        }
    }

    /// The records with these ids, from one snapshot, in the same order.
    pub async fn find_all<R: Record>(&self, ids: &[String]) -> Result<Vec<Option<Kept<R>>>, Fault> {
        let keys: Vec<Key> = ids.iter().map(|id| record_key(R::NAME, id)).collect();
        let values = self.store.read(keys.clone()).await?;
        keys.iter().zip(values).map(|(key, value)| value.map(|bytes| decode(key, bytes)).transpose()).collect()
    }

    /// All records of a name in order of their ids, at most `limit`, after the id `after`.
    pub async fn list<R: Record>(&self, order: Order, after: Option<&str>, limit: usize) -> Result<Page<R>, Fault> {
        self.list_under("", order, after, limit).await
    }

    /// The records whose id begins with `prefix`, in order of their ids, at most `limit`, after the id `after`.
    pub async fn list_under<R: Record>(
        &self,
        prefix: &str,
        order: Order,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<R>, Fault> {
        let span = Span::of_prefix(&record_key(R::NAME, prefix));
        let span = beyond(span, order, after.map(|id| record_key(R::NAME, id)));
        let mut rows = self.store.walk(span, order, limit.saturating_add(1)).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let items = rows.into_iter().map(|(key, value)| decode(&key, value)).collect::<Result<Vec<Kept<R>>, _>>()?;
        let next = items.last().filter(|_| more).map(|last| last.id());
        Ok(Page { items, next })
    }

    /// The records that an index has under values beginning with `prefix`, in order of value and id.
    ///
    /// End `prefix` with `\0` for one exact value. `after` is the `next` of the page before.
    pub async fn list_by<R: Record>(
        &self,
        lookup: &str,
        prefix: &str,
        order: Order,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<R>, Fault> {
        let (ids, next) = self.ids_by::<R>(lookup, prefix, order, after, limit).await?;
        // A record that was changed between the two reads is simply no longer in the list.
        let items = self.find_all(&ids).await?.into_iter().flatten().collect();
        Ok(Page { items, next })
    }

    /// The ids of what [`Ledger::list_by`] lists, with the `next` of their page, for whoever must not stop at a record that
    /// cannot be read.
    pub async fn ids_by<R: Record>(
        &self,
        lookup: &str,
        prefix: &str,
        order: Order,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<String>, Option<String>), Fault> {
        let base = format!("{}:{lookup}/", R::NAME);
        let span = Span::of_prefix(format!("{base}{prefix}").as_bytes());
        let span = beyond(span, order, after.map(|after| format!("{base}{after}").into()));
        let mut rows = self.store.walk(span, order, limit.saturating_add(1)).await?;
        let more = rows.len() > limit;
        rows.truncate(limit);
        let tails: Vec<String> =
            rows.iter().map(|(key, _)| String::from_utf8_lossy(&key[base.len()..]).into_owned()).collect();
        let mut ids: Vec<String> =
            tails.iter().map(|tail| tail.rsplit('\0').next().unwrap_or_default().to_owned()).collect();
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        Ok((ids, tails.last().filter(|_| more).cloned()))
    }

    /// How many keys an index has under `prefix`, counted up to `most`.
    pub async fn count_by<R: Record>(&self, lookup: &str, prefix: &str, most: usize) -> Result<usize, Fault> {
        let span = Span::of_prefix(format!("{}:{lookup}/{prefix}", R::NAME).as_bytes());
        Ok(self.store.walk(span, Order::Ascending, most).await?.len())
    }

    /// Whether what cannot be read is the fault of the records, not of a store that cannot answer.
    pub fn store_is_sound(&self) -> bool {
        self.store.health() == Health::Sound
    }

    /// Makes all of `changes` true, or none.
    pub async fn commit(&self, changes: Changes) -> Result<(), Refused> {
        if changes.is_empty() {
            return Ok(());
        }
        let settings = record_key(Settings::NAME, &Settings::default().id());
        let touched = changes.entries().any(|(key, _)| *key == settings);
        let letter = record_key(OutboxLetter::NAME, "");
        let posted = changes.entries().any(|(key, entry)| key.starts_with(&letter) && entry.expected.is_none());
        self.store.commit(changes).await?;
        if touched {
            self.settings_version.fetch_add(1, Ordering::Release);
        }
        if posted {
            self.letters.notify_one();
        }
        Ok(())
    }

    /// Waits until a letter was written by way of this ledger; one written while nobody waited counts.
    pub async fn letter_written(&self) {
        self.letters.notified().await;
    }

    /// Changes whenever the settings may have changed: so often were they part of a commit.
    pub fn settings_version(&self) -> u64 {
        self.settings_version.load(Ordering::Acquire)
    }

    /// Deletes up to `limit` records that were due at `now`, beginning after `after`: where an earlier call has come to. A
    /// record that changed meanwhile is left for the next time, and so is one that cannot be read: it must not keep the
    /// others.
    ///
    /// # Errors
    /// The store's fault, when it is the store that cannot answer.
    pub async fn sweep(&self, now: Timestamp, after: Option<&Key>, limit: usize) -> Result<Swept, Fault> {
        let span = Span { start: Bytes::from_static(b"~"), end: format!("~{:010}0", now.0.max(0)).into() };
        let due = self.store.walk(beyond(span, Order::Ascending, after.cloned()), Order::Ascending, limit).await?;
        let mut swept = Swept { looked_at: due.len(), last: due.last().map(|(key, _)| key.clone()), unreadable: None };
        for some in due.chunks(SWEPT_AT_ONCE) {
            if !self.sweep_together(some, now, &mut swept).await? {
                for one in some.chunks(1) {
                    self.sweep_together(one, now, &mut swept).await?;
                }
            }
        }
        Ok(swept)
    }

    /// Deletes the records behind these expiry keys in one commit; `false` when one of them changed meanwhile.
    async fn sweep_together(&self, due: &[(Key, Value)], now: Timestamp, swept: &mut Swept) -> Result<bool, Fault> {
        let mut changes = Changes::new();
        for (key, _) in due {
            match self.sweep_one(key, now).await {
                Ok(one) => _ = changes.extend(one),
                Err(fault) if !self.store_is_sound() => return Err(fault),
                Err(fault) => swept.unreadable = Some(fault),
            }
        }
        match self.commit(changes).await {
            Ok(()) => Ok(true),
            Err(Refused::Conflict(_)) => Ok(false),
            Err(Refused::Fault(fault)) => Err(fault),
        }
    }

    /// What deleting the record behind one expiry key changes.
    async fn sweep_one(&self, key: &Key, now: Timestamp) -> Result<Changes, Fault> {
        let text = String::from_utf8_lossy(key);
        let mut parts = text.splitn(3, '/');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(_), Some(name), Some(id)) => sweep_one(self, name, id, now).await,
            _ => Err(Fault::new(format_args!("an expiry key cannot be read: {text}"))),
        }
    }
}

/// What a sweep did.
#[derive(Clone, Debug)]
pub struct Swept {
    /// How many expiry keys it looked at.
    pub looked_at: usize,
    /// The last of them: where the next call goes on.
    pub last: Option<Key>,
    /// Why a record had to be left although it was due, if there was one; the last of several.
    pub unreadable: Option<Fault>,
}

/// What is left of `span` after `key`, in walking order.
fn beyond(mut span: Span, order: Order, key: Option<Key>) -> Span {
    match (key, order) {
        (None, _) => {}
        (Some(key), Order::Ascending) => {
            let next: Key = [&key[..], &[0]].concat().into();
            span.start = next.max(span.start);
        }
        (Some(key), Order::Descending) => span.end = key.min(span.end),
    }
    if span.end < span.start {
        span.end = span.start.clone();
    }
    span
}

/// One version digit, then JSON: named and versioned, never positional.
pub(super) fn encode<R: Record>(record: &R) -> Value {
    let mut out = vec![b'0' + R::VERSION];
    // Records are plain data with text keys: JSON can always hold them.
    serde_json::to_writer(&mut out, record).expect("a record is plain data");
    out.into()
}

pub(super) fn decode<R: Record>(key: &Key, bytes: Value) -> Result<Kept<R>, Fault> {
    let what = || String::from_utf8_lossy(key).into_owned();
    match bytes.split_first() {
        Some((version, json)) if *version == b'0' + R::VERSION => {
            let record = serde_json::from_slice(json)
                .map_err(|error| Fault::new(format_args!("{} cannot be read: {error}", what())))?;
            Ok(Kept { record, bytes })
        }
        _ => Err(Fault::new(format_args!("{} has an encoding this program does not know", what()))),
    }
}
