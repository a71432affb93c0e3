//! `/login`: who are you? And `/login/account`: is it still you?

use std::sync::Arc;

use askama::Template;
use poem::http::StatusCode;
use poem::http::header::SET_COOKIE;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::ids::{InteractionId, SignInId};
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::authorize::{InteractionView, WaitsFor};
use crate::engine::users::{NewSession, SignIn, SignInStep, familiar, remembered};
use crate::http::cookies;
use crate::http::desk::{Desk, see_other};
use crate::http::headers::form_target;
use crate::http::page::{Frame, Link, Page, Problems};
use crate::http::params::Params;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page_while_acting, safe_next};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Session};
use crate::model::user::User;

use super::passkey_sign_in;
use super::views::{ChooseAccount, Destination, FlowExpired, Notice, SignIn as SignInView};
use super::{ResumePath, go_on, with_pending};

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    let shown = page_while_acting(desk, move |visit, _| show(visit, resume));
    let sent = page_while_acting(desk, move |visit, request| sign_in(visit, request, resume));
    let choice = page_while_acting(desk, move |visit, _| show_choice(visit, resume));
    let chosen = page_while_acting(desk, move |visit, request| choose(visit, request, resume));
    app.at(paths::LOGIN, Methods::new().get(shown).post(sent))
        .at(paths::CHOOSE_ACCOUNT, Methods::new().get(choice).post(chosen))
}

/// The interaction a page belongs to, if it names one.
pub(super) async fn interaction(visit: &Visit, named: Option<&str>) -> Result<Option<InteractionView>, Response> {
    let Some(id) = named.map(InteractionId::from_text) else { return Ok(None) };
    match visit.engine().interaction(&id, &visit.browser.secret, visit.current.as_ref()).await {
        Ok(view) => Ok(Some(view)),
        Err(gone @ Denied::Refused(Refusal::InteractionGone | Refusal::InteractionAnswered)) => {
            visit.desk.note(&gone, &visit.caller);
            Err(expired(visit).await?)
        }
        Err(denied) => Err(visit.deny(&denied).await),
    }
}

pub(super) async fn expired(visit: &Visit) -> Result<Response, Response> {
    let signed_in_as = visit.current.as_ref().map(|current| current.user().display_name());
    let (frame, about) = (visit.frame().await?, visit.reference());
    let view = FlowExpired { frame, start_again: None::<Link>, signed_in_as, about };
    Ok(Page::with_status(StatusCode::GONE, view).into_response())
}

async fn show(visit: Visit, resume: ResumePath) -> Outcome {
    let interaction = interaction(&visit, visit.query.get("interaction")).await?;
    let another = visit.query.contains("another");
    let confirm = visit.query.contains("confirm") && !another;
    if confirm && visit.acts() {
        return Ok(visit.not_theirs().await);
    }
    match &interaction {
        // A page whose turn it is not leads on; whoever asked for another account may sign in at any time.
        Some(view) if view.waits_for == WaitsFor::StepUp && !another => return step_up(&visit, view, resume).await,
        Some(view) if view.waits_for != WaitsFor::SignIn && !another => return Ok(go_on(resume, view)),
        None if visit.current.is_some() && !another && !confirm => {
            return Ok(see_other(safe_next(visit.query.get("next").unwrap_or("/"))));
        }
        _ => {}
    }
    let hint = interaction.as_ref().and_then(|view| view.login_hint.clone()).unwrap_or_default();
    let typed = Typed { username: hint, next: visit.query.get("next").map(str::to_owned), another, confirm };
    let view = view(&visit, interaction.as_ref(), typed, None, Problems::none()).await?;
    Ok(guarded(StatusCode::OK, view, interaction.as_ref()))
}

/// What the form holds besides the password, which is never shown again.
struct Typed {
    username: String,
    next: Option<String>,
    another: bool,
    /// Whoever is signed in is to prove it once more, whether or not an application asks for it.
    confirm: bool,
}

async fn sign_in(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    if fields.contains("confirm") && visit.acts() {
        return Ok(visit.not_theirs().await);
    }
    let interaction = interaction(&visit, fields.get("interaction")).await?;
    let mut problems = Problems::none();
    for (field, sentence) in [("username", "Enter your name or e-mail address."), ("password", "Enter your password.")]
    {
        if fields.get(field).is_none() {
            problems = problems.and(field, sentence);
        }
    }
    if problems.any() {
        let view = view(&visit, interaction.as_ref(), typed(&fields), None, problems).await?;
        return Ok(guarded(StatusCode::BAD_REQUEST, view, interaction.as_ref()));
    }
    match visit.engine().sign_in(&visit.caller, &ask(&visit, &fields, interaction.as_ref())).await {
        Ok(step) => Ok(advance(&visit, &step, fields.get("next"), interaction.as_ref().map(|view| (resume, view)))),
        Err(denied) => refused(&visit, interaction.as_ref(), &fields, &denied).await,
    }
}

/// On with a sign-in: back to the authorization request that waits, or to `next`; or to what is missing still.
pub(super) fn advance(
    visit: &Visit,
    step: &SignInStep,
    next: Option<&str>,
    resume: Option<(ResumePath, &InteractionView)>,
) -> Response {
    match step {
        SignInStep::Done(session) => {
            visit.desk.metrics.sign_in("signed_in");
            let onward = match resume {
                Some((resume, view)) => go_on(resume, view),
                None => see_other(safe_next(next.unwrap_or("/"))),
            };
            with_session(visit, session, onward)
        }
        SignInStep::More(unfinished) => {
            visit.desk.metrics.sign_in("more_needed");
            see_other(&second_factor(&unfinished.id, next))
        }
    }
}

/// Where what is missing of this sign-in is given.
fn second_factor(id: &SignInId, next: Option<&str>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("sign_in", id.as_str());
    if let Some(next) = next.map(safe_next).filter(|next| *next != "/") {
        query.append_pair("next", next);
    }
    format!("{}?{}", paths::SECOND_FACTOR, query.finish())
}

/// To where whoever is signed in proves it more strongly, as the application asks.
async fn step_up(visit: &Visit, view: &InteractionView, resume: ResumePath) -> Outcome {
    let Some(current) = visit.signed_in() else { return Ok(go_on(resume, view)) };
    match visit.engine().step_up(&visit.caller, &view.id, &visit.browser.secret, current).await {
        Ok(Some(id)) => Ok(see_other(&second_factor(&id, None))),
        Ok(None) => Ok(go_on(resume, view)),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

fn ask(visit: &Visit, fields: &Params, interaction: Option<&InteractionView>) -> SignIn {
    SignIn {
        username: fields.get("username").unwrap_or_default().to_owned(),
        password: Secret::new(fields.get("password").unwrap_or_default()),
        interaction: interaction.map(|view| view.id.clone()),
        browser: Some(visit.browser.secret.clone()),
        current: visit.current.clone(),
        known: cookie(visit, cookies::SESSION),
        familiar: cookie(visit, cookies::FAMILIAR),
        device: cookie(visit, cookies::DEVICE),
        confirms: fields.contains("confirm"),
    }
}

/// A cookie this browser holds.
pub(super) fn cookie(visit: &Visit, name: &str) -> Option<Secret> {
    visit.desk.cookies.read(visit.headers(), name).map(Secret::new)
}

/// The same response, with the cookie of the new session: its value is new each time somebody proves who they are. Another
/// one stays when they sign out, so that the browser is known again.
pub(super) fn with_session(visit: &Visit, session: &NewSession, mut response: Response) -> Response {
    let held = visit.desk.cookies.set(cookies::SESSION, session.cookie.expose(), Some(Session::ABSOLUTE));
    let familiar = visit.desk.cookies.set(cookies::FAMILIAR, session.familiar.expose(), Some(familiar::LIFE));
    let device = session.device.as_ref();
    let device = device.and_then(|it| visit.desk.cookies.set(cookies::DEVICE, it.expose(), Some(remembered::LIFE)));
    for cookie in [held, familiar, device].into_iter().flatten() {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

async fn refused(visit: &Visit, interaction: Option<&InteractionView>, fields: &Params, denied: &Denied) -> Outcome {
    visit.desk.note(denied, &visit.caller);
    let (status, notice, retry_after) = match denied {
        Denied::Refused(Refusal::PasswordWrong) => {
            visit.desk.metrics.sign_in("wrong_password");
            (StatusCode::UNAUTHORIZED, Notice::Mismatch, None)
        }
        Denied::Refused(Refusal::TooManyTries(seconds)) => {
            let seconds = u64::from(*seconds);
            (StatusCode::TOO_MANY_REQUESTS, Notice::TooMany { seconds }, Some(seconds))
        }
        Denied::Refused(Refusal::HasherBusy) | Denied::Busy(_) => {
            (StatusCode::SERVICE_UNAVAILABLE, Notice::Busy, Some(1))
        }
        other => return Ok(visit.deny(other).await),
    };
    let view = view(visit, interaction, typed(fields), Some(notice), Problems::none()).await?;
    let page = page_of(status, view, interaction);
    Ok(page.retry_after(retry_after).into_response())
}

fn typed(fields: &Params) -> Typed {
    Typed {
        username: fields.get("username").unwrap_or_default().to_owned(),
        next: fields.get("next").map(str::to_owned),
        another: false,
        confirm: fields.contains("confirm"),
    }
}

async fn view(
    visit: &Visit,
    interaction: Option<&InteractionView>,
    typed: Typed,
    notice: Option<Notice>,
    problems: Problems,
) -> Result<SignInView, Response> {
    let confirming = (typed.confirm || interaction.is_some_and(|view| view.confirms)) && !typed.another;
    let person = visit.signed_in().filter(|_| confirming).map(|current| current.user().clone());
    let id = interaction.map(|view| view.id.to_string());
    let by_mail = super::reset::by_mail(visit).await?;
    // What a code by mail is not enough for does not offer one.
    let closed = visit.acts() || (typed.confirm && person.is_some());
    let offers_codes = !closed && super::mail_code::offered(visit).await?;
    let next = typed.next.as_deref().map(safe_next).map(str::to_owned);
    let proved = visit.current.as_ref().filter(|_| typed.confirm).map(|current| &current.session().authentication);
    let offers_passkeys = passkey_sign_in::offered(visit, person.is_some()).await?;
    Ok(SignInView {
        offers_passkeys,
        mail_code_url: offers_codes.then(|| with_pending(paths::MAIL_CODE, id.as_deref(), next.as_deref())),
        after_mail: proved.is_some_and(Authentication::rests_on_mail),
        // Whoever is asked who they are is not shown as signed in.
        frame: Frame { person: None, flash: visit.flash().sentence, ..visit.frame().await? },
        other_account_url: match &id {
            Some(id) => format!("{}?interaction={id}&another=1", paths::LOGIN),
            None => format!("{}?another=1", paths::LOGIN),
        },
        interaction: id,
        next,
        destination: interaction.map(destination),
        username: person.as_ref().map_or(typed.username, |user| user.username.clone()),
        confirming: person.is_some(),
        person_name: person.map(|user| user.display_name()).unwrap_or_default(),
        notice,
        by_mail,
        problems,
    })
}

pub(super) fn destination(view: &InteractionView) -> Destination {
    Destination { name: view.client.name.clone(), host: view.destination.clone() }
}

/// A page whose form may end at the client, so that its policy names where (Content Security Policy Level 3, 6.4.1).
pub(super) fn page_of<T: Template>(status: StatusCode, view: T, interaction: Option<&InteractionView>) -> Page<T> {
    let target = interaction.and_then(|view| form_target(&view.leads_to));
    Page::with_status(status, view).form_may_lead_to(target)
}

fn guarded<T: Template + Send>(status: StatusCode, view: T, interaction: Option<&InteractionView>) -> Response {
    page_of(status, view, interaction).into_response()
}

/// Whether a form was shown to the person who is signed in now.
pub(super) fn is_from(fields: &Params, current: &User) -> bool {
    fields.get("person") == Some(current.id.as_str())
}

async fn show_choice(visit: Visit, resume: ResumePath) -> Outcome {
    let Some(view) = interaction(&visit, visit.query.get("interaction")).await? else { return Ok(see_other("/")) };
    let Some(current) = visit.current.as_ref().filter(|_| view.waits_for == WaitsFor::SelectAccount) else {
        return Ok(go_on(resume, &view));
    };
    let mut frame = visit.frame().await?;
    frame.person = None;
    let page = ChooseAccount {
        frame,
        interaction: Some(view.id.to_string()),
        destination: Some(destination(&view)),
        person_id: current.user().id.to_string(),
        person_name: current.user().display_name(),
        username: current.user().username.clone(),
    };
    Ok(guarded(StatusCode::OK, page, Some(&view)))
}

async fn choose(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let Some(view) = interaction(&visit, fields.get("interaction")).await? else { return Ok(see_other("/")) };
    match (fields.get("choice"), &visit.current) {
        (Some("continue"), Some(current)) if is_from(&fields, current.user()) => {
            match visit.engine().choose_account(&view.id, &visit.browser.secret, current).await {
                Ok(()) => Ok(go_on(resume, &view)),
                Err(denied) => Ok(visit.deny(&denied).await),
            }
        }
        (Some("another"), _) => Ok(see_other(&format!("{}?interaction={}&another=1", paths::LOGIN, view.id))),
        _ => Ok(go_on(resume, &view)),
    }
}
