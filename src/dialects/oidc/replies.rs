//! Engine → wire: what success looks like.

use poem_openapi::Object;
use serde::Serialize;

use crate::dialects::shared::replies::ActBody;
use crate::engine::token::Issued;

/// A successful token answer (RFC 6749, section 5.1; OpenID Connect Core, section 3.1.3.3).
#[derive(Object, Serialize)]
#[oai(rename = "TokenResponse", skip_serializing_if_is_none)]
pub struct TokenBody {
    /// The access token.
    pub access_token: String,
    /// `bearer`.
    pub token_type: String,
    /// How many seconds the access token lives.
    pub expires_in: u64,
    /// A refresh token, if the client gets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What was granted, separated by spaces.
    pub scope: String,
    /// The access token's id.
    pub jti: String,
    /// An ID token, if `openid` was granted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id_token: Option<String>,
}

impl From<&Issued> for TokenBody {
    fn from(issued: &Issued) -> TokenBody {
        TokenBody {
            access_token: issued.access_token.expose().to_owned(),
            token_type: "bearer".to_owned(),
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            scope: issued.scopes.to_string(),
            jti: issued.jti.clone(),
            id_token: issued.id_token.as_ref().map(|token| token.expose().to_owned()),
        }
    }
}

/// A refusal (RFC 6749, section 5.2).
#[derive(Object)]
#[oai(rename = "OAuthError", skip_serializing_if_is_none)]
pub struct ErrorBody {
    /// The registered error code.
    pub error: String,
    /// A sentence for whoever wrote the client.
    pub error_description: Option<String>,
}

/// What an access token may know about a person (OpenID Connect Core, section 5.1), each claim as the scopes allow;
/// scopes of the deployment's own may add more.
#[derive(Object)]
#[oai(rename = "UserInfo", skip_serializing_if_is_none)]
#[allow(missing_docs, reason = "each field is the claim of the same name")]
pub struct UserInfoBody {
    pub sub: String,
    pub name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub middle_name: Option<String>,
    pub nickname: Option<String>,
    pub preferred_username: Option<String>,
    pub profile: Option<String>,
    pub picture: Option<String>,
    pub website: Option<String>,
    pub email: Option<String>,
    pub email_verified: Option<bool>,
    pub gender: Option<String>,
    pub birthdate: Option<String>,
    pub zoneinfo: Option<String>,
    pub locale: Option<String>,
    pub phone_number: Option<String>,
    pub phone_number_verified: Option<bool>,
    pub address: Option<AddressBody>,
    pub groups: Option<Vec<String>>,
    pub updated_at: Option<i64>,
    pub act: Option<ActBody>,
    pub external_ids: Option<Vec<ExternalIdBody>>,
}

/// A postal address (OpenID Connect Core, section 5.1.1).
#[derive(Object)]
#[oai(rename = "Address", skip_serializing_if_is_none)]
#[allow(missing_docs, reason = "each field is the member of the same name")]
pub struct AddressBody {
    pub formatted: Option<String>,
    pub street_address: Option<String>,
    pub locality: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
}

/// A person's id in another system.
#[derive(Object)]
#[oai(rename = "ExternalId")]
pub struct ExternalIdBody {
    /// The system.
    pub provider: String,
    /// Their id there.
    pub user_id: String,
    /// When it was noted, in seconds since 1970.
    pub created_at: i64,
    /// When it last changed, in seconds since 1970.
    pub updated_at: i64,
}
