//! Wire → engine: what was sent, parsed once.

use std::collections::BTreeMap;

use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{self, presented_by_parameters, required};
use crate::engine::authenticate_client::Presented;
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// The parameters of an authorization request.
#[derive(Object)]
#[oai(rename = "AuthorizationQuery")]
pub struct AuthorizationQuery {
    /// The client.
    client_id: String,
    /// Where the answer goes; exactly as registered.
    redirect_uri: String,
    /// Returned byte for byte.
    state: String,
    /// Scopes separated by commas or spaces; empty: everything the client may have.
    scope: String,
    /// `code`.
    response_type: String,
    /// The PKCE challenge.
    code_challenge: Option<String>,
    /// `S256`.
    code_challenge_method: Option<String>,
}

/// The parameters that redeem a code.
#[derive(Object)]
#[oai(rename = "RedemptionRequest")]
pub struct RedemptionForm {
    /// The client.
    client_id: String,
    /// The client's secret.
    client_secret: Option<String>,
    /// The redirect URI the code was sent to.
    redirect_uri: String,
    /// `authorization_code`.
    grant_type: String,
    /// The authorization code.
    code: String,
    /// The PKCE verifier, 43 to 128 characters.
    code_verifier: Option<String>,
    /// Scopes separated by commas or spaces; may only narrow what was granted.
    scope: Option<String>,
}

/// The parameters that renew tokens.
#[derive(Object)]
#[oai(rename = "RenewalRequest")]
pub struct RenewalForm {
    /// The client.
    client_id: String,
    /// The client's secret.
    client_secret: Option<String>,
    /// The refresh token.
    refresh_token: String,
    /// `refresh_token`.
    grant_type: String,
    /// Scopes separated by commas or spaces; may only narrow what was granted.
    scope: Option<String>,
}

/// The parameters that ask whose token it is.
#[derive(Object)]
#[oai(rename = "ResourceRequest")]
pub struct ResourceForm {
    /// The client.
    client_id: String,
    /// The client's secret.
    client_secret: Option<String>,
    /// An access token of the client.
    access_token: String,
}

/// An authorization request. An empty scope is sent on: it is not the same as none.
pub fn authorization(fields: &Params) -> BTreeMap<String, String> {
    let mut all = extract::all(fields);
    if fields.contains("scope") {
        all.insert("scope".to_owned(), spaced(fields.get("scope").unwrap_or_default()));
    }
    all
}

/// A request that redeems a code.
///
/// # Errors
/// A missing parameter, or another grant type.
pub fn redemption(face: &Face, fields: &Params) -> Result<TokenRequest, Refusal> {
    extract::grant_type(fields, GrantType::AuthorizationCode)?;
    let grant = GrantRequest::AuthorizationCode {
        code: Secret::new(required(fields, "code")?),
        redirect_uri: Some(required(fields, "redirect_uri")?.to_owned()),
        verifier: fields.get("code_verifier").map(Secret::new),
    };
    Ok(token(face, fields, grant))
}

/// A request that renews tokens.
///
/// # Errors
/// A missing parameter, or another grant type.
pub fn renewal(face: &Face, fields: &Params) -> Result<TokenRequest, Refusal> {
    extract::grant_type(fields, GrantType::RefreshToken)?;
    let grant = GrantRequest::RefreshToken { token: Secret::new(required(fields, "refresh_token")?) };
    Ok(token(face, fields, grant))
}

/// Who asks, and about which access token.
///
/// # Errors
/// A missing parameter.
pub fn resource(fields: &Params) -> Result<(Presented, Secret), Refusal> {
    Ok((presented_by_parameters(fields), Secret::new(required(fields, "access_token")?)))
}

fn token(face: &Face, fields: &Params, grant: GrantRequest) -> TokenRequest {
    TokenRequest {
        face: face.clone(),
        client: presented_by_parameters(fields),
        grant,
        scope: fields.get("scope").map(spaced),
        device_id: None,
    }
}

/// Scopes between commas or spaces as scopes between spaces. What is only commas stays what it is: no scope.
fn spaced(scopes: &str) -> String {
    let each: Vec<&str> = scopes.split([',', ' ']).filter(|scope| !scope.is_empty()).collect();
    if each.is_empty() { scopes.to_owned() } else { each.join(" ") }
}
