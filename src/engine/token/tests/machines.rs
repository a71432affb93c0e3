//! Clients that act for themselves.

use crate::engine::authenticate_client::Presented;
use crate::engine::house::{House, ISSUER, cause, request};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::model::client::{AccessTokenForm, Client, ClientType, ClientUsage};
use crate::model::token::AccessToken;
use crate::store::{Order, Span};

fn machine(scope: Option<&str>) -> TokenRequest {
    TokenRequest { scope: scope.map(str::to_owned), ..request("web", GrantRequest::ClientCredentials) }
}

#[tokio::test]
async fn without_a_scope_it_gets_all_that_is_not_about_people() {
    let house = House::new().await;
    for absent in [None, Some("")] {
        let issued = house.token(machine(absent)).await.unwrap();
        assert_eq!(issued.scopes.to_string(), "projects reports");
        assert!(issued.refresh_token.is_none() && issued.id_token.is_none());
        let claims = house.claims(&issued.access_token);
        assert_eq!((&claims["sub"], &claims["client_id"]), (&"web".into(), &"web".into()));
        assert_eq!(claims["aud"], ISSUER);
        assert!(claims.get("auth_time").is_none() && claims.get("acr").is_none());
        assert!(!issued.jti.contains('.'));
    }
    assert_eq!(house.token(machine(Some("reports"))).await.unwrap().scopes.to_string(), "reports");
}

#[tokio::test]
async fn it_learns_nothing_of_people_and_no_more_than_it_may() {
    let house = House::new().await;
    for scope in ["openid", "profile", "offline_access", "groups", "projects openid", "unknown", "projects\u{7f}"] {
        assert_eq!(cause(house.token(machine(Some(scope))).await), "scope_not_allowed", "{scope}");
    }
}

#[tokio::test]
async fn only_whoever_keeps_a_secret() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.kind = ClientType::Spa).await;
    assert_eq!(cause(house.token(machine(None)).await), "grant_type_not_allowed");
    let named = Presented { client_id: Some("web".to_owned()), ..Presented::default() };
    let request = TokenRequest { client: named, ..machine(None) };
    assert_eq!(cause(house.token(request).await), "grant_type_not_allowed");
}

#[tokio::test]
async fn a_jwt_costs_no_write_and_is_counted() {
    let house = House::new().await;
    let everything = || house.store.walk(Span { start: "".into(), end: "\u{7f}".into() }, Order::Ascending, 1_000);
    let before = everything().await.unwrap();
    for _ in 0..3 {
        house.token(machine(None)).await.unwrap();
    }
    assert_eq!(everything().await.unwrap(), before);

    assert_eq!(house.engine.maintain().await.unwrap().clients, 1);
    let usage: ClientUsage = house.find("web").await;
    assert_eq!(usage.issued["client_credentials"], 3);
    assert_eq!(usage.last_used_at, Some(house.engine.now()));
    assert_eq!(usage.secrets.len(), 1);
    house.token(machine(None)).await.unwrap();
    house.engine.maintain().await.unwrap();
    assert_eq!(house.find::<ClientUsage>("web").await.issued["client_credentials"], 4);
}

#[tokio::test]
async fn an_opaque_token_is_stored() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.access_token = AccessTokenForm::Opaque).await;
    let issued = house.token(machine(None)).await.unwrap();
    assert!(issued.access_token.expose().starts_with("at_"));
    let [stored] = &house.all::<AccessToken>().await[..] else { panic!("one token") };
    assert_eq!((stored.locator.as_str(), stored.subject.as_str()), (issued.jti.as_str(), "web"));
    assert!(house.is_active(&issued.access_token).await);
}

#[tokio::test]
async fn what_a_deleted_client_was_given_is_nothing_to_the_next_of_the_same_id() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        let house = House::new().await;
        house.change::<Client>("web", |web| web.access_token = form).await;
        let token = house.token(machine(None)).await.unwrap().access_token;
        assert!(house.is_active(&token).await);
        let was: Client = house.find("web").await;
        house.delete::<Client>("web").await;
        let created_at = match form {
            // A JWT does not name the registration: it is told by its second.
            AccessTokenForm::Jwt => was.created_at.plus(std::time::Duration::from_secs(1)),
            AccessTokenForm::Opaque => was.created_at,
        };
        house.keep(&Client { created_at, incarnation: "web-2".to_owned(), ..was }).await;
        assert!(!house.is_active(&token).await, "{form:?}");
        house.clock.advance(std::time::Duration::from_secs(1));
        let token = house.token(machine(None)).await.unwrap().access_token;
        assert!(house.is_active(&token).await, "{form:?}");
    }
}
