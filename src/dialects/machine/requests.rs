//! Wire → engine: what was sent, parsed once.

use poem::Request;
use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{presented, required};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// Who registers a client.
#[derive(Object)]
#[oai(rename = "ClientRegistration")]
pub struct RegistrationForm {
    /// The username or e-mail address of the person it will belong to.
    username: String,
    /// Their password.
    password: String,
    /// The code of their second factor, once `mfa_required` has asked for it.
    otp: Option<String>,
}

/// The parameters of a token request (RFC 6749, sections 4.4.2 and 6).
#[derive(Object)]
#[oai(rename = "MachineTokenRequest")]
pub struct TokenForm {
    /// `client_credentials` or `refresh_token`.
    grant_type: String,
    /// The refresh token.
    refresh_token: Option<String>,
    /// Scopes separated by spaces; may only narrow what was granted.
    scope: Option<String>,
    /// The client's id, unless the Authorization header names it.
    client_id: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
}

/// The name and password of a registration, and the code if one was sent.
///
/// # Errors
/// The name or the password is missing.
pub fn registration(fields: &Params) -> Result<(&str, Secret, Option<Secret>), Refusal> {
    let (name, password) = (required(fields, "username")?, required(fields, "password")?);
    Ok((name, Secret::new(password), fields.get("otp").map(Secret::new)))
}

/// A token request.
///
/// # Errors
/// A missing parameter, or a grant type this dialect does not have.
pub fn token(face: &Face, request: &Request, fields: &Params) -> Result<TokenRequest, Refusal> {
    let grant = match GrantType::parse(required(fields, "grant_type")?) {
        Some(GrantType::ClientCredentials) => GrantRequest::ClientCredentials,
        Some(GrantType::RefreshToken) => {
            GrantRequest::RefreshToken { token: Secret::new(required(fields, "refresh_token")?) }
        }
        _ => return Err(Refusal::GrantTypeUnknown),
    };
    Ok(TokenRequest {
        face: face.clone(),
        client: presented(request, fields),
        grant,
        scope: fields.get("scope").map(str::to_owned),
        device_id: fields.get("device_id").map(str::to_owned),
    })
}
