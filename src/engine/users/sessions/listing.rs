//! Where somebody is signed in.

use crate::base::clock::Timestamp;
use crate::base::ids::{SessionId, UserId};
use crate::engine::users::device;
use crate::engine::{Denied, Engine};
use crate::model::grant::Grant;
use crate::model::session::{Session, SessionKind};
use crate::model::user::User;
use crate::records::Kept;
use crate::store::{Fault, Order};

use super::SignedIn;

/// How many records are read at once.
const PAGE: usize = 200;

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
    /// Who acts for its person in it, if somebody does.
    pub acting: Option<ActingView>,
}

/// Somebody who acts for the person whose session it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActingView {
    /// What the administrator is called.
    pub name: String,
    /// Why they act, in their words.
    pub reason: String,
    /// When that is over at the latest.
    pub until: Timestamp,
}

impl Engine {
    /// The open sessions of whoever is signed in, the latest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn sessions(&self, who: &SignedIn) -> Result<Vec<SessionView>, Denied> {
        Ok(self.session_views(&who.user.id, Some(&who.session.id)).await?)
    }

    /// The open sessions of a user, the latest first; `current` is marked.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn session_views(
        &self,
        user: &UserId,
        current: Option<&SessionId>,
    ) -> Result<Vec<SessionView>, Fault> {
        let mut views: Vec<SessionView> = self.open_sessions(user).await?.iter().map(|s| view(s, current)).collect();
        views.sort_by(|a, b| b.last_seen_at.cmp(&a.last_seen_at).then(b.id.cmp(&a.id)));
        Ok(views)
    }

    /// Every session of `user` that holds now; none when there is no such user.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn open_sessions(&self, user: &UserId) -> Result<Vec<Kept<Session>>, Fault> {
        let (now, prefix) = (self.now(), format!("{user}\0"));
        let Some(user) = self.ledger.find::<User>(user.as_str()).await? else { return Ok(Vec::new()) };
        let (mut open, mut after) = (Vec::new(), None::<String>);
        loop {
            let page =
                self.ledger.list_by::<Session>("user", &prefix, Order::Ascending, after.as_deref(), PAGE).await?;
            for session in page.items {
                // One in which somebody acts is among them even while they may not: it is there to be ended.
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
}

fn view(session: &Session, current: Option<&SessionId>) -> SessionView {
    SessionView {
        id: session.id.clone(),
        device: device::of(session),
        address: session.address.clone(),
        created_at: session.created_at,
        last_seen_at: session.last_seen_at,
        current: current == Some(&session.id),
        acting: session.acting.as_ref().map(|acting| ActingView {
            name: acting.name.clone(),
            reason: acting.reason.clone(),
            until: session.expires_at,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::admin::Actor;
    use crate::engine::users::sessions::ended;
    use crate::engine::users::testing::{House, PASSWORD, caller};
    use crate::model::session::SessionLife;

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
}
