//! The signing keys: made on first start, published, rotated, retired.
//!
//! - [`kept`]: from records to a keyring and back; the private half is sealed for its record's name.
//! - [`published`]: the public halves as bytes, made once for as long as they stay the same.
//! - [`rotate`]: the next key, one cache lifetime before it signs.

mod kept;
mod published;
mod rotate;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;

use crate::base::clock::Timestamp;
use crate::base::seal::SealingKey;
use crate::jose::keyring::Keyring;
use crate::model::client::Client;
use crate::model::refusal::Refusal;
use crate::records::Ledger;
use crate::store::Fault;

use super::{Denied, Engine, Foundation};

/// How long others may keep a copy of the published keys, and so how long a new key waits before it signs.
pub const CACHE_LIFETIME: Duration = Duration::from_secs(300);

/// The keys as they were last read from the store.
pub(crate) struct Keys(ArcSwap<KeySet>);

struct KeySet {
    ring: Arc<Keyring>,
    published: ArcSwap<published::Published>,
}

impl Keys {
    /// Reads all keys; makes those that a first start lacks, one for each algorithm.
    pub(super) async fn open(foundation: &Foundation) -> Result<Keys, Fault> {
        let (ledger, now) = (foundation.ledger(), foundation.clock.now());
        kept::make_missing(&ledger, &foundation.sealing, now, &*foundation.rng).await?;
        let ring = kept::load(&ledger, &foundation.sealing).await?;
        Ok(Keys(ArcSwap::from_pointee(KeySet::of(ring, now))))
    }
}

/// Whether every kept key can be opened with `sealing` and belongs to its name; says how many there are.
///
/// # Errors
/// The store's fault, or a key that was sealed with another key file.
pub async fn examine(ledger: &Ledger, sealing: &SealingKey) -> Result<usize, Fault> {
    kept::load(ledger, sealing).await?;
    Ok(kept::all(ledger).await?.len())
}

impl KeySet {
    fn of(ring: Keyring, now: Timestamp) -> KeySet {
        let published = ArcSwap::from_pointee(published::Published::of(&ring, now));
        KeySet { ring: Arc::new(ring), published }
    }
}

impl Engine {
    /// Every key of this server; ask it with the present moment.
    pub fn keys(&self) -> Arc<Keyring> {
        Arc::clone(&self.keys.0.load().ring)
    }

    /// The published keys (RFC 7517, section 5), ready to be sent, with their entity tag (quotation marks included; RFC
    /// 9110, section 8.8.3): all of them, or those whose signatures `client` can meet. They may be kept for
    /// [`CACHE_LIFETIME`].
    ///
    /// # Errors
    /// [`Refusal::ClientUnknown`], or the store's fault.
    pub async fn jwks(&self, client: Option<&str>) -> Result<(Bytes, Arc<str>), Denied> {
        let algorithms = match client {
            None => published::Filter::ALL,
            Some(id) => {
                let client = self.ledger.find::<Client>(id).await?.ok_or(Refusal::ClientUnknown)?;
                published::Filter::for_client(&client)
            }
        };
        let (set, now) = (self.keys.0.load(), self.now());
        let mut documents = set.published.load_full();
        if !documents.hold_at(now) {
            documents = Arc::new(published::Published::of(&set.ring, now));
            set.published.store(Arc::clone(&documents));
        }
        Ok(documents.document(algorithms))
    }

    /// Reads the keys again: after a rotation, and from time to time by maintenance.
    ///
    /// # Errors
    /// The store's fault; the keys then stay as they are.
    pub(crate) async fn reload_keys(&self) -> Result<(), Fault> {
        let ring = kept::load(&self.ledger, &self.sealing).await?;
        self.keys.0.store(Arc::new(KeySet::of(ring, self.now())));
        Ok(())
    }
}
