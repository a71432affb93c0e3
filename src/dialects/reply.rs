//! JSON answers, described to OpenAPI.

use std::marker::PhantomData;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchema, MetaSchemaRef, Registry};
use poem_openapi::types::Type;

use super::words::Words;

/// The content type of every JSON answer, without a charset parameter.
pub const JSON: &str = "application/json";

/// With which statuses a dialect refuses, and what content type it has; for the description.
pub trait Manner {
    /// The content type of every answer.
    const CONTENT_TYPE: &'static str = JSON;
    /// The statuses of refusals, with what each means.
    const REFUSED: &'static [(u16, &'static str)];
}

/// The manner of RFC 6749.
pub struct Canonical;

impl Manner for Canonical {
    const REFUSED: &'static [(u16, &'static str)] = &[
        (400, "The request is malformed, or was refused."),
        (401, "Authentication failed."),
        (413, "The body is too large."),
        (429, "Too many requests; Retry-After says how long to wait."),
        (503, "The server cannot answer now; Retry-After says how long to wait."),
    ];
}

type Described<T, E, M> = PhantomData<fn() -> (T, E, M)>;

/// A JSON answer: `T` describes what success looks like, `E` what a refusal does, `M` how it is refused.
pub struct Reply<T, E, M = Canonical> {
    response: Response,
    _described: Described<T, E, M>,
}

impl<T, E, M> Reply<T, E, M> {
    /// Any response, made elsewhere.
    pub fn of(response: Response) -> Reply<T, E, M> {
        Reply { response, _described: PhantomData }
    }

    /// The response by itself.
    pub fn into_inner(self) -> Response {
        self.response
    }

    /// `200` with `body`.
    pub fn json(body: &impl serde::Serialize) -> Reply<T, E, M> {
        Reply::of(json(StatusCode::OK, body))
    }
}

/// `status` with `body` as JSON, never cached.
pub fn json(status: StatusCode, body: &impl serde::Serialize) -> Response {
    // What is answered is plain data with text keys: JSON can always hold it.
    let bytes = serde_json::to_vec(body).expect("an answer is plain data");
    let mut response = Response::builder().status(status).content_type(JSON).body(bytes);
    no_store(&mut response);
    response
}

/// `status` with the body of a refusal (RFC 6749, section 5.2).
pub fn refusal(status: StatusCode, words: Words) -> Response {
    json(status, &Refused { error: words.error, error_description: words.description })
}

#[derive(serde::Serialize)]
struct Refused {
    error: &'static str,
    error_description: &'static str,
}

/// The challenge to a client that may authenticate by header (RFC 7617, section 2).
pub const BASIC: &str = "Basic realm=\"countersign\", charset=\"UTF-8\"";

/// The same answer, with a challenge (RFC 9110, section 11.6.1). One that is no header value is left out.
pub fn challenge(mut response: Response, how: &str) -> Response {
    if let Ok(how) = HeaderValue::from_str(how) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, how);
    }
    response
}

/// Forbids every cache to keep the answer (RFC 6749, section 5.1).
pub fn no_store(response: &mut Response) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
}

impl<T: Send, E: Send, M: Send> IntoResponse for Reply<T, E, M> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<T: Type, E: Type, M: Manner> ApiResponse for Reply<T, E, M> {
    fn meta() -> MetaResponses {
        let answer = |status, description, schema| answer(status, description, M::CONTENT_TYPE, schema);
        let refused = M::REFUSED.iter().map(|(status, description)| answer(*status, description, E::schema_ref()));
        let asked_for = answer(200, "What was asked for.", T::schema_ref());
        MetaResponses { responses: std::iter::once(asked_for).chain(refused).collect() }
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        E::register(registry);
    }
}

/// What a browser gets: a redirect, a page, or the page that posts a form onward.
pub struct Browser(pub Response);

impl IntoResponse for Browser {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for Browser {
    fn meta() -> MetaResponses {
        let page = || MetaSchemaRef::Inline(Box::new(MetaSchema::new("string")));
        let html = |status, description| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content: vec![MetaMediaType { content_type: "text/html", schema: page() }],
            headers: Vec::new(),
        };
        let redirect = MetaResponse {
            description: "On to the next page, or back to the client with the answer.",
            status: Some(303),
            status_range: None,
            content: Vec::new(),
            headers: Vec::new(),
        };
        MetaResponses {
            responses: vec![
                html(200, "A page, or a form that posts the answer to the client."),
                redirect,
                html(400, "A page that says why nobody was redirected."),
                html(503, "The server cannot answer now; Retry-After says how long to wait."),
            ],
        }
    }

    fn register(_: &mut Registry) {}
}

/// What a browser gets, or, in JSON, what a program gets at the same place.
pub struct BrowserOr<T, E> {
    response: Response,
    _described: PhantomData<fn() -> (T, E)>,
}

impl<T, E> BrowserOr<T, E> {
    /// Any response, made elsewhere.
    pub fn of(response: Response) -> BrowserOr<T, E> {
        BrowserOr { response, _described: PhantomData }
    }
}

impl<T: Send, E: Send> IntoResponse for BrowserOr<T, E> {
    fn into_response(self) -> Response {
        self.response
    }
}

impl<T: Type, E: Type> ApiResponse for BrowserOr<T, E> {
    fn meta() -> MetaResponses {
        let mut meta = Browser::meta();
        let json = |schema| MetaMediaType { content_type: JSON, schema };
        for known in &mut meta.responses {
            match known.status {
                Some(200) => known.content.push(json(T::schema_ref())),
                Some(400 | 503) => known.content.push(json(E::schema_ref())),
                _ => {}
            }
        }
        let refused = |status, description| answer(status, description, JSON, E::schema_ref());
        let more = [
            refused(401, "The token, or the client, is not known or not any more."),
            refused(403, "The token, the origin or the person may not do this; or consent is needed."),
        ];
        meta.responses.splice(3..3, more);
        meta
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
        E::register(registry);
    }
}

fn answer(status: u16, description: &'static str, content_type: &'static str, schema: MetaSchemaRef) -> MetaResponse {
    MetaResponse {
        description,
        status: Some(status),
        status_range: None,
        content: vec![MetaMediaType { content_type, schema }],
        headers: Vec::new(),
    }
}
