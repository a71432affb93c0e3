//! What forgers try, at every place that reads a signed token (RFC 8725).

use aws_lc_rs::hmac;
use countersign::base::clock::Timestamp;
use countersign::engine::admin::client_change::ClientChange;
use countersign::jose::Algorithm;
use countersign::jose::key::SigningKey;
use countersign::model::client::ClientType;
use data_encoding::BASE64URL_NOPAD as B;
use serde_json::{Value, json};

use super::app::App;
use super::house::House;
use super::person::Person;
use super::wire::{Ask, claims, part, with_query};

fn unsigned(header: &Value, payload: &Value) -> String {
    format!("{}.{}", B.encode(header.to_string().as_bytes()), B.encode(payload.to_string().as_bytes()))
}

fn signed(key: &SigningKey, header: &Value, payload: &Value) -> String {
    let text = unsigned(header, payload);
    let signature = key.sign(text.as_bytes()).unwrap();
    format!("{text}.{}", B.encode(&signature))
}

fn with(value: &Value, name: &str, member: Value) -> Value {
    let mut value = value.clone();
    value[name] = member;
    value
}

/// Near misses of `honest`, each with what is wrong with it.
async fn forgeries(house: &House, honest: &str) -> Vec<(String, String)> {
    let (header, payload) = (part(honest, 0), claims(honest));
    let signature = honest.rsplit_once('.').unwrap().1;
    let mut out: Vec<(String, String)> = Vec::new();
    let mut add = |what: &str, token: String| out.push((what.to_owned(), token));

    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = with(&header, "alg", json!(alg));
        add("no algorithm, no signature", format!("{}.", unsigned(&header, &payload)));
        add("no algorithm, the old signature", format!("{}.{signature}", unsigned(&header, &payload)));
        add("no algorithm, two parts", unsigned(&header, &payload));
    }
    let keys = house.gets("/oauth/keys").await.json();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap().clone();
    let number = key.get("n").or(key.get("x")).and_then(Value::as_str).unwrap().to_owned();
    for secret in [key.to_string().into_bytes(), B.decode(number.as_bytes()).unwrap(), number.into_bytes(), vec![]] {
        for alg in [json!("HS256"), json!("HS512"), header["alg"].clone()] {
            let text = unsigned(&with(&header, "alg", alg), &payload);
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text.as_bytes());
            add("the public key as a shared secret", format!("{text}.{}", B.encode(tag.as_ref())));
        }
    }
    let algorithm = Algorithm::parse(header["alg"].as_str().unwrap()).unwrap();
    let own = SigningKey::generate(algorithm);
    let jwk = serde_json::to_value(own.public()).unwrap();
    add("another key under the same name", signed(&own, &header, &payload));
    for (name, member) in [
        ("jwk", jwk),
        ("jku", json!("https://evil.example/keys")),
        ("x5u", json!("https://evil.example/certificate")),
        ("x5c", json!(["MIIB"])),
    ] {
        let brought = with(&header, name, member);
        add("a key brought along", signed(&own, &brought, &payload));
        add("a key brought along under its own name", signed(&own, &with(&brought, "kid", json!(own.kid())), &payload));
    }
    for kid in
        [json!("nobody's"), json!(""), json!("../../../dev/null"), json!("' or 1=1 --"), json!(null), json!(["x"])]
    {
        add("an unknown name", signed(&own, &with(&header, "kid", kid.clone()), &payload));
        add(
            "an unknown name with the old signature",
            format!("{}.{signature}", unsigned(&with(&header, "kid", kid), &payload)),
        );
    }
    for (name, member) in [
        ("sub", json!("somebody-else")),
        ("iss", json!("https://evil.example")),
        ("aud", json!("other")),
        ("client_id", json!("other")),
        ("exp", json!(payload["exp"].as_i64().unwrap() + 1)),
        ("scope", json!("openid profile email admin")),
    ] {
        add("an altered claim", format!("{}.{signature}", unsigned(&header, &with(&payload, name, member))));
    }
    let raw = B.decode(signature.as_bytes()).unwrap();
    let text = honest.rsplit_once('.').unwrap().0;
    for bytes in [&raw[1..], &raw[..raw.len() - 1], &[&raw[..], &[0]].concat(), &vec![0; raw.len()], &[]] {
        add("an altered signature", format!("{text}.{}", B.encode(bytes)));
    }
    let ring = house.engine.keys();
    let real = ring.signer(algorithm, Timestamp(house.now())).unwrap();
    for (what, header) in [
        ("a critical extension", with(&header, "crit", json!(["b64"]))),
        ("another algorithm's name", with(&header, "alg", json!("PS256"))),
    ] {
        add(what, signed(real, &header, &payload));
    }
    let twice = format!(r#"{{"sub":"somebody-else",{}"#, &payload.to_string()[1..]);
    let text = format!("{}.{}", B.encode(header.to_string().as_bytes()), B.encode(twice.as_bytes()));
    let by_us = real.sign(text.as_bytes()).unwrap();
    add("a member that comes twice, signed by us", format!("{text}.{}", B.encode(&by_us)));
    add("another issuer, signed by us", signed(real, &header, &with(&payload, "iss", json!("https://evil.example"))));
    add("no expiry, signed by us", signed(real, &header, &with(&payload, "exp", json!(null))));
    let later = json!(house.now() + 3600);
    add("not valid yet, signed by us", signed(real, &header, &with(&payload, "nbf", later)));
    out
}

/// Presents `forged` wherever a signed token is read; nothing may come of it.
async fn is_refused_everywhere(alice: &Person<'_>, app: &App<'_>, what: &str, forged: &str) {
    let house = app.house;
    // Each try at signing out is kept for a while, and so counted.
    house.later(1);
    let reply = house.asks(Ask::post("/oauth/userinfo", &[("access_token", forged)])).await;
    assert_eq!(reply.refusal(), (401, "invalid_token".to_owned()), "{what} at userinfo: {forged}");
    assert!(reply.header("www-authenticate").unwrap().starts_with("Bearer error=\"invalid_token\""), "{reply}");
    let reply = app.userinfo(forged).await;
    assert_eq!(reply.status, 401, "{what} at userinfo: {forged}");
    assert!(!app.finds_active(forged).await, "{what} at introspection: {forged}");
    assert_eq!(app.revokes(forged).await.status, 200, "{what} at revocation: {forged}");
    let hinted = app.asks("openid").with("prompt", "none").with("id_token_hint", forged);
    assert_eq!(alice.answers(&hinted).await.error(), "invalid_request", "{what} as a hint: {forged}");
    let out = alice.browser.opens(&with_query("/oauth/logout", &[("id_token_hint", forged)])).await;
    assert!(out.location().starts_with("/sign-out?request="), "{what} at sign-out: {forged}");
}

#[tokio::test]
async fn refuses_every_forged_token_everywhere() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    for (name, algorithm) in [("first", Algorithm::EdDsa), ("second", Algorithm::Es256), ("third", Algorithm::Rs256)] {
        let algorithms = vec![ClientChange::AccessTokenAlg(algorithm), ClientChange::IdTokenAlg(algorithm)];
        let app = house.app_with(name, ClientType::Web, algorithms).await;
        let tokens = alice.gives(&app, "openid").await;
        assert_eq!(part(&tokens.access, 0)["alg"], algorithm.name());
        for honest in [&tokens.access, &tokens.id] {
            for (what, forged) in forgeries(&house, honest).await {
                is_refused_everywhere(&alice, &app, &what, &forged).await;
            }
        }
        assert!(app.finds_active(&tokens.access).await, "no forged token was taken for a revocation of the real one");
    }
}

#[tokio::test]
async fn refuses_an_access_token_whose_kind_is_another() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let (header, payload) = (part(&tokens.access, 0), claims(&tokens.access));
    let ring = house.engine.keys();
    let ours = ring.signer(Algorithm::EdDsa, Timestamp(house.now())).unwrap();
    assert_eq!(shop.userinfo(&signed(ours, &header, &payload)).await.status, 200, "as it is, it would be one");
    for typ in
        [json!("JWT"), json!("rt+jwt"), json!("logout+jwt"), json!("dpop+jwt"), json!("id+jwt"), json!(""), json!(null)]
    {
        let other = signed(ours, &with(&header, "typ", typ.clone()), &payload);
        assert_eq!(shop.userinfo(&other).await.status, 401, "{typ}");
        assert!(!shop.finds_active(&other).await, "{typ}");
    }
    let id = signed(ours, &with(&header, "typ", json!("at+jwt")), &claims(&tokens.id));
    assert_eq!(shop.userinfo(&id).await.status, 401, "an ID token's claims under an access token's name");
}

#[tokio::test]
async fn refuses_a_token_the_second_it_expires() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    house.later(3599);
    assert!(shop.finds_active(&tokens.access).await);
    house.later(1);
    assert!(!shop.finds_active(&tokens.access).await);
    assert_eq!(shop.userinfo(&tokens.access).await.status, 401);
}
