//! Every face in its place: one endpoint that answers everything.

use std::sync::Arc;

use poem::endpoint::make_sync;
use poem::http::header::CACHE_CONTROL;
use poem::{Endpoint, Request, Response, Route};

use crate::base::ids::RequestId;
use crate::base::rng::Rng;
use crate::dialects::{self, oidc};
use crate::http::assets::{Favicon, StaticFiles};
use crate::http::client_address::Network;
use crate::http::desk::Desk;
use crate::http::edge::Edge;
use crate::http::fault::{Fault, Shape, Shapes};
use crate::http::headers::SecurityHeaders;
use crate::http::metrics::Metrics;
use crate::http::routing::Methods;
use crate::{console, pages};

use super::health::{self, Probe};

/// What the faces are built from.
pub struct Parts {
    /// The engine with what every face needs around it.
    pub desk: Arc<Desk>,
    /// Chance, for the references of requests.
    pub rng: Arc<dyn Rng>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// Asks the store how it is.
    pub probe: Probe,
    /// Whether this listener shows `/metrics` to callers on this machine.
    pub local_metrics: bool,
    /// The networks whose forwarded addresses are believed.
    pub proxies: Vec<Network>,
}

/// The whole application.
pub fn app(parts: Parts) -> impl Endpoint<Output = Response> + use<> {
    let desk = &parts.desk;
    let issuer = desk.engine.identity().issuer.clone();
    let mut routes = Route::new()
        .at("/healthz", health::healthz())
        .at("/readyz", health::readyz(parts.probe))
        .nest("/static", StaticFiles)
        .at("/favicon.ico", Favicon)
        .nest("/openapi", documents());
    if parts.local_metrics {
        routes = routes.at("/metrics", health::local_metrics(parts.metrics.clone()));
    }
    routes = mount_dialects(routes, desk, path_of(&issuer));
    routes = routes.nest("/admin", console::routes(desk, oidc::endpoints)).nest("/", pages::routes(desk, resume_path));

    let json: Arc<dyn Shape> = Arc::new(oidc::JsonShape);
    let mut shapes = Shapes::new(PageShape(desk.clone())).below("/.well-known", json.clone());
    shapes = shapes.below(oidc::PREFIX, json.clone()).below("/openapi", json.clone());
    let path = path_of(&issuer);
    if !path.is_empty() {
        shapes = shapes.below(format!("{path}{}", oidc::PREFIX), json.clone());
        shapes = shapes.below(format!("{path}/.well-known"), json.clone());
    }
    let edge = Edge::new(routes, parts.rng, SecurityHeaders::for_issuer(&issuer), shapes)
        .trusting(parts.proxies)
        .counting(parts.metrics);
    oidc::METHODS.iter().fold(edge, |edge, (below, methods)| {
        // At the root, and once more below the issuer's path if it has one.
        edge.allow(*below, methods).allow(format!("{path}{below}"), methods)
    })
}

/// The dialects at their paths. When the issuer has a path, metadata lies at both of its forms (RFC 8414, section 3.1;
/// OpenID Connect Discovery, section 4), and the endpoints below that path too.
fn mount_dialects(mut routes: Route, desk: &Arc<Desk>, path: &str) -> Route {
    routes = routes.nest(oidc::PREFIX, oidc::routes(desk));
    if path.is_empty() {
        return routes.nest("/.well-known", oidc::metadata_routes(desk));
    }
    routes
        .nest(format!("{path}{}", oidc::PREFIX), oidc::routes(desk))
        .nest(format!("{path}/.well-known"), oidc::metadata_routes(desk))
        .nest("/.well-known", oidc::inserted_metadata_routes(desk, path))
}

/// The path of an issuer: empty, or `/` and more, without a slash at its end.
fn path_of(issuer: &str) -> &str {
    let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
    issuer[after_scheme..].find('/').map_or("", |at| &issuer[after_scheme + at..])
}

/// Where an interaction that came through `face` goes on.
fn resume_path(_face: &crate::model::face::Face) -> String {
    // The authorization endpoint is shared: clients of every dialect that starts there come back there.
    format!("{}{}", oidc::PREFIX, oidc::RESUME)
}

/// The OpenAPI documents, as committed.
fn documents() -> Route {
    dialects::DOCUMENTS.iter().fold(Route::new(), |routes, name| {
        let text = dialects::openapi_document(name).unwrap_or_default();
        let endpoint = make_sync(move |_: Request| {
            Response::builder().content_type("application/json").header(CACHE_CONTROL, "no-cache").body(text.clone())
        });
        routes.at(format!("/{name}.json"), Methods::new().get(endpoint))
    })
}

/// Faults where people are: a page.
struct PageShape(Arc<Desk>);

impl Shape for PageShape {
    fn render(&self, fault: &Fault, id: &RequestId) -> Response {
        self.0.fault_response(fault, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_an_issuer_is_what_follows_its_host() {
        assert_eq!(path_of("https://id.example.org"), "");
        assert_eq!(path_of("https://id.example.org:8443/team/id"), "/team/id");
    }
}
