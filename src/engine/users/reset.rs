//! The way back in by mail: whoever says a name or an address has a one-time link sent to the address of that account.
//!
//! Nobody learns whether there is such an account: the answer is the same, and so is the work. What is written for a name that
//! nobody has is a link that opens nothing. The link leads to where links lead that administrators hand over
//! ([`super::recovery`]); its secret is nowhere but in the letter.

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::{Handle, Kind};
use crate::engine::post::Addressee;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::RecoveryLink;
use crate::model::mail::Letter;
use crate::model::refusal::Refusal;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::arrivals::Asked;
use super::recovery::{LIFETIME, state};

/// How many links that work somebody may have before no more are mailed: nobody's letter box is filled from here, also
/// not across restarts, and nobody ends a link by asking for another.
const MOST_LINKS: usize = 5;
/// Where the link leads.
const PAGE: &str = "/recover";

impl Engine {
    /// Has a one-time link mailed to whoever signs in with `typed`, if they can be reached. Says nothing about that.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where mail is not set up; [`Refusal::TooManyTries`], which depends on the network only and never
    /// on the name; the store's fault.
    pub async fn request_reset(&self, caller: &Caller, typed: &str) -> Result<(), Denied> {
        if !self.has_mail().await? {
            return Err(Refusal::NotFound("page").into());
        }
        self.gate.arrivals.reset(&caller.network, self.now())?;
        let known = self.find_login(typed).await?;
        let whom = known.map_or_else(|| login_key(typed), |user| user.id.to_string());
        let room = self.gate.arrivals.has_room(Asked::Reset, &whom, self.now());
        self.settle(|| self.decide_reset(caller, typed, room)).await
    }

    async fn decide_reset(&self, caller: &Caller, typed: &str, room: bool) -> Result<Decision<()>, Denied> {
        let now = self.now();
        let known = self.find_login(typed).await?;
        let handle = Kind::Recovery.generate_handle(now, &*self.rng);
        let until = now.plus(LIFETIME);
        let nobody = UserId::random(&*self.rng);
        let id = known.as_ref().map_or(&nobody, |user| &user.id);
        let links = self.links_of(id).await?;
        let letter = Letter::ResetPassword { link: self.page_link(PAGE, &handle.secret), until };
        let reached = known.as_ref().filter(|user| room && may_be_mailed(user) && links < MOST_LINKS);
        let (to, name) = reached.map_or((String::new(), String::new()), |user| (address_of(user), user.display_name()));
        let letter = self.written(&Addressee { to: &to, name: &name, user: reached.map(|user| &user.id) }, &letter)?;

        let mut changes = Changes::new();
        match reached {
            Some(user) => {
                let record = caller.record(now, &*self.rng, AuditActor::Nobody, AuditKind::RecoveryStarted);
                changes.expect(user).create(&link(handle, user, until)).create(&letter);
                changes.create(&record.about_user(&user.id).with("by", "mail"));
            }
            // As much work, to no end: nobody has this link, and maintenance sweeps it away.
            None => _ = changes.create(&opens_nothing(handle, nobody, now)),
        }
        Ok(Decision { answer: Ok(()), changes })
    }

    async fn links_of(&self, user: &UserId) -> Result<usize, Fault> {
        let of_user = format!("{user}\0");
        let links =
            self.ledger.list_by::<RecoveryLink>("user", &of_user, Order::Ascending, None, 4 * MOST_LINKS).await?;
        let now = self.now();
        Ok(links.items.iter().filter(|link| link.expires_at > now).count())
    }
}

/// Whether a letter to them makes sense.
fn may_be_mailed(user: &Kept<User>) -> bool {
    user.is_enabled() && !user.is_guest() && user.email.is_some()
}

fn address_of(user: &Kept<User>) -> String {
    user.email.clone().unwrap_or_default()
}

fn link(handle: Handle, user: &User, expires_at: Timestamp) -> RecoveryLink {
    let digest = handle.secret.digest();
    RecoveryLink {
        locator: handle.locator,
        digest,
        user: user.id.clone(),
        state: state(user),
        without_second_factor: false,
        expires_at,
    }
}

/// A link of nobody that is over already.
fn opens_nothing(handle: Handle, user: UserId, now: Timestamp) -> RecoveryLink {
    let digest = handle.secret.digest();
    RecoveryLink {
        locator: handle.locator,
        state: digest.clone(),
        digest,
        user,
        without_second_factor: false,
        expires_at: now,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::base::secret::Secret;
    use crate::engine::outbox::DueLetter;
    use crate::engine::users::testing::{House, caller, refusal, relay};
    use crate::model::credential::RecoveryLink;
    use crate::model::mail::OutboxLetter;
    use crate::model::settings::Settings;

    const NEW: &str = "four quiet otters skate";

    async fn with_mail() -> House {
        let house = House::new().await;
        house.keep(&Settings { smtp: Some(relay()), ..Settings::default() }).await;
        house
    }

    async fn letters(house: &House) -> Vec<DueLetter> {
        house.engine.due_letters(100).await.unwrap().letters
    }

    fn token(letter: &DueLetter) -> Secret {
        let Letter::ResetPassword { link, .. } = &letter.letter else { panic!("{letter:?}") };
        Secret::new(link.split_once("/recover?token=").unwrap().1)
    }

    #[tokio::test]
    async fn the_mailed_link_sets_a_password_and_only_it_does() {
        let house = with_mail().await;
        let alice = house.person("alice").await;
        house.engine.request_reset(&caller("192.0.2.1"), " Alice@Example.net ").await.unwrap();
        let posted = letters(&house).await;
        assert_eq!((posted.len(), posted[0].to.as_str()), (1, "alice@example.net"));
        let kept = house.find::<OutboxLetter>(posted[0].id.as_str()).await.unwrap();
        assert!(!format!("{kept:?}").contains(token(&posted[0]).expose()), "the outbox holds it sealed");
        assert_eq!(kept.expires_at, house.engine.now().plus(LIFETIME), "later it would be of no use");
        let user = house.engine.finish_recovery(&caller("192.0.2.1"), &token(&posted[0]), &Secret::new(NEW)).await;
        assert_eq!(user.unwrap().user.id, alice.id);
        house.sign_in("alice", NEW).await.unwrap();
        let told = letters(&house).await;
        assert!(told.iter().any(|one| matches!(one.letter, Letter::AccountChanged { .. })), "{told:?}");
    }

    #[tokio::test]
    async fn who_cannot_be_reached_gets_the_same_answer_and_no_letter() {
        let house = with_mail().await;
        let bare = house.person("bare").await;
        house.change::<User>(bare.id.as_str(), |user| user.email = None).await;
        let off = house.person("off").await;
        house.engine.disable_user(&crate::engine::admin::Actor::host(), &caller("host"), &off.id, true).await.unwrap();
        for name in ["bare", "off", "nobody", "nobody@example.net", "", "\0"] {
            house.engine.request_reset(&caller("192.0.2.1"), name).await.unwrap();
        }
        assert!(letters(&house).await.is_empty());
        assert_eq!(house.logged(AuditKind::RecoveryStarted).await, 0, "strangers fill no log");
        house.clock.advance(Duration::from_secs(1));
        house.engine.maintain().await.unwrap();
        let left = house.engine.ledger.list::<RecoveryLink>(Order::Ascending, None, 10).await.unwrap();
        assert!(left.items.is_empty(), "what opens nothing is swept away");
    }

    #[tokio::test]
    async fn asking_often_fills_no_letter_box_and_ends_no_link() {
        let house = with_mail().await;
        house.person("alice").await;
        for n in 0..20 {
            house.engine.request_reset(&caller(&format!("192.0.2.{n}")), "alice").await.unwrap();
        }
        let posted = letters(&house).await;
        assert_eq!(posted.len(), MOST_LINKS);
        for letter in &posted {
            house.engine.look_at_recovery(&token(letter)).await.unwrap();
        }
        house.engine.finish_recovery(&caller("192.0.2.1"), &token(&posted[0]), &Secret::new(NEW)).await.unwrap();
        for letter in &posted {
            assert_eq!(refusal(house.engine.look_at_recovery(&token(letter)).await), Refusal::LinkGone);
        }
    }

    #[tokio::test]
    async fn many_who_ask_at_the_same_moment_fill_no_letter_box_either() {
        let house = with_mail().await;
        house.person("alice").await;
        let callers: Vec<_> = (0..40).map(|n| caller(&format!("192.0.2.{n}"))).collect();
        let asked = callers.iter().map(|caller| house.engine.request_reset(caller, "alice"));
        futures_util::future::join_all(asked).await.into_iter().for_each(|answer| answer.unwrap());
        assert_eq!(letters(&house).await.len(), MOST_LINKS);
    }

    #[tokio::test]
    async fn a_network_may_ask_only_so_often_whoever_it_asks_for() {
        let house = with_mail().await;
        house.person("alice").await;
        let mut refused = Vec::new();
        for name in ["alice", "nobody"].iter().cycle().take(40) {
            if house.engine.request_reset(&caller("192.0.2.1"), name).await.is_err() {
                refused.push(*name);
            }
        }
        assert_eq!(refused.len(), 30);
        house.engine.request_reset(&caller("198.51.100.1"), "alice").await.unwrap();
    }

    #[tokio::test]
    async fn without_mail_there_is_no_such_way() {
        let house = House::new().await;
        house.person("alice").await;
        let asked = house.engine.request_reset(&caller("192.0.2.1"), "alice").await;
        assert_eq!(refusal(asked), Refusal::NotFound("page"));
    }
}
