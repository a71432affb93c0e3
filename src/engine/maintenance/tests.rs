use std::time::Duration;

use crate::engine::admin::Actor;
use crate::engine::admin::activity::ActivityFilter;
use crate::engine::authenticate_client::Presented;
use crate::engine::house::{House, START, as_client, caller, caller_from, redeem};
use crate::model::audit::AuditKind;
use crate::model::client::{Client, ClientUsage};
use crate::model::code::Code;
use crate::model::grant::Grant;
use crate::model::token::{RefreshToken, RevokedJwt};
use crate::store::{Changes, Order, Span};

#[tokio::test]
async fn what_is_over_is_swept_and_nothing_else() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    house.token(redeem("web", &code)).await.unwrap();
    house.clock.advance(Duration::from_secs(29 * 86_400));
    house.engine.maintain().await.unwrap();
    assert_eq!((house.all::<Grant>().await.len(), house.all::<RefreshToken>().await.len()), (1, 1));
    house.clock.advance(Duration::from_secs(2 * 86_400));
    house.engine.maintain().await.unwrap();
    assert!(house.all::<Grant>().await.is_empty() && house.all::<RefreshToken>().await.is_empty());
    assert!(house.all::<Code>().await.is_empty());
    let left = Span { start: "grant".into(), end: "granu".into() };
    assert!(house.store.walk(left, Order::Ascending, 9).await.unwrap().is_empty(), "no secondary key is left behind");
}

#[tokio::test]
async fn thousands_are_swept_in_one_turn() {
    let house = House::new().await;
    for nth in 0..2_500 {
        house
            .keep(&RevokedJwt { jti: format!("jti-{nth}"), expires_at: START.plus(Duration::from_secs(nth % 7)) })
            .await;
    }
    house.clock.advance(Duration::from_secs(3));
    assert_eq!(house.engine.maintain().await.unwrap().swept, (0..2_500).filter(|nth| nth % 7 <= 3).count());
    assert_eq!(house.all::<RevokedJwt>().await.len(), (0..2_500).filter(|nth| nth % 7 > 3).count());
}

/// More records than one look takes are damaged, and come first: all others are swept nevertheless.
#[tokio::test]
async fn what_cannot_be_read_keeps_nothing_else() {
    let house = House::new().await;
    let (first, later) = (START, START.plus(Duration::from_secs(1)));
    for nth in 0..1_500 {
        house.keep(&RevokedJwt { jti: format!("broken-{nth}"), expires_at: first }).await;
        let key = bytes::Bytes::from(format!("revoked/broken-{nth}"));
        let was = house.store.read(vec![key.clone()]).await.unwrap().remove(0).unwrap();
        let mut changes = Changes::new();
        changes.replace(key, was, "1{".into());
        house.store.commit(changes).await.unwrap();
        house.keep(&RevokedJwt { jti: format!("whole-{nth}"), expires_at: if nth == 0 { first } else { later } }).await;
    }
    house.clock.advance(Duration::from_secs(3));
    house.engine.maintain().await.unwrap();
    let left = Span::of_prefix(b"revoked/");
    let left = house.store.walk(left, Order::Ascending, 9_999).await.unwrap();
    assert_eq!(left.len(), 1_500, "what cannot be read is still there");
    assert!(left.iter().all(|(key, _)| key.starts_with(b"revoked/broken")));
}

/// What happens in one second is told in the order in which it happened.
#[tokio::test]
async fn the_log_is_in_order_within_a_second() {
    let house = House::new().await;
    let names: Vec<String> = (0..50).map(|nth| format!("group-{nth}")).collect();
    for name in &names {
        house.engine.create_group(&Actor::host(), &caller(), name).await.unwrap();
    }
    let filter = ActivityFilter { kind: Some(AuditKind::GroupCreated), ..ActivityFilter::default() };
    for filter in [ActivityFilter::default(), filter] {
        let listed = house.engine.activity(&Actor::host(), &filter, None, 99).await.unwrap().items;
        let told = listed.iter().rev().filter_map(|record| record.details.get("group")).collect::<Vec<_>>();
        assert_eq!(told, names.iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn failures_beyond_the_cap_become_one_record() {
    let house = House::new().await;
    let wrong = Presented { client_secret: Some(crate::base::secret::Secret::new("wrong")), ..as_client("web") };
    for network in 0..100 {
        let caller = caller_from(&format!("203.0.113.{network}"));
        let _ = house.engine.authenticate_any_client(&caller, &wrong).await;
    }
    assert_eq!(house.audit(AuditKind::ClientAuthenticationFailed).await.len(), 30);
    assert_eq!(house.engine.maintain().await.unwrap().failures, 70);
    let [counted] = &house.audit(AuditKind::FailuresCounted).await[..] else { panic!("one record") };
    assert_eq!(counted.details["client_authentication_failed"], "70");
    assert_eq!(house.engine.maintain().await.unwrap().failures, 0);
}

#[tokio::test]
async fn of_a_deleted_client_no_use_is_kept() {
    let house = House::new().await;
    house.sign_in("openid").await;
    house.delete::<Client>("web").await;
    house.engine.maintain().await.unwrap();
    assert!(house.all::<ClientUsage>().await.is_empty());
}
