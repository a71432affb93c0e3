//! The second step of a sign-in: a code of the authenticator, or a recovery code.
//!
//! Each works once: taking it is one conditional update of what its person has enrolled, in the commit that lets them in. Of
//! many who give the same code at once, one succeeds; the others find it used.

use crate::base::clock::Timestamp;
use crate::base::ids::SignInId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{Counted, Factors, WrongCodes};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method};
use crate::model::sign_in::UnfinishedSignIn;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::codes::is_of_authenticator;
use super::proceed::{Proof, SignInStep};
use super::sessions::Visitor;
use super::tries::{self, Try, Who};
use super::unfinished::Underway;

/// Wrong codes are written down when there were this many, and each time they have doubled since.
const WRITTEN_DOWN_FROM: u32 = 5;

/// A code somebody gives to go on with a sign-in.
#[derive(Clone, Debug)]
pub struct GivenCode {
    /// The sign-in.
    pub sign_in: SignInId,
    /// The cookie of the browser that began it.
    pub browser: Secret,
    /// Who uses it now.
    pub current: Option<Visitor>,
    /// The code, as typed.
    pub code: Secret,
    /// Whether the browser shall remember that it was given.
    pub remember: bool,
    /// What an earlier sign-in left in this browser ([`super::NewSession::familiar`]).
    pub familiar: Option<Secret>,
}

impl Engine {
    /// Goes on with a sign-in by a code of the authenticator or a recovery code, to its end or to what is missing still.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`], as for [`Engine::unfinished`]; [`Refusal::SecondFactorWrong`] for a code that is none or was
    /// used before; [`Refusal::TooManyTries`]; the store's fault.
    pub async fn give_code(&self, caller: &Caller, given: &GivenCode) -> Result<SignInStep, Denied> {
        let id = &given.sign_in;
        let found = self.underway(id, &given.browser, given.current.as_ref()).await?;
        let underway = found.ok_or(Refusal::SignInGone)?;
        let known = self.knows(given, &underway.user) || underway.sign_in.renews.is_some();
        let attempt = self.begin_code(caller, &underway.user, &underway.enrolled(), known).await?;
        let settled = self.settle(|| self.decide_code(caller, given, known)).await;
        self.end_code(caller, &underway.user, attempt, known, settled).await
    }

    /// Whether `user` has signed in before with the browser that gives the code.
    pub(super) fn knows(&self, given: &GivenCode, user: &User) -> bool {
        given.familiar.as_ref().is_some_and(|token| self.is_familiar(token, user))
    }

    async fn decide_code(
        &self,
        caller: &Caller,
        given: &GivenCode,
        known: bool,
    ) -> Result<Decision<SignInStep>, Denied> {
        let current = given.current.as_ref();
        let Some(at) = self.underway(&given.sign_in, &given.browser, current).await? else {
            return Ok(Decision::refuse(Refusal::SignInGone));
        };
        let Some((method, factors)) = self.take_code(&at.user, at.enrolled().under(at.verification), &given.code)?
        else {
            return Ok(Decision::refuse(Refusal::SecondFactorWrong));
        };
        let mut changes = Changes::new();
        if method == Method::RecoveryCode {
            self.tell_of_recovery_code(caller, &at.user, &factors, &mut changes).await?;
        }
        let remember = given.remember && method != Method::RecoveryCode;
        let further = Further { method, factors, remember, browser: &given.browser, current, known };
        let step = self.go_on(caller, &at, further, &mut changes).await?;
        Ok(Decision { answer: Ok(step), changes })
    }

    /// Goes on with a sign-in by one more proof, whatever its kind; what it leaves of the person's factors is written in the
    /// same commit, which depends on their being as they were.
    ///
    /// # Errors
    /// Those of [`Engine::proceed`].
    pub(in crate::engine) async fn go_on(
        &self,
        caller: &Caller,
        at: &Underway,
        further: Further<'_>,
        changes: &mut Changes,
    ) -> Result<SignInStep, Denied> {
        let mut factors = Factors { wrong_codes: None, ..further.factors };
        let device = match further.remember {
            true => Some(self.remember_device(caller, &at.user, &mut factors)),
            false => None,
        };
        let proof = Proof {
            user: &at.user,
            factors: &factors,
            proved: at.sign_in.proved.and(further.method, proved_at(&at.sign_in, self.now())),
            browser: Some(further.browser),
            interaction: at.sign_in.interaction.as_ref(),
            current: further.current,
            unfinished: Some(&at.sign_in),
            device: None,
            confirms: false,
            known: further.known,
        };
        let mut step = self.proceed(caller, &proof, changes).await?;
        if let SignInStep::Done(new) = &mut step {
            new.device = device;
        }
        changes.expect(&at.user);
        match &at.factors {
            Some(kept) => changes.update(kept, &factors),
            None => changes.create(&factors),
        };
        Ok(step)
    }

    /// What is left of `factors` once the code is used up, and which kind it was; `None` for one that is wrong or was used.
    ///
    /// # Errors
    /// A seed that was sealed with another key file.
    pub(in crate::engine) fn take_code(
        &self,
        user: &User,
        factors: Counted<'_>,
        code: &Secret,
    ) -> Result<Option<(Method, Factors)>, Fault> {
        let (now, mut left) = (self.now(), factors.all().clone());
        if is_of_authenticator(code.expose()) {
            let Some(totp) = &mut left.totp else { return Ok(None) };
            let generator = self.generator(&user.id, &totp.seed)?;
            let Some(step) = self.step_of(&generator, code.expose(), totp.last_step, now) else { return Ok(None) };
            (totp.last_step, totp.last_used_at) = (step, Some(now));
            return Ok(Some((Method::Totp, left)));
        }
        let digest = self.recovery_digest(&user.id, code.expose());
        // A recovery code replaces a factor; where none is enrolled it replaces nothing.
        let codes = left.recovery_codes.as_mut().filter(|_| factors.has_second());
        let mut unused = codes.into_iter().flat_map(|codes| &mut codes.codes).filter(|code| code.used_at.is_none());
        let Some(code) = unused.find(|code| code.digest == digest) else { return Ok(None) };
        code.used_at = Some(now);
        Ok(Some((Method::RecoveryCode, left)))
    }

    /// Lets somebody try a code, as far as anybody may at `user`'s now.
    ///
    /// # Errors
    /// [`Refusal::TooManyTries`], which is noted as a failed sign-in.
    pub(in crate::engine) async fn begin_code(
        &self,
        caller: &Caller,
        user: &User,
        factors: &Factors,
        known: bool,
    ) -> Result<Try<'_>, Denied> {
        let name = tries::account(&user.id);
        if let Some(WrongCodes { count, last }) = factors.wrong_codes {
            self.gate.codes.recall(&name, count, last);
        }
        let who = Who { name: &name, account: None, network: &caller.network, known };
        match self.gate.codes.begin(&who, self.now()) {
            Ok(attempt) => Ok(attempt),
            Err(refusal) => Err(self.sign_in_failed_by(caller, Some(user), refusal, "too many codes").await),
        }
    }

    /// Counts how it went.
    ///
    /// # Errors
    /// Those of `settled`; the store's fault.
    pub(in crate::engine) async fn end_code<T>(
        &self,
        caller: &Caller,
        user: &User,
        attempt: Try<'_>,
        known: bool,
        settled: Result<T, Denied>,
    ) -> Result<T, Denied> {
        match settled {
            Ok(step) => {
                attempt.succeeded();
                Ok(step)
            }
            Err(Denied::Refused(refusal @ Refusal::SecondFactorWrong)) => {
                let count = attempt.failed(self.now());
                if !known && is_written_down(count) {
                    self.write_down_wrong_codes(user, count).await?;
                }
                Err(self.sign_in_failed_by(caller, Some(user), refusal, "wrong code").await)
            }
            Err(other) => Err(other),
        }
    }

    async fn write_down_wrong_codes(&self, user: &User, count: u32) -> Result<(), Denied> {
        self.settle(|| async move {
            let Some(kept) = self.ledger.find::<Factors>(user.id.as_str()).await? else {
                return Ok(Decision::allow(()));
            };
            let wrong_codes = Some(WrongCodes { count, last: self.now() });
            let factors = Factors { wrong_codes, ..kept.record().clone() };
            Ok(Decision::allow(()).with(|changes| _ = changes.update(&kept, &factors)))
        })
        .await
    }

    async fn tell_of_recovery_code(
        &self,
        caller: &Caller,
        user: &User,
        left: &Factors,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let now = self.now();
        let actor = AuditActor::User(user.id.clone());
        let record = caller.record(now, &*self.rng, actor, AuditKind::RecoveryCodeUsed).about_user(&user.id);
        changes.create(&record.with("left", left.recovery_codes_left()));
        self.tell_of_change(user, AccountChange::RecoveryCodeUsed, changes).await?;
        Ok(())
    }
}

/// One more proof for a sign-in that is under way.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Further<'a> {
    /// What it was.
    pub method: Method,
    /// What their factors are once it is used.
    pub factors: Factors,
    /// Whether the browser shall remember it.
    pub remember: bool,
    /// The cookie of the browser.
    pub browser: &'a Secret,
    /// Who uses it now.
    pub current: Option<&'a Visitor>,
    /// Whether they have signed in with this browser before.
    pub known: bool,
}

/// When the whole of a proof counts as given. What was proved before the sign-in began, for a session that is strengthened,
/// does not become younger by it.
fn proved_at(sign_in: &Kept<UnfinishedSignIn>, now: Timestamp) -> Timestamp {
    let Authentication { at, .. } = sign_in.proved;
    if at < sign_in.created_at { at } else { now }
}

fn is_written_down(count: u32) -> bool {
    count.is_multiple_of(WRITTEN_DOWN_FROM) && (count / WRITTEN_DOWN_FROM).is_power_of_two()
}
