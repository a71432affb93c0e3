//! Wire → engine: what was sent, parsed once.

use poem::Request;
use poem_openapi::Object;

use crate::base::secret::Secret;
use crate::dialects::extract::{self, required};
use crate::engine::authenticate_client::Presented;
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

/// An audience by which clients in use mean every server of this kind.
const EVERY_SERVER: &str = "laserfiche.com";

/// The parameters of an authorization request.
#[derive(Object)]
#[oai(rename = "AuthorizationRequest")]
pub struct AuthorizationForm {
    /// The client.
    client_id: String,
    /// Where the answer goes; exactly as registered.
    redirect_uri: String,
    /// `code`.
    response_type: String,
    /// Returned byte for byte.
    state: Option<String>,
    /// The PKCE challenge.
    code_challenge: Option<String>,
    /// `S256`; must come with a challenge.
    code_challenge_method: Option<String>,
    /// Scopes separated by spaces, case-sensitive.
    scope: Option<String>,
}

/// The parameters of a token request.
#[derive(Object)]
#[oai(rename = "TokenRequest")]
pub struct TokenForm {
    /// The client's account; must be its own where it has one.
    account_id: Option<String>,
    /// The client; beside an Authorization header the same.
    client_id: Option<String>,
    /// `authorization_code`, `refresh_token` or `client_credentials`.
    grant_type: String,
    /// The authorization code.
    code: Option<String>,
    /// The redirect URI the code was sent to.
    redirect_uri: Option<String>,
    /// The client's secret, unless the Authorization header has it.
    client_secret: Option<String>,
    /// Scopes separated by spaces; may only narrow what was granted.
    scope: Option<String>,
    /// The refresh token.
    refresh_token: Option<String>,
    /// The PKCE verifier.
    code_verifier: Option<String>,
}

/// How the client authenticates, as it came: an assertion may mean this server by its issuer, by the address of this very
/// endpoint, or by the name that clients in use have for all of them.
pub fn presented(desk: &Desk, request: &Request, fields: &Params) -> Presented {
    let endpoint = format!("{}{}", desk.origin(), request.original_uri().path());
    Presented {
        account_id: fields.get("account_id").map(str::to_owned),
        audiences: vec![endpoint, EVERY_SERVER.to_owned()],
        ..extract::presented(request, fields)
    }
}

/// A token request.
///
/// # Errors
/// A missing parameter, or a grant type this dialect does not have.
pub fn token(face: &Face, client: Presented, fields: &Params) -> Result<TokenRequest, Refusal> {
    let grant = match GrantType::parse(required(fields, "grant_type")?) {
        Some(GrantType::AuthorizationCode) => GrantRequest::AuthorizationCode {
            code: Secret::new(required(fields, "code")?),
            redirect_uri: fields.get("redirect_uri").map(str::to_owned),
            verifier: fields.get("code_verifier").map(Secret::new),
        },
        Some(GrantType::RefreshToken) => {
            GrantRequest::RefreshToken { token: Secret::new(required(fields, "refresh_token")?) }
        }
        Some(GrantType::ClientCredentials) => GrantRequest::ClientCredentials,
        _ => return Err(Refusal::GrantTypeUnknown),
    };
    Ok(TokenRequest {
        face: face.clone(),
        client,
        grant,
        scope: fields.get("scope").map(str::to_owned),
        device_id: None,
    })
}
