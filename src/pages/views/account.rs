//! `/` and `/account…`: what a person may see and change about themselves.

use askama::Template;

use crate::http::page::{Frame, Link, Problems};
use crate::http::theme::Theme;
use crate::http::views::{EventRow, GrantRow, Pager, SessionRow, Tone};
use crate::http::when::When;

/// `GET /`: the applications this person may use. The frame must carry the person, here and on every account page.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/home.html")]
pub struct Home {
    /// What every page is told.
    pub frame: Frame,
    /// One tile an application.
    pub tiles: Vec<Tile>,
    /// Whether a passkey is suggested.
    pub suggests_passkey: bool,
}

/// An application on the home page.
#[derive(Clone, Debug, Default)]
pub struct Tile {
    /// Its name.
    pub name: String,
    /// Where it lives: an http(s) address, or `None` when it has none that can be opened.
    pub url: Option<String>,
    /// One line: its host, or when it was last used.
    pub detail: String,
}

/// `GET /account`: the whole account at a glance.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/overview.html")]
pub struct Overview {
    /// What every page is told.
    pub frame: Frame,
    /// What they are called.
    pub name: String,
    /// The name they sign in with.
    pub username: String,
    /// How they sign in.
    pub sign_in: Vec<CheckRow>,
    /// What others have of theirs.
    pub others: Vec<CheckRow>,
    /// What they say and choose.
    pub yours: Vec<CheckRow>,
    /// Whether a passkey is suggested.
    pub suggests_passkey: bool,
}

/// A line of the overview.
#[derive(Clone, Debug, Default)]
pub struct CheckRow {
    /// `Good` for what is there, `Warn` for what wants a look, else `Plain`.
    pub tone: Tone,
    /// What it is about: "Recovery codes".
    pub headline: String,
    /// How things are: "7 of 10 left".
    pub detail: String,
    /// The page on which it is changed.
    pub link: Link,
}

/// `GET /account/preferences`, and `POST` when a value will not do. Fields: theme, locale.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/preferences.html")]
pub struct Preferences {
    /// What every page is told.
    pub frame: Frame,
    /// How pages are coloured here.
    pub theme: Theme,
    /// The language applications are told.
    pub locale: String,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /account/data`. Posts nothing to `/account/data/download`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/own_data.html")]
pub struct OwnData {
    /// What every page is told.
    pub frame: Frame,
}

/// `GET /account/delete`, and `POST` when it did not succeed. Field: username.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/delete.html")]
pub struct Deletion {
    /// What every page is told.
    pub frame: Frame,
    /// What has to be typed.
    pub username: String,
    /// What has to be done first; the form is there only when nothing has.
    pub in_the_way: Vec<String>,
    /// What happens, in sentences.
    pub consequences: Vec<String>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /account/profile`, and `POST` when a value will not do. Fields: those of [`ProfileFields`], by the same names.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/profile.html")]
pub struct Profile {
    /// What every page is told.
    pub frame: Frame,
    /// Shown, not changed here.
    pub username: String,
    /// Shown, not changed here; may be empty.
    pub email: String,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// The values as stored, or as typed.
    pub profile: ProfileFields,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// The claims a person keeps themselves (OpenID Connect Core, section 5.1), as text fields. Empty means absent.
#[derive(Clone, Debug, Default)]
pub struct ProfileFields {
    /// `name`
    pub name: String,
    /// `given_name`
    pub given_name: String,
    /// `family_name`
    pub family_name: String,
    /// `middle_name`
    pub middle_name: String,
    /// `nickname`
    pub nickname: String,
    /// `profile`
    pub profile: String,
    /// `gender`
    pub gender: String,
    /// `birthdate`, `YYYY-MM-DD`
    pub birthdate: String,
    /// `zoneinfo`
    pub zoneinfo: String,
    /// `locale`
    pub locale: String,
    /// `website`
    pub website: String,
    /// `picture`
    pub picture: String,
    /// `phone_number`
    pub phone_number: String,
    /// `address.formatted`, which may have several lines.
    pub formatted: String,
    /// `address.street_address`, which may have several lines.
    pub street_address: String,
    /// `address.locality`
    pub locality: String,
    /// `address.region`
    pub region: String,
    /// `address.postal_code`
    pub postal_code: String,
    /// `address.country`
    pub country: String,
}

/// `GET /account/password`, and `POST` when it did not succeed. Fields: current (where there is one), new. Posts nothing to
/// `/account/password/remove`. Success ends the other sessions.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/password.html")]
pub struct Password {
    /// What every page is told.
    pub frame: Frame,
    /// For password managers.
    pub username: String,
    /// Whether they have a password.
    pub has_one: bool,
    /// How many passkeys they have: who has one can do without a password.
    pub passkeys: usize,
    /// When it was last changed.
    pub changed: Option<When>,
    /// See [`password_hint`](super::password_hint).
    pub password_hint: String,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// `GET /account/sessions`. Posts `session` to `/account/sessions/end`, nothing to `/account/sessions/end-others`, `browser`
/// (or nothing, for all of them) to `/account/sessions/forget`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/sessions.html")]
pub struct Sessions {
    /// What every page is told.
    pub frame: Frame,
    /// This one first, then the latest seen.
    pub sessions: Vec<SessionRow>,
    /// Browsers in which no code is asked for, the latest first.
    pub remembered: Vec<RememberedRow>,
}

/// A browser in which no code is asked for.
#[derive(Clone, Debug, Default)]
pub struct RememberedRow {
    /// Its name in the form.
    pub id: String,
    /// The browser in words.
    pub device: String,
    /// Since when.
    pub since: When,
    /// Until when.
    pub until: When,
}

/// `GET /account/applications`. Posts `client` to `/account/applications/revoke` or `/account/programs/delete`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/grants.html")]
pub struct Grants {
    /// What every page is told.
    pub frame: Frame,
    /// Applications with access, the latest used first.
    pub grants: Vec<GrantRow>,
    /// Clients the person registered, the oldest first.
    pub programs: Vec<ProgramRow>,
}

/// A client that somebody registered for themselves.
#[derive(Clone, Debug, Default)]
pub struct ProgramRow {
    /// Its client id.
    pub client: String,
    /// What it is called.
    pub name: String,
    /// When it was registered.
    pub since: When,
    /// When it was last used.
    pub last_used: Option<When>,
    /// Whether an administrator has switched it off.
    pub disabled: bool,
}

/// `GET /account/care`, with `end` naming one of them: the question whether to end their account. Posts `person` to
/// `/account/care/end`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/care.html")]
pub struct Care {
    /// What every page is told.
    pub frame: Frame,
    /// The people in this person's care.
    pub people: Vec<CareRow>,
    /// Whose account is about to end.
    pub ending: Option<CareRow>,
}

/// Somebody in care.
#[derive(Clone, Debug, Default)]
pub struct CareRow {
    /// Their id, for the form.
    pub id: String,
    /// What they are called.
    pub name: String,
    /// The name they sign in with.
    pub username: String,
    /// Since when.
    pub since: When,
}

/// `GET /account/activity`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/own_activity.html")]
pub struct OwnActivity {
    /// What every page is told.
    pub frame: Frame,
    /// Newest first. Sentences in the second person read best: "You signed in from Firefox on Linux".
    pub events: Vec<EventRow>,
    /// Where in the list this page is.
    pub pager: Pager,
}
