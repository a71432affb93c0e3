//! `/reset`: the way back in by mail. Whoever asks learns nothing about accounts: every answer is the same.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};

use crate::engine::Denied;
use crate::http::desk::{Desk, see_other};
use crate::http::page::{Frame, Page, Problems};
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;

use super::views::{Reset, ResetSent};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    let asked = Methods::new().get(page(desk, |visit, _| show(visit))).post(page(desk, ask));
    app.at(paths::RESET, asked).at(SENT, Methods::new().get(page(desk, |visit, _| sent(visit))))
}

/// The page after.
const SENT: &str = "/reset/sent";

async fn show(visit: Visit) -> Outcome {
    form(&visit, StatusCode::OK, Problems::none()).await
}

async fn ask(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let Some(typed) = fields.get("username").map(str::trim).filter(|typed| !typed.is_empty()) else {
        let problems = Problems::of("username", "Enter your username or email address.");
        return form(&visit, StatusCode::BAD_REQUEST, problems).await;
    };
    match visit.engine().request_reset(&visit.caller, typed).await {
        Ok(()) => Ok(see_other(SENT)),
        Err(Denied::Refused(Refusal::NotFound(_))) => show(visit).await,
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

async fn form(visit: &Visit, status: StatusCode, problems: Problems) -> Outcome {
    let view =
        Reset { frame: nobodys(visit).await?.saying(visit.flash().sentence), by_mail: by_mail(visit).await?, problems };
    Ok(Page::with_status(status, view).into_response())
}

async fn sent(visit: Visit) -> Outcome {
    Ok(visit.show(ResetSent { frame: nobodys(&visit).await? }))
}

/// Whoever is asked who they are is not shown as signed in.
async fn nobodys(visit: &Visit) -> Result<Frame, Response> {
    Ok(Frame { person: None, ..visit.frame().await? })
}

/// Whether letters can be sent.
pub(super) async fn by_mail(visit: &Visit) -> Result<bool, Response> {
    visit.need(visit.engine().has_mail().await).await
}
