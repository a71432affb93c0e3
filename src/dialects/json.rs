//! Requests in JSON, read as strictly as forms: one object of strings, no name twice, nothing without end.

use std::fmt;
use std::marker::PhantomData;

use poem::{Error, Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};

use crate::http::body::{self, BodyError};
use crate::http::params::{Params, ParamsError};

use super::extract::Wording;

/// The members of a JSON object; empty ones absent. `T` describes them to OpenAPI, `W` words the refusals.
pub struct JsonForm<T, W> {
    /// What was sent.
    pub fields: Params,
    _described: PhantomData<fn() -> (T, W)>,
}

impl<'a, T: Type, W: Wording> ApiExtractor<'a> for JsonForm<T, W> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let json = MetaMediaType { content_type: body::JSON, schema: T::schema_ref() };
        Some(MetaRequest { description: None, content: vec![json], required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
        match members(request, body).await {
            Ok(fields) => Ok(JsonForm { fields, _described: PhantomData }),
            Err(error) => Err(Error::from_response(W::unreadable(&error, request))),
        }
    }
}

async fn members(request: &Request, body: &mut RequestBody) -> Result<Params, BodyError> {
    let mut reading = Request::default();
    *reading.headers_mut() = request.headers().clone();
    if let Ok(body) = body.take() {
        reading.set_body(body);
    }
    let bytes = body::read(&mut reading, body::FORM_LIMIT, &[body::JSON]).await?;
    Ok(parse(&bytes)?)
}

/// Reads `json`, which must be one object of strings (RFC 8259). A value of any other kind is refused where it begins, so
/// depth costs nothing.
fn parse(json: &[u8]) -> Result<Params, ParamsError> {
    let Strings(pairs) = serde_json::from_slice(json).map_err(|_| ParamsError::Malformed)?;
    Params::try_from(pairs)
}

/// Names and values in the order sent, repeated ones included.
struct Strings(Vec<(String, String)>);

impl<'de> Deserialize<'de> for Strings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Strings, D::Error> {
        deserializer.deserialize_map(StringsVisitor)
    }
}

struct StringsVisitor;

impl<'de> Visitor<'de> for StringsVisitor {
    type Value = Strings;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of strings")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Strings, A::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(Strings(pairs))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_of_strings_is_read_as_a_form_would_be() {
        let fields = parse(br#" {"a":"1","b":"","c":"\u00e9\n"} "#).unwrap();
        assert_eq!(fields.iter().collect::<Vec<_>>(), [("a", "1"), ("c", "\u{e9}\n")]);
    }

    #[test]
    fn everything_else_is_refused() {
        for json in [
            r#"{"a":1}"#,
            r#"{"a":null}"#,
            r#"{"a":{"b":"c"}}"#,
            r#"{"a":["b"]}"#,
            r#"["a","b"]"#,
            r#""a""#,
            "null",
            "",
            "{",
            r#"{"a":"b"}x"#,
            r#"{"a":"b",}"#,
            r#"{a:"b"}"#,
            r#"{"a":"\ud800"}"#,
        ] {
            assert_eq!(parse(json.as_bytes()).unwrap_err(), ParamsError::Malformed, "{json}");
        }
        assert_eq!(parse(b"{\"a\":\"\xff\"}").unwrap_err(), ParamsError::Malformed);
        assert_eq!(parse(br#"{"a":"1","\u0061":"2"}"#).unwrap_err(), ParamsError::Repeated("a".into()));
        let bomb = [br#"{"a":"#.to_vec(), vec![b'['; 15_000]].concat();
        assert_eq!(parse(&bomb).unwrap_err(), ParamsError::Malformed);
        let long = format!(r#"{{"a":"{}"}}"#, "x".repeat(9_000));
        assert_eq!(parse(long.as_bytes()).unwrap_err(), ParamsError::TooLong("a".into()));
    }
}
