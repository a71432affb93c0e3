//! Second floor: the verbs. Knows no HTTP, HTML, status code, redb or dialect name.
//!
//! Every verb goes the same way: read, decide in silence ([`Decision`]), commit once, answer ([`Engine::settle`]). A commit
//! that somebody overtook is decided again.

mod access;
pub mod admin;
pub mod authenticate_client;
pub mod authorize;
pub mod caller;
pub mod claims;
pub mod decision;
pub mod discovery;
pub mod failures;
pub mod held_token;
#[cfg(test)]
mod house;
pub mod identity;
pub mod introspect;
pub mod keys;
pub mod maintenance;
pub mod mint;
pub mod origins;
pub mod outbox;
pub mod own_clients;
pub mod post;
pub mod register_client;
pub mod resource;
pub mod revoke;
pub mod sign_out;
pub mod standing;
mod tally;
pub mod token;
pub mod userinfo;
pub mod users;

use std::sync::Arc;
use std::time::Duration;

use crate::base::clock::{Clock, Timestamp};
use crate::base::rng::Rng;
use crate::base::seal::SealingKey;
use crate::model::face::Faces;
use crate::model::mail::MailServer;
use crate::model::refusal::Refusal;
use crate::model::settings::Settings;
use crate::records::{Examination, Ledger};
use crate::store::{Fault, Refused, Store};

pub use caller::Caller;
pub use decision::Decision;
pub use identity::Identity;
pub use users::HashingLimits;

/// How often a decision that was overtaken is made again before the caller is told to come back.
const PATIENCE: usize = 64;

/// What an engine stands on.
pub struct Foundation {
    /// Where records are kept.
    pub store: Arc<dyn Store>,
    /// The present.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub rng: Arc<dyn Rng>,
    /// What private keys are sealed with.
    pub sealing: Arc<SealingKey>,
    /// What the deployment is called and reached by.
    pub identity: Identity,
    /// What hashing passwords may cost.
    pub hashing: HashingLimits,
    /// The interfaces through which requests come.
    pub faces: Faces,
    /// The mail server that the operator's file names; it comes before what administrators say.
    pub mail: Option<MailServer>,
}

impl Foundation {
    fn ledger(&self) -> Ledger {
        Ledger::new(Arc::clone(&self.store))
    }
}

/// Everything the verbs need: records, time, chance, keys.
pub struct Engine {
    pub(crate) ledger: Ledger,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) rng: Arc<dyn Rng>,
    pub(crate) sealing: Arc<SealingKey>,
    pub(crate) identity: Identity,
    pub(crate) keys: keys::Keys,
    pub(crate) faces: Faces,
    /// The mail server of the operator's file.
    pub(in crate::engine) operators_mail: Option<MailServer>,
    /// What is counted instead of written down at once.
    pub(crate) tally: tally::Tally,
    /// Wrong client secrets, by client and network.
    pub(crate) client_tries: authenticate_client::ClientTries,
    /// What stands between strangers and accounts.
    pub(crate) gate: users::Gate,
    /// Interactions begun, by network.
    pub(in crate::engine) beginnings: authorize::Beginnings,
    /// Questions to passkeys begun, by network.
    pub(in crate::engine) ceremonies: authorize::Beginnings,
}

/// Why a verb gave no answer.
#[derive(Clone, Debug)]
pub enum Denied {
    /// It was decided so.
    Refused(Refusal),
    /// Too much is going on; worth another try after this long.
    Busy(Duration),
    /// The store could not say. Nothing may be concluded.
    Unavailable(Fault),
}

impl From<Refusal> for Denied {
    fn from(refusal: Refusal) -> Denied {
        Denied::Refused(refusal)
    }
}

impl From<Fault> for Denied {
    fn from(fault: Fault) -> Denied {
        Denied::Unavailable(fault)
    }
}

impl Engine {
    /// Builds the engine; makes the signing keys and the scopes every deployment has when there are none.
    ///
    /// # Errors
    /// The store's fault, keys that were sealed with another key file, or limits nobody can hash with.
    pub async fn open(foundation: Foundation) -> Result<Engine, Fault> {
        let keys = keys::Keys::open(&foundation).await?;
        let gate = users::Gate::open(foundation.hashing, &foundation.rng).map_err(Fault::new)?;
        let engine = Engine {
            ledger: foundation.ledger(),
            clock: foundation.clock,
            rng: foundation.rng,
            sealing: foundation.sealing,
            identity: foundation.identity,
            keys,
            faces: foundation.faces,
            operators_mail: foundation.mail,
            tally: tally::Tally::default(),
            client_tries: authenticate_client::ClientTries::new(),
            gate,
            beginnings: authorize::Beginnings::new(),
            ceremonies: authorize::Beginnings::new(),
        };
        engine.seed_scopes().await?;
        Ok(engine)
    }

    /// Examines everything that is kept, while the server runs.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn examine(&self) -> Result<Examination, Fault> {
        self.ledger.examine(false).await
    }

    /// The present moment.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The interfaces through which requests come.
    pub fn faces(&self) -> &Faces {
        &self.faces
    }

    /// What the deployment is called and reached by.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What administrators decided for the whole deployment.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn settings(&self) -> Result<Settings, Fault> {
        Ok(self.ledger.find::<Settings>("only").await?.map(|kept| kept.record().clone()).unwrap_or_default())
    }

    /// Changes whenever the settings may have changed, so that nobody has to read them to know that they did not.
    pub fn settings_version(&self) -> u64 {
        self.ledger.settings_version()
    }

    /// Decides, commits what the decision needs to be true, and gives its answer; decides again when somebody else was
    /// quicker. A refusal is committed like any other answer: a replayed code is refused *and* ends its grant.
    ///
    /// # Errors
    /// The decision's refusal, [`Denied::Busy`] when it was overtaken too often, or the store's fault.
    pub(crate) async fn settle<T, F>(&self, decide: impl Fn() -> F) -> Result<T, Denied>
    where
        F: Future<Output = Result<Decision<T>, Denied>>,
    {
        for _ in 0..PATIENCE {
            let decision = decide().await?;
            match self.ledger.commit(decision.changes).await {
                Ok(()) => return decision.answer.map_err(Denied::Refused),
                Err(Refused::Conflict(_)) => {}
                Err(Refused::Fault(fault)) => return Err(Denied::Unavailable(fault)),
            }
        }
        Err(Denied::Busy(Duration::from_secs(1)))
    }
}
