//! Forms that only our own pages can send.
//!
//! Two checks, both needed: the form carries a token that belongs to the browser's cookie, and the browser does not say
//! that the request comes from elsewhere. The sign-in form too, so that nobody is signed in as somebody else.

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use poem::http::header::ORIGIN;
use poem::http::{HeaderMap, HeaderName};
use url::Url;

/// The form field that carries the token.
pub const FIELD: &str = "csrf";

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The token for forms of `purpose` in the browser whose cookie is `browser`; `key` serves this use only.
pub fn token(key: &hmac::Key, browser: &str, purpose: &str) -> String {
    BASE64URL_NOPAD.encode(hmac::sign(key, &message(browser, purpose)).as_ref())
}

/// Whether `presented` is the token for this browser and purpose, compared in constant time.
pub fn verify(key: &hmac::Key, browser: &str, purpose: &str, presented: &str) -> bool {
    BASE64URL_NOPAD
        .decode(presented.as_bytes())
        .is_ok_and(|tag| hmac::verify(key, &message(browser, purpose), &tag).is_ok())
}

fn message(browser: &str, purpose: &str) -> Vec<u8> {
    // The purpose is ours and has no zero byte, so no other pair gives the same message.
    [purpose.as_bytes(), &[0], browser.as_bytes()].concat()
}

/// Whether nothing the browser says about the request speaks against its coming from a page of `origin` (as
/// [`origin_of`] writes it).
///
/// `Origin`, where it names one, must be ours. `Sec-Fetch-Site` must be `same-origin`, or `none` (typed or bookmarked).
/// `Origin: null` says nothing by itself: browsers send it for our own forms under some referrer policies; it counts
/// only with `Sec-Fetch-Site: same-origin`. A request with neither header is not from a current browser; there the
/// token decides alone.
pub fn same_origin(headers: &HeaderMap, origin: &str) -> bool {
    let said = |name: HeaderName| headers.get_all(name).iter().map(|v| v.to_str().unwrap_or("?")).collect::<Vec<_>>();
    let (origins, sites) = (said(ORIGIN), said(SEC_FETCH_SITE));
    match (origins.as_slice(), sites.as_slice()) {
        ([], [] | ["same-origin" | "none"]) | (["null"], ["same-origin"]) => true,
        ([one], [] | ["same-origin"]) => *one == origin,
        _ => false,
    }
}

/// The origin of an address, as browsers write it in `Origin`; `None` unless it is http or https.
pub fn origin_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: &str = "https://id.example.org";

    fn key() -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[1; 32])
    }

    #[test]
    fn a_token_fits_one_browser_and_one_purpose() {
        let token = token(&key(), "br_1", "sign-in");
        assert_eq!(token.len(), 43);
        assert!(verify(&key(), "br_1", "sign-in", &token));
        assert!(!verify(&key(), "br_2", "sign-in", &token));
        assert!(!verify(&key(), "br_1", "consent", &token));
        assert!(!verify(&hmac::Key::new(hmac::HMAC_SHA256, &[2; 32]), "br_1", "sign-in", &token));
        for wrong in ["", &token[..42], &format!("{token}A"), "not base64!"] {
            assert!(!verify(&key(), "br_1", "sign-in", wrong));
        }
    }

    #[test]
    fn what_the_browser_says_decides() {
        let says = |origin: Option<&str>, site: Option<&str>| {
            let mut headers = HeaderMap::new();
            origin.map(|value| headers.insert(ORIGIN, value.parse().unwrap()));
            site.map(|value| headers.insert(SEC_FETCH_SITE, value.parse().unwrap()));
            same_origin(&headers, OURS)
        };
        assert!(says(None, None));
        assert!(says(Some(OURS), None));
        assert!(says(Some(OURS), Some("same-origin")));
        assert!(says(None, Some("same-origin")));
        assert!(says(None, Some("none")));
        assert!(says(Some("null"), Some("same-origin")));
        assert!(!says(Some("null"), None));
        assert!(!says(Some("null"), Some("cross-site")));
        assert!(!says(Some(OURS), Some("cross-site")));
        assert!(!says(Some("https://evil.example"), None));
        assert!(!says(Some("https://evil.example"), Some("same-origin")));
        assert!(!says(Some("https://id.example.org:444"), None));
        assert!(!says(Some("http://id.example.org"), None));
        assert!(!says(None, Some("same-site")));
        assert!(!says(Some("null"), Some("none")));
    }

    #[test]
    fn a_header_sent_twice_counts_against_the_request() {
        let mut headers = HeaderMap::new();
        headers.append(ORIGIN, OURS.parse().unwrap());
        headers.append(ORIGIN, OURS.parse().unwrap());
        assert!(!same_origin(&headers, OURS));
    }

    #[test]
    fn an_origin_leaves_out_the_default_port_and_the_path() {
        assert_eq!(origin_of("https://ID.example.org:443/x?y").as_deref(), Some(OURS));
        assert_eq!(origin_of("http://localhost:8080").as_deref(), Some("http://localhost:8080"));
        assert_eq!(origin_of("com.example.app:/cb"), None);
    }
}
