//! What people change about themselves: their profile and their password.

use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::PasswordHash;
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method, Session};
use crate::model::user::{Profile, User};
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::fresh::Fresh;
use super::hasher::Turn;
use super::passwords::Chosen;
use super::sessions::{NewSession, Opening, SignedIn};
use super::tries::{self, Who};
use super::{passwords, profile};

impl Engine {
    /// Changes what somebody says about themselves. Empty values are absent ones. Whether a telephone number was verified is
    /// not theirs to say: a new number is not.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`], named after the claim; [`Refusal::SessionEnded`] when they were signed out meanwhile; the
    /// store's fault.
    pub async fn update_profile(&self, caller: &Caller, who: &SignedIn, profile: &Profile) -> Result<User, Denied> {
        let wanted = profile::accept(profile)?;
        self.settle(|| async {
            let Some((session, was)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let mut user = was.record().clone();
            user.profile = profile::keep_what_is_not_theirs(&was.profile, wanted.clone());
            let changed = profile::differences(&was.profile, &user.profile);
            if changed.is_empty() {
                return Ok(Decision::allow(user));
            }
            user.updated_at = self.now();
            let actor = AuditActor::User(user.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::UserUpdated).about_user(&user.id);
            let mut changes = Changes::new();
            changes.expect(&session).update(&was, &user).create(&record.with("changed", changed.join(" ")));
            Ok(Decision { answer: Ok(user), changes })
        })
        .await
    }

    /// Changes somebody's password, who proved lately who they are and gives the current one. All their other sessions, their recovery links and what they
    /// gave to applications end; this session goes on with a new cookie.
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
        self.check_current_password(caller, &user, current).await?;
        let policy = self.password_policy_of(&user).await?;
        let chosen = self.choose_password(&policy, new).await?;
        let checked = user.password.clone();
        self.settle(|| self.decide_password(caller, who.signed_in(), checked.as_ref(), &chosen)).await
    }

    async fn decide_password(
        &self,
        caller: &Caller,
        who: &SignedIn,
        checked: Option<&PasswordHash>,
        chosen: &Chosen,
    ) -> Result<Decision<NewSession>, Denied> {
        let now = self.now();
        let Some((session, was)) = self.still_signed_in(who).await? else {
            return Ok(Decision::refuse(Refusal::SessionEnded));
        };
        if was.password.as_ref() != checked {
            return Ok(Decision::refuse(Refusal::PasswordWrong));
        }
        let mut user = was.record().clone();
        user.password = Some(chosen.hash.clone());
        user.password_changed_at = Some(now);
        user.updated_at = now;
        user.end_access();
        // What else they proved stays proved, as of when they proved it.
        let before = &session.authentication;
        let how = Authentication { at: before.at, ..before.and(Method::Password, now) };
        let renewed = self.open_session(caller, &user, how, &Opening::Again(&session));
        let mut changes = Changes::new();
        changes.update(&was, &user).update(&session, renewed.signed_in.session());
        self.end_sessions_changes(&user.id, Some(&session.id), &mut changes).await?;
        self.end_links_changes(&user.id, &mut changes).await?;
        self.note_short(&user.id, chosen.short, &mut changes).await?;
        let actor = AuditActor::User(user.id.clone());
        changes.create(&caller.record(now, &*self.rng, actor, AuditKind::PasswordChanged).about_user(&user.id));
        self.tell_of_change(&user, AccountChange::PasswordChanged, &mut changes).await?;
        Ok(Decision { answer: Ok(renewed), changes })
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

    /// The session and its person as they are now; `None` if the session has ended or the person was disabled meanwhile.
    pub(super) async fn still_signed_in(&self, who: &SignedIn) -> Result<Option<(Kept<Session>, Kept<User>)>, Denied> {
        let session = self.ledger.find::<Session>(who.session().id.as_str()).await?;
        let Some(session) = session.filter(|session| session.is_open(self.now())) else { return Ok(None) };
        let user = self.ledger.find::<User>(session.user.as_str()).await?;
        let same = |user: &Kept<User>| user.is_enabled() && user.id == who.user().id && session.is_of(user);
        Ok(user.filter(same).map(|user| (session.clone(), user)))
    }
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
        house.engine.sign_out(&caller("198.51.100.1"), &mine.signed_in).await.unwrap();
        assert_eq!(refusal(change(&house, &mine.signed_in, PASSWORD, NEW).await), Refusal::SessionEnded);
        let profile = Profile { nickname: Some("Al".to_owned()), ..Profile::default() };
        let answer = house.engine.update_profile(&caller("198.51.100.1"), &mine.signed_in, &profile).await;
        assert_eq!(refusal(answer), Refusal::SessionEnded);
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

    #[tokio::test]
    async fn a_profile_is_changed_and_the_log_says_which_claims() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        house
            .change::<User>(alice.id.as_str(), |user| {
                user.profile.phone_number = Some("+1 555 0100".to_owned());
                user.profile.phone_number_verified = Some(true);
            })
            .await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        house.clock.advance(Duration::from_secs(60));
        let wanted = Profile {
            given_name: Some("  Alice ".to_owned()),
            nickname: Some(String::new()),
            phone_number: Some("+1 555 0100".to_owned()),
            ..Profile::default()
        };
        let update = async |profile: &Profile| house.engine.update_profile(&caller("192.0.2.1"), &mine, profile).await;
        let user = update(&wanted).await.unwrap();
        assert_eq!((user.profile.given_name.as_deref(), user.profile.nickname.as_deref()), (Some("Alice"), None));
        assert_eq!(user.profile.phone_number_verified, Some(true), "the same number stays verified");
        assert_eq!(user.updated_at, house.engine.now());
        update(&wanted).await.unwrap();
        let other = Profile {
            phone_number: Some("+44 20 7946 0000".to_owned()),
            phone_number_verified: Some(true),
            ..wanted.clone()
        };
        assert_eq!(update(&other).await.unwrap().profile.phone_number_verified, None);
        let changed: Vec<_> = house
            .log()
            .await
            .into_iter()
            .filter(|record| record.kind == AuditKind::UserUpdated)
            .map(|record| record.details["changed"].clone())
            .collect();
        assert_eq!(changed.len(), 2, "the same again is no change");
        assert!(changed.contains(&"given_name".to_owned()));
        assert!(changed.contains(&"phone_number phone_number_verified".to_owned()));
    }
}
