//! Writes to people: a letter is put into the outbox in the commit of what it speaks of, and delivered later by the roof.

use std::time::Duration;

use crate::base::ids::{LetterId, UserId};
use crate::engine::Engine;
use crate::model::mail::{Letter, OutboxLetter};
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

/// How long a letter is tried to be delivered.
const KEPT: Duration = Duration::from_secs(2 * 86_400);

/// Who a letter goes to.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// The address.
    pub to: &'a str,
    /// How to address them.
    pub name: &'a str,
    /// Who they are, if they have an account.
    pub user: Option<&'a UserId>,
}

impl Engine {
    /// Puts a letter into the outbox with `changes`, where mail is set up; says whether it is.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn post(
        &self,
        to: &Addressee<'_>,
        letter: &Letter,
        changes: &mut Changes,
    ) -> Result<bool, Fault> {
        if !self.has_mail().await? {
            return Ok(false);
        }
        let now = self.now();
        let id = LetterId::ordered(now, &*self.rng);
        let plain = serde_json::to_vec(letter).map_err(Fault::new)?;
        changes.create(&OutboxLetter {
            letter: self.sealing.seal(&format!("letter/{id}"), &plain),
            id,
            to: to.to.to_owned(),
            name: to.name.to_owned(),
            user: to.user.cloned(),
            created_at: now,
            failures: 0,
            next_at: now,
            last_error: None,
            expires_at: now.plus(KEPT),
        });
        Ok(true)
    }

    /// Whether letters can be sent.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn has_mail(&self) -> Result<bool, Fault> {
        Ok(self.settings().await?.smtp.is_some())
    }
}
