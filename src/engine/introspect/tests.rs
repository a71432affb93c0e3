use std::time::Duration;

use serde_json::{Value, json};

use crate::base::secret::Secret;
use crate::engine::authenticate_client::Presented;
use crate::engine::house::{House, ISSUER, START, as_client, caller, cause, client, redeem, request};
use crate::engine::introspect::Introspection;
use crate::engine::token::GrantRequest;
use crate::model::client::{AccessTokenForm, Client, ClientType};

fn json_of(worth: &Introspection) -> Value {
    serde_json::to_value(worth).unwrap()
}

#[tokio::test]
async fn a_client_learns_about_its_own_tokens() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        let house = House::new().await;
        house.change::<Client>("web", |web| web.access_token = form).await;
        let issued = house.sign_in("openid profile").await;
        let told = json_of(&house.worth("web", &issued.access_token).await);
        let expected = json!({
            "active": true, "scope": "openid profile", "client_id": "web", "username": "alice", "token_type": "Bearer",
            "exp": START.0 + 3600, "iat": START.0, "sub": "alice-id", "aud": [ISSUER], "iss": ISSUER, "jti": issued.jti,
            "auth_time": START.0 - 60, "acr": "1",
        });
        assert_eq!(told, expected);

        let told = json_of(&house.worth("web", &issued.refresh_token.unwrap()).await);
        let expected = json!({
            "active": true, "scope": "openid profile", "client_id": "web", "username": "alice",
            "exp": START.0 + 30 * 86_400, "sub": "alice-id", "iss": ISSUER, "auth_time": START.0 - 60, "acr": "1",
        });
        assert_eq!(told, expected);
    }
}

#[tokio::test]
async fn others_learn_nothing_unless_they_are_the_audience() {
    let house = House::new().await;
    house.keep(&client("other")).await;
    let issued = house.sign_in("openid").await;
    for token in [&issued.access_token, issued.refresh_token.as_ref().unwrap(), issued.id_token.as_ref().unwrap()] {
        assert_eq!(json_of(&house.worth("other", token).await), json!({ "active": false }));
    }
    let code = house.code_with("web", "openid", |grant, _| grant.audience = vec!["other".to_owned()]).await;
    let issued = house.token(redeem("web", &code)).await.unwrap();
    let told = json_of(&house.worth("other", &issued.access_token).await);
    assert_eq!(told["aud"], json!(["other", ISSUER]));
    assert_eq!(house.worth("other", &issued.refresh_token.unwrap()).await, Introspection::Inactive);
}

#[tokio::test]
async fn only_access_and_refresh_tokens_are_tokens() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    assert_eq!(house.worth("web", &issued.id_token.unwrap()).await, Introspection::Inactive);
    let code = house.code("web", "openid").await;
    assert_eq!(house.worth("web", &code).await, Introspection::Inactive);
    let text = issued.access_token.expose().to_owned();
    for length in (0..text.len()).step_by(7) {
        assert_eq!(house.worth("web", &Secret::new(&text[..length])).await, Introspection::Inactive);
    }
    assert_eq!(house.worth("web", &Secret::new(format!("{text}A"))).await, Introspection::Inactive);
}

#[tokio::test]
async fn tokens_die_on_their_second() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        let house = House::new().await;
        house.change::<Client>("web", |web| web.access_token = form).await;
        let issued = house.sign_in("openid").await;
        house.clock.advance(Duration::from_secs(3599));
        assert!(house.is_active(&issued.access_token).await);
        house.clock.advance(Duration::from_secs(1));
        assert!(!house.is_active(&issued.access_token).await);
    }
}

#[tokio::test]
async fn a_machines_token_ends_with_its_client_or_scope() {
    let house = House::new().await;
    house.keep(&client("api")).await;
    house.change::<Client>("web", |web| web.audience = vec!["api".to_owned()]).await;
    let issued = house.token(request("web", GrantRequest::ClientCredentials)).await.unwrap();
    let told = json_of(&house.worth("api", &issued.access_token).await);
    assert_eq!((&told["sub"], &told["scope"], told.get("username")), (&json!("web"), &json!("projects reports"), None));
    house.change::<Client>("web", |web| web.scopes = web.scopes.filter(|scope| scope.as_str() != "reports")).await;
    assert_eq!(house.worth("api", &issued.access_token).await, Introspection::Inactive);

    let issued = house.token(request("web", GrantRequest::ClientCredentials)).await.unwrap();
    house.change::<Client>("web", |web| web.disabled_at = Some(START)).await;
    assert_eq!(house.worth("api", &issued.access_token).await, Introspection::Inactive);
}

#[tokio::test]
async fn whoever_cannot_prove_itself_may_not_ask() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    house.change::<Client>("web", |web| (web.kind, web.secrets) = (ClientType::Spa, vec![])).await;
    let named = Presented { client_secret: None, ..as_client("web") };
    let asked = house.engine.introspect(&caller(), &named, &issued.access_token).await;
    assert_eq!(cause(asked), "client_secret_missing");
    let asked = house.engine.introspect(&caller(), &Presented::default(), &issued.access_token).await;
    assert_eq!(cause(asked), "client_missing");
}

#[tokio::test]
async fn clients_of_every_interface_may_ask() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    house.change::<Client>("web", |web| web.faces.clear()).await;
    assert!(house.is_active(&issued.access_token).await);
}
