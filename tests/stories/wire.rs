//! What is said over the wire: one request, one reply, and what must be true of every reply there is.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use data_encoding::{BASE64, BASE64URL_NOPAD};
use poem::http::{HeaderMap, HeaderName, HeaderValue, Method};
use serde_json::Value;

/// Names and values, decoded.
pub type Fields = BTreeMap<String, String>;

/// A request that has not been sent yet.
#[derive(Clone, Debug)]
pub struct Ask {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
    /// Where the connection comes from.
    pub peer: IpAddr,
}

/// Where connections come from unless a story says otherwise.
pub const NEIGHBOUR: IpAddr = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 1));

impl Ask {
    pub fn new(method: Method, path: impl Into<String>) -> Ask {
        Ask { method, path: path.into(), headers: HeaderMap::new(), body: Vec::new(), peer: NEIGHBOUR }
    }

    pub fn get(path: impl Into<String>) -> Ask {
        Ask::new(Method::GET, path)
    }

    /// A form as browsers and clients send it.
    pub fn post(path: impl Into<String>, fields: &[(&str, &str)]) -> Ask {
        Ask::new(Method::POST, path).typed("application/x-www-form-urlencoded", encode(fields))
    }

    pub fn typed(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Ask {
        self.body = body.into();
        self.header("content-type", content_type)
    }

    /// One header more; a second of the same name stands beside the first.
    pub fn header(mut self, name: &str, value: impl AsRef<str>) -> Ask {
        let value = HeaderValue::from_bytes(value.as_ref().as_bytes()).expect("a header's value");
        self.headers.append(HeaderName::from_bytes(name.as_bytes()).expect("a header's name"), value);
        self
    }

    pub fn bearer(self, token: &str) -> Ask {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// RFC 6749, section 2.3.1: both halves are form-encoded.
    pub fn basic(self, id: &str, secret: &str) -> Ask {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        self.basic_as_it_is(&format!("{}:{}", encoded(id), encoded(secret)))
    }

    pub fn basic_as_it_is(self, pair: &str) -> Ask {
        self.header("authorization", format!("Basic {}", BASE64.encode(pair.as_bytes())))
    }

    pub fn coming_from(self, address: &str) -> Ask {
        Ask { peer: address.parse().expect("an address"), ..self }
    }
}

/// `a=1&b=2`.
pub fn encode(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// `path?a=1&b=2`.
pub fn with_query(path: &str, fields: &[(&str, &str)]) -> String {
    format!("{path}?{}", encode(fields))
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().expect("visible ASCII"))
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.headers.get_all(name).iter().map(|value| value.to_str().expect("visible ASCII")).collect()
    }

    pub fn location(&self) -> &str {
        assert!(matches!(self.status, 302 | 303), "no redirect: {self}");
        self.header("location").expect("a redirect says where to")
    }

    pub fn json(&self) -> Value {
        assert_eq!(self.header("content-type"), Some("application/json"), "{self}");
        serde_json::from_str(&self.body).expect("a JSON body")
    }

    pub fn is_page(&self) -> bool {
        self.header("content-type") == Some("text/html; charset=utf-8")
    }

    /// The page's title without the product's name.
    pub fn title(&self) -> &str {
        let title = self.body.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        title.map_or("", |(title, _)| title.rsplit_once(" · ").map_or(title, |(title, _)| title))
    }

    /// The reply as an OAuth refusal: status and error code.
    pub fn refusal(&self) -> (u16, String) {
        let json = self.json();
        assert!(json["error_description"].is_string(), "a refusal says what is wrong: {self}");
        assert_eq!(json.as_object().map(|members| members.len()), Some(2), "a refusal says nothing else: {self}");
        (self.status, json["error"].as_str().expect("an error code").to_owned())
    }

    /// Insists on this refusal.
    #[track_caller]
    pub fn refuses(&self, status: u16, error: &str) -> &Reply {
        assert_eq!(self.refusal(), (status, error.to_owned()), "{self}");
        self
    }

    /// Insists on a page with this status that sends nobody anywhere (RFC 9700, section 4.11.2).
    #[track_caller]
    pub fn stays_here(&self, status: u16) -> &Reply {
        assert!(self.status == status && self.is_page(), "{self}");
        assert_eq!(self.header("location"), None, "{self}");
        assert_eq!(self.header("refresh"), None, "{self}");
        assert!(!self.body.contains("http-equiv"), "{self}");
        self
    }

    /// Insists that a page names the reference it is found by in the log, and its time.
    #[track_caller]
    pub fn names_itself(&self) -> &Reply {
        let reference = self.header("x-request-id").unwrap_or("none");
        assert!(self.body.contains(reference) && self.body.contains("<time datetime=\"20"), "{self}");
        self
    }

    /// What holds for every reply, whoever asked for what.
    pub fn check(&self, https: bool) {
        assert!(!matches!(self.status, 301 | 307 | 308), "only 303 leads on: {self}");
        let answers = self.header("location").is_some_and(|to| to.contains("iss="));
        assert!(self.status != 302 || answers, "but for what some dialects answer applications: {self}");
        assert_eq!(self.header("x-content-type-options"), Some("nosniff"), "{self}");
        assert_eq!(self.header("referrer-policy"), Some("same-origin"), "{self}");
        assert_eq!(self.header("cross-origin-opener-policy"), Some("same-origin"), "{self}");
        assert!(self.header("x-request-id").is_some(), "{self}");
        let policy = self.header("content-security-policy").expect("every reply has a policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{self}");
        assert!(!policy.contains("unsafe") && !policy.contains(" *"), "{self}");
        assert_eq!(self.header("strict-transport-security").is_some(), https, "{self}");
        let says_a_secret = ["\"access_token\":\"", "\"sub\":\"", "{\"active\":", "name=\"csrf\""];
        if self.is_page() || self.status == 303 || says_a_secret.iter().any(|mark| self.body.contains(mark)) {
            let kept = self.header("cache-control");
            // The second is what one dialect says.
            assert!(matches!(kept, Some("no-store" | "no-store, no-cache, must-revalidate")), "{self}");
        }
        if self.is_page() {
            assert!(policy.contains("script-src 'self'") && policy.contains("form-action 'self'"), "{self}");
            assert!(!self.body.contains(" style=") && !self.body.contains(" onclick="), "nothing inline: {self}");
        }
        for cookie in self.all("set-cookie") {
            assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax"), "{cookie}");
            assert!(!https || (cookie.starts_with("__Host-") && cookie.contains("; Secure")), "{cookie}");
        }
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{}", self.status)?;
        for (name, value) in &self.headers {
            writeln!(f, "{name}: {}", String::from_utf8_lossy(value.as_bytes()))?;
        }
        write!(f, "\n{}", self.body)
    }
}

/// The query of an address, no name twice.
pub fn query_of(address: &str) -> Fields {
    let query = address.split_once('?').map_or("", |(_, query)| query.split('#').next().unwrap_or_default());
    let mut fields = Fields::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        assert!(fields.insert(name.to_string(), value.to_string()).is_none(), "{name} comes twice in {address}");
    }
    fields
}

/// A part of a JWT: 0 the header, 1 the claims.
pub fn part(token: &str, nth: usize) -> Value {
    let part = token.split('.').nth(nth).expect("a JWT");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).expect("base64url")).expect("JSON")
}

pub fn claims(token: &str) -> Value {
    part(token, 1)
}
