//! Typed names: a client's id cannot be passed where a session's is expected.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};

use data_encoding::{BASE32HEX_NOPAD, Encoding};
use serde::{Deserialize, Serialize};

use super::clock::Timestamp;
use super::rng::{self, Rng};

/// Sixteen random bytes as 26 characters `0-9a-v`.
pub fn random(rng: &dyn Rng) -> String {
    lower(&rng::bytes::<16>(rng))
}

/// Sixteen bytes as 26 characters `0-9a-v` that sort by the moment they were made: five bytes of seconds, eleven random
/// ones. Neighbours in time are neighbours in the store, which keeps copy-on-write pages few.
pub fn ordered(at: Timestamp, rng: &dyn Rng) -> String {
    let mut bytes = rng::bytes::<16>(rng);
    bytes[..5].copy_from_slice(&at.0.max(0).to_be_bytes()[3..]);
    lower(&bytes)
}

/// As [`ordered`], and in this process also by the order in which they were made within a second: five bytes of seconds,
/// four of a count, seven random ones.
pub fn in_order(at: Timestamp, rng: &dyn Rng) -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let mut bytes = rng::bytes::<16>(rng);
    bytes[..5].copy_from_slice(&at.0.max(0).to_be_bytes()[3..]);
    bytes[5..9].copy_from_slice(&MADE.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    lower(&bytes)
}

fn lower(bytes: &[u8]) -> String {
    let encoding: &Encoding = &BASE32HEX_NOPAD;
    encoding.encode(bytes).to_ascii_lowercase()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Takes `text` as it is; whether such a record exists is for the store to say.
            pub fn from_text(text: impl Into<String>) -> $name { $name(text.into()) }
            /// A new random id.
            pub fn random(rng: &dyn Rng) -> $name { $name(random(rng)) }
            /// A new id that sorts by the moment it was made.
            pub fn ordered(at: Timestamp, rng: &dyn Rng) -> $name { $name(ordered(at, rng)) }
            /// A new id that sorts by the moment it was made, and by order within it.
            pub fn in_order(at: Timestamp, rng: &dyn Rng) -> $name { $name(in_order(at, rng)) }
            /// The id as it is written.
            pub fn as_str(&self) -> &str { &self.0 }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str { &self.0 }
        }
    )* };
}

ids! {
    /// A client's `client_id` (RFC 6749, section 2.2).
    ClientId,
    /// A user's id; the `sub` of every token about them (OpenID Connect Core, section 2).
    UserId,
    /// A browser session; the `sid` of ID tokens (OpenID Connect RP-Initiated Logout, section 2).
    SessionId,
    /// What a person allowed a client once: the common ancestor of its codes and tokens.
    GrantId,
    /// One authorization request on its way through sign-in and consent.
    InteractionId,
    /// A letter in the outbox.
    LetterId,
    /// An invitation.
    InvitationId,
    /// A sign-in that waits for its second factor.
    SignInId,
    /// A signing key's `kid` (RFC 7517, section 4.5).
    KeyId,
    /// One record of the activity log.
    AuditId,
    /// A request; what error pages show as reference and the log carries.
    RequestId,
    /// One of a client's live secrets.
    SecretId,
}
