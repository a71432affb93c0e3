//! `/admin/people/{id}/act`: an administrator acts for somebody, to help them.

use poem::Response;
use poem::http::header::SET_COOKIE;

use crate::engine::admin::Actor;
use crate::engine::users::ActAs;
use crate::http::cookies;
use crate::http::desk::see_other;
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::acting::Acting;
use crate::model::session::Session;
use crate::model::user::User;

use super::admin::{Admin, Reading};
use super::person;
use super::views::{ActForm, Person};
use super::words::{at, typed};

/// The form, blank; nothing where whoever looks may not act for `user`.
pub(super) async fn form(admin: &Reading, user: &User) -> Result<Option<ActForm>, Response> {
    let Some(who) = admin.signed_in().filter(|who| Actor::administrator(who).is_ok()) else { return Ok(None) };
    let bar = admin.need(admin.engine().bars_acting(&who.user().id, user).await).await?;
    Ok(bar.is_none().then(|| ActForm { reason: String::new(), minutes: Acting::MINUTES[0].to_string() }))
}

/// Who acts in a session, until when and why; empty where nobody does.
pub(super) fn in_words(session: &Session) -> String {
    let until = When::exactly(session.expires_at).words;
    session.acting.as_ref().map(|acting| format!("Acts as them until {until}: {}", acting.reason)).unwrap_or_default()
}

pub(super) async fn begin(admin: Admin, sent: Params) -> Outcome {
    let user = person::existing(&admin).await?;
    let here = at("people", user.id.as_str(), "");
    let (actor, fresh) = (admin.proved(&here).await?, admin.fresh(&here).await?);
    let wanted = ActAs {
        user: user.id.clone(),
        reason: typed(&sent, "reason"),
        minutes: typed(&sent, "minutes").parse().unwrap_or_default(),
    };
    match admin.engine().act_for(&actor, &admin.caller, &fresh, &admin.browser.secret, &wanted).await {
        Ok(new) => {
            let mut onward = see_other("/applications");
            if let Some(held) = admin.desk.cookies.set(cookies::SESSION, new.cookie.expose(), Some(new.life)) {
                onward.headers_mut().append(SET_COOKIE, held);
            }
            Ok(onward)
        }
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            let mut view = person::view(&admin, &user).await?;
            if let Some(act) = &mut view.act {
                (act.reason, act.minutes) = (wanted.reason, typed(&sent, "minutes"));
            }
            admin.again(Person { problems, ..view })
        }
    }
}
