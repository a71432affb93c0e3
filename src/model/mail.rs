//! Letters to people, and the outbox in which they wait until they are delivered.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{LetterId, UserId};
use crate::base::seal::Sealed;

/// What people are written. Whoever delivers it finds the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Letter {
    /// A link with which to choose a new password.
    ResetPassword {
        /// The one-time link.
        link: String,
        /// When it stops working.
        until: Timestamp,
    },
    /// A link with which to make an account.
    Invitation {
        /// Who invites, in words.
        by: String,
        /// The one-time link.
        link: String,
        /// When it stops working.
        until: Timestamp,
    },
    /// A link that proves that an address is theirs.
    VerifyAddress {
        /// The one-time link.
        link: String,
        /// When it stops working.
        until: Timestamp,
    },
    /// Somebody signed in with a browser that was never seen before.
    NewDevice {
        /// The browser in words.
        device: String,
        /// The network address.
        address: String,
        /// When.
        at: Timestamp,
    },
    /// What they sign in with, or are reached by, was changed.
    AccountChanged {
        /// What.
        what: AccountChange,
        /// When.
        at: Timestamp,
    },
}

/// What somebody is told of in case it was not them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each says it in its name")]
pub enum AccountChange {
    PasswordChanged,
    AddressChanged,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
}

/// A letter on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutboxLetter {
    /// Sorts by time.
    pub id: LetterId,
    /// The address it goes to.
    pub to: String,
    /// How to address them.
    pub name: String,
    /// Who it is for, if they have an account.
    pub user: Option<UserId>,
    /// The [`Letter`], encrypted at rest: its links open accounts.
    pub letter: Sealed,
    /// When it was written.
    pub created_at: Timestamp,
    /// How often delivery failed.
    pub failures: u32,
    /// When it is tried next.
    pub next_at: Timestamp,
    /// What the mail server said last, if it refused.
    pub last_error: Option<String>,
    /// When it is too old to be of use to anybody.
    pub expires_at: Timestamp,
}
