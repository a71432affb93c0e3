//! `/admin/applications`: the list, a new one, and the end of one.

use poem::Response;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::engine::admin::client_change::{ClientChange, NewClient};
use crate::engine::admin::clients::Registered;
use crate::http::directory::Listing;
use crate::http::flash::Flash;
use crate::http::page::{Link, Problems};
use crate::http::params::Params;
use crate::http::views::{State, Tone};
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::client::{Client, ClientType};
use crate::model::face::Face;
use crate::model::redirect_uri::RedirectUri;

use super::admin::{Keeping, Looking};
use super::application::existing;
use super::views::{ApplicationRow, Applications, Confirm, DialectRow, NewApplication};
use super::words::{PAGE, at, confirmation, counted, filled, pager, renamed, sentence, some_of, typed};

const HERE: &str = "/admin/applications";
/// Where one is added.
const NEW: &str = "/admin/applications/new";
/// The interface that applications speak unless another is chosen.
const FACE: &str = "oidc";

pub(super) async fn list(admin: Looking) -> Outcome {
    let (q, after) = (admin.asked("q"), admin.query.get("after"));
    let listed = admin.need(admin.engine().list_clients(&admin.viewer, q, after, PAGE).await).await?;
    let ids: Vec<ClientId> = listed.items.iter().map(|client| client.id.clone()).collect();
    let used = admin.need(admin.engine().clients_last_used(&admin.viewer, &ids).await).await?;
    let rows = listed.items.iter().zip(used).map(|(client, used)| row(client, used, admin.now())).collect();
    let pager = pager(HERE, &[("q", q)], after.unwrap_or_default(), &listed, "application", "applications");
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(Applications { frame, q: q.to_owned(), rows, pager }))
}

fn row(client: &Client, used: Option<Timestamp>, now: Timestamp) -> ApplicationRow {
    let who = match client.kind {
        ClientType::Service => "—".to_owned(),
        _ if client.groups.is_empty() => "Everyone".to_owned(),
        _ => some_of(client.groups.iter()),
    };
    ApplicationRow {
        id: client.id.to_string(),
        name: client.name.clone(),
        kind: kind_in_words(client.kind).to_owned(),
        who,
        state: state(client, now),
        last_used: used.map(|at| When::at(at, now)),
    }
}

fn state(client: &Client, now: Timestamp) -> State {
    if client.disabled_at.is_some() {
        State::new(Tone::Bad, "Disabled")
    } else if !client.is_public() && client.live_secrets(now).next().is_none() {
        State::new(Tone::Warn, "No secret")
    } else if client.kind != ClientType::Service && !client.needs_pkce() {
        State::new(Tone::Warn, "PKCE not required")
    } else {
        State::new(Tone::Good, "Working")
    }
}

pub(super) fn kind_in_words(kind: ClientType) -> &'static str {
    match kind {
        ClientType::Web => "Web application",
        ClientType::Spa => "Single-page application",
        ClientType::Native => "Native application",
        ClientType::Service => "Service",
    }
}

pub(super) async fn ask(admin: Looking) -> Outcome {
    // It ends in a secret: they prove who they are before they type anything.
    admin.fresh(NEW).await?;
    let (frame, _) = admin.framed().await?;
    let dialects = dialects(&admin, FACE);
    Ok(admin.show(NewApplication {
        frame,
        dialects,
        chooses_id: chooses_id(&admin),
        kind: ClientType::Web.name().to_owned(),
        ..NewApplication::default()
    }))
}

pub(super) async fn add(admin: Keeping, form: Params) -> Outcome {
    admin.fresh(NEW).await?;
    let problems = match new_client(&admin, &form) {
        Ok(new) => match admin.engine().create_client(&admin.keeper, &admin.caller, &new).await {
            Ok(registered) => return Ok(welcome(&admin, registered)),
            Err(denied) => renamed(admin.problems(denied).await?, &[("redirect_uris", "redirect_uri")]),
        },
        Err(problems) => problems,
    };
    let (frame, _) = admin.framed().await?;
    let (kind, name) = (typed(&form, "type"), typed(&form, "name"));
    let (redirect_uri, id) = (typed(&form, "redirect_uri"), typed(&form, "id"));
    let dialects = dialects(&admin, form.get("dialect").unwrap_or(FACE));
    admin.again(NewApplication {
        chooses_id: chooses_id(&admin),
        frame,
        kind,
        dialects,
        name,
        redirect_uri,
        id,
        problems,
    })
}

/// Whoever keeps only their own applications chooses none.
fn chooses_id(admin: &Looking) -> bool {
    admin.viewer.only_of().is_none()
}

/// The dialects, of which `chosen` is chosen.
fn dialects(admin: &Looking, chosen: &str) -> Vec<DialectRow> {
    let row = |listing: &Listing| DialectRow {
        name: listing.name.to_owned(),
        title: listing.title.to_owned(),
        sentence: listing.sentence.to_owned(),
        chosen: listing.name == chosen,
        off: listing.base.is_none(),
        ..DialectRow::default()
    };
    admin.directory().dialects.iter().map(row).collect()
}

/// The client a form describes, with what is customary in its dialect.
fn new_client(admin: &Looking, form: &Params) -> Result<NewClient, Problems> {
    let mut problems = Problems::none();
    let kind = form.get("type").and_then(ClientType::parse);
    if kind.is_none() {
        problems = problems.and("type", "Choose what you are connecting.");
    }
    let dialect = form.get("dialect").unwrap_or(FACE);
    if admin.engine().faces().find(dialect).is_none() {
        problems = problems.and("dialect", "Choose which dialect it speaks.");
    }
    let redirect_uri = filled(form, "redirect_uri").map(|uri| RedirectUri::parse(&uri)).transpose();
    if let Err(cause) = &redirect_uri {
        problems = problems.and("redirect_uri", &sentence(cause));
    }
    match (kind, redirect_uri) {
        (Some(kind), Ok(redirect_uri)) if !problems.any() => Ok(NewClient {
            id: filled(form, "id").map(ClientId::from_text),
            name: typed(form, "name").trim().to_owned(),
            kind,
            faces: [Face::named(dialect)].into(),
            changes: redirect_uri.map(ClientChange::AddRedirectUri).into_iter().collect(),
        }),
        _ => Err(problems),
    }
}

/// On to the page of a new application, which shows its secret this once.
fn welcome(admin: &Looking, registered: Registered) -> Response {
    let said = format!("{} is added.", registered.client.name);
    let id = registered.client.id.as_str();
    match registered.secret {
        Some(secret) => {
            admin.go_saying(&at("applications", id, "?once=secret#new-secret"), Flash::showing(&said, secret))
        }
        None => admin.go_saying(&at("applications", id, ""), Flash::saying(&said)),
    }
}

pub(super) async fn ask_delete(admin: Looking) -> Outcome {
    let view = question(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

async fn question(admin: &Looking, problems: Problems) -> Result<Confirm, Response> {
    let client = existing(admin).await?.client;
    let people = admin.need(admin.engine().client_people(&admin.viewer, &client.id).await).await?;
    let mut consequences = match client.kind {
        ClientType::Service => vec!["It can no longer get tokens.".to_owned()],
        _ => vec!["Nobody can sign in to it any more.".to_owned()],
    };
    if people > 0 {
        consequences.push(format!("What {} allowed it is forgotten.", counted(people, "person", "people")));
    }
    consequences.push("Everything it was given stops working: codes, tokens and its secrets.".to_owned());
    consequences.push("It cannot be undone. Disabling can.".to_owned());
    let (frame, _) = admin.framed().await?;
    Ok(Confirm {
        frame,
        here: "Applications".to_owned(),
        back: Link::new(&client.name, &at("applications", client.id.as_str(), "")),
        headline: format!("Delete {}?", client.name),
        consequences,
        typed: client.name.clone(),
        action: at("applications", client.id.as_str(), "/delete"),
        fields: Vec::new(),
        button: "Delete application".to_owned(),
        problems,
    })
}

pub(super) async fn delete(admin: Keeping, form: Params) -> Outcome {
    let client = existing(&admin).await?.client;
    let problems = confirmation(&form, &client.name);
    if problems.any() {
        let view = question(&admin, problems).await?;
        return admin.again(view);
    }
    admin.need(admin.engine().delete_client(&admin.keeper, &admin.caller, &client.id).await).await?;
    admin.done(HERE, &format!("{} is deleted.", client.name))
}
