//! Which interface a request came through, as far as the engine may know.

use serde::{Deserialize, Serialize};

/// An opaque name of one wire interface. The engine compares it with what a client was given and knows no more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Face(String);

impl Face {
    /// The face called `name`.
    pub fn named(name: impl Into<String>) -> Face {
        Face(name.into())
    }

    /// The name as files write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
