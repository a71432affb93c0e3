//! Tokens in the way of incrowd: names and authorities, and a refresh token that is a JWT.

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{ClaimsProfile, ClientType};
use countersign::model::lifetime::Lifetime;
use futures_util::future::join_all;

use super::house::{House, ISSUER, PASSWORD};
use super::ours::DEVICE;
use super::wire::{Ask, claims, part};

#[tokio::test]
async fn both_tokens_say_what_the_profile_says() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.incrowd("app").await);
    let tokens = alice.gives(&app, "openid profile").await;
    assert_eq!(tokens.json["expires_in"], 86_400);
    assert_eq!((&part(&tokens.access, 0)["typ"], &part(&tokens.access, 0)["alg"]), (&"JWT".into(), &"RS256".into()));
    let (access, refresh) = (claims(&tokens.access), claims(&tokens.refresh));
    assert_eq!(
        access,
        serde_json::json!({
            "iss": ISSUER, "sub": alice.id.as_str(), "aud": ISSUER, "client_id": "app", "token_use": "access",
            "iat": house.now(), "nbf": house.now(), "exp": house.now() + 86_400, "jti": tokens.json["jti"],
            "first_name": "Alice", "last_name": "Adams", "email": "alice@example.org",
            "scope": ["openid", "profile"], "authorities": ["ROLE_USER_*"],
        })
    );
    let header = part(&tokens.refresh, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&"rt+jwt".into(), &"RS256".into()));
    assert_eq!(refresh["aud"], format!("{ISSUER}/oauth/token"));
    assert_eq!((&refresh["ati"], &refresh["sub"]), (&access["jti"], &access["sub"]));
    assert_eq!((&refresh["iss"], &refresh["client_id"]), (&ISSUER.into(), &"app".into()));
    assert_eq!((&refresh["iat"], &refresh["exp"]), (&house.now().into(), &(house.now() + 182 * 86_400).into()));
    assert!(refresh["jti"].is_string() && refresh.get("token_use").is_none());
    assert_ne!(tokens.id, tokens.access, "a real ID token");
}

#[tokio::test]
async fn neither_is_taken_for_the_other() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.incrowd("app").await);
    let tokens = alice.gives(&app, "openid").await;
    assert_eq!(app.userinfo(&tokens.refresh).await.status, 401);
    app.refreshes(&tokens.access).await.refuses(400, "invalid_grant");
    app.refreshes(&tokens.id).await.refuses(400, "invalid_grant");
    assert!(app.finds_active(&tokens.refresh).await && app.finds_active(&tokens.access).await);
    let reply = house.gets(&format!("/oauth/logout?id_token_hint={}", tokens.refresh)).await;
    assert_eq!(reply.location(), "/signed-out", "it is no hint, and nobody is signed in here: {reply}");
    assert!(app.finds_active(&tokens.refresh).await);
}

#[tokio::test]
async fn it_rotates_once_and_ends_everything_when_it_comes_again() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.incrowd("app").await);
    let other = house.incrowd("other").await;
    let first = alice.gives(&app, "openid").await;
    other.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
    let second = app.refreshes(&first.refresh).await.tokens();
    assert_eq!(claims(&second.refresh)["ati"], claims(&second.access)["jti"]);
    assert_ne!(claims(&second.refresh)["jti"], claims(&first.refresh)["jti"]);
    app.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
    app.refreshes(&second.refresh).await.refuses(400, "invalid_grant");
    assert!(!app.finds_active(&second.access).await);

    let crowd = alice.gives(&app, "openid").await;
    let replies = join_all((0..64).map(|_| app.refreshes(&crowd.refresh))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[tokio::test]
async fn not_a_character_of_it_may_differ() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.incrowd("app").await);
    let token = alice.gives(&app, "openid").await.refresh;
    let parts: Vec<&str> = token.split('.').collect();
    let another = alice.gives(&app, "openid").await.refresh;
    let others: Vec<&str> = another.split('.').collect();
    for forged in [
        format!("{}.{}.{}", parts[0], parts[1], others[2]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{}", parts[0], parts[1]),
        format!("{token}="),
        format!("{token}.x"),
        format!("{}.{}.{}", others[0], parts[1], parts[2].to_lowercase()),
    ] {
        app.refreshes(&forged).await.refuses(400, "invalid_grant");
    }
    app.refreshes(&token).await.tokens();
}

#[tokio::test]
async fn a_lost_answer_is_given_again_to_the_byte() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let wanted =
        vec![ClientChange::ClaimsProfile(ClaimsProfile::Incrowd), ClientChange::RefreshGrace(Lifetime::seconds(30))];
    let app = house.ours_with("app", wanted).await;
    let first = alice.gives(&app, "openid").await;
    let second = app.refreshes(&first.refresh).await.tokens();
    house.later(29);
    assert_eq!(app.refreshes(&first.refresh).await.tokens().refresh, second.refresh);
    house.later(1);
    app.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn it_outlives_the_browser_session_and_keys_but_not_its_half_year() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.incrowd("app").await);
    let mut tokens = alice.gives(&app, "openid").await;
    alice.signs_out().await;
    for _ in 0..3 {
        house.later(181 * 86_400);
        house.engine.maintain().await.unwrap();
        tokens = app.refreshes(&tokens.refresh).await.tokens();
    }
    house.later(182 * 86_400);
    app.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn what_is_said_beside_the_profile_counts() {
    let house = House::fresh().await;
    let wanted =
        vec![ClientChange::ClaimsProfile(ClaimsProfile::Incrowd), ClientChange::AccessTtl(Lifetime::seconds(600))];
    let app = house.app_with("app", ClientType::Web, wanted).await;
    let client = app.becomes(&[]).await;
    assert_eq!((client.access_ttl.as_secs(), client.refresh_ttl.as_secs()), (600, 182 * 86_400));
    assert_eq!(client.access_token_alg.name(), "RS256");
}

#[tokio::test]
async fn signing_out_there_ends_every_refresh_token_of_the_person() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let shop = house.app("shop").await;
    let plain = vec![ClientChange::ClaimsProfile(ClaimsProfile::Incrowd)];
    let (ours, crowd) = (house.ours("ours").await, house.app_with("crowd", ClientType::Web, plain).await);
    for app in [&ours, &crowd] {
        let elsewhere = alice.elsewhere(house.browser());
        let hers = elsewhere.gives(&shop, "openid offline_access").await;
        let by_password = ours.signs_in("alice", PASSWORD).await.tokens();
        let tokens = alice.gives(app, "openid").await;
        let reply = house.asks(Ask::get(format!("/oauth/logout?id_token_hint={}", tokens.access))).await;
        assert_eq!(reply.location(), "/signed-out", "{reply}");
        shop.refreshes(&hers.refresh).await.refuses(400, "invalid_grant");
        ours.refreshes(&by_password.refresh).await.refuses(400, "invalid_grant");
        app.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    }
    // A hint that has expired, or another application's, ends its own session only.
    let elsewhere = alice.elsewhere(house.browser());
    let hers = elsewhere.gives(&shop, "openid offline_access").await;
    let tokens = alice.gives(&ours, "openid").await;
    house.later(3_600);
    house.asks(Ask::get(format!("/oauth/logout?id_token_hint={}", tokens.access))).await;
    let kept = shop.refreshes(&hers.refresh).await.tokens();
    house.asks(Ask::get(format!("/oauth/logout?id_token_hint={}", kept.id))).await;
    shop.refreshes(&kept.refresh).await.tokens();
}

#[tokio::test]
async fn guests_and_minors_are_told_apart() {
    let house = House::fresh().await;
    let app = house.incrowd("app").await;
    let guest = app.welcomes_guest(DEVICE).await.tokens();
    assert_eq!(claims(&guest.access)["authorities"], serde_json::json!(["ROLE_ANONYMOUS"]));
    assert_eq!(part(&guest.refresh, 0)["typ"], "rt+jwt");
}
