//! Light, dark, or as the system has it: what somebody chose for this browser. Kept in a cookie that the server reads, so that
//! a page is drawn right the first time.

use std::fmt;
use std::time::Duration;

/// The cookie that holds it. Without one, the system decides.
pub const COOKIE: &str = "countersign-theme";
/// How long a choice is kept: as long as browsers keep any cookie.
pub const LIFE: Duration = Duration::from_secs(400 * 86_400);

/// How pages are coloured in a browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the system has it.
    #[default]
    System,
    /// Dark ink on light paper.
    Light,
    /// Light ink on dark paper.
    Dark,
}

impl Theme {
    /// The theme of this name, as forms and the cookie have it; the system's for any other text.
    pub fn named(name: &str) -> Theme {
        match name {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::System,
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// The same as the `color-scheme` of a document.
    pub fn scheme(self) -> &'static str {
        match self {
            Theme::System => "light dark",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Whether somebody chose one.
    pub fn is_chosen(self) -> bool {
        self != Theme::System
    }
}

impl fmt::Display for Theme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
