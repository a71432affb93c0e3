//! Every face in its place: one endpoint that answers everything.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use arc_swap::ArcSwap;
use poem::endpoint::{BoxEndpoint, make_sync};
use poem::http::header::CACHE_CONTROL;
use poem::{Endpoint, EndpointExt, Request, Response, Result, Route};

use crate::base::ids::RequestId;
use crate::base::rng::Rng;
use crate::dialects::{self, shared};
use crate::http::assets::{Favicon, StaticFiles};
use crate::http::client_address::Network;
use crate::http::desk::Desk;
use crate::http::edge::Edge;
use crate::http::fault::{Fault, Shape, Shapes};
use crate::http::headers::SecurityHeaders;
use crate::http::metrics::Metrics;
use crate::http::routing::Methods;
use crate::model::settings::{Placement, Settings};
use crate::{console, pages};

use super::health::{self, Probe};

/// What the faces are built from.
#[derive(Clone)]
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

/// The whole application: built for where the dialects lie, and built again when an administrator moves one.
pub struct App {
    parts: Parts,
    standing: ArcSwap<Standing>,
}

/// The application as it stands for these places.
struct Standing {
    /// Which version of the settings was looked at; none as long as the store could not say.
    version: Option<u64>,
    dialects: BTreeMap<String, Placement>,
    faces: Arc<BoxEndpoint<'static, Response>>,
}

impl App {
    /// The application over `parts`, with every dialect where it lies by default until the first request is asked.
    pub fn new(parts: Parts) -> App {
        let standing = ArcSwap::from_pointee(Standing::build(&parts, &Settings::default(), None));
        App { parts, standing }
    }

    /// The application for the settings as they are. Only a change of them is worth a look at the store; one that cannot
    /// answer moves nothing.
    async fn now(&self) -> Arc<BoxEndpoint<'static, Response>> {
        let engine = &self.parts.desk.engine;
        let (standing, version) = (self.standing.load_full(), Some(engine.settings_version()));
        if standing.version != version
            && let Ok(settings) = engine.settings().await
        {
            let built = match settings.dialects == standing.dialects {
                true => Standing { version, dialects: settings.dialects, faces: standing.faces.clone() },
                false => Standing::build(&self.parts, &settings, version),
            };
            self.standing.store(Arc::new(built));
        }
        self.standing.load().faces.clone()
    }
}

impl Endpoint for App {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        self.now().await.call(request).await
    }
}

impl Standing {
    fn build(parts: &Parts, settings: &Settings, version: Option<u64>) -> Standing {
        let faces = Arc::new(faces(parts, settings).boxed());
        Standing { version, dialects: settings.dialects.clone(), faces }
    }
}

/// Every face in its place.
fn faces(parts: &Parts, settings: &Settings) -> impl Endpoint<Output = Response> + use<> {
    let desk = &parts.desk;
    let issuer = desk.engine.identity().issuer.clone();
    let mut routes = Route::new()
        .at("/healthz", health::healthz())
        .at("/readyz", health::readyz(parts.probe.clone()))
        .nest("/static", StaticFiles)
        .at("/favicon.ico", Favicon)
        .nest("/openapi", documents());
    if parts.local_metrics {
        routes = routes.at("/metrics", health::local_metrics(parts.metrics.clone()));
    }
    routes = pages::well_known(routes, desk);
    routes = dialects::mount(routes, desk, path_of(&issuer), settings);
    let directory = dialects::directory::directory(&issuer, settings);
    routes = routes.nest("/admin", console::routes(desk, directory)).nest("/", pages::routes(desk, resume_path));

    let shapes = Shapes::new(PageShape(desk.clone())).below("/openapi", (dialects::oidc::DIALECT.shape)());
    let shapes = dialects::shapes(shapes, path_of(&issuer), settings);
    Edge::new(routes, parts.rng.clone(), SecurityHeaders::for_issuer(&issuer), shapes)
        .trusting(parts.proxies.clone())
        .counting(parts.metrics.clone())
}

/// The path of an issuer: empty, or `/` and more, without a slash at its end.
fn path_of(issuer: &str) -> &str {
    let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
    issuer[after_scheme..].find('/').map_or("", |at| &issuer[after_scheme + at..])
}

/// Where an interaction that came through `face` goes on.
fn resume_path(_face: &crate::model::face::Face) -> String {
    // The authorization endpoint is shared: clients of every dialect that starts there come back there.
    format!("{}{}", shared::PREFIX, shared::RESUME)
}

/// The OpenAPI documents, as committed. Each is written when somebody first asks: a start does not wait for them.
fn documents() -> Route {
    dialects::documents().fold(Route::new(), |routes, name| {
        let written: OnceLock<String> = OnceLock::new();
        let endpoint = make_sync(move |_: Request| {
            let text = written.get_or_init(|| dialects::openapi_document(name).unwrap_or_default()).clone();
            Response::builder().content_type("application/json").header(CACHE_CONTROL, "no-cache").body(text)
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
