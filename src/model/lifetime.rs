//! Spans of time as people write them: `60s`, `10min`, `1h`, `30d`.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A span of whole seconds, written with its largest fitting unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Lifetime(u32);

/// The text is not a number with one of the units `s`, `min`, `h`, `d`, or is longer than ten years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotALifetime;

impl fmt::Display for NotALifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a span of time such as 60s, 10min, 1h or 30d, at most 3650d")
    }
}

impl std::error::Error for NotALifetime {}

const UNITS: [(&str, u32); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];
const LONGEST: u32 = 3_650 * 86_400;

impl Lifetime {
    /// `seconds` seconds.
    pub const fn seconds(seconds: u32) -> Lifetime {
        Lifetime(seconds)
    }

    /// Reads `60s`, `10min` (or `10m`), `1h`, `30d`.
    pub fn parse(text: &str) -> Result<Lifetime, NotALifetime> {
        let text = text.trim();
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let number: u32 = text[..digits].parse().map_err(|_| NotALifetime)?;
        let unit = match text[digits..].trim() {
            "m" => 60,
            other => UNITS.iter().find(|(name, _)| *name == other).map(|(_, unit)| *unit).ok_or(NotALifetime)?,
        };
        number.checked_mul(unit).filter(|seconds| *seconds <= LONGEST).map(Lifetime).ok_or(NotALifetime)
    }

    /// The span in seconds.
    pub const fn as_secs(self) -> u32 {
        self.0
    }

    /// The span as the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0 as u64)
    }

    /// Whether it is no time at all.
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for Lifetime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits = |(_, unit): &&(&str, u32)| self.0 != 0 && self.0.is_multiple_of(*unit);
        let (name, unit) = UNITS.iter().find(fits).unwrap_or(&("s", 1));
        write!(f, "{}{name}", self.0 / unit)
    }
}

impl Serialize for Lifetime {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Lifetime {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Lifetime, D::Error> {
        let text = String::deserialize(from)?;
        Lifetime::parse(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_written_with_its_largest_fitting_unit_and_read_back() {
        for text in ["0s", "60s", "10min", "1h", "30d", "182d", "86399s"] {
            let read = Lifetime::parse(text).unwrap();
            assert_eq!(Lifetime::parse(&read.to_string()).unwrap(), read, "{text}");
        }
        assert_eq!(Lifetime::parse("60s").unwrap().to_string(), "1min");
        for wrong in ["", "s", "5", "5 weeks", "-1s", "99999999999s", "4000d", "1.5h"] {
            assert_eq!(Lifetime::parse(wrong), Err(NotALifetime), "{wrong}");
        }
    }
}
