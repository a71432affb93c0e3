//! What happened, told in plain sentences: the activity log for people.

use crate::base::clock::Timestamp;
use crate::engine::admin::activity::Names;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};

use crate::http::views::{EventRow, Fact, Tone};
use crate::http::when::When;

/// A record as a row of a list.
pub(super) fn row(record: &AuditRecord, names: &Names, now: Timestamp) -> EventRow {
    EventRow {
        at: When::at(record.at, now),
        tone: tone(record.kind),
        sentence: Teller { record, names }.sentence(),
        details: details(record),
    }
}

/// What a kind of event is called in a filter.
pub(super) fn kind_in_words(kind: AuditKind) -> &'static str {
    use AuditKind::*;
    match kind {
        SetUp => "The server was set up",
        SignIn => "Somebody signed in",
        SignInFailed => "A sign-in failed",
        FailuresCounted => "Failures were counted",
        SignOut => "Somebody signed out",
        SessionEnded => "Sessions were ended",
        ActingBegan => "An administrator began to act for somebody",
        ActingEnded => "An administrator acts no longer",
        Authorized => "Somebody opened an application",
        AuthorizationRefused => "An application was refused",
        ConsentGiven => "Consent was given",
        ConsentDeclined => "Consent was declined",
        ConsentWithdrawn => "Consent was withdrawn",
        GrantRevoked => "Access was given back",
        TokenReplayed => "A used token came again",
        ClientAuthenticationFailed => "An application failed to authenticate",
        TokenRefused => "An application was refused tokens",
        UserCreated => "A person was added",
        UserUpdated => "A person was changed",
        UserDisabled => "A person was disabled",
        UserEnabled => "A person was enabled",
        UserDeleted => "A person was deleted",
        PasswordChanged => "A password was changed",
        PasswordRemoved => "A password was given up for passkeys",
        SignInCodeMailed => "A code to sign in with was mailed",
        SignInCodeUsed => "A mailed code was used",
        RecoveryStarted => "A way in was made",
        RecoveryFinished => "A way in was used",
        SecondFactorAdded => "An authenticator was set up",
        SecondFactorRemoved => "An authenticator was removed",
        RecoveryCodesMade => "Recovery codes were made",
        RecoveryCodeUsed => "A recovery code was used",
        PasskeyAdded => "A passkey was added",
        PasskeyRemoved => "A passkey was removed",
        DeviceForgotten => "A remembered browser was forgotten",
        EmailChanged => "An address was changed",
        EmailVerified => "An address was verified",
        InvitationMade => "Somebody was invited",
        InvitationRevoked => "An invitation was revoked",
        InvitationAccepted => "An invitation was accepted",
        MailFailed => "A message was given up",
        ClientCreated => "An application was added",
        ClientUpdated => "An application was changed",
        ClientDisabled => "An application was disabled",
        ClientEnabled => "An application was enabled",
        ClientDeleted => "An application was deleted",
        SecretAdded => "A secret was added",
        SecretRemoved => "A secret was removed",
        AccessKeyAdded => "An access key was added",
        AccessKeyRemoved => "An access key was removed",
        GroupCreated => "A group was added",
        GroupUpdated => "A group was changed",
        GroupDeleted => "A group was deleted",
        ScopeCreated => "A scope was added",
        ScopeUpdated => "A scope was changed",
        ScopeDeleted => "A scope was deleted",
        SettingsUpdated => "Settings were changed",
        KeyCreated => "A signing key was made",
        KeyRotated => "A signing key was rotated",
    }
}

fn tone(kind: AuditKind) -> Tone {
    use AuditKind::*;
    match kind {
        SignInFailed | ClientAuthenticationFailed | TokenReplayed | FailuresCounted => Tone::Bad,
        AuthorizationRefused | TokenRefused | ConsentDeclined | UserDisabled | UserDeleted | ClientDisabled
        | ClientDeleted => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// Tells one record.
struct Teller<'a> {
    record: &'a AuditRecord,
    names: &'a Names,
}

impl Teller<'_> {
    fn sentence(&self) -> String {
        use AuditKind::*;
        let (who, user, client) = (self.actor(), self.user(), self.client());
        match self.record.kind {
            SetUp => format!("{who} set up this server"),
            SignIn => format!("{user} signed in{}{}", self.device_they_came_from(), self.mail_they_came_by()),
            SignInFailed if self.record.user.is_none() => "A sign-in under an unknown name failed".to_owned(),
            SignInFailed => format!("A sign-in as {user} failed"),
            FailuresCounted => "Many failures came at once; these are counted".to_owned(),
            SignOut => format!("{user} signed out"),
            SessionEnded if self.by_themselves() => format!("{user} ended a session{}", self.device_it_was_on()),
            SessionEnded => format!("{who} ended a session of {user}"),
            ActingBegan => format!("{who} began to act as {user}: {}", self.detail("reason")),
            ActingEnded if self.by_themselves() => {
                format!("{user} stopped {} from acting as them", self.detail("administrator"))
            }
            // Whoever acted ended it, or somebody ended it for them.
            ActingEnded if self.detail("administrator") == who => format!("{who} stopped acting as {user}"),
            ActingEnded => format!("{who} stopped {} from acting as {user}", self.detail("administrator")),
            Authorized if !self.by_themselves() => format!("{who} opened {client} as {user}"),
            Authorized => format!("{user} opened {client}"),
            AuthorizationRefused if self.record.user.is_some() => format!("{client} was refused to {who} as {user}"),
            AuthorizationRefused => format!("{client} was refused"),
            ConsentGiven => format!("{user} let {client} in"),
            ConsentDeclined => format!("{user} did not let {client} in"),
            ConsentWithdrawn if self.by_themselves() => format!("{user} revoked the access of {client}"),
            ConsentWithdrawn => format!("{who} revoked the access of {client} to {user}"),
            GrantRevoked => format!("{client} gave back its access to {user}"),
            TokenReplayed => format!("A used code or token of {client} came again; its access has ended"),
            ClientAuthenticationFailed => format!("{client} failed to authenticate"),
            TokenRefused => format!("{client} was refused tokens"),
            UserCreated => format!("{who} added {user}"),
            UserUpdated if self.by_themselves() => format!("{user} changed their profile"),
            UserUpdated => format!("{who} changed {user}"),
            UserDisabled => format!("{who} disabled {user}"),
            UserEnabled => format!("{who} enabled {user}"),
            UserDeleted => format!("{who} deleted {user}"),
            PasswordChanged if self.by_themselves() => format!("{user} changed their password"),
            PasswordChanged => format!("{who} changed the password of {user}"),
            PasswordRemoved => format!("{user} gave their password up and signs in with passkeys alone"),
            SignInCodeMailed => {
                format!("Somebody had a code to sign in with sent to {}, for {user}", self.detail("mailed_to"))
            }
            SignInCodeUsed => format!("{user} gave the code that was sent to {}", self.detail("mailed_to")),
            RecoveryStarted if self.record.details.contains_key("by") => {
                format!("Somebody had a link for a new password mailed to {user}")
            }
            RecoveryStarted if self.record.details.contains_key("without") => {
                format!("{who} made a way in for {user} that removes their second factors")
            }
            RecoveryStarted => format!("{who} made a way in for {user}"),
            RecoveryFinished => format!("{user} came in by a one-time link and chose a password"),
            SecondFactorAdded => format!("{user} set up an authenticator"),
            SecondFactorRemoved if self.detail("by") == "link" => {
                format!("The authenticator of {user} was removed by a one-time link")
            }
            PasskeyRemoved if self.detail("by") == "link" => {
                format!("The passkeys of {user} were removed by a one-time link")
            }
            SecondFactorRemoved if self.by_themselves() => format!("{user} removed their authenticator"),
            SecondFactorRemoved => format!("{who} removed the authenticator of {user}"),
            RecoveryCodesMade => format!("{user} made new recovery codes"),
            RecoveryCodeUsed => format!("{user} used a recovery code"),
            PasskeyAdded if self.detail("kind") == "security key" => format!("{user} added a security key"),
            PasskeyAdded => format!("{user} added a passkey"),
            PasskeyRemoved if self.by_themselves() => format!("{user} removed a passkey"),
            PasskeyRemoved => format!("{who} removed a passkey of {user}"),
            DeviceForgotten => format!("{who} made a browser of {user} ask for the second factor again"),
            EmailChanged => format!("{who} changed the address of {user}"),
            EmailVerified if self.record.details.contains_key("ended") => {
                format!(
                    "The address of {user} was confirmed by its mail, which ended the password and sessions until then"
                )
            }
            EmailVerified => format!("{user} verified their address"),
            InvitationMade => format!("{who} made an invitation"),
            InvitationRevoked => format!("{who} revoked an invitation"),
            InvitationAccepted => format!("{user} accepted an invitation"),
            MailFailed => "A message could not be delivered".to_owned(),
            ClientCreated => format!("{who} added {client}"),
            ClientUpdated => format!("{who} changed {client}"),
            ClientDisabled => format!("{who} disabled {client}"),
            ClientEnabled => format!("{who} enabled {client}"),
            ClientDeleted => format!("{who} deleted {client}"),
            SecretAdded => format!("{who} added a secret to {client}"),
            SecretRemoved => format!("{who} removed a secret from {client}"),
            AccessKeyAdded => format!("{who} added an access key to {client}"),
            AccessKeyRemoved => format!("{who} removed an access key from {client}"),
            GroupCreated => format!("{who} added the group {}", self.detail("group")),
            GroupUpdated => format!("{who} changed the group {}", self.detail("group")),
            GroupDeleted => format!("{who} deleted the group {}", self.detail("group")),
            ScopeCreated => format!("{who} added the scope {}", self.detail("scope")),
            ScopeUpdated => format!("{who} changed the scope {}", self.detail("scope")),
            ScopeDeleted => format!("{who} deleted the scope {}", self.detail("scope")),
            SettingsUpdated => format!("{who} changed the settings"),
            KeyCreated => format!("{who} made an {} key", self.detail("algorithm")),
            KeyRotated => format!("{who} rotated the {} key", self.detail("algorithm")),
        }
    }

    fn actor(&self) -> String {
        match &self.record.actor {
            AuditActor::User(id) => match self.names.users.get(id) {
                Some(name) => name.clone(),
                None if self.record.user.as_ref() == Some(id) => self.user(),
                None => "Somebody who is gone".to_owned(),
            },
            AuditActor::Client(id) => {
                self.names.clients.get(id).cloned().unwrap_or_else(|| "An application that is gone".to_owned())
            }
            AuditActor::Host => "Somebody on the host".to_owned(),
            AuditActor::File => "The declared-state file".to_owned(),
            AuditActor::Nobody => "Somebody".to_owned(),
            AuditActor::Server => "The server".to_owned(),
        }
    }

    /// The user it is about: as they are called now, else as they were.
    fn user(&self) -> String {
        let now = self.record.user.as_ref().and_then(|id| self.names.users.get(id));
        let then = self.record.details.get("username");
        now.or(then).cloned().unwrap_or_else(|| "somebody who is gone".to_owned())
    }

    fn client(&self) -> String {
        let now = self.record.client.as_ref().and_then(|id| self.names.clients.get(id));
        let then = self.record.details.get("name");
        let id = self.record.client.as_ref().map(ToString::to_string);
        now.or(then).cloned().or(id).unwrap_or_else(|| "an unknown application".to_owned())
    }

    fn by_themselves(&self) -> bool {
        matches!(&self.record.actor, AuditActor::User(id) if self.record.user.as_ref() == Some(id))
    }

    fn detail(&self, name: &str) -> &str {
        self.record.details.get(name).map_or("", String::as_str)
    }

    fn device_they_came_from(&self) -> String {
        self.record.details.get("device").map(|device| format!(" from {device}")).unwrap_or_default()
    }

    fn mail_they_came_by(&self) -> String {
        let address = self.record.details.get("mailed_to");
        address.map(|address| format!(" by a code sent to {address}")).unwrap_or_default()
    }

    fn device_it_was_on(&self) -> String {
        self.record.details.get("device").map(|device| format!(" of {device}")).unwrap_or_default()
    }
}

/// Everything else that is known, by name.
fn details(record: &AuditRecord) -> Vec<Fact> {
    let mut facts: Vec<Fact> = record
        .details
        .iter()
        .map(|(name, value)| Fact::new(&name_in_words(name), &value_in_words(name, value)))
        .collect();
    let fixed = [
        ("Person", record.user.as_ref().map(ToString::to_string)),
        ("Client ID", record.client.as_ref().map(ToString::to_string)),
        // Who works on the host comes from no network.
        ("Network address", record.address.clone().filter(|_| record.actor != AuditActor::Host)),
        ("Reference", record.request.clone()),
    ];
    facts.extend(fixed.into_iter().filter_map(|(name, value)| Some(Fact::new(name, &value?))));
    facts
}

/// A detail's name as people read it.
fn name_in_words(name: &str) -> String {
    let words = match name {
        "admin" => "Administrator",
        "again" => "Sent again",
        "auditor" => "Auditor",
        "before" => "Before that",
        "changed" => "What changed",
        "devices" => "Remembered browsers",
        "email" => "Email address",
        "email_verified" => "Email address verified",
        "ended" => "Ended with it",
        "expires_at" => "Expires",
        "hint" => "Secret begins with",
        "jti" => "Token",
        "kid" => "Access key",
        "left" => "Codes left",
        "mailed_to" => "Sent to",
        "letter" => "Message",
        "methods" => "Proved by",
        "new_device" => "New browser",
        "redirect_uri" => "Redirect URI",
        "redirect_uris" => "Redirect URIs",
        "signs_from" => "Signs from",
        "without" => "Removes",
        other => return capitalised(&other.replace('_', " ")),
    };
    words.to_owned()
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

fn value_in_words(name: &str, value: &str) -> String {
    match (name, value) {
        ("expires_at" | "signs_from", at) => {
            at.parse().map_or_else(|_| at.to_owned(), |at| When::exactly(Timestamp(at)).words)
        }
        ("cause", _) => value.replace('_', " "),
        ("changed", names) => names.split(' ').map(|name| name.replace('_', " ")).collect::<Vec<_>>().join(", "),
        ("methods", methods) => methods.split(' ').map(method_in_words).collect::<Vec<_>>().join(", "),
        (_, "true") => "yes".to_owned(),
        (_, "false") => "no".to_owned(),
        _ => value.to_owned(),
    }
}

/// A method of authentication (RFC 8176).
fn method_in_words(method: &str) -> &str {
    match method {
        "pwd" => "password",
        "otp" => "code",
        "email" => "code by mail",
        "mfa" => "several factors",
        "hwk" => "passkey on a device",
        "swk" => "passkey that is kept elsewhere too",
        "user" => "presence",
        other => other,
    }
}

#[cfg(test)]
#[path = "events_tests.rs"]
mod tests;
