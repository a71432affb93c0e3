//! Engine → wire: what success looks like.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde::Serialize;

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

/// What a token is worth (RFC 7662, section 2.2). Of an inactive one nothing else is said.
#[derive(Object)]
#[oai(rename = "IntrospectionResponse", skip_serializing_if_is_none)]
pub struct IntrospectionBody {
    /// Whether it is worth anything now.
    pub active: bool,
    /// What it is good for, separated by spaces.
    pub scope: Option<String>,
    /// The client it was issued to.
    pub client_id: Option<String>,
    /// The name its user signs in with.
    pub username: Option<String>,
    /// `Bearer`, for access tokens.
    pub token_type: Option<String>,
    /// When it expires, in seconds since 1970.
    pub exp: Option<i64>,
    /// When it was issued, in seconds since 1970.
    pub iat: Option<i64>,
    /// Whom it is about.
    pub sub: Option<String>,
    /// Whom it is for.
    pub aud: Option<Vec<String>>,
    /// Who issued it.
    pub iss: Option<String>,
    /// Its id.
    pub jti: Option<String>,
    /// When its person proved who they are, in seconds since 1970.
    pub auth_time: Option<i64>,
    /// How strongly they did.
    pub acr: Option<String>,
}

/// Nothing, on purpose: a revocation has no body worth reading (RFC 7009, section 2.2).
#[derive(Object, Serialize)]
#[oai(rename = "Revoked")]
pub struct RevokedBody {}

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

/// A key set (RFC 7517, section 5).
#[derive(Object)]
#[oai(rename = "JsonWebKeySet")]
pub struct KeySetBody {
    /// RSA keys first, then EC and OKP keys.
    pub keys: Vec<Any<serde_json::Value>>,
}

/// Server metadata (OpenID Connect Discovery, section 3; RFC 8414, section 2).
#[derive(Object)]
#[oai(rename = "ServerMetadata", skip_serializing_if_is_none)]
#[allow(missing_docs, reason = "each field is the member of the same name")]
pub struct MetadataBody {
    pub issuer: String,
    pub authorization_endpoint: Option<String>,
    pub token_endpoint: Option<String>,
    pub jwks_uri: Option<String>,
    pub userinfo_endpoint: Option<String>,
    pub end_session_endpoint: Option<String>,
    pub introspection_endpoint: Option<String>,
    pub revocation_endpoint: Option<String>,
    pub response_types_supported: Vec<String>,
    pub response_modes_supported: Option<Vec<String>>,
    pub grant_types_supported: Option<Vec<String>>,
    pub scopes_supported: Option<Vec<String>>,
    pub subject_types_supported: Option<Vec<String>>,
    pub id_token_signing_alg_values_supported: Option<Vec<String>>,
    pub token_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub claims_supported: Option<Vec<String>>,
    pub code_challenge_methods_supported: Option<Vec<String>>,
    pub introspection_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub revocation_endpoint_auth_methods_supported: Option<Vec<String>>,
    pub authorization_response_iss_parameter_supported: Option<bool>,
    pub claims_parameter_supported: Option<bool>,
    pub request_parameter_supported: Option<bool>,
    pub request_uri_parameter_supported: Option<bool>,
    pub prompt_values_supported: Option<Vec<String>>,
    pub display_values_supported: Option<Vec<String>>,
    pub acr_values_supported: Option<Vec<String>>,
    pub claim_types_supported: Option<Vec<String>>,
    pub ui_locales_supported: Option<Vec<String>>,
}
