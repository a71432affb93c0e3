//! Signing keys as records: made, sealed, read.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::ids::KeyId;
use crate::base::rng::Rng;
use crate::base::seal::SealingKey;
use crate::jose::Algorithm;
use crate::jose::key::SigningKey;
use crate::jose::keyring::Keyring;
use crate::jose::rotation::{KeyFacts, KeyState};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::signing_key::SigningKeyRecord;
use crate::records::{Kept, Ledger, Record, RecordChanges};
use crate::store::{Changes, Fault, Order, Refused};

use super::super::Caller;

/// More keys than any deployment ever holds at once.
const MANY: usize = 1024;

/// The keyring of all kept keys.
pub(super) async fn load(ledger: &Ledger, sealing: &SealingKey) -> Result<Keyring, Fault> {
    let records = all(ledger).await?;
    let opened =
        records.iter().map(|record| Ok((facts(record), open(record, sealing)?))).collect::<Result<_, Fault>>()?;
    Keyring::new(opened).map_err(Fault::new)
}

/// The records of all keys.
pub(super) async fn all(ledger: &Ledger) -> Result<Vec<Kept<SigningKeyRecord>>, Fault> {
    Ok(ledger.list::<SigningKeyRecord>(Order::Ascending, None, MANY).await?.items)
}

/// Makes a key for each algorithm that nothing signs with. Of several servers that start at once, one makes it.
pub(super) async fn make_missing(
    ledger: &Ledger,
    sealing: &SealingKey,
    now: Timestamp,
    rng: &dyn Rng,
) -> Result<(), Fault> {
    loop {
        let records = all(ledger).await?;
        let signs =
            |record: &Kept<SigningKeyRecord>| matches!(facts(record).state(now), Some(KeyState::Signing { .. }));
        let present = |alg| records.iter().any(|record| record.algorithm == alg && signs(record));
        let mut changes = Changes::new();
        for algorithm in Algorithm::ALL.into_iter().filter(|alg| !present(*alg)) {
            let record = seal(&generate(algorithm).await?, sealing, next_generation(&records, algorithm), (now, now));
            let made = Caller::host(rng).record(now, rng, AuditActor::Server, AuditKind::KeyCreated);
            changes.create(&record).create(&made.with("key", &record.id).with("algorithm", algorithm));
        }
        match ledger.commit(changes).await {
            Ok(()) => return Ok(()),
            Err(Refused::Conflict(_)) => {}
            Err(Refused::Fault(fault)) => return Err(fault),
        }
    }
}

/// A new key, found on a thread that may take its time.
pub(super) async fn generate(algorithm: Algorithm) -> Result<SigningKey, Fault> {
    tokio::task::spawn_blocking(move || SigningKey::generate(algorithm)).await.map_err(Fault::new)
}

/// The record of a new key, which is made at the first moment and signs from the second.
pub(super) fn seal(
    key: &SigningKey,
    sealing: &SealingKey,
    generation: u32,
    (created_at, signs_from): (Timestamp, Timestamp),
) -> SigningKeyRecord {
    let id = KeyId::from_text(key.kid());
    let private = sealing.seal(&name(&id), &key.to_pkcs8_der());
    let algorithm = key.algorithm();
    let (signs_until, gone_at, longest_life) = (None, None, 0);
    SigningKeyRecord { id, generation, algorithm, private, created_at, signs_from, signs_until, gone_at, longest_life }
}

/// The number of the key that comes after those of its algorithm.
pub(super) fn next_generation(records: &[Kept<SigningKeyRecord>], algorithm: Algorithm) -> u32 {
    let numbers = records.iter().filter(|record| record.algorithm == algorithm).map(|record| record.generation);
    numbers.max().unwrap_or(0) + 1
}

/// What the arithmetic of rotation wants to know of a record.
pub(super) fn facts(record: &SigningKeyRecord) -> KeyFacts {
    KeyFacts {
        kid: record.id.clone(),
        alg: record.algorithm,
        created_at: record.created_at,
        signs_from: record.signs_from,
        retired_at: record.signs_until,
        gone_at: record.gone_at,
        longest_life: Duration::from_secs(record.longest_life),
    }
}

fn open(record: &SigningKeyRecord, sealing: &SealingKey) -> Result<SigningKey, Fault> {
    let unreadable = |why: &dyn std::fmt::Display| {
        Fault::new(format_args!(
            "the signing key {} cannot be opened: {why}. Put the store.key that belongs to this store back into the data \
             directory, or restore a backup of both",
            record.id
        ))
    };
    let der = sealing.open(&name(&record.id), &record.private).map_err(|why| unreadable(&why))?;
    SigningKey::from_pkcs8_der(record.algorithm, &zeroize::Zeroizing::new(der)).map_err(|why| unreadable(&why))
}

fn name(id: &KeyId) -> String {
    format!("{}/{id}", SigningKeyRecord::NAME)
}
