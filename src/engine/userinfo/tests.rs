use serde_json::{Value, json};

use crate::base::secret::Secret;
use crate::engine::house::{House, START, cause, face, redeem, request};
use crate::engine::token::GrantRequest;
use crate::model::client::{AccessTokenForm, Client};
use crate::model::consent::Consent;
use crate::model::face::Face;
use crate::model::scope::{Scope, ScopeDefinition, Scopes};
use crate::model::user::{Address, ExternalId, User};

impl House {
    async fn userinfo(&self, token: &Secret) -> Value {
        Value::Object(self.engine.userinfo(&face(), token).await.unwrap().claims)
    }

    /// Lets `web` have these scopes too, and Alice agree.
    async fn allow(&self, scopes: &str) {
        let more = Scopes::parse(scopes).unwrap();
        self.change::<Client>("web", |web| web.scopes = web.scopes.union(&more)).await;
        self.change::<Consent>("alice-id/web", |said| said.scopes = said.scopes.union(&more)).await;
    }
}

#[tokio::test]
async fn scopes_release_their_claims_and_no_others() {
    let house = House::new().await;
    house.allow("address phone").await;
    let address = Address { locality: Some("Paris".to_owned()), country: Some("FR".to_owned()), ..Address::default() };
    house.change::<User>("alice-id", |alice| alice.profile.address = Some(address)).await;
    let cases = [
        ("openid", json!({ "sub": "alice-id" })),
        ("openid email", json!({ "sub": "alice-id", "email": "alice@example.org", "email_verified": true })),
        ("openid groups", json!({ "sub": "alice-id", "groups": ["staff"] })),
        ("openid address", json!({ "sub": "alice-id", "address": { "locality": "Paris", "country": "FR" } })),
        ("openid phone", json!({ "sub": "alice-id", "phone_number": "+1 555 0100", "phone_number_verified": false })),
        (
            "openid profile",
            json!({
                "sub": "alice-id", "name": "Alice Adams", "given_name": "Alice", "family_name": "Adams",
                "preferred_username": "alice", "updated_at": START.0,
            }),
        ),
    ];
    for (scopes, expected) in cases {
        let issued = house.sign_in(scopes).await;
        assert_eq!(house.userinfo(&issued.access_token).await, expected, "{scopes}");
    }
}

#[tokio::test]
async fn ids_in_other_systems_come_with_the_profile() {
    let house = House::new().await;
    let id =
        ExternalId { provider: "badge".to_owned(), user_id: "77".to_owned(), created_at: START, updated_at: START };
    house.change::<User>("alice-id", |alice| alice.external_ids.push(id)).await;
    let issued = house.sign_in("openid profile").await;
    let expected = json!([{ "provider": "badge", "user_id": "77", "created_at": START.0, "updated_at": START.0 }]);
    assert_eq!(house.userinfo(&issued.access_token).await["external_ids"], expected);
}

#[tokio::test]
async fn own_scopes_release_attributes_that_take_no_ones_place() {
    let house = House::new().await;
    let name = Scope::parse("projects").unwrap();
    let claims = ["desk", "sub", "unknown", "middle_name"].map(str::to_owned).to_vec();
    house.keep(&ScopeDefinition { name, description: "See your desk".to_owned(), claims, managed: false }).await;
    let issued = house.sign_in("openid projects").await;
    assert_eq!(house.userinfo(&issued.access_token).await, json!({ "sub": "alice-id", "desk": "4.12" }));
}

#[tokio::test]
async fn single_claims_are_told_where_the_client_may_know_them() {
    let house = House::new().await;
    let asked = ["email", "phone_number", "desk", "given_name"].map(str::to_owned);
    house.change::<Consent>("alice-id/web", |said| said.claims = asked.clone().into()).await;
    let code = house
        .code_with("web", "openid", |grant, _| {
            grant.claims.userinfo = asked.clone().map(|name| (name, Default::default())).into();
            grant.claims.id_token = [("email".to_owned(), Default::default())].into();
        })
        .await;
    let issued = house.token(redeem("web", &code)).await.unwrap();
    let told = house.userinfo(&issued.access_token).await;
    // Neither `phone` nor a scope that releases `desk` is among the client's.
    assert_eq!(told, json!({ "sub": "alice-id", "email": "alice@example.org", "given_name": "Alice" }));
    let id_token = house.claims(&issued.id_token.unwrap());
    assert_eq!(id_token["email"], "alice@example.org");
    assert!(id_token.get("given_name").is_none());
}

#[tokio::test]
async fn only_an_access_token_for_us_about_somebody_opens_it() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    let wrong = [issued.id_token.unwrap(), issued.refresh_token.unwrap(), Secret::new(""), Secret::new("at_x")];
    for token in &wrong {
        assert_eq!(cause(house.engine.userinfo(&face(), token).await), "token_invalid");
    }
    let machine = house.token(request("web", GrantRequest::ClientCredentials)).await.unwrap();
    assert_eq!(cause(house.engine.userinfo(&face(), &machine.access_token).await), "token_invalid");
    let without = house.sign_in("profile").await;
    let told = house.engine.userinfo(&face(), &without.access_token).await.unwrap();
    assert_eq!(
        (told.claims["sub"].as_str(), told.claims.get("email")),
        (Some("alice-id"), None),
        "as its scopes allow"
    );
    let code = house.code_with("web", "profile", |grant, _| grant.audience = vec!["https://api.example".to_owned()]);
    let elsewhere = house.token(redeem("web", &code.await)).await.unwrap();
    assert_eq!(cause(house.engine.userinfo(&face(), &elsewhere.access_token).await), "token_audience");
    let another = Face::named("another");
    assert_eq!(cause(house.engine.userinfo(&another, &issued.access_token).await), "token_invalid");
    assert_eq!(house.engine.userinfo(&face(), &issued.access_token).await.unwrap().client.as_str(), "web");
}

#[tokio::test]
async fn opaque_tokens_open_it_and_what_they_tell_is_fresh() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.access_token = AccessTokenForm::Opaque).await;
    let issued = house.sign_in("openid email").await;
    house.change::<User>("alice-id", |alice| alice.email = None).await;
    assert_eq!(house.userinfo(&issued.access_token).await, json!({ "sub": "alice-id" }));
    let text = issued.access_token.expose();
    for length in 0..text.len() {
        assert_eq!(cause(house.engine.userinfo(&face(), &Secret::new(&text[..length])).await), "token_invalid");
    }
}

#[tokio::test]
async fn tokens_of_another_server_are_nothing_here() {
    let (house, elsewhere) = (House::new().await, House::new().await);
    // Both houses share their keys; the other's grants and revocations are not ours.
    let issued = elsewhere.sign_in("openid").await;
    assert_eq!(cause(house.engine.userinfo(&face(), &issued.access_token).await), "token_invalid");
}
