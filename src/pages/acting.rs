//! `/acting/stop`: an administrator stops acting for somebody.

use std::sync::Arc;

use poem::http::header::SET_COOKIE;
use poem::{Request, Route};

use crate::engine::users::acting::Stopped;
use crate::http::cookies;
use crate::http::desk::{Desk, see_other};
use crate::http::flash::Flash;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page_while_acting};

use super::sign_in::cookie;

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(paths::STOP_ACTING, Methods::new().post(page_while_acting(desk, stop)))
}

/// Whether or not the session still holds: who stops is let go by its cookie.
async fn stop(visit: Visit, mut request: Request) -> Outcome {
    visit.form(&mut request).await?;
    let Some(held) = cookie(&visit, cookies::SESSION) else { return Ok(see_other(paths::LOGIN)) };
    let stopped = visit.engine().stop_acting(&visit.caller, &held, &visit.browser.secret).await;
    match visit.need(stopped).await? {
        Stopped::Back { user, cookie, life } => {
            let person: String = form_urlencoded::byte_serialize(user.as_str().as_bytes()).collect();
            let person = format!("/admin/people/{}", person.replace('+', "%20"));
            let mut onward = visit.go_saying(&person, Flash::saying("You act for nobody any more."));
            let own = visit.desk.cookies.set(cookies::SESSION, cookie.expose(), Some(life));
            if let Some(own) = own {
                onward.headers_mut().append(SET_COOKIE, own);
            }
            Ok(onward)
        }
        // What the browser holds is worth nothing, or another answer has put something better in its place.
        Stopped::SignedOut => Ok(see_other(paths::LOGIN)),
        Stopped::Nothing => Ok(see_other("/")),
    }
}
