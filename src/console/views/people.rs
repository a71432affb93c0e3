//! `/admin/people`: the list, adding someone, and everything about one person.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::views::{Fact, GrantRow, Pager, SessionRow, State};
use crate::http::when::When;

/// `GET /admin/people?q=…&after=…`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/people.html")]
pub struct People {
    /// What every page is told.
    pub frame: Frame,
    /// What was searched for: the beginning of a name, username or email address.
    pub q: String,
    /// One page of people.
    pub rows: Vec<PersonRow>,
    /// Where in the list this page is.
    pub pager: Pager,
}

/// One person in the list.
#[derive(Clone, Debug, Default)]
pub struct PersonRow {
    /// Their user id, for the link.
    pub id: String,
    /// Display name; the username when they gave none.
    pub name: String,
    /// Username.
    pub username: String,
    /// Email address; may be empty.
    pub email: String,
    /// "staff, finance"; may be empty.
    pub groups: String,
    /// "Active", "Disabled", "No password yet".
    pub state: State,
    /// Whether they administer this server.
    pub admin: bool,
    /// When they were last seen, as far as it is kept.
    pub seen: Option<When>,
}

/// `GET /admin/people/new`, and `POST` when it did not succeed.
/// Fields: username, email, given_name, family_name, group (repeated).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/new_person.html")]
pub struct NewPerson {
    /// What every page is told.
    pub frame: Frame,
    /// The username as typed so far.
    pub username: String,
    /// The email address as typed so far.
    pub email: String,
    /// The given name as typed so far.
    pub given_name: String,
    /// The family name as typed so far.
    pub family_name: String,
    /// Every group there is, and whether it was chosen.
    pub groups: Vec<GroupChoice>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// A group that may be chosen.
#[derive(Clone, Debug, Default)]
pub struct GroupChoice {
    /// Its name.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// `GET /admin/people/{id}`, and any of its posts that did not succeed.
///
/// Posts below `/admin/people/{id}/`, each with `csrf`: `profile` (email, email_verified, given_name, family_name) ·
/// `groups` (group repeated) · `roles` (admin, may_register_clients, auditor, roles) · `sessions/end` (session) ·
/// `sessions/end-all` · `applications/revoke` (client) · `recover` · `disable` · `enable` · `act` (reason, minutes).
/// `GET …/delete` asks, `POST` deletes.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/person.html")]
pub struct Person {
    /// What every page is told.
    pub frame: Frame,
    /// Their user id, which is also the `sub` of their tokens.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Username.
    pub username: String,
    /// How things stand: "Active, signed in 2 h ago from Firefox on Linux".
    pub state: State,
    /// Whether they are switched off.
    pub disabled: bool,
    /// Whether the declared-state file manages them.
    pub managed: bool,
    /// Whether this is the administrator who looks.
    pub is_self: bool,
    /// More to know: when they were added, attributes, external ids.
    pub facts: Vec<Fact>,
    /// Email address, as stored or typed.
    pub email: String,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Given name, as stored or typed.
    pub given_name: String,
    /// Family name, as stored or typed.
    pub family_name: String,
    /// Every group there is, and whether they are in it.
    pub groups: Vec<GroupChoice>,
    /// Whether they administer this server.
    pub admin: bool,
    /// Whether they may register clients.
    pub may_register_clients: bool,
    /// Whether they may look at everything.
    pub auditor: bool,
    /// The roles applications are told of, one a line.
    pub roles: String,
    /// Where they are signed in.
    pub sessions: Vec<SessionRow>,
    /// Applications they have let in.
    pub grants: Vec<GrantRow>,
    /// What they sign in with beside the password, a line each.
    pub second_factors: Vec<String>,
    /// A way in that was just made; shown this once.
    pub recovery: Option<OneTimeLink>,
    /// The form to act for them, where the one who looks may.
    pub act: Option<ActForm>,
    /// What is wrong with the form that came in.
    pub problems: Problems,
}

/// Why and for how long an administrator wants to act for somebody, as typed so far.
#[derive(Clone, Debug, Default)]
pub struct ActForm {
    /// `reason`
    pub reason: String,
    /// `minutes`: one of [`ACTING_MINUTES`]
    pub minutes: String,
}

/// For how long an administrator may act for somebody, with its words.
pub const ACTING_MINUTES: [(&str, &str); 3] = [("15", "15 minutes"), ("30", "30 minutes"), ("60", "60 minutes")];

impl Person {
    /// A path below this page.
    pub fn at(&self, rest: &str) -> String {
        let id: String = form_urlencoded::byte_serialize(self.id.as_bytes()).collect();
        format!("/admin/people/{}/{rest}", id.replace('+', "%20"))
    }
}

/// A one-time link in the one moment it can be shown.
#[derive(Clone, Debug, Default)]
pub struct OneTimeLink {
    /// The link.
    pub url: String,
    /// Until when it works, as a fragment: "until 22 November 2026, 14:02 UTC".
    pub until: String,
}
