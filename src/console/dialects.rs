//! The dialects of one application: which it speaks, what is customary there, where it asks and how; and what it is known by.

use std::collections::BTreeSet;

use crate::base::digest::Digest;
use crate::engine::admin::client_change::{ClientChange, customs_would_change};
use crate::http::directory::{Listing, Speaker};
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::views::Fact;
use crate::http::visit::Outcome;
use crate::model::client::{ClaimsProfile, Client, ClientType, GrantType, ReleasedAttributes};
use crate::model::face::Face;

use super::admin::{Keeping, Looking};
use super::application_forms::save;
use super::views::{CustomChange, DialectRow, ExampleText, IdentityFields};
use super::words::{lines, typed};

/// Every dialect there is, as this application speaks it.
pub(super) fn rows(admin: &Looking, client: &Client) -> Vec<DialectRow> {
    let speaker = speaker(admin, client);
    admin.directory().dialects.iter().map(|listing| row(admin, client, listing, &speaker)).collect()
}

fn row(admin: &Looking, client: &Client, listing: &Listing, speaker: &Speaker) -> DialectRow {
    let chosen = client.has_face(&Face::named(listing.name));
    let on = listing.base.is_some();
    let mut row = DialectRow {
        name: listing.name.to_owned(),
        title: listing.title.to_owned(),
        sentence: listing.sentence.to_owned(),
        chosen,
        off: !on,
        ..DialectRow::default()
    };
    if !chosen {
        return row;
    }
    if on {
        row.endpoints = endpoints(listing, speaker);
        let examples = (listing.examples)(listing, speaker).into_iter();
        let shown = examples.map(|example| ExampleText {
            words: example.words.to_owned(),
            command: example.text.starts_with("curl "),
            text: example.text,
        });
        row.examples = shown.collect();
    }
    if let Some(customs) = admin.engine().faces().find(listing.name) {
        let changes = customs_would_change(client, &customs.clients).into_iter();
        let shown = changes.map(|change| CustomChange {
            field: in_words(&change.field).to_owned(),
            now: change.from.unwrap_or_default(),
            customary: change.to.unwrap_or_default(),
        });
        row.changes = shown.collect();
    }
    row
}

/// Where the application asks: people are signed in at the server's own place unless the dialect has one.
fn endpoints(listing: &Listing, speaker: &Speaker) -> Vec<Fact> {
    let own = listing.endpoints.iter().any(|(_, url)| *url == listing.authorization);
    let sign_in = (speaker.signs_people_in && !own).then(|| Fact::new("Sign-in", &listing.authorization));
    sign_in.into_iter().chain(listing.endpoints.iter().map(|(words, url)| Fact::new(words, url))).collect()
}

/// A setting as the page calls it.
fn in_words(field: &str) -> &str {
    match field {
        "grants" => "Grants",
        "require_pkce" => "PKCE required",
        "code_ttl" => "Codes live",
        "access_ttl" => "Access tokens live",
        "refresh_ttl" => "Refresh lasts",
        "access_token_alg" => "Access tokens signed with",
        "claims_profile" => "Claims",
        "audience" => "Audience",
        other => other,
    }
}

fn speaker(admin: &Looking, client: &Client) -> Speaker {
    // Fresh for every look, so that nobody copies a verifier somebody else has seen.
    let verifier = format!("{}{}", admin.desk.chance(), admin.desk.chance());
    Speaker {
        id: client.id.to_string(),
        key: client.client_key.clone(),
        redirect_uri: client.redirect_uris.first().map(|uri| uri.as_str().to_owned()),
        scope: client.scopes.to_string(),
        public: client.is_public(),
        service: client.kind == ClientType::Service,
        signs_people_in: client.may(GrantType::AuthorizationCode),
        acts_alone: client.may(GrantType::ClientCredentials),
        challenge: Digest::of(&verifier).as_str().to_owned(),
        verifier,
        state: "try".to_owned(),
    }
}

/// What the application is known by, as the form has it.
pub(super) fn identity_fields(client: &Client) -> IdentityFields {
    let listed = |names: &BTreeSet<String>| names.iter().cloned().collect::<Vec<_>>().join("\n");
    IdentityFields {
        client_key: client.client_key.clone(),
        account_id: client.account_id.clone(),
        claims_profile: client.claims_profile.name().to_owned(),
        consumer: listed(&client.released_attributes.consumer),
        contact: listed(&client.released_attributes.contact),
    }
}

/// Which dialects it speaks.
pub(super) async fn choose(admin: Keeping, form: Params) -> Outcome {
    let known: Vec<&str> = form.get_all("dialect").filter(|name| admin.engine().faces().find(name).is_some()).collect();
    let wanted = match known.is_empty() {
        true => Err(Problems::of("dialect-1", "Choose at least one dialect.")),
        false => Ok(vec![ClientChange::Faces(known.iter().map(|name| Face::named(*name)).collect())]),
    };
    save(admin, &form, "#dialects", wanted, |view| {
        let chosen: BTreeSet<&str> = form.get_all("dialect").collect();
        view.dialects.iter_mut().for_each(|row| row.chosen = chosen.contains(row.name.as_str()));
    })
    .await
}

/// Takes over what is customary in one of its dialects.
pub(super) async fn customs(admin: Keeping, form: Params) -> Outcome {
    let wanted = match form.get("dialect").and_then(|name| admin.engine().faces().find(name)) {
        Some(customs) => Ok(vec![ClientChange::Customs(Box::new(customs.clients))]),
        None => Err(Problems::of("dialect-1", "Choose one of the dialects.")),
    };
    save(admin, &form, "#dialects", wanted, |_| ()).await
}

/// What it is known by.
pub(super) async fn identity(admin: Keeping, form: Params) -> Outcome {
    let profile = ClaimsProfile::ALL.into_iter().find(|(_, name)| Some(*name) == form.get("claims_profile"));
    let set = |field: &str| lines(&form, field).into_iter().collect::<BTreeSet<String>>();
    let released = ReleasedAttributes { consumer: set("consumer"), contact: set("contact") };
    let wanted = match profile {
        Some((profile, _)) => Ok(vec![
            ClientChange::ClientKey(typed(&form, "client_key").trim().to_owned()),
            ClientChange::AccountId(typed(&form, "account_id").trim().to_owned()),
            ClientChange::ClaimsProfile(profile),
            ClientChange::ReleasedAttributes(released),
        ]),
        None => Err(Problems::of("claims_profile", "Choose one of the profiles.")),
    };
    save(admin, &form, "#identity", wanted, |view| {
        view.identity = IdentityFields {
            client_key: typed(&form, "client_key"),
            account_id: typed(&form, "account_id"),
            claims_profile: typed(&form, "claims_profile"),
            consumer: typed(&form, "consumer"),
            contact: typed(&form, "contact"),
        };
    })
    .await
}
