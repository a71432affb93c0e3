//! Sessions: whoever is signed in, in which browsers, and how that ends.
//!
//! Reading order: [`SignedIn`] is what all others ask for, [`Visitor`] the little that is enough to use applications, and
//! [`Engine::visitor`] makes them of a cookie. [`opening`] is the one way into a session, [`listing`] shows people where they
//! are signed in, and [`ending`] signs them out.

mod ending;
mod listing;
mod opening;
mod visitor;

pub use listing::{ActingView, SessionView};
pub use opening::NewSession;
pub use visitor::Visitor;

pub(super) use ending::ended;
pub(in crate::engine) use opening::Opening;

use std::time::Duration;

use crate::base::secret::{Kind, Secret};
use crate::engine::{Denied, Engine};
use crate::model::session::{Session, SessionKind};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

/// How precisely it is known when a session was last used.
const SEEN_EVERY: Duration = Duration::from_secs(5 * 60);

/// Evidence: a browser whose session is open and whose person is enabled, as of a moment ago, and that it is in the person's
/// own hands: of a session in which somebody acts for them there is none.
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

    /// Notes what spared them the second factor, if anything did.
    pub(super) fn remember(&mut self, remembered: Option<String>) {
        self.session.remembered = remembered;
    }
}

impl Engine {
    /// Who is signed in with this cookie, in their own hands; as for [`Engine::visitor`].
    ///
    /// # Errors
    /// The store's fault when reading.
    pub async fn session(&self, cookie: &Secret) -> Result<Option<SignedIn>, Denied> {
        Ok(self.visitor(cookie).await?.and_then(|visitor| visitor.signed_in().cloned()))
    }

    /// Who uses the browser with this cookie. `None` for an unknown, altered, ended, idle or too old one, when the person is
    /// disabled or gone, and when an administrator acts for them and may not any more.
    ///
    /// # Errors
    /// The store's fault when reading. That a use could not be noted is no reason to sign anybody out.
    pub async fn visitor(&self, cookie: &Secret) -> Result<Option<Visitor>, Denied> {
        let now = self.now();
        let Some(session) = self.session_of_cookie(cookie).await? else { return Ok(None) };
        if !session.is_open(now) {
            return Ok(None);
        }
        let user = self.ledger.find::<User>(session.user.as_str()).await?;
        let Some(user) = user.filter(|user| user.is_enabled() && session.is_of(user)) else { return Ok(None) };
        if self.grounds(&session, &user).await?.is_err() {
            return Ok(None);
        }
        let mut seen = session.record().clone();
        if now.since(seen.last_seen_at) >= SEEN_EVERY {
            seen.last_seen_at = now;
            let mut changes = Changes::new();
            changes.update(&session, &seen);
            if let Err(reason) = self.ledger.commit(changes).await {
                tracing::debug!(%reason, "a session's last use was not noted");
            }
        }
        Ok(Some(Visitor::from(SignedIn { session: seen, user: user.record().clone() })))
    }

    /// The session this cookie holds or held, whatever has become of it. The whole cookie is compared.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn session_of_cookie(&self, cookie: &Secret) -> Result<Option<Kept<Session>>, Fault> {
        let Some(handle) = Kind::Session.read_handle(cookie.expose()) else { return Ok(None) };
        let session = self.ledger.find_unique::<Session>("cookie", &handle.locator).await?;
        let browsers = |session: &Kept<Session>| session.kind == SessionKind::Browser;
        Ok(session.filter(|session| browsers(session) && session.digest.is_of(cookie.expose())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD};

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
}
