//! Administering scopes: what clients may ask for, and the sentence people read about each.

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::client::Client;
use crate::model::refusal::Refusal;
use crate::model::scope::{self, Scope, ScopeDefinition};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order, Refused};

use super::fields::{self, diff};
use super::groups::counted;
use super::{Actor, Listed, Reader, Viewer, rules};

impl Engine {
    /// Makes sure that every scope a deployment has of itself is there; those that are stay as they are, so that
    /// administrators can change their sentences.
    pub(in crate::engine) async fn seed_scopes(&self) -> Result<(), Fault> {
        let names: Vec<String> = scope::BUILT_IN.iter().map(|(name, ..)| (*name).to_owned()).collect();
        loop {
            let known = self.ledger.find_all::<ScopeDefinition>(&names).await?;
            let mut changes = Changes::new();
            for (built_in, _) in built_in().zip(known).filter(|(_, known)| known.is_none()) {
                changes.create(&built_in?);
            }
            match self.ledger.commit(changes).await {
                Ok(()) => return Ok(()),
                Err(Refused::Conflict(_)) => {}
                Err(Refused::Fault(fault)) => return Err(fault),
            }
        }
    }

    /// Makes a scope.
    ///
    /// # Errors
    /// [`Refusal::Taken`], or [`Refusal::FieldInvalid`] naming what is wrong.
    pub async fn create_scope(
        &self,
        actor: &Actor,
        caller: &Caller,
        new: &ScopeDefinition,
    ) -> Result<ScopeDefinition, Denied> {
        self.settle(|| async {
            let scope = ScopeDefinition { managed: false, ..new.clone() };
            rules::refuse(rules::scope(&scope))?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            if self.ledger.find::<ScopeDefinition>(scope.name.as_str()).await?.is_some() {
                return Err(Refusal::Taken("name").into());
            }
            let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::ScopeCreated);
            let record = record.with("scope", scope.name.as_str());
            changes.create(&scope);
            changes.create(&record.with_changes(&diff(&Vec::new(), &fields::of_scope(&scope))));
            Ok(Decision { answer: Ok(scope), changes })
        })
        .await
    }

    /// Changes a scope's sentence and, unless every deployment has it, its claims.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or [`Refusal::FieldInvalid`] naming what is wrong.
    pub async fn change_scope(
        &self,
        actor: &Actor,
        caller: &Caller,
        name: &Scope,
        description: &str,
        claims: &[String],
    ) -> Result<ScopeDefinition, Denied> {
        self.settle(|| async {
            let was = self.kept_scope(name).await?;
            let scope = ScopeDefinition {
                description: description.to_owned(),
                claims: claims.to_vec(),
                ..was.record().clone()
            };
            rules::refuse(rules::scope(&scope))?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let differences = diff(&fields::of_scope(&was), &fields::of_scope(&scope));
            changes.update(&was, &scope);
            if !differences.is_empty() {
                let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::ScopeUpdated);
                changes.create(&record.with("scope", name.as_str()).with_changes(&differences));
            }
            Ok(Decision { answer: Ok(scope), changes })
        })
        .await
    }

    /// Deletes a scope that no client may ask for any more.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] while clients use it, and for those every deployment has.
    pub async fn delete_scope(&self, actor: &Actor, caller: &Caller, name: &Scope) -> Result<(), Denied> {
        self.settle(|| async {
            let was = self.kept_scope(name).await?;
            if scope::is_built_in(name.as_str()) {
                return Err(Refusal::field("name", "Every deployment has this scope: it cannot be deleted.").into());
            }
            let clients = self.scope_use(name).await?;
            if clients > 0 {
                let sentence = format!("Take the scope from {} first.", counted(clients, "application"));
                return Err(Refusal::field("name", sentence).into());
            }
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::ScopeDeleted);
            changes.delete(&was);
            changes.create(&record.with("scope", name.as_str()));
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// Scopes by name, some at a time.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_scopes(
        &self,
        _: &Viewer,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<ScopeDefinition>, Denied> {
        Ok(self.ledger.list::<ScopeDefinition>(Order::Ascending, after, limit).await?.into())
    }

    /// The scope called `name`.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or the store's fault.
    pub async fn scope_detail(&self, _: &Reader, name: &Scope) -> Result<ScopeDefinition, Denied> {
        Ok(self.kept_scope(name).await?.record().clone())
    }

    /// How many clients may ask for a scope, counted up to ten thousand.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn scope_use(&self, name: &Scope) -> Result<usize, Fault> {
        self.ledger.count_by::<Client>("scope", &format!("{}\0", name.as_str()), 10_000).await
    }

    async fn kept_scope(&self, name: &Scope) -> Result<Kept<ScopeDefinition>, Denied> {
        let kept = self.ledger.find::<ScopeDefinition>(name.as_str()).await?;
        kept.ok_or_else(|| Refusal::NotFound("scope").into())
    }
}

/// The scopes every deployment has, as they are at first.
fn built_in() -> impl Iterator<Item = Result<ScopeDefinition, Fault>> {
    scope::BUILT_IN.iter().map(|(name, description, claims)| {
        Ok(ScopeDefinition {
            name: Scope::parse(name).map_err(Fault::new)?,
            description: (*description).to_owned(),
            claims: claims.iter().map(|claim| (*claim).to_owned()).collect(),
            managed: false,
        })
    })
}
