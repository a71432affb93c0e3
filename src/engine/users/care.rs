//! Guardians: whom somebody has in their care, and how that ends.

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Order};

use super::sessions::SignedIn;

/// More than anybody cares for.
const MOST: usize = 200;

/// Somebody in a person's care.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InCare {
    /// Their id.
    pub id: UserId,
    /// What they are called.
    pub name: String,
    /// The name they sign in with.
    pub username: String,
    /// Since when.
    pub since: Timestamp,
}

impl Engine {
    /// Whom `who` has in their care, at most two hundred.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn in_care(&self, who: &SignedIn) -> Result<Vec<InCare>, Denied> {
        let prefix = format!("{}\0", who.user().id);
        let page = self.ledger.list_by::<User>("guardian", &prefix, Order::Ascending, None, MOST).await?;
        let told = |user: &User| InCare {
            id: user.id.clone(),
            name: user.display_name(),
            username: user.username.clone(),
            since: user.created_at,
        };
        Ok(page.items.iter().map(|user| told(user)).collect())
    }

    /// Ends the account of somebody in `who`'s care, for good, with all they gave to applications.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for anybody who is not in their care; [`Refusal::NotPermitted`] for somebody who administers this
    /// server; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn end_account_in_care(&self, caller: &Caller, who: &SignedIn, id: &UserId) -> Result<(), Denied> {
        self.settle(|| async {
            let Some((session, guardian)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let kept = self.ledger.find::<User>(id.as_str()).await?;
            let Some(minor) = kept.filter(|user| user.guardian.as_ref() == Some(&guardian.id)) else {
                return Ok(Decision::refuse(Refusal::NotFound("user")));
            };
            if minor.admin {
                return Ok(Decision::refuse(Refusal::NotPermitted));
            }
            let actor = AuditActor::User(guardian.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::UserDeleted);
            let mut changes = Changes::new();
            changes.expect(&session).delete(&minor);
            changes.create(&record.about_user(&minor.id).with("username", &minor.username));
            self.possessions_end(&minor.id, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await?;
        self.forget_possessions(id).await
    }
}
