//! What says nothing about the request itself: too much, too busy, no store, a body that nobody could read. Its status and
//! its words are the same in every dialect; each puts them into its own shape.

use std::sync::Arc;

use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

use crate::base::ids::RequestId;
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::{Fault, Shape};
use crate::http::params::ParamsError;
use crate::model::refusal::Refusal;

use super::words::{Words, words};

/// Why there is no answer to what was asked.
#[derive(Clone, Copy, Debug)]
pub struct Trouble {
    /// Its status.
    pub status: StatusCode,
    /// What it is called.
    pub words: Words,
    /// In how many seconds it is worth another try, if that is known.
    pub retry_after: Option<u64>,
}

/// The refusal of what was asked, which the dialect has words for.
///
/// # Errors
/// The trouble that kept the request from being decided, with the dialect's `words` for it.
pub fn or_refusal(denied: &Denied, said: fn(&Refusal) -> Words) -> Result<&Refusal, Trouble> {
    let unavailable = words("temporarily_unavailable", "The server cannot answer now. Try again in a moment.");
    let (status, words, seconds) = match denied {
        Denied::Refused(refusal @ Refusal::TooManyTries(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, said(refusal), u64::from(*seconds))
        }
        Denied::Refused(refusal @ Refusal::HasherBusy) => (StatusCode::SERVICE_UNAVAILABLE, said(refusal), 1),
        Denied::Refused(refusal) => return Ok(refusal),
        Denied::Busy(after) => (StatusCode::SERVICE_UNAVAILABLE, unavailable, after.as_secs()),
        Denied::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, unavailable, 5),
    };
    Err(Trouble { status, words, retry_after: Some(seconds.max(1)) })
}

/// A body that could not be read, where one of `content_type` was expected (a full sentence).
pub fn unreadable(error: &BodyError, content_type: &'static str) -> Trouble {
    let (status, sentence) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The body came too slowly."),
        BodyError::WrongType => (StatusCode::BAD_REQUEST, content_type),
        BodyError::Unreadable => (StatusCode::BAD_REQUEST, "The body cannot be read."),
        BodyError::Params(ParamsError::Repeated(_)) => (StatusCode::BAD_REQUEST, "A parameter is repeated."),
        BodyError::Params(_) => (StatusCode::BAD_REQUEST, "The parameters cannot be read."),
    };
    Trouble { status, words: words("invalid_request", sentence), retry_after: None }
}

/// How a dialect says what the transport refuses: in the shape that `spoken` gives everything else.
pub fn shape(spoken: fn(StatusCode, Words) -> Response) -> Arc<dyn Shape> {
    Arc::new(Spoken(spoken))
}

struct Spoken(fn(StatusCode, Words) -> Response);

impl Shape for Spoken {
    fn render(&self, fault: &Fault, _: &RequestId) -> Response {
        self.0(fault.status(), of_fault(fault))
    }
}

/// What the transport refuses, in words.
pub fn of_fault(fault: &Fault) -> Words {
    let error = match fault {
        Fault::NotFound => "not_found",
        Fault::MethodNotAllowed { .. } | Fault::Malformed | Fault::TooLarge | Fault::WrongType | Fault::TooSlow => {
            "invalid_request"
        }
        Fault::TooMany { .. } | Fault::Unavailable { .. } => "temporarily_unavailable",
        Fault::Internal => "server_error",
    };
    words(error, fault.sentence())
}

impl Trouble {
    /// The answer, in the shape that `spoken` gives it.
    pub fn told(self, spoken: impl FnOnce(StatusCode, Words) -> Response) -> Response {
        let mut response = spoken(self.status, self.words);
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
