//! `/account/authenticator` and `/account/recovery-codes`.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::when::When;

/// `GET /account/authenticator`, with `remove` the question whether to; `GET` and `POST …/confirm` while one is set up.
/// Posts nothing to `…/begin` and `…/remove`, `otp` to `…/confirm`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/authenticator.html")]
pub struct Authenticator {
    /// What every page is told.
    pub frame: Frame,
    /// Since when one counts; `None` while none does.
    pub since: Option<When>,
    /// When it was last used.
    pub last_used: Option<When>,
    /// Whether it is the only second factor.
    pub last_factor: bool,
    /// Whether the question is if it shall be removed.
    pub removing: bool,
    /// What the application is told, while one is set up.
    pub enrolling: Option<Enrolling>,
    /// What is wrong with the code.
    pub problems: Problems,
}

/// A seed that waits for its first code.
#[derive(Clone, Debug, Default)]
pub struct Enrolling {
    /// The `otpauth:` address.
    pub uri: String,
    /// The key to type, in groups of four.
    pub key: String,
    /// Width and height of the picture.
    pub size: i32,
    /// Its dark modules, as path data.
    pub path: String,
    /// Until when a code is waited for.
    pub until: When,
}

/// `GET /account/recovery-codes`. Posts nothing to `…/new`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/recovery_codes.html")]
pub struct RecoveryCodes {
    /// What every page is told.
    pub frame: Frame,
    /// Whose they are, for the file.
    pub username: String,
    /// The codes, the one time they are shown.
    pub codes: Vec<String>,
    /// How many are unused.
    pub left: usize,
    /// How many there were.
    pub of: usize,
    /// When they were made; `None` when there are none.
    pub made: Option<When>,
    /// Whether there is a factor they could stand in for.
    pub has_factor: bool,
}

impl RecoveryCodes {
    /// The codes as a text file, in a `data:` address: it works without a script and asks nobody for them again.
    pub fn file(&self) -> String {
        code_file(&self.frame, &self.username, &self.codes)
    }
}

/// Recovery codes as a text file, in a `data:` address.
pub(super) fn code_file(frame: &Frame, username: &str, codes: &[String]) -> String {
    let text = format!(
        "Recovery codes of {username} at {}\r\nEach works once, in place of your second factor.\r\n\r\n{}\r\n",
        if frame.host.is_empty() { &frame.product } else { &frame.host },
        codes.join("\r\n")
    );
    // `%20` rather than `+`: this is no form (RFC 2397).
    let bytes: String = form_urlencoded::byte_serialize(text.as_bytes()).collect();
    format!("data:text/plain;charset=utf-8,{}", bytes.replace('+', "%20"))
}
