//! Every cause in the words of RFC 6749 (sections 4.1.2.1 and 5.2), RFC 6750 (section 3.1) and OpenID Connect Core
//! (section 3.1.2.6).
//!
//! Descriptions tell an application's author what to mend. Causes that would tell an attacker which check failed share one
//! sentence; the log has the cause itself.

use std::sync::Arc;

use poem::Response;
use poem::http::StatusCode;

use crate::dialects::reply;
use crate::dialects::trouble;
use crate::dialects::words::{Words, malformed, missing, words};
use crate::engine::Denied;
use crate::http::body::BodyError;
use crate::http::fault::Shape;
use crate::model::refusal::Refusal;

/// What a bad authorization grant is told, whichever check it failed (RFC 6749, section 5.2).
const BAD_GRANT: Words =
    words("invalid_grant", "The grant is invalid, expired, revoked, used before, or was issued to another client.");
/// What a client that failed to authenticate is told.
const BAD_CLIENT: Words = words("invalid_client", "Bad client credentials");
/// What a bad access token is told.
const BAD_TOKEN: Words = words("invalid_token", "The access token is invalid, expired or revoked.");

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
            words("access_denied", "Clients cannot be registered this way.")
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

        Refusal::TokenMissing => words("invalid_request", "An access token is needed."),
        Refusal::TokenInvalid | Refusal::TokenAudience => BAD_TOKEN,
        Refusal::OriginNotAllowed => words("access_denied", "This origin may not do this."),
        Refusal::ScopeInsufficient(_) => words("insufficient_scope", "The access token lacks a scope."),
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

/// The answer of the token, introspection and revocation endpoints to a denial.
pub fn answer(denied: &Denied, basic: bool) -> Response {
    let refusal = match trouble::or_refusal(denied, of) {
        Ok(refusal) => refusal,
        Err(trouble) => return trouble.told(reply::refusal),
    };
    let words = match refusal {
        // At the authorization endpoint the client is told; here it is one more grant that does not hold any more.
        Refusal::UserNotAllowed | Refusal::ConsentRequired => BAD_GRANT,
        refusal => of(refusal),
    };
    let failed = words.error == "invalid_client";
    let response = reply::refusal(if failed { StatusCode::UNAUTHORIZED } else { StatusCode::BAD_REQUEST }, words);
    if failed && basic { reply::challenge(response, reply::BASIC) } else { response }
}

/// The answer of a resource endpoint to a denial (RFC 6750, section 3).
pub fn bearer_answer(denied: &Denied) -> Response {
    let refusal = match trouble::or_refusal(denied, of) {
        Ok(refusal) => refusal,
        Err(trouble) => return trouble.told(reply::refusal),
    };
    match refusal {
        // Nothing was presented, so nothing is said to be wrong with it (RFC 6750, section 3.1).
        Refusal::TokenMissing => challenged(StatusCode::UNAUTHORIZED, of(refusal), "Bearer"),
        Refusal::ScopeInsufficient(scope) => {
            let header = format!("Bearer error=\"insufficient_scope\", scope=\"{scope}\"");
            challenged(StatusCode::FORBIDDEN, of(refusal), &header)
        }
        Refusal::CredentialsTwice => {
            let said = words("invalid_request", "Send the access token in one way only: in the header or in the form.");
            challenged(StatusCode::BAD_REQUEST, said, "Bearer error=\"invalid_request\"")
        }
        Refusal::ParameterMissing(_) | Refusal::ParameterMalformed(_) => {
            challenged(StatusCode::BAD_REQUEST, of(refusal), "Bearer error=\"invalid_request\"")
        }
        _ => challenged(StatusCode::UNAUTHORIZED, BAD_TOKEN, "Bearer error=\"invalid_token\""),
    }
}

fn challenged(status: StatusCode, words: Words, challenge: &str) -> Response {
    reply::challenge(reply::refusal(status, words), challenge)
}

/// What a request that could not be read is told.
pub fn unreadable(error: &BodyError) -> Response {
    trouble::unreadable(error, "The content type must be application/x-www-form-urlencoded.").told(reply::refusal)
}

/// How this dialect says what the transport refuses.
pub fn shape() -> Arc<dyn Shape> {
    trouble::shape(reply::refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_stay_within_the_characters_rfc_6749_allows() {
        let plain = |text: &str| text.bytes().all(|b| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e));
        for refusal in [Refusal::CodeUnknown, Refusal::ClientUnknown, Refusal::ChallengeMissing, Refusal::TokenInvalid]
        {
            let said = of(&refusal);
            assert!(plain(said.error) && plain(said.description), "{said:?}");
        }
    }

    #[test]
    fn a_bad_grant_does_not_say_which_check_failed() {
        let causes = [Refusal::CodeUnknown, Refusal::CodeExpired, Refusal::VerifierWrong, Refusal::RefreshUsedBefore];
        assert!(causes.iter().all(|cause| of(cause) == BAD_GRANT));
    }
}
