//! The ways in by a one-time link: `/setup` for the first administrator, `/recover` for whoever lost the way.
//!
//! Looking at a link uses nothing up: only the form does (mail scanners and previews follow links).

use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::SET_COOKIE;
use poem::{IntoResponse, Request, Route};

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::recovery::RecoveryView;
use crate::engine::users::{SetUp, familiar};
use crate::http::cookies;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::params::Params;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;
use crate::model::user::User;

use super::sign_in::advance;
use super::views::{LinkClosed, Recover, Setup, password_hint};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    let set_up = Methods::new().get(page(desk, |visit, _| show_set_up(visit))).post(page(desk, set_up));
    let recover = Methods::new().get(page(desk, |visit, _| show_recovery(visit))).post(page(desk, recover));
    app.at("/setup", set_up).at("/recover", recover)
}

async fn show_set_up(visit: Visit) -> Outcome {
    let token = Secret::new(visit.query.get("token").unwrap_or_default());
    match visit.engine().look_at_set_up(&visit.caller, &token).await {
        Ok(()) => set_up_form(&visit, StatusCode::OK, &visit.query, Problems::none()).await,
        Err(denied) => set_up_refused(&visit, &visit.query, &denied).await,
    }
}

async fn set_up(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let text = |name: &str| fields.get(name).unwrap_or_default();
    let ask = SetUp {
        token: Secret::new(text("token")),
        name: text("name").to_owned(),
        username: text("username").to_owned(),
        email: text("email").to_owned(),
        password: Secret::new(text("password")),
        browser: Some(visit.browser.secret.clone()),
    };
    match visit.engine().set_up(&visit.caller, &ask).await {
        Ok(step) => Ok(advance(&visit, &step, Some("/admin"), None)),
        Err(denied) => set_up_refused(&visit, &fields, &denied).await,
    }
}

async fn set_up_refused(visit: &Visit, fields: &Params, denied: &Denied) -> Outcome {
    visit.desk.note(denied, &visit.caller);
    let closed = match denied {
        Denied::Refused(Refusal::FieldInvalid(problem)) => {
            let problems = Problems::of(problem.field, &problem.sentence);
            return set_up_form(visit, StatusCode::BAD_REQUEST, fields, problems).await;
        }
        Denied::Refused(Refusal::SetUpBefore) => {
            (StatusCode::GONE, LinkClosed::setup_done(visit.frame().await?, visit.reference()))
        }
        Denied::Refused(Refusal::LinkGone) => {
            (StatusCode::NOT_FOUND, LinkClosed::setup_token_wrong(visit.frame().await?, visit.reference()))
        }
        other => return Ok(visit.deny(other).await),
    };
    Ok(Page::with_status(closed.0, closed.1).into_response())
}

async fn set_up_form(visit: &Visit, status: StatusCode, fields: &Params, problems: Problems) -> Outcome {
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let view = Setup {
        frame: visit.frame().await?,
        token: text("token"),
        name: text("name"),
        username: text("username"),
        email: text("email"),
        password_hint: shortest(visit, None).await?,
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

/// The hint under a new password of `user`, or of somebody who has no account yet.
pub(super) async fn shortest(visit: &Visit, user: Option<&User>) -> Result<String, poem::Response> {
    let shortest = visit.need(visit.engine().shortest_password(user).await).await?;
    Ok(password_hint(shortest as usize))
}

async fn show_recovery(visit: Visit) -> Outcome {
    let token = visit.query.get("token").unwrap_or_default().to_owned();
    recovery_form(&visit, StatusCode::OK, &token, Problems::none()).await
}

async fn recovery_form(visit: &Visit, status: StatusCode, token: &str, problems: Problems) -> Outcome {
    match visit.engine().look_at_recovery(&Secret::new(token)).await {
        Ok(RecoveryView { user, without_second_factor }) => {
            let view = Recover {
                without_second_factor,
                frame: visit.frame().await?,
                token: token.to_owned(),
                person_name: user.display_name(),
                username: user.username.clone(),
                password_hint: shortest(visit, Some(&user)).await?,
                problems,
            };
            Ok(Page::with_status(status, view).into_response())
        }
        Err(denied) => recovery_refused(visit, &denied).await,
    }
}

async fn recovery_refused(visit: &Visit, denied: &Denied) -> Outcome {
    match denied {
        Denied::Refused(Refusal::LinkGone) => {
            visit.desk.note(denied, &visit.caller);
            let view = LinkClosed::recovery_gone(visit.frame().await?, visit.reference());
            Ok(Page::with_status(StatusCode::GONE, view).into_response())
        }
        other => Ok(visit.deny(other).await),
    }
}

async fn recover(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let token = fields.get("token").unwrap_or_default();
    let password = Secret::new(fields.get("password").unwrap_or_default());
    match visit.engine().finish_recovery(&visit.caller, &Secret::new(token), &password).await {
        Ok(found) => {
            let mut back = visit.go_saying(paths::LOGIN, Flash::saying("Your password is set. Sign in with it."));
            let cookie = visit.desk.cookies.set(cookies::FAMILIAR, found.familiar.expose(), Some(familiar::LIFE));
            back.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
            Ok(back)
        }
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let problems = Problems::of(problem.field, &problem.sentence);
            recovery_form(&visit, StatusCode::BAD_REQUEST, token, problems).await
        }
        Err(denied) => recovery_refused(&visit, &denied).await,
    }
}
