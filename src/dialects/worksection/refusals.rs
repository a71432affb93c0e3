//! Every cause in the words this dialect has for it: the published sentences where there are some.
//!
//! Descriptions tell an application's author what to mend. Causes that would tell an attacker which check failed share one
//! sentence; the log has the cause itself.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;

use crate::dialects::trouble::{self, Trouble};
use crate::dialects::words::{Words, malformed, missing, words};
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::Shape;
use crate::model::refusal::Refusal;

use super::replies::{self, ErrorBody};

/// What a bad code is told, whichever check it failed.
const BAD_CODE: Words = words("invalid_request", "Authorization code has been revoked");
/// What a bad refresh token is told, whichever check it failed.
const BAD_REFRESH_TOKEN: Words = words("invalid_request", "Cannot decrypt the refresh token");
/// What a client that failed to authenticate is told.
const BAD_CLIENT: Words = words("invalid_client", "Client authentication failed");
/// What a bad access token is told, or another client's.
const BAD_TOKEN: Words = words("not_authorized", "The access token is invalid, expired, revoked or another client's.");

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
        | Refusal::CredentialsTwice
        | Refusal::ClientMismatch
        | Refusal::AssertionInvalid
        | Refusal::AssertionKeyUnknown
        | Refusal::AssertionUntimely
        | Refusal::AssertionAudience
        | Refusal::AccountDiffers => BAD_CLIENT,

        Refusal::GrantTypeUnknown => words("unsupported_grant_type", "This endpoint has no such grant type."),
        Refusal::GrantTypeNotAllowed => words("unauthorized_client", "This client may not use this grant type."),
        Refusal::CodeUnknown
        | Refusal::CodeOfAnotherClient
        | Refusal::CodeExpired
        | Refusal::CodeUsedBefore
        | Refusal::RedirectMismatch
        | Refusal::VerifierMissing
        | Refusal::VerifierUnexpected
        | Refusal::VerifierWrong
        | Refusal::GrantEnded
        | Refusal::UserGone
        | Refusal::UserDisabled
        | Refusal::SessionEnded
        | Refusal::FactorUnmet
        | Refusal::ConsentWithdrawn
        | Refusal::ScopeWithdrawn
        | Refusal::DeviceDiffers => BAD_CODE,
        Refusal::RefreshUnknown
        | Refusal::RefreshOfAnotherClient
        | Refusal::RefreshExpired
        | Refusal::RefreshUsedBefore
        | Refusal::RefreshRevoked => BAD_REFRESH_TOKEN,
        Refusal::RegistrationClosed | Refusal::RegistrationRefused => {
            words("invalid_request", "An account cannot be made of what was sent.")
        }
        Refusal::GuardianInvalid | Refusal::GuestInvalid => BAD_TOKEN,
        Refusal::ClientRegistrationNotPermitted | Refusal::TooManyClients => {
            words("access_denied", "Clients cannot be registered this way.")
        }
        Refusal::DeviceMissing => {
            words("invalid_request", "This client must send device_id, for which this is no place.")
        }
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
        Refusal::RequestObjectUnsupported => words("request_not_supported", "Request objects are not supported."),
        Refusal::RequestUriUnsupported => {
            words("request_uri_not_supported", "Request objects by reference are not supported.")
        }
        Refusal::RegistrationUnsupported => {
            words("registration_not_supported", "Registration with the request is not supported.")
        }
        Refusal::AcrUnmet => {
            words("unmet_authentication_requirements", "This server has no such authentication context class.")
        }
        Refusal::LoginRequired => words("login_required", "Nobody is signed in."),
        Refusal::ConsentRequired => words("consent_required", "The person has not agreed yet."),
        Refusal::AccountSelectionRequired => words("account_selection_required", "The person must choose an account."),
        Refusal::AccessDenied => words("access_denied", "The person declined."),
        Refusal::UserNotAllowed => words("access_denied", "The person may not use this application."),
        Refusal::InteractionGone => words("invalid_request", "The sign-in was not finished in time."),
        Refusal::InteractionAnswered => words("invalid_request", "The sign-in was finished before."),

        Refusal::TokenMissing | Refusal::TokenInvalid | Refusal::TokenAudience => BAD_TOKEN,
        Refusal::OriginNotAllowed => words("access_denied", "This origin may not do this."),
        Refusal::ScopeInsufficient(_) => words("not_authorized", "The access token lacks a scope."),
        Refusal::HintInvalid => words("invalid_request", "The id_token_hint is not a token of this server."),

        Refusal::PasswordWrong => words("not_authorized", "The username and password do not match."),
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

/// The answer to a denial: refusals have status 200.
pub fn answer(denied: &Denied) -> Response {
    match trouble::or_refusal(denied, of) {
        // At the authorization endpoint the client is told; here it is one more code that does not hold any more.
        Ok(Refusal::UserNotAllowed) => spoken(StatusCode::OK, BAD_CODE),
        Ok(refusal) => spoken(StatusCode::OK, of(refusal)),
        Err(trouble) => trouble.told(spoken),
    }
}

/// The same where a refresh token was presented: what is wrong with its grant is wrong with it.
pub fn renewal_answer(denied: &Denied) -> Response {
    match denied {
        Denied::Refused(Refusal::UserNotAllowed) => spoken(StatusCode::OK, BAD_REFRESH_TOKEN),
        Denied::Refused(refusal) if of(refusal) == BAD_CODE => spoken(StatusCode::OK, BAD_REFRESH_TOKEN),
        denied => answer(denied),
    }
}

fn spoken(status: StatusCode, words: Words) -> Response {
    let body = ErrorBody { error: words.error.to_owned(), error_description: words.description.to_owned() };
    let mut response = replies::said(&body);
    response.set_status(status);
    response
}

/// What a request that could not be read is told.
pub fn unreadable(error: &BodyError) -> Response {
    let trouble = trouble::unreadable(error, "A body's content type must be application/x-www-form-urlencoded.");
    // What is wrong with the request itself is an answer here like any other.
    let status = if trouble.status == StatusCode::BAD_REQUEST { StatusCode::OK } else { trouble.status };
    Trouble { status, ..trouble }.told(spoken)
}

/// How this dialect says what the transport refuses.
pub fn shape() -> Arc<dyn Shape> {
    trouble::shape(spoken)
}
