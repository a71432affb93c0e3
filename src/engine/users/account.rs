//! What people change about themselves. Their password has a room of its own.

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::user::{Profile, User};
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::profile;
use super::sessions::SignedIn;

impl Engine {
    /// Changes what somebody says about themselves. Empty values are absent ones. Whether a telephone number was verified is
    /// not theirs to say: a new number is not.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`], named after the claim; [`Refusal::SessionEnded`] when they were signed out meanwhile; the
    /// store's fault.
    pub async fn update_profile(&self, caller: &Caller, who: &SignedIn, profile: &Profile) -> Result<User, Denied> {
        let wanted = profile::accept(profile)?;
        self.settle(|| async {
            let Some((session, was)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let mut user = was.record().clone();
            user.profile = profile::keep_what_is_not_theirs(&was.profile, wanted.clone());
            let changed = profile::differences(&was.profile, &user.profile);
            if changed.is_empty() {
                return Ok(Decision::allow(user));
            }
            user.updated_at = self.now();
            let actor = AuditActor::User(user.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::UserUpdated).about_user(&user.id);
            let mut changes = Changes::new();
            changes.expect(&session).update(&was, &user).create(&record.with("changed", changed.join(" ")));
            Ok(Decision { answer: Ok(user), changes })
        })
        .await
    }

    /// The session and its person as they are now; `None` if the session has ended or the person was disabled meanwhile.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn still_signed_in(&self, who: &SignedIn) -> Result<Option<(Kept<Session>, Kept<User>)>, Denied> {
        let session = self.ledger.find::<Session>(who.session().id.as_str()).await?;
        let Some(session) = session.filter(|session| session.is_open(self.now())) else { return Ok(None) };
        let user = self.ledger.find::<User>(session.user.as_str()).await?;
        let same = |user: &Kept<User>| user.is_enabled() && user.id == who.user().id && session.is_of(user);
        Ok(user.filter(same).map(|user| (session.clone(), user)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    #[tokio::test]
    async fn whoever_was_signed_out_changes_nothing() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        house.engine.sign_out(&caller("198.51.100.1"), &mine.signed_in.clone().into()).await.unwrap();
        let profile = Profile { nickname: Some("Al".to_owned()), ..Profile::default() };
        let answer = house.engine.update_profile(&caller("198.51.100.1"), &mine.signed_in, &profile).await;
        assert_eq!(refusal(answer), Refusal::SessionEnded);
    }

    #[tokio::test]
    async fn a_profile_is_changed_and_the_log_says_which_claims() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        house
            .change::<User>(alice.id.as_str(), |user| {
                user.profile.phone_number = Some("+1 555 0100".to_owned());
                user.profile.phone_number_verified = Some(true);
            })
            .await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        house.clock.advance(Duration::from_secs(60));
        let wanted = Profile {
            given_name: Some("  Alice ".to_owned()),
            nickname: Some(String::new()),
            phone_number: Some("+1 555 0100".to_owned()),
            ..Profile::default()
        };
        let update = async |profile: &Profile| house.engine.update_profile(&caller("192.0.2.1"), &mine, profile).await;
        let user = update(&wanted).await.unwrap();
        assert_eq!((user.profile.given_name.as_deref(), user.profile.nickname.as_deref()), (Some("Alice"), None));
        assert_eq!(user.profile.phone_number_verified, Some(true), "the same number stays verified");
        assert_eq!(user.updated_at, house.engine.now());
        update(&wanted).await.unwrap();
        let other = Profile {
            phone_number: Some("+44 20 7946 0000".to_owned()),
            phone_number_verified: Some(true),
            ..wanted.clone()
        };
        assert_eq!(update(&other).await.unwrap().profile.phone_number_verified, None);
        let changed: Vec<_> = house
            .log()
            .await
            .into_iter()
            .filter(|record| record.kind == AuditKind::UserUpdated)
            .map(|record| record.details["changed"].clone())
            .collect();
        assert_eq!(changed.len(), 2, "the same again is no change");
        assert!(changed.contains(&"given_name".to_owned()));
        assert!(changed.contains(&"phone_number phone_number_verified".to_owned()));
    }
}
