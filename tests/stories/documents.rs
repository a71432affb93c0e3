//! What the server says about itself: metadata, keys, and the document that describes its interface.

use std::collections::BTreeSet;

use countersign::base::clock::Timestamp;
use countersign::dialects;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::jose::Algorithm;
use countersign::jose::jwk::PublicJwk;
use countersign::jose::jwt::{Expect, decode};
use countersign::jose::verify::VerifyingKey;
use countersign::model::client::ClientType;
use countersign::model::scope::Scopes;
use countersign::model::settings::Settings;
use poem::http::Method;
use serde_json::{Map, Value, json};

use super::house::{House, host};
use super::wire::{Ask, part};

/// `UPDATE=1 cargo test --test stories openapi` writes it anew.
#[tokio::test]
async fn the_committed_openapi_document_is_the_generated_and_the_served_one() {
    let house = House::fresh().await;
    for name in dialects::documents() {
        let generated = dialects::openapi_document(name).expect("a document");
        let path = format!("{}/openapi/{name}.json", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &generated).expect("the committed document is written");
        }
        let committed = std::fs::read_to_string(&path).expect("a committed document");
        assert!(
            committed == generated,
            "openapi/{name}.json is out of date: UPDATE=1 cargo test --test stories openapi"
        );
        let served = house.gets(&format!("/openapi/{name}.json")).await;
        assert_eq!(served.json(), serde_json::from_str::<Value>(&committed).unwrap());
    }
}

/// `UPDATE=1 cargo test --test stories coverage` writes it anew.
#[test]
fn the_coverage_that_is_committed_is_what_is_described() {
    let path = format!("{}/openapi/coverage.txt", env!("CARGO_MANIFEST_DIR"));
    let text = dialects::coverage::text();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the table is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "openapi/coverage.txt is out of date: UPDATE=1 cargo test --test stories coverage");

    let mut described = BTreeSet::new();
    for name in dialects::documents() {
        let document: Value = serde_json::from_str(&dialects::openapi_document(name).expect("a document")).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            let methods = operations.as_object().unwrap().keys().map(|method| method.to_uppercase());
            described.extend(methods.map(|method| format!("{method} {path}")));
        }
    }
    let operations = dialects::coverage::OPERATIONS.iter().flat_map(|operation| operation.at);
    let covered: BTreeSet<String> = operations.map(|(_, method, path)| format!("{method} {path}")).collect();
    assert_eq!(described, covered, "every operation that is described is in the table, and no other");
}

#[tokio::test]
async fn every_endpoint_that_is_described_answers_and_every_one_that_answers_is_described() {
    let house = House::fresh().await;
    let mut described = Map::new();
    for name in dialects::documents() {
        let mut document = house.gets(&format!("/openapi/{name}.json")).await.json();
        described.append(document["paths"].as_object_mut().unwrap());
    }
    for (path, operations) in &described {
        for method in operations.as_object().unwrap().keys() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let reply = house.asks(Ask::new(method.clone(), path.as_str())).await;
            assert!(!matches!(reply.status, 404 | 405), "{method} {path}: {reply}");
        }
    }
    for (path, methods) in dialects::paths(&Settings::default()).iter().filter(|(path, _)| !path.ends_with("/resume")) {
        for method in methods.split(", ").filter(|method| !matches!(*method, "OPTIONS" | "HEAD")) {
            assert!(described[path.as_str()].get(method.to_lowercase()).is_some(), "{method} {path} is not described");
        }
    }
}

#[tokio::test]
async fn metadata_names_what_is_there_and_nothing_else() {
    let house = House::fresh().await;
    let openid = house.gets("/.well-known/openid-configuration").await.json();
    let oauth = house.gets("/.well-known/oauth-authorization-server").await.json();
    assert_eq!(openid["issuer"], house.issuer);
    assert!(!house.issuer.ends_with('/'));
    for (name, value) in oauth.as_object().unwrap() {
        assert_eq!(value, &openid[name], "{name}: the two documents agree");
    }
    for name in ["userinfo_endpoint", "subject_types_supported", "claims_supported"] {
        assert!(openid.get(name).is_some() && oauth.get(name).is_none(), "{name}");
    }
    for claim in ["jti", "nbf", "client_id", "first_name", "minor_id", "scope", "authorities", "ati", "sub", "email"] {
        let told = openid["claims_supported"].as_array().unwrap();
        assert!(told.iter().any(|known| known == claim), "{claim}");
    }
    for (name, endpoint) in
        openid.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("_endpoint") || *name == "jwks_uri")
    {
        let path = endpoint.as_str().unwrap().strip_prefix(house.issuer).expect("below the issuer");
        assert_ne!(house.gets(path).await.status, 404, "{name}: {path}");
    }
    for absent in [
        "registration_endpoint",
        "device_authorization_endpoint",
        "pushed_authorization_request_endpoint",
        "check_session_iframe",
        "backchannel_logout_supported",
        "dpop_signing_alg_values_supported",
    ] {
        assert!(openid.get(absent).is_none(), "{absent} is not there yet");
    }
    let text = openid.to_string();
    for absent in [
        "\"password\"",
        "\"implicit\"",
        "\"token\"",
        "id_token token",
        "\"plain\"",
        "\"none\",\"HS256\"",
        "private_key_jwt",
        "fragment",
    ] {
        assert!(!text.contains(absent), "{absent}: {text}");
    }
}

#[tokio::test]
async fn each_application_sees_what_it_may_use() {
    let house = House::fresh().await;
    let few = ClientChange::Scopes(Scopes::parse("openid email").unwrap());
    let es256 = ClientChange::IdTokenAlg(Algorithm::Es256);
    let board = house.app_with("board", ClientType::Spa, vec![few, es256]).await;
    for document in ["openid-configuration", "oauth-authorization-server"] {
        let view = house.gets(&format!("/.well-known/{document}?client_id={}", board.id)).await.json();
        assert_eq!(view["scopes_supported"], json!(["email", "openid"]));
        assert_eq!(view["grant_types_supported"], json!(["authorization_code", "refresh_token"]));
        assert_eq!(view["token_endpoint_auth_methods_supported"], json!(["none"]));
        assert_eq!(view["jwks_uri"], format!("{}/oauth/keys?client_id=board", house.issuer));
        if document == "openid-configuration" {
            assert_eq!(view["id_token_signing_alg_values_supported"], json!(["ES256"]));
        }
        let unknown = house.gets(&format!("/.well-known/{document}?client_id=nobody")).await;
        unknown.refuses(404, "invalid_client");
        let empty = house.gets(&format!("/.well-known/{document}?client_id=")).await.json();
        assert_eq!(empty, house.gets(&format!("/.well-known/{document}")).await.json());
        house
            .gets(&format!("/.well-known/{document}?client_id=board&client_id=nobody"))
            .await
            .refuses(400, "invalid_request");
    }
    let keys = house.gets("/oauth/keys?client_id=board").await.json();
    let algorithms: Vec<&Value> = keys["keys"].as_array().unwrap().iter().map(|key| &key["alg"]).collect();
    assert_eq!(algorithms, [&json!("ES256"), &json!("EdDSA")], "those of its ID and access tokens");
    house.gets("/oauth/keys?client_id=nobody").await.refuses(404, "invalid_client");
    house.gets("/oauth/keys?client_id=board&client_id=nobody").await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn an_issuer_with_a_path_is_found_in_both_ways_and_works_there() {
    let house = House::called("https://id.example/team").await;
    for path in [
        "/.well-known/openid-configuration/team",
        "/.well-known/oauth-authorization-server/team",
        "/team/.well-known/openid-configuration",
        "/team/.well-known/oauth-authorization-server",
    ] {
        let metadata = house.gets(path).await.json();
        assert_eq!(metadata["issuer"], house.issuer, "{path}");
        assert_eq!(metadata["token_endpoint"], "https://id.example/team/oauth/token", "{path}");
        house.gets(&format!("{path}?client_id=nobody")).await.refuses(404, "invalid_client");
    }
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let reply = house.asks(Ask::get("/team/oauth/userinfo").bearer(&tokens.access)).await;
    assert_eq!(reply.json()["sub"], alice.id.as_str());
    assert_eq!(house.gets("/team/oauth/keys").await.json(), house.gets("/oauth/keys").await.json());
    for ask in [Ask::new(Method::PUT, "/team/oauth/token"), Ask::get("/team/oauth/token")] {
        let reply = house.asks(ask).await;
        assert_eq!(reply.refuses(405, "invalid_request").header("allow"), Some("POST, OPTIONS"));
    }
    house.gets("/team/oauth/nowhere").await.refuses(404, "not_found");
    house.gets("/team/.well-known/nowhere").await.refuses(404, "not_found");
}

#[tokio::test]
async fn keys_are_sent_once_and_asked_after() {
    let house = House::fresh().await;
    let reply = house.gets("/oauth/keys").await;
    let kinds: Vec<Value> = reply.json()["keys"].as_array().unwrap().iter().map(|key| key["kty"].clone()).collect();
    assert_eq!(kinds, [json!("RSA"), json!("EC"), json!("OKP")]);
    for private in ["\"d\"", "\"p\"", "\"q\"", "\"dp\"", "\"k\""] {
        assert!(!reply.body.contains(private), "{private}");
    }
    assert_eq!(reply.header("cache-control"), Some("max-age=300"));
    let tag = reply.header("etag").unwrap().to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"other\", {tag}"), "*".to_owned()] {
        let again = house.asks(Ask::get("/oauth/keys").header("if-none-match", &known)).await;
        assert_eq!((again.status, &*again.body, again.header("etag")), (304, "", Some(&*tag)), "{known}");
        assert_eq!(again.header("cache-control"), Some("max-age=300"));
    }
    for other in ["\"other\"", "", &tag[1..]] {
        assert_eq!(house.asks(Ask::get("/oauth/keys").header("if-none-match", other)).await.status, 200, "{other}");
    }
    let head = house.asks(Ask::new(Method::HEAD, "/oauth/keys")).await;
    assert_eq!((head.status, head.header("etag"), &*head.body), (200, Some(&*tag), ""));
}

/// Verifies as a relying party does that knows only what `/oauth/keys` says.
async fn verifies(house: &House, token: &str) -> bool {
    let keys = house.gets("/oauth/keys").await.json();
    let find = |kid: &str| keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == kid).cloned();
    let Some(key) = find(part(token, 0)["kid"].as_str().unwrap()) else { return false };
    let key: PublicJwk = serde_json::from_value(key).unwrap();
    let key = VerifyingKey::from_jwk(&key).unwrap();
    decode::<Map<String, Value>>(token, |_| Some(&key), &Expect::ours(Timestamp(house.now()))).is_ok()
}

#[tokio::test]
async fn a_key_turns_and_nobody_notices() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let before = alice.gives(&shop, "openid offline_access").await;
    let old_tag = house.gets("/oauth/keys").await.header("etag").unwrap().to_owned();
    let kid = |token: &str| part(token, 0)["kid"].clone();

    house.engine.rotate_key(&Actor::host(), &host(), Algorithm::Rs256).await.unwrap();
    assert_ne!(house.gets("/oauth/keys").await.header("etag"), Some(&*old_tag), "the next key is published");
    assert_eq!(house.gets("/oauth/keys").await.json()["keys"].as_array().unwrap().len(), 4);
    let meanwhile = shop.refreshes(&before.refresh).await.tokens();
    assert_eq!(kid(&meanwhile.id), kid(&before.id), "and does not sign while others may not know it yet");

    house.later(300);
    let after = shop.refreshes(&meanwhile.refresh).await.tokens();
    assert_ne!(kid(&after.id), kid(&before.id), "now it does");
    assert_eq!(kid(&after.access), kid(&before.access), "other algorithms' keys stay");
    for token in [&before.id, &meanwhile.id, &after.id, &after.access] {
        assert!(verifies(&house, token).await);
    }
    let hinted = shop.asks("openid").with("prompt", "none").with("id_token_hint", &before.id);
    alice.answers(&hinted).await.code();

    // Once nothing it signed can live any more, the old key is gone.
    house.later(31 * 86_400);
    house.engine.maintain().await.unwrap();
    let keys = house.gets("/oauth/keys").await.json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 3);
    assert!(keys["keys"].as_array().unwrap().iter().all(|key| key["kid"] != kid(&before.id)));
}
