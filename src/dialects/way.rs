//! How the authorization endpoint of a dialect answers browsers, as far as dialects differ there.

use poem::Response;
use poem::http::{HeaderValue, StatusCode, header};

use crate::model::face::Face;

/// The statuses and caching of an authorization endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Of a redirect to the client.
    pub redirect: StatusCode,
    /// What keeps the redirect out of caches.
    pub caching: &'static str,
    /// Whether also a query that repeats a parameter, or has one that is too long, is refused to the client.
    pub tells_unclear: bool,
    /// Of the page that is shown where nobody may be redirected; `None`: the one that fits.
    pub page: Option<StatusCode>,
}

impl Way {
    /// The way of the canonical dialect (RFC 9700, section 4.12).
    pub const CANONICAL: Way =
        Way { redirect: StatusCode::SEE_OTHER, caching: "no-store", tells_unclear: false, page: None };

    /// A redirect to the client, sent this way.
    pub fn redirect(self, mut response: Response) -> Response {
        response.set_status(self.redirect);
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(self.caching));
        response
    }

    /// A page that says why nobody is redirected, sent this way. A server that cannot answer now still says so.
    pub fn page(self, mut response: Response) -> Response {
        if let (Some(status), true) = (self.page, response.status().is_client_error()) {
            response.set_status(status);
        }
        response
    }
}

/// The way of `face`; what belongs to the server goes as the canonical dialect does.
pub fn of_face(face: &Face) -> Way {
    let dialect = super::ALL.iter().find(|dialect| dialect.customs.name == face.as_str());
    dialect.map_or(Way::CANONICAL, |dialect| dialect.way)
}
