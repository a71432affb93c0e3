//! Engine → wire: what success looks like, and the form of a refusal.

use poem::{IntoResponse, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::{ApiResponse, Object};
use serde::Serialize;

use crate::engine::token::Issued;

/// A successful token answer.
#[derive(Object, Serialize)]
#[oai(rename = "TokenResponse", skip_serializing_if_is_none)]
pub struct TokenBody {
    /// The access token.
    pub access_token: String,
    /// How many seconds the access token lives.
    pub expires_in: u64,
    /// `bearer`.
    pub token_type: String,
    /// A refresh token, if the client gets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// What was granted, separated by spaces.
    pub scope: String,
}

impl From<&Issued> for TokenBody {
    fn from(issued: &Issued) -> TokenBody {
        TokenBody {
            access_token: issued.access_token.expose().to_owned(),
            expires_in: issued.expires_in,
            token_type: "bearer".to_owned(),
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            scope: issued.scopes.to_string(),
        }
    }
}

/// A refusal: a problem document (RFC 9457) that carries the members of RFC 6749, section 5.2 as well.
#[derive(Object, Serialize)]
#[oai(rename = "Problem")]
pub struct ProblemBody {
    /// Where the kind of problem is described.
    #[serde(rename = "type")]
    #[oai(rename = "type")]
    pub kind: String,
    /// The reason in a sentence.
    pub title: String,
    /// The answer's status.
    pub status: u16,
    /// How to go on.
    pub detail: String,
    /// The reference under which an administrator finds the refusal.
    pub instance: String,
    /// The registered error code.
    pub error: String,
    /// The reason again, where OAuth clients look for it.
    pub error_description: String,
}

/// What a browser gets: a page, or a redirect to one of ours or back to the client.
pub struct Shown(pub Response);

impl IntoResponse for Shown {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Shown {
    fn meta() -> MetaResponses {
        let page = || MetaMediaType {
            content_type: "text/html",
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::new("string"))),
        };
        let told = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                told(200, "A page that says why nobody was redirected.", vec![page()]),
                told(302, "Back to the client with the answer.", vec![]),
                told(303, "On to a page where somebody signs in or agrees.", vec![]),
                told(429, "Too many requests; Retry-After says how long to wait.", vec![page()]),
                told(503, "The server cannot answer now; Retry-After says how long to wait.", vec![page()]),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}
