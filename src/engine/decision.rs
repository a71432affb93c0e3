//! What is answered, and what must become true for that answer to be honest.

use crate::model::refusal::Refusal;
use crate::store::Changes;

/// An answer with the changes that go with it. A refusal can carry changes too.
#[derive(Debug)]
pub struct Decision<T> {
    /// What to say once `changes` are durable.
    pub answer: Result<T, Refusal>,
    /// What shall be true then.
    pub changes: Changes,
}

impl<T> Decision<T> {
    /// Says yes and changes nothing yet.
    pub fn allow(answer: T) -> Decision<T> {
        Decision { answer: Ok(answer), changes: Changes::new() }
    }

    /// Says no and changes nothing yet.
    pub fn refuse(refusal: Refusal) -> Decision<T> {
        Decision { answer: Err(refusal), changes: Changes::new() }
    }

    /// The same answer, with more changes.
    pub fn with(mut self, change: impl FnOnce(&mut Changes)) -> Decision<T> {
        change(&mut self.changes);
        self
    }

    /// Goes on with `next` unless it was refused; keeps the changes either way.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Decision<U>) -> Decision<U> {
        match self.answer {
            Err(refusal) => Decision { answer: Err(refusal), changes: self.changes },
            Ok(value) => {
                let mut then = next(value);
                then.changes.extend(self.changes);
                then
            }
        }
    }

    /// As [`Decision::and_then`], for a `next` that may find itself unable to answer. Then nothing is changed at all.
    pub fn try_and_then<U, E>(self, next: impl FnOnce(T) -> Result<Decision<U>, E>) -> Result<Decision<U>, E> {
        match self.answer {
            Err(refusal) => Ok(Decision { answer: Err(refusal), changes: self.changes }),
            Ok(value) => {
                let mut then = next(value)?;
                then.changes.extend(self.changes);
                Ok(then)
            }
        }
    }
}
