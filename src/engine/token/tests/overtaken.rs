//! What happens between reading and committing, and what fails before.

use std::sync::{Arc, Mutex};

use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::house::{House, START, alice, cause, redeem, renew, request, session};
use crate::engine::token::GrantRequest;
use crate::engine::users::registration::Registration;
use crate::jose::Algorithm;
use crate::model::client::{AccessTokenForm, Client};
use crate::model::code::{Code, CodeLife};
use crate::model::consent::Consent;
use crate::model::session::{Session, SessionLife};
use crate::model::settings::{SelfRegistration, Settings};
use crate::model::signing_key::SigningKeyRecord;
use crate::model::token::AccessToken;
use crate::model::user::{Profile, User};
use crate::records::{Record, RecordChanges};
use crate::store::memory::Memory;
use crate::store::{Answer, Changes, Fault, Key, Order, Refused, Span, Store, Value};

/// A store in which somebody else is quicker: what waits in `first` is committed just before the next commit, what waits
/// in `once_read` just after the first look at that key.
#[derive(Default)]
struct Overtaken {
    memory: Memory,
    first: Mutex<Option<Changes>>,
    once_read: Mutex<Option<(Key, Changes)>>,
}

impl Store for Overtaken {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        let mut waiting = self.once_read.lock().unwrap();
        let then = match waiting.as_ref() {
            Some((key, _)) if keys.contains(key) => waiting.take(),
            _ => None,
        };
        Box::pin(async move {
            let found = self.memory.read(keys).await;
            if let Some((_, changes)) = then {
                self.memory.commit(changes).await.unwrap();
            }
            found
        })
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        self.memory.walk(span, order, limit)
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        let first = self.first.lock().unwrap().take();
        Box::pin(async move {
            if let Some(first) = first {
                self.memory.commit(first).await.unwrap();
            }
            self.memory.commit(changes).await
        })
    }
}

/// Redeems a code and renews a token while `change` happens to a record after it was read.
async fn while_it_changes<R: Record>(id: &str, change: impl Fn(&mut R), expected: &str) {
    for renews in [false, true] {
        let store = Arc::new(Overtaken::default());
        let house = House::over(Arc::clone(&store) as Arc<dyn Store>).await;
        let request = match renews {
            true => renew("web", &house.sign_in("openid").await.refresh_token.unwrap()),
            false => redeem("web", &house.code("web", "openid").await),
        };
        let was = house.engine.ledger.find::<R>(id).await.unwrap().unwrap();
        let mut now = was.record().clone();
        change(&mut now);
        let mut changes = Changes::new();
        changes.update(&was, &now);
        *store.first.lock().unwrap() = Some(changes);
        assert_eq!(cause(house.token(request).await), expected);
    }
}

#[tokio::test]
async fn whoever_is_cut_off_in_the_last_moment_gets_nothing() {
    while_it_changes::<User>(alice().id.as_str(), |alice| alice.disabled_at = Some(START), "user_disabled").await;
    while_it_changes::<Client>("web", |web| web.disabled_at = Some(START), "client_disabled").await;
    let ended = SessionLife::Ended { at: START };
    while_it_changes::<Session>(session().id.as_str(), |open| open.life = ended.clone(), "session_ended").await;
    while_it_changes::<Consent>("alice-id/web", |said| said.scopes = Default::default(), "consent_withdrawn").await;
}

/// Asks for tokens in every way while `change` happens to the client: right after it was authenticated, and right before
/// the commit.
async fn while_the_client_changes(change: impl Fn(&mut Client), expected: &str) {
    for (way, late) in (0..4).flat_map(|way| [(way, false), (way, true)]) {
        let store = Arc::new(Overtaken::default());
        let house = House::over(Arc::clone(&store) as Arc<dyn Store>).await;
        let request = match way {
            0 => redeem("web", &house.code("web", "openid").await),
            1 => renew("web", &house.sign_in("openid").await.refresh_token.unwrap()),
            2 => request("web", GrantRequest::ClientCredentials),
            _ => {
                house.change::<Client>("web", |web| web.access_token = AccessTokenForm::Opaque).await;
                request("web", GrantRequest::ClientCredentials)
            }
        };
        let was = house.engine.ledger.find::<Client>("web").await.unwrap().unwrap();
        let mut now = was.record().clone();
        change(&mut now);
        let mut changes = Changes::new();
        changes.update(&was, &now);
        match late {
            true => *store.first.lock().unwrap() = Some(changes),
            false => *store.once_read.lock().unwrap() = Some(("client/web".into(), changes)),
        }
        assert_eq!(cause(house.token(request).await), expected, "way {way}, late: {late}");
        assert!(house.all::<AccessToken>().await.is_empty());
    }
}

#[tokio::test]
async fn a_client_that_loses_its_secret_grant_type_or_interface_in_the_last_moment_gets_nothing() {
    while_the_client_changes(|web| web.secrets.clear(), "client_secret_wrong").await;
    while_the_client_changes(|web| web.grants.clear(), "grant_type_not_allowed").await;
    while_the_client_changes(|web| web.faces.clear(), "client_of_another_face").await;
    while_the_client_changes(|web| web.disabled_at = Some(START), "client_disabled").await;
}

#[tokio::test]
async fn a_key_that_cannot_sign_burns_nothing() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    let refresh = house.sign_in("openid").await.refresh_token.unwrap();
    let key = house.all::<SigningKeyRecord>().await.into_iter().find(|key| key.algorithm == Algorithm::Rs256).unwrap();
    house.delete::<SigningKeyRecord>(key.id.as_str()).await;
    house.engine.reload_keys().await.unwrap();
    for request in [redeem("web", &code), renew("web", &refresh)] {
        let answer = house.token(request).await;
        assert!(matches!(answer, Err(Denied::Unavailable(_))), "{answer:?}");
    }
    assert_eq!(house.all::<Code>().await.iter().filter(|code| code.life == CodeLife::Live).count(), 1);

    house.keep(&key).await;
    house.engine.reload_keys().await.unwrap();
    house.token(redeem("web", &code)).await.unwrap();
    house.token(renew("web", &refresh)).await.unwrap();
}

#[tokio::test]
async fn nobody_gets_an_account_where_registration_closes_in_the_last_moment() {
    let store = Arc::new(Overtaken::default());
    let house = House::over(Arc::clone(&store) as Arc<dyn Store>).await;
    house.change::<Client>("web", |web| web.first_party = true).await;
    house.keep(&Settings { self_registration: SelfRegistration::Open, ..Settings::default() }).await;
    let was = house.engine.ledger.find::<Settings>("only").await.unwrap().unwrap();
    let closed = Settings { self_registration: SelfRegistration::Closed, ..was.record().clone() };
    let mut changes = Changes::new();
    changes.update(&was, &closed);
    *store.first.lock().unwrap() = Some(changes);
    let who = Box::new(Registration {
        email: "robin@example.net".to_owned(),
        password: Secret::new("plum kettle orbits vase"),
        profile: Profile::default(),
    });
    let asked = request("web", GrantRequest::Register { who, guest: None });
    assert_eq!(cause(house.token(asked).await), "registration_closed");
    assert_eq!(house.all::<User>().await.len(), 1, "Alice only");
}
