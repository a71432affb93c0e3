//! What people prove themselves with, as much of it as may be stored.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::UserId;

/// An Argon2id hash as a PHC string: algorithm, parameters, salt and digest.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Takes a PHC string; `None` unless it is Argon2id's.
    pub fn parse(phc: &str) -> Option<PasswordHash> {
        phc.starts_with("$argon2id$").then(|| PasswordHash(phc.to_owned()))
    }

    /// The PHC string.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

/// A one-time link that lets a person choose a password; made by an administrator or on the host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecoveryLink {
    /// Where it lies; not secret.
    pub locator: String,
    /// What the link's secret must digest to.
    pub digest: Digest,
    /// Whose it is.
    pub user: UserId,
    /// What their password and address digested to when it was made; once they differ, it is over.
    pub state: Digest,
    /// Whether using it also removes everything they sign in with beside the password; only whoever holds the host can make
    /// such a link.
    #[serde(default)]
    pub without_second_factor: bool,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// A one-time link that was mailed to an address, for whoever reads there to say that it is theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressLink {
    /// Where it lies; not secret.
    pub locator: String,
    /// What the link's secret must digest to.
    pub digest: Digest,
    /// Whose address it is going to be.
    pub user: UserId,
    /// The address it was mailed to.
    pub email: String,
    /// What their password and address digested to when it was made; once they differ, it is over: whoever wanted the address
    /// with a stolen password has lost both.
    pub state: Digest,
    /// Their count of the events that end all access, then.
    pub access_epoch: u32,
    /// When it stops working.
    pub expires_at: Timestamp,
}

/// The link that makes the first administrator. While this record lives, `/setup` is open; it never comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Setup {
    /// Waiting for whoever holds the link.
    Open {
        /// What the link's secret must digest to.
        digest: Digest,
    },
    /// Done, for ever.
    Closed {
        /// Since when.
        at: Timestamp,
    },
}
