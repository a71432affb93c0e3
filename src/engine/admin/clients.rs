//! Administering clients: the applications people sign in to.

use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::{Client, ClientUsage};
use crate::model::consent::Consent;
use crate::model::group::Group;
use crate::model::refusal::Refusal;
use crate::model::scope::ScopeDefinition;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Order};

use super::client_change::{ClientChange, NewClient};
use super::fields::{self, diff};
use super::registrar::IS_SOMEBODY;
use super::{Keeper, rules};

/// How many rows of one kind a deletion takes along in its own commit; the rest follow right after it.
const TAKEN_ALONG: usize = 1_000;

/// A client that was just registered, with the secret it is shown this once.
#[derive(Clone, Debug)]
pub struct Registered {
    /// The client.
    pub client: Client,
    /// Its first secret; `None` for clients that keep none.
    pub secret: Option<Secret>,
}

/// How far a client is trusted: what it may do, what people are asked before it does, and where its answers go.
fn trust(client: &Client) -> impl PartialEq + '_ {
    (client.first_party, client.consent, client.required_factor, &client.grants, &client.redirect_uris)
}

impl Engine {
    /// Registers a client (RFC 6749, section 2). One that can keep a secret is given its first.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] from an actor who did not prove lately who they are; [`Refusal::Taken`] when the id
    /// or the client key is, [`Refusal::FieldInvalid`] naming what is wrong.
    pub async fn create_client(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        new: &NewClient,
    ) -> Result<Registered, Denied> {
        self.settle(|| async {
            let now = self.now();
            by.as_ref().may_choose(new.id.as_ref())?;
            let mut client = new.draft(by.as_ref(), &self.faces, now, &*self.rng);
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            self.take_place(by.as_ref(), &mut client, &mut changes).await?;
            by.as_ref().may_make(None, &client)?;
            by.as_ref().is_proved()?;
            if self.ledger.find::<Client>(client.id.as_str()).await?.is_some() {
                return Err(Refusal::Taken("id").into());
            }
            self.judge_client(None, &client, &mut changes).await?;
            let secret = (!client.is_public()).then(|| super::secrets::generate(&mut client, None, now, &*self.rng));
            let record = self.client_record(by, caller, AuditKind::ClientCreated, &client);
            changes.create(&client);
            changes.create(&record.with_changes(&diff(&Vec::new(), &fields::of_client(&client))));
            Ok(Decision { answer: Ok(Registered { client, secret }), changes })
        })
        .await
    }

    /// Makes `wanted` changes to a client, in order and all at once.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] where it changes how far the client is trusted, from an actor who did not prove
    /// lately who they are; [`Refusal::NotFound`], [`Refusal::Taken`] for a client key, [`Refusal::FieldInvalid`] naming what
    /// is wrong.
    pub async fn change_client(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
        wanted: &[ClientChange],
    ) -> Result<Client, Denied> {
        self.settle(|| async {
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            wanted.iter().for_each(|change| change.make(&mut client));
            let closes = wanted.iter().any(|change| matches!(change, ClientChange::RemoveGroup(_)));
            if closes && client.groups.is_empty() && !was.groups.is_empty() {
                // Nobody means everyone by taking the last group away.
                let sentence =
                    "It is the only group that may use it. Say on the application’s page who may use it instead.";
                return Err(Refusal::field("groups", sentence).into());
            }
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            self.judge_client(Some(&was), &client, &mut changes).await?;
            by.as_ref().may_make(Some(&was), &client)?;
            if trust(&was) != trust(&client) {
                by.as_ref().is_proved()?;
            }
            let differences = diff(&fields::of_client(&was), &fields::of_client(&client));
            changes.update(&was, &client);
            if !differences.is_empty() {
                let record = self.client_record(by, caller, AuditKind::ClientUpdated, &client);
                changes.create(&record.with_changes(&differences));
            }
            Ok(Decision { answer: Ok(client), changes })
        })
        .await
    }

    /// Switches a client off (`true`) or on again. Off, everything it was given is dead from this moment on.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] for a registrar who switches on what an administrator switched off.
    pub async fn disable_client(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
        off: bool,
    ) -> Result<Client, Denied> {
        self.settle(|| async {
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            by.as_ref().may_switch(&was, off)?;
            client.disabled_by_owner = off && by.as_ref().switches_as_owner(&was);
            if client.disabled_at.is_some() != off {
                client.disabled_at = off.then(|| self.now());
                let kind = if off { AuditKind::ClientDisabled } else { AuditKind::ClientEnabled };
                changes.create(&self.client_record(by, caller, kind, &client));
            }
            changes.update(&was, &client);
            Ok(Decision { answer: Ok(client), changes })
        })
        .await
    }

    /// Deletes a client for good. Its codes, grants and tokens are dead with it, and people's consents go too.
    ///
    /// # Errors
    /// [`Refusal::NotFound`].
    pub async fn delete_client(&self, by: &impl AsRef<Keeper>, caller: &Caller, id: &ClientId) -> Result<(), Denied> {
        self.settle(|| async {
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            changes.create(&self.client_record(by, caller, AuditKind::ClientDeleted, &was));
            self.client_ends(&was, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await?;
        self.forget_consents(id).await
    }

    /// Whether a client may become so: sound by itself, its key its own, its groups and scopes known.
    pub(in crate::engine) async fn judge_client(
        &self,
        was: Option<&Kept<Client>>,
        client: &Client,
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        rules::refuse(rules::client(client, &self.faces))?;
        rules::refuse(self.unmet(client.required_factor))?;
        if was.is_none() && self.is_somebody(&client.id).await? {
            return Err(Refusal::field("id", IS_SOMEBODY).into());
        }
        let same_key = was.is_some_and(|was| was.client_key == client.client_key);
        if !same_key && self.ledger.find_unique::<Client>("key", &client.client_key).await?.is_some() {
            return Err(Refusal::Taken("client_key").into());
        }
        let groups: Vec<String> = client.groups.iter().cloned().collect();
        for (group, known) in groups.iter().zip(self.ledger.find_all::<Group>(&groups).await?) {
            let unknown = || Refusal::field("groups", format!("There is no group {group:?}: make it first."));
            changes.expect(&known.ok_or_else(unknown)?);
        }
        let scopes: Vec<String> = client.scopes.iter().map(|scope| scope.as_str().to_owned()).collect();
        for (scope, known) in scopes.iter().zip(self.ledger.find_all::<ScopeDefinition>(&scopes).await?) {
            let unknown = || Refusal::field("scopes", format!("There is no scope {scope:?}: make it first."));
            changes.expect(&known.ok_or_else(unknown)?);
        }
        Ok(())
    }

    pub(super) fn client_record(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        kind: AuditKind,
        client: &Client,
    ) -> AuditRecord {
        let record = caller.record(self.now(), &*self.rng, by.as_ref().audited(), kind);
        record.about_client(&client.id).with("name", &client.name)
    }

    /// The client and what goes with it in the same commit.
    pub(super) async fn client_ends(&self, was: &Kept<Client>, changes: &mut Changes) -> Result<(), Denied> {
        changes.delete(was);
        if let Some(usage) = self.ledger.find::<ClientUsage>(was.id.as_str()).await? {
            changes.delete(&usage);
        }
        let of_client = format!("{}\0", was.id);
        let consents =
            self.ledger.list_by::<Consent>("client", &of_client, Order::Ascending, None, TAKEN_ALONG).await?;
        for consent in &consents.items {
            changes.delete(consent);
        }
        Ok(())
    }

    /// What was too much for the client's own commit. Without the client these consents mean nothing.
    pub(super) async fn forget_consents(&self, client: &ClientId) -> Result<(), Denied> {
        let of_client = format!("{client}\0");
        loop {
            let rest =
                self.ledger.list_by::<Consent>("client", &of_client, Order::Ascending, None, TAKEN_ALONG).await?;
            if rest.items.is_empty() || self.ledger.find::<Client>(client.as_str()).await?.is_some() {
                return Ok(());
            }
            self.settle(|| async {
                let ids: Vec<String> =
                    rest.items.iter().map(|consent| format!("{}/{}", consent.user, client)).collect();
                let mut changes = Changes::new();
                for consent in self.ledger.find_all::<Consent>(&ids).await?.into_iter().flatten() {
                    changes.delete(&consent);
                }
                Ok(Decision { answer: Ok(()), changes })
            })
            .await?;
        }
    }
}
