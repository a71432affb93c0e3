//! `/login/second-factor`: what is missing beside a password.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::ids::SignInId;
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::authorize::InteractionView;
use crate::engine::users::{GivenCode, Need, RememberedView, SignedIn, UnfinishedView};
use crate::http::cookies;
use crate::http::desk::{Desk, see_other};
use crate::http::flash::Flash;
use crate::http::page::{Frame, Problems};
use crate::http::params::Params;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page, page_while_acting, safe_next};
use crate::http::when::When;
use crate::model::refusal::Refusal;

use super::authenticator::{NOT_THE_CODE, as_shown};
use super::mail_code::not_by_mail;
use super::sign_in::{advance, cookie, destination, expired, interaction, page_of};
use super::views::{CodeNotice, Enrolling, RememberedRow, SecondFactor};
use super::{ResumePath, new_codes};

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    let shown = page_while_acting(desk, |visit, _| show(visit));
    let sent = page_while_acting(desk, move |visit, request| give(visit, request, resume));
    let enrolled = page_while_acting(desk, move |visit, request| enrol(visit, request, resume));
    app.at(paths::SECOND_FACTOR, Methods::new().get(shown).post(sent))
        .at("/login/second-factor/enrol", Methods::new().post(enrolled))
        .at("/account/sessions/forget", Methods::new().post(page(desk, forget)))
}

/// A sign-in that goes on here, with the authorization request that waits for it.
pub(super) struct Going {
    pub sign_in: UnfinishedView,
    pub interaction: Option<InteractionView>,
}

/// The sign-in a page belongs to; who has none that goes on hears so.
pub(super) async fn going(visit: &Visit, named: Option<&str>) -> Result<Going, Response> {
    let Some(id) = named.map(SignInId::from_text) else { return Err(see_other(paths::LOGIN)) };
    match visit.engine().unfinished(&id, &visit.browser.secret, visit.current.as_ref()).await {
        Ok(sign_in) => {
            let interaction = interaction(visit, sign_in.interaction.as_ref().map(|id| id.as_str())).await?;
            Ok(Going { sign_in, interaction })
        }
        Err(denied) => Err(stopped(visit, &denied).await?),
    }
}

/// What is said of a sign-in that cannot go on.
async fn stopped(visit: &Visit, denied: &Denied) -> Outcome {
    match denied {
        Denied::Refused(Refusal::SignInGone) => {
            visit.desk.note(denied, &visit.caller);
            expired(visit).await
        }
        other => Ok(visit.deny(other).await),
    }
}

async fn show(visit: Visit) -> Outcome {
    let going = going(&visit, visit.query.get("sign_in")).await?;
    let view = view(&visit, &going, visit.query.get("next"), Said::default()).await?;
    Ok(page_of(StatusCode::OK, view, going.interaction.as_ref()).into_response())
}

async fn give(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let going = going(&visit, fields.get("sign_in")).await?;
    let next = fields.get("next");
    let Some((field, code)) = ["otp", "recovery"].into_iter().find_map(|name| Some((name, fields.get(name)?))) else {
        let empty = Said { problems: Problems::of("otp", "Enter the code."), ..Said::default() };
        let view = view(&visit, &going, next, empty).await?;
        return Ok(page_of(StatusCode::BAD_REQUEST, view, going.interaction.as_ref()).into_response());
    };
    match visit.engine().give_code(&visit.caller, &given(&visit, &going.sign_in, code, &fields)).await {
        Ok(step) => Ok(advance(&visit, &step, next, going.interaction.as_ref().map(|view| (resume, view)))),
        Err(denied) => refused(&visit, &going, next, field, &denied).await,
    }
}

fn given(visit: &Visit, sign_in: &UnfinishedView, code: &str, fields: &Params) -> GivenCode {
    GivenCode {
        sign_in: sign_in.id.clone(),
        browser: visit.browser.secret.clone(),
        current: visit.current.clone(),
        code: Secret::new(code),
        remember: fields.contains("remember"),
        familiar: cookie(visit, cookies::FAMILIAR),
    }
}

/// The first code of an authenticator that is set up on the way in.
async fn enrol(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let going = going(&visit, fields.get("sign_in")).await?;
    let (next, code) = (fields.get("next"), fields.get("otp").unwrap_or_default());
    match visit.engine().enrol_in_sign_in(&visit.caller, &given(&visit, &going.sign_in, code, &fields)).await {
        Ok(enrolled) => {
            let onward = advance(&visit, &enrolled.step, next, going.interaction.as_ref().map(|view| (resume, view)));
            new_codes::of_authenticator(&visit, &going.sign_in.username, &enrolled.codes, onward).await
        }
        Err(Denied::Refused(Refusal::SecondFactorWrong)) => {
            let said = Said { problems: Problems::of("otp", NOT_THE_CODE), ..Said::default() };
            let view = view(&visit, &going, next, said).await?;
            Ok(page_of(StatusCode::BAD_REQUEST, view, going.interaction.as_ref()).into_response())
        }
        Err(denied) => stopped(&visit, &denied).await,
    }
}

async fn refused(visit: &Visit, going: &Going, next: Option<&str>, field: &str, denied: &Denied) -> Outcome {
    let recovering = field == "recovery";
    let (status, notice, retry_after) = match denied {
        Denied::Refused(Refusal::SecondFactorWrong) => {
            visit.desk.metrics.sign_in("wrong_code");
            let notice = if recovering { CodeNotice::WrongRecoveryCode } else { CodeNotice::WrongCode };
            (StatusCode::UNAUTHORIZED, notice, None)
        }
        Denied::Refused(Refusal::TooManyTries(seconds)) => {
            let seconds = u64::from(*seconds);
            (StatusCode::TOO_MANY_REQUESTS, CodeNotice::TooMany { seconds }, Some(seconds))
        }
        Denied::Refused(Refusal::EnrolmentRequired) => {
            visit.desk.note(denied, &visit.caller);
            return not_by_mail(visit, going.interaction.as_ref(), next).await;
        }
        other => return stopped(visit, other).await,
    };
    visit.desk.note(denied, &visit.caller);
    let view = view(visit, going, next, Said { notice: Some(notice), recovering, ..Said::default() }).await?;
    let page = page_of(status, view, going.interaction.as_ref());
    Ok(page.retry_after(retry_after).into_response())
}

/// What a page says about the try before.
#[derive(Default)]
struct Said {
    notice: Option<CodeNotice>,
    recovering: bool,
    problems: Problems,
}

async fn view(visit: &Visit, going: &Going, next: Option<&str>, said: Said) -> Result<SecondFactor, Response> {
    let (sign_in, interaction) = (&going.sign_in, going.interaction.as_ref());
    let enrolling = match sign_in.need {
        Need::EnrolSecondFactor => Some(enrolling(visit, sign_in).await?),
        _ => None,
    };
    Ok(SecondFactor {
        enrolling,
        offers_passkey: visit.engine().has_passkeys(),
        // Whoever is asked who they are is not shown as signed in.
        frame: Frame { person: None, flash: visit.flash().sentence, ..visit.frame().await? },
        sign_in: sign_in.id.to_string(),
        next: next.map(safe_next).filter(|next| *next != "/").map(str::to_owned),
        destination: interaction.map(destination),
        need: sign_in.need.into(),
        person_name: sign_in.person_name.clone(),
        username: sign_in.username.clone(),
        has_authenticator: sign_in.has_authenticator,
        has_passkeys: sign_in.has_passkeys,
        has_security_keys: sign_in.has_security_keys,
        takes_security_keys: sign_in.takes_security_keys,
        has_recovery_codes: sign_in.recovery_codes_left > 0,
        start_again_url: match interaction {
            Some(view) => format!("{}&another=1", paths::of_interaction(paths::LOGIN, &view.id)),
            None => format!("{}?another=1", paths::LOGIN),
        },
        notice: said.notice,
        recovering: said.recovering,
        problems: said.problems,
    })
}

/// What a new authenticator is told.
async fn enrolling(visit: &Visit, sign_in: &UnfinishedView) -> Result<Enrolling, Response> {
    let (browser, current) = (&visit.browser.secret, visit.current.as_ref());
    match visit.engine().enrolment_in_sign_in(&sign_in.id, browser, current).await {
        Ok(one) => Ok(as_shown(&one, visit.now())),
        Err(denied) => Err(stopped(visit, &denied).await?),
    }
}

/// The browsers in which whoever is signed in is not asked for a code.
pub(super) async fn remembered_rows(visit: &Visit, person: &SignedIn) -> Result<Vec<RememberedRow>, Response> {
    let known = visit.need(visit.engine().remembered_devices(person).await).await?;
    let row = |known: RememberedView| RememberedRow {
        id: known.locator,
        device: known.device,
        since: When::at(known.since, visit.now()),
        until: When::at(known.expires_at, visit.now()),
    };
    Ok(known.into_iter().map(row).collect())
}

async fn forget(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    visit.need(visit.engine().forget_devices(&visit.caller, person, fields.get("browser")).await).await?;
    Ok(visit.go_saying("/account/sessions", Flash::saying("A code is asked for there again.")))
}
