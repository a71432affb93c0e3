//! The activity log: what happened, newest first.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::{ClientId, UserId};
use crate::engine::{Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::client::Client;
use crate::model::user::User;
use crate::records::Page;
use crate::store::{Fault, Order};

use super::{Listed, Reader};

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
    /// Of this request, by the reference that whoever was refused was given.
    pub reference: Option<String>,
}

/// What people and applications are called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Display names of users.
    pub users: BTreeMap<UserId, String>,
    /// Names of clients.
    pub clients: BTreeMap<ClientId, String>,
}

impl ActivityFilter {
    fn shows(&self, record: &AuditRecord) -> bool {
        let by = |user: &UserId| matches!(&record.actor, AuditActor::User(actor) if actor == user);
        self.user.as_ref().is_none_or(|user| record.user.as_ref() == Some(user) || by(user))
            && self.client.as_ref().is_none_or(|client| record.client.as_ref() == Some(client))
            && self.kind.is_none_or(|kind| record.kind == kind)
            && self.reference.as_ref().is_none_or(|reference| record.request.as_ref() == Some(reference))
    }

    /// The narrowest look-up and the value it is asked for.
    fn lookup(&self) -> Option<(&'static str, String)> {
        if let Some(reference) = &self.reference {
            return Some(("request", format!("{reference}\0")));
        }
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
        _: &Reader,
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

    /// What the users and clients of these records are called now. Whoever is gone is left out.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn names_in(&self, records: &[AuditRecord]) -> Result<Names, Denied> {
        let acting = |record: &AuditRecord| match &record.actor {
            AuditActor::User(id) => (Some(id.to_string()), None),
            AuditActor::Client(id) => (None, Some(id.to_string())),
            AuditActor::Host | AuditActor::File | AuditActor::Nobody | AuditActor::Server => (None, None),
        };
        let (mut users, mut clients) = (BTreeSet::new(), BTreeSet::new());
        for record in records {
            let (user, client) = acting(record);
            users.extend(user.into_iter().chain(record.user.as_ref().map(ToString::to_string)));
            clients.extend(client.into_iter().chain(record.client.as_ref().map(ToString::to_string)));
        }
        let (users, clients): (Vec<_>, Vec<_>) = (users.into_iter().collect(), clients.into_iter().collect());
        let users = self.ledger.find_all::<User>(&users).await?.into_iter().flatten();
        let clients = self.ledger.find_all::<Client>(&clients).await?.into_iter().flatten();
        Ok(Names {
            users: users.map(|user| (user.id.clone(), user.display_name())).collect(),
            clients: clients.map(|client| (client.id.clone(), client.name.clone())).collect(),
        })
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
