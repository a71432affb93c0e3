//! Refresh tokens.

use std::time::Duration;

use crate::base::secret::Secret;
use crate::engine::house::{House, START, cause, client, redeem, renew};
use crate::engine::token::{Issued, TokenRequest};
use crate::model::audit::AuditKind;
use crate::model::client::Client;
use crate::model::grant::{Grant, GrantEnd, GrantLife};
use crate::model::lifetime::Lifetime;
use crate::model::token::{RefreshLife, RefreshToken};

const DAY: Duration = Duration::from_secs(86_400);

fn refresh_of(issued: &Issued) -> Secret {
    issued.refresh_token.clone().expect("a refresh token")
}

async fn with_grace(seconds: u32) -> House {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.refresh_grace = Lifetime::seconds(seconds)).await;
    house
}

#[tokio::test]
async fn each_is_used_once_and_its_replay_ends_the_family() {
    let house = House::new().await;
    let first = refresh_of(&house.sign_in("openid profile").await);
    let second = house.token(renew("web", &first)).await.unwrap();
    assert!(second.id_token.is_some() && !refresh_of(&second).is(first.expose()));

    assert_eq!(cause(house.token(renew("web", &first)).await), "refresh_used_before");
    assert_eq!(cause(house.token(renew("web", &refresh_of(&second))).await), "grant_ended");
    assert!(!house.is_active(&second.access_token).await);
    let [grant] = &house.all::<Grant>().await[..] else { panic!("one grant") };
    assert!(matches!(grant.life, GrantLife::Ended { why: GrantEnd::RefreshReplayed, .. }));
    assert_eq!(cause(house.token(renew("web", &first)).await), "refresh_used_before");
    assert_eq!(house.audit(AuditKind::TokenReplayed).await.len(), 1);
}

#[tokio::test]
async fn strangers_cannot_use_one_up() {
    let house = House::new().await;
    house.keep(&client("other")).await;
    let token = refresh_of(&house.sign_in("openid").await);
    assert_eq!(cause(house.token(renew("other", &token)).await), "refresh_of_another_client");
    for length in 0..token.expose().len() {
        let part = Secret::new(&token.expose()[..length]);
        assert_eq!(cause(house.token(renew("web", &part)).await), "refresh_unknown");
    }
    let longer = Secret::new(format!("{}A", token.expose()));
    assert_eq!(cause(house.token(renew("web", &longer)).await), "refresh_unknown");
    house.token(renew("web", &token)).await.unwrap();
}

#[tokio::test]
async fn a_lost_answer_is_given_again_within_the_grace() {
    let house = with_grace(10).await;
    let first = refresh_of(&house.sign_in("openid").await);
    let second = refresh_of(&house.token(renew("web", &first)).await.unwrap());
    house.clock.advance(Duration::from_secs(9));
    let again = house.token(renew("web", &first)).await.unwrap();
    assert!(refresh_of(&again).is(second.expose()), "the same successor, never another");
    assert_eq!(house.live_refresh_tokens().await, 1);

    house.clock.advance(Duration::from_secs(1));
    assert_eq!(cause(house.token(renew("web", &first)).await), "refresh_used_before");
    assert_eq!(cause(house.token(renew("web", &second)).await), "grant_ended");
}

#[tokio::test]
async fn once_the_successor_was_used_the_grace_is_over() {
    let house = with_grace(10).await;
    let first = refresh_of(&house.sign_in("openid").await);
    let second = refresh_of(&house.token(renew("web", &first)).await.unwrap());
    let third = refresh_of(&house.token(renew("web", &second)).await.unwrap());
    assert_eq!(cause(house.token(renew("web", &first)).await), "refresh_used_before");
    assert_eq!(cause(house.token(renew("web", &third)).await), "grant_ended");
}

#[tokio::test]
async fn what_is_stored_opens_no_successor() {
    use crate::base::digest::sha256;
    use crate::base::seal::SealingKey;
    let house = with_grace(10).await;
    let first = refresh_of(&house.sign_in("openid").await);
    house.token(renew("web", &first)).await.unwrap();
    let rotated = house.all::<RefreshToken>().await.into_iter().find(|token| token.life != RefreshLife::Live).unwrap();
    let RefreshLife::Rotated { successor, again: Some(again), .. } = &rotated.life else { panic!("rotated") };
    // The record holds the token's plain digest, so that must not be the key.
    let plain = SealingKey::from_bytes(&sha256(first.expose().as_bytes()));
    assert!(plain.open(successor, again).is_err());
}

#[tokio::test]
async fn renewing_for_ever_ends_with_the_grants_own_time() {
    let house = House::new().await;
    let mut token = refresh_of(&house.sign_in("openid offline_access").await);
    for _ in 0..29 {
        house.clock.advance(DAY);
        token = refresh_of(&house.token(renew("web", &token)).await.unwrap());
    }
    house.clock.advance(DAY - Duration::from_secs(1));
    let last = house.token(renew("web", &token)).await.unwrap();
    token = refresh_of(&last);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.engine.now(), START.plus(30 * DAY));
    assert_eq!(cause(house.token(renew("web", &token)).await), "refresh_expired");
    assert!(house.is_active(&last.access_token).await, "the access token has a life of its own");
}

#[tokio::test]
async fn a_shorter_lifetime_holds_for_grants_that_began_before() {
    let house = House::new().await;
    let token = refresh_of(&house.sign_in("openid offline_access").await);
    house.clock.advance(2 * DAY);
    house.change::<Client>("web", |web| web.refresh_ttl = Lifetime::seconds(86_400)).await;
    assert_eq!(cause(house.token(renew("web", &token)).await), "refresh_expired");
    assert_eq!(house.live_refresh_tokens().await, 1, "nothing was used up");
}

#[tokio::test]
async fn scope_may_narrow_for_once_and_never_widen() {
    let house = House::new().await;
    let narrowed = |token: &Secret, scope: &str| TokenRequest { scope: Some(scope.to_owned()), ..renew("web", token) };
    let first = refresh_of(&house.sign_in("openid profile").await);
    assert_eq!(cause(house.token(narrowed(&first, "openid email")).await), "scope_widened");
    let second = house.token(narrowed(&first, "profile")).await.unwrap();
    assert_eq!(second.scopes.to_string(), "profile");
    assert!(second.id_token.is_none());
    let third = house.token(renew("web", &refresh_of(&second))).await.unwrap();
    assert_eq!(third.scopes.to_string(), "openid profile", "the refresh token keeps what was granted");
}

#[tokio::test]
async fn one_that_was_revoked_by_itself_is_refused() {
    let house = House::new().await;
    let token = refresh_of(&house.sign_in("openid").await);
    let record = house.all::<RefreshToken>().await.remove(0);
    house.change::<RefreshToken>(&record.locator, |token| token.life = RefreshLife::Revoked { at: START }).await;
    assert_eq!(cause(house.token(renew("web", &token)).await), "refresh_revoked");
}

#[tokio::test]
async fn a_code_cannot_be_renewed_nor_a_refresh_token_redeemed() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    assert_eq!(cause(house.token(renew("web", &code)).await), "refresh_unknown");
    let issued = house.token(redeem("web", &code)).await.unwrap();
    assert_eq!(cause(house.token(redeem("web", &refresh_of(&issued))).await), "code_unknown");
    assert_eq!(cause(house.token(renew("web", &issued.access_token)).await), "refresh_unknown");
}
