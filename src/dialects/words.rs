//! What a dialect says of a refusal, and the table that knows which dialect speaks.

use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// An error code with a sentence in plain ASCII (RFC 6749, sections 4.1.2.1 and 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Words {
    /// The code.
    pub error: &'static str,
    /// The sentence.
    pub description: &'static str,
}

/// A code and its sentence.
pub const fn words(error: &'static str, description: &'static str) -> Words {
    Words { error, description }
}

/// What an authorization response through `face` says of a refusal.
pub fn of_face(face: &Face, refusal: &Refusal) -> Words {
    let dialect = super::ALL.iter().find(|dialect| dialect.customs.name == face.as_str());
    // What belongs to the server speaks as the canonical dialect does.
    dialect.map_or(super::oidc::DIALECT.words, |dialect| dialect.words)(refusal)
}

macro_rules! about_parameters {
    ($($name:literal),* $(,)?) => {
        /// The sentence for a parameter that is not there.
        pub fn missing(name: &str) -> &'static str {
            match name { $($name => concat!("The parameter ", $name, " is missing."),)* _ => "A parameter is missing." }
        }

        /// The sentence for a parameter with a value outside its grammar.
        pub fn malformed(name: &str) -> &'static str {
            match name {
                $($name => concat!("The parameter ", $name, " is malformed."),)*
                "one that is repeated" => "A parameter is repeated.",
                "one that is too long" => "A parameter is too long, or there are too many.",
                _ => "A parameter is malformed.",
            }
        }
    };
}

about_parameters!(
    "grant_type",
    "code",
    "redirect_uri",
    "code_verifier",
    "refresh_token",
    "scope",
    "device_id",
    "username",
    "password",
    "email",
    "first_name",
    "last_name",
    "guardian_token",
    "token",
    "client_id",
    "response_type",
    "response_mode",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "max_age",
    "claims",
    "id_token_hint",
    "login_hint",
    "display",
    "post_logout_redirect_uri",
    "access_token",
    "client_secret",
);
