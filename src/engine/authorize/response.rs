//! What the client is told, and where: authorization responses, and refusals that may or may not travel.

use crate::base::ids::ClientId;
use crate::engine::{Denied, Identity};
use crate::model::face::Face;
use crate::model::interaction::{AuthorizationRequest, ResponseMode};
use crate::model::redirect_uri::RegisteredRedirect;
use crate::model::refusal::Refusal;

/// An authorization response on its way to the client (RFC 6749, sections 4.1.2 and 4.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where it goes.
    pub redirect: RegisteredRedirect,
    /// How it travels.
    pub mode: ResponseMode,
    /// The interface the request came through.
    pub face: Face,
    /// What it says, in this order.
    pub parameters: Vec<(&'static str, String)>,
}

/// Why there is no authorization response, or only one with an error.
#[derive(Clone, Debug)]
pub enum AuthorizeRefused {
    /// Shown to the person; never a redirect (RFC 9700, section 4.11.2).
    Page(Box<PageRefusal>),
    /// Told to the client, in the face's words: [`AuthorizationResponse::error`].
    Redirect(Box<RedirectRefusal>),
    /// Refused or not possible for a reason that is not the client's; shown to the person.
    Denied(Denied),
}

/// A refusal before it is certain where an answer may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRefusal {
    /// Why.
    pub refusal: Refusal,
    /// The interface the request came through.
    pub face: Face,
    /// The client that was named, if there is such a client.
    pub client: Option<ClientId>,
    /// What people call it.
    pub client_name: Option<String>,
    /// The address that was sent.
    pub sent: Option<String>,
    /// The addresses the client registered, so that the difference can be shown.
    pub registered: Vec<String>,
}

/// A refusal the client is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectRefusal {
    /// Why.
    pub refusal: Refusal,
    /// The client.
    pub client: ClientId,
    /// The interface the request came through, whose words are used.
    pub face: Face,
    /// Where the answer goes.
    pub redirect: RegisteredRedirect,
    /// How it travels.
    pub mode: ResponseMode,
    /// Returned byte for byte.
    pub state: Option<String>,
}

impl AuthorizationResponse {
    /// The response that hands over `code`.
    pub(super) fn success(identity: &Identity, request: &AuthorizationRequest, code: &str) -> AuthorizationResponse {
        let first = vec![("code", code.to_owned())];
        AuthorizationResponse {
            redirect: request.redirect_uri.clone(),
            mode: request.response_mode,
            face: request.face.clone(),
            parameters: ended(identity, first, request.state.as_ref()),
        }
    }

    /// The response that tells the client of `refused`, with the registered `error` code and the `description` its face has
    /// for it.
    pub fn error(
        identity: &Identity,
        refused: &RedirectRefusal,
        error: &str,
        description: &str,
    ) -> AuthorizationResponse {
        let first = vec![("error", error.to_owned()), ("error_description", description.to_owned())];
        AuthorizationResponse {
            redirect: refused.redirect.clone(),
            mode: refused.mode,
            face: refused.face.clone(),
            parameters: ended(identity, first, refused.state.as_ref()),
        }
    }

    /// The redirect address with the parameters in its query; what the query held before stays (RFC 6749, section 3.1.2).
    ///
    /// Everything but unreserved characters is percent-encoded, so that clients which do not take `+` for a space read the
    /// same.
    pub fn url(&self) -> String {
        with_query(self.redirect.as_str(), &self.parameters)
    }
}

/// What every response ends with: the state as it came, and who answers (RFC 9207).
fn ended(
    identity: &Identity,
    mut parameters: Vec<(&'static str, String)>,
    state: Option<&String>,
) -> Vec<(&'static str, String)> {
    parameters.extend(state.map(|state| ("state", state.clone())));
    parameters.push(("iss", identity.issuer.clone()));
    parameters
}

/// `address` with `parameters` added to its query.
pub(in crate::engine) fn with_query(address: &str, parameters: &[(&'static str, String)]) -> String {
    let mut out = address.to_owned();
    for (name, value) in parameters {
        let joint = match out.split_once('?') {
            None => "?",
            Some((_, query)) if query.is_empty() || query.ends_with('&') => "",
            Some(_) => "&",
        };
        out.push_str(joint);
        out.push_str(name);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

fn encode(value: &str, out: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

impl AuthorizeRefused {
    /// A refusal the client of `request` is told.
    pub(super) fn told(request: &AuthorizationRequest, refusal: Refusal) -> AuthorizeRefused {
        AuthorizeRefused::Redirect(Box::new(RedirectRefusal {
            refusal,
            client: request.client.clone(),
            face: request.face.clone(),
            redirect: request.redirect_uri.clone(),
            mode: request.response_mode,
            state: request.state.clone(),
        }))
    }

    /// The cause, where it was decided so.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            AuthorizeRefused::Page(page) => Some(&page.refusal),
            AuthorizeRefused::Redirect(told) => Some(&told.refusal),
            AuthorizeRefused::Denied(Denied::Refused(refusal)) => Some(refusal),
            AuthorizeRefused::Denied(_) => None,
        }
    }
}

impl From<Denied> for AuthorizeRefused {
    fn from(denied: Denied) -> AuthorizeRefused {
        AuthorizeRefused::Denied(denied)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_that_was_there_stays_and_nothing_breaks_out_of_a_value() {
        let add = |address: &str, value: &str| with_query(address, &[("state", value.to_owned()), ("iss", "i".into())]);
        assert_eq!(add("https://a.test/cb", "x y+z"), "https://a.test/cb?state=x%20y%2Bz&iss=i");
        assert_eq!(add("https://a.test/cb?k=1", "s"), "https://a.test/cb?k=1&state=s&iss=i");
        assert_eq!(add("https://a.test/cb?", "s"), "https://a.test/cb?state=s&iss=i");
        assert_eq!(add("org.example.app:/cb", "&a=b#c"), "org.example.app:/cb?state=%26a%3Db%23c&iss=i");
        assert_eq!(add("https://a.test/", "\r\n\"é"), "https://a.test/?state=%0D%0A%22%C3%A9&iss=i");
    }
}
