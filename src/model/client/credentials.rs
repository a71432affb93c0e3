//! What a client authenticates with (RFC 6749, section 2.3; RFC 7523), as much of it as may be stored.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::SecretId;

/// The public half of a key pair (ES256) with which a client signs its own authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The key's id (RFC 7517, section 4.5).
    pub kid: String,
    /// The public key's first coordinate, base64url (RFC 7518, section 6.2.1.2).
    pub x: String,
    /// The public key's second coordinate.
    pub y: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// One of a client's secrets, as much of it as may be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Its own id, to name it in lists.
    pub id: SecretId,
    /// Its first characters, to recognise it by.
    pub hint: String,
    /// How it is checked.
    pub hash: SecretHash,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it stops being accepted, if ever.
    pub expires_at: Option<Timestamp>,
    /// Whether a declared-state file gave it: such a file replaces what a file gave, never what somebody added by hand.
    #[serde(default)]
    pub declared: bool,
}

/// How a client secret is kept: what was generated is random enough for SHA-256, what somebody chose is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretHash {
    /// SHA-256 of a secret of at least 32 characters.
    Sha256(Digest),
    /// An Argon2id PHC string.
    Argon2id(String),
}

impl SecretHash {
    /// Reads `sha256$<base64url>` or `$argon2id$…`.
    pub fn parse(text: &str) -> Option<SecretHash> {
        if let Some(digest) = text.strip_prefix("sha256$") {
            return Digest::parse(digest).map(SecretHash::Sha256);
        }
        text.starts_with("$argon2id$").then(|| SecretHash::Argon2id(text.to_owned()))
    }

    /// Writes what [`SecretHash::parse`] reads.
    pub fn to_text(&self) -> String {
        match self {
            SecretHash::Sha256(digest) => format!("sha256${}", digest.as_str()),
            SecretHash::Argon2id(phc) => phc.clone(),
        }
    }
}
