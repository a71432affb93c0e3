//! `/invitation` and `/register`: people who make their accounts themselves.
//!
//! Looking at a link uses nothing up: only the form does (mail scanners and previews follow links).

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::Registration;
use crate::engine::users::arriving::{Arrival, ArrivalView, Seat, Way};
use crate::engine::users::self_registration::Open;
use crate::http::desk::Desk;
use crate::http::page::{Page, Problems};
use crate::http::params::Params;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;
use crate::model::refusal::Refusal;
use crate::model::user::Profile;

use super::entry::shortest;
use super::sign_in::advance;
use super::views::{Arrive, LinkClosed, Register, RegisterSent};

/// Where everybody makes an account while registration is open.
const REGISTER: &str = "/register";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    let by_link = |way: Way| {
        let shown = page(desk, move |visit, _| show(visit, way));
        Methods::new().get(shown).post(page(desk, move |visit, request| arrive(visit, request, way)))
    };
    let register = Methods::new().get(page(desk, |visit, _| show_register(visit))).post(page(desk, register));
    app.at(Way::Invitation.page(), by_link(Way::Invitation))
        .at(Way::Registration.page(), by_link(Way::Registration))
        .at(REGISTER, register)
}

async fn show(visit: Visit, way: Way) -> Outcome {
    form(&visit, way, StatusCode::OK, &visit.query, Problems::none()).await
}

async fn arrive(visit: Visit, mut request: Request, way: Way) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let ask = Arrival {
        token: Secret::new(text("token")),
        username: text("username"),
        profile: profile(&fields),
        password: Secret::new(text("password")),
        seat: seat(&visit),
    };
    match visit.engine().arrive(&visit.caller, way, &ask).await {
        Ok(step) => Ok(advance(&visit, &step, None, None)),
        Err(denied) => match problems(&denied) {
            Some(problems) => form(&visit, way, StatusCode::BAD_REQUEST, &fields, problems).await,
            None => refused(&visit, way, &denied).await,
        },
    }
}

/// Where the account is made: whoever was signed in here is not any more.
fn seat(visit: &Visit) -> Seat {
    Seat { browser: Some(visit.browser.secret.clone()), current: visit.current.clone() }
}

fn profile(fields: &Params) -> Profile {
    let filled = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    Profile { given_name: filled("given_name"), family_name: filled("family_name"), ..Profile::default() }
}

/// What the form can say about a denial.
fn problems(denied: &Denied) -> Option<Problems> {
    match denied {
        Denied::Refused(Refusal::FieldInvalid(problem)) => Some(Problems::of(problem.field, &problem.sentence)),
        Denied::Refused(Refusal::Taken("email")) => {
            Some(Problems::of("", "There is an account with this address by now. Sign in with it."))
        }
        Denied::Refused(Refusal::Taken(field)) => Some(Problems::of(field, "Somebody has this name. Choose another.")),
        Denied::Refused(Refusal::RegistrationRefused) => {
            let sentence = "No account can be made of this. Check the address, and choose another password; if you have an \
                            account, sign in.";
            Some(Problems::of("email", sentence))
        }
        _ => None,
    }
}

async fn form(visit: &Visit, way: Way, status: StatusCode, fields: &Params, problems: Problems) -> Outcome {
    let token = fields.get("token").unwrap_or_default();
    match visit.engine().look_at_arrival(way, &Secret::new(token)).await {
        Ok(link) => {
            let view = Arrive { problems, ..view(visit, way.page(), fields, Some(&link)).await? };
            Ok(Page::with_status(status, view).into_response())
        }
        Err(denied) => refused(visit, way, &denied).await,
    }
}

async fn view(visit: &Visit, action: &str, fields: &Params, link: Option<&ArrivalView>) -> Result<Arrive, Response> {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let mut frame = visit.frame().await?;
    // Whoever makes an account is not shown as somebody else.
    frame.person = None;
    Ok(Arrive {
        frame,
        action: action.to_owned(),
        token: link.map(|_| text("token")).unwrap_or_default(),
        by: link.map(|link| link.by.clone()).unwrap_or_default(),
        address: link.and_then(|link| link.email.clone()).unwrap_or_default(),
        asks_address: link.is_none(),
        email: text("email"),
        username: text("username"),
        given_name: text("given_name"),
        family_name: text("family_name"),
        password_hint: shortest(visit, None).await?,
        until: link.map(|link| When::exactly(link.until).exact).unwrap_or_default(),
        problems: Problems::none(),
    })
}

async fn refused(visit: &Visit, way: Way, denied: &Denied) -> Outcome {
    let closed = match (denied, way) {
        (Denied::Refused(Refusal::LinkGone), Way::Invitation) => LinkClosed::invitation_gone,
        (Denied::Refused(Refusal::LinkGone), Way::Registration) => LinkClosed::registration_gone,
        (Denied::Refused(Refusal::RegistrationClosed), _) => LinkClosed::registration_closed,
        _ => return Ok(visit.deny(denied).await),
    };
    visit.desk.note(denied, &visit.caller);
    let view = closed(visit.frame().await?, visit.reference());
    Ok(Page::with_status(StatusCode::GONE, view).into_response())
}

async fn show_register(visit: Visit) -> Outcome {
    register_form(&visit, StatusCode::OK, &Params::default(), Problems::none()).await
}

async fn register_form(visit: &Visit, status: StatusCode, fields: &Params, problems: Problems) -> Outcome {
    match open(visit).await? {
        Open::No => {
            let view = LinkClosed::registration_closed(visit.frame().await?, visit.reference());
            Ok(Page::with_status(StatusCode::NOT_FOUND, view).into_response())
        }
        Open::ByMail => {
            let email = fields.get("email").unwrap_or_default().to_owned();
            let view = Register { frame: visit.frame().await?, email, problems };
            Ok(Page::with_status(status, view).into_response())
        }
        Open::AtOnce => {
            let view = Arrive { problems, ..view(visit, REGISTER, fields, None).await? };
            Ok(Page::with_status(status, view).into_response())
        }
    }
}

async fn open(visit: &Visit) -> Result<Open, Response> {
    visit.need(visit.engine().registration().await).await
}

async fn register(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let email = fields.get("email").unwrap_or_default().to_owned();
    let denied = match open(&visit).await? {
        Open::No => Denied::Refused(Refusal::RegistrationClosed),
        Open::ByMail => match visit.engine().ask_to_register(&visit.caller, &email).await {
            Ok(()) => {
                return Ok(visit.show(RegisterSent { frame: visit.frame().await?, email: email.trim().to_owned() }));
            }
            Err(denied) => denied,
        },
        Open::AtOnce => {
            let password = Secret::new(fields.get("password").unwrap_or_default());
            let wanted = Registration { email, password, profile: profile(&fields) };
            match visit.engine().register_at_once(&visit.caller, &wanted, &seat(&visit)).await {
                Ok(step) => return Ok(advance(&visit, &step, None, None)),
                Err(denied) => denied,
            }
        }
    };
    match (problems(&denied), denied) {
        (Some(problems), _) => register_form(&visit, StatusCode::BAD_REQUEST, &fields, problems).await,
        (None, denied) => refused(&visit, Way::Registration, &denied).await,
    }
}
