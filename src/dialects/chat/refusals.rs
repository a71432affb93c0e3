//! Every cause in the words this dialect has for it: what a body lacks is said, all else is one word.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;

use crate::dialects::reply;
use crate::dialects::trouble;
use crate::dialects::words::{Words, malformed, missing, words};
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::Shape;
use crate::http::params::ParamsError;
use crate::model::refusal::Refusal;

use super::replies::ErrorBody;

/// What every failure of authentication or grant is told, whichever check it failed.
const UNAUTHORIZED: Words = words("unauthorized", "Unauthorized");

/// The kind of refusal and its sentence.
pub fn of(refusal: &Refusal) -> Words {
    match refusal {
        // The body may lack it; whether this client's may, is a question about the grant.
        Refusal::ParameterMissing("redirect_uri") => UNAUTHORIZED,
        Refusal::ParameterMissing("client_id" | "client_secret") => UNAUTHORIZED,
        Refusal::ParameterMissing(name) => words("invalid_request", missing(name)),
        Refusal::ParameterMalformed(name) => words("invalid_request", malformed(name)),
        Refusal::GrantTypeUnknown => words("invalid_request", "This endpoint has no such grant_type."),

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
        | Refusal::AccountDiffers
        | Refusal::GrantTypeNotAllowed
        | Refusal::CodeUnknown
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
        | Refusal::ScopeWidened
        | Refusal::ScopeNotAllowed
        | Refusal::DeviceMissing
        | Refusal::DeviceDiffers
        | Refusal::RegistrationClosed
        | Refusal::RegistrationRefused
        | Refusal::GuardianInvalid
        | Refusal::GuestInvalid
        | Refusal::ClientRegistrationNotPermitted
        | Refusal::TooManyClients
        | Refusal::RedirectUnregistered
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
        | Refusal::TokenMissing
        | Refusal::TokenInvalid
        | Refusal::TokenAudience
        | Refusal::ScopeInsufficient(_)
        | Refusal::OriginNotAllowed
        | Refusal::HintInvalid
        | Refusal::PasswordWrong
        | Refusal::SecondFactorRequired
        | Refusal::SecondFactorWrong
        | Refusal::MailedCodeWrong
        | Refusal::EnrolmentRequired
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
        | Refusal::LastAdministrator => UNAUTHORIZED,

        Refusal::TooManyTries(_) => words("temporarily_unavailable", "Too many tries. Wait a moment and try again."),
        Refusal::HasherBusy => words("temporarily_unavailable", "The server is busy. Try again in a moment."),
    }
}

/// The answer to a denial.
pub fn answer(denied: &Denied) -> Response {
    let words = match trouble::or_refusal(denied, of) {
        Ok(refusal) => of(refusal),
        Err(trouble) => return trouble.told(spoken),
    };
    let failed = words == UNAUTHORIZED;
    spoken(if failed { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }, words)
}

/// The same where an access token was presented (RFC 6750, section 3).
pub fn bearer_answer(denied: &Denied) -> Response {
    let response = answer(denied);
    if response.status() == StatusCode::UNAUTHORIZED { reply::challenge(response, "Bearer") } else { response }
}

fn spoken(status: StatusCode, words: Words) -> Response {
    reply::json(status, &ErrorBody { message: words.description.to_owned() })
}

/// What a request that could not be read is told.
pub fn unreadable(error: &BodyError) -> Response {
    let trouble = trouble::unreadable(error, "The content type must be application/json.");
    let sentence = match error {
        BodyError::Params(ParamsError::Repeated(_)) => "A member is repeated.",
        BodyError::Params(ParamsError::TooLong(_) | ParamsError::TooMany) => {
            "A member is too long, or there are too many."
        }
        BodyError::Params(_) => "The body must be a JSON object of strings.",
        _ => trouble.words.description,
    };
    trouble.told(|status, _| spoken(status, words("invalid_request", sentence)))
}

/// How this dialect says what the transport refuses.
pub fn shape() -> Arc<dyn Shape> {
    trouble::shape(spoken)
}
