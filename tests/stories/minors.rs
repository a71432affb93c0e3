//! People in somebody's care.

use super::house::{House, PASSWORD};
use super::ours::DEVICE;
use super::wire::claims;

#[tokio::test]
async fn a_minor_is_in_the_care_of_whoever_is_signed_in() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, house.incrowd("front").await);
    house.lets_register(true).await;
    let guardian = front.signs_in("alice", PASSWORD).await.tokens();
    assert!(claims(&guardian.access).get("minor_id").is_none());
    let minor = front.registers_minor("kim@example.org", &guardian.access).await.tokens();
    let said = claims(&minor.access);
    assert_eq!(said["minor_id"], said["sub"]);
    assert_ne!(said["sub"], alice.id.as_str());
    assert_eq!(claims(&front.refreshes(&minor.refresh).await.tokens().access)["minor_id"], said["sub"]);
    let again = front.signs_in("kim@example.org", PASSWORD).await.tokens();
    assert_eq!(claims(&again.access)["minor_id"], said["sub"]);
}

#[tokio::test]
async fn only_a_fresh_token_of_the_same_application_about_a_person_makes_a_guardian() {
    let house = House::fresh().await;
    let (front, other) = (house.ours("front").await, house.ours("other").await);
    house.person("alice").await;
    house.lets_register(true).await;
    let tries = async |token: &str| front.registers_minor("kim@example.org", token).await;
    tries("nonsense").await.refuses(400, "invalid_grant");
    let others = other.signs_in("alice", PASSWORD).await.tokens();
    tries(&others.access).await.refuses(400, "invalid_grant");
    let guest = front.welcomes_guest(DEVICE).await.tokens();
    tries(&guest.access).await.refuses(400, "invalid_grant");
    let hers = front.signs_in("alice", PASSWORD).await.tokens();
    tries(&hers.refresh).await.refuses(400, "invalid_grant");
    tries(&hers.id).await.refuses(400, "invalid_grant");

    house.later(599);
    let minor = tries(&hers.access).await.tokens();
    front.registers_minor("lou@example.org", &minor.access).await.refuses(400, "invalid_grant");
    house.later(1);
    front.registers_minor("lou@example.org", &hers.access).await.refuses(400, "invalid_grant");
    let renewed = front.refreshes(&hers.refresh).await.tokens();
    front.registers_minor("lou@example.org", &renewed.access).await.refuses(400, "invalid_grant");
    let again = front.signs_in("alice", PASSWORD).await.tokens();
    front.revokes(&again.access).await;
    front.registers_minor("lou@example.org", &again.access).await.refuses(400, "invalid_grant");
    house.lets_register(false).await;
    let last = front.signs_in("alice", PASSWORD).await.tokens();
    front.registers_minor("lou@example.org", &last.access).await.refuses(400, "invalid_request");
}

#[tokio::test]
async fn the_guardian_sees_them_and_can_end_their_account() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let front = house.ours("front").await;
    house.lets_register(true).await;
    let guardian = front.signs_in("alice", PASSWORD).await.tokens();
    let minor = front.registers_minor("kim@example.org", &guardian.access).await.tokens();
    let id = claims(&minor.access)["sub"].as_str().unwrap().to_owned();

    bob.signs_in().await;
    let page = bob.browser.opens("/account/care").await;
    assert!(page.status == 200 && !page.body.contains("kim@example.org"), "{page}");
    let csrf = bob.browser.opens("/account/profile").await;
    let csrf = super::browser::Form::on(&csrf).hidden("csrf").to_owned();
    assert_eq!(bob.browser.posts("/account/care/end", &[("csrf", &csrf), ("person", &id)]).await.status, 404);

    alice.signs_in().await;
    let page = alice.browser.opens("/account/care").await;
    assert!(page.body.contains("People in my care") && page.body.contains("kim@example.org"), "{page}");
    let sure = alice.browser.opens(&format!("/account/care?end={id}")).await;
    let done = alice.browser.submits(&sure, &[]).await;
    assert_eq!(done.status, 303, "{done}");
    assert!(!alice.browser.follows(done).await.body.contains("kim@example.org"));
    front.refreshes(&minor.refresh).await.refuses(400, "invalid_grant");
    front.signs_in("kim@example.org", PASSWORD).await.refuses(400, "invalid_grant");
}
