//! A sign-in front end of ours gets codes by the access token of whoever is signed in there.

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{ClientType, ConsentPolicy};
use poem::http::Method;
use serde_json::Value;

use super::app::{App, Asking};
use super::browser::Form;
use super::house::{House, PASSWORD};
use super::ours::{DEVICE, scopes};
use super::wire::{Ask, Reply, claims};

const ALL: &str = "openid profile email offline_access authorize";

async fn front(house: &House) -> App<'_> {
    house.ours_with("front", vec![scopes(ALL)]).await
}

fn asks(front: &App<'_>, asking: &Asking, token: &str) -> Ask {
    Ask::post("/oauth/authorize", &asking.pairs()).bearer(token).header("origin", &front.origin)
}

#[track_caller]
fn refuses(reply: &Reply, status: u16, error: &str) {
    let json = reply.json();
    assert_eq!((reply.status, &json["status"], &json["error"]), (status, &"error".into(), &error.into()), "{reply}");
    assert!(json["error_description"].is_string() && json["metadata"]["createdAt"].is_string(), "{reply}");
    assert!(json.get("data").is_none() && reply.header("location").is_none(), "{reply}");
}

#[tokio::test]
async fn hands_over_a_code_in_an_envelope_that_carries_session_and_proof_on() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, front(&house).await);
    let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::Consent(ConsentPolicy::Skip)]).await;
    let tokens = front.signs_in("alice", PASSWORD).await.tokens();
    assert_eq!(tokens.scope, "authorize email openid profile", "granted without being asked for");
    let proved_at = house.now();
    house.later(30);
    let asking = shop.asks("openid profile").with("state", "a b+c%20&é");
    let reply = house.asks(asks(&front, &asking, &tokens.access)).await;
    assert_eq!(reply.status, 200, "{reply}");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    assert_eq!(reply.header("access-control-allow-origin"), Some(&*front.origin));
    assert!(reply.all("vary").contains(&"Origin") && reply.all("set-cookie").is_empty(), "{reply}");
    let json = reply.json();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&json), ["data", "metadata", "status"]);
    assert_eq!((&json["status"], members(&json["data"])), (&"success".into(), vec!["code".into(), "state".into()]));
    assert_eq!(json["data"]["state"], "a b+c%20&é");
    assert_eq!(json["metadata"]["createdAt"], "2027-01-15T08:00:30.000Z");

    let code = json["data"]["code"].as_str().unwrap();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", shop.callback.as_str()),
        ("code_verifier", asking.verifier.as_str()),
    ];
    let given = shop.requests(&fields).await.tokens();
    let (id, before) = (claims(&given.id), claims(&tokens.id));
    assert_eq!(id["sub"], alice.id.as_str());
    assert_eq!((&id["sid"], &id["auth_time"], &id["acr"]), (&before["sid"], &proved_at.into(), &before["acr"]));
    assert_eq!(given.scope, "openid profile", "the front end's scope stays with the front end");
    shop.requests(&fields).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_renewed_token_serves_as_well_and_a_code_in_a_browser_gives_one_too() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, front(&house).await);
    let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::Consent(ConsentPolicy::Skip)]).await;
    let tokens = alice.gives(&front, "openid").await;
    assert_eq!(tokens.scope, "authorize openid");
    let renewed = front.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(renewed.scope, "authorize openid");
    let narrow = [("grant_type", "refresh_token"), ("refresh_token", &*renewed.refresh), ("scope", "authorize openid")];
    let narrow = front.requests(&narrow).await.tokens();
    for token in [&tokens.access, &renewed.access, &narrow.access] {
        assert_eq!(house.asks(asks(&front, &shop.asks("openid"), token)).await.status, 200);
    }
    alice.signs_out().await;
    refuses(&house.asks(asks(&front, &shop.asks("openid"), &narrow.access)).await, 401, "invalid_token");
}

#[tokio::test]
async fn refuses_whoever_is_no_front_end_of_ours() {
    let house = House::fresh().await;
    house.person("alice").await;
    let (front, plain) = (front(&house).await, house.ours("plain").await);
    let shop = house.app("shop").await;
    let (hers, others) =
        (front.signs_in("alice", PASSWORD).await.tokens(), plain.signs_in("alice", PASSWORD).await.tokens());
    let asking = shop.asks("openid");
    let nonsense = house.asks(asks(&front, &asking, "nonsense")).await;
    refuses(&nonsense, 401, "invalid_token");
    assert!(nonsense.header("www-authenticate").unwrap().starts_with("Bearer "));
    for token in [&hers.refresh, &hers.id] {
        refuses(&house.asks(asks(&front, &asking, token)).await, 401, "invalid_token");
    }
    let not_given = house.asks(asks(&plain, &asking, &others.access)).await;
    refuses(&not_given, 403, "insufficient_scope");
    assert_eq!(not_given.header("access-control-allow-origin"), None, "{not_given}");
    let guest = front.welcomes_guest(DEVICE).await.tokens();
    refuses(&house.asks(asks(&front, &asking, &guest.access)).await, 403, "insufficient_scope");
    for origin in [&*shop.origin, "https://evil.example", "null"] {
        let ask = Ask::post("/oauth/authorize", &asking.pairs()).bearer(&hers.access).header("origin", origin);
        let reply = house.asks(ask).await;
        refuses(&reply, 403, "access_denied");
        assert_eq!(reply.header("access-control-allow-origin"), None, "{reply}");
    }
    let nowhere = house.asks(Ask::post("/oauth/authorize", &asking.pairs()).bearer(&hers.access)).await;
    refuses(&nowhere, 403, "access_denied");

    front.becomes(&[scopes("openid profile email")]).await;
    refuses(&house.asks(asks(&front, &asking, &hers.access)).await, 401, "invalid_token");
}

#[tokio::test]
async fn says_what_is_wrong_with_the_request_and_asks_nobody() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, front(&house).await);
    let shop = house.app("shop").await;
    let token = front.signs_in("alice", PASSWORD).await.tokens().access;
    let says = async |asking: Asking| house.asks(asks(&front, &asking, &token)).await;
    let asking = || shop.asks("openid profile");
    refuses(&says(asking().with("client_id", "nobody")).await, 401, "invalid_client");
    refuses(&says(asking().without("client_id")).await, 401, "invalid_client");
    refuses(&says(asking().with("redirect_uri", "https://evil.example/cb")).await, 400, "invalid_grant");
    refuses(&says(asking().without("redirect_uri")).await, 400, "invalid_request");
    refuses(&says(asking().with("response_type", "token")).await, 400, "unsupported_response_type");
    refuses(&says(asking().with("scope", "openid admin")).await, 400, "invalid_scope");
    refuses(&says(asking().without("code_challenge").without("code_challenge_method")).await, 400, "invalid_request");
    refuses(&says(asking()).await, 403, "consent_required");
    refuses(&says(asking().with("prompt", "login")).await, 401, "login_required");
    refuses(&says(asking().with("prompt", "select_account")).await, 403, "account_selection_required");
    let twice = Ask::new(Method::POST, "/oauth/authorize")
        .typed("application/x-www-form-urlencoded", "client_id=shop&client_id=shop")
        .bearer(&token)
        .header("origin", &front.origin);
    refuses(&house.asks(twice).await, 400, "invalid_request");

    alice.gives(&shop, "openid profile").await;
    assert_eq!(says(asking()).await.status, 200, "she agreed in her browser");
    house.later(60);
    refuses(&says(asking().with("max_age", "59")).await, 401, "login_required");
    assert_eq!(says(asking().with("max_age", "60")).await.status, 200);
    house.group("staff").await;
    shop.becomes(&[ClientChange::Groups(["staff".to_owned()].into())]).await;
    refuses(&says(asking()).await, 403, "access_denied");
}

#[tokio::test]
async fn the_session_has_to_be_open() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, front(&house).await);
    let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::Consent(ConsentPolicy::Skip)]).await;
    // The grant outlives the session; the way to others does not.
    let tokens = alice.gives(&front, "openid offline_access").await;
    assert_eq!(house.asks(asks(&front, &shop.asks("openid"), &tokens.access)).await.status, 200);
    alice.signs_out().await;
    let renewed = front.refreshes(&tokens.refresh).await.tokens();
    refuses(&house.asks(asks(&front, &shop.asks("openid"), &renewed.access)).await, 401, "invalid_token");
}

#[tokio::test]
async fn preflights_are_for_front_ends_only_and_browsers_get_no_cors() {
    let house = House::fresh().await;
    let (front, plain) = (front(&house).await, house.ours("plain").await);
    let preflight = |origin: &str| {
        let ask = Ask::new(Method::OPTIONS, "/oauth/authorize").header("origin", origin);
        ask.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization")
    };
    let yes = house.asks(preflight(&front.origin)).await;
    assert_eq!((yes.status, yes.header("access-control-allow-origin")), (204, Some(&*front.origin)));
    assert_eq!(yes.header("access-control-allow-methods"), Some("POST"));
    for origin in [&*plain.origin, "https://evil.example", "null"] {
        let no = house.asks(preflight(origin)).await;
        assert_eq!((no.status, no.header("access-control-allow-origin")), (204, None), "{no}");
    }
    let asking = front.asks("openid");
    let page = house.asks(Ask::get(asking.path()).header("origin", &front.origin)).await;
    assert_eq!(page.header("access-control-allow-origin"), None, "{page}");
    let form = house.asks(Ask::post("/oauth/authorize", &asking.pairs()).header("origin", &front.origin)).await;
    assert_eq!((form.status, form.header("access-control-allow-origin")), (303, None), "{form}");
    front.is_disabled().await;
    assert_eq!(house.asks(preflight(&front.origin)).await.header("access-control-allow-origin"), None);
}

#[tokio::test]
async fn only_what_is_ours_may_have_the_scope() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let id = countersign::base::ids::ClientId::from_text("shop");
    let shop = house.app("shop").await;
    let (actor, host) = (countersign::engine::admin::Actor::host(), super::house::host());
    let refused = house.engine.change_client(&actor, &host, &id, &[scopes(ALL)]).await;
    assert!(format!("{refused:?}").contains("first-party"), "{refused:?}");
    let asked = alice.goes(&shop.asks("openid authorize")).await;
    assert!(asked.location().contains("error=invalid_scope"), "{asked}");
    assert!(alice.browser.opens("/login").await.is_page());
    let _ = Form::on(&alice.browser.opens("/login").await);
}
