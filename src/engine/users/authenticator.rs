//! Authenticators: applications that show a new six-digit code every thirty seconds (RFC 6238).
//!
//! A seed is shown, then a first code proves that the application has it; only from then on it counts, and that code is
//! used up. Whoever enrols is signed in, or about to be and must ([`Engine::enrolment_of`] and
//! [`Engine::enrol_authenticator`] serve both).

use std::time::Duration;

use data_encoding::BASE32_NOPAD;
use zeroize::Zeroizing;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::rng;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{EnrollingTotp, Factors, Totp};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::Method;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

use super::fresh::Fresh;
use super::passwords;
pub use super::picture::Picture;
use super::sessions::NewSession;

/// How long a seed waits for its first code.
pub const ENROLMENT: Duration = Duration::from_secs(30 * 60);
/// How much of a name goes into an application's list: what people see there, and what a QR code has room for.
const LABEL: usize = 48;

/// What an authenticator is told, by camera or by hand.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The `otpauth:` address; it opens the application on the device it is installed on.
    pub uri: Secret,
    /// The same as a picture.
    pub picture: Picture,
    /// The seed in base32, in groups of four.
    pub key: Secret,
    /// Until when a first code is waited for.
    pub until: Timestamp,
}

/// An authenticator that counts from now on.
#[derive(Clone, Debug)]
pub struct NewAuthenticator {
    /// The recovery codes that come with a first factor, to be shown once.
    pub codes: Option<Vec<Secret>>,
    /// The session in which it was enrolled, which is stronger by it.
    pub session: NewSession,
}

impl Engine {
    /// The enrolment that waits for its first code, if there is one. Looking changes nothing.
    ///
    /// # Errors
    /// The store's fault; a seed that was sealed with another key file is one.
    pub async fn authenticator_enrolment(&self, who: &Fresh) -> Result<Option<Enrolment>, Denied> {
        let (_, factors) = self.factors_kept(&who.user().id).await?;
        match self.waiting(&factors, who.session().id.as_str()) {
            Some(waiting) => Ok(Some(self.shown(who.user(), &waiting).await?)),
            None => Ok(None),
        }
    }

    /// Makes a new seed, which replaces one that is still waiting. An authenticator that counts already stays until the new
    /// one has shown a code.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn begin_authenticator(&self, who: &Fresh) -> Result<Enrolment, Denied> {
        let waiting = self
            .settle(|| async {
                let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                    return Ok(Decision::refuse(Refusal::SessionEnded));
                };
                let (kept, mut factors) = self.factors_kept(&user.id).await?;
                let waiting = self.new_seed(&user.id, session.id.as_str());
                factors.enrolling = Some(waiting.clone());
                let mut changes = Changes::new();
                changes.expect(&session);
                self.keep_factors(kept.as_ref(), &factors, &mut changes);
                Ok(Decision { answer: Ok(waiting), changes })
            })
            .await?;
        Ok(self.shown(who.user(), &waiting).await?)
    }

    /// Takes the first code: from now on the authenticator counts, and the session is one of whoever has it. With somebody's
    /// first factor come recovery codes.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorWrong`]; [`Refusal::NotFound`] when nothing waits for a code any more;
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn confirm_authenticator(
        &self,
        caller: &Caller,
        who: &Fresh,
        code: &str,
    ) -> Result<NewAuthenticator, Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let (kept, mut factors) = self.factors_kept(&user.id).await?;
            let mut changes = Changes::new();
            changes.expect(&user);
            let holder = session.id.as_str();
            let enrolled = self.enrol_authenticator(caller, &user, &mut factors, holder, code, &mut changes).await?;
            let codes = match enrolled {
                Ok(codes) => codes,
                Err(refusal) => return Ok(Decision::refuse(refusal)),
            };
            self.keep_factors(kept.as_ref(), &factors, &mut changes);
            let session = self.strengthen(caller, (&session, &user), Method::Totp, &mut changes);
            Ok(Decision { answer: Ok(NewAuthenticator { session, codes }), changes })
        })
        .await
    }

    /// Removes the authenticator. Recovery codes and remembered browsers stand in for a factor, so they end with the last
    /// of them.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] when there is none; [`Refusal::FieldInvalid`] for `password`, which is too short to stand alone;
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn remove_authenticator(&self, caller: &Caller, who: &Fresh) -> Result<(), Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let (kept, mut factors) = self.factors_kept(&user.id).await?;
            if factors.totp.take().is_none() {
                return Ok(Decision::refuse(Refusal::NotFound("authenticator")));
            }
            factors.enrolling = None;
            factors.devices.clear();
            factors.tidy();
            if self.password_needs_more(&user, &factors).await? {
                return Ok(Decision::refuse(Refusal::field("password", passwords::NEEDS_MORE)));
            }
            let mut changes = Changes::new();
            changes.expect(&session);
            self.keep_factors(kept.as_ref(), &factors, &mut changes);
            let actor = AuditActor::User(user.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::SecondFactorRemoved);
            changes.create(&record.about_user(&user.id));
            self.tell_of_change(&user, AccountChange::AuthenticatorRemoved, &mut changes).await?;
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// The enrolment of somebody who must have a second factor to go on, written into `factors`: the one that was shown to
    /// this `holder` already, so that a page shown again shows the same picture, else a new one. A seed that was shown to
    /// anybody else is never shown again: they may be somebody who only knows the password.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn enrolment_of(
        &self,
        user: &User,
        factors: &mut Factors,
        holder: &str,
    ) -> Result<Enrolment, Fault> {
        let waiting = self.waiting(factors, holder).unwrap_or_else(|| self.new_seed(&user.id, holder));
        factors.enrolling = Some(waiting.clone());
        self.shown(user, &waiting).await
    }

    /// What the first code of what was shown to `holder` does to `factors`, with its record and letter in `changes`;
    /// the caller writes the factors. Gives the recovery codes that come with a first factor, or the refusal.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn enrol_authenticator(
        &self,
        caller: &Caller,
        user: &User,
        factors: &mut Factors,
        holder: &str,
        code: &str,
        changes: &mut Changes,
    ) -> Result<Result<Option<Vec<Secret>>, Refusal>, Fault> {
        let now = self.now();
        let Some(waiting) = self.waiting(factors, holder) else {
            return Ok(Err(Refusal::NotFound("enrolment")));
        };
        let generator = self.generator(&user.id, &waiting.seed)?;
        let Some(step) = self.step_of(&generator, code, 0, now) else {
            return Ok(Err(Refusal::SecondFactorWrong));
        };
        if factors.totp.is_some() {
            // A browser remembers the authenticator it was shown, which another one takes the place of.
            factors.devices.clear();
        }
        factors.totp = Some(Totp { seed: waiting.seed, since: now, last_step: step, last_used_at: None });
        factors.enrolling = None;
        let actor = AuditActor::User(user.id.clone());
        changes.create(&caller.record(now, &*self.rng, actor, AuditKind::SecondFactorAdded).about_user(&user.id));
        self.tell_of_change(user, AccountChange::AuthenticatorAdded, changes).await?;
        Ok(Ok(self.first_recovery_codes(caller, user, factors, changes)))
    }

    /// The seed that was shown to `holder` and waits for a code still.
    fn waiting(&self, factors: &Factors, holder: &str) -> Option<EnrollingTotp> {
        let now = self.now();
        factors.enrolling.clone().filter(|waiting| waiting.expires_at > now && waiting.holder == holder)
    }

    fn new_seed(&self, user: &UserId, holder: &str) -> EnrollingTotp {
        let seed = Zeroizing::new(rng::bytes::<20>(&*self.rng));
        EnrollingTotp {
            seed: self.seal_seed(user, &*seed),
            holder: holder.to_owned(),
            expires_at: self.now().plus(ENROLMENT),
        }
    }

    async fn shown(&self, user: &User, waiting: &EnrollingTotp) -> Result<Enrolment, Fault> {
        let generator = self.generator(&user.id, &waiting.seed)?;
        let seed = generator.secret().as_ref();
        let settings = self.settings().await?;
        let named = totp_rs::Builder::new()
            .with_secret(seed)
            .with_issuer(Some(label(&settings.name, "Countersign")))
            .with_account_name(label(&user.username, user.id.as_str()));
        let uri = Secret::new(named.build().and_then(|totp| totp.to_url()).map_err(Fault::new)?);
        let key = Zeroizing::new(BASE32_NOPAD.encode(seed));
        Ok(Enrolment {
            picture: Picture::of(uri.expose()).map_err(Fault::new)?,
            uri,
            key: Secret::new(groups(&key)),
            until: waiting.expires_at,
        })
    }
}

/// A name as the label of an `otpauth:` address can carry it: a colon parts issuer from account there.
fn label(name: &str, otherwise: &str) -> String {
    let words: Vec<&str> = name.split([':', ' ']).filter(|word| !word.is_empty()).collect();
    let short: String = words.join(" ").chars().take(LABEL).collect();
    if short.trim().is_empty() { otherwise.to_owned() } else { short.trim().to_owned() }
}

/// `text` in groups of four, which people can copy by hand.
pub(super) fn groups(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for (nth, c) in text.chars().enumerate() {
        if nth > 0 && nth % 4 == 0 {
            out.push(' ');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
#[path = "authenticator_tests.rs"]
mod tests;
