//! How things stand: the facts of the console's first page. The work is bounded, however much there is.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::engine::outbox::Outbox;
use crate::engine::{Denied, Engine};
use crate::jose::Algorithm;
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::Client;
use crate::model::signing_key::SigningKeyRecord;
use crate::model::user::User;
use crate::store::Order;

use super::Reader;

/// Beyond this, "more than" will do.
const COUNTED: usize = 10_000;
/// How many clients are looked through one by one.
const LOOKED_THROUGH: usize = 1_000;
/// How many records are read at once.
const AT_ONCE: usize = 200;
const DAY: Duration = Duration::from_secs(86_400);
/// How long before its end a secret is worth a word.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// A number that may stand for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// At least so many.
    pub number: usize,
    /// Whether there are more than were counted.
    pub or_more: bool,
}

impl Count {
    fn of(found: usize) -> Count {
        Count { number: found.min(COUNTED), or_more: found > COUNTED }
    }
}

/// A signing key that signs now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningNow {
    /// What it signs with.
    pub algorithm: Algorithm,
    /// Since when.
    pub since: Timestamp,
}

/// How things stand.
#[derive(Clone, Debug)]
pub struct Overview {
    /// How many users there are.
    pub users: Count,
    /// How many of them administer this server and are enabled; counted up to a hundred.
    pub administrators: usize,
    /// How many clients there are.
    pub clients: Count,
    /// How many of them may do without PKCE.
    pub clients_without_pkce: usize,
    /// Clients one of whose secrets ends within two weeks, among the first thousand: id, name and when.
    pub secrets_ending: Vec<(String, String, Timestamp)>,
    /// Failed sign-ins within the last day, those that were only counted included.
    pub failed_sign_ins: Count,
    /// The keys that sign now.
    pub keys: Vec<SigningNow>,
    /// Letters that wait, were refused, or were given up lately.
    pub outbox: Outbox,
}

impl Engine {
    /// The facts of the console's first page.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn overview(&self, reader: &Reader) -> Result<Overview, Denied> {
        let now = self.now();
        let administrators = self.ledger.list_by::<User>("admin", "yes\0", Order::Ascending, None, 100).await?;
        Ok(Overview {
            users: Count::of(self.ledger.count_by::<User>("name", "", COUNTED + 1).await?),
            administrators: administrators.items.iter().filter(|user| user.is_enabled()).count(),
            clients: Count::of(self.ledger.count_by::<Client>("name", "", COUNTED + 1).await?),
            clients_without_pkce: self.ledger.count_by::<Client>("without", "pkce\0", COUNTED).await?,
            secrets_ending: self.secrets_ending(now).await?,
            failed_sign_ins: self.failed_sign_ins(now).await?,
            keys: self.signing_now(now).await?,
            outbox: self.outbox(reader).await?,
        })
    }

    async fn secrets_ending(&self, now: Timestamp) -> Result<Vec<(String, String, Timestamp)>, Denied> {
        let page = self.ledger.list::<Client>(Order::Ascending, None, LOOKED_THROUGH).await?;
        let soon = |client: &Client| {
            let ends = client.live_secrets(now).filter_map(|secret| secret.expires_at);
            let first = ends.filter(|end| *end < now.plus(SOON)).min()?;
            Some((client.id.to_string(), client.name.clone(), first))
        };
        Ok(page.items.iter().filter_map(|client| soon(client)).collect())
    }

    async fn failed_sign_ins(&self, now: Timestamp) -> Result<Count, Denied> {
        let mut found = 0;
        for kind in [AuditKind::SignInFailed, AuditKind::FailuresCounted] {
            found += self.failures_since(now.minus(DAY), kind).await?;
        }
        Ok(Count::of(found))
    }

    /// Counts page by page, so that what is older costs nothing.
    async fn failures_since(&self, since: Timestamp, kind: AuditKind) -> Result<usize, Denied> {
        let (value, mut found, mut after) = (format!("{}\0", kind.name()), 0, None::<String>);
        loop {
            let page = self
                .ledger
                .list_by::<AuditRecord>("kind", &value, Order::Descending, after.as_deref(), AT_ONCE)
                .await?;
            let recent: Vec<_> = page.items.iter().take_while(|record| record.at >= since).collect();
            found += recent.iter().map(|record| failures_in(record)).sum::<usize>();
            after = page.next.filter(|_| recent.len() == page.items.len() && found <= COUNTED);
            if after.is_none() {
                return Ok(found);
            }
        }
    }

    async fn signing_now(&self, now: Timestamp) -> Result<Vec<SigningNow>, Denied> {
        let page = self.ledger.list::<SigningKeyRecord>(Order::Ascending, None, 100).await?;
        let signs = |key: &SigningKeyRecord| key.signs_from <= now && key.signs_until.is_none_or(|end| end > now);
        let keys = page.items.iter().filter(|key| signs(key));
        let mut keys: Vec<SigningNow> =
            keys.map(|key| SigningNow { algorithm: key.algorithm, since: key.signs_from }).collect();
        keys.sort_by_key(|key| key.algorithm);
        Ok(keys)
    }
}

/// How many failed sign-ins a record stands for.
fn failures_in(record: &AuditRecord) -> usize {
    match record.kind {
        AuditKind::FailuresCounted => record.details.get("sign_in_failed").and_then(|n| n.parse().ok()).unwrap_or(0),
        _ => 1,
    }
}
