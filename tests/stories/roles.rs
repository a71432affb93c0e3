//! Roles: what somebody may do in applications, as tokens carry it.

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::ClientType;
use countersign::model::scope::Scopes;
use serde_json::json;

use super::app::App;
use super::house::{House, host};
use super::wire::claims;

async fn shop(house: &House) -> App<'_> {
    let scopes = ClientChange::Scopes(Scopes::parse("openid email roles offline_access").unwrap());
    house.app_with("shop", ClientType::Web, vec![scopes]).await
}

#[tokio::test]
async fn roles_are_told_to_whoever_was_granted_them_and_to_nobody_else() {
    let house = House::fresh().await;
    let roles = ["editor".to_owned(), "night editor".to_owned()];
    let alice = house.person_with("alice", vec![UserChange::Roles(roles.into())]).await;
    let shop = shop(&house).await;

    alice.signs_in().await;
    let onward = alice.goes(&shop.asks("openid roles")).await;
    let page = alice.browser.opens(onward.location()).await;
    assert!(page.body.contains("See the roles you have"), "{page}");

    let told = alice.gives(&shop, "openid roles").await;
    assert_eq!(claims(&told.access)["roles"], json!(["editor", "night editor"]));
    assert_eq!(shop.userinfo(&told.access).await.json()["roles"], json!(["editor", "night editor"]));
    let untold = alice.gives(&shop, "openid email").await;
    assert_eq!(claims(&untold.access).get("roles"), None);
    assert_eq!(shop.userinfo(&untold.access).await.json().get("roles"), None);
}

#[tokio::test]
async fn a_role_that_was_taken_is_gone_at_the_next_refresh() {
    let house = House::fresh().await;
    let alice = house.person_with("alice", vec![UserChange::Roles(["editor".to_owned()].into())]).await;
    let shop = shop(&house).await;
    let tokens = alice.gives(&shop, "openid roles offline_access").await;
    let none = [UserChange::Roles(Default::default())];
    house.engine.change_user(&Actor::host(), &host(), &alice.id, &none).await.unwrap();
    let renewed = shop.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(claims(&renewed.access)["roles"], json!([]));
    assert_eq!(shop.userinfo(&renewed.access).await.json()["roles"], json!([]));
}

#[tokio::test]
async fn discovery_names_the_scope_and_the_claim() {
    let house = House::fresh().await;
    let document = house.gets("/.well-known/openid-configuration").await.json();
    for (list, name) in [("scopes_supported", "roles"), ("claims_supported", "roles")] {
        let listed = document[list].as_array().unwrap();
        assert!(listed.contains(&json!(name)), "{list}: {listed:?}");
    }
}
