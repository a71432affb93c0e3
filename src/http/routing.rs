//! One path, several methods: HEAD where GET is, OPTIONS answered, everything else refused with `Allow`.

use poem::EndpointExt;
use poem::endpoint::BoxEndpoint;
use poem::http::header::ALLOW;
use poem::http::{HeaderValue, Method, StatusCode};
use poem::{Endpoint, IntoEndpoint, Request, Response, Result};

use super::fault::Fault;

/// The methods of one path.
///
/// ```
/// # use countersign::http::routing::Methods;
/// # use poem::{endpoint::make_sync, Route};
/// let app = Route::new().at("/login", Methods::new().get(make_sync(|_| "a form")).post(make_sync(|_| "done")));
/// ```
#[derive(Default)]
pub struct Methods {
    taken: Vec<(Method, BoxEndpoint<'static>)>,
}

impl Methods {
    /// No method yet.
    pub fn new() -> Methods {
        Methods::default()
    }

    /// Answers GET, and HEAD with the same headers.
    #[must_use]
    pub fn get(self, endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Methods {
        self.on(Method::GET, endpoint)
    }

    /// Answers POST.
    #[must_use]
    pub fn post(self, endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Methods {
        self.on(Method::POST, endpoint)
    }

    /// Answers `method`. For OPTIONS this takes the place of the plain list of methods (see [`cors`](super::cors)).
    #[must_use]
    pub fn on(mut self, method: Method, endpoint: impl IntoEndpoint<Endpoint: 'static>) -> Methods {
        self.taken.push((method, endpoint.into_endpoint().map_to_response().boxed()));
        self
    }

    /// What `Allow` says.
    pub fn allow(&self) -> String {
        let mut names: Vec<&str> = Vec::new();
        for (method, _) in &self.taken {
            names.push(method.as_str());
            if method == Method::GET {
                names.push("HEAD");
            }
        }
        if !names.contains(&"OPTIONS") {
            names.push("OPTIONS");
        }
        names.join(", ")
    }

    fn endpoint(&self, method: &Method) -> Option<&BoxEndpoint<'static>> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        self.taken.iter().find(|(known, _)| known == wanted).map(|(_, endpoint)| endpoint)
    }
}

impl Endpoint for Methods {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        match self.endpoint(request.method()) {
            Some(endpoint) => endpoint.call(request).await,
            None if request.method() == Method::OPTIONS => Ok(options(&self.allow())),
            None => Err(Fault::MethodNotAllowed { allow: self.allow() }.into()),
        }
    }
}

/// The answer to OPTIONS where nothing else is said: which methods there are.
pub fn options(allow: &str) -> Response {
    let value = HeaderValue::from_str(allow).unwrap_or(HeaderValue::from_static("OPTIONS"));
    Response::builder().status(StatusCode::NO_CONTENT).header(ALLOW, value).finish()
}
