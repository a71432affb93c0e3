//! Groups: who belongs together.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;

/// A named set of users. Membership is kept with each user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, as tokens carry it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether the declared-state file manages it.
    #[serde(default)]
    pub managed: bool,
}
