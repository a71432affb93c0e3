//! `/consent`: who asks, for whom, what they would learn, and where it leads.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Route};

use crate::engine::authorize::{AskView, ConsentAnswer, InteractionView, Told, WaitsFor};
use crate::http::desk::{Desk, see_other};
use crate::http::paths;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;

use super::sign_in::{interaction, is_from, page_of};
use super::views::{Ask, Consent, Detail};
use super::{ResumePath, go_on};

pub(super) fn mount(app: Route, desk: &Arc<Desk>, resume: ResumePath) -> Route {
    let shown = page(desk, move |visit, _| show(visit, resume));
    let answered = page(desk, move |visit, request| answer(visit, request, resume));
    app.at(paths::CONSENT, Methods::new().get(shown).post(answered))
}

async fn show(visit: Visit, resume: ResumePath) -> Outcome {
    let Some(asked) = interaction(&visit, visit.query.get("interaction")).await? else { return Ok(see_other("/")) };
    let Some(current) = visit.signed_in().filter(|_| asked.waits_for == WaitsFor::Consent) else {
        return Ok(go_on(resume, &asked));
    };
    let user = current.user();
    let mut frame = visit.frame().await?;
    frame.person = None;
    let view = Consent {
        frame,
        interaction: asked.id.to_string(),
        client_name: asked.client.name.clone(),
        person_id: user.id.to_string(),
        person_name: user.display_name(),
        person_detail: user.email.clone().unwrap_or_else(|| user.username.clone()),
        other_account_url: format!("{}?interaction={}&another=1", paths::LOGIN, asked.id),
        receives: asked.receives.iter().map(ask).collect(),
        allows: asked.allows.iter().map(ask).collect(),
        offline_days: asked.offline.map(|stay| u64::from(stay.span.as_secs()).div_ceil(86_400)),
        offline_slides: asked.offline.is_some_and(|stay| stay.from_each_use),
        host: readable(&asked.destination),
        host_ascii: Some(asked.destination.clone()).filter(|ascii| *ascii != readable(ascii)),
        added_by: asked.client.added_by.clone(),
        added_on: added_on(&visit, &asked),
        self_registered: asked.client.self_registered,
    };
    Ok(page_of(StatusCode::OK, view, Some(&asked)).into_response())
}

async fn answer(visit: Visit, mut request: Request, resume: ResumePath) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let Some(asked) = interaction(&visit, fields.get("interaction")).await? else { return Ok(see_other("/")) };
    // Somebody else may have signed in in another tab since the page was shown: they are asked for themselves.
    let Some(current) = visit.signed_in().filter(|current| is_from(&fields, current.user())) else {
        return Ok(go_on(resume, &asked));
    };
    let answer = match fields.get("answer") {
        Some("continue") => ConsentAnswer::Agree,
        Some("cancel") => ConsentAnswer::Decline,
        _ => return Ok(see_other(&paths::of_interaction(paths::CONSENT, &asked.id))),
    };
    match visit.engine().answer_consent(&visit.caller, &asked.id, &visit.browser.secret, current, answer).await {
        Ok(()) => Ok(go_on(resume, &asked)),
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

fn ask(asked: &AskView) -> Ask {
    Ask {
        sentence: asked.sentence.clone().unwrap_or_else(|| asked.name.clone()),
        // One value needs no name: the sentence says what it is.
        value: only(&asked.values).map(|told| told.value.clone()).unwrap_or_default(),
        details: asked.values.iter().filter(|_| asked.values.len() > 1).map(detail).collect(),
        unset: asked.values.is_empty(),
        undescribed: asked.sentence.is_none(),
    }
}

fn only(values: &[Told]) -> Option<&Told> {
    values.first().filter(|_| values.len() == 1)
}

fn detail(told: &Told) -> Detail {
    Detail { name: told.what.clone(), value: told.value.clone() }
}

fn added_on(visit: &Visit, asked: &InteractionView) -> String {
    When::day(asked.client.added_at, visit.now())
}

/// A host as people write it; the ASCII form of an international name is shown beside it.
fn readable(host: &str) -> String {
    let (unicode, outcome) = idna::domain_to_unicode(host);
    if outcome.is_ok() { unicode } else { host.to_owned() }
}
