//! Taking the word of a passkey: its challenge ends, its counter goes on, and whose it is is known, in one commit.

use crate::base::ids::UserId;
use crate::engine::Engine;
use crate::model::factors::{ChallengePurpose, Factors, Passkey};
use crate::model::session::Method;
use crate::model::user::User;
use crate::model::verification::UserVerification;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::ceremony::{Answer, Miss};
use super::relying_party::{Claimed, RelyingParty, UNVERIFIED};

/// Somebody has shown a passkey of theirs.
pub(super) struct Shown {
    /// Who.
    pub user: Kept<User>,
    /// Their factors as they were read; the caller writes `factors` in their place.
    pub was: Kept<Factors>,
    /// The same with the passkey's use.
    pub factors: Factors,
    /// What it counts as: whether the passkey verified them this time.
    pub method: Method,
}

impl Engine {
    /// Who answers, if the answer holds: beside a password any key that counts, alone only one that verified its owner and
    /// always has. Its challenge is deleted with `changes` either way, so that nothing is tried twice;
    /// what became of the passkey is for the caller to write.
    pub(super) async fn take_word(
        &self,
        party: &RelyingParty,
        answer: &Answer,
        purpose: ChallengePurpose,
        user: Option<&UserId>,
        changes: &mut Changes,
    ) -> Result<Result<Shown, Miss>, Fault> {
        let challenge = match self.ceremony_of(answer, purpose, user).await? {
            Ok(challenge) => challenge,
            Err(miss) => return Ok(Err(miss)),
        };
        changes.delete(&challenge);

        // Whose passkey is it? Whoever is asked for by name may not be answered by another.
        let Some(claimed) = Claimed::read(&answer.credential) else { return Ok(Err(Miss::by("unreadable answer"))) };
        let Some(was) = self.ledger.find_unique::<Factors>("passkey", &claimed.id()).await? else {
            return Ok(Err(Miss::unknown()));
        };
        let miss = |cause| Ok(Err(Miss::of(&was.user, cause)));
        if user.is_some_and(|user| *user != was.user) {
            return miss("another person's passkey");
        }
        // With nothing else the passkey must say whose it is (section 7.2, step 6); where it need not, it may not differ.
        if !claimed.is_of(&was.user).unwrap_or(user.is_some()) {
            return miss("another user handle");
        }
        let kept = self.ledger.find::<User>(was.user.as_str()).await?;
        let Some(kept) = kept.filter(|user| user.is_enabled()) else { return miss("disabled") };

        let Some(passkey) = was.passkeys.iter().find(|passkey| passkey.id == claimed.id()) else {
            return miss("unknown passkey");
        };
        let beside_password = purpose == ChallengePurpose::SecondFactor;
        let unproved =
            |cause| if beside_password { Miss::of_known(&was.user, cause) } else { Miss::of(&was.user, cause) };
        let used = match party.check(&challenge.state, &claimed, passkey) {
            Ok(used) => used,
            Err(cause) => return Ok(Err(unproved(cause))),
        };
        if !beside_password && !passkey.signs_in_alone() {
            return Ok(Err(Miss::needs_password(&was.user)));
        }
        // What was asked for may be less than what is asked for by now.
        let must_verify = !beside_password || self.user_verification().await? == UserVerification::Required;
        if must_verify && !used.verified {
            return Ok(Err(unproved(UNVERIFIED)));
        }
        let verified = used.verified;
        let used = Passkey {
            credential: used.json,
            backed_up: used.backed_up,
            last_used_at: Some(self.now()),
            ..passkey.clone()
        };
        let passkeys = was.passkeys.iter().map(|other| if other.id == used.id { used.clone() } else { other.clone() });
        let factors = Factors { passkeys: passkeys.collect(), ..was.record().clone() };
        Ok(Ok(Shown { user: kept, was, factors, method: Method::Passkey { verified } }))
    }
}
