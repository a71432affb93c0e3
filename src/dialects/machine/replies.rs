//! Engine → wire: what success looks like.

use poem::http::StatusCode;
use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;

use crate::dialects::reply::{self, Reply};
use crate::engine::admin::clients::Registered;
use crate::engine::held_token::HeldToken;
use crate::engine::token::Issued;

/// A client that was registered.
#[derive(Object, Serialize)]
#[oai(rename = "RegisteredClient")]
pub struct ClientBody {
    /// Its id.
    pub client_id: String,
    /// What it authenticates by.
    pub client_key: String,
    /// Its secret, told this once.
    pub client_secret: String,
}

/// The answer to a registration, good or bad.
pub struct Made(pub Response);

impl IntoResponse for Made {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Made {
    fn meta() -> MetaResponses {
        let mut meta = Reply::<ClientBody, ErrorBody>::meta();
        for response in meta.responses.iter_mut().filter(|response| response.status == Some(200)) {
            response.status = Some(201);
        }
        meta
    }

    fn register(registry: &mut Registry) {
        Reply::<ClientBody, ErrorBody>::register(registry);
    }
}

/// What a registration made.
pub fn made(registered: &Registered) -> Response {
    let secret = registered.secret.as_ref().map(|secret| secret.expose().to_owned());
    let body = ClientBody {
        client_id: registered.client.id.to_string(),
        client_key: registered.client.client_key.clone(),
        client_secret: secret.unwrap_or_default(),
    };
    reply::json(StatusCode::CREATED, &body)
}

/// A successful token answer (RFC 6749, section 5.1).
#[derive(Object, Serialize)]
#[oai(rename = "MachineTokenResponse", skip_serializing_if_is_none)]
pub struct TokenBody {
    /// The access token.
    pub access_token: String,
    /// `Bearer`.
    pub token_type: String,
    /// How many seconds the access token lives.
    pub expires_in: u64,
    /// A refresh token, to be used once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
}

impl From<&Issued> for TokenBody {
    fn from(issued: &Issued) -> TokenBody {
        TokenBody {
            access_token: issued.access_token.expose().to_owned(),
            token_type: "Bearer".to_owned(),
            expires_in: issued.expires_in,
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
        }
    }
}

/// An access token in its own words.
#[derive(Object, Serialize)]
#[oai(rename = "Resource", skip_serializing_if_is_none)]
pub struct ResourceBody {
    /// Whose it is.
    pub client_id: String,
    /// The person it is about, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// What it is good for, separated by spaces.
    pub scope: String,
    /// When it expires, in seconds since 1970.
    pub exp: i64,
}

impl From<&HeldToken> for ResourceBody {
    fn from(held: &HeldToken) -> ResourceBody {
        ResourceBody {
            client_id: held.client.to_string(),
            sub: held.person.as_ref().map(ToString::to_string),
            scope: held.scopes.to_string(),
            exp: held.expires_at.0,
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
