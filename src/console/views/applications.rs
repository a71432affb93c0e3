//! `/admin/applications`: the list, and adding one.

use askama::Template;

use super::dialects::DialectRow;
use crate::http::page::{Frame, Problems};
use crate::http::views::{Pager, State};
use crate::http::when::When;

/// `GET /admin/applications?q=…&after=…`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/applications.html")]
pub struct Applications {
    /// What every page is told.
    pub frame: Frame,
    /// What was searched for: the beginning of a name or client id.
    pub q: String,
    /// One page of applications.
    pub rows: Vec<ApplicationRow>,
    /// Where in the list this page is.
    pub pager: Pager,
}

/// One application in the list.
#[derive(Clone, Debug, Default)]
pub struct ApplicationRow {
    /// Its client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// "Web application", "Service".
    pub kind: String,
    /// "Everyone", or the groups: "staff, finance"; "—" for a service.
    pub who: String,
    /// "Working", "Disabled", "No secret", "PKCE not required".
    pub state: State,
    /// When a token was last issued to it.
    pub last_used: Option<When>,
}

/// `GET /admin/applications/new`, and `POST` when it did not succeed. Fields: type, dialect, name, redirect_uri, id.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/new_application.html")]
pub struct NewApplication {
    /// What every page is told.
    pub frame: Frame,
    /// `web`, `spa`, `native` or `service`; start with `web`.
    pub kind: String,
    /// The dialects to choose from, of which one is chosen: `dialect`.
    pub dialects: Vec<DialectRow>,
    /// The name as typed so far.
    pub name: String,
    /// The redirect address as typed so far.
    pub redirect_uri: String,
    /// Whether they may choose the client id.
    pub chooses_id: bool,
    /// The wished-for client id as typed so far.
    pub id: String,
    /// What is wrong with the form.
    pub problems: Problems,
}
