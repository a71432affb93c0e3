//! `/account/passkeys…`: somebody's passkeys.

use askama::Template;

use crate::http::page::{Frame, Problems};
use crate::http::when::When;

/// `GET /account/passkeys`. `POST …/rename` has the fields `passkey` and `name`, `POST …/remove` has `passkey`.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/passkeys.html")]
pub struct Passkeys {
    /// What every page is told.
    pub frame: Frame,
    /// Whether this deployment can have passkeys at all.
    pub possible: bool,
    /// The passkeys, the oldest first.
    pub rows: Vec<PasskeyRow>,
    /// Whether there is but one that signs them in alone.
    pub last: bool,
    /// The one that is being renamed.
    pub renaming: Option<PasskeyRow>,
    /// The one that is about to be removed.
    pub removing: Option<PasskeyRow>,
    /// The one that was removed just now, for browsers to forget: the host it belonged to, and its credential id.
    pub removed: Option<(String, String)>,
    /// What is wrong with the form.
    pub problems: Problems,
}

/// One passkey.
#[derive(Clone, Debug, Default)]
pub struct PasskeyRow {
    /// What forms call it.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was added.
    pub added: When,
    /// When it was last used.
    pub used: Option<When>,
    /// Whether it is kept in more than one place.
    pub synced: bool,
    /// What it is worth.
    pub kind: KeyKind,
}

/// What a key is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyKind {
    /// It signs its owner in, with nothing else or after a password.
    #[default]
    Passkey,
    /// It serves after a password, and never alone.
    SecurityKey,
    /// The same, on a server that takes none of these any more.
    Idle,
}

/// `GET /account/passkeys/add`, for a security key with `?kind=security_key`. Its form goes on by script.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/add_passkey.html")]
pub struct AddPasskey {
    /// What every page is told.
    pub frame: Frame,
    /// Whether a security key that does not check its owner can be added too.
    pub security_keys: bool,
    /// Whether it is one of these that is added.
    pub adds_key: bool,
}

impl AddPasskey {
    /// What is done here.
    pub fn heading(&self) -> &'static str {
        if self.adds_key { "Add a security key" } else { "Add a passkey" }
    }
}
