//! Every change that ends access, tried on everything that lives by a grant.

use std::pin::Pin;
use std::time::Duration;

use crate::base::secret::Secret;
use crate::engine::house::{House, START, cause, client, face, redeem, renew};
use crate::model::client::{Client, ConsentPolicy};
use crate::model::consent::Consent;
use crate::model::grant::{Grant, GrantEnd, GrantLife};
use crate::model::scope::{Scope, Scopes};
use crate::model::session::{Session, SessionLife};
use crate::model::user::User;

type Done<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;
type Change = for<'a> fn(&'a House) -> Done<'a>;

/// What happens, and the cause that is found for it afterwards.
const CHANGES: [(&str, Change); 17] = [
    ("user_disabled", |house| Box::pin(house.change::<User>("alice-id", |alice| alice.disabled_at = Some(START)))),
    ("user_gone", |house| Box::pin(house.delete::<User>("alice-id"))),
    ("user_not_allowed", |house| {
        Box::pin(house.change::<Client>("web", |web| web.groups = ["board".to_owned()].into()))
    }),
    ("session_ended", |house| {
        Box::pin(house.change::<Session>("session-1", |open| open.life = SessionLife::Ended { at: START }))
    }),
    ("session_ended", |house| Box::pin(house.delete::<Session>("session-1"))),
    ("session_ended", |house| Box::pin(house.change::<Session>("session-1", |open| open.expires_at = START))),
    ("consent_withdrawn", |house| Box::pin(house.delete::<Consent>("alice-id/web"))),
    ("consent_withdrawn", |house| {
        Box::pin(house.change::<Consent>("alice-id/web", |said| said.scopes = Scopes::parse("openid").unwrap()))
    }),
    ("consent_withdrawn", |house| {
        Box::pin(house.change::<Consent>("alice-id/web", |said| said.since = START.plus(Duration::from_secs(1))))
    }),
    ("scope_withdrawn", |house| {
        Box::pin(house.change::<Client>("web", |web| web.scopes = web.scopes.filter(|s| s.as_str() != Scope::PROFILE)))
    }),
    ("grant_ended", |house| Box::pin(end_grant(house))),
    ("grant_ended", |house| {
        Box::pin(async move {
            let id = house.all::<Grant>().await[0].id.to_string();
            house.delete::<Grant>(&id).await;
        })
    }),
    ("grant_ended", |house| Box::pin(house.change::<User>("alice-id", |alice| alice.access_epoch += 1))),
    // Somebody else was given the id of a user who is gone.
    ("grant_ended", |house| {
        Box::pin(house.change::<User>("alice-id", |alice| alice.created_at = START.plus(Duration::from_secs(1))))
    }),
    ("grant_ended", |house| {
        Box::pin(house.change::<Client>("web", |again| again.incarnation = "registered again".to_owned()))
    }),
    ("grant_ended", |house| {
        Box::pin(house.change::<Client>("web", |again| again.created_at = START.plus(Duration::from_secs(1))))
    }),
    // A disabled client cannot even ask; what it holds is tried through another client, below.
    ("client_disabled", |house| Box::pin(house.change::<Client>("web", |web| web.disabled_at = Some(START)))),
];

async fn end_grant(house: &House) {
    let id = house.all::<Grant>().await[0].id.to_string();
    let life = GrantLife::Ended { at: START, why: GrantEnd::RevokedByUser };
    house.change::<Grant>(&id, |grant| grant.life = life).await;
}

/// A house in which tokens of `web` may also be looked at by the client `api`, whose audience they are.
async fn house_with_api() -> House {
    let house = House::new().await;
    house.keep(&client("api")).await;
    house
}

async fn tokens_for_api(house: &House) -> (Secret, Secret) {
    let code = house.code_with("web", "openid profile", |grant, _| grant.audience = vec!["api".to_owned()]).await;
    let issued = house.token(redeem("web", &code)).await.unwrap();
    (issued.access_token, issued.refresh_token.unwrap())
}

#[tokio::test]
async fn each_change_ends_everything_at_once() {
    for (expected, change) in CHANGES {
        let house = house_with_api().await;
        let (access, refresh) = tokens_for_api(&house).await;
        assert!(house.is_active(&access).await && house.is_active(&refresh).await);
        assert!(
            house.worth("api", &access).await != house.worth("api", &refresh).await,
            "refresh tokens are web's own"
        );
        house.engine.userinfo(&face(), &access).await.unwrap();

        change(&house).await;
        assert_eq!(cause(house.token(renew("web", &refresh)).await), expected);
        assert_eq!(serde_json::to_string(&house.worth("api", &access).await).unwrap(), r#"{"active":false}"#);
        assert_eq!(cause(house.engine.userinfo(&face(), &access).await), "token_invalid", "{expected}");
        if expected != "client_disabled" {
            assert!(!house.is_active(&access).await && !house.is_active(&refresh).await, "{expected}");
        }
    }
}

#[tokio::test]
async fn each_change_stops_a_code_too() {
    for (expected, change) in CHANGES {
        let house = House::new().await;
        let code = house.code("web", "openid profile").await;
        change(&house).await;
        assert_eq!(cause(house.token(redeem("web", &code)).await), expected);
    }
}

#[tokio::test]
async fn offline_access_outlives_the_session_and_nothing_else() {
    for (expected, change) in CHANGES {
        let house = House::new().await;
        let refresh = house.sign_in("openid profile offline_access").await.refresh_token.unwrap();
        change(&house).await;
        match house.token(renew("web", &refresh)).await {
            Ok(_) => assert_eq!(expected, "session_ended"),
            refused => assert_eq!(cause(refused), expected),
        }
    }
}

#[tokio::test]
async fn where_nobody_is_asked_no_consent_is_needed() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.consent = ConsentPolicy::Skip).await;
    house.delete::<Consent>("alice-id/web").await;
    let refresh = house.sign_in("openid").await.refresh_token.unwrap();
    house.token(renew("web", &refresh)).await.unwrap();
}

#[tokio::test]
async fn single_claims_need_consent_too() {
    let house = House::new().await;
    let asks = |grant: &mut Grant| _ = grant.claims.userinfo.insert("email".to_owned(), Default::default());
    let code = house.code_with("web", "openid", |grant, _| asks(grant)).await;
    assert_eq!(cause(house.token(redeem("web", &code)).await), "consent_withdrawn");
    house.change::<Consent>("alice-id/web", |said| said.claims = ["email".to_owned()].into()).await;
    house.token(redeem("web", &code)).await.unwrap();
}

/// A member of one of the client's groups keeps access when others are removed.
#[tokio::test]
async fn one_group_is_enough() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.groups = ["staff".to_owned(), "board".to_owned()].into()).await;
    let refresh = house.sign_in("openid").await.refresh_token.unwrap();
    let refresh = house.token(renew("web", &refresh)).await.unwrap().refresh_token.unwrap();
    house.change::<User>("alice-id", |alice| alice.groups.clear()).await;
    assert_eq!(cause(house.token(renew("web", &refresh)).await), "user_not_allowed");
}
