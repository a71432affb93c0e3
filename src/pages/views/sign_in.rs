//! `/login`: signing in, confirming, choosing an account, and a sign-in that has ended.

use askama::Template;

use crate::http::page::{Frame, Link, Problems};
use crate::http::when::Reference;

/// The application a sign-in leads to.
#[derive(Clone, Debug, Default)]
pub struct Destination {
    /// The application's name.
    pub name: String,
    /// The host of the redirect address, in its readable form.
    pub host: String,
}

/// `GET /login`, and `POST /login` when it did not succeed. Fields: interaction, next, username, password.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/sign_in.html")]
pub struct SignIn {
    /// What every page is told.
    pub frame: Frame,
    /// The interaction this sign-in belongs to, sent back as `interaction`.
    pub interaction: Option<String>,
    /// A path of this server to go to afterwards, sent back as `next`; used when there is no interaction.
    pub next: Option<String>,
    /// Where the sign-in leads.
    pub destination: Option<Destination>,
    /// What was typed before, or the `login_hint`.
    pub username: String,
    /// Re-authentication: the username is fixed and only the password is asked for.
    pub confirming: bool,
    /// Who is confirming; shown only with `confirming`.
    pub person_name: String,
    /// Where a code by mail is asked for; nothing where none is sent, or it would not do.
    pub mail_code_url: Option<String>,
    /// Confirming after a sign-in by mail, which is not enough for what is about to be changed.
    pub after_mail: bool,
    /// Whether a passkey can be used: any of the deployment's, or of whoever confirms.
    pub offers_passkeys: bool,
    /// Where "use another account" leads; shown only with `confirming`.
    pub other_account_url: String,
    /// Why the last try did not succeed.
    pub notice: Option<Notice>,
    /// Whether a way back in can be mailed.
    pub by_mail: bool,
    /// Fields left empty.
    pub problems: Problems,
}

/// Why a sign-in did not succeed, in words that do not tell whether the account exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Name and password do not belong together, or the account is disabled. Status 200 or 401.
    Mismatch,
    /// Too many tries for this name or network. Status 429.
    TooMany {
        /// Seconds until the next try is looked at.
        seconds: u64,
    },
    /// The password pool is full. Status 503.
    Busy,
    /// The form was too old, or came from another browser session. Status 200 or 403.
    Stale,
}

impl Notice {
    /// What happened.
    pub fn headline(&self) -> String {
        match self {
            Notice::Mismatch => "That name and password don’t match.".into(),
            Notice::TooMany { .. } => "Too many tries.".into(),
            Notice::Busy => "This server is busy.".into(),
            Notice::Stale => "This page was open for too long.".into(),
        }
    }

    /// What to do.
    pub fn advice(&self) -> String {
        match self {
            Notice::Mismatch => "Check both and try again. Capital letters count in the password.".into(),
            Notice::TooMany { seconds: 0..=1 } => "Wait a moment, then try again.".into(),
            Notice::TooMany { seconds: s @ 2..=90 } => format!("Wait {s} seconds, then try again."),
            Notice::TooMany { seconds } => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
            Notice::Busy => "Nothing is wrong with your password. Try again in a few seconds.".into(),
            Notice::Stale => "Nothing was sent. Sign in once more.".into(),
        }
    }

    /// The class of the note: a fault, or a matter of time.
    pub fn tone(&self) -> &'static str {
        match self {
            Notice::Mismatch => "bad",
            Notice::TooMany { .. } | Notice::Busy | Notice::Stale => "warn",
        }
    }
}

/// `GET /login` for someone signed in whom the client asked to choose. Fields: interaction, person, choice (continue, another).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/choose_account.html")]
pub struct ChooseAccount {
    /// What every page is told.
    pub frame: Frame,
    /// The interaction, sent back as `interaction`.
    pub interaction: Option<String>,
    /// Where the sign-in leads.
    pub destination: Option<Destination>,
    /// Who is signed in: the user's id, sent back as `person`, so that nobody answers for somebody else.
    pub person_id: String,
    /// Who is signed in.
    pub person_name: String,
    /// Their username or address.
    pub username: String,
}

/// `/login` or `/consent` of an interaction that is finished, too old, or another browser's. Status 410.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/flow_expired.html")]
pub struct FlowExpired {
    /// What every page is told.
    pub frame: Frame,
    /// Where the application begins a sign-in, when it is known: "Back to Team wiki".
    pub start_again: Option<Link>,
    /// The display name of who is signed in already.
    pub signed_in_as: Option<String>,
    /// Where the log has it.
    pub about: Reference,
}
