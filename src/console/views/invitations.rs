//! `/admin/invitations`: whom to invite, and what became of those who were.

use askama::Template;

use crate::engine::users::authenticator::Picture;
use crate::http::page::{Frame, Problems};
use crate::http::views::{Pager, State};
use crate::http::when::When;

use super::{Choice, GroupChoice};

/// `GET /admin/invitations?after=…`, and `POST` when somebody cannot be invited. Fields: addresses, group (repeated), lifetime.
/// Posts below it: `{id}/resend`, `{id}/revoke`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/invitations.html")]
pub struct Invitations {
    /// What every page is told.
    pub frame: Frame,
    /// Whether nobody can accept, because nobody may make an account by themselves.
    pub closed: bool,
    /// Whether letters are sent.
    pub mailed: bool,
    /// Links that were just made; shown this once.
    pub links: Vec<NewLink>,
    /// The addresses as they were pasted.
    pub addresses: String,
    /// Every group there is, and whether it was chosen.
    pub groups: Vec<GroupChoice>,
    /// How long links work; one is chosen.
    pub lifetimes: Vec<Choice>,
    /// One page of invitations, the latest first.
    pub rows: Vec<InvitationRow>,
    /// Where in the list this page is.
    pub pager: Pager,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// A link in the one moment it can be shown.
#[derive(Clone, Debug, Default)]
pub struct NewLink {
    /// For whom: an address; empty when it is for whoever holds it.
    pub email: String,
    /// The link.
    pub url: String,
    /// The link to be read by a camera; left out where there are many.
    pub qr: Option<Picture>,
}

/// One invitation in the list.
#[derive(Clone, Debug, Default)]
pub struct InvitationRow {
    /// Its id.
    pub id: String,
    /// The address; empty when it is for whoever holds its link.
    pub email: String,
    /// Who invited.
    pub by: String,
    /// "staff, finance"; may be empty.
    pub groups: String,
    /// "Waiting until …", "Accepted by …", "Expired", "Revoked".
    pub state: State,
    /// The page of whoever accepted it; empty when nobody did, or they are gone.
    pub person: String,
    /// When its link was made.
    pub made: When,
    /// Whether it can be sent again or taken back.
    pub open: bool,
}

impl InvitationRow {
    /// Whom it is about, in words.
    pub fn whom(&self) -> &str {
        if self.email.is_empty() { "whoever holds the link" } else { &self.email }
    }
}
