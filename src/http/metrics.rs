//! What is counted, as Prometheus reads it. No label holds anything a caller chose.

use std::fmt;
use std::time::Duration;

use poem::http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// The content type of [`Metrics::text`] (OpenMetrics 1.0).
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Every number the process counts.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RouteLabels, Histogram>,
    connections: Gauge,
    sign_ins: Family<OutcomeLabels, Counter>,
    tokens: Family<GrantLabels, Counter>,
    limited: Family<LimitLabels, Counter>,
    store_faults: Counter,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: &'static str,
    status: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct OutcomeLabels {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct GrantLabels {
    grant: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct LimitLabels {
    limit: &'static str,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics::new()
    }
}

impl Metrics {
    /// Everything at zero.
    pub fn new() -> Metrics {
        // From half a millisecond, an answer from memory, to ten seconds, where most callers have given up.
        let buckets =
            || Histogram::new([0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0]);
        let mut metrics = Metrics {
            registry: Registry::with_prefix("countersign"),
            requests: Family::default(),
            durations: Family::new_with_constructor(buckets),
            connections: Gauge::default(),
            sign_ins: Family::default(),
            tokens: Family::default(),
            limited: Family::default(),
            store_faults: Counter::default(),
        };
        let all = &mut metrics.registry;
        all.register(
            "http_requests",
            "Requests answered, by route, method and class of status",
            metrics.requests.clone(),
        );
        all.register("http_request_duration_seconds", "Time to the beginning of the answer", metrics.durations.clone());
        all.register("http_connections", "Connections open now", metrics.connections.clone());
        all.register("sign_ins", "Sign-ins tried, by outcome", metrics.sign_ins.clone());
        all.register("tokens_issued", "Token answers given, by grant", metrics.tokens.clone());
        all.register("rate_limited", "Requests refused because there were too many, by limit", metrics.limited.clone());
        all.register("store_faults", "Reads and writes the store could not do", metrics.store_faults.clone());
        metrics
    }

    /// Counts a request answered. `route` is the router's pattern, never the path asked for; `None` where nothing matched.
    pub fn request(&self, route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
        let route = route.unwrap_or("none").to_owned();
        let labels = RequestLabels { route: route.clone(), method: known(method), status: class(status) };
        self.requests.get_or_create(&labels).inc();
        self.durations.get_or_create(&RouteLabels { route }).observe(took.as_secs_f64());
    }

    /// Counts a sign-in, by what came of it: one of our own words, such as `signed_in` or `wrong_password`.
    pub fn sign_in(&self, outcome: &'static str) {
        self.sign_ins.get_or_create(&OutcomeLabels { outcome }).inc();
    }

    /// Counts a token answer, by the grant that earned it: the name from our own list, not the one sent.
    pub fn token_issued(&self, grant: &'static str) {
        self.tokens.get_or_create(&GrantLabels { grant }).inc();
    }

    /// Counts a refusal by one of our rate limits.
    pub fn rate_limited(&self, limit: &'static str) {
        self.limited.get_or_create(&LimitLabels { limit }).inc();
    }

    /// Counts a read or write that the store could not do.
    pub fn store_fault(&self) {
        self.store_faults.inc();
    }

    /// The gauge of open connections, for the listener.
    pub fn connections(&self) -> Gauge {
        self.connections.clone()
    }

    /// Everything, as [`CONTENT_TYPE`].
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        text::encode(&mut out, &self.registry).expect("a string takes any text");
        out
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics(…)")
    }
}

/// The method, if it is one of the usual ones: a caller may invent others.
fn known(method: &Method) -> &'static str {
    let usual = ["GET", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE"];
    usual.into_iter().find(|name| method == name).unwrap_or("other")
}

fn class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        100..200 => "1xx",
        200..300 => "2xx",
        300..400 => "3xx",
        400..500 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_counted_is_told_and_what_callers_invent_is_not() {
        let metrics = Metrics::new();
        let invented = Method::from_bytes(b"BREW").unwrap();
        metrics.request(Some("/oauth/token"), &Method::POST, StatusCode::OK, Duration::from_millis(3));
        metrics.request(None, &invented, StatusCode::NOT_FOUND, Duration::ZERO);
        metrics.sign_in("wrong_password");
        metrics.token_issued("refresh_token");
        metrics.store_fault();
        let text = metrics.text();
        for line in [
            r#"countersign_http_requests_total{route="/oauth/token",method="POST",status="2xx"} 1"#,
            r#"countersign_http_requests_total{route="none",method="other",status="4xx"} 1"#,
            r#"countersign_http_request_duration_seconds_bucket{le="0.005",route="/oauth/token"} 1"#,
            r#"countersign_sign_ins_total{outcome="wrong_password"} 1"#,
            r#"countersign_tokens_issued_total{grant="refresh_token"} 1"#,
            "countersign_store_faults_total 1",
            "countersign_http_connections 0",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is not in\n{text}");
        }
        assert!(text.ends_with("# EOF\n") && !text.contains("BREW"));
    }
}
