//! How passkey ceremonies are answered: in JSON, to the script that asks. A form asks with the token all forms carry; where
//! to go on is a `location`, what went wrong a `problem` in words.

use poem::Response;
use poem::http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use poem::http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::engine::Denied;
use crate::engine::users::passkeys::Ceremony;
use crate::http::headers::no_store;
use crate::http::visit::Visit;
use crate::model::refusal::Refusal;

/// `body` as JSON, never kept.
pub(super) fn reply(status: StatusCode, body: &Value) -> Response {
    let mut response = Response::builder().status(status).body(body.to_string());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    no_store(response.headers_mut());
    response
}

/// What the browser shall ask of its passkeys.
pub(super) fn begun(ceremony: &Ceremony) -> Response {
    reply(StatusCode::OK, &json!({ "challenge": ceremony.challenge, "publicKey": ceremony.options }))
}

/// A redirect as the script follows it: scripts do not see where redirects lead. Cookies come along.
pub(super) fn onward(redirect: Response) -> Response {
    let to = redirect.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("/");
    let mut response = reply(StatusCode::OK, &json!({ "location": to }));
    for cookie in redirect.headers().get_all(SET_COOKIE) {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response
}

/// The same for an answer that stands in the way: a redirect to the sign-in page becomes a `location`.
#[expect(clippy::result_large_err, reason = "the error is an answer, moved once and on its way out")]
pub(super) fn elsewhere<T>(outcome: Result<T, Response>) -> Result<T, Response> {
    outcome.map_err(|stopped| if stopped.status().is_redirection() { onward(stopped) } else { stopped })
}

/// Why a ceremony came to nothing, in words; `sentence` for when the passkey was refused.
pub(super) fn refused(visit: &Visit, denied: &Denied, sentence: &str) -> Response {
    visit.desk.note(denied, &visit.caller);
    if let Denied::Refused(Refusal::PasskeyUnknown) = denied {
        let problem = "This server does not know that passkey. It may have been removed here.";
        return reply(StatusCode::BAD_REQUEST, &json!({ "problem": problem, "unknown": true }));
    }
    let (status, problem) = match denied {
        Denied::Refused(Refusal::PasskeyRefused) => (StatusCode::BAD_REQUEST, sentence.to_owned()),
        Denied::Refused(Refusal::PasskeyUnverified) => (
            StatusCode::BAD_REQUEST,
            "That key did not check that it is you, by PIN, finger or face, and this server asks for that. Set a PIN for \
             it, or use another one."
                .to_owned(),
        ),
        Denied::Refused(Refusal::PasskeyNeedsPassword) => (
            StatusCode::BAD_REQUEST,
            "That is a security key: it signs you in beside your password only. Type your password first.".to_owned(),
        ),
        Denied::Refused(Refusal::FieldInvalid(problem)) => (StatusCode::BAD_REQUEST, problem.sentence.clone()),
        Denied::Refused(Refusal::TooManyTries(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, format!("Too many tries. Wait {seconds} seconds."))
        }
        Denied::Refused(Refusal::SignInGone | Refusal::SessionEnded | Refusal::InteractionGone) => {
            (StatusCode::GONE, "This page was open for too long. Load it again.".to_owned())
        }
        Denied::Busy(_) | Denied::Unavailable(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, "The server is busy. Try again in a moment.".to_owned())
        }
        Denied::Refused(_) => (StatusCode::BAD_REQUEST, "The request cannot be answered.".to_owned()),
    };
    reply(status, &json!({ "problem": problem }))
}
