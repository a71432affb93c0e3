//! A form or a query, read strictly: no repeated names, nothing malformed, nothing without end.

use std::fmt;

use zeroize::Zeroizing;

/// The most fields one form may have.
pub const MAX_FIELDS: usize = 100;
/// The longest name, in bytes, decoded.
pub const MAX_NAME: usize = 64;
/// The longest value, in bytes, decoded.
pub const MAX_VALUE: usize = 8 * 1024;

/// The fields of one `application/x-www-form-urlencoded` text, in the order sent.
///
/// An empty value counts as absent and a repeated name is refused (RFC 6749, sections 3.1 and 3.2). `Debug` prints the
/// names only, and the values are wiped when they are dropped: some of them are passwords.
#[derive(Clone, Default)]
pub struct Params {
    fields: Vec<(String, Zeroizing<String>)>,
}

/// Why a form or query was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParamsError {
    /// This name occurs more than once.
    Repeated(String),
    /// More than [`MAX_FIELDS`] fields.
    TooMany,
    /// A value longer than [`MAX_VALUE`], or a name longer than [`MAX_NAME`] (shortened here to that length).
    TooLong(String),
    /// An escape that is not two hexadecimal digits, or bytes that are not UTF-8.
    Malformed,
    /// This name was asked for and is not there.
    Missing(&'static str),
}

impl Params {
    /// Reads `text`; every name at most once.
    pub fn parse(text: &[u8]) -> Result<Params, ParamsError> {
        Params::parse_with(text, &[])
    }

    /// Reads `text`; the names in `repeatable` may occur any number of times (lists of check boxes).
    pub fn parse_with(text: &[u8], repeatable: &[&str]) -> Result<Params, ParamsError> {
        let mut params = Params::default();
        for pair in text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            if params.fields.len() == MAX_FIELDS {
                return Err(ParamsError::TooMany);
            }
            let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let name = decode(&pair[..equals])?;
            if name.len() > MAX_NAME {
                return Err(ParamsError::TooLong(name.chars().take(MAX_NAME).collect()));
            }
            let value = Zeroizing::new(decode(pair.get(equals + 1..).unwrap_or_default())?);
            if value.len() > MAX_VALUE {
                return Err(ParamsError::TooLong(name));
            }
            if params.fields.iter().any(|(known, _)| *known == name) && !repeatable.contains(&name.as_str()) {
                return Err(ParamsError::Repeated(name));
            }
            params.fields.push((name, value));
        }
        Ok(params)
    }

    /// These fields and `other`'s, as if they had been sent together.
    pub fn join(self, other: Params) -> Result<Params, ParamsError> {
        other.fields.into_iter().try_fold(self, Params::and)
    }

    fn and(mut self, (name, value): (String, Zeroizing<String>)) -> Result<Params, ParamsError> {
        if self.fields.len() == MAX_FIELDS {
            return Err(ParamsError::TooMany);
        }
        if name.len() > MAX_NAME || value.len() > MAX_VALUE {
            return Err(ParamsError::TooLong(name.chars().take(MAX_NAME).collect()));
        }
        if self.contains(&name) {
            return Err(ParamsError::Repeated(name));
        }
        self.fields.push((name, value));
        Ok(self)
    }

    /// Reads the query of a request's address; an address without one has no fields.
    pub fn of_query(query: Option<&str>) -> Result<Params, ParamsError> {
        Params::parse(query.unwrap_or_default().as_bytes())
    }

    /// The value of `name`; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.get_all(name).next()
    }

    /// Every value of `name` that is not empty, in the order sent.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.fields.iter().filter(move |(known, value)| known == name && !value.is_empty()).map(|(_, v)| v.as_str())
    }

    /// Takes the value of `name` out, so that nobody reads it twice.
    pub fn take(&mut self, name: &str) -> Option<Zeroizing<String>> {
        let at = self.fields.iter().position(|(known, value)| known == name && !value.is_empty())?;
        Some(self.fields.remove(at).1)
    }

    /// The value of `name`, or [`ParamsError::Missing`].
    pub fn require(&self, name: &'static str) -> Result<&str, ParamsError> {
        self.get(name).ok_or(ParamsError::Missing(name))
    }

    /// Whether `name` was sent at all, with a value or without.
    pub fn contains(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Every field with a value, in the order sent.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether no field has a value.
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// From pairs already decoded, for requests that do not come as forms; the same rules hold.
impl<N: Into<String>, V: Into<String>> TryFrom<Vec<(N, V)>> for Params {
    type Error = ParamsError;

    fn try_from(pairs: Vec<(N, V)>) -> Result<Params, ParamsError> {
        let mut pairs = pairs.into_iter().map(|(name, value)| (name.into(), Zeroizing::new(value.into())));
        pairs.try_fold(Params::default(), Params::and)
    }
}

impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

impl fmt::Display for ParamsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ParamsError::Repeated(name) => write!(f, "{} is sent more than once", printable(name)),
            ParamsError::TooMany => write!(f, "more than {MAX_FIELDS} fields"),
            ParamsError::TooLong(name) => write!(f, "{} is too long", printable(name)),
            ParamsError::Malformed => f.write_str("the form is not URL-encoded UTF-8"),
            ParamsError::Missing(name) => write!(f, "{name} is missing"),
        }
    }
}

impl std::error::Error for ParamsError {}

/// A field's name as it may be repeated to the sender: RFC 6749 (appendix A.8) allows no quotes, no backslash and only
/// visible ASCII in a description.
fn printable(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '?' }).collect()
}

/// One name or value, decoded; `%` must begin an escape of two hexadecimal digits.
fn decode(text: &[u8]) -> Result<String, ParamsError> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.iter();
    while let Some(byte) = rest.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(ParamsError::Malformed),
            },
            other => *other,
        });
    }
    String::from_utf8(out).map_err(|_| ParamsError::Malformed)
}

fn hex(digit: &u8) -> Option<u8> {
    // A hexadecimal digit is below 16.
    char::from(*digit).to_digit(16).map(|value| value as u8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fields_are_decoded_and_empty_ones_are_absent() {
        let mut params = Params::parse(b"a=1+2%20%C3%A9&b=&c&=x&&d=%2B").unwrap();
        assert_eq!(params.get("a"), Some("1 2 é"));
        assert_eq!((params.get("b"), params.get("c"), params.get("d")), (None, None, Some("+")));
        assert!(params.contains("b") && !params.contains("z"));
        assert_eq!(params.require("b"), Err(ParamsError::Missing("b")));
        assert_eq!(params.take("d").as_deref().map(String::as_str), Some("+"));
        assert_eq!(params.get("d"), None);
        assert!(Params::of_query(None).unwrap().is_empty());
    }

    #[test]
    fn a_repeated_name_is_refused_however_it_is_written() {
        for text in ["a=1&a=2", "a=1&a=1", "a=&a=1", "a=1&%61=2", "a&a"] {
            assert_eq!(Params::parse(text.as_bytes()).unwrap_err(), ParamsError::Repeated("a".into()), "{text}");
        }
        let list = Params::parse_with(b"a=1&a=2&b=3", &["a"]).unwrap();
        assert_eq!(list.get_all("a").collect::<Vec<_>>(), ["1", "2"]);
        assert!(Params::parse_with(b"a=1&a=2&b=3&b=4", &["a"]).is_err());
        assert!(Params::try_from(vec![("a", "1"), ("a", "2")]).is_err());
        let (query, form) = (Params::parse(b"a=1&b=").unwrap(), Params::parse(b"c=3").unwrap());
        assert_eq!(query.clone().join(form).unwrap().iter().collect::<Vec<_>>(), [("a", "1"), ("c", "3")]);
        let twice = query.join(Params::parse(b"c=3&b=2").unwrap());
        assert_eq!(twice.unwrap_err(), ParamsError::Repeated("b".into()));
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in ["a=%", "a=%4", "a=%zz", "a=%+1", "%=1", "a=%ff", "a=%c3%28", "a=%%41"] {
            assert_eq!(Params::parse(text.as_bytes()).unwrap_err(), ParamsError::Malformed, "{text}");
        }
        assert_eq!(Params::parse(b"a=\xff").unwrap_err(), ParamsError::Malformed);
    }

    #[test]
    fn every_size_has_a_limit() {
        let form = |n: usize| (0..n).map(|i| format!("f{i}=1")).collect::<Vec<_>>().join("&");
        assert!(Params::parse(form(MAX_FIELDS).as_bytes()).is_ok());
        assert_eq!(Params::parse(form(MAX_FIELDS + 1).as_bytes()).unwrap_err(), ParamsError::TooMany);
        assert!(Params::parse(format!("{}=1", "n".repeat(MAX_NAME)).as_bytes()).is_ok());
        assert!(Params::parse(format!("{}=1", "n".repeat(MAX_NAME + 1)).as_bytes()).is_err());
        assert!(Params::parse(format!("a={}", "v".repeat(MAX_VALUE)).as_bytes()).is_ok());
        let long = Params::parse(format!("a={}", "v".repeat(MAX_VALUE + 1)).as_bytes());
        assert_eq!(long.unwrap_err(), ParamsError::TooLong("a".into()));
    }

    #[test]
    fn neither_debug_nor_an_error_repeats_what_was_sent() {
        let params = Params::parse(b"password=hunter2").unwrap();
        assert_eq!(format!("{params:?}"), r#"{"password"}"#);
        assert_eq!(ParamsError::Repeated("<b>\"x".into()).to_string(), "?b??x is sent more than once");
    }

    proptest! {
        #[test]
        fn what_was_encoded_is_read_back(pairs in proptest::collection::btree_map(".{1,16}", ".{1,64}", 0..20)) {
            prop_assume!(pairs.keys().all(|name| name.len() <= MAX_NAME));
            let text = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
            let params = Params::parse(text.as_bytes()).unwrap();
            for (name, value) in &pairs {
                prop_assert_eq!(params.get(name), Some(value.as_str()));
            }
        }

        #[test]
        fn no_bytes_make_it_stumble(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Params::parse(&bytes);
        }
    }
}
