//! Wire → engine: what was sent, parsed once.

use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{self, presented_by_parameters, required};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// What redeems a code.
#[derive(Object)]
#[oai(rename = "RedemptionRequest")]
pub struct RedemptionForm {
    /// `authorization_code`.
    grant_type: String,
    /// The authorization code.
    code: String,
    /// The client.
    client_id: String,
    /// The client's secret.
    client_secret: Option<String>,
    /// The redirect URI the code was sent to; may be left out by a client that registered exactly one.
    redirect_uri: Option<String>,
    /// The PKCE verifier, 43 to 128 characters.
    code_verifier: Option<String>,
}

/// What renews tokens.
#[derive(Object)]
#[oai(rename = "RenewalRequest")]
pub struct RenewalForm {
    /// `refresh_token`.
    grant_type: String,
    /// The refresh token.
    refresh_token: String,
    /// The client.
    client_id: String,
    /// The client's secret.
    client_secret: Option<String>,
}

/// A request that redeems a code.
///
/// # Errors
/// A missing parameter, or another grant type.
pub fn redemption(face: &Face, fields: &Params) -> Result<TokenRequest, Refusal> {
    extract::grant_type(fields, GrantType::AuthorizationCode)?;
    let grant = GrantRequest::AuthorizationCode {
        code: Secret::new(required(fields, "code")?),
        redirect_uri: fields.get("redirect_uri").map(str::to_owned),
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

fn token(face: &Face, fields: &Params, grant: GrantRequest) -> TokenRequest {
    let client = presented_by_parameters(fields);
    TokenRequest { face: face.clone(), client, grant, scope: fields.get("scope").map(str::to_owned), device_id: None }
}
