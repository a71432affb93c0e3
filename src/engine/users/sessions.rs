//! Sessions: whoever is signed in, in which browsers, and how that ends.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::ids::{SessionId, UserId};
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Session, SessionKind, SessionLife};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::device;

/// How precisely it is known when a session was last used.
const SEEN_EVERY: Duration = Duration::from_secs(5 * 60);
/// How many records are read at once.
const PAGE: usize = 200;

/// Evidence: a browser whose session is open and whose person is enabled, as of a moment ago.
#[derive(Clone, Debug)]
pub struct SignedIn {
    session: Session,
    user: User,
}

impl SignedIn {
    /// The session.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Who is signed in.
    pub fn user(&self) -> &User {
        &self.user
    }

    /// Notes whether the second factor was not asked for because this browser remembers it.
    pub(super) fn remember(&mut self, remembered: bool) {
        self.session.remembered = remembered;
    }
}

/// A session that was just begun or renewed, with the cookie that holds it from now on.
#[derive(Clone, Debug)]
pub struct NewSession {
    /// What the browser shall keep. Shown once.
    pub cookie: Secret,
    /// What the browser shall keep beyond the session: that this person has signed in with it.
    pub familiar: Secret,
    /// What the browser shall keep, if it is to remember the second factor.
    pub device: Option<Secret>,
    /// The session and its person.
    pub signed_in: SignedIn,
}

/// How a session is opened.
pub(in crate::engine) enum Opening<'a> {
    /// A new one, in the caller's browser.
    Browser,
    /// This one, by the same person, who has just proved again who they are: its id stays, everything else is new.
    Again(&'a Session),
    /// A new one, in a client of ours, for as long as its grant lives.
    Grant {
        /// The client.
        client: &'a Client,
        /// When its grant ends.
        until: Timestamp,
    },
}

/// A session as its owner and administrators see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// The browser in words: "Firefox on Linux"; or the name of the client that signed them in.
    pub device: String,
    /// The network address it was last signed in from.
    pub address: String,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    pub last_seen_at: Timestamp,
    /// Whether it is the one that asks.
    pub current: bool,
}

impl Engine {
    /// Who is signed in with this cookie. `None` for an unknown, altered, ended, idle or too old one, and when the person
    /// is disabled or gone.
    ///
    /// # Errors
    /// The store's fault when reading. That a use could not be noted is no reason to sign anybody out.
    pub async fn session(&self, cookie: &Secret) -> Result<Option<SignedIn>, Denied> {
        let now = self.now();
        let Some(session) = self.session_of_cookie(cookie).await? else { return Ok(None) };
        if !session.is_open(now) {
            return Ok(None);
        }
        let user = self.ledger.find::<User>(session.user.as_str()).await?;
        let Some(user) = user.filter(|user| user.is_enabled() && session.is_of(user)) else { return Ok(None) };
        let mut seen = session.record().clone();
        if now.since(seen.last_seen_at) >= SEEN_EVERY {
            seen.last_seen_at = now;
            let mut changes = Changes::new();
            changes.update(&session, &seen);
            if let Err(reason) = self.ledger.commit(changes).await {
                tracing::debug!(%reason, "a session's last use was not noted");
            }
        }
        Ok(Some(SignedIn { session: seen, user: user.record().clone() }))
    }

    /// The open sessions of whoever is signed in, the latest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn sessions(&self, who: &SignedIn) -> Result<Vec<SessionView>, Denied> {
        Ok(self.session_views(&who.user.id, Some(&who.session.id)).await?)
    }

    /// The open sessions of a user, the latest first; `current` is marked.
    pub(crate) async fn session_views(
        &self,
        user: &UserId,
        current: Option<&SessionId>,
    ) -> Result<Vec<SessionView>, Fault> {
        let mut views: Vec<SessionView> = self.open_sessions(user).await?.iter().map(|s| view(s, current)).collect();
        views.sort_by(|a, b| b.last_seen_at.cmp(&a.last_seen_at).then(b.id.cmp(&a.id)));
        Ok(views)
    }

    /// Signs out: ends this session.
    ///
    /// # Errors
    /// The store's fault, or [`Denied::Busy`].
    pub async fn sign_out(&self, caller: &Caller, who: &SignedIn) -> Result<(), Denied> {
        self.settle(|| async move {
            let mut changes = Changes::new();
            self.sign_out_changes(caller, who, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// What signing out changes, for verbs that do more in the same commit. Nothing if the session has ended already.
    pub(crate) async fn sign_out_changes(
        &self,
        caller: &Caller,
        who: &SignedIn,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let now = self.now();
        let kept = self.ledger.find::<Session>(who.session.id.as_str()).await?;
        if let Some(kept) = kept.filter(|kept| kept.life == SessionLife::Open) {
            changes.update(&kept, &ended(&kept, now));
            let actor = AuditActor::User(who.user.id.clone());
            let record = caller.record(now, &*self.rng, actor, AuditKind::SignOut);
            changes.create(&record.about_user(&who.user.id));
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
            let record = caller.record(now, &*self.rng, actor.clone(), AuditKind::SessionEnded).about_user(user);
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

    /// Every session of `user` that holds now; none when there is no such user.
    pub(crate) async fn open_sessions(&self, user: &UserId) -> Result<Vec<Kept<Session>>, Fault> {
        let (now, prefix) = (self.now(), format!("{user}\0"));
        let Some(user) = self.ledger.find::<User>(user.as_str()).await? else { return Ok(Vec::new()) };
        let (mut open, mut after) = (Vec::new(), None::<String>);
        loop {
            let page =
                self.ledger.list_by::<Session>("user", &prefix, Order::Ascending, after.as_deref(), PAGE).await?;
            for session in page.items {
                if session.is_open(now) && session.is_of(&user) && self.is_worth_something(&session).await? {
                    open.push(session);
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(open),
            }
        }
    }

    /// Whether anything can still be done with an open session: one in a client of ours is over with the last grant that hangs
    /// on it, however that ended.
    async fn is_worth_something(&self, session: &Session) -> Result<bool, Fault> {
        if session.kind == SessionKind::Browser {
            return Ok(true);
        }
        let (now, prefix) = (self.now(), format!("{}\0", session.id));
        let grants = self.ledger.list_by::<Grant>("session", &prefix, Order::Ascending, None, PAGE).await?;
        Ok(grants.items.iter().any(|grant| grant.is_live(now)))
    }

    /// The session this cookie holds or held, whatever has become of it. The whole cookie is compared.
    pub(super) async fn session_of_cookie(&self, cookie: &Secret) -> Result<Option<Kept<Session>>, Fault> {
        let Some(handle) = Kind::Session.read_handle(cookie.expose()) else { return Ok(None) };
        let session = self.ledger.find_unique::<Session>("cookie", &handle.locator).await?;
        let browsers = |session: &Kept<Session>| session.kind == SessionKind::Browser;
        Ok(session.filter(|session| browsers(session) && session.digest.is_of(cookie.expose())))
    }

    /// The one way into a session, whoever comes and by whatever they proved who they are: the sign-in page, the set-up, a
    /// new password, the grants of our own clients. What must hold of everybody who comes in is decided here and nowhere
    /// else.
    pub(in crate::engine) fn open_session(
        &self,
        caller: &Caller,
        user: &User,
        how: Authentication,
        opening: &Opening<'_>,
    ) -> NewSession {
        let now = self.now();
        let handle = Kind::Session.generate_handle(now, &*self.rng);
        let (kind, expires_at) = match opening {
            Opening::Browser => (SessionKind::Browser, now.plus(Session::ABSOLUTE)),
            Opening::Again(was) => (was.kind.clone(), now.plus(Session::ABSOLUTE)),
            Opening::Grant { client, until } => {
                (SessionKind::Grant { client: client.id.clone(), name: client.name.clone() }, *until)
            }
        };
        let (id, created_at) = match opening {
            Opening::Again(was) => (was.id.clone(), was.created_at),
            _ => (SessionId::ordered(now, &*self.rng), now),
        };
        let session = Session {
            id,
            user: user.id.clone(),
            cookie: handle.locator,
            digest: handle.secret.digest(),
            authentication: how,
            created_at,
            last_seen_at: now,
            expires_at,
            user_agent: caller.user_agent.clone(),
            address: caller.address.clone(),
            life: SessionLife::Open,
            access_epoch: user.access_epoch,
            kind,
            remembered: false,
        };
        let familiar = self.familiar(user);
        NewSession {
            cookie: handle.secret,
            familiar,
            device: None,
            signed_in: SignedIn { session, user: user.clone() },
        }
    }
}

/// The same session, ended.
pub(super) fn ended(session: &Session, now: Timestamp) -> Session {
    Session { life: SessionLife::Ended { at: now }, ..session.clone() }
}

fn view(session: &Session, current: Option<&SessionId>) -> SessionView {
    SessionView {
        id: session.id.clone(),
        device: device::of(session),
        address: session.address.clone(),
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        current: current == Some(&session.id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::admin::Actor;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    #[tokio::test]
    async fn only_the_whole_cookie_opens_a_session() {
        let house = House::new().await;
        house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        let cookie = new.cookie.expose();
        let opens = async |text: &str| house.engine.session(&Secret::new(text)).await.unwrap().is_some();
        assert!(opens(cookie).await);
        for n in 1..cookie.len() {
            assert!(!opens(&cookie[..n]).await);
        }
        for wrong in [format!("{cookie}A"), cookie.replacen("ss_", "rc_", 1), cookie.to_uppercase(), String::new()] {
            assert!(!opens(&wrong).await, "{wrong}");
        }
    }

    #[tokio::test]
    async fn a_session_ends_after_a_week_unused_and_after_a_month_in_any_case() {
        let house = House::new().await;
        house.person("alice").await;
        let idle = house.sign_in("alice", PASSWORD).await.unwrap().cookie;
        let used = house.sign_in("alice", PASSWORD).await.unwrap().cookie;
        for day in 1..=30 {
            house.clock.advance(Duration::from_secs(86_400));
            let open = house.engine.session(&used).await.unwrap().is_some();
            assert_eq!(open, day < 30, "day {day}");
        }
        assert!(house.engine.session(&idle).await.unwrap().is_none());

        let house = House::new().await;
        house.person("alice").await;
        let idle = house.sign_in("alice", PASSWORD).await.unwrap().cookie;
        house.clock.advance(Session::IDLE - Duration::from_secs(1));
        assert!(house.engine.session(&idle).await.unwrap().is_some());
        house.clock.advance(Session::IDLE);
        assert!(house.engine.session(&idle).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn the_last_use_is_noted_every_five_minutes() {
        let house = House::new().await;
        house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        let id = new.signed_in.session().id.as_str().to_owned();
        let began = house.engine.now();
        for (seconds, noted) in [(299, 0), (1, 300), (200, 300), (100, 600)] {
            house.clock.advance(Duration::from_secs(seconds));
            house.engine.session(&new.cookie).await.unwrap().unwrap();
            let seen = house.find::<Session>(&id).await.unwrap().last_seen_at;
            assert_eq!(seen.since(began), Duration::from_secs(noted));
        }
    }

    #[tokio::test]
    async fn nobody_who_is_disabled_or_gone_is_signed_in() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let cookie = house.sign_in("alice", PASSWORD).await.unwrap().cookie;
        house.change::<User>(alice.id.as_str(), |user| user.disabled_at = Some(user.created_at)).await;
        assert!(house.engine.session(&cookie).await.unwrap().is_none());
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

    #[tokio::test]
    async fn an_open_session_is_found_behind_any_number_of_ended_ones() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let open = house.sign_in("alice", PASSWORD).await.unwrap();
        for n in 0..1_001 {
            let was = Session {
                id: SessionId::from_text(format!("zz{n:04}")),
                cookie: format!("c{n}"),
                ..open.signed_in.session().clone()
            };
            house.keep(&ended(&was, house.engine.now())).await;
        }
        let (host, from) = (Actor::host(), caller("192.0.2.1"));
        assert_eq!(house.engine.user_sessions(&host, &alice.id).await.unwrap().len(), 1);
        assert_eq!(house.engine.end_user_sessions(&host, &from, &alice.id).await.unwrap(), 1);
        let life = house.find::<Session>(open.signed_in.session().id.as_str()).await.unwrap().life;
        assert!(matches!(life, SessionLife::Ended { .. }));
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
    async fn signing_out_ends_the_session_once() {
        let house = House::new().await;
        house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        for _ in 0..2 {
            house.engine.sign_out(&caller("198.51.100.1"), &new.signed_in).await.unwrap();
        }
        assert!(house.engine.session(&new.cookie).await.unwrap().is_none());
        assert_eq!(house.logged(AuditKind::SignOut).await, 1);
    }
}
