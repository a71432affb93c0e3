//! `/login/second-factor`: what is missing beside a password.

use askama::Template;

use crate::engine::users::Need;
use crate::http::page::{Frame, Problems};

use super::factors::code_file;
use super::{Destination, Enrolling};

/// What the page asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asks {
    /// A code, a passkey or a recovery code.
    #[default]
    SecondFactor,
    /// A passkey; a recovery code for who has lost theirs.
    Passkey,
    /// To enrol an authenticator.
    EnrolSecondFactor,
    /// To enrol a passkey.
    EnrolPasskey,
}

impl From<Need> for Asks {
    fn from(need: Need) -> Asks {
        match need {
            Need::Nothing | Need::SecondFactor => Asks::SecondFactor,
            Need::Passkey => Asks::Passkey,
            Need::EnrolSecondFactor => Asks::EnrolSecondFactor,
            Need::EnrolPasskey => Asks::EnrolPasskey,
        }
    }
}

/// `GET /login/second-factor`, and `POST` when it did not succeed. Fields: sign_in, next, otp or recovery, remember.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/second_factor.html")]
pub struct SecondFactor {
    /// What every page is told.
    pub frame: Frame,
    /// The sign-in, sent back as `sign_in`.
    pub sign_in: String,
    /// A path of this server to go to afterwards, sent back as `next`.
    pub next: Option<String>,
    /// Where the sign-in leads.
    pub destination: Option<Destination>,
    /// What is asked for.
    pub need: Asks,
    /// Who is about to be signed in.
    pub person_name: String,
    /// The name they sign in with.
    pub username: String,
    /// Whether a code of an authenticator can be given.
    pub has_authenticator: bool,
    /// Whether a passkey can be used, or a security key.
    pub has_passkeys: bool,
    /// Whether a security key can, which serves only beside a password.
    pub has_security_keys: bool,
    /// Whether such a key can be added, where something is to be added.
    pub takes_security_keys: bool,
    /// Whether a recovery code can be given.
    pub has_recovery_codes: bool,
    /// Whether a passkey can be added instead, where an authenticator is to be set up.
    pub offers_passkey: bool,
    /// What a new authenticator is told, where one is to be set up.
    pub enrolling: Option<Enrolling>,
    /// Where the sign-in begins again.
    pub start_again_url: String,
    /// Why the last try did not succeed.
    pub notice: Option<CodeNotice>,
    /// Whether the last try was a recovery code.
    pub recovering: bool,
    /// Fields left empty.
    pub problems: Problems,
}

impl SecondFactor {
    /// The heading.
    pub fn heading(&self) -> &'static str {
        match self.need {
            Asks::SecondFactor | Asks::Passkey => "One more step",
            Asks::EnrolSecondFactor => "Set up a second factor",
            Asks::EnrolPasskey => "Set up a passkey",
        }
    }

    /// What the button says that asks for what they have.
    pub fn use_words(&self) -> &'static str {
        if self.has_security_keys { "Use a passkey or security key" } else { "Use a passkey" }
    }
}

/// Recovery codes that came with a second factor on the way in, shown once.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/new_codes.html")]
pub struct NewCodes {
    /// What every page is told.
    pub frame: Frame,
    /// Whose they are: the name they sign in with.
    pub username: String,
    /// The codes.
    pub codes: Vec<String>,
    /// With what they came, as a sentence.
    pub came_with: &'static str,
    /// Where the sign-in leads.
    pub onward: String,
}

impl NewCodes {
    /// The codes as a file to keep.
    pub fn file(&self) -> String {
        code_file(&self.frame, &self.username, &self.codes)
    }
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeNotice {
    /// It is not the code of now, or was used before. Status 401.
    WrongCode,
    /// It is none of their recovery codes, or was used before. Status 401.
    WrongRecoveryCode,
    /// Too many tries. Status 429.
    TooMany {
        /// Seconds until the next try is looked at.
        seconds: u64,
    },
}

impl CodeNotice {
    /// What happened.
    pub fn headline(&self) -> &'static str {
        match self {
            CodeNotice::WrongCode => "That code doesn’t work.",
            CodeNotice::WrongRecoveryCode => "That recovery code doesn’t work.",
            CodeNotice::TooMany { .. } => "Too many tries.",
        }
    }

    /// What to do.
    pub fn advice(&self) -> String {
        match self {
            CodeNotice::WrongCode => {
                "Each code works once, for half a minute. Wait for the next one, and check that the clock of your device \
                 is right."
                    .into()
            }
            CodeNotice::WrongRecoveryCode => "Each one works once. Check it letter by letter, or use another.".into(),
            CodeNotice::TooMany { seconds: 0..=1 } => "Wait a moment, then try again.".into(),
            CodeNotice::TooMany { seconds: s @ 2..=90 } => format!("Wait {s} seconds, then try again."),
            CodeNotice::TooMany { seconds } => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
        }
    }

    /// The class of the note: a fault, or a matter of time.
    pub fn tone(&self) -> &'static str {
        match self {
            CodeNotice::WrongCode | CodeNotice::WrongRecoveryCode => "bad",
            CodeNotice::TooMany { .. } => "warn",
        }
    }
}
