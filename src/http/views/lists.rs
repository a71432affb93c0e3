//! Small things that lists on the account pages and in the console share.

use std::fmt;

use crate::base::clock::Timestamp;
use crate::http::when::When;

/// The shape of a state; every state also has words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Nothing to notice: a ring.
    #[default]
    Plain,
    /// As it should be: a disc.
    Good,
    /// Wants a look: a square.
    Warn,
    /// Wrong, or ended: a triangle.
    Bad,
    /// About to come: half a disc.
    Next,
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Tone::Plain => "plain",
            Tone::Good => "good",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
            Tone::Next => "next",
        })
    }
}

/// A state as a shape and words.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The shape.
    pub tone: Tone,
    /// The words: "Working", "Disabled".
    pub words: String,
}

impl State {
    /// A state of this shape, called so.
    pub fn new(tone: Tone, words: &str) -> State {
        State { tone, words: words.to_owned() }
    }
}

/// A name and a value.
#[derive(Clone, Debug, Default)]
pub struct Fact {
    /// What it is: "Network address".
    pub name: String,
    /// The value.
    pub value: String,
}

impl Fact {
    /// A fact.
    pub fn new(name: &str, value: &str) -> Fact {
        Fact { name: name.to_owned(), value: value.to_owned() }
    }
}

/// Where in a long list a page is. Lists are paged by key: forward, and back to the start.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// What is shown: "50 of 1,204 people", "The first 50 that match".
    pub words: String,
    /// Where the list starts, when this is not its first page.
    pub first: Option<String>,
    /// The next page, with the filters of this one.
    pub next: Option<String>,
}

/// One event of the audit.
#[derive(Clone, Debug, Default)]
pub struct EventRow {
    /// When it happened.
    pub at: When,
    /// The shape of what happened: `Bad` for failures, `Warn` for refusals, otherwise `Plain`.
    pub tone: Tone,
    /// A plain sentence: "Ada Keeper added a secret to Team wiki".
    pub sentence: String,
    /// Network address, request id, before and after.
    pub details: Vec<Fact>,
}

/// One sign-in session of a person.
#[derive(Clone, Debug, Default)]
pub struct SessionRow {
    /// What the form sends back as `session`; not the session's secret.
    pub id: String,
    /// The browser in words: "Firefox on Linux".
    pub device: String,
    /// The network address it was last seen from.
    pub address: String,
    /// When it was opened.
    pub since: When,
    /// When it was last seen.
    pub seen: When,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Who acts in it, until when and why, as a sentence; empty where nobody does.
    pub acting: String,
}

/// An application a person has let in.
#[derive(Clone, Debug, Default)]
pub struct GrantRow {
    /// What the form sends back as `client`.
    pub client: String,
    /// The application's name.
    pub name: String,
    /// What it sees, scope by scope: "See your email address".
    pub sees: Vec<String>,
    /// Since when.
    pub since: When,
    /// When it last used its access, if that is known.
    pub last_used: Option<When>,
    /// Whether it keeps access while the person is away.
    pub offline: bool,
}

/// Rows for samples, used by every view that shows such a list.
pub mod sample {
    use super::*;
    use crate::http::sample::{LONG, MARKUP, RTL};

    const NOW: Timestamp = Timestamp(1_795_269_720);

    /// A moment some seconds before the present of the samples.
    pub fn ago(seconds: i64) -> When {
        When::at(Timestamp(NOW.0 - seconds), NOW)
    }

    /// Events of every tone.
    pub fn events() -> Vec<EventRow> {
        let details = vec![Fact::new("Network address", "203.0.113.7"), Fact::new("Reference", "r7K3QX91")];
        let event = |seconds, tone, sentence: &str| EventRow {
            at: ago(seconds),
            tone,
            sentence: sentence.into(),
            details: details.clone(),
        };
        vec![
            event(30, Tone::Plain, "Sam Ple signed in from Firefox on Linux"),
            event(4_000, Tone::Bad, "A sign-in as sample failed: the password was wrong"),
            event(90_000, Tone::Warn, "Team wiki was refused: its redirect address is not registered"),
            event(2_000_000, Tone::Plain, "Ada Keeper added a secret to Team wiki"),
            EventRow { details: vec![], ..event(40_000_000, Tone::Good, "Ada Keeper rotated the RS256 key") },
        ]
    }

    /// Events that try to break the page.
    pub fn hostile_events() -> Vec<EventRow> {
        let details = vec![Fact::new(LONG, MARKUP), Fact::new(RTL, LONG)];
        [LONG, RTL, MARKUP]
            .map(|s| EventRow { at: ago(9), tone: Tone::Bad, sentence: s.into(), details: details.clone() })
            .into()
    }

    /// Three sessions, one of them this one.
    pub fn sessions() -> Vec<SessionRow> {
        let row = |id: &str, device: &str, address: &str, seen, current| SessionRow {
            id: id.into(),
            device: device.into(),
            address: address.into(),
            since: ago(seen + 500_000),
            seen: ago(seen),
            current,
            acting: String::new(),
        };
        vec![
            row("s1", "Firefox on Linux", "203.0.113.7", 20, true),
            row("s2", "Safari on iPhone", "2001:db8:85a3:8d3:1319:8a2e:370:7348", 8_000, false),
            row("s3", "An unknown program", "198.51.100.20", 800_000, false),
        ]
    }

    /// The same, of which one is an administrator's who acts.
    pub fn acting_sessions(sentence: &str) -> Vec<SessionRow> {
        let mut all = sessions();
        all[1] = SessionRow { device: "Ada Keeper (administrator)".into(), acting: sentence.into(), ..all[1].clone() };
        all
    }

    /// Two applications with access.
    pub fn grants() -> Vec<GrantRow> {
        let wiki = GrantRow {
            client: "wiki".into(),
            name: "Team wiki".into(),
            sees: ["See your name and picture", "See your email address"].map(String::from).into(),
            since: ago(900_000),
            last_used: Some(ago(7_200)),
            offline: true,
        };
        let grafana = GrantRow {
            client: "grafana".into(),
            name: "Grafana".into(),
            sees: vec!["Know that it is you".into()],
            last_used: None,
            offline: false,
            ..wiki.clone()
        };
        vec![wiki, grafana]
    }
}
