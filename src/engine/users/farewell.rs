//! Somebody deletes their own account, and is told before what goes with it.

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::refusal::Refusal;
use crate::model::user::{User, login_key};
use crate::records::RecordChanges;
use crate::store::Changes;

use super::fresh::Fresh;
use super::sessions::SignedIn;

/// What goes with an account, and what stands in its way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consequences {
    /// How many applications have access.
    pub applications: usize,
    /// How many programs the person registered.
    pub programs: usize,
    /// How many sessions are open.
    pub sessions: usize,
    /// How many people are in their care.
    pub in_care: usize,
    /// Whether nobody else could administer this server.
    pub last_administrator: bool,
    /// Whether a file declares the account, which makes it again when it is applied.
    pub managed: bool,
}

impl Consequences {
    /// Whether the account cannot be deleted as things are.
    pub fn stand_in_the_way(&self) -> bool {
        self.in_care > 0 || self.last_administrator
    }
}

impl Engine {
    /// What deleting their account would end for `who`.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn consequences_of_leaving(&self, who: &SignedIn) -> Result<Consequences, Denied> {
        let user = self.ledger.find::<User>(who.user().id.as_str()).await?;
        let last_administrator = match &user {
            Some(user) => match self.another_administrator(user, &mut Changes::new()).await {
                Ok(()) => false,
                Err(Denied::Refused(Refusal::LastAdministrator)) => true,
                Err(denied) => return Err(denied),
            },
            None => false,
        };
        Ok(Consequences {
            applications: self.applications(who).await?.len(),
            programs: self.own_clients(who).await?.len(),
            sessions: self.sessions(who).await?.len(),
            in_care: self.in_care(who).await?.len(),
            last_administrator,
            managed: user.is_some_and(|user| user.managed),
        })
    }

    /// Deletes the account of `who`, who has typed their username to say that they mean it: every session, grant, consent,
    /// program and factor ends with it.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `username`, which is not theirs, and for `care`, while people are in their care;
    /// [`Refusal::LastAdministrator`]; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn delete_own_account(&self, caller: &Caller, who: &Fresh, typed: &str) -> Result<(), Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            if login_key(typed) != login_key(&user.username) {
                return Ok(Decision::refuse(Refusal::field("username", "That is not your username.")));
            }
            let wards = format!("{}\0", user.id);
            if self.ledger.count_by::<User>("guardian", &wards, 1).await? > 0 {
                let sentence = "People are in your care. End their accounts first, or ask an administrator.";
                return Ok(Decision::refuse(Refusal::field("care", sentence)));
            }
            let mut changes = Changes::new();
            self.another_administrator(&user, &mut changes).await?;
            let actor = AuditActor::User(user.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::UserDeleted);
            changes.expect(&session).delete(&user);
            changes.create(&record.about_user(&user.id).with("username", &user.username));
            self.possessions_end(&user.id, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await?;
        self.forget_possessions(&who.user().id).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
    use crate::model::factors::Factors;
    use crate::model::session::Session;

    async fn leaves(house: &House, who: &Fresh, typed: &str) -> Result<(), Denied> {
        house.engine.delete_own_account(&caller("192.0.2.1"), who, typed).await
    }

    #[tokio::test]
    async fn whoever_types_their_name_is_gone_with_everything_they_had() {
        let house = House::new().await;
        let alice = house.fresh_person("alice").await;
        let other = house.sign_in("alice", PASSWORD).await.unwrap();
        house.engine.begin_authenticator(&alice).await.unwrap();
        let before = house.engine.consequences_of_leaving(alice.signed_in()).await.unwrap();
        assert_eq!(before, Consequences { sessions: 2, ..Consequences::default() });
        for wrong in ["", "bob", "alice@example.net"] {
            let refused = refusal(leaves(&house, &alice, wrong).await);
            assert!(matches!(refused, Refusal::FieldInvalid(problem) if problem.field == "username"), "{wrong}");
        }
        leaves(&house, &alice, " Alice ").await.unwrap();
        let id = alice.user().id.as_str();
        assert!(house.find::<User>(id).await.is_none() && house.find::<Factors>(id).await.is_none());
        assert!(house.find::<Session>(other.signed_in.session().id.as_str()).await.is_none());
        assert!(house.engine.session(&other.cookie).await.unwrap().is_none());
        assert_eq!(refusal(house.sign_in("alice", PASSWORD).await), Refusal::PasswordWrong);
        assert_eq!(house.logged(AuditKind::UserDeleted).await, 1);
        assert_eq!(refusal(leaves(&house, &alice, "alice").await), Refusal::SessionEnded);
    }

    #[tokio::test]
    async fn guardians_and_the_last_administrator_stay() {
        let house = House::new().await;
        let alice = house.fresh_person("alice").await;
        let id = alice.user().id.clone();
        let kim = house.person("kim").await;
        house.change::<User>(kim.id.as_str(), |user| user.guardian = Some(id.clone())).await;
        assert_eq!(house.engine.consequences_of_leaving(alice.signed_in()).await.unwrap().in_care, 1);
        let refused = refusal(leaves(&house, &alice, "alice").await);
        assert!(matches!(refused, Refusal::FieldInvalid(problem) if problem.field == "care"));

        house.change::<User>(kim.id.as_str(), |user| user.guardian = None).await;
        house.change::<User>(id.as_str(), |user| user.admin = true).await;
        assert!(house.engine.consequences_of_leaving(alice.signed_in()).await.unwrap().last_administrator);
        assert_eq!(refusal(leaves(&house, &alice, "alice").await), Refusal::LastAdministrator);
        house.change::<User>(kim.id.as_str(), |user| user.admin = true).await;
        leaves(&house, &alice, "alice").await.unwrap();
    }
}
