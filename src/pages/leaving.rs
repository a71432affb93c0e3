//! `/sign-out`: do you want to? And `/signed-out`: you have.

use std::sync::Arc;

use poem::http::header::SET_COOKIE;
use poem::{IntoResponse, Request, Response, Route};

use crate::base::ids::InteractionId;
use crate::engine::sign_out::{SignOutAnswer, SignOutStep};
use crate::http::cookies;
use crate::http::desk::{Desk, see_other};
use crate::http::headers::form_target;
use crate::http::page::Page;
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page_while_acting};

use super::views::{SignOut, SignedOut};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    let ask = Methods::new().get(page_while_acting(desk, |visit, _| show(visit))).post(page_while_acting(desk, answer));
    let signed_out = page_while_acting(desk, |visit, _| signed_out(visit));
    app.at(paths::SIGN_OUT, ask).at(paths::SIGNED_OUT, Methods::new().get(signed_out))
}

async fn show(visit: Visit) -> Outcome {
    let Some(current) = &visit.current else { return Ok(see_other(paths::SIGNED_OUT)) };
    let mut view = SignOut {
        frame: visit.frame().await?,
        request: None,
        person_name: current.user().display_name(),
        client_name: None,
        applications: Vec::new(),
    };
    let mut leads_to = None;
    if let Some(id) = visit.query.get("request").map(InteractionId::from_text) {
        let asked = visit.engine().sign_out_request(&id, &visit.browser.secret, Some(current)).await;
        let asked = visit.need(asked).await?;
        view.request = Some(asked.id.to_string());
        (view.client_name, view.applications) = (asked.client_name, asked.applications);
        leads_to = asked.leads_to.as_deref().and_then(form_target);
    }
    Ok(Page::ok(view).form_may_lead_to(leads_to).into_response())
}

async fn answer(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let leave = fields.get("answer") != Some("stay");
    let step = match (fields.get("request").map(InteractionId::from_text), &visit.current) {
        (Some(id), current) => {
            let answer = if leave { SignOutAnswer::SignOut } else { SignOutAnswer::Stay };
            visit.engine().confirm_sign_out(&visit.caller, &id, &visit.browser.secret, current.as_ref(), answer).await
        }
        (None, Some(current)) if leave => visit
            .engine()
            .sign_out(&visit.caller, current)
            .await
            .map(|()| SignOutStep::SignedOut { redirect_refused: false }),
        (None, Some(_)) => return Ok(see_other("/")),
        (None, None) => return Ok(see_other(paths::SIGNED_OUT)),
    };
    let onward = match step {
        Ok(SignOutStep::Redirect(address)) => see_other(&address),
        Ok(SignOutStep::SignedOut { redirect_refused: true }) => {
            see_other(&format!("{}?return=refused", paths::SIGNED_OUT))
        }
        Ok(SignOutStep::SignedOut { .. } | SignOutStep::Confirm(_)) => see_other(paths::SIGNED_OUT),
        Ok(SignOutStep::Stayed) => return Ok(see_other("/")),
        Err(denied) => return Ok(visit.deny(&denied).await),
    };
    Ok(if leave { forgetting(&visit, onward) } else { onward })
}

/// The same response; the browser forgets the session's cookie.
pub(super) fn forgetting(visit: &Visit, mut response: Response) -> Response {
    response.headers_mut().append(SET_COOKIE, visit.desk.cookies.delete(cookies::SESSION));
    response
}

async fn signed_out(visit: Visit) -> Outcome {
    let still_signed_in = visit.current.is_some();
    let return_refused = visit.query.get("return") == Some("refused");
    Ok(visit.show(SignedOut { frame: visit.frame().await?, still_signed_in, return_refused, back: None }))
}
