//! The shorter pages of the console: groups, scopes, keys, activity, settings, and the question before an end.

use askama::Template;

use crate::http::page::{Frame, Link, Problems};
use crate::http::views::{EventRow, HiddenField, Pager, State};
use crate::http::when::When;

/// `GET /admin/groups`; `POST` with the field name adds one. `GET /admin/groups/{name}/delete` asks, `POST` deletes.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/groups.html")]
pub struct Groups {
    /// What every page is told.
    pub frame: Frame,
    /// The name as typed and refused.
    pub name: String,
    /// One page of groups.
    pub rows: Vec<GroupRow>,
    /// Where in the list this page is.
    pub pager: Pager,
    /// What is wrong with the new group.
    pub problems: Problems,
}

/// One group in the list.
#[derive(Clone, Debug, Default)]
pub struct GroupRow {
    /// Its name.
    pub name: String,
    /// How many people are in it: `38`, `100+`.
    pub members: String,
    /// How many applications are open to it, likewise.
    pub applications: String,
    /// What its members must sign in with: `none`, `second_factor` or `passkey`.
    pub required_factor: String,
    /// Whether the declared-state file manages it.
    pub managed: bool,
}

/// `GET /admin/scopes`. `GET /admin/scopes/{name}/delete` asks, `POST` deletes.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/scopes.html")]
pub struct Scopes {
    /// What every page is told.
    pub frame: Frame,
    /// Every scope, the built-in ones first.
    pub rows: Vec<ScopeRow>,
}

/// One scope in the list.
#[derive(Clone, Debug, Default)]
pub struct ScopeRow {
    /// Its name.
    pub name: String,
    /// Its sentence; may be empty.
    pub description: String,
    /// Its claims: "email, email_verified"; may be empty.
    pub claims: String,
    /// Whether it comes with OpenID Connect and cannot be deleted.
    pub built_in: bool,
    /// Whether the declared-state file manages it.
    pub managed: bool,
}

/// `GET /admin/scopes/new` and `/admin/scopes/{name}`, and their posts that did not succeed.
/// Fields: name (new only), description, claims (one a line; not for built-in ones).
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/scope.html")]
pub struct ScopeForm {
    /// What every page is told.
    pub frame: Frame,
    /// Whether it is a new one.
    pub fresh: bool,
    /// Whether it comes with OpenID Connect: its claims are fixed.
    pub built_in: bool,
    /// Its name.
    pub name: String,
    /// Its sentence.
    pub description: String,
    /// Its claims, one a line.
    pub claims: String,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /admin/keys`; posts alg to `/admin/keys/rotate`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/keys.html")]
pub struct Keys {
    /// What every page is told.
    pub frame: Frame,
    /// Where the key set is published: `/oauth/keys`.
    pub published_at: String,
    /// Every key, those that sign first.
    pub rows: Vec<KeyRow>,
    /// What rotating would do, one for each algorithm.
    pub turns: Vec<KeyTurn>,
}

/// One signing key.
#[derive(Clone, Debug, Default)]
pub struct KeyRow {
    /// Its key id.
    pub kid: String,
    /// Its algorithm.
    pub alg: String,
    /// "Signs" (good), "Next" (next), "Verifies only" (plain), "Gone" (bad).
    pub state: State,
    /// When it was made.
    pub made: When,
    /// What comes next: "signs from 14:07", "is removed on 3 December".
    pub then: String,
}

/// What rotating the key of one algorithm would do.
#[derive(Clone, Debug, Default)]
pub struct KeyTurn {
    /// The algorithm.
    pub alg: String,
    /// The sentence: "A new key is published now and signs in 5 minutes; the old one stays until 22 November."
    pub what: String,
    /// Whether the next key waits already, so that nothing can be done now.
    pub waits: bool,
}

/// A value that may be chosen, with its words.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What is read.
    pub words: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

/// `GET /admin/activity?person=…&application=…&kind=…&after=…`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/activity.html")]
pub struct Activity {
    /// What every page is told.
    pub frame: Frame,
    /// The username to filter by.
    pub person: String,
    /// The client id to filter by.
    pub application: String,
    /// The reference to filter by, as a refusal shows it.
    pub reference: String,
    /// Every kind of event; at most one chosen.
    pub kinds: Vec<Choice>,
    /// One page of events, newest first.
    pub events: Vec<EventRow>,
    /// Where in the list this page is.
    pub pager: Pager,
    /// A filter that names nobody: "There is no one called so."
    pub problems: Problems,
}

impl Activity {
    /// Whether any filter is set.
    pub fn filtered(&self) -> bool {
        let typed = [&self.person, &self.application, &self.reference];
        typed.iter().any(|text| !text.is_empty()) || self.kinds.iter().any(|kind| kind.chosen)
    }
}

/// `GET /admin/settings`, and `POST` when it did not succeed. Fields by the names below.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/settings.html")]
pub struct Settings {
    /// What every page is told.
    pub frame: Frame,
    /// `name`
    pub name: String,
    /// `account_url`; empty: the issuer
    pub account_url: String,
    /// The sentence under it: "Empty: https://id.example.org."
    pub account_url_hint: String,
    /// `password_min_length`
    pub password_min_length: String,
    /// `self_registration`: `closed` or `open`
    pub self_registration: String,
    /// `client_registration`: `nobody`, `permitted` or `everyone`
    pub client_registration: String,
    /// `required_factor`: `none`, `second_factor` or `passkey`
    pub required_factor: String,
    /// `sign_in_by_mail`
    pub sign_in_by_mail: bool,
    /// `user_verification`: `required` or `preferred`
    pub user_verification: String,
    /// `impersonation`
    pub impersonation: bool,
    /// `dialect`, repeated, for those that are on; `prefix-NAME` for each
    pub dialects: Vec<PlacedDialect>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// A dialect on the settings page.
#[derive(Clone, Debug, Default)]
pub struct PlacedDialect {
    /// `oidc`
    pub name: String,
    /// "OpenID Connect"
    pub title: String,
    /// For whom it is.
    pub sentence: String,
    /// Whether it is switched on.
    pub on: bool,
    /// Where it lies, as typed.
    pub prefix: String,
    /// The sentence above the field.
    pub hint: String,
}

/// The question before something ends for good. `GET …/delete` shows it, `POST` to `action` does it.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/confirm.html")]
pub struct Confirm {
    /// What every page is told.
    pub frame: Frame,
    /// The place in the rail this belongs to: "Applications".
    pub here: String,
    /// Where it came from, and where "Keep it" leads.
    pub back: Link,
    /// The question: "Delete Team wiki?"
    pub headline: String,
    /// What happens, with numbers: "38 people can no longer sign in to it."
    pub consequences: Vec<String>,
    /// What has to be typed into the field `typed`; empty: nothing.
    pub typed: String,
    /// Where the form goes.
    pub action: String,
    /// What else it sends.
    pub fields: Vec<HiddenField>,
    /// What the button says: "Delete Team wiki".
    pub button: String,
    /// What is wrong with what was typed.
    pub problems: Problems,
}
