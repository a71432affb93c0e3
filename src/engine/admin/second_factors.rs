//! Taking everything from somebody that they sign in with beside their password: for who has lost all of it.

use crate::base::ids::UserId;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::Factors;
use crate::model::mail::AccountChange;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

use super::Actor;

impl Engine {
    /// Removes the authenticator, passkeys, recovery codes and remembered browsers of a user. Their sessions and all access
    /// end, and they are told by mail. The actor has proved a moment ago who they are.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`](crate::model::refusal::Refusal::FreshSignInRequired),
    /// [`Refusal::NotFound`](crate::model::refusal::Refusal::NotFound), or the store's fault.
    pub async fn remove_second_factors(&self, actor: &Actor, caller: &Caller, id: &UserId) -> Result<(), Denied> {
        self.settle(|| async move {
            actor.is_proved()?;
            let was = self.kept_user(id).await?;
            let mut changes = Changes::new();
            self.permit(actor, &[&was], &mut changes).await?;
            let mut user = was.record().clone();
            user.end_access();
            user.updated_at = self.now();
            changes.update(&was, &user);
            self.end_sessions_changes(id, None, &mut changes).await?;
            let short = self.factors_of(id).await?.short_password;
            self.drop_factors(caller, &actor.audited(), &user, short, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// What removing everything `user` has beside their password changes, whoever does it; nothing where there is nothing.
    /// Whether that password is too `short` to stand alone stays known.
    pub(in crate::engine) async fn drop_factors(
        &self,
        caller: &Caller,
        by: &AuditActor,
        user: &User,
        short: bool,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let (kept, none) = (self.factors_kept(&user.id).await?.0, Factors::none(&user.id));
        if short {
            self.keep_factors(kept.as_ref(), &Factors { short_password: true, ..none }, changes);
        } else if let Some(kept) = &kept {
            changes.delete(kept);
        }
        let Some(kept) = kept else { return Ok(()) };
        let (totp, passkeys) = (kept.totp.is_some(), !kept.passkeys.is_empty());
        for (removed, kind, what) in [
            (totp, AuditKind::SecondFactorRemoved, AccountChange::AuthenticatorRemoved),
            (passkeys, AuditKind::PasskeyRemoved, AccountChange::PasskeyRemoved),
        ] {
            if removed {
                let record = caller.record(self.now(), &*self.rng, by.clone(), kind).about_user(&user.id);
                // By themselves they do so one at a time; all at once they go by a link that whoever runs the host made.
                let by_link = *by == AuditActor::User(user.id.clone());
                changes.create(&if by_link { record.with("by", "link") } else { record });
                self.tell_of_change(user, what, changes).await?;
            }
        }
        Ok(())
    }
}
