//! How a session begins, whoever comes.

use crate::base::clock::Timestamp;
use crate::base::ids::SessionId;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Engine};
use crate::model::acting::Acting;
use crate::model::client::Client;
use crate::model::session::{Authentication, Session, SessionKind, SessionLife};
use crate::model::user::User;

use super::SignedIn;

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
    /// A new one, in which an administrator acts for somebody.
    Acting {
        /// Who, and what that rests on.
        acting: &'a Acting,
        /// When it ends at the latest.
        until: Timestamp,
    },
}

impl Opening<'_> {
    /// Who acts in it. Whatever becomes of a session in which somebody acts, it stays one.
    fn acting(&self) -> Option<&Acting> {
        match self {
            Opening::Acting { acting, .. } => Some(acting),
            Opening::Again(was) => was.acting.as_ref(),
            Opening::Browser | Opening::Grant { .. } => None,
        }
    }

    /// What kind of session it is, and when it ends at the latest.
    fn kind_and_end(&self, now: Timestamp) -> (SessionKind, Timestamp) {
        match self {
            Opening::Browser => (SessionKind::Browser, now.plus(Session::ABSOLUTE)),
            // Nobody who acts gets longer by it.
            Opening::Again(was) if was.acting.is_some() => (was.kind.clone(), was.expires_at),
            Opening::Again(was) => (was.kind.clone(), now.plus(Session::ABSOLUTE)),
            Opening::Acting { until, .. } => (SessionKind::Browser, *until),
            Opening::Grant { client, until } => {
                (SessionKind::Grant { client: client.id.clone(), name: client.name.clone() }, *until)
            }
        }
    }
}

impl Engine {
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
        let (kind, expires_at) = opening.kind_and_end(now);
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
            remembered: None,
            acting: opening.acting().cloned(),
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
