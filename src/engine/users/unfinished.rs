//! Sign-ins between their steps: a password was right, and something is missing still.
//!
//! One is bound to the browser that began it, and to the password and the access of its person as they were. It is used up
//! in the commit that opens the session.

use crate::base::digest::Digest;
use crate::base::ids::{InteractionId, SignInId, UserId};
use crate::base::secret::Secret;
use crate::engine::{Denied, Engine};
use crate::model::credential::PasswordHash;
use crate::model::factors::Factors;
use crate::model::interaction::Interaction;
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::sign_in::{RequiredFactor, UnfinishedSignIn};
use crate::model::user::User;
use crate::model::verification::UserVerification;
use crate::records::Kept;
use crate::store::Fault;

use super::needs::{Demand, Need, missing};
use super::sessions::Visitor;

/// An unfinished sign-in that can go on, with everything it rests on.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Underway {
    /// The sign-in.
    pub sign_in: Kept<UnfinishedSignIn>,
    /// Its person.
    pub user: Kept<User>,
    /// What they have enrolled, if anything.
    pub factors: Option<Kept<Factors>>,
    /// Whether passkeys must check their owners now.
    pub verification: UserVerification,
}

impl Underway {
    /// What they have enrolled.
    pub(in crate::engine) fn enrolled(&self) -> Factors {
        self.factors.as_ref().map_or_else(|| Factors::none(&self.user.id), |kept| kept.record().clone())
    }

    /// What is missing still.
    pub(in crate::engine) fn need(&self) -> Need {
        let demand = Demand { policy: self.sign_in.required, wanted: self.sign_in.wanted, ..Demand::default() };
        missing(self.enrolled().under(self.verification), demand, &self.sign_in.proved, false)
    }

    /// Whether what is missing is something new, and may be enrolled now: a passkey, or any second factor.
    pub(in crate::engine) fn enrols(&self) -> Option<Need> {
        let new = Some(self.need()).filter(|need| matches!(need, Need::EnrolPasskey | Need::EnrolSecondFactor));
        new.filter(|_| self.sign_in.fresh)
    }
}

/// An unfinished sign-in as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnfinishedView {
    /// Its id, for forms and addresses.
    pub id: SignInId,
    /// What is missing.
    pub need: Need,
    /// Who is about to be signed in.
    pub user: UserId,
    /// What to call them.
    pub person_name: String,
    /// The name they sign in with.
    pub username: String,
    /// The authorization request that waits.
    pub interaction: Option<InteractionId>,
    /// Whether they have an authenticator.
    pub has_authenticator: bool,
    /// Whether they have a passkey, or a security key that serves beside their password.
    pub has_passkeys: bool,
    /// Whether any of these is a security key.
    pub has_security_keys: bool,
    /// Whether security keys that do not check their owner are taken from them too.
    pub takes_security_keys: bool,
    /// How many recovery codes they have left.
    pub recovery_codes_left: usize,
}

impl Engine {
    /// What the page of an unfinished sign-in shows. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::SignInGone`] when it is unknown, finished, too old, another browser's, or overtaken by a change of
    /// password; the store's fault.
    pub async fn unfinished(
        &self,
        id: &SignInId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<UnfinishedView, Denied> {
        let underway = self.underway(id, browser, current).await?.ok_or(Refusal::SignInGone)?;
        let (sign_in, user, factors) = (&underway.sign_in, &underway.user, underway.enrolled());
        Ok(UnfinishedView {
            id: sign_in.id.clone(),
            need: underway.need(),
            user: user.id.clone(),
            person_name: user.display_name(),
            username: user.username.clone(),
            interaction: sign_in.interaction.clone(),
            has_authenticator: factors.totp.is_some(),
            has_passkeys: factors.under(underway.verification).has_passkey(),
            has_security_keys: factors.under(underway.verification).has_security_key(),
            takes_security_keys: self.takes_security_keys(user).await?,
            recovery_codes_left: factors.recovery_codes_left(),
        })
    }

    /// A sign-in that can go on in this browser: nothing it rests on has changed since it began.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn underway(
        &self,
        id: &SignInId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Option<Underway>, Fault> {
        let now = self.now();
        let sign_in = self.ledger.find::<UnfinishedSignIn>(id.as_str()).await?;
        let Some(sign_in) = sign_in.filter(|one| now < one.expires_at && one.browser.is_of(browser.expose())) else {
            return Ok(None);
        };
        let user = self.ledger.find::<User>(sign_in.user.as_str()).await?;
        let same = |user: &Kept<User>| {
            let access = user.is_enabled() && user.access_epoch == sign_in.access_epoch;
            access && password_digest(user) == sign_in.password
        };
        let Some(user) = user.filter(same) else { return Ok(None) };
        if let Some(renewed) = &sign_in.renews {
            // What was proved may have been proved for that session: it goes on in the browser that holds it, or not at all.
            let here = current.is_some_and(|current| current.session().id == *renewed);
            let kept = self.ledger.find::<Session>(renewed.as_str()).await?;
            if !here || !kept.is_some_and(|kept| kept.is_open(now) && kept.is_of(&user)) {
                return Ok(None);
            }
        }
        let factors = self.ledger.find::<Factors>(user.id.as_str()).await?;
        let verification = self.user_verification().await?;
        Ok(Some(Underway { sign_in, user, factors, verification }))
    }

    /// The authorization request that waits in this browser, if it does still. Another browser's learns nothing.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn waiting_request(
        &self,
        id: Option<&InteractionId>,
        browser: Option<&Secret>,
    ) -> Result<Option<Kept<Interaction>>, Fault> {
        let (Some(id), Some(browser)) = (id, browser) else { return Ok(None) };
        let kept = self.ledger.find::<Interaction>(id.as_str()).await?;
        Ok(kept.filter(|kept| kept.is_pending(self.now()) && kept.browser.is_of(browser.expose())))
    }
}

/// What somebody's password digests to, so that a sign-in is over once it is another.
pub(super) fn password_digest(user: &User) -> Digest {
    Digest::of(user.password.as_ref().map_or("", PasswordHash::as_str))
}

/// What is demanded of a sign-in by what its authorization request asks for: what it cannot do without, and what it would
/// like (OpenID Connect Core, section 5.5.1.1).
pub(in crate::engine) fn asked_for(waiting: Option<&Interaction>) -> (RequiredFactor, RequiredFactor) {
    waiting.map_or_else(Default::default, |waiting| (waiting.request.essential_factor, waiting.request.wanted_factor))
}
