//! Cross-origin answers. What is allowed is the caller's to decide; this says it in headers (Fetch, section 3.2).

use poem::http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use poem::http::{HeaderMap, HeaderValue, Method, StatusCode};
use poem::{Request, Response};

/// The one `Origin` the request names; `None` when it names none, several or `null`.
pub fn origin(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(ORIGIN).iter();
    let (Some(one), None) = (all.next(), all.next()) else { return None };
    one.to_str().ok().filter(|text| *text != "null" && !text.is_empty())
}

/// Whether the request asks, before another, whether that one would be allowed.
pub fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS
        && request.headers().contains_key(ORIGIN)
        && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// Says that the answer depends on who asks; needed whether or not the origin is allowed.
pub fn vary(response: &mut Response) {
    let told = response.headers().get_all(VARY).iter().any(|line| line.as_bytes().eq_ignore_ascii_case(b"origin"));
    if !told {
        response.headers_mut().append(VARY, HeaderValue::from_static("Origin"));
    }
}

/// Lets pages of `origin` read the answer.
pub fn allow(response: &mut Response, origin: &str) {
    vary(response);
    if let Ok(value) = HeaderValue::from_str(origin) {
        response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, value);
        expose(response);
    }
}

/// Lets every page read the answer; for what is public anyway.
pub fn allow_any(response: &mut Response) {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    expose(response);
}

/// Pages see the challenge and when to try again, beside what they may see anyway.
fn expose(response: &mut Response) {
    let names = HeaderValue::from_static("WWW-Authenticate, Retry-After, X-Request-Id");
    response.headers_mut().insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
}

/// The answer to a preflight whose origin is allowed: 204, with `methods` and `headers` (comma-separated lists), good for
/// ten minutes. `origin` is what the request named, or `*`.
pub fn preflight(origin: &str, methods: &'static str, headers: &'static str) -> Response {
    let mut response = refused_preflight();
    if origin == "*" {
        allow_any(&mut response)
    } else {
        allow(&mut response, origin)
    }
    let out = response.headers_mut();
    out.remove(ACCESS_CONTROL_EXPOSE_HEADERS);
    out.insert(ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static(methods));
    out.insert(ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static(headers));
    out.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// The answer to a preflight whose origin is not allowed: nothing is.
pub fn refused_preflight() -> Response {
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    vary(&mut response);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_allowed_origin_is_echoed_and_the_answer_varies() {
        let mut response = Response::default();
        allow(&mut response, "https://app.example");
        vary(&mut response);
        assert_eq!(response.header("access-control-allow-origin"), Some("https://app.example"));
        assert_eq!(response.headers().get_all(VARY).iter().count(), 1);
    }

    #[test]
    fn preflights_are_recognised_and_answered() {
        let ask = Request::builder().method(Method::OPTIONS).header("origin", "https://a.example");
        assert!(!is_preflight(&Request::builder().method(Method::OPTIONS).finish()));
        assert!(is_preflight(&ask.header("access-control-request-method", "POST").finish()));
        let yes = preflight("https://a.example", "POST", "authorization, content-type");
        assert_eq!((yes.status().as_u16(), yes.header("access-control-allow-methods")), (204, Some("POST")));
        assert_eq!(refused_preflight().header("access-control-allow-origin"), None);
        assert_eq!(refused_preflight().header("vary"), Some("Origin"));
        assert_eq!(preflight("*", "GET", "authorization").header("access-control-allow-origin"), Some("*"));
    }

    #[test]
    fn null_and_repeated_origins_are_nobodys() {
        let named = |values: &[&str]| {
            let headers = values.iter().map(|v| (ORIGIN, v.parse().unwrap())).collect::<HeaderMap>();
            origin(&headers).map(str::to_owned)
        };
        assert_eq!(named(&["https://a.example"]).as_deref(), Some("https://a.example"));
        assert_eq!(named(&["null"]), None);
        assert_eq!(named(&["https://a.example", "https://a.example"]), None);
    }
}
