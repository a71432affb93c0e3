//! What a program is given, how it is renewed, and what it opens.

use std::collections::BTreeSet;

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::ClientType;
use countersign::model::face::Face;
use futures_util::future::join_all;

use super::*;

#[tokio::test]
async fn somebody_registers_a_program_that_gets_and_renews_its_tokens() {
    let house = House::fresh().await;
    house.scope("reports", "See reports").await;
    house.scope("administrative", "Change everything").await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let first = program.is_given().await;

    let seen = program.looks(&first.access).await;
    assert_eq!(seen.status, 200, "{seen}");
    let expected = serde_json::json!({ "client_id": program.id, "scope": "reports", "exp": house.now() + 3600 });
    assert_eq!(seen.json(), expected, "no scope that administers");

    let known = program.introspects(&first.access).await;
    assert_eq!((&known["client_id"], &known["sub"]), (&program.id.clone().into(), &program.id.clone().into()));
    assert_eq!((&known["scope"], &known["token_type"]), (&"reports".into(), &"Bearer".into()));
    assert!(program.finds_active(&first.refresh).await);

    let second = given(&program.renews(&first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
    assert!(!program.finds_active(&first.refresh).await, "rotated");
    assert_eq!(program.looks(&second.access).await.status, 200);

    let [client] = &house.clients().await[..] else { panic!("one client") };
    assert_eq!(client.owner.as_ref(), Some(&alice.id));
    assert_eq!(client.faces, BTreeSet::from([Face::named("machine")]));
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.name()).collect();
    assert_eq!(grants, ["refresh_token", "client_credentials"]);
    assert!(house.activity_of(&client.id).await.contains(&"client_created".to_owned()));
}

#[tokio::test]
async fn the_token_endpoint_refuses_as_rfc_6749_says() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let (one, two) = (house.program(&alice).await, house.program(&alice).await);
    let wrong = Ask::post("/v1/oauth/token", &CREDENTIALS).basic_as_it_is(&format!("{}:nonsense", one.key));
    let wrong = house.asks(wrong).await;
    wrong.refuses(401, "invalid_client");
    assert!(wrong.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{wrong}");
    house.asks(Ask::post("/v1/oauth/token", &CREDENTIALS)).await.refuses(401, "invalid_client");
    one.asks(&[("grant_type", "authorization_code"), ("code", "x")]).await.refuses(400, "unsupported_grant_type");
    one.asks(&[("grant_type", "password")]).await.refuses(400, "unsupported_grant_type");
    one.asks(&[("grant_type", "refresh_token")]).await.refuses(400, "invalid_request");
    one.renews("nonsense").await.refuses(400, "invalid_grant");
    one.asks(&[CREDENTIALS[0], ("scope", "openid")]).await.refuses(400, "invalid_scope");
    let theirs = two.is_given().await;
    one.renews(&theirs.refresh).await.refuses(400, "invalid_grant");
    given(&two.renews(&theirs.refresh).await);

    // A client without the dialect is as good as unknown, and so is one of this dialect elsewhere.
    let shop = house.app_with("shop", ClientType::Web, vec![App::acting_alone()]).await;
    let secret = shop.secret.clone().unwrap_or_default();
    let ask = Ask::post("/v1/oauth/token", &CREDENTIALS).basic("shop", &secret);
    house.asks(ask).await.refuses(401, "invalid_client");
    one.as_app().requests(&CREDENTIALS).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_coming_again_ends_its_family() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let (first, other) = (program.is_given().await, program.is_given().await);
    let second = given(&program.renews(&first.refresh).await);
    program.renews(&first.refresh).await.refuses(400, "invalid_grant");
    program.renews(&second.refresh).await.refuses(400, "invalid_grant");
    for token in [&first.access, &second.access] {
        assert_eq!(program.looks(token).await.header("www-authenticate"), Some("Bearer"));
        assert!(!program.finds_active(token).await);
    }
    assert_eq!(program.looks(&other.access).await.status, 200, "another family");

    for _ in 0..5 {
        let given = program.is_given().await;
        let replies = join_all((0..64).map(|_| program.renews(&given.refresh))).await;
        let successors: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        let [successor] = successors[..] else { panic!("{} successors", successors.len()) };
        assert!(!program.finds_active(successor.json()["refresh_token"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn thirty_days_are_counted_from_each_renewal() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let mut refresh = program.is_given().await.refresh;
    for _ in 0..4 {
        house.later(29 * 86_400);
        house.engine.maintain().await.unwrap();
        refresh = given(&program.renews(&refresh).await).refresh;
    }
    house.later(30 * 86_400);
    assert!(!program.finds_active(&refresh).await);
    program.renews(&refresh).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_token_of_this_dialect_is_revoked_through_the_servers_endpoint() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let (first, second) = (program.is_given().await, program.is_given().await);
    assert_eq!(program.as_app().revokes(&first.access).await.status, 200);
    assert_eq!(program.looks(&first.access).await.status, 401);
    assert!(program.finds_active(&first.refresh).await, "only the access token went");
    assert_eq!(program.as_app().revokes(&second.refresh).await.status, 200);
    assert_eq!(program.looks(&second.access).await.status, 401, "a refresh token takes its family along");
    program.renews(&second.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(program.as_app().userinfo(&first.access).await.status, 401, "and it is nobody's");
}

#[tokio::test]
async fn the_resource_lets_in_who_holds_a_token_for_this_dialect() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let (program, shop) = (house.program(&alice).await, house.app("shop").await);
    let person = alice.gives(&shop, "openid").await;
    for ask in [
        Ask::get("/v1/resource"),
        Ask::get("/v1/resource").bearer("nonsense"),
        Ask::get("/v1/resource").header("authorization", "Bearer"),
        Ask::get("/v1/resource").basic_as_it_is(&program.pair()),
        Ask::get("/v1/resource").bearer(&person.access),
        Ask::get("/v1/resource").bearer(&program.is_given().await.refresh),
    ] {
        let reply = house.asks(ask).await;
        assert_eq!((reply.refusal().0, reply.header("www-authenticate")), (401, Some("Bearer")), "{reply}");
    }
    // Given the dialect, the application may show its people's tokens here; they name the person.
    let faces = [Face::named("oidc"), Face::named("machine")].into();
    shop.becomes(&[ClientChange::Faces(faces)]).await;
    let seen = house.asks(Ask::get("/v1/resource").bearer(&person.access)).await.json();
    assert_eq!((&seen["client_id"], &seen["sub"]), (&"shop".into(), &alice.id.to_string().into()));
    let given = program.is_given().await;
    house.later(3600);
    assert_eq!(program.looks(&given.access).await.status, 401, "expired");
}
