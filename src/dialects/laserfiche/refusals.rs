//! Every cause in the words of this dialect: a registered error code, and a sentence that client programs show as the title.
//!
//! Causes that would tell an attacker which check failed share one sentence; the activity log has the cause itself, under the
//! reference that every refusal carries.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{Request, Response};

use crate::base::ids::RequestId;
use crate::dialects::trouble;
use crate::dialects::words::{self, Words, words};
use crate::dialects::{extract, reply};
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::{Fault, Shape};
use crate::http::params::ParamsError;
use crate::model::refusal::Refusal;

use super::replies::ProblemBody;

/// Where the kinds of problem are described.
const KIND: &str = "https://www.rfc-editor.org/rfc/rfc6749#section-5.2";
/// How to go on, whatever it was.
const DETAIL: &str = "An administrator finds the cause in the activity log, under the reference in instance.";
/// What a bad authorization grant is told, whichever check it failed (RFC 6749, section 5.2).
const BAD_GRANT: Words = words(
    "invalid_grant",
    "The code or refresh token is invalid, expired, revoked, used before, or was issued to another client.",
);
/// What a client that failed to authenticate is told.
const BAD_CLIENT: Words = words(
    "invalid_client",
    "The client could not be authenticated: its client_id, secret, access key or account is not right.",
);
/// What a bad access token is told.
const BAD_TOKEN: Words = words("invalid_request", "The access token is invalid, expired or revoked.");

/// The code and sentence for a cause.
pub fn of(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::ParameterMissing(name) => words("invalid_request", words::missing(name)),
        Refusal::ParameterMalformed(name) => words("invalid_request", words::malformed(name)),

        Refusal::ClientMissing => words("invalid_client", "No client_id was sent."),
        Refusal::ClientUnknown
        | Refusal::ClientDisabled
        | Refusal::ClientOfAnotherFace
        | Refusal::ClientSecretMissing
        | Refusal::ClientSecretWrong
        | Refusal::CredentialsMalformed
        | Refusal::AssertionInvalid
        | Refusal::AssertionKeyUnknown
        | Refusal::AssertionUntimely
        | Refusal::AssertionAudience
        | Refusal::AccountDiffers => BAD_CLIENT,
        Refusal::CredentialsTwice => {
            words("invalid_request", "Authenticate the client in one way only: by header or in the body.")
        }
        Refusal::ClientMismatch => words("invalid_request", "The header and the body name different clients."),

        Refusal::GrantTypeUnknown => words("unsupported_grant_type", "This server has no such grant type."),
        Refusal::GrantTypeNotAllowed => words("unauthorized_client", "This client may not use this grant type."),
        Refusal::CodeUnknown
        | Refusal::CodeOfAnotherClient
        | Refusal::CodeExpired
        | Refusal::CodeUsedBefore
        | Refusal::RedirectMismatch
        | Refusal::VerifierMissing
        | Refusal::VerifierUnexpected
        | Refusal::VerifierWrong
        | Refusal::RefreshUnknown
        | Refusal::RefreshOfAnotherClient
        | Refusal::RefreshExpired
        | Refusal::RefreshUsedBefore
        | Refusal::RefreshRevoked
        | Refusal::GrantEnded
        | Refusal::UserGone
        | Refusal::UserDisabled
        | Refusal::SessionEnded
        | Refusal::FactorUnmet
        | Refusal::ConsentWithdrawn
        | Refusal::ScopeWithdrawn
        | Refusal::DeviceDiffers => BAD_GRANT,
        Refusal::RegistrationClosed | Refusal::RegistrationRefused => {
            words("invalid_request", "An account cannot be made of what was sent.")
        }
        Refusal::GuardianInvalid | Refusal::GuestInvalid => BAD_GRANT,
        Refusal::ClientRegistrationNotPermitted | Refusal::TooManyClients => {
            words("invalid_request", "Clients cannot be registered this way.")
        }
        Refusal::DeviceMissing => words("invalid_request", "This client must send device_id."),
        Refusal::ScopeWidened => words("invalid_scope", "The scope may only narrow what was granted."),
        Refusal::ScopeNotAllowed => {
            words("invalid_scope", "A scope does not exist, or this client may not ask for it.")
        }

        Refusal::RedirectUnregistered => words("invalid_request", "This client did not register this redirect_uri."),
        Refusal::ResponseTypeUnsupported => words("unsupported_response_type", "The response_type must be code."),
        Refusal::ResponseModeUnsupported => words("invalid_request", "The response_mode must be query or form_post."),
        Refusal::ChallengeMissing => words("invalid_request", "This client must send code_challenge (PKCE)."),
        Refusal::ChallengeMethodUnsupported => words("invalid_request", "The code_challenge_method must be S256."),
        Refusal::PromptContradictory => words("invalid_request", "The prompt none excludes every other."),
        Refusal::RequestObjectUnsupported => words("invalid_request", "Request objects are not supported."),
        Refusal::RequestUriUnsupported => words("invalid_request", "Request objects by reference are not supported."),
        Refusal::RegistrationUnsupported => words("invalid_request", "Registration with the request is not supported."),
        Refusal::AcrUnmet => words("access_denied", "This server has no such authentication context class."),
        Refusal::LoginRequired => words("access_denied", "Nobody is signed in."),
        Refusal::ConsentRequired => words("access_denied", "The person has not agreed yet."),
        Refusal::AccountSelectionRequired => words("access_denied", "The person must choose an account."),
        Refusal::AccessDenied => words("access_denied", "The person declined."),
        Refusal::UserNotAllowed => words("access_denied", "The person may not use this application."),
        Refusal::InteractionGone => words("invalid_request", "The sign-in was not finished in time."),
        Refusal::InteractionAnswered => words("invalid_request", "The sign-in was finished before."),

        Refusal::TokenMissing => words("invalid_request", "An access token is needed."),
        Refusal::TokenInvalid | Refusal::TokenAudience => BAD_TOKEN,
        Refusal::OriginNotAllowed => words("invalid_request", "This origin may not do this."),
        Refusal::ScopeInsufficient(_) => words("invalid_request", "The access token lacks a scope."),
        Refusal::HintInvalid => words("invalid_request", "The id_token_hint is not a token of this server."),

        Refusal::PasswordWrong => words("invalid_grant", "The username and password do not match."),
        Refusal::TooManyTries(_) => words("temporarily_unavailable", "Too many tries. Wait a moment and try again."),
        Refusal::HasherBusy => words("temporarily_unavailable", "The server is busy. Try again in a moment."),

        Refusal::SecondFactorRequired | Refusal::SecondFactorWrong | Refusal::MailedCodeWrong => {
            words("mfa_required", "A second factor is due: send its code as otp.")
        }
        Refusal::EnrolmentRequired => {
            words("mfa_required", "A second factor must be set up first, on the sign-in page.")
        }

        Refusal::SignInGone
        | Refusal::PasskeyRefused
        | Refusal::PasskeyUnknown
        | Refusal::PasskeyUnverified
        | Refusal::PasskeyNeedsPassword
        | Refusal::FreshSignInRequired
        | Refusal::LinkGone
        | Refusal::SetUpBefore
        | Refusal::NotPermitted
        | Refusal::NotFound(_)
        | Refusal::Taken(_)
        | Refusal::FieldInvalid(_)
        | Refusal::LastAdministrator => words("invalid_request", "The request was refused."),
    }
}

/// The answer of the token endpoint to a denial.
pub fn answer(denied: &Denied, request: &Request, reference: &RequestId) -> Response {
    let words = match trouble::or_refusal(denied, of) {
        // At the authorization endpoint the client is told; here it is one more grant that does not hold any more.
        Ok(Refusal::UserNotAllowed | Refusal::ConsentRequired) => BAD_GRANT,
        Ok(refusal) => of(refusal),
        Err(trouble) => return trouble.told(|status, words| spoken(status, words, reference)),
    };
    if words.error != "invalid_client" {
        return spoken(StatusCode::BAD_REQUEST, words, reference);
    }
    let challenge = match extract::bearer(request) {
        Some(_) => "Bearer realm=\"countersign\"",
        None => reply::BASIC,
    };
    reply::challenge(spoken(StatusCode::UNAUTHORIZED, words, reference), challenge)
}

fn spoken(status: StatusCode, words: Words, reference: &RequestId) -> Response {
    problem(status, words, DETAIL, reference)
}

fn problem(status: StatusCode, words: Words, detail: &str, reference: &RequestId) -> Response {
    let problem = ProblemBody {
        kind: KIND.to_owned(),
        title: words.description.to_owned(),
        status: status.as_u16(),
        detail: detail.to_owned(),
        instance: reference.to_string(),
        error: words.error.to_owned(),
        error_description: words.description.to_owned(),
    };
    reply::json(status, &problem)
}

/// What a token request that could not be read is told.
pub fn unreadable(error: &BodyError, reference: &RequestId) -> Response {
    trouble::unreadable(error, "The content type must be application/x-www-form-urlencoded.")
        .told(|status, words| spoken(status, words, reference))
}

/// The cause of what could not be read, for the activity log.
pub fn cause(error: &BodyError) -> Refusal {
    Refusal::ParameterMalformed(match error {
        BodyError::Params(ParamsError::Repeated(_)) => "one that is repeated",
        BodyError::Params(_) => "the form",
        _ => "the body",
    })
}

/// How this dialect says what the transport refuses.
pub fn shape() -> Arc<dyn Shape> {
    Arc::new(ProblemShape)
}

struct ProblemShape;

impl Shape for ProblemShape {
    fn render(&self, fault: &Fault, reference: &RequestId) -> Response {
        let words = trouble::of_fault(fault);
        // Of what asks for nothing there is, the activity log has nothing either.
        problem(fault.status(), words, words.description, reference)
    }
}
