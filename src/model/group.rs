//! Groups: who belongs together.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;

use super::sign_in::RequiredFactor;

/// A named set of users. Membership is kept with each user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// Its name, as tokens carry it.
    pub name: String,
    /// What its members must sign in with.
    #[serde(default)]
    pub required_factor: RequiredFactor,
    /// When it was made.
    pub created_at: Timestamp,
    /// Whether the declared-state file manages it.
    #[serde(default)]
    pub managed: bool,
}
