//! What happens to every request, whoever answers it: a name, a caller, a deadline, a safety net, a log line.

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use poem::http::{StatusCode, uri::Scheme};
use poem::{Addr, Endpoint, IntoResponse, PathPattern, Request, Response, Result};
use tracing::Instrument;

use super::client_address::{ClientAddress, Network};
use super::fault::{Fault, Shape, Shapes};
use super::headers::SecurityHeaders;
use super::metrics::Metrics;
use super::request_id;
use crate::base::ids::RequestId;
use crate::base::rng::Rng;

/// How long an answer may take, whatever it is to.
pub const DEADLINE: Duration = Duration::from_secs(20);

/// The outermost endpoint: nothing is answered around it.
///
/// It gives each request a [`RequestId`] and a [`ClientAddress`] (both found with [`Request::data`]), turns panics,
/// overdue answers and a framework's errors into [`Fault`]s in the words of the path's face, adds the headers every
/// answer carries, and writes one log line. Nothing of a query, a body, a cookie or an `Authorization` header is logged.
pub struct Edge<E> {
    inner: E,
    rng: Arc<dyn Rng>,
    headers: SecurityHeaders,
    shapes: Shapes,
    proxies: Vec<Network>,
    deadline: Duration,
    metrics: Option<Arc<Metrics>>,
}

impl<E> Edge<E> {
    /// Around `inner`, with the headers that belong to the issuer and the words of `shapes`.
    pub fn new(inner: E, rng: Arc<dyn Rng>, headers: SecurityHeaders, shapes: Shapes) -> Edge<E> {
        Edge { inner, rng, headers, shapes, proxies: Vec::new(), deadline: DEADLINE, metrics: None }
    }

    /// Believes what these networks forward.
    #[must_use]
    pub fn trusting(mut self, proxies: Vec<Network>) -> Edge<E> {
        self.proxies = proxies;
        self
    }

    /// Gives up on an answer after `deadline`.
    #[must_use]
    pub fn deadline(mut self, deadline: Duration) -> Edge<E> {
        self.deadline = deadline;
        self
    }

    /// Counts every answer.
    #[must_use]
    pub fn counting(mut self, metrics: Arc<Metrics>) -> Edge<E> {
        self.metrics = Some(metrics);
        self
    }
}

impl<E: Endpoint<Output: IntoResponse>> Endpoint for Edge<E> {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let id = request_id::new(&*self.rng);
        let caller = self.caller(&request);
        request.set_data(id.clone());
        request.set_data(caller);
        let shape = self.shapes.of(request.uri().path()).clone();
        let (method, path) = (request.method().clone(), request_id::loggable(request.uri().path()));

        let span = tracing::info_span!("request", %id, %method, path);
        let began = Instant::now();
        let mut response = self.answer(request, &*shape, &id).instrument(span.clone()).await;

        self.headers.baseline(response.headers_mut());
        response.headers_mut().insert(request_id::HEADER, request_id::header_value(&id));
        let took = began.elapsed();
        if let Some(metrics) = &self.metrics {
            let route = response.data::<PathPattern>().map(|pattern| pattern.0.clone());
            metrics.request(route.as_deref(), &method, response.status(), took);
        }
        let (status, duration_ms) = (response.status().as_u16(), took.as_millis() as u64);
        span.in_scope(
            || tracing::info!(target: "countersign::access", status, duration_ms, network = %caller.network()),
        );
        Ok(response)
    }
}

impl<E: Endpoint<Output: IntoResponse>> Edge<E> {
    async fn answer(&self, request: Request, shape: &dyn Shape, id: &RequestId) -> Response {
        let answering = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        match tokio::time::timeout(self.deadline, answering).await {
            Ok(Ok(Ok(answer))) => answer.into_response(),
            Ok(Ok(Err(error))) => refuse(error, shape, id),
            Ok(Err(panic)) => {
                tracing::error!(panic = message(&*panic), "the server made a mistake");
                Fault::Internal.respond(shape, id)
            }
            Err(_) => {
                tracing::warn!("no answer within {:?}", self.deadline);
                Fault::Unavailable { retry_after: 1 }.respond(shape, id)
            }
        }
    }

    fn caller(&self, request: &Request) -> ClientAddress {
        let peer = match &request.remote_addr().0 {
            Addr::SocketAddr(peer) => peer.ip(),
            // A Unix socket or a test: on this machine either way.
            _ => std::net::Ipv4Addr::LOCALHOST.into(),
        };
        ClientAddress::of(request.headers(), peer, *request.scheme() == Scheme::HTTPS, &self.proxies)
    }
}

/// What an endpoint's error becomes: itself if it is already an answer, a fault otherwise.
fn refuse(error: poem::Error, shape: &dyn Shape, id: &RequestId) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let pattern = error.data::<PathPattern>().cloned();
    let fault = error.downcast_ref::<Fault>().cloned().unwrap_or_else(|| fault_of(&error));
    let mut response = fault.respond(shape, id);
    if let Some(pattern) = pattern {
        response.set_data(pattern);
    }
    response
}

/// The fault that a framework's error stands for.
pub(crate) fn fault_of(error: &poem::Error) -> Fault {
    match error.status() {
        StatusCode::NOT_FOUND => Fault::NotFound,
        StatusCode::METHOD_NOT_ALLOWED => Fault::MethodNotAllowed { allow: String::new() },
        StatusCode::PAYLOAD_TOO_LARGE => Fault::TooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Fault::WrongType,
        StatusCode::REQUEST_TIMEOUT => Fault::TooSlow,
        status if status.is_client_error() => Fault::Malformed,
        _ => {
            tracing::error!(%error, "the server made a mistake");
            Fault::Internal
        }
    }
}

fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;
    use poem::http::Method;

    use crate::base::rng::SeededRng;
    use crate::http::fault::Plain;
    use crate::http::routing::Methods;
    use poem::Route;
    use poem::endpoint::{make, make_sync};

    struct Json;
    impl Shape for Json {
        fn render(&self, fault: &Fault, _: &RequestId) -> Response {
            let text = format!(r#"{{"status":{}}}"#, fault.status().as_u16());
            Response::builder().content_type("application/json").body(text)
        }
    }

    fn edge() -> Edge<impl Endpoint<Output = Response>> {
        let app = Route::new()
            .at("/", Methods::new().get(make_sync(|_| "home")).post(make_sync(|_| "posted")))
            .at("/panic", make_sync(|_| -> Response { panic!("oh") }))
            .at("/slow", make(|_| std::future::pending::<Response>()))
            .at("/busy", make_sync(|_| -> Result<Response> { Err(Fault::TooMany { retry_after: 3 }.into()) }))
            .at("/oauth/token", Methods::new().post(make_sync(|_| "token")))
            .at("/who", make_sync(|r| format!("{} {}", r.data::<ClientAddress>().unwrap().ip, request_id::of(&r))));
        let shapes = Shapes::new(Plain).below("/oauth", Arc::new(Json));
        Edge::new(app, Arc::new(SeededRng::new(1)), SecurityHeaders::for_issuer("https://id.example"), shapes)
            .deadline(Duration::from_millis(20))
    }

    async fn ask(method: Method, path: &'static str) -> (u16, Response) {
        let request = Request::builder().method(method).uri(path.parse().unwrap()).finish();
        let response = edge().get_response(request).await;
        for name in ["x-request-id", "x-content-type-options", "content-security-policy", "strict-transport-security"] {
            assert!(response.header(name).is_some(), "{path} lacks {name}");
        }
        (response.status().as_u16(), response)
    }

    #[tokio::test]
    async fn every_failure_has_its_faces_words_and_every_answer_its_headers() {
        assert_eq!(ask(Method::GET, "/").await.0, 200);
        assert_eq!(ask(Method::HEAD, "/").await.0, 200);
        let (status, response) = ask(Method::GET, "/nowhere").await;
        assert_eq!((status, response.content_type()), (404, Some("text/plain; charset=utf-8")));
        let (status, response) = ask(Method::GET, "/oauth/nowhere").await;
        assert_eq!((status, response.into_body().into_string().await.unwrap().as_str()), (404, r#"{"status":404}"#));
        assert_eq!(ask(Method::GET, "/panic").await.0, 500);
        assert_eq!(ask(Method::GET, "/slow").await.0, 503);
        let (status, response) = ask(Method::GET, "/busy").await;
        assert_eq!((status, response.header("retry-after")), (429, Some("3")));
    }

    #[tokio::test]
    async fn a_wrong_method_is_told_the_right_ones() {
        let (status, response) = ask(Method::DELETE, "/").await;
        assert_eq!((status, response.header("allow")), (405, Some("GET, HEAD, POST, OPTIONS")));
        let (status, response) = ask(Method::OPTIONS, "/").await;
        assert_eq!((status, response.header("allow")), (204, Some("GET, HEAD, POST, OPTIONS")));
        let (status, response) = ask(Method::GET, "/oauth/token").await;
        assert_eq!((status, response.header("allow")), (405, Some("POST, OPTIONS")));
        assert_eq!(response.content_type(), Some("application/json"));
        assert_eq!(ask(Method::OPTIONS, "/oauth/token").await.0, 204);
    }

    #[tokio::test]
    async fn the_id_in_the_answer_is_the_one_the_endpoint_saw() {
        let (_, response) = ask(Method::GET, "/who").await;
        let id = response.header("x-request-id").unwrap().to_owned();
        assert_eq!(response.into_body().into_string().await.unwrap(), format!("127.0.0.1 {id}"));
    }

    /// A log that can be read again.
    #[derive(Clone, Default)]
    struct Log(Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn the_log_has_the_id_and_nothing_secret() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || writer.clone());
        let request = || {
            Request::builder()
                .uri("/recover/rc_canary0123456789canary0123456789?code=canary".parse().unwrap())
                .header("authorization", "Bearer canary")
                .header("cookie", "countersign-session=canary")
                .body("password=canary")
        };
        let guard = tracing::subscriber::set_default(subscriber.finish());
        // A line that another test's thread was the first to come by is deaf here until it is asked again.
        let logged = async || {
            tracing::callsite::rebuild_interest_cache();
            let response = edge().get_response(request()).await;
            let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
            let id = response.header("x-request-id").unwrap();
            text.lines().any(|line| line.contains(id) && line.contains("status=404")).then_some(text)
        };
        let mut text = None;
        for _ in 0..100 {
            text = text.or(logged().await);
        }
        drop(guard);
        let text = text.expect("a request is logged with its id");
        assert!(text.contains("/recover/…") && !text.contains("canary"), "{text}");
    }
}
