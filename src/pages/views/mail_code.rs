//! `/login/mail`: signing in with a code that is sent by mail.

use askama::Template;

use crate::http::page::{Frame, Link, Problems};

use super::Destination;

/// `GET /login/mail`, and `POST` when nothing was typed. Fields: interaction, next, username.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/mail_code.html")]
pub struct MailCode {
    /// What every page is told.
    pub frame: Frame,
    /// The interaction this sign-in belongs to, sent back as `interaction`.
    pub interaction: Option<String>,
    /// A path of this server to go to afterwards, sent back as `next`.
    pub next: Option<String>,
    /// Where the sign-in leads.
    pub destination: Option<Destination>,
    /// What was typed before, the `login_hint`, or who confirms.
    pub username: String,
    /// Where a password is asked for instead.
    pub password_url: String,
    /// Seconds until another code can be asked for from this network, after too many.
    pub wait: Option<u64>,
    /// What is wrong with the form.
    pub problems: Problems,
}

impl MailCode {
    /// How long to wait, in words.
    pub fn pause(&self) -> String {
        pause(self.wait.unwrap_or_default())
    }
}

/// `GET /login/mail/code`: the same for everybody, and `POST` when the code was not taken. Fields: sign_in, interaction,
/// next, code.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/mailed_code.html")]
pub struct MailedCode {
    /// What every page is told.
    pub frame: Frame,
    /// The sign-in, sent back as `sign_in`.
    pub sign_in: String,
    /// The interaction this sign-in belongs to, sent back as `interaction`.
    pub interaction: Option<String>,
    /// A path of this server to go to afterwards, sent back as `next`.
    pub next: Option<String>,
    /// Where the sign-in leads.
    pub destination: Option<Destination>,
    /// The code, where the link of the letter brought it.
    pub code: String,
    /// Where another code is asked for.
    pub again_url: String,
    /// Where a password is asked for instead.
    pub password_url: String,
    /// Why the last try did not succeed.
    pub notice: Option<MailedNotice>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// Why a code was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MailedNotice {
    /// It is not the code. Status 401.
    Wrong,
    /// Too many tries. Status 429.
    TooMany {
        /// Seconds until the next try is looked at.
        seconds: u64,
    },
}

impl MailedNotice {
    /// What happened.
    pub fn headline(&self) -> &'static str {
        match self {
            MailedNotice::Wrong => "That is not the code.",
            MailedNotice::TooMany { .. } => "Too many tries.",
        }
    }

    /// What to do.
    pub fn advice(&self) -> String {
        match self {
            MailedNotice::Wrong => {
                "Check it letter by letter. If several letters came, only the code you asked for last, on this page, works \
                 here."
                    .into()
            }
            MailedNotice::TooMany { seconds } => pause(*seconds),
        }
    }

    /// The class of the note: a fault, or a matter of time.
    pub fn tone(&self) -> &'static str {
        match self {
            MailedNotice::Wrong => "bad",
            MailedNotice::TooMany { .. } => "warn",
        }
    }
}

fn pause(seconds: u64) -> String {
    match seconds {
        0..=1 => "Wait a moment, then try again.".into(),
        2..=90 => format!("Wait {seconds} seconds, then try again."),
        _ => format!("Wait {} minutes, then try again.", seconds.div_ceil(60)),
    }
}

/// A code that cannot be given here, or not any more, or that is not enough.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/mail_code_note.html")]
pub struct MailCodeNote {
    /// What every page is told.
    pub frame: Frame,
    /// What is the matter.
    pub headline: String,
    /// Why, and what to do.
    pub explanation: String,
    /// The code, to be read and typed elsewhere; empty for none.
    pub code: String,
    /// What else there is to know; may be empty.
    pub remark: String,
    /// Where to go on.
    pub onward: Link,
}

impl MailCodeNote {
    /// The link of a letter, opened where nobody asked for it. Status 200: nothing is wrong.
    pub fn elsewhere(frame: Frame, code: &str) -> MailCodeNote {
        MailCodeNote {
            frame,
            headline: "Type this code where you asked for it".into(),
            explanation:
                "A code signs you in only in the browser it was asked for in, and this is another one, or it was \
                          asked for a while ago. Go back there and type:"
                    .into(),
            code: code.to_owned(),
            remark:
                "You did not ask for a code? Then close this page and tell nobody the code. Without it nothing happens."
                    .into(),
            onward: Link::new("Sign in here instead", "/login"),
        }
    }

    /// A code that was used, is too old, or was guessed at too often. Status 410.
    pub fn gone(frame: Frame, again: &str) -> MailCodeNote {
        MailCodeNote {
            frame,
            headline: "This code works no more".into(),
            explanation:
                "Each code works once, for ten minutes, in the browser it was asked for in, and ends after five \
                          wrong tries. Nothing was lost: ask for another."
                    .into(),
            onward: Link::new("Email me another code", again),
            ..MailCodeNote::default()
        }
    }

    /// The code is right, and something must be set up first that a mailbox is not enough for. Status 403.
    pub fn enrol_first(frame: Frame, password: &str) -> MailCodeNote {
        MailCodeNote {
            frame,
            headline: "Your password is needed this time".into(),
            explanation:
                "More than a password is asked of you here, and you have yet to set it up. A code by mail is not \
                          enough for that: sign in with your password, and you are led through it."
                    .into(),
            remark: "You do not know your password? Choose a new one there, by mail.".into(),
            onward: Link::new("Sign in with your password", password),
            ..MailCodeNote::default()
        }
    }
}
