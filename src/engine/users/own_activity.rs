//! What happened to a person's account, for themselves to see.

use crate::engine::{Denied, Engine};
use crate::model::audit::AuditRecord;
use crate::store::Order;

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
}
