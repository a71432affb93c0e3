//! Clients of ours, and the sessions their grants have for themselves.

use std::time::Duration;

use crate::base::secret::Secret;
use crate::engine::house::{House, alice, as_client, caller, cause, renew, request};
use crate::engine::token::{GrantRequest, Issued};
use crate::model::client::Client;
use crate::model::grant::{Grant, GrantEnd};
use crate::model::scope::Scopes;
use crate::model::session::{Session, SessionKind};
use crate::model::user::User;
use crate::store::{Changes, Order, Span};

const PASSWORD: &str = "plum kettle orbits vase";

/// A house whose client `web` is ours and in which Alice has a password.
async fn ours() -> House {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.first_party = true).await;
    let password = house.engine.gate.hasher.hash(&Secret::new(PASSWORD)).await.unwrap();
    house.change::<User>("alice-id", |alice| alice.password = Some(password)).await;
    house
}

async fn guest(house: &House, scope: Option<&str>) -> Issued {
    let mut asked = request("web", GrantRequest::Anonymous);
    asked.device_id = Some("acb93057-1b6b-4152-9990-6d078b74335a".to_owned());
    asked.scope = scope.map(str::to_owned);
    house.token(asked).await.unwrap()
}

async fn by_password(house: &House) -> Issued {
    let (username, password) = (alice().username, Secret::new(PASSWORD));
    house.token(request("web", GrantRequest::Password { username, password, otp: None })).await.unwrap()
}

/// The open sessions that grants have for themselves, in the order in which they began.
async fn open(house: &House) -> Vec<Session> {
    let now = house.engine.now();
    let of_grants = |session: &Session| session.is_open(now) && session.kind != SessionKind::Browser;
    house.all::<Session>().await.into_iter().filter(of_grants).collect()
}

#[tokio::test]
async fn the_session_of_a_grant_ends_with_it_however_that_ends() {
    let house = ours().await;
    let issued = guest(&house, None).await;
    assert_eq!(open(&house).await.len(), 1);
    house.engine.revoke(&caller(), &as_client("web"), &issued.refresh_token.unwrap()).await.unwrap();
    assert_eq!(open(&house).await, [], "the client revoked it");

    let old = guest(&house, None).await.refresh_token.unwrap();
    house.token(renew("web", &old)).await.unwrap();
    assert_eq!(open(&house).await.len(), 1);
    assert_eq!(cause(house.token(renew("web", &old)).await), "refresh_used_before");
    assert_eq!(open(&house).await, [], "its refresh token was replayed");
}

#[tokio::test]
async fn another_clients_grant_on_that_session_does_not_take_it_along() {
    let house = ours().await;
    by_password(&house).await;
    let [session] = &open(&house).await[..] else { panic!("one session") };
    let other = crate::engine::house::client("other");
    house.keep(&Client { client_key: "o".into(), ..other.clone() }).await;
    let code = house.code_with("other", "openid", |grant, _| grant.session = session.id.clone()).await;
    let grants = house.engine.ledger.list::<Grant>(Order::Ascending, None, 10).await.unwrap().items;
    let theirs: Vec<_> = grants.iter().filter(|grant| grant.client == other.id).collect();
    let mut changes = Changes::new();
    let ended = house.engine.end_grants(&theirs, GrantEnd::RevokedByUser, &mut changes).await.unwrap();
    house.engine.ledger.commit(changes).await.unwrap();
    assert_eq!((ended, open(&house).await.len()), (1, 1));
    assert!(house.token(crate::engine::house::redeem("other", &code)).await.is_err());
}

#[tokio::test]
async fn signing_in_by_password_again_and_again_keeps_the_latest_sessions_only() {
    let house = ours().await;
    let first = by_password(&house).await;
    let mut latest = Vec::new();
    for _ in 0..20 {
        house.clock.advance(Duration::from_secs(60));
        latest.push(by_password(&house).await);
    }
    let sessions = open(&house).await;
    assert_eq!(sessions.len(), 20);
    assert_eq!(cause(house.token(renew("web", &first.refresh_token.unwrap())).await), "session_ended");
    house.token(renew("web", latest[0].refresh_token.as_ref().unwrap())).await.unwrap();
    assert!(house.find::<Session>("session-1").await.is_open(house.engine.now()), "browsers are not counted");
}

#[tokio::test]
async fn guests_get_no_scope_that_administers_even_by_naming_it() {
    let house = ours().await;
    let scopes = "openid projects admin administrative admin:users admin.read";
    house.change::<Client>("web", |web| web.scopes = Scopes::parse(scopes).unwrap()).await;
    assert_eq!(guest(&house, Some(scopes)).await.scopes.to_string(), "openid projects");
    let issued = guest(&house, Some("admin administrative")).await;
    assert!(issued.scopes.is_empty(), "{}", issued.scopes);
}

#[tokio::test]
async fn one_guest_who_cannot_be_read_keeps_no_other_from_going() {
    let house = ours().await;
    for _ in 0..3 {
        guest(&house, None).await;
    }
    let damaged = house.all::<User>().await.into_iter().find(User::is_guest).unwrap();
    let key = bytes::Bytes::from(format!("user/{}", damaged.id));
    let was = house.store.read(vec![key.clone()]).await.unwrap().remove(0).unwrap();
    let mut changes = Changes::new();
    changes.replace(key, was, "1{".into());
    house.store.commit(changes).await.unwrap();
    house.clock.advance(Duration::from_secs(400 * 86_400));
    let maintained = house.engine.maintain().await.unwrap();
    assert_eq!(maintained.guests, 2);
    let left = house.store.walk(Span::of_prefix(b"user/"), Order::Ascending, 99).await.unwrap().len();
    assert_eq!(left, 2, "Alice and the damaged one");
}
