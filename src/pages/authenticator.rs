//! `/account/authenticator` and `/account/recovery-codes`: what people prove themselves with beside their password.
//!
//! Looking shows no seed and changes nothing unless the person proved a moment ago who they are.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Route};

use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::authenticator::{Enrolment, NewAuthenticator};
use crate::http::desk::{Desk, see_other};
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;
use crate::model::refusal::Refusal;

use super::sign_in::with_session;
use super::views::{Authenticator, Enrolling, RecoveryCodes};

/// Where an authenticator is set up.
pub(super) const AUTHENTICATOR: &str = "/account/authenticator";
/// Where recovery codes are shown.
pub(super) const RECOVERY_CODES: &str = "/account/recovery-codes";

/// What is said of a first code that is wrong.
pub(super) const NOT_THE_CODE: &str =
    "That is not the code it shows now. Enter the newest one; if it is refused again, check the clock of the device.";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(AUTHENTICATOR, Methods::new().get(page(desk, |visit, _| show(visit))))
        .at("/account/authenticator/begin", Methods::new().post(page(desk, begin)))
        .at(
            "/account/authenticator/confirm",
            Methods::new().get(page(desk, |visit, _| enrolling(visit))).post(page(desk, confirm)),
        )
        .at("/account/authenticator/remove", Methods::new().post(page(desk, remove)))
        .at(RECOVERY_CODES, Methods::new().get(page(desk, |visit, _| codes(visit))))
        .at("/account/recovery-codes/new", Methods::new().post(page(desk, new_codes)))
}

async fn show(visit: Visit) -> Outcome {
    let removing = visit.query.contains("remove");
    authenticator_page(&visit, StatusCode::OK, None, removing, Problems::none()).await
}

async fn authenticator_page(
    visit: &Visit,
    status: StatusCode,
    enrolling: Option<Enrolment>,
    removing: bool,
    problems: Problems,
) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().enrolled(&person.user().id).await).await?;
    let authenticator = known.authenticator.as_ref();
    let view = Authenticator {
        frame: visit.frame().await?.saying(visit.flash().sentence),
        since: authenticator.map(|one| When::at(one.since, visit.now())),
        last_used: authenticator.and_then(|one| one.last_used_at).map(|at| When::at(at, visit.now())),
        last_factor: known.passkeys + known.security_keys == 0,
        removing: removing && authenticator.is_some(),
        enrolling: enrolling.map(|one| as_shown(&one, visit.now())),
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

/// What an authenticator is told, as pages show it.
pub(super) fn as_shown(one: &Enrolment, now: Timestamp) -> Enrolling {
    Enrolling {
        uri: one.uri.expose().to_owned(),
        key: one.key.expose().to_owned(),
        size: one.picture.size,
        path: one.picture.path.clone(),
        until: When::at(one.until, now),
    }
}

async fn begin(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    visit.form(&mut request).await?;
    let fresh = visit.fresh(AUTHENTICATOR).await?;
    match visit.engine().begin_authenticator(&fresh).await {
        Ok(_) => Ok(see_other("/account/authenticator/confirm")),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

/// The seed that waits for its first code; without one, back to where it begins.
async fn enrolling(visit: Visit) -> Outcome {
    let fresh = visit.fresh(AUTHENTICATOR).await?;
    match visit.engine().authenticator_enrolment(&fresh).await {
        Ok(None) => Ok(see_other(AUTHENTICATOR)),
        Ok(waiting) => authenticator_page(&visit, StatusCode::OK, waiting, false, Problems::none()).await,
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

async fn confirm(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    let fields = visit.form(&mut request).await?;
    let fresh = visit.fresh(AUTHENTICATOR).await?;
    let code = fields.get("otp").unwrap_or_default();
    match visit.engine().confirm_authenticator(&visit.caller, &fresh, code).await {
        Ok(NewAuthenticator { session, codes }) => {
            let said = "Your authenticator is set up.";
            let onward = match codes {
                Some(codes) => visit.go_saying(RECOVERY_CODES, shown_once(said, &codes)),
                None => visit.go_saying(AUTHENTICATOR, Flash::saying(said)),
            };
            Ok(with_session(&visit, &session, onward))
        }
        Err(Denied::Refused(Refusal::SecondFactorWrong)) => {
            let waiting = visit.need(visit.engine().authenticator_enrolment(&fresh).await).await?;
            let problems = Problems::of("otp", NOT_THE_CODE);
            authenticator_page(&visit, StatusCode::BAD_REQUEST, waiting, false, problems).await
        }
        Err(Denied::Refused(Refusal::NotFound(_))) => {
            Ok(visit.go_saying(AUTHENTICATOR, Flash::saying("The picture was shown for too long. Begin again.")))
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

async fn remove(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    visit.form(&mut request).await?;
    let fresh = visit.fresh("/account/authenticator?remove=1").await?;
    match visit.engine().remove_authenticator(&visit.caller, &fresh).await {
        Ok(()) => Ok(visit.go_saying(AUTHENTICATOR, Flash::saying("Your authenticator is removed."))),
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let problems = Problems::of("", &problem.sentence);
            authenticator_page(&visit, StatusCode::CONFLICT, None, true, problems).await
        }
        Err(Denied::Refused(Refusal::NotFound(_))) => Ok(see_other(AUTHENTICATOR)),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

/// Codes on their way to the page that shows them once.
pub(super) fn shown_once(sentence: &str, codes: &[Secret]) -> Flash {
    let lines: Vec<&str> = codes.iter().map(Secret::expose).collect();
    Flash::showing(sentence, Secret::new(lines.join("\n")))
}

async fn codes(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().enrolled(&person.user().id).await).await?;
    let flash = visit.flash();
    let kept = known.recovery_codes.as_ref();
    let view = RecoveryCodes {
        frame: visit.frame().await?.saying(flash.sentence),
        username: person.user().username.clone(),
        codes: flash.secret.map(|all| all.expose().lines().map(str::to_owned).collect()).unwrap_or_default(),
        left: kept.map_or(0, |codes| codes.left),
        of: kept.map_or(0, |codes| codes.of),
        made: kept.map(|codes| When::at(codes.made_at, visit.now())),
        has_factor: known.has_second(),
    };
    Ok(visit.show(view))
}

async fn new_codes(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    visit.form(&mut request).await?;
    let fresh = visit.fresh(RECOVERY_CODES).await?;
    match visit.engine().make_recovery_codes(&visit.caller, &fresh).await {
        Ok(codes) => Ok(visit.go_saying(RECOVERY_CODES, shown_once("You have new recovery codes.", &codes))),
        Err(Denied::Refused(Refusal::NotFound(_))) => Ok(see_other(RECOVERY_CODES)),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}
