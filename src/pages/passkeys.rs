//! `/account/passkeys`: the passkeys of whoever is signed in. And where programs are told about that page.

use std::sync::Arc;

use poem::endpoint::make_sync;
use poem::http::StatusCode;
use poem::{IntoResponse, Request, Response, Route};
use serde_json::json;

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::users::PasskeyView;
use crate::engine::users::passkeys::{Answer, NewKey, NewPasskey};
use crate::http::desk::{Desk, see_other};
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::params::Params;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page, safe_next};
use crate::http::when::When;
use crate::model::refusal::Refusal;

use super::authenticator::{RECOVERY_CODES, shown_once};
use super::ceremonies::{self, reply};
use super::sign_in::with_session;
use super::views::{AddPasskey, KeyKind, PasskeyRow, Passkeys};

/// The list.
const LIST: &str = "/account/passkeys";
/// Where one is added.
const ADD: &str = "/account/passkeys/add";

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at(LIST, Methods::new().get(page(desk, |visit, _| list(visit))))
        .at(ADD, Methods::new().get(page(desk, |visit, _| add(visit))))
        .at("/account/passkeys/begin", Methods::new().post(page(desk, begin)))
        .at("/account/passkeys/finish", Methods::new().post(page(desk, finish)))
        .at("/account/passkeys/rename", Methods::new().post(page(desk, rename)))
        .at("/account/passkeys/suggested", Methods::new().post(page(desk, suggested)))
        .at("/account/passkeys/remove", Methods::new().post(page(desk, remove)))
}

/// What password managers look for: where a passkey is added, and where a password is changed (W3C: Passkey Endpoints, and
/// A Well-Known URL for Changing Passwords).
pub fn well_known(routes: Route, desk: &Arc<Desk>) -> Route {
    let origin = desk.origin().to_owned();
    let engine = desk.engine.clone();
    let endpoints = make_sync(move |_: Request| match engine.has_passkeys() {
        true => {
            reply(StatusCode::OK, &json!({ "enroll": format!("{origin}{ADD}"), "manage": format!("{origin}{LIST}") }))
        }
        false => reply(StatusCode::OK, &json!({})),
    });
    let password = make_sync(|_: Request| see_other("/account/password"));
    routes
        .at("/.well-known/passkey-endpoints", Methods::new().get(endpoints))
        .at("/.well-known/change-password", Methods::new().get(password))
}

async fn list(visit: Visit) -> Outcome {
    list_page(&visit, StatusCode::OK, Problems::none(), visit.query.get("rename"), None).await
}

/// The list, with the passkey that is being renamed, and under which name, or removed.
async fn list_page(
    visit: &Visit,
    status: StatusCode,
    problems: Problems,
    renaming: Option<&str>,
    typed: Option<&str>,
) -> Outcome {
    let person = visit.person()?;
    let known = visit.need(visit.engine().passkeys(person).await).await?;
    let rows: Vec<PasskeyRow> = known.iter().map(|passkey| row(visit, passkey)).collect();
    let named = |id: &str| rows.iter().find(|row| row.id == id).cloned();
    let renaming =
        renaming.and_then(named).map(|row| PasskeyRow { name: typed.map_or(row.name.clone(), str::to_owned), ..row });
    let removing = visit.query.get("remove").and_then(named);
    let (flash, host) = (visit.flash(), visit.engine().passkey_host());
    let view = Passkeys {
        frame: visit.frame().await?.saying(flash.sentence),
        possible: host.is_some(),
        removed: flash.secret.zip(host).map(|(credential, host)| (host, credential.expose().to_owned())),
        last: rows.iter().filter(|row| row.kind == KeyKind::Passkey).count() == 1,
        renaming,
        removing,
        rows,
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

fn row(visit: &Visit, passkey: &PasskeyView) -> PasskeyRow {
    PasskeyRow {
        id: passkey.id.clone(),
        name: passkey.name.clone(),
        added: When::at(passkey.created_at, visit.now()),
        used: passkey.last_used_at.map(|at| When::at(at, visit.now())),
        synced: passkey.backed_up,
        kind: match (passkey.signs_in_alone, passkey.counts) {
            (true, _) => KeyKind::Passkey,
            (false, true) => KeyKind::SecurityKey,
            (false, false) => KeyKind::Idle,
        },
    }
}

async fn add(visit: Visit) -> Outcome {
    if !visit.engine().has_passkeys() {
        return Ok(see_other(LIST));
    }
    let fresh = visit.fresh(ADD).await?;
    let security_keys = visit.need(visit.engine().takes_security_keys(fresh.user()).await).await?;
    let frame = visit.frame().await?.saying(visit.flash().sentence);
    let adds_key = security_keys && NewKey::called(visit.query.get("kind")) == NewKey::SecurityKey;
    Ok(visit.show(AddPasskey { frame, security_keys, adds_key }))
}

/// The answer to whoever was asked whether they would like one: on to where it is added, or back to where they were.
async fn suggested(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    visit.need(visit.engine().passkey_was_suggested(person).await).await?;
    Ok(see_other(match fields.get("answer") {
        Some("add") => ADD,
        _ => safe_next(fields.get("next").unwrap_or("/")),
    }))
}

async fn begin(visit: Visit, mut request: Request) -> Outcome {
    let wanted = NewKey::called(visit.form(&mut request).await?.get("kind"));
    let fresh = ceremonies::elsewhere(visit.fresh(ADD).await)?;
    match visit.engine().begin_passkey(&visit.caller, &fresh, &visit.browser.secret, wanted).await {
        Ok(begun) => Ok(ceremonies::begun(&begun)),
        Err(denied) => Ok(refused(&visit, &denied)),
    }
}

async fn finish(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let fresh = ceremonies::elsewhere(visit.fresh(ADD).await)?;
    let name = fields.get("name").map(str::trim).filter(|name| !name.is_empty());
    match visit.engine().finish_passkey(&visit.caller, &fresh, &answer_of(&visit, &fields), name).await {
        Ok(NewPasskey { passkey, codes, session }) => {
            let said = match passkey.signs_in_alone {
                true => format!("The passkey {} is added. It signs you in from now on.", passkey.name),
                false => format!("The security key {} is added. You use it after your password.", passkey.name),
            };
            let onward = match codes {
                Some(codes) => visit.go_saying(RECOVERY_CODES, shown_once(&said, &codes)),
                None => visit.go_saying(LIST, Flash::saying(&said)),
            };
            Ok(ceremonies::onward(with_session(&visit, &session, onward)))
        }
        Err(denied) => Ok(refused(&visit, &denied)),
    }
}

/// What the browser brings back, in a form of ours.
pub(super) fn answer_of(visit: &Visit, fields: &Params) -> Answer {
    Answer {
        challenge: fields.get("challenge").unwrap_or_default().to_owned(),
        credential: fields.get("credential").unwrap_or_default().to_owned(),
        browser: visit.browser.secret.clone(),
    }
}

fn refused(visit: &Visit, denied: &Denied) -> Response {
    ceremonies::refused(visit, denied, "The passkey was not added. Try once more.")
}

async fn rename(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    let (id, name) = (fields.get("passkey").unwrap_or_default(), fields.get("name").unwrap_or_default());
    match visit.engine().rename_passkey(person, id, name).await {
        Ok(()) => Ok(visit.go_saying(LIST, Flash::saying("The passkey has its new name."))),
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let problems = Problems::of(problem.field, &problem.sentence);
            list_page(&visit, StatusCode::BAD_REQUEST, problems, Some(id), Some(name)).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

async fn remove(visit: Visit, mut request: Request) -> Outcome {
    let fields = visit.form(&mut request).await?;
    let id = fields.get("passkey").unwrap_or_default();
    let safe: String = id.chars().filter(|c| c.is_ascii_alphanumeric() || "-_".contains(*c)).collect();
    let fresh = visit.fresh(&format!("{LIST}?remove={safe}")).await?;
    match visit.engine().remove_passkey(&visit.caller, &fresh, id).await {
        Ok(credential) => {
            let said = "The passkey is removed. It signs nobody in any more.";
            Ok(visit.go_saying(LIST, Flash::showing(said, Secret::new(credential))))
        }
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => {
            let problems = Problems::of("", &problem.sentence);
            list_page(&visit, StatusCode::BAD_REQUEST, problems, None, None).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}
