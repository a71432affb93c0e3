//! A moment in words, for pages: "2 h ago", "3 November", and the exact time for machines and tooltips.

use time::OffsetDateTime;
use time::macros::format_description;

use crate::base::clock::Timestamp;

/// A moment as pages show it. Make one with [`When::at`]; an unknown or absent moment is `Option::None`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct When {
    /// RFC 3339, for the `datetime` attribute: `2026-11-21T14:02:00Z`.
    pub iso: String,
    /// What is read: `2 h ago`, `3 November`, `12 May 2025`, `in 9 days`.
    pub words: String,
    /// The exact moment, as a sentence fragment: `21 November 2026, 14:02 UTC`.
    pub exact: String,
    /// Whether the words count from the present and may be kept up by the page's script.
    pub ago: bool,
}

/// Where a page that tells of a failure can be found again in the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reference {
    /// The request's id.
    pub reference: String,
    /// When it was.
    pub at: When,
}

impl Reference {
    /// The request `id`, answered at `at`.
    pub fn new(id: &str, at: Timestamp) -> Reference {
        Reference { reference: id.to_owned(), at: When::exactly(at) }
    }
}

impl When {
    /// `at` as seen from `now`: relative within a week, a date beyond it.
    pub fn at(at: Timestamp, now: Timestamp) -> When {
        let Some(moment) = moment(at) else { return When { words: "unknown".into(), ..When::default() } };
        let date = When::day(at, now);
        let relative = relative(now.0.saturating_sub(at.0));
        When {
            iso: format_or_empty(moment, format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z")),
            exact: exactly(moment),
            ago: relative.is_some() && at <= now,
            words: relative.unwrap_or(date),
        }
    }

    /// The day of `at` as seen from `now`: "3 November", or "12 May 2025" in another year; empty for no real moment.
    pub fn day(at: Timestamp, now: Timestamp) -> String {
        let Some(moment) = moment(at) else { return String::new() };
        let this_year = self::moment(now).is_some_and(|now| now.year() == moment.year());
        if this_year { day(moment) } else { day_and_year(moment) }
    }

    /// The time of the day alone, of a moment that is near: "14:02 UTC".
    pub fn clock(&self) -> &str {
        self.exact.rsplit_once(", ").map_or("", |(_, clock)| clock)
    }

    /// `at` with its full date and time as the words, for reference lines and logs.
    pub fn exactly(at: Timestamp) -> When {
        let mut when = When::at(at, at);
        when.words.clone_from(&when.exact);
        when.ago = false;
        when
    }
}

fn moment(at: Timestamp) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(at.0).ok()
}

fn relative(seconds_ago: i64) -> Option<String> {
    const MINUTE: i64 = 60;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;
    Some(match seconds_ago {
        s if s < -30 * DAY => return None,
        s if s < -DAY => count(-s / DAY, "in ", " day", " days"),
        s if s < -HOUR => format!("in {} h", -s / HOUR),
        s if s < 0 => format!("in {} min", (-s / MINUTE).max(1)),
        s if s < MINUTE => "just now".into(),
        s if s < HOUR => format!("{} min ago", s / MINUTE),
        s if s < DAY => format!("{} h ago", s / HOUR),
        s if s < 2 * DAY => "yesterday".into(),
        s if s < 7 * DAY => format!("{} days ago", s / DAY),
        _ => return None,
    })
}

fn count(n: i64, before: &str, one: &str, many: &str) -> String {
    format!("{before}{n}{}", if n == 1 { one } else { many })
}

fn day(moment: OffsetDateTime) -> String {
    format_or_empty(moment, format_description!("[day padding:none] [month repr:long]"))
}

fn day_and_year(moment: OffsetDateTime) -> String {
    format_or_empty(moment, format_description!("[day padding:none] [month repr:long] [year]"))
}

fn exactly(moment: OffsetDateTime) -> String {
    format_or_empty(moment, format_description!("[day padding:none] [month repr:long] [year], [hour]:[minute] UTC"))
}

fn format_or_empty(moment: OffsetDateTime, shape: &[time::format_description::BorrowedFormatItem<'_>]) -> String {
    moment.format(shape).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_269_720); // 2026-11-21T14:02:00Z

    fn words(seconds_ago: i64) -> String {
        When::at(Timestamp(NOW.0 - seconds_ago), NOW).words
    }

    #[test]
    fn recent_moments_are_told_by_their_age() {
        assert_eq!(words(0), "just now");
        assert_eq!(words(125), "2 min ago");
        assert_eq!(words(7_300), "2 h ago");
        assert_eq!(words(90_000), "yesterday");
        assert_eq!(words(400_000), "4 days ago");
    }

    #[test]
    fn older_moments_are_told_by_their_date() {
        assert_eq!(words(18 * 86_400), "3 November");
        assert_eq!(words(400 * 86_400), "17 October 2025");
    }

    #[test]
    fn coming_moments_are_counted_down() {
        assert_eq!(words(-30), "in 1 min");
        assert_eq!(words(-7_300), "in 2 h");
        assert_eq!(words(-9 * 86_400 - 5), "in 9 days");
    }

    #[test]
    fn the_exact_moment_is_always_there() {
        let when = When::at(Timestamp(NOW.0 - 7_300), NOW);
        assert_eq!(when.iso, "2026-11-21T12:00:20Z");
        assert_eq!(When::exactly(NOW).words, "21 November 2026, 14:02 UTC");
        assert_eq!(When::exactly(NOW).clock(), "14:02 UTC");
        assert_eq!(When::at(Timestamp(i64::MAX), NOW).words, "unknown");
    }
}
