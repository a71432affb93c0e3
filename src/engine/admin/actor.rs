//! Who acts: evidence that somebody may administer this server.

use crate::base::ids::UserId;
use crate::engine::users::SignedIn;
use crate::engine::{Denied, Engine};
use crate::model::audit::AuditActor;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

/// Somebody who may administer this server: a signed-in administrator, whoever commands the host, or the declared-state
/// file. Only these constructors make one.
#[derive(Clone, Debug)]
pub struct Actor(Who);

#[derive(Clone, Debug)]
enum Who {
    Administrator { id: UserId, name: String },
    Host,
    File,
}

impl Actor {
    /// Whoever is signed in, if they are an administrator.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everybody else.
    pub fn administrator(who: &SignedIn) -> Result<Actor, Refusal> {
        Actor::of_user(who.user())
    }

    pub(super) fn of_user(user: &User) -> Result<Actor, Refusal> {
        if !(user.admin && user.is_enabled()) {
            return Err(Refusal::NotPermitted);
        }
        Ok(Actor(Who::Administrator { id: user.id.clone(), name: user.display_name() }))
    }

    /// Whoever can run commands on the host, and so holds the data directory anyway.
    pub fn host() -> Actor {
        Actor(Who::Host)
    }

    /// The declared-state file.
    pub fn file() -> Actor {
        Actor(Who::File)
    }

    /// Who the activity log names.
    pub(crate) fn audited(&self) -> AuditActor {
        match &self.0 {
            Who::Administrator { id, .. } => AuditActor::User(id.clone()),
            Who::Host => AuditActor::Host,
            Who::File => AuditActor::File,
        }
    }

    /// Who registered a client, in words for the consent page; `None`: the declared-state file.
    pub(crate) fn in_words(&self) -> Option<String> {
        match &self.0 {
            Who::Administrator { name, .. } => Some(name.clone()),
            Who::Host => Some("whoever runs this server".to_owned()),
            Who::File => None,
        }
    }
}

impl Engine {
    /// Makes `changes` depend on the actor still being an administrator. `at_hand` are users read before: the same record
    /// read twice could differ, and no batch may expect two things of one key.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] when they are not one any more, or the store's fault.
    pub(in crate::engine) async fn permit(
        &self,
        actor: &Actor,
        at_hand: &[&Kept<User>],
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        let Who::Administrator { id, .. } = &actor.0 else { return Ok(()) };
        let read;
        let user = match at_hand.iter().find(|kept| kept.id == *id) {
            Some(kept) => Some(*kept),
            None => {
                read = self.ledger.find::<User>(id.as_str()).await?;
                read.as_ref()
            }
        };
        match user {
            Some(user) if user.admin && user.is_enabled() => {
                changes.expect(user);
                Ok(())
            }
            _ => Err(Refusal::NotPermitted.into()),
        }
    }
}
