//! Proofs of those who come without a browser: a password and, where one is due, a code, in one request.

use crate::base::secret::Secret;
use crate::engine::{Caller, Denied, Engine};
use crate::model::factors::Factors;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

use super::needs::{Need, needs};
use super::tries::Try;

/// A try at a code, to be told how it went.
pub(in crate::engine) struct TriedCode<'e> {
    user: User,
    attempt: Try<'e>,
}

impl Engine {
    /// Lets a code be tried beside a password that was right; nothing is tried where none was sent or none can be due.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`]; the store's fault.
    pub(in crate::engine) async fn begin_sent_code(
        &self,
        caller: &Caller,
        user: &User,
        sent: Option<&Secret>,
    ) -> Result<Option<TriedCode<'_>>, Denied> {
        let factors = self.factors_of(&user.id).await?;
        if sent.is_none() || !factors.under(self.user_verification().await?).has_second() {
            return Ok(None);
        }
        let attempt = self.begin_code(caller, user, &factors, false).await?;
        Ok(Some(TriedCode { user: user.clone(), attempt }))
    }

    /// Counts how it went.
    ///
    /// # Errors
    /// Those of `settled`.
    pub(in crate::engine) async fn end_sent_code<T>(
        &self,
        caller: &Caller,
        tried: Option<TriedCode<'_>>,
        settled: Result<T, Denied>,
    ) -> Result<T, Denied> {
        match tried {
            Some(TriedCode { user, attempt }) => self.end_code(caller, &user, attempt, false, settled).await,
            None => settled,
        }
    }

    /// What `user` proved by their password and the code that was sent, which is used up by `changes`.
    ///
    /// The inner errors are [`Refusal::SecondFactorRequired`], [`Refusal::SecondFactorWrong`], and
    /// [`Refusal::EnrolmentRequired`] for what cannot be given here: a passkey, or something to enrol first.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn proved_without_browser(
        &self,
        user: &User,
        demanded: RequiredFactor,
        sent: Option<&Secret>,
        changes: &mut Changes,
    ) -> Result<Result<Authentication, Refusal>, Fault> {
        let now = self.now();
        let (kept, before) = self.factors_as_they_stay(&user.id, changes).await?;
        let counted = before.under(self.user_verification().await?);
        let mut proved = Authentication::by_password(now);
        if let (Some(sent), Some(kept), true) = (sent, &kept, counted.has_second()) {
            let Some((method, left)) = self.take_code(user, counted, sent)? else {
                return Ok(Err(Refusal::SecondFactorWrong));
            };
            changes.update(kept, &Factors { wrong_codes: None, ..left });
            proved = proved.and(method, now);
        }
        Ok(enough(needs(counted, demanded, &proved, false)).map(|()| proved))
    }

    /// Whether `proved` is all that is demanded of `user` now, where nothing can be asked.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn is_enough(
        &self,
        user: &User,
        demanded: RequiredFactor,
        proved: &Authentication,
    ) -> Result<Result<(), Refusal>, Fault> {
        let factors = self.factors_of(&user.id).await?;
        Ok(enough(needs(factors.under(self.user_verification().await?), demanded, proved, false)))
    }
}

/// What is said of a need where nothing can be asked but a code.
fn enough(need: Need) -> Result<(), Refusal> {
    match need {
        Need::Nothing => Ok(()),
        Need::SecondFactor => Err(Refusal::SecondFactorRequired),
        Need::Passkey | Need::EnrolSecondFactor | Need::EnrolPasskey => Err(Refusal::EnrolmentRequired),
    }
}
