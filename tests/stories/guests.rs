//! Guests: devices whose owner has not said who they are.

use countersign::base::ids::UserId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::users::UserFilter;

use super::house::{House, PASSWORD, host};
use super::ours::{DEVICE, OTHER_DEVICE};
use super::wire::{claims, part};

#[tokio::test]
async fn a_guest_is_a_subject_of_whom_nothing_is_known() {
    let house = House::fresh().await;
    let front = house.incrowd("front").await;
    front.requests(&[("grant_type", "anonymous")]).await.refuses(400, "invalid_request");
    front.welcomes_guest("no uuid").await.refuses(400, "invalid_request");
    let tokens = front.welcomes_guest(DEVICE).await.tokens();
    assert_eq!(tokens.scope, "openid");
    let said = claims(&tokens.access);
    assert_eq!(said["authorities"], serde_json::json!(["ROLE_ANONYMOUS"]));
    assert!(said.get("email").is_none() && said.get("first_name").is_none() && said.get("minor_id").is_none());
    let known = front.userinfo(&tokens.access).await.json();
    assert_eq!(known.as_object().unwrap().len(), 1, "only the subject: {known}");
    assert_eq!(claims(&tokens.id)["acr"], "0");
    let worth = front.introspects(&tokens.access).await.json();
    assert_eq!((&worth["active"], worth.get("username")), (&true.into(), None));
    let renewed = front
        .requests(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh), ("device_id", DEVICE)])
        .await
        .tokens();
    assert_eq!(claims(&renewed.access)["sub"], said["sub"]);
    let elsewhere =
        [("grant_type", "refresh_token"), ("refresh_token", &*renewed.refresh), ("device_id", OTHER_DEVICE)];
    front.requests(&elsewhere).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_device_id_is_no_secret() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    let (one, two) = (front.welcomes_guest(DEVICE).await.tokens(), front.welcomes_guest(DEVICE).await.tokens());
    assert_ne!(claims(&one.access)["sub"], claims(&two.access)["sub"]);
    assert!(front.finds_active(&one.access).await && front.finds_active(&two.access).await);
}

#[tokio::test]
async fn a_guest_becomes_a_person_and_stays_the_same_subject() {
    let house = House::fresh().await;
    let (front, other) = (house.ours("front").await, house.ours("other").await);
    house.lets_register(true).await;
    let guest = front.welcomes_guest(DEVICE).await.tokens();
    let becomes = async |email: &str, token: &str| front.registers(email, &[("guest_token", token)]).await;
    becomes("robin@example.org", "nonsense").await.refuses(400, "invalid_grant");
    becomes("robin@example.org", &guest.refresh).await.refuses(400, "invalid_grant");
    other.registers("robin@example.org", &[("guest_token", &guest.access)]).await.refuses(400, "invalid_grant");
    house.person("alice").await;
    becomes("alice@example.org", &guest.access).await.refuses(400, "invalid_request");

    let person = becomes("robin@example.org", &guest.access).await.tokens();
    assert_eq!(claims(&person.access)["sub"], claims(&guest.access)["sub"]);
    assert_eq!(front.userinfo(&person.access).await.json()["given_name"], "Robin");
    front.refreshes(&guest.refresh).await.refuses(400, "invalid_grant");
    assert!(!front.finds_active(&guest.access).await, "whoever holds it is not that person");
    becomes("sam@example.org", &guest.access).await.refuses(400, "invalid_grant");
    becomes("sam@example.org", &person.access).await.refuses(400, "invalid_grant");
    front.signs_in("robin@example.org", PASSWORD).await.tokens();
}

#[tokio::test]
async fn guests_are_in_no_list_sign_in_nowhere_and_go_with_what_they_held() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    let stays = front.welcomes_guest(DEVICE).await.tokens();
    let goes = front.welcomes_guest(OTHER_DEVICE).await.tokens();
    let people = house.engine.list_users(&Actor::host(), &UserFilter::All, None, 10).await.unwrap();
    assert!(people.items.is_empty());
    assert_eq!(house.engine.overview(&Actor::host()).await.unwrap().users.number, 0);
    let found = async |tokens: &super::app::Tokens| {
        let id = UserId::from_text(claims(&tokens.access)["sub"].as_str().unwrap());
        house.engine.user_detail(&Actor::host(), &id).await
    };
    let guest = found(&goes).await.unwrap();
    let names = [guest.username.clone(), guest.id.to_string(), OTHER_DEVICE.to_owned()];
    for name in names {
        front.signs_in(&name, "").await.refuses(400, "invalid_request");
        front.signs_in(&name, PASSWORD).await.refuses(400, "invalid_grant");
    }
    assert!(house.engine.start_recovery(&Actor::host(), &host(), &guest.id).await.is_err());

    house.engine.maintain().await.unwrap();
    assert!(found(&goes).await.is_ok(), "it still holds something");
    assert_eq!(front.revokes(&goes.refresh).await.status, 200);
    house.engine.maintain().await.unwrap();
    assert!(found(&goes).await.is_err() && found(&stays).await.is_ok());
    house.later(31 * 86_400);
    house.engine.maintain().await.unwrap();
    assert!(found(&stays).await.is_err());
}

#[tokio::test]
async fn so_many_guests_come_from_one_network() {
    let house = House::fresh().await;
    let front = house.ours("front").await;
    let mut limited = 0;
    for _ in 0..230 {
        limited += u32::from(front.welcomes_guest(DEVICE).await.status == 429);
    }
    assert_eq!(limited, 30);
}

#[tokio::test]
async fn a_guests_refresh_token_is_used_once() {
    let house = House::fresh().await;
    for front in [house.ours("front").await, house.incrowd("crowd").await] {
        let first = front.welcomes_guest(DEVICE).await.tokens();
        let second = front.refreshes(&first.refresh).await.tokens();
        front.refreshes(&first.refresh).await.refuses(400, "invalid_grant");
        front.refreshes(&second.refresh).await.refuses(400, "invalid_grant");
        assert_eq!(part(&second.id, 0)["typ"], "JWT");
    }
}
