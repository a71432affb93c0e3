use std::sync::Arc;
use std::time::Duration;

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::authenticate_client::Presented;
use crate::engine::house::{self, House, as_client, caller, cause, client, renew, request};
use crate::engine::token::GrantRequest;
use crate::model::audit::AuditKind;
use crate::model::client::{AccessTokenForm, Client, ClientType};
use crate::model::token::RevokedJwt;
use crate::store::memory::Memory;
use crate::store::{Answer, Changes, Fault, Key, Order, Refused, Span, Store, Value};

impl House {
    async fn revoke(&self, by: &str, token: &Secret) {
        self.engine.revoke(&caller(), &as_client(by), token).await.unwrap();
    }
}

#[tokio::test]
async fn a_refresh_token_takes_its_grant_along() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    let refresh = issued.refresh_token.unwrap();
    house.revoke("web", &refresh).await;
    assert!(!house.is_active(&issued.access_token).await && !house.is_active(&refresh).await);
    assert_eq!(cause(house.token(renew("web", &refresh)).await), "grant_ended");
    house.revoke("web", &refresh).await;
    assert_eq!(house.audit(AuditKind::GrantRevoked).await.len(), 1);
}

#[tokio::test]
async fn one_that_was_rotated_still_ends_its_grant() {
    let house = House::new().await;
    let first = house.sign_in("openid").await.refresh_token.unwrap();
    let second = house.token(renew("web", &first)).await.unwrap().refresh_token.unwrap();
    house.revoke("web", &first).await;
    assert_eq!(cause(house.token(renew("web", &second)).await), "grant_ended");
}

#[tokio::test]
async fn an_access_token_goes_alone() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        let house = House::new().await;
        house.change::<Client>("web", |web| web.access_token = form).await;
        let issued = house.sign_in("openid").await;
        let refresh = issued.refresh_token.unwrap();
        let second = house.token(renew("web", &refresh)).await.unwrap();
        house.revoke("web", &issued.access_token).await;
        house.revoke("web", &issued.access_token).await;
        assert!(!house.is_active(&issued.access_token).await);
        assert!(house.is_active(&second.access_token).await);
        assert_eq!(cause(house.engine.userinfo(&house::face(), &issued.access_token).await), "token_invalid");
        house.token(renew("web", &second.refresh_token.unwrap())).await.unwrap();
        assert_eq!(house.audit(AuditKind::GrantRevoked).await.len(), 1);
    }
}

#[tokio::test]
async fn a_revoked_jwt_is_remembered_until_it_expires() {
    let house = House::new().await;
    let issued = house.token(request("web", GrantRequest::ClientCredentials)).await.unwrap();
    house.revoke("web", &issued.access_token).await;
    house.clock.advance(Duration::from_secs(3599));
    house.engine.maintain().await.unwrap();
    assert!(!house.is_active(&issued.access_token).await);
    assert_eq!(house.all::<RevokedJwt>().await.len(), 1);
    house.clock.advance(Duration::from_secs(1));
    house.engine.maintain().await.unwrap();
    assert!(house.all::<RevokedJwt>().await.is_empty());
}

#[tokio::test]
async fn somebody_elses_token_stays_and_nothing_is_said() {
    let house = House::new().await;
    house.keep(&client("other")).await;
    let issued = house.sign_in("openid").await;
    let refresh = issued.refresh_token.clone().unwrap();
    for token in [&issued.access_token, &refresh, &Secret::new("nonsense"), &Secret::new("")] {
        house.revoke("other", token).await;
    }
    assert!(house.is_active(&issued.access_token).await && house.is_active(&refresh).await);
    assert!(house.audit(AuditKind::GrantRevoked).await.is_empty());
}

#[tokio::test]
async fn a_public_client_may_end_its_own() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    house.change::<Client>("web", |web| web.kind = ClientType::Spa).await;
    let named = Presented { client_secret: None, ..as_client("web") };
    house.engine.revoke(&caller(), &named, issued.refresh_token.as_ref().unwrap()).await.unwrap();
    assert!(!house.is_active(&issued.access_token).await);
    let wrong = Presented { client_secret: Some(Secret::new("wrong")), ..as_client("web") };
    assert_eq!(cause(house.engine.revoke(&caller(), &wrong, &issued.access_token).await), "client_secret_wrong");
}

/// A store that cannot write.
struct Full(Arc<Memory>);

impl Store for Full {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        self.0.read(keys)
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        self.0.walk(span, order, limit)
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        let answer = if changes.is_empty() { Ok(()) } else { Err(Refused::Fault(Fault::new("the disk is full"))) };
        Box::pin(std::future::ready(answer))
    }
}

#[tokio::test]
async fn a_store_that_cannot_write_is_never_taken_for_success() {
    let memory = Arc::new(Memory::new());
    let house = House::over(Arc::clone(&memory) as Arc<dyn Store>).await;
    let issued = house.sign_in("openid").await;
    let full = house::open(Arc::new(Full(memory)), &house.clock, 2).await;
    let asking = caller();
    for token in [&issued.access_token, issued.refresh_token.as_ref().unwrap()] {
        let answer = full.revoke(&asking, &as_client("web"), token).await;
        assert!(matches!(answer, Err(Denied::Unavailable(_))), "{answer:?}");
        let answer = full.token(&asking, &renew("web", issued.refresh_token.as_ref().unwrap())).await;
        assert!(matches!(answer, Err(Denied::Unavailable(_))), "{answer:?}");
    }
    assert!(house.is_active(&issued.access_token).await);
    house.token(renew("web", &issued.refresh_token.unwrap())).await.unwrap();
}
