//! What happened to a person's account, in sentences to them.

use std::collections::BTreeMap;

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::http::views::{EventRow, Fact, Tone};
use crate::http::when::When;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};

/// What applications are called, as far as they are there still.
type Names = BTreeMap<ClientId, String>;

/// One record as a row. What others did to the account says so.
pub(super) fn row(record: &AuditRecord, me: &UserId, names: &Names, now: Timestamp) -> EventRow {
    let mine = record.actor == AuditActor::User(me.clone()) || record.actor == AuditActor::Nobody;
    EventRow {
        at: When::at(record.at, now),
        tone: tone(record.kind),
        sentence: match &record.user {
            Some(somebody) if somebody != me => about_another(record, names),
            _ => sentence(record, mine, names),
        },
        details: details(record),
    }
}

fn tone(kind: AuditKind) -> Tone {
    match kind {
        AuditKind::SignInFailed | AuditKind::TokenReplayed => Tone::Bad,
        AuditKind::AuthorizationRefused | AuditKind::ConsentDeclined => Tone::Warn,
        _ => Tone::Plain,
    }
}

/// What the application of a record is called; the record of one that is gone may still know.
fn application<'a>(record: &'a AuditRecord, names: &'a Names) -> Option<&'a str> {
    let client = record.client.as_ref()?;
    names.get(client).or_else(|| record.details.get("name")).map(String::as_str)
}

const GONE: &str = "an application that is gone";

/// What they did to somebody else's account.
fn about_another(record: &AuditRecord, names: &Names) -> String {
    let detail = |name: &str| record.details.get(name).map(String::as_str);
    let whom = detail("username").unwrap_or("somebody else");
    let application = application(record, names).unwrap_or(GONE);
    match record.kind {
        AuditKind::UserCreated => format!("You made an account for {whom}"),
        AuditKind::UserUpdated => format!("You changed the account of {whom}"),
        AuditKind::UserDisabled => format!("You disabled {whom}"),
        AuditKind::UserEnabled => format!("You enabled {whom} again"),
        AuditKind::UserDeleted => format!("You deleted the account of {whom}"),
        AuditKind::SessionEnded => format!("You signed {whom} out"),
        AuditKind::RecoveryStarted => format!("You made a one-time link to the account of {whom}"),
        AuditKind::ActingBegan => format!("You began to act as {whom}: {}", detail("reason").unwrap_or_default()),
        AuditKind::ActingEnded => format!("You act as {whom} no longer"),
        AuditKind::Authorized => format!("You were signed in to {application} as {whom}"),
        AuditKind::AuthorizationRefused => format!("{application} was refused to you as {whom}"),
        other => format!("You changed something about {whom}: {}", other.name().replace('_', " ")),
    }
}

fn sentence(record: &AuditRecord, mine: bool, names: &Names) -> String {
    let detail = |name: &str| record.details.get(name).map(String::as_str);
    let known = application(record, names);
    let application = known.unwrap_or(GONE);
    let administrator = match detail("administrator") {
        Some(name) => format!("{name}, an administrator,"),
        None => "An administrator".to_owned(),
    };
    let words = match record.kind {
        AuditKind::SetUp => "You set this server up".to_owned(),
        AuditKind::SignIn => {
            let by_mail =
                detail("mailed_to").map(|address| format!(" by a code sent to {address}")).unwrap_or_default();
            match (detail("device"), detail("new_device")) {
                (Some(device), Some(_)) => {
                    format!("You signed in with {device}{by_mail}, in a browser that was new to your account")
                }
                (Some(device), None) => format!("You signed in with {device}{by_mail}"),
                (None, _) => format!("You signed in{by_mail}"),
            }
        }
        AuditKind::SignInCodeMailed => {
            format!("Somebody had a code to sign in with sent to {}", detail("mailed_to").unwrap_or("your address"))
        }
        AuditKind::SignInCodeUsed => {
            format!("The code that was sent to {} was used", detail("mailed_to").unwrap_or("your address"))
        }
        AuditKind::SignInFailed => "Somebody tried to sign in with your name and failed".to_owned(),
        AuditKind::SignOut => "You signed out".to_owned(),
        AuditKind::SessionEnded => {
            let which = match (detail("device"), detail("sessions")) {
                (Some(device), _) => format!("your session in {device}"),
                (None, Some(many)) if many != "1" => format!("{many} sessions of yours"),
                _ => "a session of yours".to_owned(),
            };
            if mine { format!("You ended {which}") } else { format!("An administrator ended {which}") }
        }
        AuditKind::ActingBegan => {
            let until =
                detail("expires_at").and_then(|at| at.parse().ok()).map(|at| When::exactly(Timestamp(at)).words);
            let until = until.map(|until| format!(" until {until}")).unwrap_or_default();
            format!("{administrator} began to act as you{until}: {}", detail("reason").unwrap_or_default())
        }
        AuditKind::ActingEnded if mine => format!("You stopped {administrator} from acting as you"),
        AuditKind::ActingEnded => format!("{administrator} acts as you no longer"),
        AuditKind::Authorized if !mine => format!("{administrator} was signed in to {application} as you"),
        AuditKind::AuthorizationRefused if !mine => format!("{application} was refused to {administrator} as you"),
        AuditKind::AuthorizationRefused => format!("{application} asked for something that was refused"),
        AuditKind::Authorized => format!("You were signed in to {application}"),
        AuditKind::ConsentGiven => format!("You let {application} know more about you"),
        AuditKind::ConsentDeclined => format!("You declined what {application} asked for"),
        AuditKind::ConsentWithdrawn if mine => format!("You withdrew what {application} may know"),
        AuditKind::GrantRevoked => format!("{application} gave its access back"),
        AuditKind::TokenReplayed => format!("A token of {application} came twice, so its access was ended"),
        AuditKind::PasswordChanged if mine => "You changed your password".to_owned(),
        AuditKind::PasswordChanged => "Your password was changed".to_owned(),
        AuditKind::PasswordRemoved => "You removed your password and sign in with passkeys alone".to_owned(),
        AuditKind::RecoveryStarted if record.details.contains_key("by") => {
            "Somebody had a link for a new password mailed to you".to_owned()
        }
        AuditKind::RecoveryStarted if record.details.contains_key("without") => {
            "A one-time link to your account was made that removes your authenticator, passkeys and recovery codes"
                .to_owned()
        }
        AuditKind::RecoveryStarted => "A one-time link to your account was made".to_owned(),
        AuditKind::RecoveryFinished => "A one-time link to your account was used".to_owned(),
        AuditKind::UserCreated => "Your account was made".to_owned(),
        AuditKind::UserUpdated if mine => match detail("changed") {
            Some(claims) => format!("You changed your profile: {}", claims.replace(' ', ", ").replace('_', " ")),
            None => "You changed your profile".to_owned(),
        },
        AuditKind::UserUpdated => "An administrator changed your account".to_owned(),
        AuditKind::UserDisabled => "Your account was disabled".to_owned(),
        AuditKind::UserEnabled => "Your account was enabled again".to_owned(),
        AuditKind::SecondFactorAdded => "You set up an authenticator".to_owned(),
        AuditKind::SecondFactorRemoved if detail("by") == Some("link") => {
            "Your authenticator was removed by a one-time link".to_owned()
        }
        AuditKind::PasskeyRemoved if detail("by") == Some("link") => {
            "Your passkeys were removed by a one-time link".to_owned()
        }
        AuditKind::SecondFactorRemoved => "Your authenticator was removed".to_owned(),
        AuditKind::RecoveryCodesMade => "You made new recovery codes".to_owned(),
        AuditKind::RecoveryCodeUsed => "A recovery code of yours was used".to_owned(),
        AuditKind::PasskeyAdded if detail("kind").is_some() => "You added a security key".to_owned(),
        AuditKind::PasskeyAdded => "You added a passkey".to_owned(),
        AuditKind::PasskeyRemoved => "A passkey of yours was removed".to_owned(),
        AuditKind::DeviceForgotten => "A browser asks for your second factor again".to_owned(),
        AuditKind::EmailVerified | AuditKind::EmailChanged if record.details.contains_key("ended") => {
            "Your address was confirmed by its mail, which ended the password and sessions until then".to_owned()
        }
        AuditKind::EmailChanged => "Your address was changed".to_owned(),
        AuditKind::EmailVerified => "You verified your address".to_owned(),
        AuditKind::InvitationMade => "You were invited".to_owned(),
        AuditKind::InvitationAccepted => "You accepted an invitation".to_owned(),
        AuditKind::MailFailed => "A message to you could not be delivered".to_owned(),
        other => format!("Something you administer changed: {}", other.name().replace('_', " ")),
    };
    match known {
        Some(name) if !words.contains(name) => format!("{words} ({name})"),
        _ => words,
    }
}

fn details(record: &AuditRecord) -> Vec<Fact> {
    let fact = |name: &str, value: &str| Fact { name: name.to_owned(), value: value.to_owned() };
    // Who works on the host comes from no network.
    let address = record
        .address
        .as_deref()
        .filter(|_| record.actor != AuditActor::Host)
        .map(|address| fact("Network address", address));
    let client = record.client.as_ref().map(|client| fact("Client id", client.as_str()));
    let reference = record.request.as_deref().map(|request| fact("Reference", request));
    address.into_iter().chain(client).chain(reference).collect()
}
