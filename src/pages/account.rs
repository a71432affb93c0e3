//! `/account…`: a person's password, sessions, applications and activity.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::ids::{ClientId, SessionId};
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::SessionView;
use crate::engine::users::sessions::ActingView;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::routing::Methods;
use crate::http::views::{GrantRow, Pager, SessionRow};
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;
use crate::model::refusal::Refusal;

use super::entry::shortest;
use super::sign_in::with_session;
use super::views::{Grants, OwnActivity, Password, ProgramRow, Sessions};
use super::{activity, second_factor};

/// How many events a page has.
const EVENTS: usize = 50;
/// Where a password is changed.
const PASSWORD: &str = "/account/password";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(
        "/account/password",
        Methods::new().get(page(desk, |visit, _| password(visit))).post(page(desk, change_password)),
    )
    .at("/account/password/remove", Methods::new().post(page(desk, remove_password)))
    .at("/account/sessions", Methods::new().get(page(desk, |visit, _| sessions(visit))))
    .at("/account/sessions/end", Methods::new().post(page(desk, end_session)))
    .at("/account/sessions/end-others", Methods::new().post(page(desk, end_others)))
    .at("/account/applications", Methods::new().get(page(desk, |visit, _| applications(visit))))
    .at("/account/applications/revoke", Methods::new().post(page(desk, revoke)))
    .at("/account/programs/delete", Methods::new().post(page(desk, delete_program)))
    .at("/account/activity", Methods::new().get(page(desk, |visit, _| own_activity(visit))))
}

async fn password(visit: Visit) -> Outcome {
    visit.fresh(PASSWORD).await?;
    password_page(&visit, StatusCode::OK, Problems::none()).await
}

async fn password_page(visit: &Visit, status: StatusCode, problems: Problems) -> Outcome {
    let user = visit.person()?.user();
    let known = visit.need(visit.engine().enrolled(&user.id).await).await?;
    let view = Password {
        frame: visit.frame().await?.saying(visit.flash().sentence),
        username: user.username.clone(),
        has_one: user.password.is_some(),
        passkeys: known.passkeys,
        changed: user.password_changed_at.map(|at| When::at(at, visit.now())),
        password_hint: shortest(visit, Some(user)).await?,
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

async fn change_password(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    let fields = visit.form(&mut request).await?;
    let fresh = visit.fresh(PASSWORD).await?;
    let typed = |name: &str| Secret::new(fields.get(name).unwrap_or_default());
    let (current, new) = (typed("current"), typed("new"));
    match visit.engine().change_password(&visit.caller, &fresh, &current, &new).await {
        Ok(session) => {
            let said =
                Flash::saying("Your new password counts from now on. Everybody else signed in as you was signed out.");
            Ok(with_session(&visit, &session, visit.go_saying(PASSWORD, said)))
        }
        Err(denied) => password_refused(&visit, &denied).await,
    }
}

async fn remove_password(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    visit.form(&mut request).await?;
    let fresh = visit.fresh(PASSWORD).await?;
    match visit.engine().remove_password(&visit.caller, &fresh).await {
        Ok(session) => {
            let said = Flash::saying("Your password is removed. From now on your passkeys sign you in.");
            Ok(with_session(&visit, &session, visit.go_saying(PASSWORD, said)))
        }
        Err(denied) => password_refused(&visit, &denied).await,
    }
}

async fn password_refused(visit: &Visit, denied: &Denied) -> Outcome {
    visit.desk.note(denied, &visit.caller);
    let (status, problems) = match denied {
        Denied::Refused(Refusal::PasswordWrong) => {
            (StatusCode::BAD_REQUEST, Problems::of("current", "That is not your current password."))
        }
        // The policy speaks of a password; here that is the new one.
        Denied::Refused(Refusal::FieldInvalid(problem)) => {
            (StatusCode::BAD_REQUEST, Problems::of("new", &problem.sentence))
        }
        other => return Ok(visit.deny(other).await),
    };
    password_page(visit, status, problems).await
}

async fn sessions(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().sessions(person).await).await?;
    let sessions = known.into_iter().map(|session| session_row(&visit, session)).collect();
    let remembered = second_factor::remembered_rows(&visit, person).await?;
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    Ok(visit.show(Sessions { frame, sessions, remembered }))
}

fn session_row(visit: &Visit, session: SessionView) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        device: session.device,
        address: session.address,
        since: When::at(session.created_at, visit.now()),
        seen: When::at(session.last_seen_at, visit.now()),
        current: session.current,
        acting: session.acting.map(|acting| acts_as_you(&acting)).unwrap_or_default(),
    }
}

/// What is said of an administrator who acts for whoever reads it.
fn acts_as_you(acting: &ActingView) -> String {
    format!("Acts as you until {}: {}", When::exactly(acting.until).words, acting.reason)
}

async fn end_session(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    let session = SessionId::from_text(fields.get("session").unwrap_or_default());
    let ended = visit.engine().end_session(&visit.caller, person, &session).await;
    Ok(said(&visit, ended.map(|()| "The session has ended."), "/account/sessions").await)
}

async fn end_others(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    visit.form(&mut request).await?;
    let ended = visit.engine().end_other_sessions(&visit.caller, person).await;
    Ok(said(&visit, ended.map(|_| "Every other session has ended."), "/account/sessions").await)
}

/// On to `path`, which says what was done; or why it was not.
async fn said(visit: &Visit, done: Result<&str, Denied>, path: &str) -> Response {
    match done {
        Ok(sentence) => visit.go_saying(path, Flash::saying(sentence)),
        Err(denied) => visit.deny(&denied).await,
    }
}

async fn applications(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().applications(person).await).await?;
    let grants = known.into_iter().map(|one| GrantRow {
        client: one.client.to_string(),
        name: one.name,
        sees: one.sees,
        since: When::at(one.since, visit.now()),
        last_used: one.last.map(|at| When::at(at, visit.now())),
        offline: one.offline,
    });
    let grants = grants.collect();
    let own = visit.need(visit.engine().own_clients(person).await).await?;
    let programs = own.into_iter().map(|one| ProgramRow {
        client: one.id.to_string(),
        name: one.name,
        since: When::at(one.created_at, visit.now()),
        last_used: one.last_used_at.map(|at| When::at(at, visit.now())),
        disabled: one.disabled,
    });
    let programs = programs.collect();
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    Ok(visit.show(Grants { frame, grants, programs }))
}

async fn revoke(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    let client = ClientId::from_text(fields.get("client").unwrap_or_default());
    let revoked = visit.engine().revoke_application(&visit.caller, person, &client).await;
    Ok(said(&visit, revoked.map(|()| "The application has no access any more."), "/account/applications").await)
}

async fn delete_program(visit: Visit, mut request: Request) -> Outcome {
    visit.person()?;
    let fields = visit.form(&mut request).await?;
    let fresh = visit.fresh("/account/applications").await?;
    let client = ClientId::from_text(fields.get("client").unwrap_or_default());
    let deleted = visit.engine().delete_own_client(&visit.caller, &fresh, &client).await;
    Ok(said(&visit, deleted.map(|()| "The program is deleted."), "/account/applications").await)
}

async fn own_activity(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let after = visit.query.get("after");
    let (records, next) = visit.need(visit.engine().own_activity(person, after, EVENTS).await).await?;
    let clients = records.iter().filter_map(|record| record.client.as_ref());
    let names = visit.need(visit.engine().names_of_clients(clients).await).await?;
    let rows = records.iter().map(|record| activity::row(record, &person.user().id, &names, visit.now()));
    let onward = |cursor: &String| {
        let cursor: String = form_urlencoded::byte_serialize(cursor.as_bytes()).collect();
        format!("/account/activity?after={cursor}")
    };
    let pager = Pager {
        words: String::new(),
        first: after.map(|_| "/account/activity".to_owned()),
        next: next.as_ref().map(onward),
    };
    let events = rows.collect();
    Ok(visit.show(OwnActivity { frame: visit.frame().await?, events, pager }))
}
