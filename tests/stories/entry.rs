//! The ways in by a one-time link: the first administrator, and whoever lost the way.

use countersign::base::ids::UserId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;
use countersign::engine::admin::users::UserFilter;
use futures_util::future::join_all;
use poem::http::Method;

use super::house::{House, PASSWORD, host};
use super::wire::{Ask, with_query};

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

fn first_administrator(username: &str) -> [(&str, &str); 4] {
    [("name", "Our server"), ("username", username), ("email", "root@example.org"), ("password", PASSWORD)]
}

#[tokio::test]
async fn a_server_is_set_up_once_and_never_again() {
    let house = House::fresh().await;
    let token = house.engine.open_set_up().await.unwrap().expect("nobody was here").expose().to_owned();
    let link = with_query("/setup", &[("token", &token)]);
    for wrong in ["", "su_wrong", &token[..token.len() - 1], &format!("{token}A")] {
        house.gets(&with_query("/setup", &[("token", wrong)])).await.stays_here(404);
    }
    let browser = house.browser();
    assert_eq!(browser.sends(Ask::new(Method::HEAD, link.as_str())).await.status, 200, "looking uses nothing up");
    let page = browser.opens(&link).await;
    for weak in ["short", "passwordpassword", "rootrootrootroot", "qwertyuiopasdfgh"] {
        let filled = [&first_administrator("root")[..3], &[("password", weak)]].concat();
        let refused = browser.submits(&page, &filled).await;
        assert!(refused.stays_here(400).body.contains("assword"), "{weak}: {refused}");
        assert!(!refused.body.contains(weak), "{refused}");
    }
    let forged = [&first_administrator("root")[..], &[("token", &*token)]].concat();
    house.asks(Ask::post("/setup", &forged)).await.stays_here(400);

    let crowd: Vec<String> = (0..8).map(|n| format!("root{n}")).collect();
    let replies =
        join_all(crowd.iter().map(async |name| browser.copy().submits(&page, &first_administrator(name)).await)).await;
    let came_in = replies.iter().filter(|reply| reply.status == 303).collect::<Vec<_>>();
    assert_eq!(came_in.len(), 1);
    assert_eq!(came_in[0].location(), "/admin");
    let administrators = house.engine.list_users(&Actor::host(), &UserFilter::Administrators, None, 10).await.unwrap();
    assert_eq!(administrators.items.len(), 1, "one won");

    let again = house.restarted().await;
    for house in [&house, &again] {
        let browser = house.browser();
        assert!(house.engine.open_set_up().await.unwrap().is_none());
        browser.opens(&link).await.stays_here(410).names_itself();
        browser.submits(&page, &first_administrator("mallory")).await;
        assert_eq!(browser.session(), None);
    }
    let users = house.engine.list_users(&Actor::host(), &UserFilter::All, None, 10).await.unwrap();
    assert_eq!(users.items.len(), 1);
}

async fn link_for(house: &House, user: &UserId) -> String {
    let token = house.engine.start_recovery(&Actor::host(), &host(), user).await.unwrap();
    with_query("/recover", &[("token", token.expose())])
}

#[tokio::test]
async fn a_recovery_link_works_once_and_ends_what_was_before() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let link = link_for(&house, &alice.id).await;
    let browser = house.browser();
    for method in [Method::HEAD, Method::GET, Method::GET] {
        assert_eq!(browser.sends(Ask::new(method, link.as_str())).await.status, 200, "looking uses nothing up");
    }
    let page = browser.opens(&link).await;
    browser.submits(&page, &[("password", "short")]).await.stays_here(400);
    let done = browser.submits(&page, &[("password", NEW_PASSWORD)]).await;
    assert!(done.location().starts_with("/login"), "{done}");
    assert_eq!(browser.session(), None, "nobody is signed in by a link");
    browser.opens(&link).await.stays_here(410).names_itself();
    browser.submits(&page, &[("password", "another quarry spoon velvet")]).await.stays_here(410);

    shop.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert!(alice.browser.opens("/account").await.location().starts_with("/login"), "her sessions have ended");
    assert_eq!(alice.signs_in().await.status, 401, "the old password is dead");
    let page = browser.opens("/login").await;
    let signed_in = browser.submits(&page, &[("username", "alice"), ("password", NEW_PASSWORD)]).await;
    assert_eq!(signed_in.location(), "/");
}

#[tokio::test]
async fn a_recovery_link_is_overtaken_by_time_and_by_changes() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let gone = async |link: &str| house.gets(link).await.status == 410;

    let first = link_for(&house, &alice.id).await;
    let second = link_for(&house, &alice.id).await;
    assert!(gone(&first).await && !gone(&second).await, "a new link ends those before it");
    house.later(3_599);
    assert!(!gone(&second).await);
    house.later(1);
    assert!(gone(&second).await, "an hour is over");

    let third = link_for(&house, &alice.id).await;
    let moved = [UserChange::Email(Some("elsewhere@example.org".to_owned()))];
    house.engine.change_user(&Actor::host(), &host(), &alice.id, &moved).await.unwrap();
    assert!(gone(&third).await, "it was sent to another address");

    let fourth = link_for(&house, &alice.id).await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/password").await;
    alice.browser.submits(&page, &[("current", PASSWORD), ("new", NEW_PASSWORD)]).await.location();
    assert!(gone(&fourth).await, "she found the way herself");

    let fifth = link_for(&house, &alice.id).await;
    house.engine.disable_user(&Actor::host(), &host(), &alice.id, true).await.unwrap();
    assert!(gone(&fifth).await);
    house.engine.disable_user(&Actor::host(), &host(), &alice.id, false).await.unwrap();
    assert!(gone(&fifth).await, "and it stays so");
}

#[tokio::test]
async fn whoever_may_not_come_in_is_told_the_same_whatever_the_reason() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    house.engine.disable_user(&Actor::host(), &host(), &bob.id, true).await.unwrap();
    let browser = house.browser();
    let page = browser.opens("/login").await;
    let mut bodies = Vec::new();
    for (name, password) in
        [("alice", "not her password at all"), ("bob", PASSWORD), ("nobody", PASSWORD), ("nobody@example.org", "x")]
    {
        let reply = browser.submits(&page, &[("username", name), ("password", password)]).await;
        assert_eq!(reply.status, 401, "{name}: {reply}");
        let mut names: Vec<&str> = reply.headers.keys().map(|name| name.as_str()).collect();
        names.sort_unstable();
        bodies.push((reply.body.replace(name, "NAME"), names.join(" ")));
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:#?}");
    assert_eq!(alice.signs_in().await.location(), "/");
}
