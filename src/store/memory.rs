//! An engine in memory: for tests and rehearsals. It forgets everything when it is dropped.

use std::collections::BTreeMap;
use std::future::ready;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::changes::{Changes, Write};
use super::port::{Answer, Fault, Key, Order, Refused, Span, Store, Value};

/// A sorted map behind a lock; whoever holds the lock sees one snapshot.
#[derive(Debug, Default)]
pub struct Memory {
    map: Mutex<BTreeMap<Key, Value>>,
}

impl Memory {
    /// A store that holds nothing.
    pub fn new() -> Memory {
        Memory::default()
    }

    fn map(&self) -> MutexGuard<'_, BTreeMap<Key, Value>> {
        // Nothing panics between the first and the last write of a batch, so a poisoned map is still whole.
        self.map.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Memory {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        let map = self.map();
        let values = keys.iter().map(|key| map.get(key).cloned()).collect();
        Box::pin(ready(Ok(values)))
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        if span.start >= span.end {
            return Box::pin(ready(Ok(Vec::new())));
        }
        let map = self.map();
        let entries = map.range(span.start..span.end).map(|(key, value)| (key.clone(), value.clone()));
        let met = match order {
            Order::Ascending => entries.take(limit).collect(),
            Order::Descending => entries.rev().take(limit).collect(),
        };
        Box::pin(ready(Ok(met)))
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        Box::pin(ready(apply(&mut self.map(), &changes)))
    }
}

fn apply(map: &mut BTreeMap<Key, Value>, changes: &Changes) -> Result<(), Refused> {
    changes.judge()?;
    if let Some((key, _)) = changes.entries().find(|(key, entry)| map.get(*key) != entry.expected.as_ref()) {
        return Err(Refused::Conflict(key.clone()));
    }
    for (key, entry) in changes.entries() {
        match &entry.write {
            Write::Nothing => {}
            Write::Put(value) => drop(map.insert(key.clone(), value.clone())),
            Write::Remove => drop(map.remove(key)),
        }
    }
    Ok(())
}
