//! Making one's own account: with an invitation, with a mailed link, or at once.

use askama::Template;

use crate::http::page::{Frame, Problems};

/// `GET /invitation?token=…` and `GET /register/confirm?token=…`, and their posts when something is missing; `GET /register`
/// where no mail is sent. Fields: token, username, email (where it is theirs to say), given_name, family_name, password.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/arrive.html")]
pub struct Arrive {
    /// What every page is told.
    pub frame: Frame,
    /// Where the form goes.
    pub action: String,
    /// The one-time token from the link; empty where there is none.
    pub token: String,
    /// Who invites, in words; empty when nobody does.
    pub by: String,
    /// The address the account will have, and that cannot be changed here; empty when there is none.
    pub address: String,
    /// Whether an address is asked for, which is then also the username.
    pub asks_address: bool,
    /// The address as typed so far.
    pub email: String,
    /// The username as typed so far.
    pub username: String,
    /// The given name as typed so far.
    pub given_name: String,
    /// The family name as typed so far.
    pub family_name: String,
    /// See [`password_hint`](super::password_hint).
    pub password_hint: String,
    /// Until when the link works; empty where there is none.
    pub until: String,
    /// What is wrong with the form.
    pub problems: Problems,
}

impl Arrive {
    fn username_hint(&self) -> &'static str {
        match self.address.is_empty() {
            true => "You sign in with it.",
            false => "You sign in with it, or with your email address.",
        }
    }
}

/// `GET /register` where mail is sent, and `POST` with what is no address. Field: email.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/register.html")]
pub struct Register {
    /// What every page is told.
    pub frame: Frame,
    /// The address as typed so far.
    pub email: String,
    /// What is wrong with it.
    pub problems: Problems,
}

/// `POST /register`, whoever has the address.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/register_sent.html")]
pub struct RegisterSent {
    /// What every page is told.
    pub frame: Frame,
    /// The address as typed.
    pub email: String,
}
