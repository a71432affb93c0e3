//! The one kind of write: what must still be true, and what shall then become true.

use std::collections::BTreeMap;

use super::port::{Fault, Key, LONGEST_KEY, LONGEST_VALUE, Refused, Value};

/// A batch of conditional changes. There is no unconditional write: whoever changes a key says what it held.
///
/// A key may be written once in a batch: a second write makes the batch contradictory, which is a mistake of whoever made
/// it. Stating the same expectation again is harmless. Two different expectations mean that the key changed between two
/// looks at it: the batch is torn, and committing it is a conflict like any other. No engine will commit either.
#[derive(Clone, Debug, Default)]
pub struct Changes {
    entries: BTreeMap<Key, Entry>,
    contradictory: Option<Key>,
    torn: Option<Key>,
}

/// What one key must hold, and what it shall hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What the key must hold before; `None`: nothing.
    pub expected: Option<Value>,
    /// What shall be done to it.
    pub write: Write,
}

/// What shall be done to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Nothing: the key is only expected.
    Nothing,
    /// It shall hold this.
    Put(Value),
    /// It shall hold nothing.
    Remove,
}

impl Changes {
    /// A batch that changes nothing.
    pub fn new() -> Changes {
        Changes::default()
    }

    /// Expects `key` to be absent and puts `value` there.
    pub fn insert(&mut self, key: Key, value: Value) -> &mut Self {
        self.state(key, None, Write::Put(value))
    }

    /// Expects `key` to hold `was` and puts `now` there.
    pub fn replace(&mut self, key: Key, was: Value, now: Value) -> &mut Self {
        self.state(key, Some(was), Write::Put(now))
    }

    /// Expects `key` to hold `was` and removes it.
    pub fn remove(&mut self, key: Key, was: Value) -> &mut Self {
        self.state(key, Some(was), Write::Remove)
    }

    /// Expects `key` to hold `was` (`None`: nothing) and leaves it so.
    pub fn require(&mut self, key: Key, was: Option<Value>) -> &mut Self {
        self.state(key, was, Write::Nothing)
    }

    /// Takes over everything `other` states.
    pub fn extend(&mut self, other: Changes) -> &mut Self {
        self.contradictory = self.contradictory.take().or(other.contradictory);
        self.torn = self.torn.take().or(other.torn);
        for (key, entry) in other.entries {
            self.state(key, entry.expected, entry.write);
        }
        self
    }

    /// Whether nothing is stated at all.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty() && self.contradictory.is_none() && self.torn.is_none()
    }

    /// Whether it writes nothing: what it expects is all it says.
    pub fn only_expects(&self) -> bool {
        self.entries.values().all(|entry| entry.write == Write::Nothing)
    }

    /// Every key with what is stated of it, in key order.
    pub fn entries(&self) -> impl Iterator<Item = (&Key, &Entry)> {
        self.entries.iter()
    }

    /// A key that was written twice, if there is one.
    pub fn contradiction(&self) -> Option<&Key> {
        self.contradictory.as_ref()
    }

    /// A key that was expected to hold two different things, if there is one.
    pub fn torn(&self) -> Option<&Key> {
        self.torn.as_ref()
    }

    /// Why no engine may commit this batch, whatever it holds: a flaw, or a key that changed between two looks.
    ///
    /// # Errors
    /// [`Refused::Fault`] with the flaw, else [`Refused::Conflict`] with the torn key.
    pub fn judge(&self) -> Result<(), Refused> {
        match (self.flaw(), self.torn()) {
            (Some(flaw), _) => Err(Refused::Fault(flaw)),
            (None, Some(key)) => Err(Refused::Conflict(key.clone())),
            (None, None) => Ok(()),
        }
    }

    /// Why no engine may commit this batch, whatever it holds: a contradiction, or a key or value beyond
    /// [`LONGEST_KEY`] or [`LONGEST_VALUE`].
    pub fn flaw(&self) -> Option<Fault> {
        if let Some(key) = self.contradiction() {
            return Some(Fault::new(format_args!("contradictory changes to {}", key.escape_ascii())));
        }
        self.entries().find_map(|(key, entry)| match &entry.write {
            _ if key.len() > LONGEST_KEY => Some(Fault::new(format_args!("a key of {} bytes", key.len()))),
            Write::Put(value) if value.len() > LONGEST_VALUE => {
                Some(Fault::new(format_args!("a value of {} bytes at {}", value.len(), key.escape_ascii())))
            }
            _ => None,
        })
    }

    fn state(&mut self, key: Key, expected: Option<Value>, write: Write) -> &mut Self {
        let Some(before) = self.entries.get_mut(&key) else {
            self.entries.insert(key, Entry { expected, write });
            return self;
        };
        let agrees = before.expected == expected;
        match (&before.write, write) {
            (_, Write::Nothing) if agrees => {}
            (Write::Nothing, write) if agrees => before.write = write,
            (Write::Nothing, _) | (_, Write::Nothing) => self.torn = Some(key),
            _ => self.contradictory = Some(key),
        }
        self
    }
}
