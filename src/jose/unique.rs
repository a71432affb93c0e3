//! JSON in which no object names a member twice (RFC 8725, section 2.4 and RFC 7519, section 4): two readers of such a
//! text might see two different tokens.

use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, de::IgnoredAny};

/// Reads `json` as a `T`; `None` unless it is one JSON object, in UTF-8, without repeated members at any depth.
pub(super) fn object<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    // A derived struct would otherwise take an array for its members in order.
    if json.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return None;
    }
    serde_json::from_slice::<Unique>(json).ok()?;
    serde_json::from_slice(json).ok()
}

/// Any JSON value whose objects repeat no member.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Unique, D::Error> {
        deserializer.deserialize_any(UniqueVisitor)
    }
}

struct UniqueVisitor;

impl<'de> Visitor<'de> for UniqueVisitor {
    type Value = Unique;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON without repeated members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Unique, A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Unique>()?;
            if !seen.insert(name) {
                return Err(A::Error::custom("a repeated member"));
            }
        }
        Ok(Unique)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Unique, A::Error> {
        while seq.next_element::<Unique>()?.is_some() {}
        Ok(Unique)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_str<E>(self, _: &str) -> Result<Unique, E> {
        Ok(Unique)
    }

    fn visit_unit<E>(self) -> Result<Unique, E> {
        Ok(Unique)
    }
}

/// `true` for a member that is there, whatever its value, `null` included.
pub(super) fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn repeated_members_are_seen_at_every_depth_and_in_every_spelling() {
        for good in [r#"{}"#, r#" {"a":1,"b":{"a":[1,-1,0.5,"x",null,true,{"a":1},{"a":2}]}} "#] {
            assert!(object::<Value>(good.as_bytes()).is_some(), "{good}");
        }
        for bad in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"b":{"a":1,"a":2}}"#,
            r#"{"b":[{"a":1,"a":2}]}"#,
            r#"[]"#,
            r#"[{"a":1}]"#,
            r#""a""#,
            r#"null"#,
            r#""#,
            r#"{"a":1}{"a":2}"#,
            r#"{"a":1}x"#,
        ] {
            assert!(object::<Value>(bad.as_bytes()).is_none(), "{bad}");
        }
        assert!(object::<Value>(b"{\"a\":\"\xff\"}").is_none());
        assert!(object::<Value>(&[vec![b'{'; 1], b"\"a\":".to_vec(), vec![b'['; 4000]].concat()).is_none());
    }
}
