//! What an application's page says of its dialects, and of what the application is known by.

use crate::http::views::Fact;

/// The shapes of access tokens: value and words.
pub const CLAIMS_PROFILES: &[(&str, &str)] = &[
    ("rfc9068", "Standard (RFC 9068)"),
    ("incrowd", "InCrowd: names and authorities"),
    ("worksection", "Worksection: scopes as a list"),
    ("laserfiche", "Laserfiche: with account and user ids"),
];

/// One dialect, as this application speaks it.
#[derive(Clone, Debug, Default)]
pub struct DialectRow {
    /// `oidc`
    pub name: String,
    /// "OpenID Connect"
    pub title: String,
    /// For whom it is.
    pub sentence: String,
    /// Whether the application speaks it.
    pub chosen: bool,
    /// Whether the deployment has switched it off.
    pub off: bool,
    /// Where it asks.
    pub endpoints: Vec<Fact>,
    /// How.
    pub examples: Vec<ExampleText>,
    /// What is not customary about the application.
    pub changes: Vec<CustomChange>,
}

/// Something to copy.
#[derive(Clone, Debug, Default)]
pub struct ExampleText {
    /// What it does.
    pub words: String,
    /// The address or command.
    pub text: String,
    /// Whether it is a command.
    pub command: bool,
}

/// A setting that its dialect's customs would change.
#[derive(Clone, Debug, Default)]
pub struct CustomChange {
    /// "Codes live"
    pub field: String,
    /// As it is; empty: nothing.
    pub now: String,
    /// As is customary; empty: nothing.
    pub customary: String,
}

/// The fields of `identity`, as typed.
#[derive(Clone, Debug, Default)]
pub struct IdentityFields {
    /// `client_key`
    pub client_key: String,
    /// `account_id`; empty: none
    pub account_id: String,
    /// `claims_profile`: a key of [`CLAIMS_PROFILES`]
    pub claims_profile: String,
    /// `consumer`: names of attributes, one a line
    pub consumer: String,
    /// `contact`: names of attributes, one a line
    pub contact: String,
}
