//! One request to a page: who came, from which browser, with which form.
//!
//! Handlers return `Result<Response, Response>`: whatever stops them is an answer already. They are hung by [`page`], or by
//! [`page_while_acting`].

mod hanging;

pub use hanging::{page, page_while_acting};

use std::sync::Arc;

use askama::Template;
use poem::http::{HeaderMap, Method};
use poem::{IntoResponse, Request, Response};

use crate::base::clock::Timestamp;
use crate::engine::users::{Fresh, SignedIn, Visitor};
use crate::engine::{Caller, Denied, Engine};

use super::body;
use super::desk::{Browser, Desk, see_other};
use super::fault::Fault;
use super::flash::Flash;
use super::page::{Frame, Page};
use super::params::Params;
use super::paths;
use super::views::Problem;
use super::when::Reference;
use crate::model::refusal::Refusal;

/// An answer, or the answer that stands in its way.
pub type Outcome = Result<Response, Response>;

/// One request to a page.
pub struct Visit {
    /// What every face keeps at hand.
    pub desk: Arc<Desk>,
    /// Where the request came from.
    pub caller: Caller,
    /// The browser it came from.
    pub browser: Browser,
    /// Who uses it.
    pub current: Option<Visitor>,
    /// The query, without repeated names.
    pub query: Params,
    headers: HeaderMap,
    path: String,
    /// Whether more is demanded by now than was proved when they signed in.
    lacking: bool,
}

impl Visit {
    async fn begin(desk: Arc<Desk>, browser: Browser, request: &Request) -> Result<Visit, Response> {
        let caller = desk.caller(request);
        let current = match desk.visitor(request.headers()).await {
            Ok(current) => current,
            Err(denied) => return Err(desk.deny(request, &denied).await),
        };
        let lacking = match current.as_ref().and_then(Visitor::signed_in) {
            Some(who) => desk.engine.lacks_proof(who).await,
            None => Ok(false),
        };
        let lacking = match lacking {
            Ok(lacking) => lacking,
            Err(denied) => return Err(desk.deny(request, &denied).await),
        };
        let headers = request.headers().clone();
        // As the browser asked: a router that nests strips what it has matched.
        let path = request.original_uri().path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
        // A form is not sent again by going back to where it was sent.
        let path = if request.method() == Method::GET { path } else { first_part(&path) };
        let mut visit = Visit { desk, caller, browser, current, query: Params::default(), headers, path, lacking };
        visit.query = match Params::of_query(request.uri().query()) {
            Ok(query) => query,
            Err(_) => return Err(visit.fault(&Fault::Malformed).await),
        };
        Ok(visit)
    }

    /// The verbs.
    pub fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.desk.engine.now()
    }

    /// Where this request is found in the log, for pages that tell of a failure.
    pub fn reference(&self) -> Reference {
        Reference::new(self.caller.request.as_str(), self.now())
    }

    /// The headers that came.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Who is signed in; whoever is not is sent to sign in and comes back here. So is whoever signed in before more was
    /// demanded of them: they prove the rest, and enrol it if they have to.
    #[expect(clippy::result_large_err, reason = "the error is an answer, moved once and on its way out")]
    pub fn person(&self) -> Result<&SignedIn, Response> {
        self.person_of(&self.path)
    }

    /// The same, who comes back to `path`.
    #[expect(clippy::result_large_err, reason = "the error is an answer, moved once and on its way out")]
    pub fn person_of(&self, path: &str) -> Result<&SignedIn, Response> {
        match self.signed_in() {
            // Whoever acts for somebody does not come to a page that asks for this.
            None if self.acts() => Err(see_other("/")),
            None => Err(sign_in_first(path)),
            Some(_) if self.lacking => Err(confirm_first(path)),
            Some(who) => Ok(who),
        }
    }

    /// Who is signed in and proved a moment ago who they are; whoever did not is asked to and goes on to `path`.
    pub async fn fresh(&self, path: &str) -> Result<Fresh, Response> {
        match self.engine().fresh(self.person_of(path)?).await {
            Ok(fresh) => Ok(fresh),
            Err(Denied::Refused(Refusal::FreshSignInRequired)) => Err(confirm_first(path)),
            Err(denied) => Err(self.deny(&denied).await),
        }
    }

    /// The same for whoever did; nothing for whoever did not, who is not asked to.
    pub async fn fresh_already(&self) -> Result<Option<Fresh>, Response> {
        match self.engine().fresh(self.person()?).await {
            Ok(fresh) => Ok(Some(fresh)),
            Err(Denied::Refused(Refusal::FreshSignInRequired)) => Ok(None),
            Err(denied) => Err(self.deny(&denied).await),
        }
    }

    /// The form that was posted, if one of our own pages in this browser sent it.
    pub async fn form(&self, request: &mut Request) -> Result<Params, Response> {
        self.form_repeating(request, &[]).await
    }

    /// As [`Visit::form`], with names that may occur more than once: check boxes.
    pub async fn form_repeating(&self, request: &mut Request, repeatable: &[&str]) -> Result<Params, Response> {
        let fields = match body::form_with(request, body::FORM_LIMIT, repeatable).await {
            Ok(fields) => fields,
            Err(error) => return Err(self.fault(&Fault::from(error)).await),
        };
        if self.desk.is_our_form(&self.headers, &self.browser, &fields) {
            return Ok(fields);
        }
        tracing::info!(request = %self.caller.request, cause = "form_not_ours", "refused");
        Err(self.desk.show(&self.caller, Problem::stale_form(self.frame().await?)))
    }

    /// What every page shows around its own matter, with what the page before wanted said.
    pub async fn frame(&self) -> Result<Frame, Response> {
        match self.desk.frame(&self.browser, self.current.as_ref()).await {
            Ok(frame) => Ok(frame),
            Err(denied) => Err(self.deny_plainly(&denied)),
        }
    }

    /// What the page before this one wanted said, once.
    pub fn flash(&self) -> Flash {
        let id = self.query.get("flash");
        id.and_then(|id| self.desk.take_flash(&self.browser, id)).unwrap_or_default()
    }

    /// On to `path`, whose page says `flash`.
    pub fn go_saying(&self, path: &str, flash: Flash) -> Response {
        let id = self.desk.keep_flash(&self.browser, flash);
        let (path, anchor) = path.split_once('#').map_or((path, None), |(path, anchor)| (path, Some(anchor)));
        let joint = if path.contains('?') { '&' } else { '?' };
        let anchor = anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default();
        see_other(&format!("{path}{joint}flash={id}{anchor}"))
    }

    /// A page.
    pub fn show<T: Template + Send>(&self, view: T) -> Response {
        Page::ok(view).into_response()
    }

    /// The answer of a verb, or the page for its denial.
    pub async fn need<T>(&self, answer: Result<T, impl Into<Denied>>) -> Result<T, Response> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(denied) => Err(self.deny(&denied.into()).await),
        }
    }

    /// The page for a denial that the handler has no better words for.
    pub async fn deny(&self, denied: &Denied) -> Response {
        match self.frame().await {
            Ok(frame) => {
                self.desk.note(denied, &self.caller);
                self.desk.show(&self.caller, self.desk.denied_page(denied, frame))
            }
            Err(answer) => answer,
        }
    }

    /// The page for a fault of the transport.
    pub async fn fault(&self, fault: &Fault) -> Response {
        match self.frame().await {
            Ok(frame) => self.desk.show(&self.caller, self.desk.fault_page(fault, frame)),
            Err(answer) => answer,
        }
    }

    fn deny_plainly(&self, denied: &Denied) -> Response {
        self.desk.note(denied, &self.caller);
        let frame = self.desk.bare_frame(&self.browser);
        self.desk.show(&self.caller, self.desk.denied_page(denied, frame))
    }
}

/// The part of the site that `path` lies in: `/account` of `/account/sessions/end?all=1`.
fn first_part(path: &str) -> String {
    let part = path.trim_start_matches('/').split(['/', '?']).next().unwrap_or_default();
    format!("/{part}")
}

/// To the sign-in page, and from there to `path`.
pub fn sign_in_first(path: &str) -> Response {
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    see_other(&format!("{}?next={next}", paths::LOGIN))
}

/// To the page that asks whoever is signed in who they are once more, and from there to `path`.
pub fn confirm_first(path: &str) -> Response {
    let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
    see_other(&format!("{}?confirm=1&next={next}", paths::LOGIN))
}

/// `path` if it is a page of ours to go on to after signing in, else the start page. Compared character by character: nothing
/// that a browser could take for another host's address gets through.
pub fn safe_next(path: &str) -> &str {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/?=&-_.~%+".contains(&b);
    let ours = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains("..")
        && path.len() <= 512
        && path.bytes().all(plain);
    let page = path.split('?').next().unwrap_or_default();
    let known = page == "/"
        || ["/account", "/admin", "/applications"]
            .iter()
            .any(|top| page == *top || page.starts_with(&format!("{top}/")));
    if ours && known { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leads_elsewhere_after_signing_in() {
        for ours in ["/", "/applications", "/account", "/account/sessions", "/admin/applications?q=wiki"] {
            assert_eq!(safe_next(ours), ours);
        }
        for theirs in [
            "",
            "account",
            "//evil.test",
            "/\\evil.test",
            "/\t/evil.test",
            "https://evil.test",
            "/%09/evil.test",
            "/account@evil.test",
            "/accounts",
            "/.//evil.test",
            "/admin/../oauth/logout",
            "/admin\r\nX: y",
            "javascript:alert(1)",
            "/login",
        ] {
            assert_eq!(safe_next(theirs), "/", "{theirs}");
        }
    }
}
