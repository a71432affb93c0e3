//! `/admin/applications/{id}`: everything about one application, as it is.

use std::collections::BTreeSet;

use poem::Response;

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::engine::admin::client_views::ClientDetail;
use crate::http::page::{Link, Problems};
use crate::http::views::Fact;
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::client::{AccessTokenForm, Client, ClientSecret, ClientType, ConsentPolicy};

use super::admin::Looking;
use super::applications::kind_in_words;
use super::views::{
    Application, GroupChoice, LANGUAGES, NewSecret, ScopeChoice, SecretRow, Snippet, TokenFields, Warning,
};
use super::words::OFFERED;

/// More scopes than a deployment has.
const MANY: usize = 1_000;

pub(super) async fn show(admin: Looking) -> Outcome {
    let detail = existing(&admin).await?;
    let (frame, flash) = admin.framed().await?;
    let mut view = view(&admin, &detail).await?;
    view.frame = frame;
    match flash.secret {
        Some(key) if admin.asked("once") == "access-key" => view.access_keys.new = Some(key.expose().to_owned()),
        Some(secret) => {
            let env = snippet(&admin, &detail.client).environment(Some(secret.expose()));
            view.new_secret = Some(NewSecret { secret: secret.expose().to_owned(), env });
        }
        None if admin.asked("once") == "secret" => view.frame.flash = Some(GONE.to_owned()),
        None if admin.asked("once") == "access-key" => view.frame.flash = Some(KEY_GONE.to_owned()),
        None => {}
    }
    Ok(admin.show(view))
}

/// What a reload says where the secret was.
const GONE: &str = "The secret was shown once and cannot be shown again. If you did not store it, add a new one.";

/// The same for an access key.
const KEY_GONE: &str =
    "The access key was shown once and cannot be shown again. If you did not store it, make a new one.";

/// The application the page is about.
pub(super) async fn existing(admin: &Looking) -> Result<ClientDetail, Response> {
    let id = ClientId::from_text(&admin.about);
    admin.need(admin.engine().client_detail(&admin.viewer, &id).await).await
}

/// The page as the application is now, for a form that did not succeed to be put into.
pub(super) async fn view(admin: &Looking, detail: &ClientDetail) -> Result<Application, Response> {
    let (client, now) = (&detail.client, admin.now());
    let lang = LANGUAGES.iter().map(|(key, _)| *key).find(|key| *key == admin.asked("lang")).unwrap_or("env");
    Ok(Application {
        frame: admin.frame().await?,
        id: client.id.to_string(),
        name: client.name.clone(),
        kind: client.kind.name().to_owned(),
        kind_words: kind_in_words(client.kind).to_owned(),
        summary: summary(detail, now),
        public: client.is_public(),
        disabled: client.disabled_at.is_some(),
        locked: client.disabled_at.is_some() && !client.disabled_by_owner && admin.viewer.only_of().is_some(),
        managed: client.managed,
        warnings: warnings(client, now),
        connect: connect(admin, client),
        lang: lang.to_owned(),
        snippet: snippet(admin, client).in_language(lang),
        redirect_uris: client.redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        post_logout_redirect_uris: client.post_logout_redirect_uris.iter().map(|uri| uri.as_str().to_owned()).collect(),
        origins: client.origins.clone(),
        secrets: client.secrets.iter().rev().map(|secret| secret_row(secret, detail, now)).collect(),
        access_keys: super::access_keys::section(admin, detail).await?,
        scopes: scopes(admin, client).await?,
        everyone: client.groups.is_empty(),
        groups: group_choices(admin, &client.groups).await?,
        consent: if client.consent == ConsentPolicy::Skip { "skip" } else { "ask" }.to_owned(),
        required_factor: client.required_factor.name().to_owned(),
        first_party: client.first_party,
        require_pkce: client.needs_pkce(),
        grants: super::grants::choices(client),
        tokens: tokens(client),
        dialects: super::dialects::rows(admin, client),
        identity: super::dialects::identity_fields(client),
        new_secret: None,
        typed: Default::default(),
        problems: Problems::none(),
    })
}

fn summary(detail: &ClientDetail, now: Timestamp) -> String {
    let made = When::at(detail.client.created_at, now);
    let on = if made.ago { "" } else { "on " };
    let by = detail.client.created_by.as_deref().unwrap_or("the declared-state file");
    let used = match detail.usage.last_used_at {
        Some(at) => format!("last used {}", When::at(at, now).words),
        None => "not used yet".to_owned(),
    };
    format!("added by {by} {on}{} · {used}", made.words)
}

fn warnings(client: &Client, now: Timestamp) -> Vec<Warning> {
    let warning = |headline: &str, advice: &str, (words, url): (&str, &str)| Warning {
        headline: headline.to_owned(),
        advice: advice.to_owned(),
        link: Some(Link::new(words, url)),
    };
    let mut found = Vec::new();
    if client.kind != ClientType::Service && !client.needs_pkce() {
        let advice = "Whoever steals a code on its way can use it.";
        found.push(warning("PKCE is not required.", advice, ("Require it", "#access")));
    }
    if !client.is_public() && client.live_secrets(now).next().is_none() {
        let advice = "It cannot authenticate until it has one.";
        found.push(warning("It has no secret that works.", advice, ("Add one", "#secrets")));
    }
    if client.kind != ClientType::Service && client.redirect_uris.is_empty() {
        let advice = "Nobody can be sent back to it after signing in.";
        found.push(warning("It has no redirect address.", advice, ("Add one", "#redirects")));
    }
    found
}

fn connect(admin: &Looking, client: &Client) -> Vec<Fact> {
    let (endpoints, issuer) = (admin.endpoints(), &admin.engine().identity().issuer);
    let discovery = format!("{issuer}/.well-known/openid-configuration");
    let mut facts = vec![
        Fact::new("Issuer", issuer),
        Fact::new("Client ID", client.id.as_str()),
        Fact::new("Discovery document", &discovery),
    ];
    facts.extend(endpoints.token.iter().map(|token| Fact::new("Token endpoint", token)));
    if client.kind != ClientType::Service {
        facts.insert(3, Fact::new("Authorization endpoint", &endpoints.authorization));
        facts.extend(endpoints.userinfo.iter().map(|userinfo| Fact::new("Userinfo endpoint", userinfo)));
        facts.push(Fact::new("Sign-out endpoint", &endpoints.end_session));
    }
    facts.push(Fact::new("Key set", &endpoints.keys));
    facts
}

fn snippet(admin: &Looking, client: &Client) -> Snippet {
    let endpoints = admin.endpoints();
    Snippet {
        issuer: admin.engine().identity().issuer.clone(),
        authorize: endpoints.authorization.clone(),
        token: endpoints.token.clone().unwrap_or_default(),
        client_id: client.id.to_string(),
        redirect_uri: client.redirect_uris.first().map(|uri| uri.as_str().to_owned()).unwrap_or_default(),
        scope: client.scopes.to_string(),
        public: client.is_public(),
        service: client.kind == ClientType::Service,
    }
}

fn secret_row(secret: &ClientSecret, detail: &ClientDetail, now: Timestamp) -> SecretRow {
    let used = detail.usage.secrets.get(secret.id.as_str());
    SecretRow {
        id: secret.id.to_string(),
        prefix: secret.hint.clone(),
        made: When::at(secret.created_at, now),
        last_used: used.map(|at| When::at(*at, now)),
        expires: secret.expires_at.map(|at| When::at(at, now)),
        expired: secret.expires_at.is_some_and(|at| at <= now),
    }
}

async fn scopes(admin: &Looking, client: &Client) -> Result<Vec<ScopeChoice>, Response> {
    let known = admin.need(admin.engine().list_scopes(&admin.viewer, None, MANY).await).await?.items;
    let (chosen, others): (Vec<_>, Vec<_>) =
        known.into_iter().partition(|scope| client.scopes.has(scope.name.as_str()));
    let offered = others.into_iter().take(OFFERED.saturating_sub(chosen.len()));
    let choice = |scope: crate::model::scope::ScopeDefinition| ScopeChoice {
        chosen: client.scopes.has(scope.name.as_str()),
        name: scope.name.as_str().to_owned(),
        sentence: if scope.description.is_empty() { scope.name.as_str().to_owned() } else { scope.description },
    };
    let mut choices: Vec<ScopeChoice> = chosen.into_iter().chain(offered).map(choice).collect();
    choices.sort_by_key(|choice| super::scopes::place(&choice.name));
    Ok(choices)
}

/// Every group there is, those that are chosen in any case.
pub(super) async fn group_choices(admin: &Looking, chosen: &BTreeSet<String>) -> Result<Vec<GroupChoice>, Response> {
    let known = admin.need(admin.engine().list_groups(&admin.viewer, None, OFFERED).await).await?;
    let mut names: BTreeSet<String> = known.items.into_iter().map(|group| group.name).collect();
    names.extend(chosen.iter().cloned());
    Ok(names.into_iter().map(|name| GroupChoice { chosen: chosen.contains(&name), name }).collect())
}

fn tokens(client: &Client) -> TokenFields {
    TokenFields {
        id_token_alg: client.id_token_alg.name().to_owned(),
        access_token: if client.access_token == AccessTokenForm::Opaque { "opaque" } else { "jwt" }.to_owned(),
        access_token_alg: client.access_token_alg.name().to_owned(),
        code_ttl: client.code_ttl.to_string(),
        access_ttl: client.access_ttl.to_string(),
        refresh_ttl: client.refresh_ttl.to_string(),
        refresh_grace: client.refresh_grace.to_string(),
        audience: client.audience.join("\n"),
    }
}
