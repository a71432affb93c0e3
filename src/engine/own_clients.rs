//! Clients that belong to somebody: they hold for as long as their owner does, who sees and deletes them.

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{Client, ClientUsage};
use crate::model::consent::Consent;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::register_client::MOST_CLIENTS;
use super::users::SignedIn;
use super::users::fresh::Fresh;
use super::{Caller, Decision, Denied, Engine};

/// How many clients of one owner are looked at: more than anybody may have.
const ALL_OF_THEM: usize = 1_000;

/// A client as its owner sees it.
#[derive(Clone, Debug)]
pub struct OwnClient {
    /// Its id.
    pub id: ClientId,
    /// What it is called.
    pub name: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it was last used, as far as maintenance has noted it.
    pub last_used_at: Option<Timestamp>,
    /// Whether an administrator has switched it off.
    pub disabled: bool,
}

impl Engine {
    /// The owner of `client`, if it has one; the inner error is that they are gone or switched off, and the client with
    /// them.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn owner_of(&self, client: &Client) -> Result<Result<Option<Kept<User>>, Refusal>, Fault> {
        let Some(owner) = &client.owner else { return Ok(Ok(None)) };
        let owner = self.ledger.find::<User>(owner.as_str()).await?;
        // Somebody who had the same id later is not who registered it.
        let holds = |owner: &Kept<User>| owner.is_enabled() && owner.created_at <= client.created_at;
        Ok(owner.filter(holds).map(Some).ok_or(Refusal::ClientDisabled))
    }

    /// The clients that somebody registered, the oldest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn own_clients(&self, who: &SignedIn) -> Result<Vec<OwnClient>, Denied> {
        let mut clients = self.owned_by(&who.user().id).await?;
        clients.sort_by_key(|client| (client.created_at, client.owner_place));
        let ids: Vec<String> = clients.iter().map(|client| client.id.to_string()).collect();
        let usages = self.ledger.find_all::<ClientUsage>(&ids).await?;
        let own = clients.iter().zip(usages).map(|(client, usage)| OwnClient {
            id: client.id.clone(),
            name: client.name.clone(),
            created_at: client.created_at,
            last_used_at: usage.and_then(|usage| usage.last_used_at),
            disabled: client.disabled_at.is_some(),
        });
        Ok(own.collect())
    }

    /// Deletes a client that somebody registered: what it was given is worth nothing from this moment on.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for one that does not exist or is not theirs, or the store's fault.
    pub async fn delete_own_client(&self, caller: &Caller, who: &Fresh, id: &ClientId) -> Result<(), Denied> {
        self.settle(|| async {
            let owner = &who.user().id;
            let kept = self.ledger.find::<Client>(id.as_str()).await?;
            let Some(client) = kept.filter(|client| client.owner.as_ref() == Some(owner)) else {
                return Ok(Decision::refuse(Refusal::NotFound("client")));
            };
            let actor = AuditActor::User(owner.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::ClientDeleted);
            let record = record.about_client(&client.id).with("name", &client.name);
            let mut changes = Changes::new();
            changes.create(&record);
            self.owned_client_ends(&client, None, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// Deletes the clients of a user that is deleted in the same commit; returns how many. What the declared-state file
    /// manages stays, of no use without its owner.
    pub(in crate::engine) async fn owned_clients_end(
        &self,
        owner: &UserId,
        changes: &mut Changes,
    ) -> Result<usize, Denied> {
        let clients: Vec<_> = self.owned_by(owner).await?.into_iter().filter(|client| !client.managed).collect();
        for client in &clients {
            self.owned_client_ends(client, Some(owner), changes).await?;
        }
        Ok(clients.len())
    }

    /// A place for one more client of `owner`; `None` when they have as many as anybody may have. Two who take the same place
    /// cannot both be committed, so nobody gets past the last one.
    pub(in crate::engine) async fn free_place(&self, owner: &UserId) -> Result<Option<u8>, Fault> {
        let owned = self.owned_by(owner).await?;
        let free = |place: &u8| !owned.iter().any(|client| client.owner_place == Some(*place));
        Ok((0..MOST_CLIENTS).find(free).filter(|_| owned.len() < usize::from(MOST_CLIENTS)))
    }

    pub(in crate::engine) async fn owned_by(&self, owner: &UserId) -> Result<Vec<Kept<Client>>, Fault> {
        let of_owner = format!("{owner}\0");
        let page = self.ledger.list_by::<Client>("owner", &of_owner, Order::Ascending, None, ALL_OF_THEM).await?;
        // An index is read apart from its records.
        Ok(page.items.into_iter().filter(|client| client.owner.as_ref() == Some(owner)).collect())
    }

    /// The client with its usage and people's consents, but for those of `apart`, who takes their own along.
    async fn owned_client_ends(
        &self,
        client: &Kept<Client>,
        apart: Option<&UserId>,
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        changes.delete(client);
        if let Some(usage) = self.ledger.find::<ClientUsage>(client.id.as_str()).await? {
            changes.delete(&usage);
        }
        let of_client = format!("{}\0", client.id);
        let given = self.ledger.list_by::<Consent>("client", &of_client, Order::Ascending, None, ALL_OF_THEM).await?;
        for consent in given.items.iter().filter(|consent| Some(&consent.user) != apart) {
            changes.delete(consent);
        }
        Ok(())
    }
}
