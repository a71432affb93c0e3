//! Wire → engine: what was sent, parsed once.

use poem::Request;
use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{self, presented, required};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// The parameters of a token request (RFC 6749, sections 4.1.3, 4.4.2 and 6; RFC 7636, section 4.5).
#[derive(Object)]
#[oai(rename = "TokenRequest")]
pub struct TokenForm {
    /// `authorization_code`, `refresh_token` or `client_credentials`.
    grant_type: String,
    /// The authorization code.
    code: Option<String>,
    /// The redirect URI the code was sent to.
    redirect_uri: Option<String>,
    /// The PKCE verifier, 43 to 128 characters.
    code_verifier: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
    /// Scopes separated by spaces; may only narrow what was granted.
    scope: Option<String>,
    /// The client, unless the Authorization header names it.
    client_id: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
    /// A UUID that names the user's device.
    device_id: Option<String>,
}

/// An access token in a form (RFC 6750, section 2.2).
#[derive(Object)]
#[oai(rename = "UserInfoRequest")]
pub struct UserInfoForm {
    /// The access token, unless the Authorization header has it.
    access_token: Option<String>,
}

/// A token request.
///
/// # Errors
/// A missing parameter, or a grant type this server does not have.
pub fn token(face: &Face, request: &Request, fields: &Params) -> Result<TokenRequest, Refusal> {
    let grant = match GrantType::parse(required(fields, "grant_type")?) {
        None => return Err(Refusal::GrantTypeUnknown),
        Some(GrantType::AuthorizationCode) => GrantRequest::AuthorizationCode {
            code: Secret::new(required(fields, "code")?),
            redirect_uri: fields.get("redirect_uri").map(str::to_owned),
            verifier: fields.get("code_verifier").map(Secret::new),
        },
        Some(GrantType::RefreshToken) => {
            GrantRequest::RefreshToken { token: Secret::new(required(fields, "refresh_token")?) }
        }
        Some(GrantType::ClientCredentials) => GrantRequest::ClientCredentials,
    };
    Ok(TokenRequest {
        face: face.clone(),
        client: presented(request, fields),
        grant,
        scope: fields.get("scope").map(str::to_owned),
        device_id: fields.get("device_id").map(str::to_owned),
    })
}

/// The access token of a UserInfo request: in the header or in the form, not in both (RFC 6750, section 2).
///
/// # Errors
/// None came, two came, or it cannot be read.
pub fn access_token(request: &Request, fields: &Params) -> Result<Secret, Refusal> {
    match (extract::bearer(request), fields.get("access_token")) {
        (Some(_), Some(_)) => Err(Refusal::CredentialsTwice),
        (Some(token), None) => token.ok_or(Refusal::TokenInvalid),
        (None, Some(token)) => Ok(Secret::new(token)),
        (None, None) => Err(Refusal::TokenMissing),
    }
}
