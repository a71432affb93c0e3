//! Every cause in the words of RFC 6749 (section 5.2) and RFC 6750 (section 3.1).
//!
//! Causes that would tell an attacker which check failed share one sentence; the log has the cause itself.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{Request, Response};

use crate::dialects::reply;
use crate::dialects::trouble;
use crate::dialects::words::{Words, malformed, missing, words};
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::Shape;
use crate::model::refusal::Refusal;

/// What a bad authorization grant is told, whichever check it failed.
const BAD_GRANT: Words =
    words("invalid_grant", "The grant is invalid, expired, revoked, used before, or was issued to another client.");
/// What a client that failed to authenticate is told.
const BAD_CLIENT: Words = words("invalid_client", "Bad client credentials");
/// What a bad access token is told.
const BAD_TOKEN: Words = words("invalid_token", "The access token is invalid, expired or revoked.");
/// What whoever cannot register a client is told, for whatever reason.
const BAD_OWNER: Words = words("access_denied", "A client cannot be registered with this username and password.");
/// What is told of causes that only other endpoints have.
const ELSEWHERE: Words = words("invalid_request", "The request was refused.");

/// The code and sentence for a cause.
pub fn of(refusal: &Refusal) -> Words {
    match refusal {
        Refusal::ParameterMissing(name) => words("invalid_request", missing(name)),
        Refusal::ParameterMalformed(name) => words("invalid_request", malformed(name)),

        Refusal::ClientMissing
        | Refusal::ClientUnknown
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

        Refusal::GrantTypeUnknown => words("unsupported_grant_type", "This interface has no such grant type."),
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
        | Refusal::UserNotAllowed
        | Refusal::SessionEnded
        | Refusal::FactorUnmet
        | Refusal::ConsentWithdrawn
        | Refusal::ScopeWithdrawn
        | Refusal::DeviceDiffers
        | Refusal::GuardianInvalid
        | Refusal::GuestInvalid => BAD_GRANT,
        Refusal::DeviceMissing => words("invalid_request", "This client must send device_id."),
        Refusal::ScopeWidened => words("invalid_scope", "The scope may only narrow what was granted."),
        Refusal::ScopeNotAllowed => {
            words("invalid_scope", "A scope does not exist, or this client may not ask for it.")
        }

        Refusal::PasswordWrong
        | Refusal::RegistrationClosed
        | Refusal::RegistrationRefused
        | Refusal::ClientRegistrationNotPermitted
        | Refusal::TooManyClients => BAD_OWNER,

        Refusal::TokenMissing => words("invalid_request", "An access token is needed."),
        Refusal::TokenInvalid | Refusal::TokenAudience | Refusal::ScopeInsufficient(_) => BAD_TOKEN,

        Refusal::SecondFactorRequired | Refusal::SecondFactorWrong | Refusal::MailedCodeWrong => {
            words("mfa_required", "A second factor is due: send its code as otp.")
        }
        Refusal::EnrolmentRequired => {
            words("mfa_required", "A second factor must be set up first, on the sign-in page.")
        }
        Refusal::TooManyTries(_) => words("temporarily_unavailable", "Too many tries. Wait a moment and try again."),
        Refusal::HasherBusy => words("temporarily_unavailable", "The server is busy. Try again in a moment."),

        Refusal::RedirectUnregistered
        | Refusal::ResponseTypeUnsupported
        | Refusal::ResponseModeUnsupported
        | Refusal::ChallengeMissing
        | Refusal::ChallengeMethodUnsupported
        | Refusal::PromptContradictory
        | Refusal::RequestObjectUnsupported
        | Refusal::RequestUriUnsupported
        | Refusal::RegistrationUnsupported
        | Refusal::AcrUnmet
        | Refusal::LoginRequired
        | Refusal::ConsentRequired
        | Refusal::AccountSelectionRequired
        | Refusal::AccessDenied
        | Refusal::InteractionGone
        | Refusal::InteractionAnswered
        | Refusal::OriginNotAllowed
        | Refusal::HintInvalid
        | Refusal::SignInGone
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
        | Refusal::LastAdministrator => ELSEWHERE,
    }
}

/// The answer of the token and registration endpoints to a denial.
pub fn answer(denied: &Denied, basic: bool) -> Response {
    let refusal = match trouble::or_refusal(denied, of) {
        Ok(refusal) => refusal,
        Err(trouble) => return trouble.told(reply::refusal),
    };
    let words = of(refusal);
    let failed = words == BAD_CLIENT || words == BAD_OWNER;
    let response = reply::refusal(if failed { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }, words);
    if failed && basic { reply::challenge(response, reply::BASIC) } else { response }
}

/// The answer of the resource endpoint to a denial: one for every token that does not let its bearer in.
pub fn bearer_answer(denied: &Denied) -> Response {
    let refusal = match trouble::or_refusal(denied, of) {
        Ok(refusal) => refusal,
        Err(trouble) => return trouble.told(reply::refusal),
    };
    reply::challenge(reply::refusal(StatusCode::UNAUTHORIZED, of(refusal)), "Bearer")
}

/// What a request that could not be read is told.
pub fn unreadable(error: &BodyError, request: &Request) -> Response {
    let wanted = match request.uri().path() {
        "/oauth/token" => "The content type must be application/x-www-form-urlencoded.",
        _ => "The content type must be application/json.",
    };
    trouble::unreadable(error, wanted).told(reply::refusal)
}

/// How this dialect says what the transport refuses.
pub fn shape() -> Arc<dyn Shape> {
    trouble::shape(reply::refusal)
}
