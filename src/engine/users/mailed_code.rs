//! Signing in by mail, its second half: the code is given in the browser it was asked for in.
//!
//! It works once: it is used up in the commit that lets its person in, or asks them for what is missing still. Five wrong ones
//! end it, and wrong ones slow down whoever gives them as wrong passwords do: by the name that was typed, whether or not
//! anybody has it, and by the account underneath.

use crate::base::digest::Digest;
use crate::base::ids::{InteractionId, SignInId};
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method};
use crate::model::sign_in::MailedSignIn;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::familiar::Traces;
use super::mail_code::may_be_mailed;
use super::proceed::{Proof, SignInStep};
use super::recovery::state;
use super::sessions::Visitor;
use super::tries::{Try, Who};

/// What the secrets in the links of such letters begin with.
const PREFIX: &str = "mc_";

/// A code that came by mail, and what the browser had already.
#[derive(Clone, Debug)]
pub struct GivenMailedCode {
    /// The sign-in it was sent for.
    pub sign_in: SignInId,
    /// The cookie of the browser that asked for it.
    pub browser: Secret,
    /// The code, as typed.
    pub code: Secret,
    /// Who uses it now.
    pub current: Option<Visitor>,
    /// A session cookie this browser holds from an earlier time, live or not.
    pub known: Option<Secret>,
    /// What an earlier sign-in left in this browser ([`super::NewSession::familiar`]).
    pub familiar: Option<Secret>,
    /// What a browser holds that remembers the second factor ([`super::NewSession::device`]).
    pub device: Option<Secret>,
}

impl GivenMailedCode {
    fn traces(&self) -> Traces<'_> {
        let GivenMailedCode { current, familiar, known, .. } = self;
        Traces { current: current.as_ref(), familiar: familiar.as_ref(), session: known.as_ref() }
    }
}

/// A sign-in that waits for its code, as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailedView {
    /// Its id, for forms and addresses.
    pub id: SignInId,
    /// The authorization request that waits.
    pub interaction: Option<InteractionId>,
    /// The page of ours to go to afterwards.
    pub next: Option<String>,
}

impl Engine {
    /// What the page shows that asks for a code. Looking changes nothing, and tells nothing of whose it is.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`] when it is unknown, used, too old, another browser's, or too many wrong codes were given; the
    /// store's fault.
    pub async fn mailed_sign_in(&self, id: &SignInId, browser: &Secret) -> Result<MailedView, Denied> {
        let sign_in = self.waiting_for_code(id, browser).await?.ok_or(Refusal::SignInGone)?;
        let (interaction, next) = (sign_in.interaction.clone(), sign_in.next.clone());
        Ok(MailedView { id: sign_in.id.clone(), interaction, next })
    }

    /// Signs in whoever the code was sent to, or goes on to what is missing still. A mailbox is one factor, as a password is.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`], as for [`Engine::mailed_sign_in`], and when what the code rests on has changed since;
    /// [`Refusal::MailedCodeWrong`]; [`Refusal::TooManyTries`], the same for every name; [`Refusal::EnrolmentRequired`] when
    /// something must be enrolled first, which a mailbox is not enough for; the store's fault.
    pub async fn give_mailed_code(&self, caller: &Caller, given: &GivenMailedCode) -> Result<SignInStep, Denied> {
        let waiting = self.waiting_for_code(&given.sign_in, &given.browser).await?;
        let sign_in = waiting.ok_or(Refusal::SignInGone)?;
        let user = self.ledger.find::<User>(sign_in.user.as_str()).await?;
        let known = match &user {
            Some(user) => self.knows_browser(user, given.traces()).await?,
            None => false,
        };
        let attempt = self.begin_mailed_code(caller, &sign_in, user.as_deref(), known).await?;
        let in_vain = attempt.is_in_vain();
        match self.settle(|| self.decide_mailed_code(caller, given, known, in_vain)).await {
            Ok(step) => {
                attempt.succeeded();
                Ok(step)
            }
            Err(Denied::Refused(refusal @ Refusal::MailedCodeWrong)) => {
                attempt.failed(self.now());
                Err(self.sign_in_failed_by(caller, user.as_deref(), refusal, "wrong code by mail").await)
            }
            Err(other) => Err(other),
        }
    }

    /// Lets somebody try, as far as anybody may now at the name that was typed.
    async fn begin_mailed_code(
        &self,
        caller: &Caller,
        sign_in: &MailedSignIn,
        user: Option<&User>,
        known: bool,
    ) -> Result<Try<'_>, Denied> {
        let account = user.map(|user| &user.id);
        let who = Who { name: sign_in.name.as_str(), account, network: &caller.network, known };
        match self.gate.mailed.begin(&who, self.now()) {
            Ok(attempt) => Ok(attempt),
            Err(refusal) => Err(self.sign_in_failed_by(caller, user, refusal, "too many codes").await),
        }
    }

    async fn decide_mailed_code(
        &self,
        caller: &Caller,
        given: &GivenMailedCode,
        known: bool,
        in_vain: bool,
    ) -> Result<Decision<SignInStep>, Denied> {
        // 1. Is it the code?
        let Some(sign_in) = self.waiting_for_code(&given.sign_in, &given.browser).await? else {
            return Ok(Decision::refuse(Refusal::SignInGone));
        };
        let mut changes = Changes::new();
        let right = self.mailed_digest(&sign_in.id, given.code.expose()) == sign_in.code;
        if !right || in_vain {
            changes.update(&sign_in, &MailedSignIn { wrong: sign_in.wrong + 1, ..sign_in.record().clone() });
            return Ok(Decision { answer: Err(Refusal::MailedCodeWrong), changes });
        }
        // 2. Is everything as it was when it was sent?
        let user = self.ledger.find::<User>(sign_in.user.as_str()).await?;
        let Some(user) = user.filter(|user| may_be_mailed(user) && is_as_it_was(&sign_in, user)) else {
            return Ok(Decision::refuse(Refusal::SignInGone));
        };
        // 3. One commit: it is used up, and what follows begins.
        changes.delete(&sign_in).expect(&user);
        let (_, factors) = self.factors_as_they_stay(&user.id, &mut changes).await?;
        let proof = Proof {
            user: &user,
            factors: &factors,
            proved: Authentication::by(&[Method::Mail], self.now()),
            browser: Some(&given.browser),
            interaction: sign_in.interaction.as_ref(),
            current: given.current.as_ref(),
            unfinished: None,
            device: given.device.as_ref(),
            confirms: false,
            known,
        };
        let step = self.proceed(caller, &proof, &mut changes).await?;
        let actor = AuditActor::User(user.id.clone());
        let record = caller.record(self.now(), &*self.rng, actor, AuditKind::SignInCodeUsed).about_user(&user.id);
        changes.create(&record.with("mailed_to", user.email.as_deref().unwrap_or_default()));
        Ok(Decision { answer: Ok(step), changes })
    }

    /// A sign-in that can be given a code in this browser, while people may sign in so.
    async fn waiting_for_code(&self, id: &SignInId, browser: &Secret) -> Result<Option<Kept<MailedSignIn>>, Fault> {
        if !self.mails_codes().await? {
            return Ok(None);
        }
        let kept = self.ledger.find::<MailedSignIn>(id.as_str()).await?;
        Ok(kept.filter(|one| one.waits(self.now()) && one.browser.is_of(browser.expose())))
    }

    /// What tries are counted by: what was typed, so that it tells nothing. Keyed, since it may be a mistyped password.
    pub(super) fn name_digest(&self, typed: &str) -> Digest {
        let key = self.sealing.mac_key("mailed code name");
        Digest::of(aws_lc_rs::hmac::sign(&key, login_key(typed).as_bytes()))
    }
}

fn is_as_it_was(sign_in: &MailedSignIn, user: &User) -> bool {
    user.access_epoch == sign_in.access_epoch && state(user) == sign_in.state
}

/// The secret in the link of a letter: for which sign-in it is, and the code.
pub(super) fn link_token(sign_in: &SignInId, code: &str) -> Secret {
    Secret::new(format!("{PREFIX}{sign_in}-{code}"))
}

/// Reads what [`link_token`] wrote: the sign-in and the code; `None` for any other text.
pub fn read_link(token: &str) -> Option<(SignInId, Secret)> {
    let (sign_in, code) = token.strip_prefix(PREFIX)?.split_once('-')?;
    let plain = |text: &str, length| text.len() == length && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let whole = plain(sign_in, 26) && plain(code, 8);
    whole.then(|| (SignInId::from_text(sign_in), Secret::new(super::recovery_codes::as_shown(code))))
}
