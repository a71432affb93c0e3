//! `/login/mail`: signing in with a code that is sent by mail. Whoever asks learns nothing about accounts: every answer is the
//! same, and so is the page after it. Looking at a page uses nothing up: mail scanners follow links.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::ids::SignInId;
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::authorize::InteractionView;
use crate::engine::users::{AskedCode, GivenMailedCode, MailedView, mailed_code};
use crate::http::cookies;
use crate::http::desk::{Desk, see_other};
use crate::http::page::{Frame, Page, Problems};
use crate::http::params::Params;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page, safe_next};
use crate::model::refusal::Refusal;

use super::sign_in::{advance, cookie, destination, interaction, page_of};
use super::views::{MailCode, MailCodeNote, MailedCode, MailedNotice};
use super::{ResumePath, with_pending};

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    let asked = Methods::new().get(page(desk, |visit, _| show(visit))).post(page(desk, ask));
    let given = page(desk, move |visit, request| give(visit, request, resume));
    let typed = Methods::new().get(page(desk, |visit, _| show_code(visit))).post(given);
    app.at(paths::MAIL_CODE, asked).at(paths::MAILED_CODE, typed)
}

/// Whether people may sign in so.
pub(super) async fn offered(visit: &Visit) -> Result<bool, Response> {
    visit.need(visit.engine().mails_codes().await).await
}

/// What waits for a sign-in: an authorization request, or a page of ours.
#[derive(Default)]
struct Pending {
    interaction: Option<InteractionView>,
    next: Option<String>,
}

impl Pending {
    async fn of(visit: &Visit, named: Option<&str>, next: Option<&str>) -> Result<Pending, Response> {
        let next = next.map(safe_next).filter(|next| *next != "/").map(str::to_owned);
        Ok(Pending { interaction: interaction(visit, named).await?, next })
    }

    /// As a page or a form names it.
    async fn named(visit: &Visit, fields: &Params) -> Result<Pending, Response> {
        Pending::of(visit, fields.get("interaction"), fields.get("next")).await
    }

    fn id(&self) -> Option<String> {
        self.interaction.as_ref().map(|view| view.id.to_string())
    }

    /// `page` for what waits.
    fn at(&self, page: &str) -> String {
        with_pending(page, self.id().as_deref(), self.next.as_deref())
    }
}

async fn show(visit: Visit) -> Outcome {
    let pending = Pending::named(&visit, &visit.query).await?;
    let hint = pending.interaction.as_ref().and_then(|view| view.login_hint.clone());
    let confirms = pending.interaction.as_ref().is_some_and(|view| view.confirms);
    let person = visit.signed_in().filter(|_| confirms).map(|current| current.user().username.clone());
    let username = person.or(hint).unwrap_or_default();
    form(&visit, &pending, StatusCode::OK, MailCode { username, ..MailCode::default() }).await
}

async fn ask(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let pending = Pending::named(&visit, &fields).await?;
    let Some(username) = fields.get("username").map(str::trim).filter(|typed| !typed.is_empty()) else {
        let problems = Problems::of("username", "Enter your username or email address.");
        return form(&visit, &pending, StatusCode::BAD_REQUEST, MailCode { problems, ..MailCode::default() }).await;
    };
    let asked = AskedCode {
        username: username.to_owned(),
        browser: visit.browser.secret.clone(),
        interaction: pending.interaction.as_ref().map(|view| view.id.clone()),
        next: pending.next.clone(),
        current: visit.current.clone(),
        known: cookie(&visit, cookies::SESSION),
        familiar: cookie(&visit, cookies::FAMILIAR),
    };
    match visit.engine().mail_code(&visit.caller, &asked).await {
        Ok(id) => Ok(see_other(&typed_at(&id, &pending))),
        Err(Denied::Refused(Refusal::NotFound(_))) => Ok(see_other(&pending.at(paths::LOGIN))),
        Err(denied @ Denied::Refused(Refusal::TooManyTries(seconds))) => {
            visit.desk.note(&denied, &visit.caller);
            let (username, seconds) = (username.to_owned(), u64::from(seconds));
            let view = MailCode { username, wait: Some(seconds), ..MailCode::default() };
            form(&visit, &pending, StatusCode::TOO_MANY_REQUESTS, view).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

/// Where the code of this sign-in is typed in.
fn typed_at(id: &SignInId, pending: &Pending) -> String {
    pending.at(&format!("{}?sign_in={id}", paths::MAILED_CODE))
}

/// The form, with what `view` says of the try before. Where nobody signs in so, it is the sign-in page.
async fn form(visit: &Visit, pending: &Pending, status: StatusCode, view: MailCode) -> Outcome {
    if !offered(visit).await? {
        return Ok(see_other(&pending.at(paths::LOGIN)));
    }
    let wait = view.wait;
    let view = MailCode {
        frame: nobodys(visit).await?,
        interaction: pending.id(),
        next: pending.next.clone(),
        destination: pending.interaction.as_ref().map(destination),
        password_url: pending.at(paths::LOGIN),
        ..view
    };
    let page = page_of(status, view, pending.interaction.as_ref());
    Ok(page.retry_after(wait).into_response())
}

async fn show_code(visit: Visit) -> Outcome {
    if let Some((id, code)) = visit.query.get("token").and_then(mailed_code::read_link) {
        return match visit.engine().mailed_sign_in(&id, &visit.browser.secret).await {
            Ok(waiting) => of_letter(&visit, &waiting, &code).await,
            Err(Denied::Refused(Refusal::SignInGone)) => {
                Ok(visit.show(MailCodeNote::elsewhere(nobodys(&visit).await?, code.expose())))
            }
            Err(denied) => Ok(visit.deny(&denied).await),
        };
    }
    let pending = Pending::named(&visit, &visit.query).await?;
    let Some(id) = visit.query.get("sign_in").map(SignInId::from_text) else {
        return Ok(see_other(&pending.at(paths::MAIL_CODE)));
    };
    match visit.engine().mailed_sign_in(&id, &visit.browser.secret).await {
        Ok(_) => code_form(&visit, &pending, StatusCode::OK, of(&id)).await,
        Err(denied) => stopped(&visit, &pending, &denied).await,
    }
}

/// The link of a letter, in the browser that asked for it.
async fn of_letter(visit: &Visit, waiting: &MailedView, code: &Secret) -> Outcome {
    let named = waiting.interaction.as_ref().map(|id| id.as_str());
    let pending = Pending::of(visit, named, waiting.next.as_deref()).await?;
    let view = MailedCode { code: code.expose().to_owned(), ..of(&waiting.id) };
    code_form(visit, &pending, StatusCode::OK, view).await
}

async fn give(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let pending = Pending::named(&visit, &fields).await?;
    let id = SignInId::from_text(fields.get("sign_in").unwrap_or_default());
    let Some(code) = fields.get("code").map(str::trim).filter(|code| !code.is_empty()) else {
        let view = MailedCode { problems: Problems::of("code", "Enter the code."), ..of(&id) };
        return code_form(&visit, &pending, StatusCode::BAD_REQUEST, view).await;
    };
    let given = GivenMailedCode {
        sign_in: id.clone(),
        browser: visit.browser.secret.clone(),
        code: Secret::new(code),
        current: visit.current.clone(),
        known: cookie(&visit, cookies::SESSION),
        familiar: cookie(&visit, cookies::FAMILIAR),
        device: cookie(&visit, cookies::DEVICE),
    };
    match visit.engine().give_mailed_code(&visit.caller, &given).await {
        Ok(step) => {
            let waiting = pending.interaction.as_ref().map(|view| (resume, view));
            Ok(advance(&visit, &step, pending.next.as_deref(), waiting))
        }
        Err(denied) => refused(&visit, &pending, &id, &denied).await,
    }
}

async fn refused(visit: &Visit, pending: &Pending, id: &SignInId, denied: &Denied) -> Outcome {
    let (status, notice) = match denied {
        Denied::Refused(Refusal::MailedCodeWrong) => {
            visit.desk.metrics.sign_in("wrong_mailed_code");
            (StatusCode::UNAUTHORIZED, MailedNotice::Wrong)
        }
        Denied::Refused(Refusal::TooManyTries(seconds)) => {
            (StatusCode::TOO_MANY_REQUESTS, MailedNotice::TooMany { seconds: u64::from(*seconds) })
        }
        other => return stopped(visit, pending, other).await,
    };
    visit.desk.note(denied, &visit.caller);
    // The last wrong code that was to be had ends it.
    match visit.engine().mailed_sign_in(id, &visit.browser.secret).await {
        Ok(_) => code_form(visit, pending, status, MailedCode { notice: Some(notice), ..of(id) }).await,
        Err(denied) => stopped(visit, pending, &denied).await,
    }
}

/// What is said of a code that cannot be given any more, or that is not enough.
pub(super) async fn not_by_mail(visit: &Visit, interaction: Option<&InteractionView>, next: Option<&str>) -> Outcome {
    let id = interaction.map(|view| view.id.to_string());
    let again = with_pending(paths::LOGIN, id.as_deref(), next);
    // Whoever is signed in already is asked all the same.
    let another = format!("{again}{}another=1", if again.contains('?') { '&' } else { '?' });
    let view = MailCodeNote::enrol_first(nobodys(visit).await?, &another);
    Ok(Page::with_status(StatusCode::FORBIDDEN, view).into_response())
}

async fn stopped(visit: &Visit, pending: &Pending, denied: &Denied) -> Outcome {
    match denied {
        Denied::Refused(Refusal::SignInGone) => {
            visit.desk.note(denied, &visit.caller);
            let view = MailCodeNote::gone(nobodys(visit).await?, &pending.at(paths::MAIL_CODE));
            Ok(Page::with_status(StatusCode::GONE, view).into_response())
        }
        Denied::Refused(Refusal::EnrolmentRequired) => {
            visit.desk.note(denied, &visit.caller);
            not_by_mail(visit, pending.interaction.as_ref(), pending.next.as_deref()).await
        }
        other => Ok(visit.deny(other).await),
    }
}

fn of(id: &SignInId) -> MailedCode {
    MailedCode { sign_in: id.to_string(), ..MailedCode::default() }
}

async fn code_form(visit: &Visit, pending: &Pending, status: StatusCode, view: MailedCode) -> Outcome {
    let wait = match view.notice {
        Some(MailedNotice::TooMany { seconds }) => Some(seconds),
        _ => None,
    };
    let view = MailedCode {
        frame: nobodys(visit).await?,
        interaction: pending.id(),
        next: pending.next.clone(),
        destination: pending.interaction.as_ref().map(destination),
        again_url: pending.at(paths::MAIL_CODE),
        password_url: pending.at(paths::LOGIN),
        ..view
    };
    let page = page_of(status, view, pending.interaction.as_ref());
    Ok(page.retry_after(wait).into_response())
}

/// Whoever is asked who they are is not shown as signed in.
async fn nobodys(visit: &Visit) -> Result<Frame, Response> {
    Ok(Frame { person: None, ..visit.frame().await? })
}
