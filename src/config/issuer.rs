//! The issuer's grammar (RFC 8414, section 2; OpenID Connect Discovery, section 3).

use std::fmt;

use url::Url;

/// An issuer as it will be compared: character by character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

/// Why a text is no issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotAnIssuer {
    /// Not an absolute address.
    NotAbsolute,
    /// Neither https, nor http on this computer.
    Scheme,
    /// It ends with a slash.
    TrailingSlash,
    /// It has a query or a fragment.
    Extras,
    /// It names a user or a password.
    UserInfo,
    /// It is written otherwise than everybody else would write it.
    Unusual,
}

impl fmt::Display for NotAnIssuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            NotAnIssuer::NotAbsolute => "expected an address such as https://id.example.org",
            NotAnIssuer::Scheme => "expected an https address; http is only for this computer (localhost, 127.0.0.1, [::1])",
            NotAnIssuer::TrailingSlash => "an issuer does not end with a slash: leave it out",
            NotAnIssuer::Extras => "an issuer has no ? and no #: leave them out",
            NotAnIssuer::UserInfo => "an issuer names no user before the host",
            NotAnIssuer::Unusual => {
                "expected the address in its plainest form: small letters in scheme and host, no default port, no .. in the path"
            }
        })
    }
}

impl std::error::Error for NotAnIssuer {}

impl Issuer {
    /// Reads an issuer. Nothing is normalised: what differs in a character is another issuer.
    pub fn parse(text: &str) -> Result<Issuer, NotAnIssuer> {
        let url = Url::parse(text).map_err(|_| NotAnIssuer::NotAbsolute)?;
        if url.query().is_some() || url.fragment().is_some() {
            return Err(NotAnIssuer::Extras);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(NotAnIssuer::UserInfo);
        }
        let local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if !(url.scheme() == "https" || url.scheme() == "http" && local) {
            return Err(NotAnIssuer::Scheme);
        }
        if text.ends_with('/') {
            return Err(NotAnIssuer::TrailingSlash);
        }
        // The parser writes an empty path as one slash.
        let plain = url.as_str().strip_suffix('/').unwrap_or(url.as_str());
        if plain != text { Err(NotAnIssuer::Unusual) } else { Ok(Issuer(text.to_owned())) }
    }

    /// The issuer.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plainest_form_is_an_issuer() {
        for good in [
            "https://id.example.org",
            "https://id.example.org:8443",
            "https://example.org/id",
            "http://localhost:8080",
            "http://127.0.0.1:1",
            "http://[::1]:8080",
        ] {
            assert_eq!(Issuer::parse(good).unwrap().as_str(), good);
        }
        for (bad, why) in [
            ("", NotAnIssuer::NotAbsolute),
            ("id.example.org", NotAnIssuer::NotAbsolute),
            ("http://id.example.org", NotAnIssuer::Scheme),
            ("http://127.0.0.1.example.org", NotAnIssuer::Scheme),
            ("ftp://localhost", NotAnIssuer::Scheme),
            ("https://id.example.org/", NotAnIssuer::TrailingSlash),
            ("https://id.example.org/?x", NotAnIssuer::Extras),
            ("https://id.example.org#x", NotAnIssuer::Extras),
            ("https://u@id.example.org", NotAnIssuer::UserInfo),
            ("https://ID.example.org", NotAnIssuer::Unusual),
            ("https://id.example.org:443", NotAnIssuer::Unusual),
            ("https://example.org/a/../id", NotAnIssuer::Unusual),
            (" https://id.example.org", NotAnIssuer::Unusual),
        ] {
            assert_eq!(Issuer::parse(bad), Err(why), "{bad}");
        }
    }
}
