//! Tokens that are stored: refresh tokens, opaque access tokens, and JWTs revoked before their time.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, GrantId};
use crate::base::seal::Sealed;

use super::scope::Scopes;

/// A refresh token (RFC 6749, section 1.5; rotated on every use, RFC 9700, section 4.14.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Where it lies; not secret.
    pub locator: String,
    /// What the token must digest to.
    pub digest: Digest,
    /// The grant it renews.
    pub grant: GrantId,
    /// Whether that is a service grant, not a person's.
    #[serde(default)]
    pub of_service: bool,
    /// The client it was given to.
    pub client: ClientId,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// Where it stands.
    pub life: RefreshLife,
}

/// Where a refresh token stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshLife {
    /// May be used once.
    Live,
    /// Was used; its successor took over.
    Rotated {
        /// When.
        at: Timestamp,
        /// The successor's locator.
        successor: String,
        /// The successor itself, sealed under a key that only the holder of this token can derive, so that a lost answer
        /// can be given again; kept only when the client has a grace.
        again: Option<Sealed>,
    },
    /// Ended by itself.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

/// An opaque access token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Where it lies, and its `jti`; not secret.
    pub locator: String,
    /// What the token must digest to.
    pub digest: Digest,
    /// The grant it descends from; `None` for a client that acts for itself.
    pub grant: Option<GrantId>,
    /// The service grant it descends from, if a client that acts for itself may renew it.
    #[serde(default)]
    pub service_grant: Option<GrantId>,
    /// The client it was given to.
    pub client: ClientId,
    /// Its subject: the user, or the client itself.
    pub subject: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// Whom it is for.
    pub audience: Vec<String>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it stops being accepted.
    pub expires_at: Timestamp,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
    /// Which of the registrations under the client's id it was given to.
    #[serde(default)]
    pub client_incarnation: String,
}

/// A JWT that is not accepted any more although its time has not come (RFC 7009).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevokedJwt {
    /// Its `jti`.
    pub jti: String,
    /// When it would have expired; the record is not needed after.
    pub expires_at: Timestamp,
}
