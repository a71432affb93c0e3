//! Whether passkeys check who holds them.

use serde::{Deserialize, Serialize};

/// Whether passkeys must check that it is their owner who uses them (Web Authentication Level 3, section 5.8.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserVerification {
    /// Always.
    #[default]
    Required,
    /// Those that can do it. A security key that cannot serves beside a password, and never alone.
    Preferred,
}

impl UserVerification {
    /// Each with its name in files and forms, which is the standard's.
    pub const ALL: [(UserVerification, &str); 2] =
        [(UserVerification::Required, "required"), (UserVerification::Preferred, "preferred")];

    /// Its name in files and forms.
    pub fn name(self) -> &'static str {
        match self {
            UserVerification::Required => "required",
            UserVerification::Preferred => "preferred",
        }
    }

    /// The one called `name`.
    pub fn parse(name: &str) -> Option<UserVerification> {
        UserVerification::ALL.into_iter().find(|(_, known)| *known == name).map(|(it, _)| it)
    }
}
