//! What the server says about itself: both metadata documents, and the keys.

use std::sync::Arc;

use bytes::Bytes;
use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use poem_openapi::param::Query;
use poem_openapi::{OpenApi, OpenApiService};

use crate::dialects::oidc::{Json, refusals};
use crate::engine::discovery::{Document, Endpoints};
use crate::engine::{Caller, Denied};
use crate::http::desk::Desk;
use crate::http::fault::Fault;
use crate::http::params::Params;

use super::Tag;
use super::replies::MetadataBody;

/// The metadata documents, below `/.well-known`.
pub(super) fn routes(desk: &Arc<Desk>, endpoints: &Arc<Endpoints>) -> OpenApiService<WellKnown, ()> {
    OpenApiService::new(WellKnown { desk: desk.clone(), endpoints: endpoints.clone() }, "metadata", "")
}

/// The metadata documents of an issuer with a path, where RFC 8414, section 3.1 looks for them: the path comes last.
pub(super) fn inserted_routes(
    desk: &Arc<Desk>,
    path: &str,
    endpoints: &Arc<Endpoints>,
) -> impl Endpoint<Output = Response> + use<> {
    let documents = ["openid-configuration", "oauth-authorization-server"];
    let app = documents.into_iter().fold(Route::new(), |routes, name| {
        let inner = super::documents(desk, endpoints).before(move |mut request: Request| async move {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            // Both parts are what a request line already held.
            *request.uri_mut() = format!("/{name}{query}").parse().map_err(|_| Fault::Malformed)?;
            Ok(request)
        });
        routes.at(format!("/{name}{path}"), inner)
    });
    app.map_to_response()
}

/// The metadata documents.
pub(super) struct WellKnown {
    desk: Arc<Desk>,
    /// Where everything lies.
    endpoints: Arc<Endpoints>,
}

#[OpenApi]
impl WellKnown {
    /// OpenID Connect Discovery 1.0.
    #[oai(path = "/openid-configuration", method = "get", operation_id = "openidConfiguration", tag = "Tag::Metadata")]
    async fn openid_configuration(
        &self,
        request: &Request,
        /// Only what this client may use.
        client_id: Query<Option<String>>,
    ) -> Json<MetadataBody> {
        self.answer(Document::OpenidConfiguration, request, named(&client_id)).await
    }

    /// RFC 8414.
    #[oai(
        path = "/oauth-authorization-server",
        method = "get",
        operation_id = "authorizationServerMetadata",
        tag = "Tag::Metadata"
    )]
    async fn authorization_server(
        &self,
        request: &Request,
        /// Only what this client may use.
        client_id: Query<Option<String>>,
    ) -> Json<MetadataBody> {
        self.answer(Document::AuthorizationServer, request, named(&client_id)).await
    }
}

impl WellKnown {
    async fn answer(&self, which: Document, request: &Request, client: Option<&str>) -> Json<MetadataBody> {
        if let Some(refused) = unreadable_query(request) {
            return Json::of(refused);
        }
        match self.desk.engine.metadata(which, &self.endpoints, client).await {
            Ok(metadata) => Json::json(&metadata),
            Err(denied) => Json::of(view_refused(&self.desk, &denied, &self.desk.caller(request))),
        }
    }
}

/// The refusal of a query that cannot be read, or names a parameter more than once.
pub(super) fn unreadable_query(request: &Request) -> Option<Response> {
    let query = Params::of_query(request.uri().query());
    query.err().map(|error| refusals::unreadable(&error.into()))
}

/// A parameter of a view: empty counts as absent.
pub(super) fn named(parameter: &Query<Option<String>>) -> Option<&str> {
    parameter.0.as_deref().filter(|value| !value.is_empty())
}

/// An unknown client's view does not exist; anything else is a denial like any other.
pub(super) fn view_refused(desk: &Desk, denied: &Denied, caller: &Caller) -> Response {
    desk.note(denied, caller);
    let mut response = refusals::answer(denied, false);
    if response.status() == StatusCode::UNAUTHORIZED {
        response.set_status(StatusCode::NOT_FOUND);
    }
    response
}

/// The key set with its tag, or 304 to whoever has it already (RFC 9110, section 13.1.2).
pub(super) fn key_set(request: &Request, body: Bytes, etag: &str) -> Response {
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/").to_owned());
    let fresh = known.into_iter().any(|tag| tag == "*" || tag == etag);
    let mut response = if fresh {
        Response::builder().status(StatusCode::NOT_MODIFIED).finish()
    } else {
        Response::builder().content_type("application/json").body(body)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
}
