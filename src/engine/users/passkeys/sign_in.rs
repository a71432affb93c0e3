//! Coming in with a passkey: with nothing else, after a password, or to prove once more who one is.

use crate::base::ids::{InteractionId, SignInId};
use crate::base::secret::Secret;
use crate::engine::users::familiar::Traces;
use crate::engine::users::proceed::{Proof, SignInStep};
use crate::engine::users::second_factor::Further;
use crate::engine::users::{EnrolledInSignIn, SignedIn, Visitor};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::factors::{ChallengePurpose, Passkey};
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::verification::UserVerification;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::ceremony::{Answer, Ceremony, Miss};
use super::enrol::{Enrolled, NewKey};
use super::proof::Shown;
use super::relying_party::RelyingParty;

/// What somebody who comes with a passkey brings, and what their browser had already.
#[derive(Clone, Debug)]
pub struct PasskeySignIn {
    /// What the passkey says.
    pub answer: Answer,
    /// The authorization request that waits for this, if there is one.
    pub interaction: Option<InteractionId>,
    /// Who uses this browser now.
    pub current: Option<Visitor>,
    /// A session cookie this browser holds from an earlier time, live or not.
    pub known: Option<Secret>,
    /// What an earlier sign-in left in this browser.
    pub familiar: Option<Secret>,
}

impl PasskeySignIn {
    fn traces(&self) -> Traces<'_> {
        let PasskeySignIn { current, familiar, known, .. } = self;
        Traces { current: current.as_ref(), familiar: familiar.as_ref(), session: known.as_ref() }
    }
}

impl Engine {
    /// Asks for any passkey of this deployment, to sign in with nothing else. The browser finds one by itself.
    ///
    /// # Errors
    /// [`Refusal::PasskeyRefused`] where the deployment has none; [`Refusal::TooManyTries`]; the store's fault.
    pub async fn begin_passkey_sign_in(&self, caller: &Caller, browser: &Secret) -> Result<Ceremony, Denied> {
        let asked = self.relying_party().await?.ask_any()?;
        self.begin_ceremony(caller, browser, None, ChallengePurpose::SignIn, asked).await
    }

    /// Signs in whoever the passkey belongs to. It verified them, whatever else is permitted, so it is two factors in one.
    ///
    /// # Errors
    /// [`Refusal::PasskeyUnknown`] for a passkey that is nobody's; [`Refusal::PasskeyNeedsPassword`] for a security key that
    /// serves beside a password; [`Refusal::PasskeyRefused`], for every other cause the same; the store's fault.
    pub async fn finish_passkey_sign_in(&self, caller: &Caller, ask: &PasskeySignIn) -> Result<SignInStep, Denied> {
        let party = self.relying_party().await?;
        let done = self.settle(|| async {
            let mut changes = Changes::new();
            let shown = self.take_word(&party, &ask.answer, ChallengePurpose::SignIn, None, &mut changes).await?;
            let answer = match shown {
                Ok(shown) => Ok(self.come_in(caller, ask, &shown, &mut changes).await?),
                Err(miss) => Err(miss),
            };
            Ok(Decision { answer: Ok(answer), changes })
        });
        self.let_in(caller, done.await?).await
    }

    /// Asks for one of the passkeys of whoever is signed in that sign in alone, to prove once more that it is still they. Who
    /// has a security key confirms as they signed in: with their password, and then the key.
    ///
    /// # Errors
    /// As [`Engine::begin_passkey_sign_in`], also when they have none, and [`Refusal::SessionEnded`].
    pub async fn begin_passkey_confirmation(
        &self,
        caller: &Caller,
        who: &SignedIn,
        browser: &Secret,
    ) -> Result<Ceremony, Denied> {
        let Some((_, user)) = self.still_signed_in(who).await? else { return Err(Refusal::SessionEnded.into()) };
        let mut known = self.factors_of(&user.id).await?.passkeys;
        known.retain(Passkey::signs_in_alone);
        if known.is_empty() {
            return Err(Refusal::PasskeyRefused.into());
        }
        let asked = self.relying_party().await?.ask_one_of(&known, UserVerification::Required)?;
        self.begin_ceremony(caller, browser, Some(&user.id), ChallengePurpose::Confirmation, asked).await
    }

    /// Renews the session of whoever is signed in (`ask.current`), who has shown a passkey of theirs.
    ///
    /// # Errors
    /// As [`Engine::finish_passkey_sign_in`], and [`Refusal::SessionEnded`].
    pub async fn finish_passkey_confirmation(
        &self,
        caller: &Caller,
        ask: &PasskeySignIn,
    ) -> Result<SignInStep, Denied> {
        let party = self.relying_party().await?;
        let Some(who) = ask.current.as_ref().and_then(Visitor::signed_in) else {
            return Err(Refusal::SessionEnded.into());
        };
        let done = self.settle(|| async {
            let Some((_, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let mut changes = Changes::new();
            let purpose = ChallengePurpose::Confirmation;
            let answer = match self.take_word(&party, &ask.answer, purpose, Some(&user.id), &mut changes).await? {
                Ok(shown) => Ok(self.come_in(caller, ask, &shown, &mut changes).await?),
                Err(miss) => Err(miss),
            };
            Ok(Decision { answer: Ok(answer), changes })
        });
        self.let_in(caller, done.await?).await
    }

    /// Asks for one of the passkeys of whoever is about to be signed in, or one of their security keys; for a new one that is
    /// `wanted` where something is to be enrolled.
    ///
    /// # Errors
    /// As [`Engine::begin_passkey_sign_in`], and [`Refusal::SignInGone`].
    pub async fn begin_second_passkey(
        &self,
        caller: &Caller,
        id: &SignInId,
        browser: &Secret,
        current: Option<&Visitor>,
        wanted: NewKey,
    ) -> Result<Ceremony, Denied> {
        let underway = self.underway(id, browser, current).await?.ok_or(Refusal::SignInGone)?;
        // A new passkey is a second factor too.
        if underway.enrols().is_some() {
            return self.begin_enrolment(caller, &underway.user, browser, wanted).await;
        }
        let factors = underway.enrolled();
        if !factors.under(underway.verification).has_passkey() {
            return Err(Refusal::PasskeyRefused.into());
        }
        let asked = self.relying_party().await?.ask_one_of(&factors.passkeys, underway.verification)?;
        let user = &underway.user.id;
        self.begin_ceremony(caller, browser, Some(user), ChallengePurpose::SecondFactor, asked).await
    }

    /// Goes on with an unfinished sign-in, whose person has shown a passkey: one of theirs, or a new one where they
    /// have nothing and more than a password is demanded. With a new one that is their first factor come recovery codes.
    ///
    /// # Errors
    /// As [`Engine::finish_passkey_sign_in`], and [`Refusal::SignInGone`].
    pub async fn finish_second_passkey(
        &self,
        caller: &Caller,
        id: &SignInId,
        ask: &PasskeySignIn,
    ) -> Result<EnrolledInSignIn, Denied> {
        let party = self.relying_party().await?;
        let done = self.settle(|| self.decide_second(caller, &party, id, ask));
        self.let_in(caller, done.await?).await
    }

    async fn decide_second(
        &self,
        caller: &Caller,
        party: &RelyingParty,
        id: &SignInId,
        ask: &PasskeySignIn,
    ) -> Result<Decision<Result<EnrolledInSignIn, Miss>>, Denied> {
        let (browser, current) = (&ask.answer.browser, ask.current.as_ref());
        let Some(at) = self.underway(id, browser, current).await? else {
            return Ok(Decision::refuse(Refusal::SignInGone));
        };
        let (mut changes, mut codes) = (Changes::new(), Vec::new());
        let enrols = at.enrols().is_some();
        let proof = if enrols {
            match self.enrol(caller, party, &at.user, &ask.answer, None, &mut changes).await? {
                Ok(enrolled) => enrolled.map(|Enrolled { mut factors, proves, .. }| {
                    codes = self.first_recovery_codes(caller, &at.user, &mut factors, &mut changes).unwrap_or_default();
                    (proves, factors)
                }),
                Err(refusal) => return Ok(Decision { answer: Err(refusal), changes }),
            }
        } else {
            let (purpose, user) = (ChallengePurpose::SecondFactor, Some(&at.user.id));
            self.take_word(party, &ask.answer, purpose, user, &mut changes).await?.map(|it| (it.method, it.factors))
        };
        let answer = match proof {
            Ok((method, factors)) => {
                let known = self.knows_browser(&at.user, ask.traces()).await?;
                let further = Further { method, factors, remember: false, browser, current, known };
                Ok(EnrolledInSignIn { step: self.go_on(caller, &at, further, &mut changes).await?, codes })
            }
            Err(miss) => Err(miss),
        };
        Ok(Decision { answer: Ok(answer), changes })
    }

    /// On from a passkey that was shown with nothing else: to a session, or to what is missing.
    async fn come_in(
        &self,
        caller: &Caller,
        ask: &PasskeySignIn,
        shown: &Shown,
        changes: &mut Changes,
    ) -> Result<SignInStep, Denied> {
        changes.expect(&shown.user).update(&shown.was, &shown.factors);
        let proof = Proof {
            user: &shown.user,
            factors: &shown.factors,
            proved: Authentication::by(&[shown.method], self.now()),
            browser: Some(&ask.answer.browser),
            interaction: ask.interaction.as_ref(),
            current: ask.current.as_ref(),
            unfinished: None,
            device: None,
            confirms: false,
            known: self.knows_browser(&shown.user, ask.traces()).await?,
        };
        self.proceed(caller, &proof, changes).await
    }

    async fn let_in<T>(&self, caller: &Caller, done: Result<T, Miss>) -> Result<T, Denied> {
        match done {
            Ok(step) => Ok(step),
            Err(miss) => Err(self.passkey_missed(caller, miss).await),
        }
    }
}
