use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use crate::base::clock::StillClock;
use crate::base::rng::SeededRng;
use crate::base::seal::SealingKey;
use crate::base::secret::Secret;
use crate::engine::admin::Actor;
use crate::engine::house::{self, House, ISSUER, START, caller, cause, redeem};
use crate::engine::{Engine, Foundation, Identity};
use crate::jose::Algorithm;
use crate::jose::jwk::PublicJwk;
use crate::jose::jwt::{self, Expect};
use crate::jose::verify::VerifyingKey;
use crate::model::audit::AuditKind;
use crate::model::client::{AccessTokenForm, Client};
use crate::model::lifetime::Lifetime;
use crate::model::signing_key::SigningKeyRecord;
use crate::store::Store;
use crate::store::memory::Memory;

impl House {
    async fn rotate(&self, algorithm: Algorithm) -> String {
        self.engine.rotate_key(&Actor::host(), &caller(), algorithm).await.unwrap().to_string()
    }

    /// What is published, as a stranger reads it.
    async fn published(&self) -> Vec<PublicJwk> {
        let (json, _) = self.engine.jwks(None).await.unwrap();
        let set: Value = serde_json::from_slice(&json).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| serde_json::from_value(key.clone()).unwrap()).collect()
    }

    /// Whether somebody who holds this copy of the published keys accepts the token now.
    fn accepts(&self, published: &[PublicJwk], token: &Secret) -> bool {
        let keys: Vec<_> = published.iter().map(|key| (key.kid(), VerifyingKey::from_jwk(key).unwrap())).collect();
        let find = |kid: &str| keys.iter().find(|(known, _)| *known == kid).map(|(_, key)| key);
        jwt::decode::<Value>(token.expose(), find, &Expect::theirs(self.engine.now())).is_ok()
    }

    /// An access token of `web`, and the key that signed it.
    async fn token_and_kid(&self) -> (Secret, String) {
        let code = self.code("web", "openid offline_access").await;
        let token = self.token(redeem("web", &code)).await.unwrap().access_token;
        let kid = house::part(&token, 0)["kid"].as_str().unwrap().to_owned();
        (token, kid)
    }
}

fn foundation(store: &Arc<dyn Store>, sealing: u8) -> Foundation {
    Foundation {
        store: Arc::clone(store),
        clock: Arc::new(StillClock::at(START)),
        rng: Arc::new(SeededRng::new(3)),
        sealing: Arc::new(SealingKey::from_bytes(&[sealing; 32])),
        identity: Identity { issuer: ISSUER.to_owned() },
        hashing: crate::engine::HashingLimits::TINY,
        faces: Default::default(),
        mail: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_first_starts_at_once_make_one_key_for_each_algorithm() {
    let store: Arc<dyn Store> = Arc::new(Memory::new());
    let starts: Vec<_> = (0..4).map(|_| tokio::spawn(Engine::open(foundation(&store, 7)))).collect();
    let mut kids = Vec::new();
    for start in starts {
        let engine = start.await.unwrap().unwrap();
        kids.push(engine.key_facts().into_iter().map(|key| key.kid).collect::<Vec<_>>());
    }
    assert_eq!(kids[0].len(), 3);
    assert!(kids.iter().all(|others| *others == kids[0]));
    let again = Engine::open(foundation(&store, 7)).await.unwrap();
    assert_eq!(again.key_facts().len(), 3, "a second start makes nothing");
    let ledger = crate::records::Ledger::new(Arc::clone(&store));
    let records = ledger.list::<SigningKeyRecord>(crate::store::Order::Ascending, None, 99).await.unwrap().items;
    assert!(records.iter().all(|record| !serde_json::to_string(record.record()).unwrap().contains("PRIVATE")));

    let Err(fault) = Engine::open(foundation(&store, 8)).await else { panic!("another key file opens nothing") };
    let said = fault.to_string();
    assert!(said.contains("sealed with another key file") && said.contains("Put the store.key"), "{said}");
}

/// A rotation from beginning to end: at each step what was signed verifies, also for those whose copy of the keys is as old
/// as it may be.
#[tokio::test]
async fn a_rotation_is_noticed_by_nobody() {
    let house = House::new().await;
    let (first_token, old) = house.token_and_kid().await;
    let before = house.published().await;
    let new = house.rotate(Algorithm::EdDsa).await;
    assert_ne!(old, new);
    assert_eq!(house.published().await.len(), 4);

    house.clock.advance(Duration::from_secs(299));
    let (token, kid) = house.token_and_kid().await;
    assert_eq!(kid, old, "the next key waits one cache lifetime");
    assert!(house.accepts(&before, &token));
    let stale = house.published().await;

    house.clock.advance(Duration::from_secs(1));
    let (newer, kid) = house.token_and_kid().await;
    assert_eq!(kid, new);
    assert!(house.accepts(&stale, &newer) && house.accepts(&house.published().await, &newer));
    for token in [&first_token, &token, &newer] {
        assert!(house.is_active(token).await);
    }

    house.clock.advance(Duration::from_secs(3598));
    assert!(house.is_active(&token).await);
    assert!(house.accepts(&house.published().await, &token), "the old key outlives its last token");
    house.clock.advance(Duration::from_secs(1));
    assert!(!house.is_active(&token).await && house.is_active(&newer).await);
    assert_eq!(house.published().await.len(), 4);
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(house.published().await.len(), 3, "now it is gone");
    house.engine.maintain().await.unwrap();
    assert_eq!(house.all::<SigningKeyRecord>().await.len(), 3);
    assert_eq!(house.audit(AuditKind::KeyRotated).await.len(), 1);
}

#[tokio::test]
async fn the_longest_token_of_any_client_decides() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(86_400)).await;
    house.rotate(Algorithm::EdDsa).await;
    let gone = house.engine.key_facts().iter().find_map(|key| key.gone_at).unwrap();
    assert_eq!(gone, START.plus(Duration::from_secs(300 + 86_400)));
}

#[tokio::test]
async fn no_token_outlives_the_key_that_signs_it() {
    let house = House::new().await;
    house.rotate(Algorithm::EdDsa).await;
    house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(86_400)).await;
    let issued = house.sign_in("openid").await;
    assert_eq!(issued.expires_in, 300 + 3600, "the old key goes then");
    house.clock.advance(Duration::from_secs(300));
    assert_eq!(house.sign_in("openid").await.expires_in, 86_400);
}

/// A token that lives a day, whose client then changes, over a server that was killed: the key stays exactly as long.
async fn a_days_token_outlives(what: impl AsyncFnOnce(&House)) {
    let mut house = House::new().await;
    house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(86_400)).await;
    let (token, old) = house.token_and_kid().await;
    what(&house).await;
    house.engine = Arc::new(house::open(Arc::clone(&house.store), &house.clock, 2).await);
    assert_ne!(house.rotate(Algorithm::EdDsa).await, old);

    house.clock.advance(Duration::from_secs(23 * 3_600));
    assert!(house.accepts(&house.published().await, &token), "it has an hour to live");
    house.clock.advance(Duration::from_secs(3_600 + 299));
    assert_eq!(house.published().await.len(), 4);
    house.clock.advance(Duration::from_secs(1));
    assert!(house.published().await.iter().all(|key| key.kid() != old), "nothing is left that it signed");
}

#[tokio::test]
async fn a_key_outlives_its_tokens_also_when_their_client_gives_shorter_ones_now() {
    a_days_token_outlives(async |house| {
        house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(60)).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_outlives_its_tokens_also_when_their_client_is_gone() {
    a_days_token_outlives(async |house| house.delete::<Client>("web").await).await;
}

/// The longest life is written down once; later tokens cost nothing.
#[tokio::test]
async fn only_a_longer_life_than_before_is_written_down() {
    let house = House::new().await;
    let lives = async |house: &House| {
        let keys = house.all::<SigningKeyRecord>().await;
        keys.iter().map(|key| key.longest_life).filter(|life| *life > 0).collect::<Vec<_>>()
    };
    house.sign_in("openid").await;
    assert!(lives(&house).await.is_empty(), "an hour is what every key stays anyway");
    for (ttl, written) in [(7_200, 7_200), (60, 7_200), (86_400, 86_400), (7_200, 86_400)] {
        house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(ttl)).await;
        house.sign_in("openid").await;
        assert_eq!(lives(&house).await, [written], "after {ttl}");
    }
    house.change::<Client>("web", |web| web.access_token = AccessTokenForm::Opaque).await;
    house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(100_000)).await;
    house.sign_in("openid").await;
    assert_eq!(lives(&house).await, [86_400], "no key signs those");
}

#[tokio::test]
async fn one_rotation_at_a_time() {
    let house = House::new().await;
    house.rotate(Algorithm::Es256).await;
    let again = house.engine.rotate_key(&Actor::host(), &caller(), Algorithm::Es256).await;
    assert_eq!(cause(again), "field_invalid");
    house.rotate(Algorithm::EdDsa).await;
    house.clock.advance(Duration::from_secs(300));
    house.rotate(Algorithm::Es256).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_rotations_at_once_one_wins() {
    let house = House::new().await;
    let rotations = (0..8).map(|_| {
        let engine = Arc::clone(&house.engine);
        tokio::spawn(async move { engine.rotate_key(&Actor::host(), &caller(), Algorithm::EdDsa).await })
    });
    let answers = futures_util::future::join_all(rotations.collect::<Vec<_>>()).await;
    assert_eq!(answers.into_iter().filter(|answer| answer.as_ref().unwrap().is_ok()).count(), 1);
    assert_eq!(house.all::<SigningKeyRecord>().await.len(), 4);
}

#[tokio::test]
async fn the_published_bytes_stay_the_same_until_something_changes() {
    let house = House::new().await;
    let (json, etag) = house.engine.jwks(None).await.unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() == 24);
    house.clock.advance(Duration::from_secs(9999));
    assert_eq!(house.engine.jwks(None).await.unwrap(), (json.clone(), etag.clone()));
    house.rotate(Algorithm::EdDsa).await;
    let (_, during) = house.engine.jwks(None).await.unwrap();
    assert_ne!(during, etag);
    house.clock.advance(Duration::from_secs(300));
    let (_, after) = house.engine.jwks(None).await.unwrap();
    assert_ne!(after, during, "the signing key comes first of its kind");
    house.clock.advance(Duration::from_secs(3600));
    assert_ne!(house.engine.jwks(None).await.unwrap().1, after);
    let kinds: Vec<Algorithm> = house.published().await.iter().map(PublicJwk::algorithm).collect();
    assert_eq!(kinds, Algorithm::ALL);
}

#[tokio::test]
async fn a_clients_view_has_the_keys_it_can_meet() {
    let house = House::new().await;
    let algorithms = async |house: &House| {
        let (json, _) = house.engine.jwks(Some("web")).await.unwrap();
        let set: Value = serde_json::from_slice(&json).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(algorithms(&house).await, ["RS256", "EdDSA"]);
    house.change::<Client>("web", |web| web.access_token = AccessTokenForm::Opaque).await;
    assert_eq!(algorithms(&house).await, ["RS256"]);
    house.change::<Client>("web", |web| web.id_token_alg = Algorithm::Es256).await;
    assert_eq!(algorithms(&house).await, ["ES256"]);
    assert_eq!(cause(house.engine.jwks(Some("nobody")).await), "client_unknown");
}
