//! What happened to a person's account, for themselves to see.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::ClientId;
use crate::engine::{Denied, Engine};
use crate::model::audit::AuditRecord;
use crate::model::client::Client;
use crate::store::{Fault, Order};

use super::SignedIn;

impl Engine {
    /// What this person did and what was done to their account, newest first, at most `limit`, after the page before; and
    /// where the next page begins.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn own_activity(
        &self,
        who: &SignedIn,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AuditRecord>, Option<String>), Denied> {
        let mine = format!("{}\0", who.user().id);
        let page = self.ledger.list_by::<AuditRecord>("user", &mine, Order::Descending, after, limit).await?;
        Ok((page.items.iter().map(|kept| kept.record().clone()).collect(), page.next))
    }

    /// What these applications are called, as far as they are there still.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn names_of_clients<'a>(
        &self,
        clients: impl IntoIterator<Item = &'a ClientId>,
    ) -> Result<BTreeMap<ClientId, String>, Fault> {
        let ids: BTreeSet<&ClientId> = clients.into_iter().collect();
        let ids: Vec<String> = ids.into_iter().map(ClientId::to_string).collect();
        let kept = self.ledger.find_all::<Client>(&ids).await?;
        Ok(kept.into_iter().flatten().map(|client| (client.id.clone(), client.name.clone())).collect())
    }
}
