//! Sessions in clients of ours: each ends with the grant it was opened for, and nobody has more of them than a few.

use std::collections::BTreeSet;

use crate::engine::Engine;
use crate::model::client::Client;
use crate::model::grant::{Grant, GrantEnd};
use crate::model::session::{Session, SessionKind, SessionLife};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::sessions::ended;

/// In how many places one person is signed in with one client of ours at most.
const MOST: usize = 20;
/// How many records are read at once.
const PAGE: usize = 200;

impl Engine {
    /// The one way to end grants before their time, in the caller's own commit; says how many there were to end. The session
    /// that a client of ours opened for a grant ends with it, so that nothing of it is left to be seen or used.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn end_grants(
        &self,
        grants: &[&Kept<Grant>],
        why: GrantEnd,
        changes: &mut Changes,
    ) -> Result<usize, Fault> {
        let now = self.now();
        let (mut count, mut of) = (0, BTreeSet::new());
        for grant in grants {
            if let Some(over) = grant.ended(now, why) {
                changes.update(grant, &over);
                count += 1;
                of.insert((grant.session.to_string(), grant.client.clone()));
            }
        }
        let ids: BTreeSet<String> = of.iter().map(|(session, _)| session.clone()).collect();
        let sessions = self.ledger.find_all::<Session>(&ids.into_iter().collect::<Vec<_>>()).await?;
        for session in sessions.into_iter().flatten().filter(|session| session.life == SessionLife::Open) {
            // Other clients' grants may hang on it too; they do not take it along.
            if let SessionKind::Grant { client, .. } = &session.kind
                && of.contains(&(session.id.to_string(), client.clone()))
            {
                changes.update(&session, &ended(&session, now));
            }
        }
        Ok(count)
    }

    /// Ends the oldest sessions of `user` in `client`, as many as are too many once there is another.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn make_room_for_session(
        &self,
        user: &User,
        client: &Client,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let (now, prefix) = (self.now(), format!("{}\0", user.id));
        let here = |session: &Session| {
            let of_client = matches!(&session.kind, SessionKind::Grant { client: of, .. } if *of == client.id);
            of_client && session.is_open(now) && session.is_of(user)
        };
        let (mut open, mut after) = (Vec::new(), None::<String>);
        loop {
            let page =
                self.ledger.list_by::<Session>("user", &prefix, Order::Ascending, after.as_deref(), PAGE).await?;
            open.extend(page.items.into_iter().filter(|session| here(session)));
            match page.next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        // Their ids are in the order in which they began.
        let too_many = (open.len() + 1).saturating_sub(MOST);
        for session in &open[..too_many] {
            changes.update(session, &ended(session, now));
        }
        Ok(())
    }
}
