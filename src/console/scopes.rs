//! `/admin/scopes`: what applications may ask for, and the sentence people read about each.

use poem::Response;

use crate::http::page::{Link, Problems};
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::refusal::Refusal;
use crate::model::scope::{self, Scope, ScopeDefinition};

use super::admin::{Admin, Reading};
use super::groups::in_general;
use super::views::{Confirm, ScopeForm, ScopeRow, Scopes};
use super::words::{at, confirmation, counted, lines, sentence, typed};

const HERE: &str = "/admin/scopes";
/// More scopes than a deployment has.
const MANY: usize = 1_000;

pub(super) async fn list(admin: Reading) -> Outcome {
    let listed = admin.need(admin.engine().list_scopes(&admin.reader, None, MANY).await).await?;
    let mut rows: Vec<ScopeRow> = listed.items.iter().map(row).collect();
    rows.sort_by_key(|row| place(&row.name));
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(Scopes { frame, rows }))
}

fn row(scope: &ScopeDefinition) -> ScopeRow {
    ScopeRow {
        name: scope.name.as_str().to_owned(),
        description: scope.description.clone(),
        claims: scope.claims.join(", "),
        built_in: scope::is_built_in(scope.name.as_str()),
        managed: scope.managed,
    }
}

/// Where in a list a scope comes: those of OpenID Connect first, as it names them; the others follow by name.
pub(super) fn place(name: &str) -> usize {
    scope::BUILT_IN.iter().position(|(known, ..)| *known == name).unwrap_or(usize::MAX)
}

pub(super) async fn ask(admin: Reading) -> Outcome {
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(ScopeForm { frame, fresh: true, ..ScopeForm::default() }))
}

pub(super) async fn add(admin: Admin, form: Params) -> Outcome {
    let problems = match create(&admin, &form).await? {
        Ok(scope) => return admin.done(HERE, &format!("The scope {} is added.", scope.name.as_str())),
        Err(problems) => problems,
    };
    let (frame, _) = admin.framed().await?;
    let (name, description, claims) = (typed(&form, "name"), typed(&form, "description"), typed(&form, "claims"));
    admin.again(ScopeForm { frame, fresh: true, built_in: false, name, description, claims, problems })
}

async fn create(admin: &Admin, form: &Params) -> Result<Result<ScopeDefinition, Problems>, Response> {
    let name = match Scope::parse(typed(form, "name").trim()) {
        Ok(name) => name,
        Err(cause) => return Ok(Err(Problems::of("name", &sentence(cause)))),
    };
    let description = typed(form, "description").trim().to_owned();
    let new = ScopeDefinition { name, description, claims: lines(form, "claims"), managed: false };
    match admin.engine().create_scope(&admin.actor, &admin.caller, &new).await {
        Ok(scope) => Ok(Ok(scope)),
        Err(denied) => Ok(Err(admin.problems(denied).await?)),
    }
}

pub(super) async fn show(admin: Reading) -> Outcome {
    let scope = existing(&admin).await?;
    let (frame, _) = admin.framed().await?;
    let (description, claims) = (scope.description.clone(), scope.claims.join("\n"));
    Ok(admin.show(ScopeForm { frame, description, claims, ..fixed(&scope) }))
}

pub(super) async fn change(admin: Admin, form: Params) -> Outcome {
    let scope = existing(&admin).await?;
    let description = typed(&form, "description").trim().to_owned();
    let built_in = scope::is_built_in(scope.name.as_str());
    let claims = if built_in { scope.claims.clone() } else { lines(&form, "claims") };
    match admin.engine().change_scope(&admin.actor, &admin.caller, &scope.name, &description, &claims).await {
        Ok(_) => admin.done(HERE, &format!("The scope {} is saved.", scope.name.as_str())),
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            let (frame, _) = admin.framed().await?;
            admin.again(ScopeForm { frame, description, claims: typed(&form, "claims"), problems, ..fixed(&scope) })
        }
    }
}

/// What a form cannot change.
fn fixed(scope: &ScopeDefinition) -> ScopeForm {
    let name = scope.name.as_str().to_owned();
    ScopeForm { built_in: scope::is_built_in(&name), name, ..ScopeForm::default() }
}

/// The scope the page is about.
async fn existing(admin: &Reading) -> Result<ScopeDefinition, Response> {
    match Scope::parse(&admin.about) {
        Ok(name) => admin.need(admin.engine().scope_detail(&admin.reader, &name).await).await,
        Err(_) => admin.need(Err(Refusal::NotFound("scope"))).await,
    }
}

pub(super) async fn ask_delete(admin: Reading) -> Outcome {
    let view = question(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

async fn question(admin: &Reading, problems: Problems) -> Result<Confirm, Response> {
    let scope = existing(admin).await?;
    let name = scope.name.as_str();
    let applications = admin.need(admin.engine().scope_use(&scope.name).await).await?;
    let consequence = match applications {
        _ if scope::is_built_in(name) => "It comes with OpenID Connect and cannot be deleted.".to_owned(),
        0 => "No application may ask for it, so nothing else changes.".to_owned(),
        count => format!("{} may ask for it: take it from them first.", counted(count, "application", "applications")),
    };
    let (frame, _) = admin.framed().await?;
    Ok(Confirm {
        frame,
        here: "Scopes".to_owned(),
        back: Link::new("Scopes", HERE),
        headline: format!("Delete the scope {name}?"),
        consequences: vec![consequence],
        typed: name.to_owned(),
        action: at("scopes", name, "/delete"),
        fields: Vec::new(),
        button: "Delete scope".to_owned(),
        problems,
    })
}

pub(super) async fn delete(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    let mut problems = confirmation(&form, name.as_str());
    if !problems.any() {
        match admin.engine().delete_scope(&admin.actor, &admin.caller, &name).await {
            Ok(()) => return admin.done(HERE, &format!("The scope {} is deleted.", name.as_str())),
            Err(denied) => problems = in_general(admin.problems(denied).await?),
        }
    }
    let view = question(&admin, problems).await?;
    admin.again(view)
}
