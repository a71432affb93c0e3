//! Reading a body: never more than asked for, never of another type.

use std::fmt;
use std::io::ErrorKind;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use poem::Request;
use poem::http::HeaderMap;
use poem::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};

use super::params::{Params, ParamsError};

/// The most a form or a token request may have.
pub const FORM_LIMIT: usize = 16 * 1024;
/// The content type of forms.
pub const FORM: &str = "application/x-www-form-urlencoded";
/// The content type of JSON.
pub const JSON: &str = "application/json";

/// Why a body was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// Longer than the limit.
    TooLarge,
    /// Another content type, or encoded in transit.
    WrongType,
    /// The connection broke, or the framing is wrong.
    Unreadable,
    /// It did not arrive in time.
    TooSlow,
    /// It is a form, but not one that can be taken.
    Params(ParamsError),
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BodyError::TooLarge => f.write_str("the request is too large"),
            BodyError::WrongType => f.write_str("the content type is not the one expected here"),
            BodyError::Unreadable => f.write_str("the request broke off"),
            BodyError::TooSlow => f.write_str("the request did not arrive in time"),
            BodyError::Params(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for BodyError {}

impl From<ParamsError> for BodyError {
    fn from(error: ParamsError) -> BodyError {
        BodyError::Params(error)
    }
}

/// Reads the request's form, at most [`FORM_LIMIT`] bytes. No body at all is a form without fields.
pub async fn form(request: &mut Request) -> Result<Params, BodyError> {
    form_with(request, FORM_LIMIT, &[]).await
}

/// Reads the request's form, at most `limit` bytes; the names in `repeatable` may occur more than once.
pub async fn form_with(request: &mut Request, limit: usize, repeatable: &[&str]) -> Result<Params, BodyError> {
    let bytes = read(request, limit, &[FORM]).await?;
    Ok(Params::parse_with(&bytes, repeatable)?)
}

/// Reads the request's body, at most `limit` bytes, if its content type is one of `types` (without parameters, in lower
/// case). No body at all needs no type.
pub async fn read(request: &mut Request, limit: usize, types: &[&str]) -> Result<Bytes, BodyError> {
    let body = request.take_body();
    if body.is_empty() {
        return Ok(Bytes::new());
    }
    if announced(request.headers()).is_some_and(|length| length > limit as u64) {
        return Err(BodyError::TooLarge);
    }
    let wanted = media_type(request.headers()).is_some_and(|sent| types.contains(&sent.as_str()));
    if !wanted || encoded(request.headers()) {
        // A type is missing only where there is nothing it could describe.
        let untyped = !request.headers().contains_key(CONTENT_TYPE) && !encoded(request.headers());
        return if untyped && collect(body, 0).await.is_ok() { Ok(Bytes::new()) } else { Err(BodyError::WrongType) };
    }
    collect(body, limit).await
}

/// The request's content type without its parameters, in lower case; `None` when it is absent, repeated, unreadable, or
/// names a character set other than UTF-8.
pub fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut all = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (all.next(), all.next()) else { return None };
    let value = value.to_str().ok()?.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next()?.to_owned();
    let charset = parts.find_map(|part| part.strip_prefix("charset="));
    charset.is_none_or(|name| matches!(name.trim_matches('"'), "utf-8" | "utf8")).then_some(essence)
}

async fn collect(body: poem::Body, limit: usize) -> Result<Bytes, BodyError> {
    let mut chunks = std::pin::pin!(body.into_bytes_stream());
    let mut all = BytesMut::new();
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|error| match error.kind() {
            ErrorKind::TimedOut => BodyError::TooSlow,
            ErrorKind::FileTooLarge => BodyError::TooLarge,
            _ => BodyError::Unreadable,
        })?;
        if all.len() + chunk.len() > limit {
            return Err(BodyError::TooLarge);
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all.freeze())
}

fn announced(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Bodies encoded in transit are not taken: a small one could become a large one.
fn encoded(headers: &HeaderMap) -> bool {
    headers.get_all(CONTENT_ENCODING).iter().any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::Body;

    fn post(content_type: &str, body: impl Into<Body>) -> Request {
        Request::builder().method(poem::http::Method::POST).content_type(content_type).body(body)
    }

    fn stream(chunks: Vec<std::io::Result<Bytes>>) -> Body {
        Body::from_bytes_stream(futures_util::stream::iter(chunks))
    }

    #[tokio::test]
    async fn a_form_is_read_whatever_its_charset_parameter_looks_like() {
        for kind in
            [FORM, "Application/X-WWW-Form-Urlencoded; charset=\"UTF-8\"", "application/x-www-form-urlencoded;a=b"]
        {
            assert_eq!(form(&mut post(kind, "a=1")).await.unwrap().get("a"), Some("1"), "{kind}");
        }
        assert!(form(&mut Request::builder().finish()).await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn other_types_are_refused() {
        for kind in
            ["text/plain", JSON, "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=latin1"]
        {
            assert_eq!(form(&mut post(kind, "a=1")).await.unwrap_err(), BodyError::WrongType, "{kind}");
        }
        let mut untyped = Request::builder().body("a=1");
        assert_eq!(form(&mut untyped).await.unwrap_err(), BodyError::WrongType);
        let mut untyped_but_empty = Request::builder().body(stream(vec![]));
        assert!(form(&mut untyped_but_empty).await.unwrap().is_empty());
        let mut packed = post(FORM, "a=1");
        packed.headers_mut().insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        assert_eq!(form(&mut packed).await.unwrap_err(), BodyError::WrongType);
    }

    #[tokio::test]
    async fn the_limit_holds_with_and_without_an_announced_length() {
        let long = "a=".to_owned() + &"x".repeat(FORM_LIMIT);
        assert_eq!(form(&mut post(FORM, long.clone())).await.unwrap_err(), BodyError::TooLarge);
        let chunks = vec![Ok(Bytes::from(long[..9000].to_owned())), Ok(Bytes::from(long[9000..].to_owned()))];
        assert_eq!(form(&mut post(FORM, stream(chunks))).await.unwrap_err(), BodyError::TooLarge);
        let mut liar = post(FORM, "a=1");
        liar.headers_mut().insert(CONTENT_LENGTH, "999999".parse().unwrap());
        assert_eq!(form(&mut liar).await.unwrap_err(), BodyError::TooLarge);
    }

    #[tokio::test]
    async fn why_reading_failed_is_told_apart() {
        for (kind, error) in [
            (ErrorKind::TimedOut, BodyError::TooSlow),
            (ErrorKind::FileTooLarge, BodyError::TooLarge),
            (ErrorKind::ConnectionReset, BodyError::Unreadable),
        ] {
            assert_eq!(form(&mut post(FORM, stream(vec![Err(kind.into())]))).await.unwrap_err(), error);
        }
    }
}
