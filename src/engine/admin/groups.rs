//! Administering groups.

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::client::Client;
use crate::model::group::Group;
use crate::model::refusal::Refusal;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Order};

use super::fields::{self, diff};
use super::{Actor, Listed, Reader, Viewer, rules};

/// Up to how many users of a group are counted: a page shows fifty groups, and "100+" says as much as an exact number.
pub const COUNTED: usize = 100;

impl Engine {
    /// Makes a group.
    ///
    /// # Errors
    /// [`Refusal::Taken`], or [`Refusal::FieldInvalid`] for its name.
    pub async fn create_group(&self, actor: &Actor, caller: &Caller, name: &str) -> Result<Group, Denied> {
        self.settle(|| async {
            rules::refuse(rules::group(name))?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            if self.ledger.find::<Group>(name).await?.is_some() {
                return Err(Refusal::Taken("name").into());
            }
            let group = Group {
                name: name.to_owned(),
                required_factor: Default::default(),
                created_at: self.now(),
                managed: false,
            };
            let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::GroupCreated);
            changes.create(&group);
            changes.create(&record.with("group", name));
            Ok(Decision { answer: Ok(group), changes })
        })
        .await
    }

    /// Says what the members of a group must sign in with.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] from an actor who did not prove lately who they are; [`Refusal::NotFound`];
    /// [`Refusal::FieldInvalid`] for what nobody could sign in with here.
    pub async fn change_group(
        &self,
        actor: &Actor,
        caller: &Caller,
        name: &str,
        required_factor: RequiredFactor,
    ) -> Result<Group, Denied> {
        rules::refuse(self.unmet(required_factor))?;
        self.settle(|| async move {
            let was: Option<Kept<Group>> = self.ledger.find(name).await?;
            let was = was.ok_or(Refusal::NotFound("group"))?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let group = Group { required_factor, ..was.record().clone() };
            let differences = diff(&fields::of_group(&was), &fields::of_group(&group));
            if !differences.is_empty() {
                actor.is_proved()?;
                let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::GroupUpdated);
                changes.update(&was, &group).create(&record.with("group", name).with_changes(&differences));
            }
            Ok(Decision { answer: Ok(group), changes })
        })
        .await
    }

    /// Deletes a group that nobody is in and no client asks for.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] with the counts while it is in use.
    pub async fn delete_group(&self, actor: &Actor, caller: &Caller, name: &str) -> Result<(), Denied> {
        self.settle(|| async {
            let was: Option<Kept<Group>> = self.ledger.find(name).await?;
            let was = was.ok_or(Refusal::NotFound("group"))?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let (members, clients) = self.group_use(name).await?;
            if members + clients > 0 {
                let sentence = format!(
                    "The group still has {} and limits {}. Take it from them first.",
                    counted_so_far(members, "member"),
                    counted_so_far(clients, "application")
                );
                return Err(Refusal::field("name", sentence).into());
            }
            let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::GroupDeleted);
            changes.delete(&was);
            changes.create(&record.with("group", name));
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// Groups by name, some at a time.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_groups(&self, _: &Viewer, after: Option<&str>, limit: usize) -> Result<Listed<Group>, Denied> {
        Ok(self.ledger.list::<Group>(Order::Ascending, after, limit).await?.into())
    }

    /// The group called `name`.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or the store's fault.
    pub async fn group_detail(&self, _: &Reader, name: &str) -> Result<Group, Denied> {
        let kept = self.ledger.find::<Group>(name).await?;
        kept.map(|kept| kept.record().clone()).ok_or_else(|| Refusal::NotFound("group").into())
    }

    /// How many members a group has and how many clients it limits, each counted up to one more than
    /// [`COUNTED`].
    ///
    /// # Errors
    /// The store's fault.
    pub async fn group_use(&self, name: &str) -> Result<(usize, usize), Denied> {
        let exactly = format!("{name}\0");
        let members = self.ledger.count_by::<User>("group", &exactly, COUNTED + 1).await?;
        let clients = self.ledger.count_by::<Client>("group", &exactly, COUNTED + 1).await?;
        Ok((members, clients))
    }
}

/// `1 member`, `3 members`.
pub(super) fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// The same for what is counted only so far: `100+ members`.
fn counted_so_far(count: usize, noun: &str) -> String {
    if count > COUNTED { format!("{COUNTED}+ {noun}s") } else { counted(count, noun) }
}
