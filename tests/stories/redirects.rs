//! Where nobody is ever sent (RFC 9700, sections 2.1 and 4.11.2).

use countersign::base::ids::ClientId;
use countersign::engine::Denied;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::{ClientChange, NewClient};
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::ClientType;
use countersign::model::face::Face;
use countersign::model::redirect_uri::RedirectUri;
use countersign::model::refusal::Refusal;

use super::house::{House, host};
use super::wire::Ask;

/// Near misses of `https://shop.example/callback`.
const NEAR_MISSES: &[&str] = &[
    "https://shop.example/callback/",
    "https://shop.example/Callback",
    "https://SHOP.example/callback",
    "HTTPS://shop.example/callback",
    "https://shop.example./callback",
    "https://shop.example:443/callback",
    "https://shop.example:8443/callback",
    "https://shop.example:/callback",
    "https://shop.example:0443/callback",
    "http://shop.example/callback",
    "https:shop.example/callback",
    "https:/shop.example/callback",
    "https:///shop.example/callback",
    "https:\\\\shop.example\\callback",
    "https://shop.example/callback?",
    "https://shop.example/callback?next=https://evil.example",
    "https://shop.example/callback#",
    "https://shop.example/callback#https://evil.example",
    "https://shop.example/callback;evil",
    "https://shop.example//callback",
    "https://shop.example/./callback",
    "https://shop.example/x/../callback",
    "https://shop.example/callback/../evil",
    "https://shop.example/callback/..;/evil",
    "https://shop.example/%63allback",
    "https://shop.example/callback%2f",
    "https://shop.example/callback%2e",
    "https://shop.example/callback%00",
    "https://shop.example/callback%0d%0aX-Evil:%201",
    "https://shop.example/%2563allback",
    "https://shop.example%2fcallback",
    "https://shop.example@evil.example/callback",
    "https://evil.example@shop.example/callback",
    "https://shop.example:x@evil.example/callback",
    "https://evil.shop.example/callback",
    "https://shop.example.evil.example/callback",
    "https://evilshop.example/callback",
    "https://shop.exampl\u{435}/callback",
    "https://shop\u{3002}example/callback",
    "https://evil.example/https://shop.example/callback",
    "https://evil.example\\@shop.example/callback",
    "https://evil.example?https://shop.example/callback",
    "https://shop.example/callback https://evil.example",
    "https://shop.example/callback,https://evil.example",
    " https://shop.example/callback",
    "https://shop.example/callback ",
    "https://shop.example/callback\t",
    "https://shop.example/callback\r\nX-Evil: 1",
    "https://shop.example/callback\0",
    "https://shop.example",
    "https://shop.example/",
    "//shop.example/callback",
    "//evil.example/callback",
    "/callback",
    "callback",
    "shop.example/callback",
    "javascript:alert(1)//https://shop.example/callback",
    "data:text/html,<script>alert(1)</script>",
    "example.shop:/callback",
    "http://127.0.0.1/callback",
    "http://localhost/callback",
    "https://[::1]/callback",
    "*",
    "https://*.example/callback",
    "\"><script>alert(1)</script>",
];

#[tokio::test]
async fn refuses_every_near_miss_of_a_redirect_uri() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    for near_miss in NEAR_MISSES {
        let asking = shop.asks("openid").with("redirect_uri", near_miss);
        let stranger = house.browser();
        for asking in [asking.clone(), asking.clone().with("prompt", "none"), asking.with("response_mode", "form_post")]
        {
            for reply in [
                alice.goes(&asking).await,
                stranger.opens(&asking.path()).await,
                alice.browser.sends(Ask::post("/oauth/authorize", &asking.pairs())).await,
            ] {
                reply.stays_here(400);
                assert!(!reply.body.contains("code="), "{near_miss:?}: {reply}");
                assert!(!reply.body.contains("<script>alert"), "{near_miss:?}: {reply}");
                assert!(!reply.body.contains("href=\"javascript") && !reply.body.contains("href=\"data:"), "{reply}");
                let policy = reply.header("content-security-policy").unwrap();
                assert!(policy.ends_with("form-action 'self'"), "{near_miss:?}: {policy}");
            }
        }
    }
    assert!(NEAR_MISSES.len() >= 40);
}

#[tokio::test]
async fn refuses_an_unknown_application_or_one_that_may_not_ask() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    house.scope("stock", "See what is in store").await;
    let service = house.app_with("robot", ClientType::Service, vec![]).await;
    alice.lets(&shop, "openid").await;
    for asking in [
        shop.asks("openid").with("client_id", "nobody"),
        shop.asks("openid").with("client_id", "SHOP"),
        shop.asks("openid").with("client_id", ""),
        shop.asks("openid").without("client_id"),
        shop.asks("openid").with("redirect_uri", ""),
        shop.asks("openid").without("redirect_uri"),
        shop.asks("openid").with("client_id", &service.id),
        shop.asks("openid").with("client_id", "shop\0"),
    ] {
        for asking in [asking.clone(), asking.clone().with("prompt", "none"), asking.with("scope", "no such scope")] {
            alice.goes(&asking).await.stays_here(400);
        }
    }
}

#[tokio::test]
async fn refuses_a_disabled_application() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    shop.is_disabled().await;
    alice.goes(&shop.asks("openid")).await.stays_here(400);
    alice.goes(&shop.asks("openid").with("prompt", "none")).await.stays_here(400);
}

#[tokio::test]
async fn refuses_any_change_to_a_loopback_address_but_its_port() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let local = |text: &str| RedirectUri::parse(text).unwrap();
    let both = vec![local("http://127.0.0.1/cb"), local("http://[::1]:7/cb")];
    let native = house.app_with("tool", ClientType::Native, vec![ClientChange::RedirectUris(both.clone())]).await;
    for port in ["http://127.0.0.1:51234/cb", "http://127.0.0.1/cb", "http://[::1]:51234/cb"] {
        alice.answers(&native.asks("openid").with("redirect_uri", port)).await.code();
    }
    for wrong in [
        "http://127.0.0.1:51234/cb/",
        "http://127.0.0.1:51234/",
        "http://127.0.0.1:51234/cb?x",
        "http://127.0.0.1:0/cb",
        "http://127.0.0.1:65536/cb",
        "http://127.0.0.1:+80/cb",
        "http://127.0.0.1:1@evil.example/cb",
        "http://127.0.0.1.evil.example/cb",
        "http://127.0.0.2:51234/cb",
        "http://127.1:51234/cb",
        "http://2130706433:51234/cb",
        "http://localhost:51234/cb",
        "https://127.0.0.1:51234/cb",
        "http://[::1]:51234/cb#",
        "http://[0:0:0:0:0:0:0:1]:51234/cb",
        "http://[::ffff:127.0.0.1]:51234/cb",
    ] {
        alice.goes(&native.asks("openid").with("redirect_uri", wrong)).await.stays_here(400);
    }
    let web = house.app_with("desk", ClientType::Web, vec![ClientChange::RedirectUris(both)]).await;
    alice.goes(&web.asks("openid").with("redirect_uri", "http://127.0.0.1:51234/cb")).await.stays_here(400);
}

#[tokio::test]
async fn refuses_to_register_addresses_nobody_should_be_sent_to() {
    for wrong in [
        "http://shop.example/cb",
        "javascript:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "blob:https://shop.example/x",
        "about:blank",
        "shop:/cb",
        "https://*.shop.example/cb",
        "https://shop.example/*",
        "https://shop.example/cb#part",
        "https://user@shop.example/cb",
        "https://shop.example\\@evil.example/",
        "http://127.0.0.1.evil.example/cb",
        "/cb",
        "",
    ] {
        assert!(RedirectUri::parse(wrong).is_err(), "{wrong}");
    }
    let house = House::fresh().await;
    let own_scheme = RedirectUri::parse("example.shop:/cb").unwrap();
    let new = NewClient {
        id: None,
        name: "shop".to_owned(),
        kind: ClientType::Web,
        faces: [Face::named("oidc")].into(),
        changes: vec![ClientChange::RedirectUris(vec![own_scheme])],
    };
    let refused = house.engine.create_client(&Actor::host(), &host(), &new).await;
    assert!(
        matches!(refused, Err(Denied::Refused(Refusal::FieldInvalid(problem))) if problem.field == "redirect_uris")
    );
}

#[tokio::test]
async fn refuses_to_be_a_door_to_anywhere_else() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    // After signing in.
    for next in
        ["https://evil.example", "//evil.example", "/\\evil.example", "/%09/evil.example", "/account@evil.example"]
    {
        let browser = house.browser();
        let page = browser.opens(&super::wire::with_query("/login", &[("next", next)])).await;
        let fields = [("username", "alice"), ("password", super::house::PASSWORD), ("next", next)];
        let led = browser.submits(&page, &fields).await;
        assert_eq!(led.location(), "/", "{next}");
    }
    // After signing out.
    for address in NEAR_MISSES.iter().map(|miss| miss.replace("callback", "goodbye")) {
        let fields = [("id_token_hint", &*tokens.id), ("post_logout_redirect_uri", &address), ("state", "s")];
        let led = house.browser().opens(&super::wire::with_query("/oauth/logout", &fields)).await;
        assert_eq!(led.location(), "/signed-out?return=refused", "{address}");
    }
}

#[tokio::test]
async fn only_administrators_see_which_addresses_are_registered() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let second = "https://staging.shop.example/back";
    let registered: Vec<_> =
        [shop.asks("openid").redirect_uri(), second].map(|uri| RedirectUri::parse(uri).unwrap()).into();
    let id = ClientId::from_text(&shop.id);
    house.engine.change_client(&Actor::host(), &host(), &id, &[ClientChange::RedirectUris(registered)]).await.unwrap();
    let asking = shop.asks("openid").with("redirect_uri", "https://shop.example/Callback");
    alice.signs_in().await;
    ada.signs_in().await;

    for reply in [house.browser().opens(&asking.path()).await, alice.goes(&asking).await] {
        reply.stays_here(400);
        for shown in ["https://shop.example/Callback", "Whoever runs", "Reference"] {
            assert!(reply.body.contains(shown), "{shown}: {reply}");
        }
        for hidden in ["/callback", "<mark>", "staging", "/admin"] {
            assert!(!reply.body.contains(hidden), "{hidden}: {reply}");
        }
    }

    let reply = ada.goes(&asking).await;
    reply.stays_here(400);
    let way_on = format!(r#"href="/admin/applications/{}#redirects""#, shop.id);
    for shown in ["<mark>C</mark>", "<mark>c</mark>", second, &way_on] {
        assert!(reply.body.contains(shown), "{shown}: {reply}");
    }
}
