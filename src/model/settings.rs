//! What administrators decide for the whole deployment.

use serde::{Deserialize, Serialize};

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
    /// The shortest password, in characters.
    pub password_min_length: u32,
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
            issuer: None,
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
