//! What a deployment is called and reached by. It comes from configuration only, never from a request, and never changes
//! by itself: tokens in the world name it.

use std::fmt;
use std::sync::Arc;

use crate::base::clock::{Clock, SystemClock};
use crate::base::rng::SystemRng;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::settings::Settings;
use crate::records::{Ledger, RecordChanges};
use crate::store::{Changes, Fault, Refused, Store};

use super::Caller;

/// What a deployment is called and reached by.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The issuer: an https URL (http only on loopback) without a trailing slash (RFC 8414, section 2).
    pub issuer: String,
}

/// Why an identity was not taken on.
#[derive(Clone, Debug)]
pub enum IdentityRefused {
    /// The store was served under another issuer before.
    AnotherIssuer {
        /// The one it was given before.
        before: String,
        /// The one it is given now.
        now: String,
    },
    /// The store could not say.
    Fault(Fault),
}

impl fmt::Display for IdentityRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IdentityRefused::AnotherIssuer { before, now } => write!(
                f,
                "This store was served as {before} before, and now as {now}. Applications and tokens name the issuer, so a \
                 new one breaks them. If you want that, add --change-issuer."
            ),
            IdentityRefused::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for IdentityRefused {}

impl From<Fault> for IdentityRefused {
    fn from(fault: Fault) -> IdentityRefused {
        IdentityRefused::Fault(fault)
    }
}

impl Identity {
    /// The identity of the deployment that `store` belongs to: the issuer that is `given`, else the one given before, else
    /// `default`. Another one than before is taken on only with `change`. What is given is remembered.
    ///
    /// # Errors
    /// Another issuer than before, or the store's fault.
    pub async fn settle(
        store: &Arc<dyn Store>,
        given: Option<&str>,
        default: &str,
        change: bool,
    ) -> Result<Identity, IdentityRefused> {
        let ledger = Ledger::new(store.clone());
        let was = ledger.find::<Settings>("only").await?;
        let before = was.as_ref().and_then(|settings| settings.issuer.clone());
        let issuer = match (given, before.clone()) {
            (None, before) => return Ok(Identity { issuer: before.unwrap_or_else(|| default.to_owned()) }),
            (Some(given), Some(before)) if given == before => return Ok(Identity { issuer: before }),
            (Some(given), Some(before)) if !change => {
                return Err(IdentityRefused::AnotherIssuer { before, now: given.to_owned() });
            }
            (Some(given), _) => given.to_owned(),
        };
        let mut changes = Changes::new();
        changes.create(&noted(before.as_deref(), &issuer));
        match &was {
            Some(was) => changes.update(was, &Settings { issuer: Some(issuer.clone()), ..was.record().clone() }),
            None => changes.create(&Settings { issuer: Some(issuer.clone()), ..Settings::default() }),
        };
        match ledger.commit(changes).await {
            Ok(()) => Ok(Identity { issuer }),
            Err(Refused::Conflict(_)) => Err(Fault::new("the settings changed while the issuer was noted").into()),
            Err(Refused::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// What the log says: whoever may start the server gave it this issuer.
fn noted(before: Option<&str>, issuer: &str) -> AuditRecord {
    let caller = Caller::host(&SystemRng);
    let record = caller.record(SystemClock.now(), &SystemRng, AuditActor::Host, AuditKind::SettingsUpdated);
    let told = before.map_or_else(|| issuer.to_owned(), |before| format!("{before} → {issuer}"));
    record.with("issuer", told)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Order;
    use crate::store::memory::Memory;

    #[tokio::test]
    async fn an_issuer_once_given_changes_only_on_purpose() {
        let store: Arc<dyn Store> = Arc::new(Memory::default());
        let settle = async |given, change| Identity::settle(&store, given, "http://localhost:1", change).await;
        assert_eq!(settle(None, false).await.unwrap().issuer, "http://localhost:1");
        assert_eq!(settle(Some("https://a.test"), false).await.unwrap().issuer, "https://a.test");
        assert_eq!(settle(None, false).await.unwrap().issuer, "https://a.test");
        assert!(matches!(settle(Some("https://b.test"), false).await, Err(IdentityRefused::AnotherIssuer { .. })));
        assert_eq!(settle(Some("https://b.test"), true).await.unwrap().issuer, "https://b.test");

        let ledger = Ledger::new(store.clone());
        let log = ledger.list::<AuditRecord>(Order::Ascending, None, 10).await.unwrap().items;
        assert!(log.iter().all(|it| it.kind == AuditKind::SettingsUpdated && it.actor == AuditActor::Host));
        let mut told: Vec<&str> = log.iter().map(|record| record.details["issuer"].as_str()).collect();
        told.sort_unstable();
        assert_eq!(told, ["https://a.test", "https://a.test → https://b.test"], "once for each change");
    }
}
