//! Engine → wire: what the server's own endpoints answer.

use poem_openapi::Object;
use poem_openapi::types::Any;
use serde::Serialize;

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
    /// The administrator who acts for its person, if one does (RFC 8693, section 4.1).
    pub act: Option<ActBody>,
}

/// Who acts for somebody (RFC 8693, section 4.1).
#[derive(Object)]
#[oai(rename = "Actor")]
pub struct ActBody {
    /// Their subject.
    pub sub: String,
}

/// Nothing, on purpose: a revocation has no body worth reading (RFC 7009, section 2.2).
#[derive(Object, Serialize)]
#[oai(rename = "Revoked")]
pub struct RevokedBody {}

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

/// A code for the person of a sign-in front end.
#[derive(Object, Serialize)]
#[oai(rename = "AuthorizationSuccess")]
pub struct AuthorizedBody {
    /// `success`.
    pub status: String,
    /// The code and what goes with it.
    pub data: AuthorizedData,
    /// About the answer itself.
    pub metadata: EnvelopeMetadata,
}

/// What a front end hands on to the client it signs somebody in to.
#[derive(Object, Serialize)]
#[oai(rename = "AuthorizationData", skip_serializing_if_is_none)]
pub struct AuthorizedData {
    /// The authorization code.
    pub code: String,
    /// As it was sent, byte for byte.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// About an answer itself.
#[derive(Object, Serialize)]
#[oai(rename = "EnvelopeMetadata", rename_all = "camelCase")]
#[serde(rename_all = "camelCase")]
pub struct EnvelopeMetadata {
    /// When it was made, with milliseconds.
    pub created_at: String,
}

/// Why a front end got no code.
#[derive(Object)]
#[oai(rename = "AuthorizationError")]
pub struct AuthorizeErrorBody {
    /// `error`.
    pub status: String,
    /// The registered error code.
    pub error: String,
    /// A sentence for whoever wrote the front end.
    pub error_description: String,
    /// About the answer itself.
    pub metadata: EnvelopeMetadata,
}
