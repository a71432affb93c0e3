//! `/admin`: a sentence, and a list that links to the mend.

use askama::Template;

use crate::http::page::{Frame, Link};
use crate::http::views::Tone;

/// `GET /admin`. Make it with [`Overview::of`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "console/overview.html")]
pub struct Overview {
    /// What every page is told.
    pub frame: Frame,
    /// How things stand: "Two things want your attention".
    pub headline: String,
    /// What else there is to say about it.
    pub lead: String,
    /// What wants attention, the worst first.
    pub wants: Vec<HealthRow>,
    /// What was looked at and is as it should be.
    pub fine: Vec<HealthRow>,
}

/// One thing that was looked at.
#[derive(Clone, Debug, Default)]
pub struct HealthRow {
    /// `Bad` and `Warn` want attention; the rest is as it should be.
    pub tone: Tone,
    /// What was found: "Signing keys are 41 days old".
    pub headline: String,
    /// What that means: "Anyone with their password can change everything here." May be empty.
    pub detail: String,
    /// Where to mend or see it: "Keys".
    pub link: Option<Link>,
}

impl HealthRow {
    /// A finding with where to see it.
    pub fn new(tone: Tone, headline: &str, detail: &str, link: Link) -> HealthRow {
        HealthRow { tone, headline: headline.to_owned(), detail: detail.to_owned(), link: Some(link) }
    }
}

impl Overview {
    /// The overview of these findings, in any order.
    pub fn of(frame: Frame, findings: Vec<HealthRow>) -> Overview {
        let wants_attention = |row: &HealthRow| matches!(row.tone, Tone::Bad | Tone::Warn);
        let (mut wants, fine): (Vec<_>, Vec<_>) = findings.into_iter().partition(wants_attention);
        wants.sort_by_key(|row| row.tone != Tone::Bad);
        let headline = match wants.len() {
            0 => "Everything is as it should be".to_owned(),
            1 => "One thing wants your attention".to_owned(),
            n => format!("{} things want your attention", number(n)),
        };
        let lead =
            if wants.is_empty() { "Checked just now." } else { "The rest is as it should be. Checked just now." };
        Overview { frame, headline, lead: lead.to_owned(), wants, fine }
    }
}

/// Small numbers as words.
fn number(n: usize) -> String {
    let words = ["Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine"];
    n.checked_sub(2).and_then(|i| words.get(i)).map_or_else(|| n.to_string(), |word| (*word).to_owned())
}
