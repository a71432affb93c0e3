//! Parameters nobody may send so, and those nobody need mind.

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::ClientType;

use super::house::House;
use super::person::query_at;
use super::wire::{Ask, encode, with_query};

#[tokio::test]
async fn refuses_a_request_without_a_sound_challenge() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    for app in [house.app("shop").await, house.page_app("board").await] {
        let sound = app.asks("openid");
        let challenge = sound.get("code_challenge").to_owned();
        for (asking, what) in [
            (sound.clone().without("code_challenge").without("code_challenge_method"), "nothing"),
            (sound.clone().without("code_challenge"), "only a method"),
            (sound.clone().with("code_challenge", ""), "an empty challenge"),
            (sound.clone().without("code_challenge_method"), "plain by silence"),
            (sound.clone().with("code_challenge_method", ""), "plain by an empty method"),
            (sound.clone().with("code_challenge_method", "plain"), "plain"),
            (sound.clone().with("code_challenge_method", "s256"), "another case"),
            (sound.clone().with("code_challenge_method", "S512"), "no such method"),
            (sound.clone().with("code_challenge", &challenge[1..]), "too short"),
            (sound.clone().with("code_challenge", &format!("{challenge}A")), "too long"),
            (sound.clone().with("code_challenge", &format!("{challenge}==")), "padded twice"),
            (sound.clone().with("code_challenge", &challenge.replace(&challenge[..1], "+")), "another alphabet"),
        ] {
            assert_eq!(alice.answers(&asking).await.error(), "invalid_request", "{what}");
        }
    }
    let metadata = house.gets("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["code_challenge_methods_supported"], serde_json::json!(["S256"]));
}

#[tokio::test]
async fn refuses_to_be_talked_out_of_a_challenge() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let relaxed = house.app_with("shop", ClientType::Web, vec![ClientChange::RequirePkce(false)]).await;
    let public = house.app_with("board", ClientType::Spa, vec![ClientChange::RequirePkce(false)]).await;

    let without = relaxed.asks("openid").without("code_challenge").without("code_challenge_method");
    let answer = alice.answers(&without).await;
    relaxed.redeems(&answer).await.refuses(400, "invalid_grant");
    relaxed.redeems_with(&answer, &[("code_verifier", "")]).await.tokens();

    for app in [&relaxed, &public] {
        let answer = alice.lets(app, "openid").await;
        app.redeems_with(&answer, &[("code_verifier", "")]).await.refuses(400, "invalid_grant");
        let (verifier, challenge) = (answer.asking.verifier.clone(), answer.asking.get("code_challenge").to_owned());
        app.redeems_with(&answer, &[("code_verifier", &challenge)]).await.refuses(400, "invalid_grant");
        app.redeems_with(&answer, &[("code_verifier", &verifier[1..])]).await.refuses(400, "invalid_grant");
        for malformed in [&verifier[..42], &format!("{verifier} "), &format!("{verifier}é"), &"v".repeat(129)] {
            app.redeems_with(&answer, &[("code_verifier", malformed)]).await.refuses(400, "invalid_request");
        }
        app.redeems(&answer).await.tokens();
    }
    let without = public.asks("openid").without("code_challenge").without("code_challenge_method");
    assert_eq!(alice.answers(&without).await.error(), "invalid_request", "public applications cannot be relaxed");
}

#[tokio::test]
async fn refuses_every_flow_but_the_codes() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    for response_type in ["token", "id_token", "id_token token", "code token", "code id_token", "none", "CODE", "code "]
    {
        let asking = shop.asks("openid").with("response_type", response_type);
        assert_eq!(alice.answers(&asking).await.error(), "unsupported_response_type", "{response_type}");
    }
    assert_eq!(alice.answers(&shop.asks("openid").without("response_type")).await.error(), "invalid_request");
    for mode in ["fragment", "query.jwt", "web_message", "Query"] {
        assert_eq!(alice.answers(&shop.asks("openid").with("response_mode", mode)).await.error(), "invalid_request");
    }
    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"),
        ("request_uri", "https://evil.example/request", "request_uri_not_supported"),
        ("request_uri", "urn:ietf:params:oauth:request_uri:x", "request_uri_not_supported"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        assert_eq!(alice.answers(&shop.asks("openid").with(name, value)).await.error(), error);
    }
    for grant in [
        "implicit",
        "CODE",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
    ] {
        let fields = [("grant_type", grant), ("username", "alice"), ("password", super::house::PASSWORD)];
        shop.requests(&fields).await.refuses(400, "unsupported_grant_type");
    }
    for grant in ["client_credentials", "password", "anonymous"] {
        let fields = [("grant_type", grant), ("username", "alice"), ("password", super::house::PASSWORD)];
        shop.requests(&fields).await.refuses(400, "unauthorized_client");
    }
    shop.requests(&[]).await.refuses(400, "invalid_request");
    let metadata = house.gets("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["response_types_supported"], serde_json::json!(["code"]));
    let grants = serde_json::json!(["authorization_code", "refresh_token", "client_credentials"]);
    assert_eq!(metadata["grant_types_supported"], grants);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
}

#[tokio::test]
async fn refuses_a_parameter_that_comes_twice() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let asking = shop.asks("openid");
    for name in ["client_id", "redirect_uri", "state", "scope", "prompt", "unknown"] {
        let twice = [asking.pairs(), vec![(name, asking.get(name)), (name, "other")]].concat();
        alice.browser.opens(&with_query("/oauth/authorize", &twice)).await.stays_here(400);
        alice.browser.sends(Ask::post("/oauth/authorize", &twice)).await.stays_here(400);
        let written_otherwise = format!("{}&%{:02x}{}=x", asking.path(), name.as_bytes()[0], &name[1..]);
        if !asking.get(name).is_empty() {
            alice.browser.opens(&written_otherwise).await.stays_here(400);
        }
    }
    let twice = |fields: &[(&'static str, &'static str)]| [fields, fields].concat();
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let again = [&refresh[..], &[("refresh_token", &tokens.refresh)]].concat();
    shop.requests(&again).await.refuses(400, "invalid_request");
    shop.requests(&[&refresh[..], &[("client_id", "shop"), ("client_id", "shop")]].concat())
        .await
        .refuses(400, "invalid_request");
    shop.requests(&[&refresh[..], &twice(&[("unknown", "x")])].concat()).await.refuses(400, "invalid_request");
    let token = [("token", tokens.access.as_str()), ("token", tokens.access.as_str())];
    shop.calls("/oauth/introspect", &token).await.refuses(400, "invalid_request");
    shop.calls("/oauth/revoke", &token).await.refuses(400, "invalid_request");
    let access = [("access_token", tokens.access.as_str()), ("access_token", tokens.access.as_str())];
    house.asks(Ask::post("/oauth/userinfo", &access)).await.refuses(400, "invalid_request");
    let both = Ask::post("/oauth/userinfo", &access[..1]).bearer(&tokens.access);
    let both = house.asks(both).await;
    assert!(both.refuses(400, "invalid_request").body.contains("Send the access token in one way only"), "{both}");
    let hint = [("id_token_hint", tokens.id.as_str()), ("id_token_hint", tokens.id.as_str())];
    alice.browser.opens(&with_query("/oauth/logout", &hint)).await.stays_here(400);
    alice.browser.sends(Ask::post("/oauth/logout", &hint)).await.stays_here(400);
    alice.browser.opens("/login?interaction=a&interaction=b").await.stays_here(400);
    shop.refreshes(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn an_empty_parameter_is_an_absent_one_and_an_unknown_one_is_nothing() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let empty = ["prompt", "max_age", "claims", "response_mode", "request", "request_uri", "id_token_hint", "nonce"];
    let mut asking = shop.asks("openid").with("state", "").with("utm_source", "a mail");
    for name in empty {
        asking = asking.with(name, "");
    }
    let answer = alice.answers(&asking).await;
    assert!(!answer.fields.contains_key("state"));
    let reply = shop.redeems_with(&answer, &[("resource", "x"), ("audience", "y")]).await;
    let tokens = reply.tokens();

    // An empty secret beside a header, an empty scope, an empty device.
    let fields = [("grant_type", "refresh_token"), ("refresh_token", tokens.refresh.as_str())];
    let with_empty =
        [&fields[..], &[("client_secret", ""), ("scope", ""), ("device_id", ""), ("client_id", "")]].concat();
    shop.requests(&with_empty).await.tokens();
    for needed in ["grant_type", "code", "redirect_uri"] {
        let answer = alice.lets(&shop, "openid").await;
        let mut fields = answer.redemption(&[]);
        fields.iter_mut().filter(|(name, _)| name == needed).for_each(|(_, value)| value.clear());
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        shop.requests(&fields).await.refuses(400, "invalid_request");
    }
    shop.calls("/oauth/introspect", &[("token", "")]).await.refuses(400, "invalid_request");
    shop.calls("/oauth/revoke", &[("token", "")]).await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn state_comes_back_byte_for_byte() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let long = "x".repeat(4096);
    for state in [
        "\"><script>alert(1)</script>",
        "a\r\nSet-Cookie: evil=1\r\n\r\n<html>",
        "a&code=stolen&iss=https://evil.example",
        "a=b#fragment?query",
        "100% + 1 %41 %zz",
        "naïve ☃ \u{202e}\u{0}\u{7f}",
        " leading and trailing ",
        "+",
        &long,
    ] {
        for asking in [shop.asks("openid").with("state", state), shop.asks("openid scope").with("state", state)] {
            // `Answer::read` compares.
            alice.answers(&asking.clone().with("response_mode", "form_post")).await;
            alice.answers(&asking.clone().with("prompt", "none")).await;
            let reply = alice.goes(&asking).await;
            assert!(reply.location().bytes().all(|b| b.is_ascii_graphic()), "{reply}");
            assert_eq!(query_at(&asking, reply.location())["state"], state);
            assert!(reply.body.is_empty() && reply.all("set-cookie").iter().all(|cookie| !cookie.contains("evil")));
        }
    }
    let answer = alice.goes(&shop.asks("openid").with("state", &"x".repeat(4097))).await;
    let told = query_at(&shop.asks("openid"), answer.location());
    assert_eq!((told["error"].as_str(), told.get("state")), ("invalid_request", None));
}

#[tokio::test]
async fn what_was_sent_is_not_said_back_in_refusals() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (canary, marked) = ("canary", "\"canary'<canary>\\canary\u{7f}é");
    for name in [
        "scope",
        "response_type",
        "response_mode",
        "prompt",
        "max_age",
        "claims",
        "code_challenge_method",
        "code_challenge",
        "id_token_hint",
        "request",
    ] {
        let reply = alice.goes(&shop.asks("openid").with(name, marked)).await;
        let told = query_at(&shop.asks("openid"), reply.location());
        assert!(told.contains_key("error") && !reply.location().contains(canary), "{name}: {reply}");
    }
    for fields in [
        vec![("grant_type", marked)],
        vec![("grant_type", "refresh_token"), ("refresh_token", marked)],
        vec![
            ("grant_type", "authorization_code"),
            ("code", marked),
            ("redirect_uri", marked),
            ("code_verifier", marked),
        ],
        vec![("grant_type", "refresh_token"), ("refresh_token", "x"), ("scope", marked)],
        vec![("grant_type", "refresh_token"), ("refresh_token", "x"), ("device_id", marked)],
        vec![("grant_type", "client_credentials"), ("client_id", marked)],
        vec![(marked, "x"), (marked, "x")],
    ] {
        for ask in [shop.signed("/oauth/token", &fields), Ask::post("/oauth/token", &fields)] {
            let reply = house.asks(ask).await;
            assert!(reply.status >= 400 && !reply.body.contains(canary), "{}: {reply}", encode(&fields));
            let description = reply.json()["error_description"].as_str().unwrap().to_owned();
            let allowed = |b: u8| matches!(b, 0x20..=0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            assert!(description.bytes().all(allowed), "RFC 6749, section 5.2: {description}");
        }
    }
    for ask in [
        Ask::get("/oauth/userinfo").bearer(canary),
        Ask::get("/oauth/keys?client_id=canary"),
        Ask::get("/.well-known/openid-configuration?client_id=canary"),
        Ask::get("/oauth/canary"),
        Ask::get("/canary?canary=canary"),
        Ask::post("/oauth/canary", &[(canary, canary)]),
    ] {
        let reply = house.asks(ask).await;
        assert!(reply.status >= 400 && !reply.body.contains(canary), "{reply}");
    }
}

#[tokio::test]
async fn tells_the_registered_address_of_a_scope_it_may_not_ask_for_and_nobody_else() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    house.scope("stock", "See what is in store").await;
    for scopes in ["openid stock", "openid nothing", "openid \"x\"", "openid\tprofile", "OPENID", "openid admin"] {
        assert_eq!(alice.lets(&shop, scopes).await.error(), "invalid_scope", "{scopes}");
        let elsewhere = shop.asks(scopes).with("redirect_uri", "https://evil.example/callback");
        alice.goes(&elsewhere).await.stays_here(400);
    }
    let tokens = alice.gives(&shop, "").await;
    assert_eq!(tokens.scope, "address email groups phone profile", "nothing is all but what must be named");
    assert_eq!(tokens.id, "");
}
