//! Ending what a user has: their sessions, their access, their account.

use crate::base::ids::{SessionId, UserId};
use crate::engine::users::device;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::consent::Consent;
use crate::model::credential::{AddressLink, RecoveryLink};
use crate::model::factors::Factors;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::model::session::{Session, SessionLife};
use crate::model::user::User;
use crate::records::{Kept, Record, RecordChanges};
use crate::store::{Changes, Order};

use super::{Actor, Reader};

/// How many rows of one kind an ending takes along in its own commit; the rest follow right after it.
const TAKEN_ALONG: usize = 1_000;

impl Engine {
    /// Switches a user off (`true`) or on again. Off, their sessions end and everything issued for them is dead.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::LastAdministrator`].
    pub async fn disable_user(&self, actor: &Actor, caller: &Caller, id: &UserId, off: bool) -> Result<User, Denied> {
        self.settle(|| async {
            let was = self.kept_user(id).await?;
            let mut user = was.record().clone();
            let mut changes = Changes::new();
            self.permit(actor, &[&was], &mut changes).await?;
            if user.is_enabled() == off {
                if off {
                    self.another_administrator(&was, &mut changes).await?;
                    self.end_sessions_changes(id, None, &mut changes).await?;
                    self.end_links_changes(id, &mut changes).await?;
                    user.end_access();
                }
                user.disabled_at = off.then(|| self.now());
                user.updated_at = self.now();
                let kind = if off { AuditKind::UserDisabled } else { AuditKind::UserEnabled };
                changes.create(&self.user_record(actor, caller, kind, &user));
                changes.update(&was, &user);
            }
            Ok(Decision { answer: Ok(user), changes })
        })
        .await
    }

    /// Ends every browser session of a user, and what they gave to applications; returns how many sessions.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or the store's fault.
    pub async fn end_user_sessions(&self, actor: &Actor, caller: &Caller, id: &UserId) -> Result<usize, Denied> {
        self.settle(|| async {
            let was = self.kept_user(id).await?;
            let mut user = was.record().clone();
            let mut changes = Changes::new();
            self.permit(actor, &[&was], &mut changes).await?;
            let ended = self.end_sessions_changes(id, None, &mut changes).await?;
            user.end_access();
            let record = self.user_record(actor, caller, AuditKind::SessionEnded, &user);
            changes.update(&was, &user).create(&record.with("sessions", ended));
            Ok(Decision { answer: Ok(ended), changes })
        })
        .await
    }

    /// Ends one browser session of a user.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown session or somebody else's.
    pub async fn end_user_session(
        &self,
        actor: &Actor,
        caller: &Caller,
        id: &UserId,
        session: &SessionId,
    ) -> Result<(), Denied> {
        self.settle(|| async {
            let user = self.kept_user(id).await?;
            let kept = self.ledger.find::<Session>(session.as_str()).await?;
            let kept = kept.filter(|kept| kept.user == *id).ok_or(Refusal::NotFound("session"))?;
            let mut changes = Changes::new();
            self.permit(actor, &[&user], &mut changes).await?;
            if kept.is_open(self.now()) {
                let ended = Session { life: SessionLife::Ended { at: self.now() }, ..kept.record().clone() };
                let record = self.end_record(caller, actor.audited(), &kept).with("username", &user.username);
                changes.update(&kept, &ended).create(&record.with("device", device::of(&kept)));
            }
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// The open sessions of a user, newest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn user_sessions(&self, _: &Reader, id: &UserId) -> Result<Vec<Session>, Denied> {
        let mut open: Vec<Session> = self.open_sessions(id).await?.iter().map(|kept| kept.record().clone()).collect();
        open.sort_by_key(|session| std::cmp::Reverse(session.last_seen_at));
        Ok(open)
    }

    /// Deletes a user for good, with their sessions, consents and grants.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], [`Refusal::LastAdministrator`].
    pub async fn delete_user(&self, actor: &Actor, caller: &Caller, id: &UserId) -> Result<(), Denied> {
        self.settle(|| async {
            let was = self.kept_user(id).await?;
            let mut changes = Changes::new();
            self.permit(actor, &[&was], &mut changes).await?;
            self.another_administrator(&was, &mut changes).await?;
            changes.create(&self.user_record(actor, caller, AuditKind::UserDeleted, &was));
            changes.delete(&was);
            self.possessions_end(id, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await?;
        self.forget_possessions(id).await
    }

    /// Deletes what only makes sense while the user exists; returns whether there was anything.
    pub(in crate::engine) async fn possessions_end(&self, id: &UserId, changes: &mut Changes) -> Result<bool, Denied> {
        let of_user = format!("{id}\0");
        let with_client = format!("{id}/");
        let from_first = Order::Ascending;
        let sessions = self.ledger.list_by::<Session>("user", &of_user, from_first, None, TAKEN_ALONG).await?;
        let links = self.ledger.list_by::<RecoveryLink>("user", &of_user, from_first, None, TAKEN_ALONG).await?;
        let addresses = self.ledger.list_by::<AddressLink>("user", &of_user, from_first, None, TAKEN_ALONG).await?;
        let grants = self.ledger.list_by::<Grant>("user", &with_client, from_first, None, TAKEN_ALONG).await?;
        let consents = self.ledger.list_under::<Consent>(&with_client, from_first, None, TAKEN_ALONG).await?;
        let clients = self.owned_clients_end(id, changes).await?;
        if let Some(factors) = self.ledger.find::<Factors>(id.as_str()).await? {
            changes.delete(&factors);
        }
        let links_of_both = links.items.len() + addresses.items.len();
        let found = [sessions.items.len(), links_of_both, grants.items.len(), consents.items.len(), clients];
        delete_all(changes, &sessions.items);
        delete_all(changes, &links.items);
        delete_all(changes, &addresses.items);
        delete_all(changes, &grants.items);
        delete_all(changes, &consents.items);
        Ok(found.into_iter().any(|count| count > 0))
    }

    /// What was too much for the user's own commit. Without the user it is dead already.
    pub(in crate::engine) async fn forget_possessions(&self, id: &UserId) -> Result<(), Denied> {
        loop {
            let more = self
                .settle(|| async {
                    let mut changes = Changes::new();
                    changes.expect_absent::<User>(id.as_str());
                    let more = self.possessions_end(id, &mut changes).await?;
                    Ok(Decision { answer: Ok(more), changes })
                })
                .await?;
            if !more {
                return Ok(());
            }
        }
    }
}

fn delete_all<R: Record>(changes: &mut Changes, records: &[Kept<R>]) {
    for record in records {
        changes.delete(record);
    }
}
