//! What is said on standard error besides the log: in the log's own shape, so that whoever reads it as JSON can read it all.

use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::base::clock::{Clock, SystemClock};

/// How grave it is, in the words of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Good to know.
    Info,
    /// Something to mend.
    Warn,
    /// It went wrong.
    Error,
}

/// Says `text` on standard error: as it is, or with `as_json` a JSON object a line, where a line that is indented belongs to
/// the one before it.
pub fn say(level: Level, text: &str, as_json: bool) {
    if !as_json {
        return eprintln!("{}", text.trim_end_matches('\n'));
    }
    let now = OffsetDateTime::from_unix_timestamp(SystemClock.now().0).ok().and_then(|now| now.format(&Rfc3339).ok());
    for line in in_json(level, text, &now.unwrap_or_default()) {
        eprintln!("{line}");
    }
}

fn in_json(level: Level, text: &str, timestamp: &str) -> Vec<String> {
    let mut notes: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        match notes.last_mut() {
            Some((_, more)) if line.starts_with(' ') => more.push(line.trim()),
            _ => notes.push((line, Vec::new())),
        }
    }
    let level = match level {
        Level::Info => "INFO",
        Level::Warn => "WARN",
        Level::Error => "ERROR",
    };
    let one = |(message, details): (&str, Vec<&str>)| {
        let mut fields = json!({ "message": message });
        if !details.is_empty() {
            fields["details"] = json!(details);
        }
        json!({ "timestamp": timestamp, "level": level, "fields": fields, "target": "countersign" }).to_string()
    };
    notes.into_iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_indented_belongs_to_the_line_before() {
        let lines = in_json(Level::Info, "~ client wiki\n    name: Wiki\n    type: web\n1 thing changed.\n", "now");
        let read: Vec<serde_json::Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(read.len(), 2);
        assert_eq!(read[0]["fields"], json!({ "message": "~ client wiki", "details": ["name: Wiki", "type: web"] }));
        assert_eq!(read[1]["fields"]["message"], "1 thing changed.");
        assert_eq!((&read[1]["level"], &read[1]["timestamp"]), (&json!("INFO"), &json!("now")));
    }
}
