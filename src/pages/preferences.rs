//! `/account/preferences`: how pages look in this browser, and the language applications are told.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::http::header::SET_COOKIE;
use poem::{IntoResponse, Request, Route};

use crate::engine::Denied;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::routing::Methods;
use crate::http::theme::{self, Theme};
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;
use crate::model::user::Profile;

use super::views::Preferences;

const PREFERENCES: &str = "/account/preferences";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(PREFERENCES, Methods::new().get(page(desk, |visit, _| preferences(visit))).post(page(desk, save)))
}

async fn preferences(visit: Visit) -> Outcome {
    let locale = visit.person()?.user().profile.locale.clone().unwrap_or_default();
    preferences_page(&visit, StatusCode::OK, visit.browser.theme, locale, Problems::none()).await
}

async fn preferences_page(
    visit: &Visit,
    status: StatusCode,
    theme: Theme,
    locale: String,
    problems: Problems,
) -> Outcome {
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    Ok(Page::with_status(status, Preferences { frame, theme, locale, problems }).into_response())
}

async fn save(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    let theme = Theme::named(fields.get("theme").unwrap_or_default());
    let locale = fields.get("locale").unwrap_or_default();
    let wanted = Profile { locale: Some(locale.to_owned()), ..person.user().profile.clone() };
    match visit.engine().update_profile(&visit.caller, person, &wanted).await {
        Ok(_) => {
            let mut answer = visit.go_saying(PREFERENCES, Flash::saying("Your preferences are saved."));
            let cookie = match theme.is_chosen() {
                true => visit.desk.cookies.set(theme::COOKIE, theme.name(), Some(theme::LIFE)),
                false => Some(visit.desk.cookies.delete(theme::COOKIE)),
            };
            if let Some(cookie) = cookie {
                answer.headers_mut().append(SET_COOKIE, cookie);
            }
            Ok(answer)
        }
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let problems = Problems::of(problem.field, &problem.sentence);
            preferences_page(&visit, StatusCode::BAD_REQUEST, theme, locale.to_owned(), problems).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}
