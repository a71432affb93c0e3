//! `/account/care`: the people in somebody's care.

use std::sync::Arc;

use poem::{Request, Route};

use crate::base::ids::UserId;
use crate::engine::users::care::InCare;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;

use super::views::{Care, CareRow};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at("/account/care", Methods::new().get(page(desk, |visit, _| show(visit))))
        .at("/account/care/end", Methods::new().post(page(desk, end)))
}

async fn show(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().in_care(person).await).await?;
    let people: Vec<CareRow> = known.iter().map(|one| row(&visit, one)).collect();
    let ending = visit.query.get("end").and_then(|id| people.iter().find(|one| one.id == id).cloned());
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    Ok(visit.show(Care { frame, people, ending }))
}

fn row(visit: &Visit, one: &InCare) -> CareRow {
    CareRow {
        id: one.id.to_string(),
        name: one.name.clone(),
        username: one.username.clone(),
        since: When::at(one.since, visit.now()),
    }
}

async fn end(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    let id = UserId::from_text(fields.get("person").unwrap_or_default());
    match visit.engine().end_account_in_care(&visit.caller, person, &id).await {
        Ok(()) => Ok(visit.go_saying("/account/care", Flash::saying("The account has ended."))),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}
