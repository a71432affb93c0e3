//! What the transport itself refuses: the wrong path, method, size, type or pace.
//!
//! A [`Fault`] has no words. Each face gives a [`Shape`] that says them in its own form, so that nothing falls through
//! to a framework's text.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use poem::Response;
use poem::http::header::{ALLOW, CACHE_CONTROL, RETRY_AFTER};
use poem::http::{HeaderValue, StatusCode};

use super::body::BodyError;
use crate::base::ids::RequestId;
use crate::base::rate::TooMany;

/// Why a request was refused before its meaning mattered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing lives at this path.
    NotFound,
    /// The path exists, the method does not; what does is named, as in an `Allow` header (RFC 9110, section 10.2.1).
    MethodNotAllowed {
        /// For example `GET, HEAD, POST`; empty when unknown.
        allow: String,
    },
    /// The request cannot be read.
    Malformed,
    /// The body is longer than this route takes.
    TooLarge,
    /// The body is not of the type this route takes.
    WrongType,
    /// The body did not arrive in time.
    TooSlow,
    /// Too many requests from here; worth another try after so many seconds.
    TooMany {
        /// Seconds.
        retry_after: u64,
    },
    /// The server cannot answer now; worth another try after so many seconds.
    Unavailable {
        /// Seconds.
        retry_after: u64,
    },
    /// The server made a mistake.
    Internal,
}

impl From<TooMany> for Fault {
    fn from(many: TooMany) -> Fault {
        Fault::TooMany { retry_after: many.retry_after }
    }
}

impl Fault {
    /// The status that belongs to the fault.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Fault::Malformed => StatusCode::BAD_REQUEST,
            Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::WrongType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Fault::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Fault::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Fault::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Fault::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The answer in the words of `shape`, with the status and the headers that belong to the fault.
    pub fn respond(&self, shape: &dyn Shape, id: &RequestId) -> Response {
        let mut response = shape.render(self, id);
        response.set_status(self.status());
        let headers = response.headers_mut();
        match self {
            Fault::MethodNotAllowed { allow } => {
                headers.insert(ALLOW, HeaderValue::from_str(allow).unwrap_or(HeaderValue::from_static("")));
            }
            Fault::TooMany { retry_after } | Fault::Unavailable { retry_after } => {
                headers.insert(RETRY_AFTER, HeaderValue::from(*retry_after));
            }
            _ => {}
        }
        headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        response
    }

    /// The fault as a plain sentence, for logs and for [`Plain`].
    pub fn sentence(&self) -> &'static str {
        match self {
            Fault::NotFound => "Nothing is here.",
            Fault::MethodNotAllowed { .. } => "This address does not take this method.",
            Fault::Malformed => "The request cannot be read.",
            Fault::TooLarge => "The request is too large.",
            Fault::WrongType => "The request's content type is not the one expected here.",
            Fault::TooSlow => "The request did not arrive in time.",
            Fault::TooMany { .. } => "Too many requests. Wait a moment and try again.",
            Fault::Unavailable { .. } => "The server cannot answer now. Try again in a moment.",
            Fault::Internal => "The server made a mistake. The log has the details under this reference.",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.sentence())
    }
}

impl std::error::Error for Fault {}

/// Lets an endpoint answer `Err(fault.into())`; the [`edge`](super::edge) then finds the words.
impl poem::error::ResponseError for Fault {
    fn status(&self) -> StatusCode {
        Fault::status(self)
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Fault {
        match error {
            BodyError::TooLarge => Fault::TooLarge,
            BodyError::WrongType => Fault::WrongType,
            BodyError::TooSlow => Fault::TooSlow,
            BodyError::Unreadable | BodyError::Params(_) => Fault::Malformed,
        }
    }
}

/// How a face says a fault. Status, `Allow` and `Retry-After` are set by [`Fault::respond`].
pub trait Shape: Send + Sync + 'static {
    /// The answer's body and content type; `id` is the reference to show.
    fn render(&self, fault: &Fault, id: &RequestId) -> Response;
}

/// Plain text, for where no face has said otherwise.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plain;

impl Shape for Plain {
    fn render(&self, fault: &Fault, id: &RequestId) -> Response {
        Response::builder()
            .content_type("text/plain; charset=utf-8")
            .body(format!("{}\nReference {id}\n", fault.sentence()))
    }
}

/// Which face's words belong to which path.
#[derive(Clone)]
pub struct Shapes {
    default: Arc<dyn Shape>,
    at: BTreeMap<String, Arc<dyn Shape>>,
    below: Vec<(String, Arc<dyn Shape>)>,
}

impl Shapes {
    /// `default` wherever no prefix matches.
    pub fn new(default: impl Shape) -> Shapes {
        Shapes { default: Arc::new(default), at: BTreeMap::new(), below: Vec::new() }
    }

    /// `shape` for `prefix` itself and everything below it; the longest prefix that matches wins.
    #[must_use]
    pub fn below(mut self, prefix: impl Into<String>, shape: Arc<dyn Shape>) -> Shapes {
        self.below.push((prefix.into(), shape));
        self.below.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        self
    }

    /// `shape` for this very path, whatever lies around it.
    #[must_use]
    pub fn at(mut self, path: impl Into<String>, shape: Arc<dyn Shape>) -> Shapes {
        self.at.insert(path.into(), shape);
        self
    }

    /// The shape for `path`.
    pub fn of(&self, path: &str) -> &Arc<dyn Shape> {
        if let Some(shape) = self.at.get(path) {
            return shape;
        }
        let matches = |prefix: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || prefix.ends_with('/'))
        };
        self.below.iter().find(|(prefix, _)| matches(prefix)).map_or(&self.default, |(_, shape)| shape)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(&'static str);
    impl Shape for Says {
        fn render(&self, _: &Fault, _: &RequestId) -> Response {
            Response::builder().body(self.0)
        }
    }

    #[tokio::test]
    async fn the_longest_prefix_gives_the_words() {
        let shapes =
            Shapes::new(Plain).below("/oauth", Arc::new(Says("oauth"))).below("/oauth/v2/", Arc::new(Says("v2")));
        let said = async |path: &str| {
            let response = Fault::NotFound.respond(&**shapes.of(path), &RequestId::from_text("id"));
            assert_eq!(response.status(), StatusCode::NOT_FOUND);
            response.into_body().into_string().await.unwrap()
        };
        assert_eq!(said("/oauth").await, "oauth");
        assert_eq!(said("/oauth/x").await, "oauth");
        assert_eq!(said("/oauth/v2/x").await, "v2");
        assert!(said("/oauthx").await.starts_with("Nothing is here"));
    }

    #[test]
    fn allow_and_retry_after_come_with_the_fault() {
        let id = RequestId::from_text("id");
        let refused = Fault::MethodNotAllowed { allow: "GET, HEAD".into() }.respond(&Plain, &id);
        assert_eq!(refused.headers()[ALLOW], "GET, HEAD");
        let busy = Fault::TooMany { retry_after: 7 }.respond(&Plain, &id);
        assert_eq!((busy.status().as_u16(), busy.header("retry-after")), (429, Some("7")));
    }
}
