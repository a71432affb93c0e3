//! Writing the declared-state file from what is stored: hashes, never secrets.

use std::fmt::Write;

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::base::clock::Timestamp;
use crate::engine::admin::export::Exported;

/// The file that declares what was exported. Applying it to the same store changes nothing.
pub fn write(exported: &Exported) -> String {
    let mut out = String::from("# What this Countersign holds. Secrets and passwords are hashes.\n");
    for (noun, items) in &exported.nouns {
        for fields in items {
            let header = if *noun == "settings" { format!("\n[{noun}]\n") } else { format!("\n[[{noun}]]\n") };
            out.push_str(&header);
            for (key, value) in fields {
                if let Some(text) = in_toml(value) {
                    // Writing to a string cannot fail.
                    let _ = writeln!(out, "{key} = {text}");
                }
            }
        }
    }
    out
}

/// A value as TOML writes it; `None` for nothing at all, which TOML cannot write.
fn in_toml(value: &Value) -> Option<String> {
    toml::Value::try_from(value).ok().map(|value| value.to_string())
}

/// A moment as files write it (RFC 3339).
pub fn moment(at: Timestamp) -> String {
    let moment = OffsetDateTime::from_unix_timestamp(at.0).ok().and_then(|moment| moment.format(&Rfc3339).ok());
    moment.unwrap_or_else(|| at.to_string())
}

/// Reads what [`moment`] writes.
///
/// # Errors
/// What was expected.
pub fn parse_moment(text: &str) -> Result<Timestamp, &'static str> {
    let moment = OffsetDateTime::parse(text, &Rfc3339).map_err(|_| "expected a moment such as 2027-01-31T12:00:00Z")?;
    Ok(Timestamp(moment.unix_timestamp()))
}
