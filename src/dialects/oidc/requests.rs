//! Wire → engine: what was sent, parsed once.

use std::collections::BTreeMap;

use poem::Request;
use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract;
use crate::engine::authenticate_client::Presented;
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

/// The parameters of an introspection or revocation request (RFC 7662, section 2.1; RFC 7009, section 2.1).
#[derive(Object)]
#[oai(rename = "TokenReference")]
pub struct TokenReference {
    /// The token.
    token: String,
    /// `access_token` or `refresh_token`; only a hint.
    token_type_hint: Option<String>,
    /// The client, unless the Authorization header names it.
    client_id: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
}

/// The parameters of an authorization request (RFC 6749, section 4.1.1; OpenID Connect Core, section 3.1.2.1).
#[derive(Object)]
#[oai(rename = "AuthorizationRequest")]
pub struct AuthorizationForm {
    /// The client.
    client_id: String,
    /// Where the answer goes; exactly as registered.
    redirect_uri: String,
    /// `code`.
    response_type: String,
    /// `query` (the default) or `form_post`.
    response_mode: Option<String>,
    /// Scopes separated by spaces.
    scope: Option<String>,
    /// Returned byte for byte.
    state: Option<String>,
    /// The PKCE challenge.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
    /// Returned in the ID token.
    nonce: Option<String>,
    /// `none`, or any of `login`, `consent` and `select_account`, separated by spaces.
    prompt: Option<String>,
    /// How many seconds ago the person may have proved who they are.
    max_age: Option<String>,
    /// An ID token of the person the client expects.
    id_token_hint: Option<String>,
    /// The name the person signs in with.
    login_hint: Option<String>,
    /// Claims asked for one by one, as a JSON object.
    claims: Option<String>,
    /// Classes of authentication the client would like, most wanted first.
    acr_values: Option<String>,
    /// `page`; others are shown as a page too.
    display: Option<String>,
    /// Languages for the pages, most wanted first.
    ui_locales: Option<String>,
    /// Languages for the claims, most wanted first.
    claims_locales: Option<String>,
}

/// The parameters of a sign-out (OpenID Connect RP-Initiated Logout, section 2).
#[derive(Object)]
#[oai(rename = "SignOutRequest")]
pub struct SignOutForm {
    /// An ID token or access token of this server.
    id_token_hint: Option<String>,
    /// Where to go afterwards; exactly as registered.
    post_logout_redirect_uri: Option<String>,
    /// Returned byte for byte.
    state: Option<String>,
    /// The client.
    client_id: Option<String>,
    /// Whom the client wants signed out.
    logout_hint: Option<String>,
}

/// An access token in a form (RFC 6750, section 2.2).
#[derive(Object)]
#[oai(rename = "UserInfoRequest")]
pub struct UserInfoForm {
    /// The access token, unless the Authorization header has it.
    access_token: Option<String>,
}

/// How the client authenticates, as it came.
pub fn presented(request: &Request, fields: &Params) -> Presented {
    Presented {
        authorization: extract::authorization(request),
        client_id: fields.get("client_id").map(str::to_owned),
        client_secret: fields.get("client_secret").map(Secret::new),
    }
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

/// A parameter that must be there.
///
/// # Errors
/// It is absent or empty.
pub fn required<'a>(fields: &'a Params, name: &'static str) -> Result<&'a str, Refusal> {
    fields.get(name).ok_or(Refusal::ParameterMissing(name))
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

/// All parameters by name, for verbs that read many.
pub fn all(fields: &Params) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
