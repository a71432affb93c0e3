//! The forms of `/admin/applications/{id}`. Each asks the engine for one thing; what is refused comes back with what was
//! typed.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::base::ids::SecretId;
use crate::engine::Denied;
use crate::engine::admin::client_change::ClientChange;
use crate::http::flash::Flash;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::jose::Algorithm;
use crate::model::client::{AccessTokenForm, Client, ClientType, ConsentPolicy};
use crate::model::lifetime::Lifetime;
use crate::model::redirect_uri::RedirectUri;
use crate::model::scope::{Scope, Scopes};
use crate::model::sign_in::RequiredFactor;

use super::admin::Keeping;
use super::application::{existing, view};
use super::views::{Application, TokenFields};
use super::words::{at, lines, renamed, sentence, typed};

/// A page's own name for a field, where the engine has another.
const NAMES: &[(&str, &str)] = &[
    ("redirect_uris", "redirect_uri"),
    ("post_logout_redirect_uris", "post_logout_redirect_uri"),
    ("origins", "origin"),
    ("scopes", "scopes"),
    ("groups", "who-groups"),
    ("secret", "expires"),
    ("released_attributes", "consumer"),
    ("expires_at", "expires"),
    ("grants", ""),
    ("required_factor", "factor-none"),
];

pub(super) async fn redirects(admin: Keeping, form: Params) -> Outcome {
    let field = "redirect_uri";
    let change = address(&form, field, ClientChange::AddRedirectUri, ClientChange::RemoveRedirectUri);
    save(admin, &form, "#redirects", change.map(|change| vec![change]), |view| {
        view.typed.redirect_uri = typed(&form, field)
    })
    .await
}

pub(super) async fn post_logout(admin: Keeping, form: Params) -> Outcome {
    let field = "post_logout_redirect_uri";
    let (add, remove) = (ClientChange::AddPostLogoutRedirectUri, ClientChange::RemovePostLogoutRedirectUri);
    let change = address(&form, field, add, remove).map(|change| vec![change]);
    save(admin, &form, "#logout", change, |view| view.typed.post_logout_redirect_uri = typed(&form, field)).await
}

/// The address to add or to remove.
fn address(
    form: &Params,
    field: &'static str,
    add: fn(RedirectUri) -> ClientChange,
    remove: fn(String) -> ClientChange,
) -> Result<ClientChange, Problems> {
    let address = typed(form, field);
    if form.get("action") == Some("remove") {
        return Ok(remove(address));
    }
    RedirectUri::parse(address.trim()).map(add).map_err(|cause| Problems::of(field, &sentence(cause)))
}

pub(super) async fn origins(admin: Keeping, form: Params) -> Outcome {
    let origin = typed(&form, "origin");
    let change = match form.get("action") {
        Some("remove") => ClientChange::RemoveOrigin(origin.clone()),
        _ => ClientChange::AddOrigin(origin.trim().to_owned()),
    };
    save(admin, &form, "#origins", Ok(vec![change]), |view| view.typed.origin = origin.clone()).await
}

pub(super) async fn scopes(admin: Keeping, form: Params) -> Outcome {
    let scopes: Result<Scopes, _> = form.get_all("scope").map(Scope::parse).collect();
    let wanted = match scopes {
        Ok(scopes) => Ok(vec![ClientChange::Scopes(scopes)]),
        Err(cause) => Err(Problems::of("scopes", &sentence(cause))),
    };
    save(admin, &form, "#scopes", wanted, |view| {
        let chosen: BTreeSet<&str> = form.get_all("scope").collect();
        view.scopes.iter_mut().for_each(|scope| scope.chosen = chosen.contains(scope.name.as_str()));
    })
    .await
}

pub(super) async fn access(admin: Keeping, form: Params) -> Outcome {
    let client = existing(&admin).await?.client;
    let wanted = wanted_access(&form, &client);
    save(admin, &form, "#access", wanted, |view| {
        let chosen: BTreeSet<&str> = form.get_all("group").collect();
        if form.get("name").is_some() {
            view.name = typed(&form, "name");
        }
        view.everyone = form.get("who") != Some("groups");
        view.groups.iter_mut().for_each(|group| group.chosen = chosen.contains(group.name.as_str()));
        view.consent = typed(&form, "consent");
        if form.contains("required_factor") {
            view.required_factor = typed(&form, "required_factor");
        }
        view.first_party = form.contains("first_party");
        view.require_pkce = form.contains("require_pkce");
    })
    .await
}

fn wanted_access(form: &Params, client: &Client) -> Result<Vec<ClientChange>, Problems> {
    let mut wanted = vec![
        ClientChange::Name(typed(form, "name").trim().to_owned()),
        ClientChange::FirstParty(form.contains("first_party")),
    ];
    if client.kind == ClientType::Service {
        return Ok(wanted);
    }
    let groups: BTreeSet<String> = form.get_all("group").map(str::to_owned).collect();
    let groups = match form.get("who") {
        Some("everyone") => BTreeSet::new(),
        Some("groups") if groups.is_empty() => {
            return Err(Problems::of("who-groups", "Choose at least one group, or let everyone use it."));
        }
        Some("groups") => groups,
        _ => return Err(Problems::of("who-everyone", "Choose who may use it.")),
    };
    let consent = match form.get("consent") {
        Some("ask") => ConsentPolicy::Ask,
        Some("skip") => ConsentPolicy::Skip,
        _ => return Err(Problems::of("consent-ask", "Choose whether people are asked.")),
    };
    wanted.extend([ClientChange::Groups(groups), ClientChange::Consent(consent)]);
    // A form that does not speak of it leaves it as it is.
    match form.get("required_factor").map(RequiredFactor::parse) {
        None => {}
        Some(Some(factor)) => wanted.push(ClientChange::RequiredFactor(factor)),
        Some(None) => return Err(Problems::of("factor-none", "Choose what people sign in with.")),
    }
    if !client.is_public() {
        wanted.push(ClientChange::RequirePkce(form.contains("require_pkce")));
    }
    Ok(wanted)
}

pub(super) async fn tokens(admin: Keeping, form: Params) -> Outcome {
    let wanted = Reading::of(&form).tokens();
    save(admin, &form, "#tokens", wanted, |view| {
        let was = std::mem::take(&mut view.tokens);
        let sent = |field: &str, was: String| if form.contains(field) { typed(&form, field) } else { was };
        view.tokens = TokenFields {
            id_token_alg: sent("id_token_alg", was.id_token_alg),
            access_token: sent("access_token", was.access_token),
            access_token_alg: sent("access_token_alg", was.access_token_alg),
            code_ttl: sent("code_ttl", was.code_ttl),
            access_ttl: sent("access_ttl", was.access_ttl),
            refresh_ttl: sent("refresh_ttl", was.refresh_ttl),
            refresh_grace: sent("refresh_grace", was.refresh_grace),
            audience: sent("audience", was.audience),
        };
    })
    .await
}

/// A form on its way to changes: every problem is collected, and fields that were not sent stay as they are.
struct Reading<'a> {
    form: &'a Params,
    changes: Vec<ClientChange>,
    problems: Problems,
}

impl<'a> Reading<'a> {
    fn of(form: &'a Params) -> Reading<'a> {
        Reading { form, changes: Vec::new(), problems: Problems::none() }
    }

    fn tokens(self) -> Result<Vec<ClientChange>, Problems> {
        let algorithm = |text: &str| Algorithm::parse(text).ok_or("choose one of the algorithms");
        let form = |text: &str| match text {
            "jwt" => Ok(AccessTokenForm::Jwt),
            "opaque" => Ok(AccessTokenForm::Opaque),
            _ => Err("choose one of both"),
        };
        let audience = lines(self.form, "audience");
        let mut read = self
            .field("id_token_alg", algorithm, ClientChange::IdTokenAlg)
            .field("access_token", form, ClientChange::AccessToken)
            .field("access_token_alg", algorithm, ClientChange::AccessTokenAlg)
            .field("code_ttl", Lifetime::parse, ClientChange::CodeTtl)
            .field("access_ttl", Lifetime::parse, ClientChange::AccessTtl)
            .field("refresh_ttl", Lifetime::parse, ClientChange::RefreshTtl)
            .field("refresh_grace", Lifetime::parse, ClientChange::RefreshGrace);
        read.changes.push(ClientChange::Audience(audience));
        if read.problems.any() { Err(read.problems) } else { Ok(read.changes) }
    }

    fn field<T, E: Display>(
        mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, E>,
        change: fn(T) -> ClientChange,
    ) -> Reading<'a> {
        if self.form.contains(name) {
            match parse(self.form.get(name).unwrap_or_default()) {
                Ok(value) => self.changes.push(change(value)),
                Err(cause) => self.problems = self.problems.and(name, &sentence(cause)),
            }
        }
        self
    }
}

/// Makes the wanted changes; what does not succeed is shown with what `put_back` puts into the page.
pub(super) async fn save(
    admin: Keeping,
    form: &Params,
    section: &str,
    wanted: Result<Vec<ClientChange>, Problems>,
    put_back: impl FnOnce(&mut Application),
) -> Outcome {
    let detail = existing(&admin).await?;
    let problems = match wanted {
        Ok(wanted) => {
            match admin.engine().change_client(&admin.keeper, &admin.caller, &detail.client.id, &wanted).await {
                Ok(client) => return admin.done(&at("applications", client.id.as_str(), section), "Saved."),
                Err(denied) => renamed(admin.problems(denied).await?, NAMES),
            }
        }
        Err(problems) => problems,
    };
    let mut view = view(&admin, &detail).await?;
    if form.get("action") != Some("remove") {
        put_back(&mut view);
    }
    view.problems = problems;
    admin.again(view)
}

pub(super) async fn add_secret(admin: Keeping, form: Params) -> Outcome {
    let detail = existing(&admin).await?;
    let id = &detail.client.id;
    let keeper = admin.proved(&at("applications", id.as_str(), "")).await?;
    let problems = match form.get("expires").map(Lifetime::parse).transpose() {
        Ok(life) => {
            let end = life.map(|life| admin.now().plus(life.duration()));
            match admin.engine().add_secret(&keeper, &admin.caller, id, end).await {
                Ok(added) => {
                    let path = at("applications", id.as_str(), "?once=secret#new-secret");
                    return Ok(admin.go_saying(&path, Flash::showing("The secret is added.", added.secret)));
                }
                Err(denied) => renamed(admin.problems(denied).await?, NAMES),
            }
        }
        Err(cause) => Problems::of("expires", &sentence(cause)),
    };
    let view = view(&admin, &detail).await?;
    admin.again(Application { problems, ..view })
}

pub(super) async fn remove_secret(admin: Keeping, form: Params) -> Outcome {
    let id = existing(&admin).await?.client.id;
    let secret = SecretId::from_text(typed(&form, "secret"));
    let keeper = admin.proved(&at("applications", id.as_str(), "")).await?;
    let removed: Result<Client, Denied> = admin.engine().remove_secret(&keeper, &admin.caller, &id, &secret).await;
    admin.need(removed).await?;
    admin.done(&at("applications", id.as_str(), "#secrets"), "The secret is removed. It is refused from now on.")
}

pub(super) async fn disable(admin: Keeping, _: Params) -> Outcome {
    switch(admin, true, "It is disabled. Everything it was given is dead until you enable it again.").await
}

pub(super) async fn enable(admin: Keeping, _: Params) -> Outcome {
    switch(admin, false, "It is enabled again.").await
}

async fn switch(admin: Keeping, off: bool, said: &str) -> Outcome {
    let id = existing(&admin).await?.client.id;
    match admin.engine().disable_client(&admin.keeper, &admin.caller, &id, off).await {
        Ok(_) => admin.done(&at("applications", id.as_str(), ""), said),
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            let view = view(&admin, &existing(&admin).await?).await?;
            admin.again(Application { problems, ..view })
        }
    }
}
