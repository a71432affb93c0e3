use std::path::Path;

use super::*;
use crate::engine::admin::declared::{DeclaredPassword, DeclaredSecretValue};
use crate::model::client::ClientType;
use crate::toml_file::System;

/// The full example of the documentation, less what is not built yet.
const FULL: &str = include_str!("../../tests/declared/full.toml");

fn good(text: &str) -> Declared {
    read(Path::new("state.toml"), text, &System).unwrap_or_else(|problems| panic!("{problems}"))
}

fn wrong(text: &str) -> String {
    read(Path::new("state.toml"), text, &System).unwrap_err().to_string()
}

#[test]
fn the_full_example_is_read() {
    let declared = good(FULL);
    assert_eq!(declared.settings.unwrap().settings.name, "Example ID");
    let user = &declared.users[0];
    assert!(user.user.admin && user.user.email_verified && user.profile);
    assert!(matches!(user.password, Some(DeclaredPassword::Plain(_))));
    assert_eq!(user.user.profile.address.as_ref().unwrap().country.as_deref(), Some("GB"));
    let client = &declared.clients[0];
    assert_eq!(client.client.scopes.to_string(), "email offline_access openid profile");
    assert_eq!(client.client.refresh_ttl.to_string(), "30d");
    assert!(matches!(client.secrets.as_ref().unwrap()[0].value, DeclaredSecretValue::Plain(_)));
}

#[test]
fn what_is_left_out_takes_its_default() {
    let text = "[[clients]]\nid = 'a'\nname = 'A'\ntype = 'spa'\nredirect_uris = ['https://a.test/x', 'https://a.test/y']\n\
                [[clients]]\nid = 'b'\nname = 'B'\ntype = 'service'\n";
    let clients = good(text).clients;
    let (spa, service) = (&clients[0].client, &clients[1].client);
    assert_eq!(spa.origins, ["https://a.test"]);
    assert_eq!(spa.refresh_grace.to_string(), "10s");
    assert_eq!(spa.scopes.to_string(), "email openid profile");
    assert!(spa.require_pkce && spa.faces.iter().all(|face| face.as_str() == "oidc"));
    assert_eq!(service.kind, ClientType::Service);
    assert_eq!(service.refresh_grace.to_string(), "0s");
    assert!(service.scopes.is_empty() && service.grants.len() == 1);
    assert!(clients.iter().all(|client| client.secrets.is_none() && client.client_key.is_none()));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    insta::assert_snapshot!(wrong(include_str!("../../tests/declared/wrong.toml")));
}

#[test]
fn what_is_not_built_yet_is_refused_honestly() {
    insta::assert_snapshot!(wrong(include_str!("../../tests/declared/later.toml")));
}

#[test]
fn moments_are_read_back() {
    let at = crate::base::clock::Timestamp(1_801_440_000);
    assert_eq!(writing::moment(at), "2027-02-01T00:00:00Z");
    assert_eq!(writing::parse_moment(&writing::moment(at)), Ok(at));
    assert!(writing::parse_moment("tomorrow").is_err());
}
