//! `/admin/groups/{name}`.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::views::Pager;

use super::Choice;

/// `GET /admin/groups/{name}?q=…&after=…`, and any of its posts that did not succeed.
///
/// Posts below it: `members` and `members/remove` (user) · `applications` and `applications/remove` (application).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/group.html")]
pub struct OneGroup {
    /// What every page is told.
    pub frame: Frame,
    /// Its name.
    pub name: String,
    /// Whether the declared-state file manages it.
    pub managed: bool,
    /// One page of those who are in it.
    pub members: Vec<GroupMember>,
    /// Where in their list this page is.
    pub pager: Pager,
    /// Who was searched for.
    pub q: String,
    /// Who was found and is not in it.
    pub found: Vec<GroupMember>,
    /// The applications it opens.
    pub applications: Vec<GroupApplication>,
    /// Applications it could open.
    pub offered: Vec<Choice>,
    /// What is wrong with the form that came in.
    pub problems: Problems,
}

impl OneGroup {
    /// This page's path, or one below it.
    pub fn at(&self, rest: &str) -> String {
        let name: String = form_urlencoded::byte_serialize(self.name.as_bytes()).collect();
        format!("/admin/groups/{}/{rest}", name.replace('+', "%20")).trim_end_matches('/').to_owned()
    }
}

/// Somebody who is in it, or could be.
#[derive(Clone, Debug, Default)]
pub struct GroupMember {
    /// Their user id.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Username.
    pub username: String,
    /// Email address; may be empty.
    pub email: String,
    /// Whether they are switched off.
    pub disabled: bool,
}

/// An application it opens.
#[derive(Clone, Debug, Default)]
pub struct GroupApplication {
    /// Its client id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How many other groups it is open to.
    pub others: usize,
}
