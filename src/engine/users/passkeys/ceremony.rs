//! What is kept between a question to a passkey and its answer.

use std::time::Duration;

use serde_json::Value;

use crate::base::ids::{self, UserId};
use crate::base::secret::Secret;
use crate::engine::{Caller, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{ChallengePurpose, PasskeyChallenge};
use crate::model::refusal::Refusal;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::relying_party::{Asked, RelyingParty, UNVERIFIED};

/// How long people have once they are asked: to fetch a key, to find a telephone.
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);
/// How long the sign-in page offers passkeys by itself, which it asks for as soon as it is shown.
pub(super) const OFFERED: Duration = Duration::from_secs(60 * 60);

/// A ceremony that has begun.
#[derive(Clone, Debug)]
pub struct Ceremony {
    /// What its answer comes back with.
    pub challenge: String,
    /// What the browser shall ask: `PublicKeyCredentialCreationOptionsJSON` or `PublicKeyCredentialRequestOptionsJSON`
    /// (Web Authentication Level 3, sections 5.1.9 and 5.1.10).
    pub options: Value,
}

/// What a browser brings back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The ceremony it belongs to.
    pub challenge: String,
    /// What the passkey says, as JSON (Web Authentication Level 3, section 5.1.7).
    pub credential: String,
    /// The cookie of the browser it comes from.
    pub browser: Secret,
}

/// Why an answer was not taken: the cause for the log, and whose it would have been if that is known.
#[derive(Clone, Debug)]
pub(super) struct Miss {
    pub cause: &'static str,
    pub user: Option<UserId>,
    pub refusal: Refusal,
}

impl Miss {
    pub fn by(cause: &'static str) -> Miss {
        Miss { cause, user: None, refusal: Refusal::PasskeyRefused }
    }

    /// The passkey that answers is nobody's. Whoever shows it hears so: nobody guesses the id of one, and who has kept it
    /// is offered it for ever otherwise.
    pub fn unknown() -> Miss {
        Miss { refusal: Refusal::PasskeyUnknown, ..Miss::by("unknown passkey") }
    }

    pub fn of(user: &UserId, cause: &'static str) -> Miss {
        Miss { user: Some(user.clone()), ..Miss::by(cause) }
    }

    /// The same, told to somebody who is known by their password or their session already: that their key does not check
    /// its owner is no secret to them, and what to do about it is theirs to know.
    pub fn of_known(user: &UserId, cause: &'static str) -> Miss {
        let refusal = if cause == UNVERIFIED { Refusal::PasskeyUnverified } else { Refusal::PasskeyRefused };
        Miss { refusal, ..Miss::of(user, cause) }
    }

    /// The key holds, and signs in beside a password only. Whoever showed that it is theirs hears so.
    pub fn needs_password(user: &UserId) -> Miss {
        Miss { refusal: Refusal::PasskeyNeedsPassword, ..Miss::of(user, "only beside a password") }
    }
}

impl Engine {
    /// The relying party, as it is called now.
    pub(super) async fn relying_party(&self) -> Result<RelyingParty, Denied> {
        let name = self.settings().await?.name;
        RelyingParty::of(&self.identity.issuer, &name).ok_or(Denied::Refused(Refusal::PasskeyRefused))
    }

    /// Keeps the challenge of a ceremony that begins in this browser, for `user` if that is known.
    pub(super) async fn begin_ceremony(
        &self,
        caller: &Caller,
        browser: &Secret,
        user: Option<&UserId>,
        purpose: ChallengePurpose,
        asked: Asked,
    ) -> Result<Ceremony, Denied> {
        let now = self.now();
        self.may_ask_passkey(caller, user, now)?;
        let Asked { options, state, verification } = asked;
        let id = ids::random(&*self.rng);
        let lifetime = if purpose == ChallengePurpose::SignIn { OFFERED } else { LIFETIME };
        let challenge = PasskeyChallenge {
            id: id.clone(),
            browser: browser.digest(),
            user: user.cloned(),
            purpose,
            verification,
            state,
            expires_at: now.plus(lifetime),
        };
        self.settle(|| async {
            let mut changes = Changes::new();
            changes.create(&challenge);
            Ok(crate::engine::Decision { answer: Ok(()), changes })
        })
        .await?;
        Ok(Ceremony { challenge: id, options })
    }

    /// The ceremony that `answer` belongs to. One that was used, is too old, began in another browser, for somebody else or
    /// for something else is none; it stays as it is, so that nobody can spoil it for others.
    pub(super) async fn ceremony_of(
        &self,
        answer: &Answer,
        purpose: ChallengePurpose,
        user: Option<&UserId>,
    ) -> Result<Result<Kept<PasskeyChallenge>, Miss>, Fault> {
        let Some(kept) = self.ledger.find::<PasskeyChallenge>(&answer.challenge).await? else {
            return Ok(Err(Miss::by("used or unknown challenge")));
        };
        Ok(match &*kept {
            kept if kept.expires_at <= self.now() => Err(Miss::by("challenge too old")),
            kept if !kept.browser.is_of(answer.browser.expose()) => Err(Miss::by("another browser")),
            kept if kept.purpose != purpose => Err(Miss::by("another purpose")),
            kept if kept.user.as_ref() != user => Err(Miss::by("another person")),
            _ => Ok(kept),
        })
    }

    /// Notes why an answer was not taken and gives the refusal, which is the same for nearly every cause (see [`Miss`]).
    pub(super) async fn passkey_missed(&self, caller: &Caller, miss: Miss) -> Denied {
        let record = caller.record(self.now(), &*self.rng, AuditActor::Nobody, AuditKind::SignInFailed);
        let record = record.with("cause", format_args!("passkey: {}", miss.cause));
        let record = match &miss.user {
            Some(user) => record.about_user(user),
            None => record,
        };
        self.note_failure(record).await;
        Denied::Refused(miss.refusal)
    }
}
