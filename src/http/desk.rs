//! What every face keeps at hand: the engine, the cookies, the forms' seal, and the words for what goes wrong on a page.

use std::sync::Arc;

use aws_lc_rs::hmac;
use poem::http::header::{SET_COOKIE, USER_AGENT};
use poem::http::{HeaderMap, StatusCode};
use poem::{IntoResponse, Request, Response};

use crate::base::ids::{self, RequestId};
use crate::base::rng::Rng;
use crate::base::secret::{Kind, Secret};
use crate::engine::users::Visitor;
use crate::engine::{Caller, Denied, Engine};
use crate::model::refusal::Refusal;
use crate::model::settings::SelfRegistration;
use crate::model::user::User;

use super::client_address::ClientAddress;
use super::cookies::{self, Cookies};
use super::fault::Fault;
use super::flash::{Flash, Flashes};
use super::metrics::Metrics;
use super::page::{ActingNote, Console, Frame, Page};
use super::params::Params;
use super::theme::{self, Theme};
use super::views::Problem;
use super::when::When;
use super::{csrf, request_id};

/// The engine with everything a face needs around it.
pub struct Desk {
    /// The verbs.
    pub engine: Arc<Engine>,
    /// How cookies are named and marked.
    pub cookies: Cookies,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    flashes: Flashes,
    rng: Arc<dyn Rng>,
    forms: hmac::Key,
    origin: String,
    host: String,
}

/// The browser a request came from: the cookie that binds forms and interactions to it.
#[derive(Clone, Debug)]
pub struct Browser {
    /// The cookie's value.
    pub secret: Secret,
    /// How pages are coloured in it.
    pub theme: Theme,
    /// Whether it was made just now and must be sent along.
    fresh: bool,
}

/// What forms are sealed for; one purpose serves them all, the browser tells them apart.
const FORMS: &str = "form";

impl Desk {
    /// A desk for the engine's issuer; `forms` is the key of [`csrf`] and serves nothing else.
    pub fn new(engine: Arc<Engine>, rng: Arc<dyn Rng>, metrics: Arc<Metrics>, forms: hmac::Key) -> Desk {
        let issuer = engine.identity().issuer.clone();
        let origin = csrf::origin_of(&issuer).unwrap_or_default();
        let host = origin.split_once("://").map(|(_, host)| host.to_owned()).unwrap_or_default();
        Desk {
            cookies: Cookies::for_issuer(&issuer),
            metrics,
            flashes: Flashes::default(),
            engine,
            rng,
            forms,
            origin,
            host,
        }
    }

    /// Twenty-six characters that nobody can guess, for examples that need some.
    pub fn chance(&self) -> String {
        ids::random(&*self.rng)
    }

    /// Where the pages are: the issuer's scheme, host and port. Pages lie at the root even when the issuer has a path.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Who is on the other end of the wire.
    pub fn caller(&self, request: &Request) -> Caller {
        let address = request.data::<ClientAddress>();
        let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Caller {
            request: request_id::of(request),
            address: address.map_or_else(|| "unknown".to_owned(), |address| address.ip.to_string()),
            network: address.map_or_else(|| "unknown".to_owned(), |address| address.network().to_string()),
            user_agent: agent.chars().take(256).collect(),
        }
    }

    /// The browser's own cookie, or a new one that [`Desk::remember`] sends along.
    pub fn browser(&self, headers: &HeaderMap) -> Browser {
        let theme = self.cookies.read(headers, theme::COOKIE);
        let theme = theme.as_deref().map(Theme::named).unwrap_or_default();
        match self.cookies.read(headers, cookies::BROWSER) {
            Some(value) if value.len() == 46 && value.starts_with(Kind::Browser.prefix()) => {
                Browser { secret: Secret::new(value), theme, fresh: false }
            }
            _ => Browser { secret: Kind::Browser.generate(&*self.rng), theme, fresh: true },
        }
    }

    /// The same response, with the browser's cookie if it is new.
    pub fn remember(&self, browser: &Browser, mut response: Response) -> Response {
        let cookie = self.cookies.set(cookies::BROWSER, browser.secret.expose(), None);
        if let (true, Some(cookie)) = (browser.fresh, cookie) {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
        response
    }

    /// Who uses this browser, if anybody does whom applications may see.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn visitor(&self, headers: &HeaderMap) -> Result<Option<Visitor>, Denied> {
        match self.cookies.read(headers, cookies::SESSION) {
            Some(cookie) => self.engine.visitor(&Secret::new(cookie)).await,
            None => Ok(None),
        }
    }

    /// The token for forms in this browser.
    pub fn form_token(&self, browser: &Browser) -> String {
        csrf::token(&self.forms, browser.secret.expose(), FORMS)
    }

    /// Whether a form came from a page of ours in this browser (RFC 6749, section 10.12).
    pub fn is_our_form(&self, headers: &HeaderMap, browser: &Browser, fields: &Params) -> bool {
        let token = fields.get(csrf::FIELD).unwrap_or_default();
        csrf::same_origin(headers, &self.origin) && csrf::verify(&self.forms, browser.secret.expose(), FORMS, token)
    }

    /// Keeps what the next page shall say to this browser; gives back the name it is asked for by.
    pub fn keep_flash(&self, browser: &Browser, flash: Flash) -> String {
        self.flashes.put(&browser.secret, flash, self.engine.now(), &*self.rng)
    }

    /// What the page before wanted said to this browser, once.
    pub fn take_flash(&self, browser: &Browser, id: &str) -> Option<Flash> {
        self.flashes.take(&browser.secret, id, self.engine.now())
    }

    /// What every page shows around its own matter.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn frame(&self, browser: &Browser, current: Option<&Visitor>) -> Result<Frame, Denied> {
        let settings = self.engine.settings().await?;
        let frame = Frame::new(&settings.name, &self.form_token(browser)).at_host(&self.host).coloured(browser.theme);
        let locale = current.and_then(|current| current.user().profile.locale.as_deref());
        let frame = frame.in_locale(locale);
        let frame = frame.where_people_register(settings.self_registration == SelfRegistration::Open);
        Ok(match current {
            Some(visitor) => {
                let (user, note) = (visitor.user(), self.acting_note(visitor));
                let console = if note.is_some() { Console::Closed } else { console_of(user) };
                frame.for_person(&user.display_name(), user.admin).with_console(console).acting(note)
            }
            None => frame,
        })
    }

    fn acting_note(&self, visitor: &Visitor) -> Option<ActingNote> {
        let note =
            || ActingNote { name: visitor.user().display_name(), until: When::exactly(visitor.session().expires_at) };
        visitor.acting().map(|_| note())
    }

    /// A frame for when the store cannot be asked.
    pub fn bare_frame(&self, browser: &Browser) -> Frame {
        Frame::new("Countersign", &self.form_token(browser)).at_host(&self.host).coloured(browser.theme)
    }

    /// The problem page for a fault of the transport.
    pub fn fault_page(&self, fault: &Fault, frame: Frame) -> Problem {
        match fault {
            Fault::NotFound => Problem::not_found(frame),
            Fault::MethodNotAllowed { .. } => Problem::wrong_method(frame),
            Fault::Malformed | Fault::WrongType | Fault::TooSlow => Problem::bad_request(frame, fault.sentence()),
            Fault::TooLarge => Problem::too_large(frame),
            Fault::TooMany { retry_after } => Problem::too_many(frame, *retry_after),
            Fault::Unavailable { retry_after } => Problem::busy(frame, *retry_after),
            Fault::Internal => Problem::internal(frame),
        }
    }

    /// The problem page for a denial that no page has better words for.
    pub fn denied_page(&self, denied: &Denied, frame: Frame) -> Problem {
        match denied {
            Denied::Busy(after) => Problem::busy(frame, after.as_secs().max(1)),
            Denied::Unavailable(_) => Problem::busy(frame, 5),
            Denied::Refused(Refusal::HasherBusy) => Problem::busy(frame, 1),
            Denied::Refused(Refusal::TooManyTries(seconds)) => Problem::too_many(frame, u64::from(*seconds)),
            Denied::Refused(Refusal::NotPermitted) => Problem::administrators_only(frame),
            Denied::Refused(Refusal::NotFound(_)) => Problem::not_found(frame),
            Denied::Refused(Refusal::InteractionGone | Refusal::LinkGone) => {
                Problem::gone(frame, "It was open for too long, was used before, or began in another browser.")
            }
            Denied::Refused(Refusal::FieldInvalid(problem)) => Problem::bad_request(frame, &problem.sentence),
            Denied::Refused(_) => Problem::bad_request(frame, "The request cannot be answered."),
        }
    }

    /// The page for a fault of the transport, without asking the store for anything.
    pub fn fault_response(&self, fault: &Fault, id: &RequestId) -> Response {
        let frame = Frame::new("Countersign", "").at_host(&self.host);
        let problem = self.fault_page(fault, frame).about(id.as_str(), self.engine.now());
        Page::with_status(fault.status(), problem).into_response()
    }

    /// A problem page on its way, under the request's reference; the log has the cause.
    pub fn show(&self, caller: &Caller, problem: Problem) -> Response {
        let problem = problem.about(caller.request.as_str(), self.engine.now());
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let retry_after = problem.retry_after;
        Page::with_status(status, problem).retry_after(retry_after).into_response()
    }

    /// Notes a denial: the true cause for the log, under the request's reference, and what metrics count of it.
    pub fn note(&self, denied: &Denied, caller: &Caller) {
        let request = &caller.request;
        match denied {
            Denied::Refused(refusal) => {
                if let Refusal::TooManyTries(_) = refusal {
                    self.metrics.rate_limited("tries");
                }
                tracing::info!(%request, cause = refusal.name(), "refused");
            }
            Denied::Busy(_) => tracing::warn!(%request, "too busy to answer"),
            Denied::Unavailable(fault) => {
                self.metrics.store_fault();
                tracing::error!(%request, %fault, "the store cannot answer");
            }
        }
    }

    /// The page for a denial, logged with its cause.
    pub async fn deny(&self, request: &Request, denied: &Denied) -> Response {
        let caller = self.caller(request);
        let browser = self.browser(request.headers());
        self.note(denied, &caller);
        let frame = match self.visitor(request.headers()).await {
            Ok(current) => self.frame(&browser, current.as_ref()).await.ok(),
            Err(_) => None,
        };
        let frame = frame.unwrap_or_else(|| self.bare_frame(&browser));
        self.show(&caller, self.denied_page(denied, frame))
    }
}

/// How much of the console is open to `user`; what they may do there is checked by evidence, not by this.
fn console_of(user: &User) -> Console {
    match user {
        User { admin: true, .. } => Console::Whole,
        // Some of the forms are theirs: none is hidden.
        User { auditor: true, may_register_clients: true, .. } => Console::Whole,
        User { auditor: true, .. } => Console::ToLookAt,
        User { may_register_clients: true, .. } => Console::Applications,
        _ => Console::Closed,
    }
}

/// On to `path`, which must be asked for by GET (RFC 9110, section 15.4.4).
pub fn see_other(path: &str) -> Response {
    let mut response = Response::builder().status(StatusCode::SEE_OTHER).finish();
    // Every address we send people to is ours, or a registered one: visible ASCII.
    if let Ok(location) = path.parse() {
        response.headers_mut().insert(poem::http::header::LOCATION, location);
    }
    super::headers::no_store(response.headers_mut());
    response
}
