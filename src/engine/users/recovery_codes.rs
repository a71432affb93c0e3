//! Recovery codes: for when every other factor is out of reach. Ten of them, shown once, each good for one sign-in.
//!
//! A code has 59 random bits. What is kept of it is keyed with the deployment's own key, so that a copied database alone
//! cannot be searched for them.

use crate::base::rng;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{Factors, RecoveryCode, RecoveryCodes};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::fresh::Fresh;

/// How many there are.
pub const COUNT: usize = 10;
/// Thirty-one characters, none of which is mistaken for another: no `0` and `O`, no `1`, `I` and `L`.
const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";
/// Of so many of them a code is made: 59 bits.
const LENGTH: usize = 12;

impl Engine {
    /// Makes ten new codes, which end those before them, and gives them to be shown once.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when the person has no factor that the codes could stand in for; [`Refusal::SessionEnded`];
    /// the store's fault.
    pub async fn make_recovery_codes(&self, caller: &Caller, who: &Fresh) -> Result<Vec<Secret>, Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let (kept, mut factors) = self.factors_kept(&user.id).await?;
            if !factors.under(self.user_verification().await?).has_second() {
                return Ok(Decision::refuse(Refusal::NotFound("factor")));
            }
            let mut changes = Changes::new();
            changes.expect(&session);
            let codes = self.new_recovery_codes(caller, &user, &mut factors, &mut changes);
            self.keep_factors(kept.as_ref(), &factors, &mut changes);
            self.tell_of_change(&user, AccountChange::RecoveryCodesMade, &mut changes).await?;
            Ok(Decision { answer: Ok(codes), changes })
        })
        .await
    }

    /// The codes that come with somebody's first factor; none if they have codes already. The caller has put the factor into
    /// `factors` and writes them; the record goes into `changes`.
    pub(in crate::engine) fn first_recovery_codes(
        &self,
        caller: &Caller,
        user: &User,
        factors: &mut Factors,
        changes: &mut Changes,
    ) -> Option<Vec<Secret>> {
        factors.recovery_codes.is_none().then(|| self.new_recovery_codes(caller, user, factors, changes))
    }

    fn new_recovery_codes(
        &self,
        caller: &Caller,
        user: &User,
        factors: &mut Factors,
        changes: &mut Changes,
    ) -> Vec<Secret> {
        let made: Vec<String> = (0..COUNT).map(|_| self.chance_code(LENGTH)).collect();
        let kept = |code: &String| RecoveryCode { digest: self.recovery_digest(&user.id, code), used_at: None };
        factors.recovery_codes = Some(RecoveryCodes { made_at: self.now(), codes: made.iter().map(kept).collect() });
        let actor = AuditActor::User(user.id.clone());
        let record = caller.record(self.now(), &*self.rng, actor, AuditKind::RecoveryCodesMade);
        changes.create(&record.about_user(&user.id).with("count", COUNT));
        made.iter().map(|code| Secret::new(as_shown(code))).collect()
    }

    /// A code of so many characters that are not mistaken for one another.
    pub(super) fn chance_code(&self, length: usize) -> String {
        // Bytes beyond the last whole round of the alphabet are left out: each character is as likely as every other.
        const ROUNDS: u8 = 248;
        let mut code = String::with_capacity(length);
        while code.len() < length {
            let [byte] = rng::bytes::<1>(&*self.rng);
            if byte < ROUNDS {
                code.push(char::from(ALPHABET[usize::from(byte % 31)]));
            }
        }
        code
    }
}

/// `K3M9-…`: in groups of four.
pub(super) fn as_shown(code: &str) -> String {
    super::authenticator::groups(code).replace(' ', "-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::digest::Digest;
    use crate::base::ids::UserId;
    use crate::engine::users::testing::{House, caller, refusal};
    use crate::model::factors::Totp;

    /// Somebody who has just enrolled an authenticator.
    async fn with_factor(house: &House) -> Fresh {
        let mine = house.fresh_person("alice").await;
        let id = &mine.user().id;
        let seed = house.engine.seal_seed(id, &[7; 20]);
        let totp = Totp { seed, since: house.engine.now(), last_step: 0, last_used_at: None };
        house.keep(&Factors { totp: Some(totp), ..Factors::none(id) }).await;
        mine
    }

    async fn digests(house: &House, user: &UserId) -> Vec<Digest> {
        let codes = house.find::<Factors>(user.as_str()).await.unwrap().recovery_codes.unwrap();
        codes.codes.into_iter().map(|code| code.digest).collect()
    }

    #[tokio::test]
    async fn ten_codes_are_shown_once_and_kept_as_keyed_digests() {
        let house = House::new().await;
        let mine = with_factor(&house).await;
        let id = &mine.user().id;
        let codes = house.engine.make_recovery_codes(&caller("192.0.2.1"), &mine).await.unwrap();
        assert_eq!(codes.len(), 10);
        let kept = house.find::<Factors>(id.as_str()).await.unwrap();
        assert_eq!(kept.recovery_codes_left(), 10);
        let written = serde_json::to_string(&kept).unwrap();
        for (code, digest) in codes.iter().zip(digests(&house, id).await) {
            assert_eq!(house.engine.recovery_digest(id, code.expose()), digest);
            let code = code.expose();
            assert!(code.len() == 14 && code.split('-').all(|group| group.len() == 4), "{code}");
            for form in [code.to_owned(), code.replace('-', "")] {
                assert!(!written.contains(&form) && !written.contains(Digest::of(&form).as_str()), "{form}");
            }
        }
        assert_eq!(house.logged(AuditKind::RecoveryCodesMade).await, 1);
    }

    #[tokio::test]
    async fn new_codes_end_those_before_them() {
        let house = House::new().await;
        let mine = with_factor(&house).await;
        let id = &mine.user().id;
        house.engine.make_recovery_codes(&caller("192.0.2.1"), &mine).await.unwrap();
        let before = digests(&house, id).await;
        house.engine.make_recovery_codes(&caller("192.0.2.1"), &mine).await.unwrap();
        let now = digests(&house, id).await;
        assert!(now.len() == 10 && now.iter().all(|digest| !before.contains(digest)));
    }

    #[tokio::test]
    async fn nobody_has_codes_without_a_factor_they_could_stand_in_for() {
        let house = House::new().await;
        let bob = house.fresh_person("bob").await;
        let answer = house.engine.make_recovery_codes(&caller("192.0.2.1"), &bob).await;
        assert_eq!(refusal(answer), Refusal::NotFound("factor"));
    }
}
