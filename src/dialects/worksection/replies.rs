//! Engine → wire: what success looks like.

use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};
use poem_openapi::{Object, Union};
use serde::Serialize;

use crate::dialects::reply;
use crate::engine::resource::AboutPerson;
use crate::engine::token::Issued;

/// What keeps its answers out of caches.
pub const UNCACHED: &str = "no-store, no-cache, must-revalidate";
/// The content type of every answer.
pub const JSON: &str = "application/json; charset=utf-8";

/// A successful token answer.
#[derive(Object, Serialize)]
#[oai(rename = "TokenResponse", skip_serializing_if_is_none)]
pub struct TokenBody {
    /// `Bearer`.
    pub token_type: String,
    /// How many seconds the access token lives.
    pub expires_in: u64,
    /// The access token.
    pub access_token: String,
    /// A refresh token, if the client gets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// Where the account lies; told when a code is redeemed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_url: Option<String>,
}

impl TokenBody {
    /// What was issued, and where the account lies.
    pub fn new(issued: &Issued, account_url: Option<String>) -> TokenBody {
        TokenBody {
            token_type: "Bearer".to_owned(),
            expires_in: issued.expires_in,
            access_token: issued.access_token.expose().to_owned(),
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            account_url,
        }
    }
}

/// Whose access token it is. What is not known of them is empty.
#[derive(Object, Serialize)]
#[oai(rename = "ResourceResponse")]
pub struct ResourceBody {
    /// Their id.
    pub id: String,
    /// Their given name.
    pub first_name: String,
    /// Their family name.
    pub last_name: String,
    /// Their e-mail address.
    pub email: String,
    /// Where their account lies.
    pub account_url: String,
}

impl From<AboutPerson> for ResourceBody {
    fn from(person: AboutPerson) -> ResourceBody {
        ResourceBody {
            id: person.id.as_str().to_owned(),
            first_name: person.given_name.unwrap_or_default(),
            last_name: person.family_name.unwrap_or_default(),
            email: person.email.unwrap_or_default(),
            account_url: person.account_url,
        }
    }
}

/// A refusal.
#[derive(Object, Serialize)]
#[oai(rename = "ErrorResponse")]
pub struct ErrorBody {
    /// What kind of refusal it is.
    pub error: String,
    /// A sentence for whoever wrote the client.
    #[oai(rename = "errorDescription")]
    #[serde(rename = "errorDescription")]
    pub error_description: String,
}

/// Tokens, or a refusal: both have status 200.
#[derive(Union)]
#[oai(one_of)]
pub enum TokenAnswer {
    /// Tokens.
    Issued(TokenBody),
    /// A refusal.
    Refused(ErrorBody),
}

/// A person, or a refusal: both have status 200.
#[derive(Union)]
#[oai(one_of)]
pub enum ResourceAnswer {
    /// Whose token it is.
    Known(ResourceBody),
    /// A refusal.
    Refused(ErrorBody),
}

/// `200` with `body`, in this dialect's clothes.
pub fn said(body: &impl Serialize) -> Response {
    let mut response = reply::json(StatusCode::OK, body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(JSON));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(UNCACHED));
    response
}
