//! Authorization codes (RFC 6749, section 1.3.1).

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, GrantId};

/// A code and everything it is bound to (RFC 9700, section 2.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// Where it lies; not secret.
    pub locator: String,
    /// What the code must digest to.
    pub digest: Digest,
    /// The grant it stands for.
    pub grant: GrantId,
    /// The client it was given to.
    pub client: ClientId,
    /// The address it was sent to.
    pub redirect_uri: String,
    /// The S256 code challenge it was asked for with, without padding (RFC 7636, section 4.2).
    pub challenge: Option<String>,
    /// The `nonce` for the ID token (OpenID Connect Core, section 3.1.2.1).
    pub nonce: Option<String>,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// How long the record is kept, so that a replay is recognised as one.
    pub kept_until: Timestamp,
    /// Whether it was used.
    pub life: CodeLife,
}

/// Whether a code was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeLife {
    /// Not yet.
    Live,
    /// It was; a second use ends its grant.
    Spent {
        /// When.
        at: Timestamp,
    },
}
