//! A person's own password: changed, set where there was none, given up by who has passkeys.

use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::credential::PasswordHash;
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method, Session};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::fresh::Fresh;
use super::hasher::Turn;
use super::passwords;
use super::passwords::Chosen;
use super::sessions::{NewSession, Opening, SignedIn};
use super::tries::{self, Who};

impl Engine {
    /// Changes somebody's password, who proved lately who they are and gives the current one; who has none gives none. All
    /// their other sessions, their recovery links and what they gave to applications end; this session goes on with a new
    /// cookie.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `password`, which is the new one; [`Refusal::PasswordWrong`], which is about the current
    /// one; [`Refusal::TooManyTries`]; [`Refusal::SessionEnded`]; [`Denied::Busy`]; the store's fault.
    pub async fn change_password(
        &self,
        caller: &Caller,
        who: &Fresh,
        current: &Secret,
        new: &Secret,
    ) -> Result<NewSession, Denied> {
        let Some((_, user)) = self.still_signed_in(who.signed_in()).await? else {
            return Err(Refusal::SessionEnded.into());
        };
        if user.password.is_some() {
            self.check_current_password(caller, &user, current).await?;
        }
        let policy = self.password_policy_of(&user).await?;
        let chosen = self.choose_password(&policy, new).await?;
        let checked = user.password.clone();
        self.settle(|| self.decide_password(caller, who.signed_in(), checked.as_ref(), &chosen)).await
    }

    /// Gives somebody's password up, who proved lately who they are and signs in with passkeys. Whatever could have come of
    /// the password ends, as when it is changed. Only a link by mail or by an administrator brings a password back to whoever
    /// loses their passkeys.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `password` when no passkey signs them in alone; [`Refusal::LastAdministrator`] when nobody
    /// else could administer; [`Refusal::NotFound`] when they have no password; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn remove_password(&self, caller: &Caller, who: &Fresh) -> Result<NewSession, Denied> {
        self.settle(|| self.decide_no_password(caller, who.signed_in())).await
    }

    async fn decide_password(
        &self,
        caller: &Caller,
        who: &SignedIn,
        checked: Option<&PasswordHash>,
        chosen: &Chosen,
    ) -> Result<Decision<NewSession>, Denied> {
        let Some((session, was)) = self.still_signed_in(who).await? else {
            return Ok(Decision::refuse(Refusal::SessionEnded));
        };
        if was.password.as_ref() != checked {
            return Ok(Decision::refuse(Refusal::PasswordWrong));
        }
        let now = self.now();
        let mut changes = Changes::new();
        self.note_short(&was.id, chosen.short, &mut changes).await?;
        // What else they proved stays proved, as of when they proved it.
        let before = &session.authentication;
        let how = Authentication { at: before.at, ..before.and(Method::Password, now) };
        let hash = Some(chosen.hash.clone());
        let renewed = self.new_password_changes(caller, (&session, &was), hash, how, &mut changes).await?;
        changes.create(&own_record(self, caller, &was, AuditKind::PasswordChanged));
        self.tell_of_change(&was, AccountChange::PasswordChanged, &mut changes).await?;
        Ok(Decision { answer: Ok(renewed), changes })
    }

    async fn decide_no_password(&self, caller: &Caller, who: &SignedIn) -> Result<Decision<NewSession>, Denied> {
        let Some((session, was)) = self.still_signed_in(who).await? else {
            return Ok(Decision::refuse(Refusal::SessionEnded));
        };
        if was.password.is_none() {
            return Ok(Decision::refuse(Refusal::NotFound("password")));
        }
        let (kept, mut factors) = self.factors_kept(&was.id).await?;
        // A security key serves beside a password and is no way in without one.
        let Some(kept) = kept.filter(|_| factors.sign_in_alone()) else {
            let sentence = match factors.passkeys.is_empty() {
                true => "Add a passkey first, or nothing signs you in.",
                false => "Add a passkey first that signs you in alone: a security key does not.",
            };
            return Ok(Decision::refuse(Refusal::field("password", sentence)));
        };
        let mut changes = Changes::new();
        self.another_administrator(&was, &mut changes).await?;
        // The passkeys must still be there when the password goes: the record is written even where nothing in it changes.
        factors.short_password = false;
        changes.update(&kept, &factors);
        let how = session.authentication.clone();
        let renewed = self.new_password_changes(caller, (&session, &was), None, how, &mut changes).await?;
        changes.create(&own_record(self, caller, &was, AuditKind::PasswordRemoved));
        self.tell_of_change(&was, AccountChange::PasswordRemoved, &mut changes).await?;
        Ok(Decision { answer: Ok(renewed), changes })
    }

    /// Another password, or none, with all that ends by it; the session goes on, with a new cookie.
    async fn new_password_changes(
        &self,
        caller: &Caller,
        (session, was): (&Kept<Session>, &Kept<User>),
        password: Option<PasswordHash>,
        how: Authentication,
        changes: &mut Changes,
    ) -> Result<NewSession, Denied> {
        let now = self.now();
        let mut user = was.record().clone();
        user.password = password;
        user.password_changed_at = Some(now);
        user.updated_at = now;
        user.end_access();
        let renewed = self.open_session(caller, &user, how, &Opening::Again(session));
        changes.update(was, &user).update(session, renewed.signed_in.session());
        self.end_sessions_changes(&user.id, Some(&session.id), changes).await?;
        self.end_links_changes(&user.id, changes).await?;
        Ok(renewed)
    }

    /// Checks the password of somebody who is signed in, with the pauses of a browser they are known in.
    ///
    /// # Errors
    /// [`Refusal::PasswordWrong`], [`Refusal::TooManyTries`], [`Denied::Busy`].
    pub(super) async fn check_current_password(
        &self,
        caller: &Caller,
        user: &User,
        typed: &Secret,
    ) -> Result<(), Denied> {
        // A count of its own, beside that of the sign-in page: the page asks whether it is still they.
        let name = format!("{}\0again", tries::account(&user.id));
        let who = Who { name: &name, account: None, network: &caller.network, known: true };
        let attempt = self.gate.tries.begin(&who, self.now())?;
        let (password, stored) = match passwords::as_compared(typed) {
            Some(password) => (password, user.password.as_ref()),
            None => (Secret::new(""), None),
        };
        if self.gate.hasher.verify_at(Turn::Known, &password, stored).await?.matches {
            attempt.succeeded();
            return Ok(());
        }
        attempt.failed(self.now());
        let actor = AuditActor::User(user.id.clone());
        let record = caller.record(self.now(), &*self.rng, actor, AuditKind::SignInFailed);
        self.note_failure(record.about_user(&user.id).with("cause", "wrong current password")).await;
        Err(Refusal::PasswordWrong.into())
    }
}

fn own_record(engine: &Engine, caller: &Caller, user: &User, kind: AuditKind) -> AuditRecord {
    let actor = AuditActor::User(user.id.clone());
    caller.record(engine.now(), &*engine.rng, actor, kind).about_user(&user.id)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    const NEW: &str = "four quiet otters skate";

    async fn change(house: &House, who: &SignedIn, current: &str, new: &str) -> Result<NewSession, Denied> {
        let who = house.engine.fresh(who).await?;
        house.engine.change_password(&caller("198.51.100.1"), &who, &Secret::new(current), &Secret::new(new)).await
    }

    #[tokio::test]
    async fn a_new_password_needs_the_current_one_and_ends_the_other_sessions() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        let other = house.sign_in("alice", PASSWORD).await.unwrap();
        house.clock.advance(Duration::from_secs(60));
        assert_eq!(refusal(change(&house, &mine.signed_in, "guess", NEW).await), Refusal::PasswordWrong);
        let renewed = change(&house, &mine.signed_in, PASSWORD, NEW).await.unwrap();

        assert!(house.engine.session(&other.cookie).await.unwrap().is_none());
        assert!(house.engine.session(&mine.cookie).await.unwrap().is_none(), "the cookie is new");
        let signed_in = house.engine.session(&renewed.cookie).await.unwrap().unwrap();
        assert_eq!(signed_in.session().id, mine.signed_in.session().id);
        assert_eq!(signed_in.user().password_changed_at, Some(house.engine.now()));
        assert_eq!(refusal(house.sign_in("alice", PASSWORD).await), Refusal::PasswordWrong);
        house.sign_in("alice", NEW).await.unwrap();
        let changed: Vec<_> =
            house.log().await.into_iter().filter(|record| record.kind == AuditKind::PasswordChanged).collect();
        assert_eq!(changed.len(), 1);
        assert_eq!(changed[0].user, Some(alice.id));
    }

    #[tokio::test]
    async fn the_policy_holds_and_a_refused_password_changes_nothing() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        for weak in ["short", "alicealicealice1", "passwordpassword"] {
            let answer = change(&house, &mine.signed_in, PASSWORD, weak).await;
            assert!(matches!(refusal(answer), Refusal::FieldInvalid(problem) if problem.field == "password"));
        }
        house.sign_in("alice", PASSWORD).await.unwrap();
    }

    #[tokio::test]
    async fn guessing_the_current_password_meets_pauses_that_keep_nobody_from_signing_in() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        for _ in 0..10 {
            assert_eq!(refusal(change(&house, &mine.signed_in, "guess", NEW).await), Refusal::PasswordWrong);
        }
        assert!(matches!(refusal(change(&house, &mine.signed_in, PASSWORD, NEW).await), Refusal::TooManyTries(_)));
        house.sign_in("alice", PASSWORD).await.unwrap();
    }

    #[tokio::test]
    async fn whoever_was_signed_out_changes_nothing() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        house.engine.sign_out(&caller("198.51.100.1"), &mine.signed_in.clone().into()).await.unwrap();
        assert_eq!(refusal(change(&house, &mine.signed_in, PASSWORD, NEW).await), Refusal::SessionEnded);
    }

    #[tokio::test]
    async fn no_session_of_the_old_password_survives_a_change_beside_many_sign_ins() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        let sign_ins = futures_util::future::join_all((0..24).map(|_| house.sign_in("alice", PASSWORD)));
        let (renewed, others) = tokio::join!(change(&house, &mine.signed_in, PASSWORD, NEW), sign_ins);
        let renewed = renewed.unwrap();
        let open = house.engine.open_sessions(&alice.id).await.unwrap();
        assert_eq!(open.len(), 1, "{} came in meanwhile", others.iter().filter(|one| one.is_ok()).count());
        assert_eq!(open[0].id, renewed.signed_in.session().id);
    }
}
