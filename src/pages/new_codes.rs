//! `/login/recovery-codes`: the codes that came with a first second factor on the way in, shown once; from there to where the
//! sign-in leads.

use std::sync::Arc;

use poem::http::header::{HeaderValue, LOCATION, SET_COOKIE};
use poem::{Response, Route};

use crate::base::secret::Secret;
use crate::engine::authorize::InteractionView;
use crate::http::desk::{Desk, see_other};
use crate::http::page::Frame;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page, safe_next};

use super::authenticator::shown_once;
use super::sign_in::interaction;
use super::views::NewCodes;
use super::{ResumePath, go_on};

/// Where scripts lead to whoever added a passkey: what they are answered with is no page.
const CODES: &str = "/login/recovery-codes";

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    app.at(CODES, Methods::new().get(page(desk, move |visit, _| show(visit, resume))))
}

/// The codes of whoever is signed in now. Shown again it has none, and leads on.
async fn show(visit: Visit, resume: ResumePath) -> Outcome {
    let person = visit.person()?;
    let codes: Vec<String> =
        visit.flash().secret.map(|all| all.expose().lines().map(str::to_owned).collect()).unwrap_or_default();
    let onward = match interaction(&visit, visit.query.get("interaction")).await {
        Ok(Some(view)) => go_on(resume, &view),
        Ok(None) => see_other(safe_next(visit.query.get("next").unwrap_or("/"))),
        // Whatever has become of the application's request, the codes are shown this once.
        Err(_) if !codes.is_empty() => see_other("/"),
        Err(stopped) => return Err(stopped),
    };
    if codes.is_empty() {
        return Ok(onward);
    }
    let known = visit.need(visit.engine().passkeys(person).await).await?;
    let came_with = match known.last() {
        Some(newest) if !newest.signs_in_alone => "Your security key is added.",
        _ => "Your passkey is added.",
    };
    shown(&visit, &person.user().username, codes, came_with, &onward).await
}

/// The same redirect, by way of the codes that came with a passkey.
pub(super) fn first(
    visit: &Visit,
    codes: &[Secret],
    next: Option<&str>,
    waiting: Option<&InteractionView>,
    mut onward: Response,
) -> Response {
    if codes.is_empty() {
        return onward;
    }
    let path = match (waiting, next) {
        (Some(view), _) => paths::of_interaction(CODES, &view.id),
        (None, Some(next)) => {
            let next: String = form_urlencoded::byte_serialize(safe_next(next).as_bytes()).collect();
            format!("{CODES}?next={next}")
        }
        (None, None) => CODES.to_owned(),
    };
    let by_way = visit.go_saying(&path, shown_once("", codes));
    let to = by_way.headers().get(LOCATION).cloned();
    onward.headers_mut().insert(LOCATION, to.unwrap_or(HeaderValue::from_static(CODES)));
    onward
}

/// A page with the codes that came with an authenticator, in answer to its first code; `onward` if there are none.
pub(super) async fn of_authenticator(visit: &Visit, username: &str, codes: &[Secret], onward: Response) -> Outcome {
    if codes.is_empty() {
        return Ok(onward);
    }
    let codes = codes.iter().map(|code| code.expose().to_owned()).collect();
    shown(visit, username, codes, "Your authenticator is set up.", &onward).await
}

/// The page, leading to where `onward` leads, with its cookies.
async fn shown(
    visit: &Visit,
    username: &str,
    codes: Vec<String>,
    came_with: &'static str,
    onward: &Response,
) -> Outcome {
    let to = onward.headers().get(LOCATION).and_then(|to| to.to_str().ok()).unwrap_or("/");
    let view = NewCodes {
        frame: Frame { person: None, ..visit.frame().await? },
        username: username.to_owned(),
        codes,
        came_with,
        onward: to.to_owned(),
    };
    let mut page = visit.show(view);
    for cookie in onward.headers().get_all(SET_COOKIE) {
        page.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    Ok(page)
}
