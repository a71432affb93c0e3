//! Signing out: the question before, and the page after.

use askama::Template;

use crate::http::page::{Frame, Link};

/// `GET /sign-out`: never a silent sign-out. Fields: request, answer (sign-out, stay).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/sign_out.html")]
pub struct SignOut {
    /// What every page is told.
    pub frame: Frame,
    /// The stored sign-out request, sent back as `request`; `None` when the person asked for it here.
    pub request: Option<String>,
    /// Who is signed in.
    pub person_name: String,
    /// The application that asks, when it is known.
    pub client_name: Option<String>,
    /// Names of applications whose access ends with this session.
    pub applications: Vec<String>,
}

/// `GET /signed-out`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/signed_out.html")]
pub struct SignedOut {
    /// What every page is told.
    pub frame: Frame,
    /// The person chose to stay, or another person's session is open in this browser.
    pub still_signed_in: bool,
    /// The return address that was asked for is not registered.
    pub return_refused: bool,
    /// The way back to the application: a registered address only.
    pub back: Option<Link>,
}
