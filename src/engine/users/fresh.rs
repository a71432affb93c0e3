//! Whoever changes what an account is protected with has proved a moment ago who they are, by more than reading their mail.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::engine::{Denied, Engine};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Session};
use crate::model::user::User;

use super::needs::{Need, needs};
use super::sessions::SignedIn;

/// Evidence: whoever is signed in proved who they are within the last ten minutes, with every factor they have.
#[derive(Clone, Debug)]
pub struct Fresh(SignedIn);

impl Fresh {
    /// For how long a proof is fresh.
    pub const LIFE: Duration = Duration::from_secs(10 * 60);

    /// Whether what was proved is fresh at `now`. What rests on a mailbox never is: whoever reads there and wants to change
    /// an account has the way of a new password, which ends every session and is told of.
    pub(in crate::engine) fn is(proved: &Authentication, now: Timestamp) -> bool {
        proved.at <= now && now.since(proved.at) < Fresh::LIFE && !proved.rests_on_mail()
    }

    /// Who is signed in, and where.
    pub fn signed_in(&self) -> &SignedIn {
        &self.0
    }

    /// The session.
    pub fn session(&self) -> &Session {
        self.0.session()
    }

    /// Who is signed in.
    pub fn user(&self) -> &User {
        self.0.user()
    }
}

impl Engine {
    /// Whether `who` proved within the last ten minutes who they are, with a second factor if they have one, and with what
    /// is demanded of them by now. That their browser was remembered does not count, and a code by mail neither.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`], or the store's fault.
    pub async fn fresh(&self, who: &SignedIn) -> Result<Fresh, Denied> {
        let proved = &who.session().authentication;
        let factors = self.factors_of(&who.user().id).await?;
        let demanded = self.demanded_of(who.user(), None).await?;
        let counted = factors.under(self.user_verification().await?);
        let all = needs(counted, demanded, proved, false) == Need::Nothing;
        match all && self.is_recent(proved) {
            true => Ok(Fresh(who.clone())),
            false => Err(Refusal::FreshSignInRequired.into()),
        }
    }

    pub(super) fn is_recent(&self, proved: &Authentication) -> bool {
        Fresh::is(proved, self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, refusal};
    use crate::model::factors::{Factors, Totp};
    use crate::model::session::Method;

    #[tokio::test]
    async fn a_proof_is_fresh_for_ten_minutes() {
        let house = House::new().await;
        house.person("alice").await;
        let signed_in = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        house.clock.advance(Fresh::LIFE - Duration::from_secs(1));
        assert_eq!(house.engine.fresh(&signed_in).await.unwrap().user().id, signed_in.user().id);
        house.clock.advance(Duration::from_secs(1));
        assert_eq!(refusal(house.engine.fresh(&signed_in).await), Refusal::FreshSignInRequired);
    }

    #[tokio::test]
    async fn whoever_has_a_second_factor_gave_it() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        let now = house.engine.now();
        let seed = house.engine.sealing.seal("seed", b"seed");
        let totp = Some(Totp { seed, since: now, last_step: 0, last_used_at: None });
        house.keep(&Factors { totp, ..Factors::none(&alice.id) }).await;
        assert_eq!(refusal(house.engine.fresh(&new.signed_in).await), Refusal::FreshSignInRequired);

        let id = new.signed_in.session().id.clone();
        house.change::<Session>(id.as_str(), |session| session.remembered = Some("note".to_owned())).await;
        let signed_in = house.engine.session(&new.cookie).await.unwrap().unwrap();
        assert_eq!(refusal(house.engine.fresh(&signed_in).await), Refusal::FreshSignInRequired);
        let stronger = signed_in.session().authentication.and(Method::Totp, now);
        house.change::<Session>(id.as_str(), |session| session.authentication = stronger).await;
        let signed_in = house.engine.session(&new.cookie).await.unwrap().unwrap();
        house.engine.fresh(&signed_in).await.unwrap();
    }
}
