//! The activity log: what happened, newest first.

use crate::base::ids::{ClientId, UserId};
use crate::engine::{Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::records::Page;
use crate::store::{Fault, Order};

use super::{Actor, Listed};

/// How many records are looked at for one page before the rest is left to the next.
const LOOKED_AT: usize = 2_000;

/// Which records are shown; every part narrows further.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ActivityFilter {
    /// About this person, or by them.
    pub user: Option<UserId>,
    /// About this client.
    pub client: Option<ClientId>,
    /// Of this kind.
    pub kind: Option<AuditKind>,
}

impl ActivityFilter {
    fn shows(&self, record: &AuditRecord) -> bool {
        let by = |user: &UserId| matches!(&record.actor, AuditActor::User(actor) if actor == user);
        self.user.as_ref().is_none_or(|user| record.user.as_ref() == Some(user) || by(user))
            && self.client.as_ref().is_none_or(|client| record.client.as_ref() == Some(client))
            && self.kind.is_none_or(|kind| record.kind == kind)
    }

    /// The narrowest look-up and the value it is asked for.
    fn lookup(&self) -> Option<(&'static str, String)> {
        if let Some(user) = &self.user {
            return Some(("user", format!("{user}\0")));
        }
        if let Some(client) = &self.client {
            return Some(("client", format!("{client}\0")));
        }
        self.kind.map(|kind| ("kind", format!("{}\0", kind.name())))
    }
}

impl Engine {
    /// Records that `filter` shows, newest first, at most `limit`, after the page before. A page can be short, or even
    /// empty, while there are more: `next` says so.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn activity(
        &self,
        _: &Actor,
        filter: &ActivityFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<AuditRecord>, Denied> {
        let mut listed = Listed { items: Vec::new(), next: after.map(str::to_owned) };
        let mut looked_at = 0;
        loop {
            let page = self.activity_page(filter, listed.next.as_deref(), limit - listed.items.len()).await?;
            looked_at += page.items.len();
            listed.items.extend(page.items.iter().map(|kept| kept.record()).filter(|r| filter.shows(r)).cloned());
            listed.next = page.next;
            if listed.next.is_none() || listed.items.len() >= limit || looked_at >= LOOKED_AT {
                return Ok(listed);
            }
        }
    }

    async fn activity_page(
        &self,
        filter: &ActivityFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<AuditRecord>, Fault> {
        match filter.lookup() {
            Some((lookup, value)) => self.ledger.list_by(lookup, &value, Order::Descending, after, limit).await,
            None => self.ledger.list(Order::Descending, after, limit).await,
        }
    }
}
