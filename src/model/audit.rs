//! The activity log: every change and every security event, one record in the commit it records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{AuditId, ClientId, UserId};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRecord {
    /// Sorts by time.
    pub id: AuditId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: AuditKind,
    /// Who did it.
    pub actor: AuditActor,
    /// The user it is about.
    pub user: Option<UserId>,
    /// The client it is about.
    pub client: Option<ClientId>,
    /// From which network address.
    pub address: Option<String>,
    /// The request it happened in.
    pub request: Option<String>,
    /// Whether it is found by that; records were not, before there was this look-up.
    #[serde(default)]
    pub by_request: bool,
    /// More, by name: what changed, from what to what. Never a secret.
    #[serde(default)]
    pub details: BTreeMap<String, String>,
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditActor {
    /// A person.
    User(UserId),
    /// A client.
    Client(ClientId),
    /// Whoever can run commands on the host.
    Host,
    /// The declared-state file.
    File,
    /// Nobody signed in.
    Nobody,
    /// The server by itself.
    Server,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// What can happen.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum AuditKind { $( $(#[$doc])* #[serde(rename = $name)] $variant, )* }

        impl AuditKind {
            /// Every kind, in the order of the filter.
            pub const ALL: &[AuditKind] = &[$(AuditKind::$variant),*];

            /// The name in files and filters.
            pub fn name(self) -> &'static str {
                match self { $(AuditKind::$variant => $name,)* }
            }

            /// The kind called `name`.
            pub fn parse(name: &str) -> Option<AuditKind> {
                match name { $($name => Some(AuditKind::$variant),)* _ => None }
            }
        }
    };
}

kinds! {
    /// The server was set up.
    SetUp = "set_up",
    /// Somebody signed in.
    SignIn = "sign_in",
    /// Somebody failed to.
    SignInFailed = "sign_in_failed",
    /// Failures that were counted instead of recorded one by one.
    FailuresCounted = "failures_counted",
    /// Somebody signed out.
    SignOut = "sign_out",
    /// A session was ended from elsewhere.
    SessionEnded = "session_ended",
    /// An administrator began to act for somebody.
    ActingBegan = "acting_began",
    /// An administrator acts for somebody no longer.
    ActingEnded = "acting_ended",
    /// Somebody was signed in to an application.
    Authorized = "authorized",
    /// An application was refused at the authorization endpoint.
    AuthorizationRefused = "authorization_refused",
    /// Somebody let an application know more.
    ConsentGiven = "consent_given",
    /// Somebody declined.
    ConsentDeclined = "consent_declined",
    /// Somebody withdrew their consent.
    ConsentWithdrawn = "consent_withdrawn",
    /// A grant was ended by its client.
    GrantRevoked = "grant_revoked",
    /// A code or rotated refresh token came again.
    TokenReplayed = "token_replayed",
    /// A client failed to authenticate.
    ClientAuthenticationFailed = "client_authentication_failed",
    /// A token request was refused.
    TokenRefused = "token_refused",
    /// A user was made.
    UserCreated = "user_created",
    /// A user was changed.
    UserUpdated = "user_updated",
    /// A user was disabled.
    UserDisabled = "user_disabled",
    /// A user was enabled again.
    UserEnabled = "user_enabled",
    /// A user was deleted.
    UserDeleted = "user_deleted",
    /// A password was changed.
    PasswordChanged = "password_changed",
    /// Somebody who has passkeys gave their password up.
    PasswordRemoved = "password_removed",
    /// A code to sign in with was mailed.
    SignInCodeMailed = "sign_in_code_mailed",
    /// A mailed code was used.
    SignInCodeUsed = "sign_in_code_used",
    /// A one-time link was made for somebody who lost the way in.
    RecoveryStarted = "recovery_started",
    /// A one-time link was used.
    RecoveryFinished = "recovery_finished",
    /// An authenticator was set up.
    SecondFactorAdded = "second_factor_added",
    /// An authenticator was removed.
    SecondFactorRemoved = "second_factor_removed",
    /// New recovery codes were made.
    RecoveryCodesMade = "recovery_codes_made",
    /// A recovery code was used.
    RecoveryCodeUsed = "recovery_code_used",
    /// A passkey was added.
    PasskeyAdded = "passkey_added",
    /// A passkey was removed.
    PasskeyRemoved = "passkey_removed",
    /// A browser that remembered the second factor was forgotten.
    DeviceForgotten = "device_forgotten",
    /// An address was changed.
    EmailChanged = "email_changed",
    /// Somebody proved that an address is theirs.
    EmailVerified = "email_verified",
    /// Somebody was invited.
    InvitationMade = "invitation_made",
    /// An invitation was revoked.
    InvitationRevoked = "invitation_revoked",
    /// An invitation was accepted.
    InvitationAccepted = "invitation_accepted",
    /// A message could not be delivered and will not be tried again.
    MailFailed = "mail_failed",
    /// A client was registered.
    ClientCreated = "client_created",
    /// A client was changed.
    ClientUpdated = "client_updated",
    /// A client was disabled.
    ClientDisabled = "client_disabled",
    /// A client was enabled again.
    ClientEnabled = "client_enabled",
    /// A client was deleted.
    ClientDeleted = "client_deleted",
    /// A client secret was added.
    SecretAdded = "secret_added",
    /// A client secret was removed.
    SecretRemoved = "secret_removed",
    /// An access key was added.
    AccessKeyAdded = "access_key_added",
    /// An access key was removed.
    AccessKeyRemoved = "access_key_removed",
    /// A group was made.
    GroupCreated = "group_created",
    /// What a group's members must sign in with was changed.
    GroupUpdated = "group_updated",
    /// A group was deleted.
    GroupDeleted = "group_deleted",
    /// A scope was made.
    ScopeCreated = "scope_created",
    /// A scope was changed.
    ScopeUpdated = "scope_updated",
    /// A scope was deleted.
    ScopeDeleted = "scope_deleted",
    /// The settings were changed.
    SettingsUpdated = "settings_updated",
    /// A signing key was made.
    KeyCreated = "key_created",
    /// A signing key's successor was published.
    KeyRotated = "key_rotated",
}
