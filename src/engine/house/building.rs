//! The engine the house is built around, and its interfaces.

use std::sync::{Arc, OnceLock};

use crate::base::clock::{Clock, StillClock};
use crate::base::ids::KeyId;
use crate::base::rng::{Rng, SeededRng};
use crate::base::seal::SealingKey;
use crate::engine::{Engine, Foundation, HashingLimits, Identity};
use crate::jose::Algorithm;
use crate::jose::key::SigningKey;
use crate::model::face::{ClientCustoms, Customs, Face, Faces, Law};
use crate::model::signing_key::SigningKeyRecord;
use crate::records::RecordChanges;
use crate::store::{Changes, Store};

use super::ISSUER;

/// An engine over `store`; the keys are made once for all tests, since finding an RSA key takes a while.
pub async fn open(store: Arc<dyn Store>, clock: &Arc<StillClock>, seed: u64) -> Engine {
    open_with(store, clock, seed, HashingLimits::TINY).await
}

/// The same, with hashes that cost this.
pub async fn open_with(store: Arc<dyn Store>, clock: &Arc<StillClock>, seed: u64, hashing: HashingLimits) -> Engine {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Algorithm::ALL.into_iter().map(SigningKey::generate).collect());
    let sealing = Arc::new(SealingKey::from_bytes(&[7; 32]));
    let mut changes = Changes::new();
    for key in keys {
        let id = KeyId::from_text(key.kid());
        let private = sealing.seal(&format!("key/{id}"), &key.to_pkcs8_der());
        let (algorithm, at) = (key.algorithm(), clock.now());
        let (created_at, signs_from) = (at, at);
        let (generation, signs_until, gone_at, longest_life) = (1, None, None, 0);
        changes.create(&SigningKeyRecord {
            id,
            generation,
            algorithm,
            private,
            created_at,
            signs_from,
            signs_until,
            gone_at,
            longest_life,
        });
    }
    // A store that was opened before has them.
    let _ = store.commit(changes).await;
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(seed));
    let identity = Identity { issuer: ISSUER.to_owned() };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    Engine::open(Foundation { store, clock, rng, sealing, identity, hashing, faces: FACES, mail: None }).await.unwrap()
}

/// The interfaces of this house: the canonical one, and one with a law of its own in every point.
const FACES: Faces = Faces {
    all: &[
        Customs { name: "front", prefix: "/front", paths: &[], clients: ClientCustoms::CANONICAL, law: Law::CANONICAL },
        Customs {
            name: "side",
            prefix: "/side",
            paths: &[],
            clients: ClientCustoms::CANONICAL,
            law: Law {
                ends_with_session: false,
                slides: true,
                empty_scope_is_everything: true,
                may_omit_redirect_uri: true,
                renews_services: true,
                takes_client_keys: true,
                takes_access_keys: true,
                ..Law::CANONICAL
            },
        },
    ],
    taken: &["/taken"],
    token_endpoint: None,
};

/// The interface that every client here was given.
pub fn face() -> Face {
    Face::named("front")
}
