//! Redirect URIs: compared as strings, and in one place (RFC 9700, section 2.1; RFC 8252, section 7.3).

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, de};
use url::Url;

use super::client::ClientType;

/// An address a client may be answered at, exactly as it was registered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct RedirectUri(String);

/// Evidence that an address is one its client registered. Only [`find`] makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RegisteredRedirect(String);

/// Why an address may not be registered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotARedirectUri {
    /// Not an absolute URI, or longer than 2,048 bytes, or with characters a URI does not have.
    NotAbsolute,
    /// It has a fragment.
    Fragment,
    /// `http` is for loopback only.
    PlainHttp,
    /// It names a user or a password before the host.
    UserInfo,
    /// `*` stands for nothing here.
    Wildcard,
    /// A scheme of one's own contains a dot, as in `org.example.app`; `javascript` and the like never do.
    Scheme,
}

impl fmt::Display for NotARedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotARedirectUri::NotAbsolute => "expected an absolute address such as https://app.example.org/callback",
            NotARedirectUri::Fragment => "a redirect address has no fragment: leave out # and what follows",
            NotARedirectUri::PlainHttp => "http is only for this computer (127.0.0.1, [::1], localhost): use https",
            NotARedirectUri::UserInfo => "a redirect address names no user before the host",
            NotARedirectUri::Wildcard => "addresses are compared exactly, so * matches nothing: register each one",
            NotARedirectUri::Scheme => "a scheme of your own needs a dot, as in org.example.app:/callback",
        })
    }
}

impl std::error::Error for NotARedirectUri {}

impl RedirectUri {
    /// Reads an address as it will be compared: character by character, nothing is normalised.
    pub fn parse(text: &str) -> Result<RedirectUri, NotARedirectUri> {
        let plain =
            text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`'));
        if text.len() > 2_048 || !plain {
            return Err(NotARedirectUri::NotAbsolute);
        }
        let url = Url::parse(text).map_err(|_| NotARedirectUri::NotAbsolute)?;
        if url.fragment().is_some() {
            return Err(NotARedirectUri::Fragment);
        }
        if text.contains('*') {
            return Err(NotARedirectUri::Wildcard);
        }
        match url.scheme() {
            "http" | "https" => web(text, &url)?,
            scheme if scheme.contains('.') => {}
            _ => return Err(NotARedirectUri::Scheme),
        }
        Ok(RedirectUri(text.to_owned()))
    }

    /// The address as it was registered.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is an https address, or an http one on a loopback literal.
    pub fn is_of_the_web(&self) -> bool {
        self.0.starts_with("https://") || loopback(&self.0).is_some()
    }

    /// Scheme, host and port (RFC 6454, section 6.2); `None` for a scheme of the client's own.
    pub fn origin(&self) -> Option<String> {
        origin(&self.0)
    }
}

fn web(text: &str, url: &Url) -> Result<(), NotARedirectUri> {
    let authority = text.split_once("://").map(|(_, rest)| rest.split(['/', '?']).next().unwrap_or(""));
    if authority.is_none_or(str::is_empty) || url.host_str().is_none() {
        return Err(NotARedirectUri::NotAbsolute);
    }
    if authority.is_some_and(|authority| authority.contains('@')) {
        return Err(NotARedirectUri::UserInfo);
    }
    let local = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    if url.scheme() == "http" && !local { Err(NotARedirectUri::PlainHttp) } else { Ok(()) }
}

fn origin(text: &str) -> Option<String> {
    let origin = Url::parse(text).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

impl<'de> Deserialize<'de> for RedirectUri {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<RedirectUri, D::Error> {
        RedirectUri::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

impl RegisteredRedirect {
    /// The address to answer at.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port; `None` for a scheme of the client's own.
    pub fn origin(&self) -> Option<String> {
        origin(&self.0)
    }

    /// What people are told they will be sent to: the host, or the scheme of an application of their own.
    pub fn destination(&self) -> String {
        let host = Url::parse(&self.0).ok().and_then(|url| url.host_str().map(str::to_owned));
        host.unwrap_or_else(|| self.0.split(':').next().unwrap_or_default().to_owned())
    }
}

/// Finds `asked` among what the client registered: the same string, or, for native clients, a loopback IP literal that
/// differs in its port only.
pub fn find(registered: &[RedirectUri], kind: ClientType, asked: &str) -> Option<RegisteredRedirect> {
    let same = |uri: &RedirectUri| uri.0 == asked;
    let but_for_the_port = |uri: &RedirectUri| {
        kind == ClientType::Native && loopback(&uri.0).is_some_and(|known| loopback(asked) == Some(known))
    };
    let found = registered.iter().any(|uri| same(uri) || but_for_the_port(uri));
    found.then(|| RegisteredRedirect(asked.to_owned()))
}

/// The host and what follows the port of `http://127.0.0.1:PORT/…` or `http://[::1]:PORT/…`; `None` for all else.
fn loopback(text: &str) -> Option<(&'static str, &str)> {
    let (host, rest) = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find_map(|host| text.strip_prefix(host).map(|rest| (host, rest)))?;
    let Some(after) = rest.strip_prefix(':') else {
        return (rest.is_empty() || rest.starts_with(['/', '?'])).then_some((host, rest));
    };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let port = after[..digits].parse::<u16>().ok().filter(|port| *port != 0);
    let tail = &after[digits..];
    (port.is_some() && digits <= 5 && (tail.is_empty() || tail.starts_with(['/', '?']))).then_some((host, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_sound_addresses_are_registered() {
        for good in [
            "https://a.test/cb",
            "https://a.test/cb?x=1",
            "http://127.0.0.1/cb",
            "http://localhost:3000/cb",
            "http://[::1]:8080/",
            "org.example.app:/cb",
        ] {
            assert!(RedirectUri::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "/cb",
            "a.test/cb",
            "https://",
            "https:///cb",
            "http://a.test/cb",
            "https://a.test/cb#",
            "https://a.test/cb#x",
            "https://*.a.test/cb",
            "https://u@a.test/cb",
            "https://u:p@a.test/cb",
            "javascript:alert(1)",
            "data:text/html,x",
            "myapp://cb",
            "https://a.test\\@b.test/",
            "https://a.test/ cb",
            "https://a.test/\u{202e}",
            "http://127.0.0.1.evil.test/cb",
        ] {
            assert!(RedirectUri::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn only_a_native_loopback_literal_varies_its_port() {
        let registered = [RedirectUri::parse("http://127.0.0.1:9/cb").unwrap()];
        let native = |asked| find(&registered, ClientType::Native, asked).is_some();
        assert!(
            native("http://127.0.0.1:9/cb") && native("http://127.0.0.1:51234/cb") && native("http://127.0.0.1/cb")
        );
        for asked in [
            "http://127.0.0.1:51234/cb/",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:1@evil.test/cb",
            "http://127.0.0.1.evil.test/cb",
            "http://127.0.0.1:/cb",
            "http://localhost:9/cb",
            "https://127.0.0.1:9/cb",
            "http://[::1]:9/cb",
        ] {
            assert!(!native(asked), "{asked}");
        }
        assert!(find(&registered, ClientType::Web, "http://127.0.0.1:51234/cb").is_none());
    }
}
