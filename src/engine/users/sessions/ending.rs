//! Signing out, here or everywhere.

use crate::base::clock::Timestamp;
use crate::base::ids::{SessionId, UserId};
use crate::engine::users::device;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::grant::GrantEnd;
use crate::model::refusal::Refusal;
use crate::model::session::{Session, SessionLife};
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

use super::{SignedIn, Visitor};

impl Engine {
    /// Signs out: ends this session. Where somebody acts, it ends that and the session of their own they left to do so, and
    /// nothing of the person's.
    ///
    /// # Errors
    /// The store's fault, or [`Denied::Busy`].
    pub async fn sign_out(&self, caller: &Caller, who: &Visitor) -> Result<(), Denied> {
        self.settle(|| async move {
            let mut changes = Changes::new();
            self.sign_out_changes(caller, who, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// What signing out changes, for verbs that do more in the same commit. Nothing if the session has ended already.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn sign_out_changes(
        &self,
        caller: &Caller,
        who: &Visitor,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let now = self.now();
        let kept = self.ledger.find::<Session>(who.session().id.as_str()).await?;
        let Some(kept) = kept.filter(|kept| kept.life == SessionLife::Open) else { return Ok(()) };
        changes.update(&kept, &ended(&kept, now)).create(&self.sign_out_record(caller, kept.audited(), &kept));
        // The cookie of what they left is in no browser any more.
        if let Some((own, _)) = self.own_session_left(&kept).await? {
            changes.update(&own, &ended(&own, now)).create(&self.sign_out_record(caller, own.audited(), &own));
        }
        Ok(())
    }

    /// Ends one of one's own sessions from another.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown session or somebody else's; the store's fault.
    pub async fn end_session(&self, caller: &Caller, who: &SignedIn, session: &SessionId) -> Result<(), Denied> {
        let actor = AuditActor::User(who.user.id.clone());
        self.end_session_of(caller, &actor, &who.user.id, session).await
    }

    /// Ends one session of `user`, whoever asks.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for an unknown session or somebody else's; the store's fault, or [`Denied::Busy`].
    pub(crate) async fn end_session_of(
        &self,
        caller: &Caller,
        actor: &AuditActor,
        user: &UserId,
        session: &SessionId,
    ) -> Result<(), Denied> {
        self.settle(|| async move {
            let now = self.now();
            let kept = self.ledger.find::<Session>(session.as_str()).await?;
            let Some(kept) = kept.filter(|kept| kept.user == *user) else {
                return Ok(Decision::refuse(Refusal::NotFound("session")));
            };
            if kept.life != SessionLife::Open {
                return Ok(Decision::allow(()));
            }
            let record = self.end_record(caller, actor.clone(), &kept);
            Ok(Decision::allow(()).with(|changes| {
                changes.update(&kept, &ended(&kept, now)).create(&record.with("device", device::of(&kept)));
            }))
        })
        .await
    }

    /// Ends all of one's own sessions but this one; says how many.
    ///
    /// # Errors
    /// The store's fault, or [`Denied::Busy`].
    pub async fn end_other_sessions(&self, caller: &Caller, who: &SignedIn) -> Result<usize, Denied> {
        let actor = AuditActor::User(who.user.id.clone());
        self.end_sessions_of(caller, &actor, &who.user.id, Some(&who.session.id)).await
    }

    /// Ends all sessions of `user` but `except`, whoever asks; says how many.
    ///
    /// # Errors
    /// The store's fault, or [`Denied::Busy`].
    pub(crate) async fn end_sessions_of(
        &self,
        caller: &Caller,
        actor: &AuditActor,
        user: &UserId,
        except: Option<&SessionId>,
    ) -> Result<usize, Denied> {
        self.settle(|| async move {
            let mut changes = Changes::new();
            let count = self.end_sessions_changes(user, except, &mut changes).await?;
            if count > 0 {
                let record = caller.record(self.now(), &*self.rng, actor.clone(), AuditKind::SessionEnded);
                changes.create(&record.about_user(user).with("sessions", count));
            }
            Ok(Decision { answer: Ok(count), changes })
        })
        .await
    }

    /// What ending all sessions of `user` but `except` changes, for verbs that do more in the same commit; says how many.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn end_sessions_changes(
        &self,
        user: &UserId,
        except: Option<&SessionId>,
        changes: &mut Changes,
    ) -> Result<usize, Fault> {
        let now = self.now();
        let mut count = 0;
        for kept in self.open_sessions(user).await? {
            if Some(&kept.id) != except {
                changes.update(&kept, &ended(&kept, now));
                count += 1;
            }
        }
        Ok(count)
    }

    /// What ending everything changes that rests on reading the mail of `user`, sessions and what was given in them, for verbs
    /// that give them another address in the same commit.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn end_mailed_access(&self, user: &UserId, changes: &mut Changes) -> Result<(), Fault> {
        let now = self.now();
        let sessions = self.open_sessions(user).await?;
        for kept in sessions.iter().filter(|session| session.authentication.rests_on_mail()) {
            changes.update(kept, &ended(kept, now));
        }
        let grants = self.grants_of(user, None).await?;
        let mailed = grants.iter().filter(|grant| grant.is_live(now) && grant.authentication.rests_on_mail());
        self.end_grants(&mailed.collect::<Vec<_>>(), GrantEnd::AddressChanged, changes).await?;
        Ok(())
    }
}

/// The same session, ended.
pub(in crate::engine::users) fn ended(session: &Session, now: Timestamp) -> Session {
    Session { life: SessionLife::Ended { at: now }, ..session.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Secret;
    use crate::engine::admin::Actor;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
    use crate::model::user::User;

    #[tokio::test]
    async fn signing_out_ends_the_session_once() {
        let house = House::new().await;
        house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        for _ in 0..2 {
            house.engine.sign_out(&caller("198.51.100.1"), &new.signed_in.clone().into()).await.unwrap();
        }
        assert!(house.engine.session(&new.cookie).await.unwrap().is_none());
        assert_eq!(house.logged(AuditKind::SignOut).await, 1);
    }

    #[tokio::test]
    async fn people_see_their_own_sessions_and_end_them() {
        let house = House::new().await;
        house.person("alice").await;
        house.person("bob").await;
        let (a, b, c) = (
            house.sign_in("alice", PASSWORD).await.unwrap(),
            house.sign_in("alice", PASSWORD).await.unwrap(),
            house.sign_in("alice", PASSWORD).await.unwrap(),
        );
        let his = house.sign_in("bob", PASSWORD).await.unwrap();
        let seen = house.engine.sessions(&a.signed_in).await.unwrap();
        assert_eq!(seen.len(), 3);
        let current: Vec<_> = seen.iter().filter(|view| view.current).map(|view| &view.id).collect();
        assert_eq!(current, [&a.signed_in.session().id]);
        assert_eq!(seen[0].device, "Firefox on Linux");

        let from = caller("198.51.100.1");
        let others = house.engine.end_session(&from, &a.signed_in, &his.signed_in.session().id).await;
        assert_eq!(refusal(others), Refusal::NotFound("session"));
        house.engine.end_session(&from, &a.signed_in, &b.signed_in.session().id).await.unwrap();
        house.engine.end_session(&from, &a.signed_in, &b.signed_in.session().id).await.unwrap();
        assert_eq!(house.logged(AuditKind::SessionEnded).await, 1);
        assert!(house.engine.session(&b.cookie).await.unwrap().is_none());
        assert_eq!(house.engine.end_other_sessions(&from, &a.signed_in).await.unwrap(), 1);
        assert!(house.engine.session(&c.cookie).await.unwrap().is_none());
        assert!(house.engine.session(&a.cookie).await.unwrap().is_some());
        assert!(house.engine.session(&his.cookie).await.unwrap().is_some());
    }

    #[tokio::test]
    async fn what_ends_all_access_leaves_nothing_that_could_come_back() {
        const NEW: &str = "four quiet otters skate";
        for what in ["disabled and enabled", "sessions ended", "recovery", "password changed elsewhere"] {
            let house = House::new().await;
            let alice = house.person("alice").await;
            let new = house.sign_in("alice", PASSWORD).await.unwrap();
            let (engine, host, from) = (&house.engine, Actor::host(), caller("192.0.2.1"));
            match what {
                "disabled and enabled" => {
                    for off in [true, false] {
                        engine.disable_user(&host, &from, &alice.id, off).await.unwrap();
                    }
                }
                "sessions ended" => assert_eq!(engine.end_user_sessions(&host, &from, &alice.id).await.unwrap(), 1),
                "recovery" => {
                    let link = engine.start_recovery(&host, &from, &alice.id).await.unwrap();
                    engine.finish_recovery(&from, &link, &Secret::new(NEW)).await.unwrap();
                }
                _ => {
                    let elsewhere = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
                    let (current, wanted) = (Secret::new(PASSWORD), Secret::new(NEW));
                    let elsewhere = engine.fresh(&elsewhere).await.unwrap();
                    let kept = engine.change_password(&from, &elsewhere, &current, &wanted).await.unwrap();
                    assert!(engine.session(&kept.cookie).await.unwrap().is_some(), "this one goes on");
                    assert_eq!(engine.sessions(&kept.signed_in).await.unwrap().len(), 1);
                }
            }
            assert_eq!(house.find::<User>(alice.id.as_str()).await.unwrap().access_epoch, 1, "{what}");
            // As a sign-in leaves it that was under way at that moment.
            house.change::<Session>(new.signed_in.session().id.as_str(), |was| was.life = SessionLife::Open).await;
            assert!(engine.session(&new.cookie).await.unwrap().is_none(), "{what}");
            let open = engine.user_sessions(&host, &alice.id).await.unwrap();
            assert!(open.iter().all(|session| session.id != new.signed_in.session().id), "{what}");
            let profile = crate::model::user::Profile::default();
            let late = engine.update_profile(&from, &new.signed_in, &profile).await;
            assert_eq!(refusal(late), Refusal::SessionEnded, "{what}");
        }
    }
}
