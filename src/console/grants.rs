//! `/admin/applications/{id}/grants`: in which ways an application may come by tokens.

use std::collections::BTreeSet;

use crate::engine::admin::client_change::ClientChange;
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::client::{Client, GrantType};

use super::admin::Keeping;
use super::application_forms::save;
use super::views::GrantChoice;

/// The ways in the words of the page; those of first-party applications come last.
const WORDS: [(GrantType, &str, &str); 7] = [
    (GrantType::AuthorizationCode, "Sign people in by their browser", "They see this server’s pages only."),
    (GrantType::RefreshToken, "Renew access", "Without it, people come back when a token has expired."),
    (GrantType::ClientCredentials, "Act for itself", "Without people; it needs a secret."),
    (GrantType::Password, "Ask for passwords itself", "Its own form receives what people sign in with."),
    (GrantType::Register, "Make accounts", "Only while registration is open to everyone."),
    (GrantType::RegisterMinor, "Make accounts for minors", "In the care of whoever is signed in."),
    (GrantType::Anonymous, "Let guests in", "Of whom only the device is known."),
];

/// What the page offers for this application.
pub(super) fn choices(client: &Client) -> Vec<GrantChoice> {
    let offered = WORDS.iter().filter(|(grant, ..)| client.first_party || !grant.is_first_party());
    let choice = |(grant, words, hint): &(GrantType, &str, &str)| GrantChoice {
        name: grant.name().to_owned(),
        words: (*words).to_owned(),
        hint: (*hint).to_owned(),
        chosen: client.may(*grant),
    };
    offered.map(choice).collect()
}

pub(super) async fn change(admin: Keeping, form: Params) -> Outcome {
    let grants: BTreeSet<GrantType> = form.get_all("grant").filter_map(GrantType::parse).collect();
    save(admin, &form, "#grants", Ok(vec![ClientChange::Grants(grants)]), |view| {
        let chosen: BTreeSet<&str> = form.get_all("grant").collect();
        view.grants.iter_mut().for_each(|grant| grant.chosen = chosen.contains(grant.name.as_str()));
    })
    .await
}
