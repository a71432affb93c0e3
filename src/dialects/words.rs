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
