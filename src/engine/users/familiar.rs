//! Browsers somebody has signed in with before, recognised also after they signed out.
//!
//! Whoever signs in leaves a token in the browser that says so much and no more: since when, sealed with the name of the
//! person and the count of their access. It opens nothing. It only keeps strangers' failures elsewhere from slowing down
//! this person in this browser, and it ends with everything that ends all their access, such as a new password.

use std::time::Duration;

use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;

use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::engine::Engine;
use crate::model::user::User;
use crate::store::Fault;

use super::sessions::Visitor;

/// How long a browser is recognised after somebody last signed in with it.
pub const LIFE: Duration = Duration::from_secs(180 * 86_400);

/// What distinguishes these tokens from everything else that looks random.
const PREFIX: &str = "fb_";

/// What a browser holds that shows who has signed in with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Traces<'a> {
    /// Who uses it now. That somebody acts for them there does not make it a browser of theirs.
    pub current: Option<&'a Visitor>,
    /// What an earlier sign-in left there ([`super::NewSession::familiar`]).
    pub familiar: Option<&'a Secret>,
    /// A session cookie of an earlier time, live or not.
    pub session: Option<&'a Secret>,
}

impl Engine {
    /// Whether `user` has signed in before with the browser that holds these.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn knows_browser(&self, user: &User, traces: Traces<'_>) -> Result<bool, Fault> {
        let own = traces.current.and_then(Visitor::signed_in);
        let current = own.is_some_and(|current| current.user().id == user.id);
        if current || traces.familiar.is_some_and(|token| self.is_familiar(token, user)) {
            return Ok(true);
        }
        let Some(cookie) = traces.session else { return Ok(false) };
        let session = self.session_of_cookie(cookie).await?;
        Ok(session.is_some_and(|session| session.user == user.id && session.acting.is_none()))
    }

    /// The token of a browser in which `user` signs in now.
    pub(super) fn familiar(&self, user: &User) -> Secret {
        let at = self.now();
        let tag = hmac::sign(&self.familiar_key(), said(user, at).as_bytes());
        Secret::new(format!("{PREFIX}{}.{}", at.0, BASE64URL_NOPAD.encode(tag.as_ref())))
    }

    /// Whether `token` says that `user` signed in with this browser, not too long ago.
    pub(super) fn is_familiar(&self, token: &Secret, user: &User) -> bool {
        let Some((at, tag)) = token.expose().strip_prefix(PREFIX).and_then(|rest| rest.split_once('.')) else {
            return false;
        };
        let (Ok(at), Ok(tag)) = (at.parse().map(Timestamp), BASE64URL_NOPAD.decode(tag.as_bytes())) else {
            return false;
        };
        let now = self.now();
        let recent = at <= now && now.since(at) < LIFE;
        recent && hmac::verify(&self.familiar_key(), said(user, at).as_bytes(), &tag).is_ok()
    }

    fn familiar_key(&self) -> hmac::Key {
        self.sealing.mac_key("familiar browser")
    }
}

/// What is sealed. Ids have no space in them.
fn said(user: &User, at: Timestamp) -> String {
    format!("{} {} {}", user.id, user.access_epoch, at.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal};
    use crate::engine::users::{NewSession, SignIn};
    use crate::model::refusal::Refusal;
    use crate::model::session::Session;

    /// Somewhere on the way, so many guess at a name that strangers have to wait.
    async fn attack(house: &House, name: &str) {
        for n in 0..30 {
            let _ = house.engine.sign_in(&caller(&format!("203.0.113.{n}")), &ask(name, "guess")).await;
        }
        let elsewhere = house.engine.sign_in(&caller("192.0.2.8"), &ask(name, PASSWORD)).await;
        assert!(matches!(refusal(elsewhere), Refusal::TooManyTries(_)));
    }

    async fn enters(house: &House, name: &str, familiar: &Secret) -> Option<NewSession> {
        let with = SignIn { familiar: Some(familiar.clone()), ..ask(name, PASSWORD) };
        house.engine.sign_in(&caller("192.0.2.8"), &with).await.ok()?.done().ok()
    }

    #[tokio::test]
    async fn a_browser_is_recognised_long_after_signing_out() {
        let house = House::new().await;
        house.person("alice").await;
        house.person("bob").await;
        let hers = house.sign_in("alice", PASSWORD).await.unwrap();
        let his = house.sign_in("bob", PASSWORD).await.unwrap();
        house.engine.sign_out(&caller("198.51.100.1"), &hers.signed_in.clone().into()).await.unwrap();
        house.clock.advance(LIFE - Duration::from_secs(1));
        house.engine.maintain().await.unwrap();
        assert!(house.find::<Session>(hers.signed_in.session().id.as_str()).await.is_none(), "nothing is left of it");

        attack(&house, "alice").await;
        let nonsense = ["", "fb_", "fb_1.", "fb_1800000000.AAAA", hers.cookie.expose()].map(Secret::new);
        for wrong in [his.familiar.clone()].iter().chain(&nonsense) {
            assert!(enters(&house, "alice", wrong).await.is_none());
        }
        let later = Secret::new(hers.familiar.expose().replacen("fb_1800", "fb_1801", 1));
        assert!(enters(&house, "alice", &later).await.is_none(), "its moment is sealed");
        assert!(enters(&house, "alice", &hers.familiar).await.is_some());

        house.clock.advance(Duration::from_secs(1));
        attack(&house, "alice").await;
        assert!(enters(&house, "alice", &hers.familiar).await.is_none(), "not for ever");
    }

    #[tokio::test]
    async fn what_ends_all_access_ends_this_too() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let hers = house.sign_in("alice", PASSWORD).await.unwrap();
        house.change::<User>(alice.id.as_str(), User::end_access).await;
        attack(&house, "alice").await;
        assert!(enters(&house, "alice", &hers.familiar).await.is_none());
    }
}
