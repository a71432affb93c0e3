//! Signing keys, as they are kept.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::KeyId;
use crate::base::seal::Sealed;
use crate::jose::Algorithm;

/// A signing key and its life: published, then signing, then published only, then gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SigningKeyRecord {
    /// Its `kid`.
    pub id: KeyId,
    /// Which key of its algorithm it is, counted from 1. No two have the same, so that two rotations at once make one key.
    pub generation: u32,
    /// What it signs with.
    pub algorithm: Algorithm,
    /// The private key (PKCS #8), sealed for this record's name.
    pub private: Sealed,
    /// When it was made and published.
    pub created_at: Timestamp,
    /// When it begins to sign; until then clients learn it.
    pub signs_from: Timestamp,
    /// When its successor took over, once that is known.
    pub signs_until: Option<Timestamp>,
    /// When the last token it signed has expired and it need not be published any more.
    pub gone_at: Option<Timestamp>,
    /// The longest life of a token it signed, in seconds, written down before that token is shown. Zero where nobody has
    /// counted yet.
    #[serde(default)]
    pub longest_life: u64,
}
