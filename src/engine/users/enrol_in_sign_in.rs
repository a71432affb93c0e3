//! Somebody of whom a second factor is demanded and who has none sets one up on the way in. Only who knows the password comes
//! here, and only while nothing is enrolled: an enrolment never stands in for a factor there is.

use crate::base::ids::SignInId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::refusal::Refusal;
use crate::model::session::Method;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::authenticator::Enrolment;
use super::needs::Need;
use super::proceed::SignInStep;
use super::second_factor::{Further, GivenCode};
use super::sessions::Visitor;

/// A sign-in that went on, perhaps with something new.
#[derive(Clone, Debug)]
pub struct EnrolledInSignIn {
    /// How far it has come.
    pub step: SignInStep,
    /// The recovery codes that came with a first factor, to be shown once; none where nothing was enrolled.
    pub codes: Vec<Secret>,
}

impl Engine {
    /// What the authenticator of somebody who must have one is told; the same again while the sign-in lasts.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`], also when there is nothing to enrol; the store's fault.
    pub async fn enrolment_in_sign_in(
        &self,
        id: &SignInId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Enrolment, Denied> {
        self.settle(|| async move {
            let found = self.underway(id, browser, current).await?;
            let Some(at) = found.filter(|at| at.enrols() == Some(Need::EnrolSecondFactor)) else {
                return Ok(Decision::refuse(Refusal::SignInGone));
            };
            let mut factors = at.enrolled();
            let enrolment = self.enrolment_of(&at.user, &mut factors, id.as_str()).await?;
            Ok(Decision::allow(enrolment).with(|changes| {
                changes.expect(&at.sign_in);
                self.keep_factors(at.factors.as_ref(), &factors, changes);
            }))
        })
        .await
    }

    /// Takes the first code of the new authenticator, which from now on counts, and goes on with the sign-in.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`]; [`Refusal::SecondFactorWrong`]; the store's fault.
    pub async fn enrol_in_sign_in(&self, caller: &Caller, given: &GivenCode) -> Result<EnrolledInSignIn, Denied> {
        self.settle(|| async move {
            let current = given.current.as_ref();
            let found = self.underway(&given.sign_in, &given.browser, current).await?;
            let Some(at) = found.filter(|at| at.enrols() == Some(Need::EnrolSecondFactor)) else {
                return Ok(Decision::refuse(Refusal::SignInGone));
            };
            let (mut factors, mut changes) = (at.enrolled(), Changes::new());
            let (holder, code) = (at.sign_in.id.as_str(), given.code.expose());
            let enrolled = self.enrol_authenticator(caller, &at.user, &mut factors, holder, code, &mut changes).await?;
            let codes = match enrolled {
                Ok(codes) => codes.unwrap_or_default(),
                Err(Refusal::NotFound(_)) => return Ok(Decision::refuse(Refusal::SignInGone)),
                Err(refusal) => return Ok(Decision::refuse(refusal)),
            };
            let known = self.knows(given, &at.user);
            let further = Further {
                method: Method::Totp,
                factors,
                remember: given.remember,
                browser: &given.browser,
                current,
                known,
            };
            let step = self.go_on(caller, &at, further, &mut changes).await?;
            Ok(Decision { answer: Ok(EnrolledInSignIn { step, codes }), changes })
        })
        .await
    }
}
