//! `/`: the applications a person may use; administrators come to the console's overview.

use std::sync::Arc;

use poem::Route;

use crate::engine::users::Launchable;
use crate::http::desk::{Desk, see_other};
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page_while_acting};
use crate::http::when::When;

use super::views::{Home, Tile};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at("/", Methods::new().get(page_while_acting(desk, |visit, _| start(visit))))
        .at("/applications", Methods::new().get(page_while_acting(desk, |visit, _| applications(visit))))
}

async fn start(visit: Visit) -> Outcome {
    if visit.visitor()?.signed_in().is_some_and(|person| person.user().admin) {
        return Ok(see_other("/admin"));
    }
    applications(visit).await
}

async fn applications(visit: Visit) -> Outcome {
    let known = visit.need(visit.engine().launchable(visit.visitor()?).await).await?;
    let suggests_passkey = match visit.signed_in() {
        Some(person) => visit.need(visit.engine().suggests_passkey(person).await).await?,
        None => false,
    };
    let tiles = known.into_iter().map(|one| tile(&visit, one)).collect();
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    Ok(visit.show(Home { frame, tiles, suggests_passkey }))
}

fn tile(visit: &Visit, one: Launchable) -> Tile {
    let used = one.last.map(|at| format!("signed in {}", When::at(at, visit.now()).words));
    let host = one.url.as_deref().and_then(|url| url.split_once("://")).map(|(_, host)| host.to_owned());
    Tile { name: one.name, url: one.url, detail: used.or(host).unwrap_or_default() }
}
