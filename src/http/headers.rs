//! What every answer tells the browser not to do.

use poem::Response;
use poem::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, PRAGMA, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS,
};
use poem::http::{HeaderMap, HeaderName, HeaderValue};
use url::Url;

const OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// For answers that are not pages: nothing may be loaded from them, and nobody may frame them.
const API_POLICY: &str = "default-src 'none'; frame-ancestors 'none'";

/// The headers that protect people, which depend on the issuer only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecurityHeaders {
    https: bool,
}

impl SecurityHeaders {
    /// For answers served under `issuer`.
    pub fn for_issuer(issuer: &str) -> SecurityHeaders {
        SecurityHeaders { https: issuer.starts_with("https://") }
    }

    /// Marks `response` as a page. Its forms may lead to `form_targets` beside our own pages: browsers apply
    /// `form-action` to the redirect after the post too, so a form that ends at a client must name where (see
    /// [`form_target`]).
    pub fn page(&self, response: &mut Response, form_targets: &[String]) {
        let headers = response.headers_mut();
        let policy = content_security_policy(form_targets);
        // The targets are those `form_target` writes or are left out, so the policy is visible ASCII.
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_str(&policy).expect("a policy of visible ASCII"));
        headers.insert(RESOURCE, HeaderValue::from_static("same-origin"));
        no_store(headers);
        self.baseline(headers);
    }

    /// Marks `response` as an answer for programs, not to be kept.
    pub fn api(&self, response: &mut Response) {
        no_store(response.headers_mut());
        self.baseline(response.headers_mut());
    }

    /// What every answer carries, whoever gave it. Headers already there stay.
    pub fn baseline(&self, headers: &mut HeaderMap) {
        let mut default = |name: HeaderName, value: &'static str| {
            headers.entry(name).or_insert(HeaderValue::from_static(value));
        };
        default(CONTENT_SECURITY_POLICY, API_POLICY);
        default(X_CONTENT_TYPE_OPTIONS, "nosniff");
        // Not `no-referrer`: under that, browsers send `Origin: null` with our own forms.
        default(REFERRER_POLICY, "same-origin");
        default(OPENER, "same-origin");
        default(PERMISSIONS, "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()");
        if self.https {
            default(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
        }
    }
}

/// Keeps an answer out of every cache (RFC 6749, section 5.1).
pub fn no_store(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(PRAGMA, HeaderValue::from_static("no-cache"));
}

fn content_security_policy(form_targets: &[String]) -> String {
    let mut policy = String::from(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         font-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; form-action 'self'",
    );
    for target in form_targets.iter().filter(|target| is_source(target)) {
        policy.push(' ');
        policy.push_str(target);
    }
    policy
}

/// Where a form may lead, as `form-action` names it, for a client's redirect URI: the origin for http and https, the
/// scheme for an application's own scheme, any port of a loopback address (its port is chosen at run time, RFC 8252,
/// section 7.3). `None` when it cannot be named.
///
/// Source expressions know no IPv6 addresses (Content Security Policy Level 3, section 2.3.1): for those the scheme has
/// to do.
pub fn form_target(redirect_uri: &str) -> Option<String> {
    let url = Url::parse(redirect_uri).ok()?;
    let target = match (url.scheme(), url.host()) {
        (scheme @ ("http" | "https"), Some(url::Host::Ipv6(_))) => format!("{scheme}:"),
        ("http", Some(url::Host::Ipv4(ip))) if ip.is_loopback() => format!("http://{ip}:*"),
        ("http" | "https", Some(_)) => url.origin().ascii_serialization(),
        ("http" | "https" | "javascript" | "data" | "blob" | "filesystem" | "about", _) => return None,
        (scheme, _) => format!("{scheme}:"),
    };
    is_source(&target).then_some(target)
}

/// Whether `text` can stand in a policy without ending its directive or adding another source.
fn is_source(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~:/*+[]".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_may_load_only_from_here_and_lead_only_where_it_says() {
        let mut response = Response::default();
        SecurityHeaders::for_issuer("https://id.example.org").page(&mut response, &["https://wiki.example.org".into()]);
        let policy = response.header("content-security-policy").unwrap();
        assert!(policy.starts_with("default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:;"));
        assert!(policy.ends_with("frame-ancestors 'none'; form-action 'self' https://wiki.example.org"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert_eq!(response.header("strict-transport-security"), Some("max-age=31536000"));
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(response.header("referrer-policy"), Some("same-origin"));
        assert_eq!(response.header("cross-origin-opener-policy"), Some("same-origin"));
    }

    #[test]
    fn http_issuers_do_not_demand_https() {
        let mut response = Response::default();
        SecurityHeaders::for_issuer("http://localhost:8080").api(&mut response);
        assert_eq!(response.header("strict-transport-security"), None);
        assert_eq!(response.header("content-security-policy"), Some(API_POLICY));
    }

    #[test]
    fn the_baseline_leaves_a_pages_own_policy_alone() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'self'"));
        SecurityHeaders::for_issuer("http://localhost").baseline(&mut headers);
        assert_eq!(headers[CONTENT_SECURITY_POLICY], "default-src 'self'");
    }

    #[test]
    fn redirect_uris_are_named_as_sources() {
        for (uri, target) in [
            ("https://wiki.example.org/cb?x=1", Some("https://wiki.example.org")),
            ("https://wiki.example.org:8443/cb", Some("https://wiki.example.org:8443")),
            ("http://127.0.0.1:51234/cb", Some("http://127.0.0.1:*")),
            ("http://[::1]:51234/cb", Some("http:")),
            ("com.example.app:/cb", Some("com.example.app:")),
            ("javascript:alert(1)", None),
            ("not a uri", None),
        ] {
            assert_eq!(form_target(uri).as_deref(), target, "{uri}");
        }
    }

    #[test]
    fn a_source_cannot_end_its_directive() {
        let alone = content_security_policy(&[]);
        for target in ["https://a; script-src *", "a b", "'unsafe-inline'", "a,b", ""] {
            assert_eq!(content_security_policy(&[target.to_owned()]), alone, "{target}");
        }
    }
}
