//! Refresh tokens: rotated, never forked, never wider, and dead with what they rest on.

use std::collections::BTreeSet;

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::ClientType;
use countersign::model::lifetime::Lifetime;
use futures_util::future::join_all;

use super::house::House;
use super::wire::claims;

#[tokio::test]
async fn refuses_a_refresh_token_used_before_and_ends_its_family() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    for app in [house.app("shop").await, house.page_app("board").await] {
        let first = alice.gives(&app, "openid").await;
        let second = app.refreshes(&first.refresh).await.tokens();
        let third = app.refreshes(&second.refresh).await.tokens();
        app.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
        app.refreshes(&third.refresh).await.refuses(400, "invalid_grant");
        assert_eq!(app.userinfo(&third.access).await.status, 401);
    }
}

#[tokio::test]
async fn refuses_a_crowd_two_live_successors() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    for _ in 0..10 {
        let tokens = alice.gives(&shop, "openid").await;
        let replies = join_all((0..64).map(|_| shop.refreshes(&tokens.refresh))).await;
        let given: Vec<String> =
            replies.iter().filter(|reply| reply.status == 200).map(|reply| reply.tokens().refresh).collect();
        assert_eq!(given.len(), 1);
        assert!(!shop.finds_active(&given[0]).await, "the others were replays");
    }
}

#[tokio::test]
async fn a_grace_gives_the_same_successor_and_never_forks() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let grace = vec![ClientChange::RefreshGrace(Lifetime::seconds(10))];
    let shop = house.app_with("shop", ClientType::Web, grace).await;
    for _ in 0..10 {
        let tokens = alice.gives(&shop, "openid").await;
        let replies = join_all((0..64).map(|_| shop.refreshes(&tokens.refresh))).await;
        let successors: BTreeSet<String> = replies.iter().map(|reply| reply.tokens().refresh).collect();
        assert_eq!(successors.len(), 1, "all successes carry the same successor");
        house.later(9);
        let successor = shop.refreshes(&tokens.refresh).await.tokens().refresh;
        assert!(successors.contains(&successor));
        house.later(1);
        shop.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
        assert!(!shop.finds_active(&successor).await, "past its grace it is a replay");
    }
    // Once the successor was used, its predecessor is a replay at any time.
    let first = alice.gives(&shop, "openid").await;
    let second = shop.refreshes(&first.refresh).await.tokens();
    let third = shop.refreshes(&second.refresh).await.tokens();
    shop.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
    assert!(!shop.finds_active(&third.refresh).await);
}

#[tokio::test]
async fn refuses_to_renew_beyond_the_end_of_the_grant() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let short = vec![ClientChange::RefreshTtl(Lifetime::seconds(86_400))];
    let shop = house.app_with("shop", ClientType::Web, short).await;
    let mut tokens = alice.gives(&shop, "openid offline_access").await;
    for _ in 0..23 {
        house.later(3600);
        tokens = shop.refreshes(&tokens.refresh).await.tokens();
    }
    house.later(3599);
    tokens = shop.refreshes(&tokens.refresh).await.tokens();
    house.later(1);
    shop.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert!(!shop.finds_active(&tokens.refresh).await);
}

#[tokio::test]
async fn refuses_a_wider_scope_and_grants_a_narrower_one() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid profile").await;
    let asks = async |token: &str, scope: &str| {
        shop.requests(&[("grant_type", "refresh_token"), ("refresh_token", token), ("scope", scope)]).await
    };
    for wider in ["openid profile email", "email", "admin", "openid\u{a0}profile", "\"openid\""] {
        asks(&tokens.refresh, wider).await.refuses(400, "invalid_scope");
    }
    let narrow = asks(&tokens.refresh, "openid").await.tokens();
    assert_eq!((&*narrow.scope, &claims(&narrow.access)["scope"]), ("openid", &"openid".into()));
    assert!(shop.userinfo(&narrow.access).await.json().get("name").is_none());
    let wide = asks(&narrow.refresh, "").await.tokens();
    assert_eq!(wide.scope, "openid profile", "narrower once is not narrower for ever");

    // At redemption too.
    let answer = alice.lets(&shop, "openid profile").await;
    shop.redeems_with(&answer, &[("scope", "openid email")]).await.refuses(400, "invalid_scope");
    assert_eq!(shop.redeems_with(&answer, &[("scope", "openid")]).await.tokens().scope, "openid");
}

#[tokio::test]
async fn refuses_another_device_than_the_one_a_grant_is_bound_to() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (here, there) = ("acb93057-1b6b-4152-9990-6d078b74335a", "00000000-0000-4000-8000-000000000000");
    let answer = alice.lets(&shop, "openid").await;
    shop.redeems_with(&answer, &[("device_id", "my telephone")]).await.refuses(400, "invalid_request");
    let tokens = shop.redeems_with(&answer, &[("device_id", here)]).await.tokens();
    let renew = async |token: &str, device: &str| {
        shop.requests(&[("grant_type", "refresh_token"), ("refresh_token", token), ("device_id", device)]).await
    };
    renew(&tokens.refresh, there).await.refuses(400, "invalid_grant");
    renew(&tokens.refresh, here).await.tokens();

    shop.becomes(&[ClientChange::RequireDeviceId(true)]).await;
    let answer = alice.lets(&shop, "openid").await;
    shop.redeems(&answer).await.refuses(400, "invalid_request");
    let tokens = shop.redeems_with(&answer, &[("device_id", there)]).await.tokens();
    renew(&tokens.refresh, "").await.refuses(400, "invalid_request");
}
