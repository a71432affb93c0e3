//! Guests go when the last of what they were given does.

use std::sync::{Mutex, PoisonError};

use crate::engine::{Decision, Denied, Engine};
use crate::model::grant::Grant;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

/// How many guests one turn of maintenance looks at; the next goes on from there.
const LOOK: usize = 500;
/// How many grants of one guest are looked at; a guest has one.
const GRANTS: usize = 50;

/// How far the walk through the guests has come.
#[derive(Default)]
pub(crate) struct GuestWalk(Mutex<Option<String>>);

impl Engine {
    /// Deletes some of the guests who hold nothing any more that could be used; says how many. A record that cannot be read
    /// is left where it is and keeps no other from going.
    ///
    /// # Errors
    /// The store's fault, when it is the store that cannot answer.
    pub(in crate::engine) async fn sweep_guests(&self) -> Result<usize, Fault> {
        let after = self.gate.guests.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let (ids, next) =
            self.ledger.ids_by::<User>("guest", "yes\0", Order::Ascending, after.as_deref(), LOOK).await?;
        let mut gone = 0;
        for id in &ids {
            match self.sweep_guest(id).await {
                Ok(is_gone) => gone += usize::from(is_gone),
                Err(Denied::Unavailable(fault)) if !self.ledger.store_is_sound() => return Err(fault),
                Err(Denied::Unavailable(fault)) => tracing::error!(%fault, "a guest cannot be read and is left"),
                // Somebody was quicker; the next walk looks again.
                Err(_) => {}
            }
        }
        *self.gate.guests.0.lock().unwrap_or_else(PoisonError::into_inner) = next;
        Ok(gone)
    }

    /// Deletes one guest who holds nothing any more; says whether.
    async fn sweep_guest(&self, id: &str) -> Result<bool, Denied> {
        let Some(guest) = self.ledger.find::<User>(id).await? else { return Ok(false) };
        if self.holds_something(&guest).await? {
            return Ok(false);
        }
        self.forget_guest(&guest).await?;
        Ok(true)
    }

    async fn holds_something(&self, guest: &Kept<User>) -> Result<bool, Fault> {
        let (now, prefix) = (self.now(), format!("{}/", guest.id));
        let grants = self.ledger.list_by::<Grant>("user", &prefix, Order::Descending, None, GRANTS).await?;
        Ok(grants.items.iter().any(|grant| grant.is_live(now) && grant.is_of(guest)))
    }

    async fn forget_guest(&self, guest: &Kept<User>) -> Result<(), Denied> {
        self.settle(|| async {
            let mut changes = Changes::new();
            let now = self.ledger.find::<User>(guest.id.as_str()).await?;
            // Who became a person meanwhile stays.
            if let Some(guest) = now.filter(|now| now.is_guest()) {
                changes.delete(&guest);
                self.possessions_end(&guest.id, &mut changes).await?;
            }
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }
}
