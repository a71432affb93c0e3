//! What is counted in memory instead of written down at once: use of clients and secrets, and failures that outsiders
//! can cause without limit. Maintenance writes it down from time to time; what a crash loses is some seconds of use and
//! half a minute of counting.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, SecretId};
use crate::model::audit::AuditKind;
use crate::model::client::{ClientUsage, GrantType};

/// How many failures of one kind are recorded one by one in a minute; the others are counted.
const RECORDED_A_MINUTE: u32 = 30;

/// Counters that belong to this process.
#[derive(Default)]
pub(crate) struct Tally {
    usage: Mutex<HashMap<ClientId, ClientUsage>>,
    failures: Mutex<Failures>,
}

#[derive(Default)]
struct Failures {
    minute: i64,
    recorded: BTreeMap<AuditKind, u32>,
    counted: BTreeMap<AuditKind, u64>,
}

impl Tally {
    /// A client was issued an access token.
    pub fn issued(&self, client: &ClientId, grant: GrantType, now: Timestamp) {
        self.of(client, |usage| {
            usage.last_used_at = Some(now);
            *usage.issued.entry(grant.name().to_owned()).or_default() += 1;
        });
    }

    /// A client proved itself with this secret.
    pub fn accepted(&self, client: &ClientId, secret: &SecretId, now: Timestamp) {
        self.of(client, |usage| {
            usage.last_used_at = Some(now);
            usage.secrets.insert(secret.to_string(), now);
        });
    }

    /// Whether a failure of this kind may be recorded by itself; if not, it has been counted, and the caller writes nothing.
    pub fn records(&self, kind: AuditKind, now: Timestamp) -> bool {
        let mut failures = lock(&self.failures);
        let minute = now.0.div_euclid(60);
        if failures.minute != minute {
            failures.minute = minute;
            failures.recorded.clear();
        }
        let recorded = failures.recorded.entry(kind).or_default();
        if *recorded < RECORDED_A_MINUTE {
            *recorded += 1;
            return true;
        }
        *failures.counted.entry(kind).or_default() += 1;
        false
    }

    /// What is counted of a client and not written down yet.
    pub fn usage_of(&self, client: &ClientId) -> Option<ClientUsage> {
        lock(&self.usage).get(client).cloned()
    }

    /// Takes what was counted about clients.
    pub fn take_usage(&self) -> HashMap<ClientId, ClientUsage> {
        std::mem::take(&mut *lock(&self.usage))
    }

    /// Puts back what could not be written down.
    pub fn put_back(&self, client: &ClientId, counted: &ClientUsage) {
        self.of(client, |usage| merge(usage, counted));
    }

    /// Takes the failures that were counted instead of recorded.
    pub fn take_failures(&self) -> BTreeMap<AuditKind, u64> {
        std::mem::take(&mut lock(&self.failures).counted)
    }

    /// Puts back failures that could not be written down.
    pub fn put_back_failures(&self, counted: BTreeMap<AuditKind, u64>) {
        let mut failures = lock(&self.failures);
        for (kind, count) in counted {
            *failures.counted.entry(kind).or_default() += count;
        }
    }

    fn of(&self, client: &ClientId, change: impl FnOnce(&mut ClientUsage)) {
        let mut usage = lock(&self.usage);
        if let Some(known) = usage.get_mut(client) {
            return change(known);
        }
        let mut new = ClientUsage { client: client.to_string(), ..ClientUsage::default() };
        change(&mut new);
        usage.insert(client.clone(), new);
    }
}

/// Adds what was counted to what is known.
pub(crate) fn merge(known: &mut ClientUsage, counted: &ClientUsage) {
    known.last_used_at = known.last_used_at.max(counted.last_used_at);
    for (secret, at) in &counted.secrets {
        let latest = known.secrets.entry(secret.clone()).or_insert(*at);
        *latest = (*latest).max(*at);
    }
    for (grant, count) in &counted.issued {
        *known.issued.entry(grant.clone()).or_default() += count;
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Counters are at worst one short after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
