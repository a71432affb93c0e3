//! What the operator's tools ask: is it up, can it work, what has it counted.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use poem::endpoint::{make, make_sync};
use poem::http::StatusCode;
use poem::http::header::CACHE_CONTROL;
use poem::{Endpoint, Request, Response, Result, Route};

use crate::http::client_address::ClientAddress;
use crate::http::fault::Fault;
use crate::http::metrics::{self, Metrics};
use crate::http::routing::Methods;

/// How long the store may take to answer before it counts as not answering.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether the server can do its work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    /// All of it.
    Ready,
    /// Part of it; what is missing, each in a few words, such as `disk full`.
    Degraded(Vec<String>),
    /// None of it; why.
    Unready(String),
}

/// Asks the store how it is.
pub type Probe = Arc<dyn Fn() -> BoxFuture<'static, Readiness> + Send + Sync>;

/// `GET /healthz`: the process runs and answers.
pub fn healthz() -> Methods {
    Methods::new().get(make_sync(|_| plain(StatusCode::OK, "ok\n".to_owned())))
}

/// `GET /readyz`: 200 while the store answers, with what is degraded; 503 when it does not.
pub fn readyz(probe: Probe) -> Methods {
    readyz_within(probe, PATIENCE)
}

fn readyz_within(probe: Probe, patience: Duration) -> Methods {
    Methods::new().get(make(move |_| {
        let asking = tokio::time::timeout(patience, probe());
        async move {
            match asking.await {
                Ok(Readiness::Ready) => plain(StatusCode::OK, "ready\n".to_owned()),
                Ok(Readiness::Degraded(what)) => plain(StatusCode::OK, format!("degraded: {}\n", what.join(", "))),
                Ok(Readiness::Unready(why)) => plain(StatusCode::SERVICE_UNAVAILABLE, format!("not ready: {why}\n")),
                Err(_) => plain(StatusCode::SERVICE_UNAVAILABLE, "not ready: the store does not answer\n".to_owned()),
            }
        }
    }))
}

/// `GET /metrics` beside everything else: for callers on this machine whose request nobody forwarded. To everybody else
/// the path does not exist.
pub fn local_metrics(metrics: Arc<Metrics>) -> Methods {
    Methods::new().get(make_sync(move |request: Request| -> Result<Response> {
        let local = request.data::<ClientAddress>().is_some_and(ClientAddress::is_local);
        if local { Ok(text(&metrics)) } else { Err(Fault::NotFound.into()) }
    }))
}

/// What the operator's own listener serves: `/metrics` to whoever reaches it, `/healthz` and `/readyz`.
pub fn operators_listener(metrics: Arc<Metrics>, probe: Probe) -> impl Endpoint<Output = Response> {
    let everybody = Methods::new().get(make_sync(move |_| text(&metrics)));
    Route::new().at("/metrics", everybody).at("/healthz", healthz()).at("/readyz", readyz(probe))
}

fn text(metrics: &Metrics) -> Response {
    let response = Response::builder().content_type(metrics::CONTENT_TYPE).header(CACHE_CONTROL, "no-store");
    response.body(metrics.text())
}

fn plain(status: StatusCode, text: String) -> Response {
    let response = Response::builder().status(status).content_type("text/plain; charset=utf-8");
    response.header(CACHE_CONTROL, "no-store").body(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn ask(endpoint: impl Endpoint<Output = Response>, caller: Option<ClientAddress>) -> (u16, String) {
        let mut request = Request::builder().finish();
        if let Some(caller) = caller {
            request.set_data(caller);
        }
        let response = endpoint.get_response(request).await;
        (response.status().as_u16(), response.into_body().into_string().await.unwrap())
    }

    fn says(readiness: Readiness) -> Probe {
        Arc::new(move || {
            let readiness = readiness.clone();
            Box::pin(async move { readiness })
        })
    }

    #[tokio::test]
    async fn readiness_names_what_is_wrong() {
        assert_eq!(ask(healthz(), None).await, (200, "ok\n".into()));
        assert_eq!(ask(readyz(says(Readiness::Ready)), None).await, (200, "ready\n".into()));
        let degraded = readyz(says(Readiness::Degraded(vec!["disk full".into()])));
        assert_eq!(ask(degraded, None).await, (200, "degraded: disk full\n".into()));
        let unready = readyz(says(Readiness::Unready("the store is closed".into())));
        assert_eq!(ask(unready, None).await, (503, "not ready: the store is closed\n".into()));
    }

    #[tokio::test]
    async fn a_store_that_does_not_answer_is_not_waited_for() {
        let silent: Probe = Arc::new(|| Box::pin(std::future::pending()));
        assert_eq!(ask(readyz_within(silent, Duration::from_millis(10)), None).await.0, 503);
    }

    #[tokio::test]
    async fn metrics_are_told_on_this_machine_only() {
        let caller = |ip: &str, forwarded| ClientAddress { ip: ip.parse().unwrap(), https: false, forwarded };
        let metrics = Arc::new(Metrics::new());
        assert_eq!(ask(local_metrics(metrics.clone()), Some(caller("127.0.0.1", false))).await.0, 200);
        for stranger in [None, Some(caller("192.0.2.1", false)), Some(caller("127.0.0.1", true))] {
            assert_eq!(ask(local_metrics(metrics.clone()), stranger).await.0, 404);
        }
    }
}
