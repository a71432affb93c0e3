//! The authorization endpoint as a sign-in front end of ours uses it: its person's access token in the header, the answer in
//! an envelope, no browser involved.

use poem::http::{HeaderValue, StatusCode, header};
use poem::{Request, Response};
use serde::Serialize;
use time::OffsetDateTime;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::dialects::cors::AnsweredFrontEnd;
use crate::dialects::oidc::refusals;
use crate::dialects::words::{Words, words};
use crate::dialects::{extract, reply};
use crate::engine::authorize::{AuthorizationResponse, AuthorizeRefused};
use crate::engine::{Caller, Denied};
use crate::http::body::BodyError;
use crate::http::cors;
use crate::http::desk::Desk;
use crate::http::params::{Params, ParamsError};
use crate::model::face::Face;
use crate::model::refusal::Refusal;

use super::replies::{AuthorizedBody, AuthorizedData, EnvelopeMetadata};

/// Whether a request comes from a front end: it has a bearer token. A browser never sends one by itself.
pub fn is_one(request: &Request) -> bool {
    extract::bearer(request).is_some()
}

/// Answers it; the answer says whose origins may read it.
pub async fn authorize(desk: &Desk, face: &Face, request: &Request, sent: Result<Params, BodyError>) -> Response {
    let (caller, now) = (desk.caller(request), desk.engine.now());
    let (client, outcome) = decide(desk, face, request, &caller, sent).await;
    let mut response = match outcome {
        Ok(answer) => reply::json(StatusCode::OK, &success(&answer, now)),
        Err(Failure::Unreadable(status, said)) => failure(status, said, now),
        Err(Failure::Denied(denied)) => {
            desk.note(&denied, &caller);
            refused(&denied, now)
        }
    };
    response.set_data(AnsweredFrontEnd(client));
    response
}

enum Failure {
    Unreadable(StatusCode, Words),
    Denied(Denied),
}

async fn decide(
    desk: &Desk,
    face: &Face,
    request: &Request,
    caller: &Caller,
    sent: Result<Params, BodyError>,
) -> (Option<ClientId>, Result<AuthorizationResponse, Failure>) {
    let denied = |denied: Denied| Failure::Denied(denied);
    let Some(Some(token)) = extract::bearer(request) else {
        return (None, Err(denied(Refusal::TokenInvalid.into())));
    };
    let found = desk.engine.front_end(&token, cors::origin(request.headers())).await;
    let (client, front_end) = match found {
        Ok((client, Ok(front_end))) => (client, front_end),
        Ok((client, Err(refusal))) => return (client, Err(denied(refusal.into()))),
        Err(fault) => return (None, Err(denied(fault.into()))),
    };
    let parameters = match sent {
        Ok(fields) => extract::all(&fields),
        Err(error) => return (client, Err(unreadable(&error))),
    };
    let answer = desk.engine.authorize_by_front_end(caller, face, &parameters, &front_end).await;
    let answer = answer.map_err(|refused| match refused {
        AuthorizeRefused::Page(page) => denied(page.refusal.into()),
        AuthorizeRefused::Redirect(told) => denied(told.refusal.into()),
        AuthorizeRefused::Denied(other) => denied(other),
    });
    (client, answer)
}

fn success(answer: &AuthorizationResponse, now: Timestamp) -> AuthorizedBody {
    let value = |name: &str| {
        let found = answer.parameters.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| value.clone())
    };
    AuthorizedBody {
        status: "success".to_owned(),
        data: AuthorizedData { code: value("code").unwrap_or_default(), state: value("state") },
        metadata: EnvelopeMetadata { created_at: moment(now) },
    }
}

#[derive(Serialize)]
struct Refused {
    status: &'static str,
    error: &'static str,
    error_description: &'static str,
    metadata: EnvelopeMetadata,
}

fn failure(status: StatusCode, said: Words, now: Timestamp) -> Response {
    let metadata = EnvelopeMetadata { created_at: moment(now) };
    let (error, error_description) = (said.error, said.description);
    reply::json(status, &Refused { status: "error", error, error_description, metadata })
}

fn refused(denied: &Denied, now: Timestamp) -> Response {
    let (status, said, wait) = match denied {
        Denied::Refused(refusal) => match refusal {
            Refusal::TooManyTries(seconds) => (StatusCode::TOO_MANY_REQUESTS, refusals::of(refusal), *seconds),
            refusal => (status_of(refusal), said_of(refusal), 0),
        },
        Denied::Busy(_) | Denied::Unavailable(_) => {
            let said = words("temporarily_unavailable", "The server cannot answer now. Try again in a moment.");
            (StatusCode::SERVICE_UNAVAILABLE, said, 5)
        }
    };
    let mut response = failure(status, said, now);
    if wait > 0 {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    match said.error {
        "invalid_token" => reply::challenge(response, "Bearer error=\"invalid_token\""),
        _ => response,
    }
}

/// Unregistered addresses and ended sessions have other names here than where a browser is sent away.
fn said_of(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::RedirectUnregistered => words("invalid_grant", "This client did not register this redirect_uri."),
        Refusal::SessionEnded => refusals::of(&Refusal::TokenInvalid),
        refusal => refusals::of(refusal),
    }
}

/// 401: prove anew who you are, the client or the person. 403: known, and not allowed. 400: anything about the request.
fn status_of(refusal: &Refusal) -> StatusCode {
    match said_of(refusal).error {
        "invalid_client" | "invalid_token" | "login_required" => StatusCode::UNAUTHORIZED,
        "insufficient_scope" | "access_denied" | "consent_required" | "account_selection_required" => {
            StatusCode::FORBIDDEN
        }
        _ => StatusCode::BAD_REQUEST,
    }
}

fn unreadable(error: &BodyError) -> Failure {
    let (status, sentence) = match error {
        BodyError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large."),
        BodyError::TooSlow => (StatusCode::REQUEST_TIMEOUT, "The body came too slowly."),
        BodyError::Params(ParamsError::Repeated(_)) => (StatusCode::BAD_REQUEST, "A parameter is repeated."),
        _ => (StatusCode::BAD_REQUEST, "The parameters must be a form that can be read."),
    };
    Failure::Unreadable(status, words("invalid_request", sentence))
}

/// `2021-03-04T13:44:21.000Z`: the server's time has whole seconds.
fn moment(at: Timestamp) -> String {
    let at = OffsetDateTime::from_unix_timestamp(at.0).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (date, time) = (at.date(), at.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second, milli) = (time.hour(), time.minute(), time.second(), time.millisecond());
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_milliseconds() {
        assert_eq!(moment(Timestamp(1_614_865_461)), "2021-03-04T13:44:21.000Z");
    }
}
