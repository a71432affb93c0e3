//! The way back in: a one-time link with which a person chooses a password. An administrator or the host starts it and
//! never learns or chooses the password.
//!
//! A link lasts an hour and works once. It is bound to the person's password and address as they were, so that changing
//! either ends it, and looking at it uses nothing up: mail scanners follow links.

use std::time::Duration;

use crate::base::digest::Digest;
use crate::base::ids::UserId;
use crate::base::secret::{Kind, Secret};
use crate::engine::admin::Actor;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::{PasswordHash, RecoveryLink};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::passwords::Chosen;

/// How long a link works.
pub const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// Somebody who found the way back in.
#[derive(Debug)]
pub struct Recovered {
    /// Who it is, with their new password.
    pub user: User,
    /// What makes their browser known, so that strangers who go on guessing keep nobody out who has just come back.
    pub familiar: Secret,
}

/// What a link that works says before it is used.
#[derive(Clone, Debug)]
pub struct RecoveryView {
    /// Whose it is.
    pub user: User,
    /// Whether using it removes their authenticator, passkeys and recovery codes.
    pub without_second_factor: bool,
}

impl Engine {
    /// Makes a one-time link for `user` and gives its secret, which is shown once. Their older links end.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] for an actor who did not prove lately who they are: the link is a way in.
    /// [`Refusal::NotFound`]; [`Refusal::UserDisabled`], for a link that could not be used; [`Refusal::NotPermitted`] when
    /// the actor is no administrator any more; the store's fault.
    pub async fn start_recovery(&self, actor: &Actor, caller: &Caller, user: &UserId) -> Result<Secret, Denied> {
        self.start_recovery_of(actor, caller, user, false).await
    }

    /// The same, for somebody who has lost their second factors too: using the link removes them. Whoever runs the host may
    /// make one, and nobody else.
    ///
    /// # Errors
    /// As [`Engine::start_recovery`]; [`Refusal::NotPermitted`] for anybody who is not on the host.
    pub async fn start_recovery_without_second_factor(
        &self,
        actor: &Actor,
        caller: &Caller,
        user: &UserId,
    ) -> Result<Secret, Denied> {
        if actor.audited() != AuditActor::Host {
            return Err(Refusal::NotPermitted.into());
        }
        self.start_recovery_of(actor, caller, user, true).await
    }

    async fn start_recovery_of(
        &self,
        actor: &Actor,
        caller: &Caller,
        user: &UserId,
        without_second_factor: bool,
    ) -> Result<Secret, Denied> {
        self.settle(|| async move {
            actor.is_proved()?;
            let now = self.now();
            let kept = self.ledger.find::<User>(user.as_str()).await?;
            // A guest has no way in that could be found again.
            let Some(user) = kept.filter(|user| !user.is_guest()) else {
                return Ok(Decision::refuse(Refusal::NotFound("user")));
            };
            if !user.is_enabled() {
                return Ok(Decision::refuse(Refusal::UserDisabled));
            }
            let mut changes = Changes::new();
            self.permit(actor, &[&user], &mut changes).await?;
            self.end_links_changes(&user.id, &mut changes).await?;
            let handle = Kind::Recovery.generate_handle(now, &*self.rng);
            let record = caller.record(now, &*self.rng, actor.audited(), AuditKind::RecoveryStarted);
            let record = match without_second_factor {
                true => record.with("without", "second factor"),
                false => record,
            };
            changes.expect(&user).create(&record.about_user(&user.id)).create(&RecoveryLink {
                without_second_factor,
                locator: handle.locator,
                digest: handle.secret.digest(),
                user: user.id.clone(),
                state: state(&user),
                expires_at: now.plus(LIFETIME),
            });
            Ok(Decision { answer: Ok(handle.secret), changes })
        })
        .await
    }

    /// Whose link this is, if it still works, and what using it does. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::LinkGone`] for a link that was used, is too old, was overtaken by a change, or never existed; the store's
    /// fault.
    pub async fn look_at_recovery(&self, token: &Secret) -> Result<RecoveryView, Denied> {
        match self.live_link(token).await? {
            Some((link, user)) => {
                Ok(RecoveryView { user: user.record().clone(), without_second_factor: link.without_second_factor })
            }
            None => Err(Refusal::LinkGone.into()),
        }
    }

    /// Uses the link up: sets the password, ends every session and grant of the person and their other links, in one commit.
    /// Nobody is signed in by it.
    ///
    /// # Errors
    /// [`Refusal::LinkGone`]; [`Refusal::FieldInvalid`] for `password`, which leaves the link as it is; [`Denied::Busy`];
    /// the store's fault.
    pub async fn finish_recovery(
        &self,
        caller: &Caller,
        token: &Secret,
        password: &Secret,
    ) -> Result<Recovered, Denied> {
        let Some((link, user)) = self.live_link(token).await? else { return Err(Refusal::LinkGone.into()) };
        let policy = match link.without_second_factor {
            true => self.password_policy_without_factors(&user).await?,
            false => self.password_policy_of(&user).await?,
        };
        let chosen = self.choose_password(&policy, password).await?;
        let user = self.settle(|| self.decide_recovery(caller, token, &chosen)).await?;
        Ok(Recovered { familiar: self.familiar(&user), user })
    }

    async fn decide_recovery(
        &self,
        caller: &Caller,
        token: &Secret,
        chosen: &Chosen,
    ) -> Result<Decision<User>, Denied> {
        let now = self.now();
        let Some((link, was)) = self.live_link(token).await? else {
            return Ok(Decision::refuse(Refusal::LinkGone));
        };
        let mut user = was.record().clone();
        user.password = Some(chosen.hash.clone());
        user.password_changed_at = Some(now);
        user.updated_at = now;
        user.end_access();
        let mut changes = Changes::new();
        changes.update(&was, &user).delete(&link);
        self.end_links_but(Some(&link.locator), &user.id, &mut changes).await?;
        self.end_sessions_changes(&user.id, None, &mut changes).await?;
        self.close_set_up_for(&user, &mut changes).await?;
        let actor = AuditActor::User(user.id.clone());
        match link.without_second_factor {
            true => self.drop_factors(caller, &actor, &user, chosen.short, &mut changes).await?,
            false => self.note_short(&user.id, chosen.short, &mut changes).await?,
        }
        changes.create(&caller.record(now, &*self.rng, actor, AuditKind::RecoveryFinished).about_user(&user.id));
        self.tell_of_change(&user, AccountChange::PasswordChanged, &mut changes).await?;
        Ok(Decision { answer: Ok(user), changes })
    }

    async fn live_link(&self, token: &Secret) -> Result<Option<(Kept<RecoveryLink>, Kept<User>)>, Fault> {
        let Some(handle) = Kind::Recovery.read_handle(token.expose()) else { return Ok(None) };
        let Some(link) = self.ledger.find::<RecoveryLink>(&handle.locator).await? else { return Ok(None) };
        if !link.digest.is_of(token.expose()) || link.expires_at <= self.now() {
            return Ok(None);
        }
        let user = self.ledger.find::<User>(link.user.as_str()).await?;
        let stands = |user: &Kept<User>| user.is_enabled() && state(user) == link.state;
        Ok(user.filter(stands).map(|user| (link, user)))
    }

    /// What ending all recovery links of `user` changes; for verbs after which none may work.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn end_links_changes(&self, user: &UserId, changes: &mut Changes) -> Result<(), Fault> {
        self.end_links_but(None, user, changes).await
    }

    async fn end_links_but(&self, but: Option<&str>, user: &UserId, changes: &mut Changes) -> Result<(), Fault> {
        // Every link that is handed over ends those before it, and few are mailed: there are never more than a handful.
        let of_user = format!("{user}\0");
        let links = self.ledger.list_by::<RecoveryLink>("user", &of_user, Order::Ascending, None, 100).await?;
        for link in links.items {
            if Some(link.locator.as_str()) != but {
                changes.delete(&link);
            }
        }
        Ok(())
    }
}

/// What a link is bound to: the password and the address as they are now.
pub(super) fn state(user: &User) -> Digest {
    let password = user.password.as_ref().map_or("", PasswordHash::as_str);
    Digest::of(format!("{password}\0{}", user.email.as_deref().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    const NEW: &str = "four quiet otters skate";

    async fn link(house: &House, user: &User) -> Secret {
        house.engine.start_recovery(&Actor::host(), &caller("host"), &user.id).await.unwrap()
    }

    async fn finish(house: &House, token: &Secret) -> Result<User, Denied> {
        let found = house.engine.finish_recovery(&caller("192.0.2.1"), token, &Secret::new(NEW)).await?;
        Ok(found.user)
    }

    #[tokio::test]
    async fn the_link_sets_a_password_once_and_ends_every_session() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let open = house.sign_in("alice", PASSWORD).await.unwrap();
        let token = link(&house, &alice).await;
        for _ in 0..3 {
            assert_eq!(
                house.engine.look_at_recovery(&token).await.unwrap().user.id,
                alice.id,
                "looking uses nothing up"
            );
        }
        finish(&house, &token).await.unwrap();
        assert!(house.engine.session(&open.cookie).await.unwrap().is_none());
        assert_eq!(refusal(finish(&house, &token).await), Refusal::LinkGone);
        assert_eq!(refusal(house.engine.look_at_recovery(&token).await), Refusal::LinkGone);
        assert_eq!(refusal(house.sign_in("alice", PASSWORD).await), Refusal::PasswordWrong);
        house.sign_in("alice", NEW).await.unwrap();
        assert_eq!(house.logged(AuditKind::RecoveryStarted).await, 1);
        assert_eq!(house.logged(AuditKind::RecoveryFinished).await, 1);
    }

    #[tokio::test]
    async fn a_link_works_for_an_hour_to_the_second() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let token = link(&house, &alice).await;
        house.clock.advance(LIFETIME - Duration::from_secs(1));
        house.engine.look_at_recovery(&token).await.unwrap();
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(refusal(finish(&house, &token).await), Refusal::LinkGone);
    }

    #[tokio::test]
    async fn sixty_four_at_once_use_it_once() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let token = link(&house, &alice).await;
        let all = futures_util::future::join_all((0..64).map(|_| finish(&house, &token))).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
        assert_eq!(house.logged(AuditKind::RecoveryFinished).await, 1);
    }

    #[tokio::test]
    async fn a_newer_link_a_change_of_password_or_address_and_disabling_end_it() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let (older, newer) = (link(&house, &alice).await, link(&house, &alice).await);
        assert_eq!(refusal(finish(&house, &older).await), Refusal::LinkGone);
        house.change::<User>(alice.id.as_str(), |user| user.email = Some("alice@example.com".to_owned())).await;
        assert_eq!(refusal(finish(&house, &newer).await), Refusal::LinkGone);

        let token = link(&house, &alice).await;
        let who = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        let (current, new) = (Secret::new(PASSWORD), Secret::new("seven red kites at noon"));
        let who = house.engine.fresh(&who).await.unwrap();
        house.engine.change_password(&caller("192.0.2.1"), &who, &current, &new).await.unwrap();
        assert_eq!(refusal(finish(&house, &token).await), Refusal::LinkGone);

        let token = link(&house, &alice).await;
        for off in [true, false] {
            house.engine.disable_user(&Actor::host(), &caller("host"), &alice.id, off).await.unwrap();
        }
        assert_eq!(refusal(finish(&house, &token).await), Refusal::LinkGone, "also when they are enabled again");
        house.engine.disable_user(&Actor::host(), &caller("host"), &alice.id, true).await.unwrap();
        let none = house.engine.start_recovery(&Actor::host(), &caller("host"), &alice.id).await;
        assert_eq!(refusal(none), Refusal::UserDisabled);
    }

    #[tokio::test]
    async fn only_the_whole_link_works_and_a_bad_password_leaves_it() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let token = link(&house, &alice).await;
        let text = token.expose();
        for wrong in [text[..text.len() - 1].to_owned(), format!("{text}A"), text.replacen("rc_", "ss_", 1)] {
            assert_eq!(refusal(house.engine.look_at_recovery(&Secret::new(wrong)).await), Refusal::LinkGone);
        }
        let cookie = house.sign_in("alice", PASSWORD).await.unwrap().cookie;
        assert_eq!(refusal(house.engine.look_at_recovery(&cookie).await), Refusal::LinkGone);
        let short = house.engine.finish_recovery(&caller("192.0.2.1"), &token, &Secret::new("short")).await;
        assert!(matches!(refusal(short), Refusal::FieldInvalid(problem) if problem.field == "password"));
        finish(&house, &token).await.unwrap();
    }

    #[tokio::test]
    async fn somebody_without_a_password_comes_in_by_it_too() {
        let house = House::new().await;
        let bare = house.person("bare").await;
        house.change::<User>(bare.id.as_str(), |user| user.password = None).await;
        let token = link(&house, &bare).await;
        finish(&house, &token).await.unwrap();
        house.sign_in("bare", NEW).await.unwrap();
    }
}
