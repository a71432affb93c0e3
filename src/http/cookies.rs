//! Cookies: four names, one way to write them.

use std::time::Duration;

use poem::http::header::COOKIE;
use poem::http::{HeaderMap, HeaderValue};

/// The cookie of a signed-in browser.
pub const SESSION: &str = "countersign-session";
/// The cookie of any browser that has begun something: binds forms and interactions to it.
pub const BROWSER: &str = "countersign-browser";
/// The cookie of a browser somebody has signed in with: it stays when they sign out, and opens nothing.
pub const FAMILIAR: &str = "countersign-familiar";
/// The cookie of a browser in which a second factor is not asked for each time.
pub const DEVICE: &str = "countersign-device";

/// How cookies are named and marked, which depends on the issuer only.
///
/// On https they wear `__Host-` and `Secure`, so that neither a subdomain nor plain http can set them (RFC 6265bis,
/// section 4.1.3.2). On http (a trial on one's own machine) both would make browsers drop them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cookies {
    secure: bool,
}

impl Cookies {
    /// For pages served under `issuer`.
    pub fn for_issuer(issuer: &str) -> Cookies {
        Cookies { secure: issuer.starts_with("https://") }
    }

    /// The name by which the browser knows `name`.
    pub fn name(&self, name: &str) -> String {
        if self.secure { format!("__Host-{name}") } else { name.to_owned() }
    }

    /// The value of the cookie `name`; sent more than once, it counts as absent: one of them is somebody else's.
    pub fn read(&self, headers: &HeaderMap, name: &str) -> Option<String> {
        let name = self.name(name);
        let mut values = headers
            .get_all(COOKIE)
            .iter()
            .filter_map(|line| line.to_str().ok())
            .flat_map(|line| line.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value);
        match (values.next(), values.next()) {
            (Some(value), None) if !value.is_empty() => Some(value.to_owned()),
            _ => None,
        }
    }

    /// The `Set-Cookie` header that gives `name` this value, for `life` or until the browser closes.
    ///
    /// The value must be made of the characters of tokens and identifiers (`A-Z a-z 0-9 - _ . ~`); `None` otherwise.
    pub fn set(&self, name: &str, value: &str, life: Option<Duration>) -> Option<HeaderValue> {
        let plain = value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte));
        plain.then(|| self.header(name, value, life))
    }

    /// The `Set-Cookie` header that makes the browser forget `name`.
    pub fn delete(&self, name: &str) -> HeaderValue {
        self.header(name, "", Some(Duration::ZERO))
    }

    fn header(&self, name: &str, value: &str, life: Option<Duration>) -> HeaderValue {
        let mut text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax", self.name(name));
        if self.secure {
            text.push_str("; Secure");
        }
        if let Some(life) = life {
            text.push_str(&format!("; Max-Age={}", life.as_secs()));
        }
        // Our names and the values `set` lets through are visible ASCII.
        HeaderValue::from_str(&text).expect("a cookie of visible ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, line.parse().unwrap())).collect()
    }

    #[test]
    fn https_cookies_belong_to_this_host_alone() {
        let cookies = Cookies::for_issuer("https://id.example.org");
        let set = cookies.set(SESSION, "ss_abc", Some(Duration::from_secs(60))).unwrap();
        assert_eq!(set, "__Host-countersign-session=ss_abc; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=60");
        assert_eq!(cookies.read(&headers(&["countersign-session=x"]), SESSION), None);
        assert_eq!(cookies.read(&headers(&["a=b; __Host-countersign-session=x"]), SESSION).as_deref(), Some("x"));
        let gone = cookies.delete(SESSION);
        assert_eq!(gone, "__Host-countersign-session=; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=0");
    }

    #[test]
    fn http_cookies_have_their_plain_names() {
        let cookies = Cookies::for_issuer("http://localhost:8080");
        assert_eq!(cookies.set(BROWSER, "b", None).unwrap(), "countersign-browser=b; Path=/; HttpOnly; SameSite=Lax");
        assert_eq!(cookies.read(&headers(&["a=1", "countersign-browser=b"]), BROWSER).as_deref(), Some("b"));
    }

    #[test]
    fn a_cookie_sent_twice_counts_as_absent() {
        let cookies = Cookies::for_issuer("http://localhost");
        for lines in
            [&["countersign-session=a; countersign-session=b"][..], &["countersign-session=a", "countersign-session=a"]]
        {
            assert_eq!(cookies.read(&headers(lines), SESSION), None);
        }
        assert_eq!(cookies.read(&headers(&["Countersign-Session=a; xcountersign-session=b"]), SESSION), None);
    }

    #[test]
    fn a_value_cannot_bring_attributes_along() {
        let cookies = Cookies::for_issuer("http://localhost");
        for value in ["a; Domain=x", "a\r\nb", "a,b", "ä", "a=b"] {
            assert!(cookies.set(SESSION, value, None).is_none(), "{value}");
        }
    }
}
