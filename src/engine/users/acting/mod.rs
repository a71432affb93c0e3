//! An administrator acts for somebody: uses applications as that person, to help them. It is announced, recorded and over
//! within the hour, and it is no power over the account: no page or verb of the account or the console takes the evidence
//! that whoever acts has ([`super::Visitor`]).
//!
//! [`begin`] opens such a session, [`stop`] ends it and gives the browser back to the administrator's own. In between it rests
//! on [`Grounds`], which are looked at whenever it is used, and whenever anything is used that was given in it.

pub mod begin;
mod stop;
#[cfg(test)]
mod tests;

pub use begin::{ActAs, NewActing};
pub use stop::Stopped;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::engine::Engine;
use crate::model::acting::Acting;
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::settings::Settings;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

/// What acting for somebody rests on besides the session itself, found to hold. Only [`Engine::grounds`] makes one.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Grounds {
    settings: Kept<Settings>,
    administrator: Kept<User>,
    theirs: Kept<Session>,
}

impl Grounds {
    /// Makes a commit depend on all of this being so still.
    pub fn expect(&self, changes: &mut Changes) {
        changes.expect(&self.settings).expect(&self.administrator).expect(&self.theirs);
    }
}

impl Engine {
    /// What `session`, which is about `user`, rests on if an administrator acts in it; nothing for any other. The inner error
    /// is that they may not any more: the setting is or was off, their own account was changed, their own session or all their
    /// access has ended, or the person has come to administer something.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn grounds(
        &self,
        session: &Session,
        user: &User,
    ) -> Result<Result<Option<Grounds>, Refusal>, Fault> {
        let Some(acting) = &session.acting else { return Ok(Ok(None)) };
        let settings = self.ledger.find::<Settings>("only").await?;
        let administrator = self.ledger.find::<User>(acting.administrator.as_str()).await?;
        let theirs = self.ledger.find::<Session>(acting.session.as_str()).await?;
        let (Some(settings), Some(administrator), Some(theirs)) = (settings, administrator, theirs) else {
            return Ok(Err(Refusal::SessionEnded));
        };
        match holds(acting, &settings, &administrator, &theirs, user, self.now()) {
            true => Ok(Ok(Some(Grounds { settings, administrator, theirs }))),
            false => Ok(Err(Refusal::SessionEnded)),
        }
    }

    /// Why the administrator `by` may not act for `user`; `None` when they may.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn bars_acting(&self, by: &UserId, user: &User) -> Result<Option<&'static str>, Fault> {
        Ok(bar(&self.settings().await?, by, user))
    }
}

fn holds(
    acting: &Acting,
    settings: &Settings,
    administrator: &User,
    theirs: &Session,
    user: &User,
    now: Timestamp,
) -> bool {
    let still_administers = administrator.admin
        && administrator.is_enabled()
        && administrator.id == acting.administrator
        && administrator.access_epoch == acting.access_epoch
        && administrator.updated_at == acting.updated_at;
    let permitted_since = settings.impersonation_ended == acting.impersonation_ended;
    let own = theirs.is_open(now) && theirs.is_of(administrator) && theirs.acting.is_none();
    still_administers && permitted_since && own && bar(settings, &administrator.id, user).is_none()
}

/// Why nobody, or not this administrator, may act for `user`.
fn bar(settings: &Settings, by: &UserId, user: &User) -> Option<&'static str> {
    match () {
        () if !settings.impersonation => Some("Nobody may act for somebody else here: the settings do not allow it."),
        () if user.id == *by => Some("This is your own account. Open your applications as yourself."),
        () if user.admin || user.auditor || user.may_register_clients => {
            Some("Nobody acts for somebody who has a role in this console.")
        }
        () if !user.is_enabled() => Some("They are disabled, and nobody acts for them meanwhile."),
        () if user.is_guest() => Some("This is a guest’s account, which no person has signed in to."),
        () => None,
    }
}
