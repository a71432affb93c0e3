//! The whole server without a socket: a store, an engine over it, and every face.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use poem::{Endpoint, Response};

use crate::base::clock::SystemClock;
use crate::base::keyfile::{self, KeyFileError};
use crate::base::rng::{Rng, SystemRng};
use crate::base::seal::SealingKey;
use crate::dialects;
use crate::engine::identity::{Identity, IdentityRefused};
use crate::engine::{Denied, Engine, Foundation};
use crate::http::client_address::Network;
use crate::http::desk::Desk;
use crate::http::metrics::Metrics;
use crate::store::redb::{self, OpenError, Redb};
use crate::store::{Fault, Health, Store};

use super::Options;
use super::app::{App, Parts};
use super::health::{self, Probe, Readiness};
use super::notice::{self, Level};

/// A server that stands, and serves nobody yet.
pub struct House {
    /// The verbs.
    pub engine: Arc<Engine>,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    store: Arc<Redb>,
    rng: Arc<dyn Rng>,
    desk: Arc<Desk>,
}

/// Why a house could not be built.
#[derive(Debug)]
pub enum HouseError {
    /// The store was not opened.
    Store(OpenError),
    /// The key file cannot be used.
    KeyFile(KeyFileError),
    /// The issuer was not taken on.
    Identity(IdentityRefused),
    /// The store could not answer.
    Fault(Fault),
}

impl fmt::Display for HouseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HouseError::Store(error) => error.fmt(f),
            HouseError::KeyFile(error) => error.fmt(f),
            HouseError::Identity(error) => error.fmt(f),
            HouseError::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for HouseError {}

/// The store of the data directory `dir`, with its key. A fresh directory gets both.
///
/// # Errors
/// What may not be opened, and a key file that is missing beside an existing store.
pub fn open_store(dir: &Path, options: &redb::Options) -> Result<(Redb, SealingKey), HouseError> {
    let key_file = dir.join("store.key");
    let exists = ["store.redb", "store.initialised"].iter().any(|name| dir.join(name).exists());
    if !exists && options.create {
        // The key comes first: cut off here, a key without a store does no harm; the other way round, nothing would open.
        keyfile::load_or_create(&key_file, &SystemRng).map_err(HouseError::KeyFile)?;
    }
    let store = Redb::open(dir, options).map_err(HouseError::Store)?;
    let key = keyfile::load(&key_file).map_err(HouseError::KeyFile)?;
    Ok((store, SealingKey::from_bytes(&key)))
}

impl House {
    /// Opens the store and builds everything over it; `default_issuer` is for a deployment that was never given one.
    ///
    /// # Errors
    /// As [`HouseError`] has them, each with the way on.
    pub async fn open(options: &Options, default_issuer: &str) -> Result<House, HouseError> {
        let how = redb::Options { cache_mib: options.store_cache_mib, create: true, ..redb::Options::default() };
        let (store, sealing) = open_store(&options.data, &how)?;
        let store = Arc::new(store);
        let port: Arc<dyn Store> = store.clone();
        let given = options.issuer.as_deref();
        let identity = Identity::settle(&port, given, default_issuer, options.change_issuer).await;
        let identity = identity.map_err(HouseError::Identity)?;
        let rng: Arc<dyn Rng> = Arc::new(SystemRng);
        let forms = sealing.mac_key("forms");
        let foundation = Foundation {
            store: port,
            clock: Arc::new(SystemClock),
            rng: rng.clone(),
            sealing: Arc::new(sealing),
            identity,
            hashing: options.hashing,
            faces: dialects::FACES,
            mail: options.mail.clone(),
        };
        let engine = Arc::new(Engine::open(foundation).await.map_err(HouseError::Fault)?);
        let metrics = Arc::new(Metrics::new());
        let desk = Arc::new(Desk::new(engine.clone(), rng.clone(), metrics.clone(), forms));
        Ok(House { engine, metrics, store, rng, desk })
    }

    /// Everything the server answers.
    pub fn endpoint(&self, local_metrics: bool, proxies: Vec<Network>) -> impl Endpoint<Output = Response> + use<> {
        App::new(Parts {
            desk: self.desk.clone(),
            rng: self.rng.clone(),
            metrics: self.metrics.clone(),
            probe: self.probe(),
            local_metrics,
            proxies,
        })
    }

    /// What the operator's own listener answers.
    pub fn operators_endpoint(&self) -> impl Endpoint<Output = Response> + use<> {
        health::operators_listener(self.metrics.clone(), self.probe())
    }

    /// Says the one-time link to `/setup` while nobody has used it.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn announce_set_up(&self, as_json: bool) -> Result<(), HouseError> {
        match self.engine.open_set_up().await {
            Ok(Some(token)) => {
                let link = format!("{}/setup?token={}", self.desk.origin(), token.expose());
                notice::say(Level::Info, &format!("Set this server up, once: {link}"), as_json);
                Ok(())
            }
            Ok(None) => Ok(()),
            Err(denied) => Err(unfinished(denied, "the set-up link could not be made")),
        }
    }

    /// Writes down what is still only counted, and closes the store.
    pub async fn close(&self) {
        if let Err(fault) = self.engine.maintain().await {
            tracing::error!(%fault, "not everything that was counted is written down");
        }
        self.store.close().await;
    }

    fn probe(&self) -> Probe {
        let (store, engine) = (self.store.clone(), self.engine.clone());
        Arc::new(move || {
            let (store, engine) = (store.clone(), engine.clone());
            Box::pin(async move {
                match (store.health(), engine.settings().await) {
                    (Health::Closed, _) => Readiness::Unready("the store is closed".to_owned()),
                    (_, Err(fault)) => Readiness::Unready(fault.to_string()),
                    (Health::Degraded { reason }, Ok(_)) => Readiness::Degraded(vec![reason.to_string()]),
                    (Health::Sound, Ok(_)) => Readiness::Ready,
                }
            })
        })
    }
}

/// Why something that nobody refuses did not happen.
fn unfinished(denied: Denied, what: &str) -> HouseError {
    match denied {
        Denied::Unavailable(fault) => HouseError::Fault(fault),
        Denied::Refused(_) | Denied::Busy(_) => HouseError::Fault(Fault::new(what)),
    }
}
