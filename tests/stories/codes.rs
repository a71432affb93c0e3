//! Codes: once, soon, and only by whom they were made for.

use futures_util::future::join_all;

use super::house::House;
use super::wire::Reply;

#[tokio::test]
async fn refuses_a_code_that_comes_twice_and_ends_what_came_of_it() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let answer = alice.lets(&shop, "openid offline_access").await;
    let tokens = shop.redeems(&answer).await.tokens();
    let renewed = shop.refreshes(&tokens.refresh).await.tokens();
    assert!(shop.finds_active(&renewed.access).await);
    shop.redeems(&answer).await.refuses(400, "invalid_grant");
    for token in [&tokens.access, &renewed.access, &renewed.refresh] {
        assert!(!shop.finds_active(token).await, "the family has ended");
    }
    shop.refreshes(&renewed.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(shop.userinfo(&renewed.access).await.status, 401);
    shop.redeems(&answer).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn refuses_all_but_one_of_a_crowd_with_one_code() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    for _ in 0..10 {
        let answer = alice.lets(&shop, "openid").await;
        let replies = join_all((0..64).map(|_| shop.redeems(&answer))).await;
        let (given, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
        assert_eq!(given.len(), 1, "one success");
        for reply in refused {
            reply.refuses(400, "invalid_grant");
        }
        let tokens = given[0].tokens();
        assert!(!shop.finds_active(&tokens.access).await, "and what it yielded has ended: the others were replays");
    }
}

#[tokio::test]
async fn refuses_a_code_after_a_minute() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let in_time = alice.lets(&shop, "openid").await;
    house.later(59);
    shop.redeems(&in_time).await.tokens();
    for seconds in [60, 61, 3600] {
        let late = alice.lets(&shop, "openid").await;
        house.later(seconds);
        shop.redeems(&late).await.refuses(400, "invalid_grant");
    }
}

#[tokio::test]
async fn refuses_a_code_to_anybody_but_its_owner_and_keeps_it_for_them() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (other, page) = (house.app("other").await, house.page_app("board").await);
    let answer = alice.lets(&shop, "openid").await;
    other.redeems(&answer).await.refuses(400, "invalid_grant");
    page.redeems(&answer).await.refuses(400, "invalid_grant");
    shop.redeems_with(&answer, &[("redirect_uri", &other.callback)]).await.refuses(400, "invalid_grant");
    shop.redeems_with(&answer, &[("redirect_uri", "https://shop.example/callback/")])
        .await
        .refuses(400, "invalid_grant");
    shop.redeems_with(&answer, &[("redirect_uri", "")]).await.refuses(400, "invalid_request");
    let wrong = "a-verifier-that-nobody-made-a-challenge-from-at-all";
    shop.redeems_with(&answer, &[("code_verifier", wrong)]).await.refuses(400, "invalid_grant");
    shop.redeems_with(&answer, &[("code_verifier", "")]).await.refuses(400, "invalid_grant");
    shop.redeems(&answer).await.tokens();
}

#[tokio::test]
async fn refuses_a_code_once_the_session_is_over() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let answer = alice.lets(&shop, "openid").await;
    alice.signs_out().await;
    shop.redeems(&answer).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn refuses_in_the_same_words_whatever_is_wrong_with_a_grant() {
    let house = House::fresh().await;
    let (alice, shop, other) = (house.person("alice").await, house.app("shop").await, house.app("other").await);
    let tokens = alice.gives(&shop, "openid").await;
    let (answer, spent) = (alice.lets(&shop, "openid").await, alice.lets(&shop, "openid").await);
    shop.redeems(&spent).await.tokens();
    let made_up = format!("ac_{}{}", "0".repeat(26), "A".repeat(43));
    let verifier = "a-verifier-that-nobody-made-a-challenge-from-at-all";
    let old = alice.lets(&shop, "openid").await;
    let mut replies: Vec<Reply> = vec![
        shop.redeems_with(&answer, &[("code", "nonsense")]).await,
        shop.redeems_with(&answer, &[("code", &made_up)]).await,
        shop.redeems_with(&answer, &[("code_verifier", verifier)]).await,
        shop.redeems_with(&answer, &[("code_verifier", "")]).await,
        shop.redeems_with(&answer, &[("redirect_uri", "https://evil.example/")]).await,
        other.redeems(&answer).await,
        shop.redeems(&spent).await,
        other.refreshes(&tokens.refresh).await,
        shop.refreshes("nonsense").await,
        shop.refreshes(&format!("rt_{}{}", "0".repeat(26), "A".repeat(43))).await,
    ];
    house.later(61);
    replies.push(shop.redeems(&old).await);
    shop.refreshes(&tokens.refresh).await.tokens();
    replies.push(shop.refreshes(&tokens.refresh).await);
    alice.signs_out().await;
    replies.push(shop.redeems(&answer).await);
    for reply in &replies {
        assert_eq!((reply.status, &reply.body), (400, &replies[0].body), "{reply}");
        let told = |reply: &Reply| {
            let mut names: Vec<String> = reply.headers.keys().map(ToString::to_string).collect();
            names.sort();
            names
        };
        assert_eq!(told(reply), told(&replies[0]));
    }
}

#[tokio::test]
async fn refuses_after_a_restart_what_it_refused_before() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (spent, unspent) = (alice.lets(&shop, "openid").await, alice.lets(&shop, "openid").await);
    let tokens = shop.redeems(&spent).await.tokens();
    let renewed = shop.refreshes(&tokens.refresh).await.tokens();
    let later = house.restarted().await;
    let shop = shop.at(&later);
    assert!(shop.finds_active(&renewed.access).await, "what held holds");
    shop.redeems(&unspent).await.tokens();
    shop.redeems(&unspent).await.refuses(400, "invalid_grant");
    shop.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert!(!shop.finds_active(&renewed.refresh).await, "a replay is known as one");
    shop.redeems(&spent).await.refuses(400, "invalid_grant");
}
