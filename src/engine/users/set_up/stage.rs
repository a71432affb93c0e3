//! How the set-up stands: open to whoever holds the latest link, until somebody administers the server.

use crate::base::secret::{Kind, Secret};
use crate::engine::users::tries::Who;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::credential::Setup;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::ONLY;

/// How the set-up stands.
pub(super) enum Stage {
    /// It is open, if the record is there already.
    Open(Option<Kept<Setup>>),
    /// An administrator came by another way; the record says otherwise still, or is absent.
    Overtaken(Option<Kept<Setup>>),
    /// It is closed for ever.
    Closed,
}

impl Engine {
    /// Opens the set-up at start, while there is no administrator, and gives the secret of its link; earlier links end.
    /// `None` once the server is set up; an administrator who came by another way closes the set-up for ever.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn open_set_up(&self) -> Result<Option<Secret>, Denied> {
        self.settle(|| async move {
            let was = match self.set_up_stage().await? {
                Stage::Closed => return Ok(Decision::allow(None)),
                Stage::Overtaken(was) => {
                    return Ok(Decision::allow(None).with(|changes| self.close(changes, was.as_ref())));
                }
                Stage::Open(was) => was,
            };
            let token = Kind::Setup.generate(&*self.rng);
            let open = Setup::Open { digest: token.digest() };
            Ok(Decision::allow(Some(token)).with(|changes| put(changes, was.as_ref(), &open)))
        })
        .await
    }

    /// Whether this secret opens the set-up now. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::SetUpBefore`] once the server is set up, [`Refusal::LinkGone`] for any other secret,
    /// [`Refusal::TooManyTries`] after many of those, the store's fault.
    pub async fn look_at_set_up(&self, caller: &Caller, token: &Secret) -> Result<(), Denied> {
        match opened_by(self.set_up_stage().await?, token) {
            Ok(_) => Ok(()),
            // Only wrong secrets are counted: whoever holds the link is never kept out by those who do not.
            Err(Refusal::LinkGone) => {
                let who = Who { name: "\0set-up", account: None, network: &caller.network, known: false };
                self.gate.tries.begin(&who, self.now())?.failed(self.now());
                Err(Refusal::LinkGone.into())
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// How it stands now.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn set_up_stage(&self) -> Result<Stage, Fault> {
        let kept = self.ledger.find::<Setup>(ONLY).await?;
        if matches!(kept.as_deref(), Some(Setup::Closed { .. })) {
            return Ok(Stage::Closed);
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.ledger.list_by::<User>("admin", "yes\0", Order::Ascending, after.as_deref(), 50).await?;
            // One who is disabled counts too: switching somebody off must not open the set-up.
            if page.items.iter().any(|user| user.password.is_some()) {
                return Ok(Stage::Overtaken(kept));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Stage::Open(kept)),
            }
        }
    }

    /// What closing the set-up for ever changes, for verbs after which `user` may be an administrator by another way: nothing
    /// unless they can sign in. Whoever has no password yet closes it by choosing one.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn close_set_up_for(&self, user: &User, changes: &mut Changes) -> Result<(), Fault> {
        if user.admin && user.password.is_some() {
            self.close_set_up_changes(changes).await?;
        }
        Ok(())
    }

    /// What closing the set-up for ever changes.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn close_set_up_changes(&self, changes: &mut Changes) -> Result<(), Fault> {
        match self.set_up_stage().await? {
            Stage::Closed => {}
            Stage::Open(was) | Stage::Overtaken(was) => self.close(changes, was.as_ref()),
        }
        Ok(())
    }

    pub(super) fn close(&self, changes: &mut Changes, was: Option<&Kept<Setup>>) {
        put(changes, was, &Setup::Closed { at: self.now() });
    }
}

fn put(changes: &mut Changes, was: Option<&Kept<Setup>>, now: &Setup) {
    match was {
        Some(was) => changes.update(was, now),
        None => changes.create(now),
    };
}

/// The record of an open set-up, to whoever holds the secret of its link.
///
/// # Errors
/// [`Refusal::SetUpBefore`] once the server is set up, [`Refusal::LinkGone`] for any other secret.
pub(super) fn opened_by(stage: Stage, token: &Secret) -> Result<Kept<Setup>, Refusal> {
    match stage {
        Stage::Closed | Stage::Overtaken(_) => Err(Refusal::SetUpBefore),
        Stage::Open(Some(kept)) => match kept.record() {
            Setup::Open { digest } if digest.is_of(token.expose()) => Ok(kept),
            _ => Err(Refusal::LinkGone),
        },
        Stage::Open(None) => Err(Refusal::LinkGone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::admin::Actor;
    use crate::engine::admin::user_change::{NewUser, UserChange};
    use crate::engine::users::set_up::tests::ask;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    #[tokio::test]
    async fn every_start_prints_a_link_of_its_own_and_only_the_latest_works() {
        let house = House::new().await;
        let first = house.engine.open_set_up().await.unwrap().unwrap();
        let second = house.engine.open_set_up().await.unwrap().unwrap();
        let look = async |token: &Secret| house.engine.look_at_set_up(&caller("192.0.2.1"), token).await;
        assert_eq!(refusal(look(&first).await), Refusal::LinkGone);
        assert_eq!(refusal(look(&Secret::new("")).await), Refusal::LinkGone);
        let cut = Secret::new(&second.expose()[..second.expose().len() - 1]);
        assert_eq!(refusal(look(&cut).await), Refusal::LinkGone);
        look(&second).await.unwrap();
        for _ in 0..4 {
            let _ = look(&first).await;
        }
        assert!(matches!(refusal(look(&first).await), Refusal::TooManyTries(_)));
        look(&second).await.expect("wrong secrets keep out nobody who has the right one");
    }

    #[tokio::test]
    async fn an_administrator_who_came_by_another_way_closes_it() {
        let house = House::new().await;
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let bob = house.person("bob").await;
        house.change::<User>(bob.id.as_str(), |user| user.admin = true).await;
        let late = house.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await;
        assert_eq!(refusal(late), Refusal::SetUpBefore);
        assert!(house.engine.open_set_up().await.unwrap().is_none());
        assert!(matches!(house.find::<Setup>(ONLY).await, Some(Setup::Closed { .. })));
    }

    /// An administrator without a password cannot sign in, so the link goes on working; with their first password it ends.
    #[tokio::test]
    async fn an_administrator_who_cannot_sign_in_yet_does_not_close_it() {
        let (house, host) = (House::new().await, Actor::host());
        let from = caller("192.0.2.1");
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let bob = NewUser { username: "bob".to_owned(), changes: vec![UserChange::Admin(true)] };
        let bob = house.engine.create_user(&host, &from, &bob).await.unwrap();
        let ann = NewUser { username: "ann".to_owned(), changes: Vec::new() };
        let ann = house.engine.create_user(&host, &from, &ann).await.unwrap();
        house.engine.change_user(&host, &from, &ann.id, &[UserChange::Admin(true)]).await.unwrap();
        house.engine.look_at_set_up(&from, &token).await.unwrap();
        let token = house.engine.open_set_up().await.unwrap().expect("also after a restart");

        let link = house.engine.start_recovery(&host, &from, &bob.id).await.unwrap();
        house.engine.finish_recovery(&from, &link, &Secret::new(PASSWORD)).await.unwrap();
        assert!(matches!(house.find::<Setup>(ONLY).await, Some(Setup::Closed { .. })));
        assert_eq!(refusal(house.engine.set_up(&from, &ask(&token)).await), Refusal::SetUpBefore);
        house.change::<User>(bob.id.as_str(), |user| user.admin = false).await;
        assert!(house.engine.open_set_up().await.unwrap().is_none(), "closed is closed");
    }
}
