//! The access keys of an application, a section of its page.

use crate::http::when::When;

/// What the section shows. Posts below the application's page: `access-keys` · `access-keys/remove` (kid).
#[derive(Clone, Debug, Default)]
pub struct AccessKeys {
    /// Whether there is such a section.
    pub offered: bool,
    /// Its keys, the newest first.
    pub rows: Vec<AccessKeyRow>,
    /// The address that programs make of an exported key, if this server does not answer there.
    pub elsewhere: Option<String>,
    /// A key that was just made; shown this once.
    pub new: Option<String>,
}

/// One access key.
#[derive(Clone, Debug, Default)]
pub struct AccessKeyRow {
    /// Its name; what the form sends back as `kid`.
    pub kid: String,
    /// When it was made.
    pub made: When,
}
