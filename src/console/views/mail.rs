//! `/admin/mail`: the mail server, whether it works, and what waits.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::views::Tone;
use crate::http::when::When;

/// `GET /admin/mail`, and `POST /admin/mail/test`. Field: to.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/mail.html")]
pub struct Mail {
    /// What every page is told.
    pub frame: Frame,
    /// The server letters go to, if there is one.
    pub server: Option<MailFacts>,
    /// Where the test goes, as typed.
    pub to: String,
    /// How the test went, if there was one.
    pub trial: Option<TrialView>,
    /// How many letters wait: "3 letters wait"; empty for none.
    pub waiting: String,
    /// Those that were refused before.
    pub refused: Vec<WaitingRow>,
    /// What was given up lately.
    pub given_up: Vec<GivenUpRow>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// What there is to know of a mail server.
#[derive(Clone, Debug, Default)]
pub struct MailFacts {
    /// `mail.example.org`, port included.
    pub place: String,
    /// How the connection is protected.
    pub security: &'static str,
    /// The user name; empty for none.
    pub username: String,
    /// The address letters come from.
    pub from: String,
    /// Whether the operator's file names it: then nothing here changes it.
    pub operators: bool,
}

/// `GET /admin/mail/server`, and `POST` there and to `/admin/mail/server/test`. Fields by the names below.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/mail_server.html")]
pub struct MailServer {
    /// What every page is told.
    pub frame: Frame,
    /// `host`
    pub host: String,
    /// `port`; empty: the usual one.
    pub port: String,
    /// `security`: `starttls`, `tls` or `none`.
    pub security: String,
    /// `username`
    pub username: String,
    /// `from`
    pub from: String,
    /// `to`: where a test goes.
    pub to: String,
    /// `carried`: the password that was typed before, sealed; empty when none was.
    pub carried: String,
    /// The sentence under the password's field.
    pub password_hint: String,
    /// Whether there is a server to be forgotten.
    pub known: bool,
    /// How the test went, if there was one.
    pub trial: Option<TrialView>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// How a test went.
#[derive(Clone, Debug, Default)]
pub struct TrialView {
    /// `Good`: the letter was taken, `Warn`: nobody knows, else it was not sent.
    pub tone: Tone,
    /// "The mail server took the letter for ada@example.org."
    pub headline: String,
    /// Each stage that is part of the way.
    pub stages: Vec<StageRow>,
}

/// One stage of the way to a mail server.
#[derive(Clone, Debug, Default)]
pub struct StageRow {
    /// What it is: "Its name is found".
    pub words: &'static str,
    /// `Good`: passed, `Bad`: failed, `Warn`: nobody knows, else not reached.
    pub tone: Tone,
    /// What the server said, if it was not passed.
    pub said: String,
    /// What to look at then.
    pub hint: String,
}

/// A letter that was refused and waits.
#[derive(Clone, Debug, Default)]
pub struct WaitingRow {
    /// Where it goes.
    pub to: String,
    /// How often it was refused.
    pub tries: String,
    /// What was said last.
    pub said: String,
    /// When it is tried next.
    pub next: When,
}

/// A letter that was given up.
#[derive(Clone, Debug, Default)]
pub struct GivenUpRow {
    /// Where it should have gone.
    pub to: String,
    /// What it was about.
    pub about: &'static str,
    /// What was said last.
    pub said: String,
    /// When it was given up.
    pub at: When,
}
