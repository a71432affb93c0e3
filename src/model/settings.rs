//! What administrators decide for the whole deployment.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::seal::Sealed;

use super::face::Customs;
use super::sign_in::RequiredFactor;
use super::verification::UserVerification;

/// The deployment's settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The name on every page.
    pub name: String,
    /// What a deployment answers as its account address, if it is not the issuer.
    pub account_url: Option<String>,
    /// Who may make an account.
    pub self_registration: SelfRegistration,
    /// Who may register clients.
    pub client_registration: ClientRegistration,
    /// The shortest password where nothing else is asked for, in characters. Beside a second factor eight will do.
    pub password_min_length: u32,
    /// What everybody must sign in with.
    pub required_factor: RequiredFactor,
    /// Whether people may sign in with a code that is sent to their address, where mail is set up.
    pub sign_in_by_mail: bool,
    /// Whether security keys that do not check their owner serve beside a password.
    pub user_verification: UserVerification,
    /// Whether administrators may use applications as somebody else, to help them.
    pub impersonation: bool,
    /// How often that was taken back: what they began before stays over, should it be permitted again.
    pub impersonation_ended: u32,
    /// How mail is sent, as the console says it; the operator's file comes first.
    pub smtp: Option<Smtp>,
    /// Where each interface lies that does not lie where it does by default.
    pub dialects: BTreeMap<String, Placement>,
    /// The issuer this store was first served under, if it was ever given.
    pub issuer: Option<String>,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            name: "Countersign".to_owned(),
            account_url: None,
            self_registration: SelfRegistration::Closed,
            client_registration: ClientRegistration::Permitted,
            password_min_length: 15,
            required_factor: RequiredFactor::None,
            sign_in_by_mail: false,
            user_verification: UserVerification::Required,
            impersonation: false,
            impersonation_ended: 0,
            smtp: None,
            dialects: BTreeMap::new(),
            issuer: None,
        }
    }
}

impl Settings {
    /// What becomes of these when `wanted` is decided. The issuer and the mail server are not decided with the others.
    #[must_use]
    pub fn changed_to(&self, wanted: &Settings) -> Settings {
        let ended = self.impersonation && !wanted.impersonation;
        Settings {
            impersonation_ended: self.impersonation_ended + u32::from(ended),
            issuer: self.issuer.clone(),
            smtp: self.smtp.clone(),
            ..wanted.clone()
        }
    }
}

/// A mail server.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Smtp {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub security: SmtpSecurity,
    /// The name to sign in with; empty for none.
    pub username: String,
    /// The password, encrypted at rest.
    pub password: Option<Sealed>,
    /// The address letters come from.
    pub from: String,
}

/// How a connection to a mail server is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpSecurity {
    /// TLS from the first byte (RFC 8314, section 3).
    Tls,
    /// TLS after a word in the clear, never without (RFC 3207).
    Starttls,
    /// None: for a relay on this very machine.
    None,
}

impl SmtpSecurity {
    /// Each with the name that files and forms use.
    pub const ALL: [(SmtpSecurity, &str); 3] =
        [(SmtpSecurity::Starttls, "starttls"), (SmtpSecurity::Tls, "tls"), (SmtpSecurity::None, "none")];

    /// Its name in files and forms.
    pub fn name(self) -> &'static str {
        match self {
            SmtpSecurity::Tls => "tls",
            SmtpSecurity::Starttls => "starttls",
            SmtpSecurity::None => "none",
        }
    }

    /// Where servers listen for it (RFC 8314, section 3).
    pub fn usual_port(self) -> u16 {
        match self {
            SmtpSecurity::Tls => 465,
            SmtpSecurity::Starttls => 587,
            SmtpSecurity::None => 25,
        }
    }
}

/// Whether an interface is there, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Placement {
    /// At its own place, or nowhere.
    Switched(bool),
    /// Below this prefix; empty for the root.
    Below(String),
}

impl Settings {
    /// The prefix of an interface; `None` when it is switched off.
    pub fn prefix_of(&self, customs: &Customs) -> Option<String> {
        match self.dialects.get(customs.name) {
            None | Some(Placement::Switched(true)) => Some(customs.prefix.to_owned()),
            Some(Placement::Switched(false)) => None,
            Some(Placement::Below(prefix)) => Some(prefix.clone()),
        }
    }
}

/// Who may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SelfRegistration {
    /// Administrators make accounts.
    Closed,
    /// Whoever was invited.
    Invited,
    /// Everybody.
    Open,
}

/// Who may register clients of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientRegistration {
    /// Only administrators.
    Nobody,
    /// Users marked so.
    Permitted,
    /// Every user.
    Everyone,
}
