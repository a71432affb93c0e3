//! The endpoints that browsers visit: authorization, its resumption, and sign-out.

use std::collections::BTreeMap;
use std::marker::PhantomData;
use std::sync::Arc;

use poem::{Endpoint, IntoResponse, Request, RequestBody, Response, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::base::ids::InteractionId;
use crate::dialects::{extract, way, words};
use crate::engine::authorize::{AuthorizationResponse, AuthorizeRefused, PageRefusal, Step};
use crate::engine::sign_out::SignOutStep;
use crate::engine::{Caller, Denied};
use crate::http::body::{self, BodyError};
use crate::http::cookies;
use crate::http::desk::{Browser, Desk, see_other};
use crate::http::fault::Fault;
use crate::http::headers::form_target;
use crate::http::page::Page;
use crate::http::params::{Params, ParamsError};
use crate::http::paths;
use crate::http::views::{FormPost, Problem};
use crate::model::face::Face;
use crate::model::interaction::ResponseMode;
use crate::model::refusal::Refusal;

/// What a browser sent, or why it cannot be read.
type Sent = Result<Params, BodyError>;

/// A form that the endpoint itself refuses if it cannot be read; `T` describes it to OpenAPI.
pub struct FormSent<T>(pub Sent, PhantomData<fn() -> T>);

impl<'a, T: Type> ApiExtractor<'a> for FormSent<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let form = MetaMediaType { content_type: body::FORM, schema: T::schema_ref() };
        Some(MetaRequest { description: None, content: vec![form], required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
        Ok(FormSent(extract::form(request, body).await, PhantomData))
    }
}

/// The authorization endpoint (RFC 6749, section 3.1).
pub async fn authorize(desk: &Desk, face: &Face, request: &Request, sent: Sent) -> Response {
    authorize_by(desk, face, request, sent.map(|fields| extract::all(&fields))).await
}

/// The same for parameters that a dialect has read in its own way.
pub async fn authorize_by(
    desk: &Desk,
    face: &Face,
    request: &Request,
    parameters: Result<BTreeMap<String, String>, BodyError>,
) -> Response {
    let way = way::of_face(face);
    let parameters = match parameters {
        Ok(parameters) => parameters,
        Err(BodyError::Params(ParamsError::Repeated(_))) if way.tells_unclear => {
            return refuse_unclear(desk, face, request, "one that is repeated").await;
        }
        Err(BodyError::Params(ParamsError::TooLong(_) | ParamsError::TooMany)) if way.tells_unclear => {
            return refuse_unclear(desk, face, request, "one that is too long").await;
        }
        Err(error) => return way.page(unreadable(desk, request, error)),
    };
    let (caller, browser) = (desk.caller(request), desk.browser(request.headers()));
    let outcome = match desk.visitor(request.headers()).await {
        Ok(current) => desk.engine.authorize(&caller, face, &parameters, &browser.secret, current.as_ref()).await,
        Err(denied) => Err(denied.into()),
    };
    desk.remember(&browser, answer(desk, request, &caller, &browser, outcome).await)
}

/// Refuses a request whose query is not clear, as the authorization endpoint does: told to the client, unless who that is, or
/// where, is among what is not.
async fn refuse_unclear(desk: &Desk, face: &Face, request: &Request, why: &'static str) -> Response {
    let mut known = BTreeMap::new();
    for name in ["client_id", "redirect_uri", "state", "response_mode"] {
        let query = request.uri().query().unwrap_or_default();
        let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(sent, _)| sent == name);
        if let (Some((_, value)), None) = (values.next(), values.next()) {
            known.insert(name.to_owned(), value.into_owned());
        }
    }
    let (caller, browser) = (desk.caller(request), desk.browser(request.headers()));
    let refusal = Refusal::ParameterMalformed(why);
    let refused = desk.engine.refuse_authorize(&caller, face, &known, &refusal).await;
    answer(desk, request, &caller, &browser, Err(refused)).await
}

/// A form that another site's page posted comes without this browser's cookies (`SameSite=Lax`), so nobody would seem to be
/// signed in. The same parameters by GET bring them along.
pub fn with_cookies(desk: &Desk, request: &Request, sent: &Sent) -> Option<Response> {
    let from_elsewhere = request.header("sec-fetch-site") == Some("cross-site");
    let known =
        [cookies::SESSION, cookies::BROWSER].iter().any(|name| desk.cookies.read(request.headers(), name).is_some());
    let fields = sent.as_ref().ok().filter(|_| from_elsewhere && !known)?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields.iter()).finish();
    (query.len() <= LONGEST_QUERY).then(|| see_other(&format!("{}?{query}", request.original_uri().path())))
}

/// Addresses longer than this are not sure to arrive.
const LONGEST_QUERY: usize = 8 * 1024;

/// Where pages send people back to once a fact is written.
pub struct Resume(pub Arc<Desk>);

impl Endpoint for Resume {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let desk = &self.0;
        let (caller, browser) = (desk.caller(&request), desk.browser(request.headers()));
        let named = Params::of_query(request.uri().query());
        let id = named.ok().and_then(|query| query.get("interaction").map(InteractionId::from_text));
        let outcome = match (id, desk.visitor(request.headers()).await) {
            (Some(id), Ok(current)) => desk.engine.resume(&caller, &id, &browser.secret, current.as_ref()).await,
            (None, _) => Err(Denied::from(Refusal::InteractionGone).into()),
            (_, Err(denied)) => Err(denied.into()),
        };
        Ok(answer(desk, &request, &caller, &browser, outcome).await)
    }
}

async fn answer(
    desk: &Desk,
    request: &Request,
    caller: &Caller,
    browser: &Browser,
    outcome: Result<Step, AuthorizeRefused>,
) -> Response {
    match outcome {
        Ok(Step::SignIn(id)) => see_other(&paths::of_interaction(paths::LOGIN, &id)),
        Ok(Step::SelectAccount(id)) => see_other(&paths::of_interaction(paths::CHOOSE_ACCOUNT, &id)),
        Ok(Step::Consent(id)) => see_other(&paths::of_interaction(paths::CONSENT, &id)),
        Ok(Step::Done(response)) => deliver(desk, request, browser, &response).await,
        Err(AuthorizeRefused::Redirect(told)) => {
            desk.note(&Denied::Refused(told.refusal.clone()), caller);
            let words = words::of_face(&told.face, &told.refusal);
            let identity = desk.engine.identity();
            let response = AuthorizationResponse::error(identity, &told, words.error, words.description);
            deliver(desk, request, browser, &response).await
        }
        Err(AuthorizeRefused::Page(page)) => {
            way::of_face(&page.face).page(refused_page(desk, request, caller, browser, &page).await)
        }
        // Nothing is wrong: it was answered before, and whoever came back is signed in.
        Err(AuthorizeRefused::Denied(Denied::Refused(Refusal::InteractionAnswered))) => see_other("/"),
        Err(AuthorizeRefused::Denied(denied)) => desk.deny(request, &denied).await,
    }
}

/// Sends the answer to the client: in the redirect, or in a form (OAuth 2.0 Form Post Response Mode).
async fn deliver(desk: &Desk, request: &Request, browser: &Browser, response: &AuthorizationResponse) -> Response {
    match response.mode {
        ResponseMode::Query => way::of_face(&response.face).redirect(see_other(&response.url())),
        ResponseMode::FormPost => {
            let current = desk.visitor(request.headers()).await.ok().flatten();
            let frame = desk.frame(browser, current.as_ref()).await.unwrap_or_else(|_| desk.bare_frame(browser));
            let fields: Vec<(&str, &str)> =
                response.parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let action = response.redirect.as_str();
            let page = Page::ok(FormPost::new(frame, &response.redirect.destination(), action, &fields));
            page.form_may_lead_to(form_target(action)).into_response()
        }
    }
}

/// The page for what may not be told to the client (RFC 6749, section 4.1.2.1; RFC 9700, section 4.11.2).
async fn refused_page(
    desk: &Desk,
    request: &Request,
    caller: &Caller,
    browser: &Browser,
    page: &PageRefusal,
) -> Response {
    desk.note(&Denied::Refused(page.refusal.clone()), caller);
    let current = desk.visitor(request.headers()).await.ok().flatten();
    let frame = match desk.frame(browser, current.as_ref()).await {
        Ok(frame) => frame,
        Err(denied) => return desk.deny(request, &denied).await,
    };
    let problem = match (&page.refusal, &page.client, &page.client_name) {
        (Refusal::RedirectUnregistered, Some(id), Some(name)) => {
            let sent = page.sent.as_deref().unwrap_or_default();
            Problem::unregistered_redirect(frame, name, id.as_str(), sent, &page.registered)
        }
        (refusal, Some(_), Some(name)) => {
            Problem::client_fault(frame, name, words::of_face(&Face::of_server(), refusal).description)
        }
        _ => Problem::unknown_client(frame),
    };
    desk.show(caller, problem)
}

/// The end-session endpoint (OpenID Connect RP-Initiated Logout, section 2).
pub async fn logout(desk: &Desk, request: &Request, sent: Sent) -> Response {
    let parameters = match sent {
        Ok(fields) => extract::all(&fields),
        Err(error) => return unreadable(desk, request, error),
    };
    let (caller, browser) = (desk.caller(request), desk.browser(request.headers()));
    let outcome = match desk.visitor(request.headers()).await {
        Ok(current) => desk.engine.request_sign_out(&caller, &parameters, &browser.secret, current.as_ref()).await,
        Err(denied) => Err(denied),
    };
    let response = match outcome {
        Ok(SignOutStep::Redirect(address)) => see_other(&address),
        Ok(SignOutStep::SignedOut { redirect_refused: false }) => see_other(paths::SIGNED_OUT),
        Ok(SignOutStep::SignedOut { redirect_refused: true }) => {
            see_other(&format!("{}?return=refused", paths::SIGNED_OUT))
        }
        Ok(SignOutStep::Stayed) => see_other("/"),
        Ok(SignOutStep::Confirm(id)) => see_other(&format!("{}?request={id}", paths::SIGN_OUT)),
        Err(denied) => desk.deny(request, &denied).await,
    };
    desk.remember(&browser, response)
}

fn unreadable(desk: &Desk, request: &Request, error: BodyError) -> Response {
    let caller = desk.caller(request);
    let frame = desk.bare_frame(&desk.browser(request.headers()));
    let problem = match &error {
        BodyError::Params(ParamsError::Repeated(name)) => {
            Problem::bad_request(frame, &format!("The parameter {name} is sent more than once."))
        }
        BodyError::Params(error) => Problem::bad_request(frame, &sentence(&error.to_string())),
        _ => desk.fault_page(&Fault::from(error), frame),
    };
    desk.show(&caller, problem)
}

/// A remark as a sentence of its own.
fn sentence(remark: &str) -> String {
    let mut letters = remark.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
