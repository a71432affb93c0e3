//! What goes by mail: `/reset`, `/verify`, and `/account/address`.

use askama::Template;

use crate::http::page::{Frame, Problems};

/// `GET /reset`, and `POST /reset` when nothing was typed. Field: username.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/reset.html")]
pub struct Reset {
    /// What every page is told.
    pub frame: Frame,
    /// Whether letters can be sent; else the page says what to do instead.
    pub by_mail: bool,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /reset/sent`: the same for everybody.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/reset_sent.html")]
pub struct ResetSent {
    /// What every page is told.
    pub frame: Frame,
}

/// `GET /verify?token=…`. Field: token.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/verify.html")]
pub struct Verify {
    /// What every page is told.
    pub frame: Frame,
    /// The one-time token from the link.
    pub token: String,
    /// Whose address it is going to be: the display name.
    pub person_name: String,
    /// And the username.
    pub username: String,
    /// The address.
    pub email: String,
    /// Whether confirming it ends the password and the sessions of the account.
    pub ends_access: bool,
    /// Whether they have to sign in here before they can confirm it.
    pub after_sign_in: bool,
}

/// `GET /account/address`, and `POST /account/address` when the address will not do. Field: email.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/address.html")]
pub struct OwnAddress {
    /// What every page is told; the person included.
    pub frame: Frame,
    /// The address they have; empty for none.
    pub email: String,
    /// Whether it is known to be theirs.
    pub verified: bool,
    /// Whether letters can be sent.
    pub by_mail: bool,
    /// Whether the form to change it is shown: they proved a moment ago who they are.
    pub changing: bool,
    /// What was typed.
    pub typed: String,
    /// What is wrong with the form.
    pub problems: Problems,
}
