//! Looking at clients: one, many, and how they are used.

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::engine::tally::merge;
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, ClientUsage};
use crate::model::consent::Consent;
use crate::model::refusal::Refusal;
use crate::model::user::login_key;
use crate::records::Kept;
use crate::store::Order;

use super::{Listed, Reader, Viewer};

/// A client with what is known of its use.
#[derive(Clone, Debug)]
pub struct ClientDetail {
    /// The client.
    pub client: Client,
    /// When it and its secrets were last used.
    pub usage: ClientUsage,
}

impl Engine {
    /// The client `id` with what is known of its use, up to this moment.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or the store's fault.
    pub async fn client_detail(&self, viewer: &Viewer, id: &ClientId) -> Result<ClientDetail, Denied> {
        let client = self.seen_client(viewer, id).await?.record().clone();
        let usage = self.ledger.find::<ClientUsage>(id.as_str()).await?;
        let mut usage = usage.map(|kept| kept.record().clone()).unwrap_or_default();
        self.tally.usage_of(id).iter().for_each(|counted| merge(&mut usage, counted));
        Ok(ClientDetail { client, usage })
    }

    /// Clients by name, or those of which a word of the name, the id or a redirect host begins with `search`.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_clients(
        &self,
        viewer: &Viewer,
        search: &str,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Client>, Denied> {
        if let Some(owner) = viewer.only_of() {
            return self.list_owned(owner, search).await;
        }
        let key = login_key(search);
        let lookup = if key.is_empty() { "name" } else { "search" };
        Ok(self.ledger.list_by::<Client>(lookup, &key, Order::Ascending, after, limit).await?.into())
    }

    /// The clients that a group may use and not everyone, by id, a hundred at the most.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_group_clients(&self, _: &Reader, group: &str) -> Result<Vec<Client>, Denied> {
        let exactly = format!("{group}\0");
        let page = self.ledger.list_by::<Client>("group", &exactly, Order::Ascending, None, 100).await?;
        Ok(page.items.iter().map(|kept| kept.record().clone()).collect())
    }

    /// When each of these clients was last used, in the same order.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn clients_last_used(&self, _: &Viewer, ids: &[ClientId]) -> Result<Vec<Option<Timestamp>>, Denied> {
        let names: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let kept = self.ledger.find_all::<ClientUsage>(&names).await?;
        let counted = |id: &ClientId| self.tally.usage_of(id).and_then(|usage| usage.last_used_at);
        let newest = |(id, kept): (&ClientId, Option<Kept<ClientUsage>>)| {
            counted(id).max(kept.and_then(|usage| usage.last_used_at))
        };
        Ok(ids.iter().zip(kept).map(newest).collect())
    }

    /// How many people have let a client in, counted up to ten thousand.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn client_people(&self, _: &Viewer, id: &ClientId) -> Result<usize, Denied> {
        Ok(self.ledger.count_by::<Consent>("client", &format!("{id}\0"), 10_000).await?)
    }

    /// The client `id`, if there is one and it is theirs to look at.
    pub(super) async fn seen_client(&self, viewer: &Viewer, id: &ClientId) -> Result<Kept<Client>, Denied> {
        let kept = self.ledger.find::<Client>(id.as_str()).await?;
        kept.filter(|client| viewer.sees(client)).ok_or_else(|| Refusal::NotFound("client").into())
    }
}
