//! Letters to people, and the outbox in which they wait until they are delivered.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{LetterId, UserId};
use crate::base::seal::Sealed;
use crate::base::secret::Secret;

use super::settings::SmtpSecurity;

/// A mail server, ready to be asked: as the operator's file says it, or as the settings do with the password opened.
#[derive(Clone, Debug)]
pub struct MailServer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// The name to sign in with; empty for none.
    pub username: String,
    /// The password.
    pub password: Option<Secret>,
    /// The address letters come from.
    pub from: String,
    /// Certificates of authorities to trust besides the public ones, as PEM.
    pub authorities: Option<String>,
}

impl PartialEq for MailServer {
    fn eq(&self, other: &MailServer) -> bool {
        let same_password = match (&self.password, &other.password) {
            (Some(mine), Some(theirs)) => mine.is(theirs.expose()),
            (mine, theirs) => mine.is_none() && theirs.is_none(),
        };
        let told = |server: &MailServer| {
            let MailServer { host, port, security, username, from, authorities, .. } = server.clone();
            (host, port, security, username, from, authorities)
        };
        same_password && told(self) == told(other)
    }
}

impl Eq for MailServer {}

/// What people are written. Whoever delivers it finds the words. Its links let somebody in: they cannot be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// A link with which to make the account somebody asked for.
    Registration {
        /// The one-time link.
        link: String,
        /// When it stops working.
        until: Timestamp,
    },
    /// Somebody wanted to make an account with an address that has one.
    AccountThere {
        /// When it is of no use to anybody any more.
        until: Timestamp,
    },
    /// A link that proves that an address is theirs.
    VerifyAddress {
        /// The one-time link.
        link: String,
        /// When it stops working.
        until: Timestamp,
    },
    /// A code with which to sign in.
    SignInCode {
        /// The code, as it is read.
        code: String,
        /// The page it is typed into, with the code.
        link: String,
        /// The browser that asked, in words.
        device: String,
        /// Its network address.
        address: String,
        /// When the code stops working.
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
    /// An administrator may use applications as them for a while.
    ActingBegan {
        /// What the administrator is called.
        by: String,
        /// Why, in the administrator's words.
        reason: String,
        /// When.
        at: Timestamp,
        /// When it is over at the latest.
        until: Timestamp,
    },
    /// What they sign in with, or are reached by, was changed.
    AccountChanged {
        /// What.
        what: AccountChange,
        /// When.
        at: Timestamp,
    },
}

impl fmt::Debug for Letter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Letter({})", self.kind())
    }
}

impl Letter {
    /// Every [`Letter::kind`].
    pub const KINDS: [&str; 9] = [
        "reset_password",
        "invitation",
        "registration",
        "account_there",
        "verify_address",
        "sign_in_code",
        "new_device",
        "acting_began",
        "account_changed",
    ];

    /// What kind of letter it is, for the log.
    pub fn kind(&self) -> &'static str {
        match self {
            Letter::ResetPassword { .. } => "reset_password",
            Letter::Invitation { .. } => "invitation",
            Letter::Registration { .. } => "registration",
            Letter::AccountThere { .. } => "account_there",
            Letter::VerifyAddress { .. } => "verify_address",
            Letter::SignInCode { .. } => "sign_in_code",
            Letter::NewDevice { .. } => "new_device",
            Letter::ActingBegan { .. } => "acting_began",
            Letter::AccountChanged { .. } => "account_changed",
        }
    }

    /// When its link stops working, if it has one: later it is of no use to anybody.
    pub fn until(&self) -> Option<Timestamp> {
        match self {
            Letter::ResetPassword { until, .. }
            | Letter::Invitation { until, .. }
            | Letter::Registration { until, .. }
            | Letter::AccountThere { until }
            | Letter::SignInCode { until, .. }
            | Letter::VerifyAddress { until, .. } => Some(*until),
            Letter::NewDevice { .. } | Letter::ActingBegan { .. } | Letter::AccountChanged { .. } => None,
        }
    }
}

/// What somebody is told of in case it was not them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each says it in its name")]
pub enum AccountChange {
    PasswordChanged,
    PasswordRemoved,
    AddressAsked,
    AddressChanged,
    AuthenticatorAdded,
    AuthenticatorRemoved,
    PasskeyAdded,
    PasskeyRemoved,
    RecoveryCodesMade,
    RecoveryCodeUsed,
}

impl AccountChange {
    /// All of them.
    pub const ALL: [AccountChange; 10] = [
        AccountChange::PasswordChanged,
        AccountChange::PasswordRemoved,
        AccountChange::AddressAsked,
        AccountChange::AddressChanged,
        AccountChange::AuthenticatorAdded,
        AccountChange::AuthenticatorRemoved,
        AccountChange::PasskeyAdded,
        AccountChange::PasskeyRemoved,
        AccountChange::RecoveryCodesMade,
        AccountChange::RecoveryCodeUsed,
    ];
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
