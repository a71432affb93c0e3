//! Applications of our own sign people in by themselves: by password, and by making their account.

use std::collections::BTreeSet;

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::engine::admin::users::UserFilter;
use countersign::model::client::{ClientType, ConsentPolicy};
use futures_util::future::join_all;

use super::house::{House, PASSWORD, host};
use super::ours::{DEVICE, OTHER_DEVICE, every_grant, registration};
use super::wire::{Ask, claims};

#[tokio::test]
async fn each_is_off_until_it_is_allowed_for_an_application_of_ours() {
    let house = House::fresh().await;
    let shop = house.app("shop").await;
    house.lets_register(true).await;
    for fields in [
        vec![("grant_type", "password"), ("username", "alice"), ("password", PASSWORD)],
        registration("register", "robin@example.org", &[]),
        registration("register_minor", "robin@example.org", &[("guardian_token", "x")]),
        vec![("grant_type", "anonymous"), ("device_id", DEVICE)],
    ] {
        shop.requests(&fields).await.refuses(400, "unauthorized_client");
    }
    let id = countersign::base::ids::ClientId::from_text("shop");
    let refused = house.engine.change_client(&Actor::host(), &host(), &id, &[every_grant()]).await;
    assert!(format!("{refused:?}").contains("first-party"), "{refused:?}");
    let wanted = [ClientChange::FirstParty(true), every_grant()];
    assert!(house.engine.change_client(&Actor::host(), &host(), &id, &wanted).await.is_ok());
}

#[tokio::test]
async fn they_are_told_of_only_where_they_are() {
    let house = House::fresh().await;
    house.ours("front").await;
    house.app("shop").await;
    let grants = async |query: &str| {
        let reply = house.gets(&format!("/.well-known/openid-configuration{query}")).await.json();
        let grants = reply["grant_types_supported"].as_array().unwrap().clone();
        grants.iter().map(|grant| grant.as_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    let general = grants("").await;
    assert_eq!(general, ["authorization_code", "refresh_token", "client_credentials"].map(String::from).into());
    assert_eq!(grants("?client_id=shop").await, ["authorization_code", "refresh_token"].map(String::from).into());
    let all = grants("?client_id=front").await;
    assert!(["password", "register", "register_minor", "anonymous"].iter().all(|grant| all.contains(*grant)));
}

#[tokio::test]
async fn a_password_signs_in_and_opens_a_session_that_is_listed_and_ends_like_the_others() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, house.ours("front").await);
    let tokens = front.signs_in("alice@example.org", PASSWORD).await.tokens();
    assert_eq!(claims(&tokens.access)["sub"], alice.id.as_str());
    assert_eq!(claims(&tokens.id)["auth_time"], house.now());
    assert_eq!(tokens.scope, "email openid profile");
    assert_eq!(front.userinfo(&tokens.access).await.json()["given_name"], "Alice");
    let renewed = front.refreshes(&tokens.refresh).await.tokens();

    alice.signs_in().await;
    let page = alice.browser.opens("/account/sessions").await;
    assert!(page.body.contains("front"), "{page}");
    let session = claims(&tokens.id)["sid"].as_str().unwrap().to_owned();
    let form = super::browser::Form::on(&page);
    let csrf = form.hidden("csrf").to_owned();
    alice.browser.posts("/account/sessions/end", &[("csrf", &csrf), ("session", &session)]).await;
    front.refreshes(&renewed.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(front.userinfo(&renewed.access).await.status, 401);
}

#[tokio::test]
async fn whatever_is_wrong_with_a_password_is_said_alike_and_slowed_down() {
    let house = House::fresh().await;
    house.person("alice").await;
    let off = house.person("off").await;
    let front = house.ours("front").await;
    house.engine.disable_user(&Actor::host(), &host(), &off.id, true).await.unwrap();
    let first = front.signs_in("alice", "wrong").await;
    first.refuses(400, "invalid_grant");
    for (name, password) in [("nobody", PASSWORD), ("off", PASSWORD), ("alice", "plum kettle orbits vas")] {
        assert_eq!(front.signs_in(name, password).await.body, first.body, "{name}");
    }
    let mut limited = 0;
    for _ in 0..50 {
        limited += u32::from(front.signs_in("alice", "wrong").await.status == 429);
    }
    assert!(limited > 40, "{limited}");
    let page = house.browser();
    let form = page.opens("/login").await;
    let reply = page.submits(&form, &[("username", "alice"), ("password", PASSWORD)]).await;
    assert_eq!(reply.status, 429, "one budget with the sign-in page: {reply}");
}

#[tokio::test]
async fn a_token_without_openid_tells_what_its_scopes_release() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, house.ours("front").await);
    let fields = [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD), ("scope", "email")];
    let tokens = front.requests(&fields).await.tokens();
    let about = front.userinfo(&tokens.access).await.json();
    assert_eq!((&about["sub"], &about["email"]), (&alice.id.as_str().into(), &"alice@example.org".into()));
    assert_eq!(about.get("name"), None);
}

#[tokio::test]
async fn who_was_never_asked_agrees_to_nothing_and_groups_hold() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let asks = house.ours_with("asks", vec![ClientChange::Consent(ConsentPolicy::Ask)]).await;
    asks.signs_in("alice", PASSWORD).await.refuses(400, "invalid_grant");
    alice.gives(&asks, "openid profile email").await;
    asks.signs_in("alice", PASSWORD).await.tokens();

    house.group("staff").await;
    let closed = house.ours_with("closed", vec![ClientChange::Groups(["staff".to_owned()].into())]).await;
    closed.signs_in("alice", PASSWORD).await.refuses(400, "invalid_grant");
    let join = [UserChange::AddGroup("staff".to_owned())];
    house.engine.change_user(&Actor::host(), &host(), &alice.id, &join).await.unwrap();
    closed.signs_in("alice", PASSWORD).await.tokens();
}

#[tokio::test]
async fn a_device_stays_with_what_it_was_given() {
    let house = House::fresh().await;
    house.person("alice").await;
    let front = house.ours_with("front", vec![ClientChange::RequireDeviceId(true)]).await;
    front.signs_in("alice", PASSWORD).await.refuses(400, "invalid_request");
    let sign_in = |device: &'static str| {
        [("grant_type", "password"), ("username", "alice"), ("password", PASSWORD), ("device_id", device)]
    };
    front.requests(&sign_in("no uuid")).await.refuses(400, "invalid_request");
    let tokens = front.requests(&sign_in(DEVICE)).await.tokens();
    front.refreshes(&tokens.refresh).await.refuses(400, "invalid_request");
    let renew = |device: &'static str, token: &str| {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token), ("device_id", device)];
        front.signed("/oauth/token", &fields)
    };
    house.asks(renew(OTHER_DEVICE, &tokens.refresh)).await.refuses(400, "invalid_grant");
    house.asks(renew(DEVICE, &tokens.refresh)).await.tokens();
}

#[tokio::test]
async fn somebody_registers_once_registration_is_open() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    front.registers("robin@example.org", &[]).await.refuses(400, "invalid_request");
    house.lets_register(true).await;
    let tokens = front.registers("robin@example.org", &[("birthdate", "1990-04-23"), ("country", "GB")]).await.tokens();
    let known = front.userinfo(&tokens.access).await.json();
    assert_eq!((&known["given_name"], &known["family_name"]), (&"Robin".into(), &"Reed".into()));
    assert_eq!((&known["email"], &known["email_verified"]), (&"robin@example.org".into(), &false.into()));
    assert_eq!(known["birthdate"], "1990-04-23");
    front.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(
        claims(&front.signs_in("robin@example.org", PASSWORD).await.tokens().access)["sub"],
        claims(&tokens.access)["sub"]
    );
    house.lets_register(false).await;
    front.registers("sam@example.org", &[]).await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn a_taken_address_looks_like_any_other_field_that_will_not_do() {
    let house = House::fresh().await;
    house.person("alice").await;
    let front = house.ours("front").await;
    house.lets_register(true).await;
    let taken = front.registers("alice@example.org", &[]).await;
    taken.refuses(400, "invalid_request");
    for (email, more) in [
        ("Alice@Example.ORG", ("locale", "en")),
        ("no address", ("locale", "en")),
        ("robin@example.org", ("password", "short")),
        ("robin@example.org", ("birthdate", "yesterday")),
        ("robin@example.org", ("picture", "javascript:alert(1)")),
        ("robin@example.org", ("first_name", "Rob\u{202e}in")),
    ] {
        assert_eq!(front.registers(email, &[more]).await.body, taken.body, "{email} {more:?}");
    }
    front.registers("robin@example.org", &[("email", "")]).await.refuses(400, "invalid_request");
    front.registers("robin@example.org", &[]).await.tokens();
}

#[tokio::test]
async fn a_crowd_with_one_address_makes_one_person() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    house.lets_register(true).await;
    let fields = registration("register", "robin@example.org", &[]);
    let asks: Vec<Ask> =
        (0..64).map(|n| front.signed("/oauth/token", &fields).coming_from(&format!("192.0.2.{n}"))).collect();
    let replies = join_all(asks.into_iter().map(|ask| house.asks(ask))).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 1);
    assert!(replies.iter().all(|reply| matches!(reply.status, 200 | 400 | 503)), "{replies:?}");
    let people = house.engine.list_users(&Actor::host(), &UserFilter::All, None, 10).await.unwrap();
    assert_eq!(people.items.len(), 1);
}

#[tokio::test]
async fn a_network_registers_so_many_and_a_stranger_registers_nobody() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    house.lets_register(true).await;
    let mut limited = 0;
    for n in 0..40 {
        let email = format!("p{n}@example.org");
        limited += u32::from(front.registers(&email, &[]).await.status == 429);
    }
    assert_eq!(limited, 10);
    let fields = registration("register", "eve@example.org", &[]);
    let stranger = Ask::post("/oauth/token", &fields).basic("front", "guessed").coming_from("192.0.2.99");
    house.asks(stranger).await.refuses(401, "invalid_client");
    let nobody = Ask::post("/oauth/token", &fields).basic("nobody", "x").coming_from("192.0.2.99");
    house.asks(nobody).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn nobody_registers_where_only_members_may_enter() {
    let house = House::fresh().await;
    house.group("staff").await;
    let closed = house.ours_with("closed", vec![ClientChange::Groups(["staff".to_owned()].into())]).await;
    house.lets_register(true).await;
    closed.registers("robin@example.org", &[]).await.refuses(400, "invalid_grant");
    closed.welcomes_guest(DEVICE).await.refuses(400, "invalid_grant");
    let people = house.engine.list_users(&Actor::host(), &UserFilter::All, None, 10).await.unwrap();
    assert!(people.items.is_empty());
}

#[tokio::test]
async fn a_page_without_a_secret_may_have_them_too() {
    let house = House::fresh().await;
    house.person("alice").await;
    let wanted = vec![ClientChange::FirstParty(true), ClientChange::Consent(ConsentPolicy::Skip)];
    let grants = [countersign::model::client::GrantType::Password].into();
    let board = house.app_with("board", ClientType::Spa, [wanted, vec![ClientChange::Grants(grants)]].concat()).await;
    let tokens = board.signs_in("alice", PASSWORD).await.tokens();
    assert_eq!(tokens.refresh, "", "it was not given refresh_token");
}
