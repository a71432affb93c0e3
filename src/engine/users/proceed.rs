//! From a proof to a session, or to what is missing still. The one way in, whoever comes and however they proved themselves:
//! by password, by code, by mail, by passkey, by invitation.

use crate::base::digest::Digest;
use crate::base::ids::{InteractionId, SessionId, SignInId};
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::Client;
use crate::model::factors::{Counted, Factors};
use crate::model::interaction::Interaction;
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method, Session, SessionLife};
use crate::model::sign_in::{RequiredFactor, UnfinishedSignIn};
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::device;
use super::needs::{Demand, Need, missing, missing_of_session};
use super::sessions::{NewSession, Opening, SignedIn, Visitor, ended};
use super::unfinished::{asked_for, password_digest};

/// How far a sign-in has come.
#[derive(Clone, Debug)]
pub enum SignInStep {
    /// To its end: a session.
    Done(Box<NewSession>),
    /// Something is missing; there is no session yet.
    More(Box<UnfinishedSignIn>),
}

impl SignInStep {
    /// The session.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorRequired`] when there is none yet.
    pub fn done(self) -> Result<NewSession, Denied> {
        match self {
            SignInStep::Done(new) => Ok(*new),
            SignInStep::More(_) => Err(Refusal::SecondFactorRequired.into()),
        }
    }
}

/// What somebody proved, and what their browser had already. Whoever makes one has the commit depend on the person and their
/// factors as they were read.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Proof<'a> {
    /// Who they are, as the commit leaves them.
    pub user: &'a User,
    /// What they have enrolled, as the commit leaves it.
    pub factors: &'a Factors,
    /// All they proved.
    pub proved: Authentication,
    /// The cookie of the browser. Without it nothing can be finished later.
    pub browser: Option<&'a Secret>,
    /// The authorization request that waits for this.
    pub interaction: Option<&'a InteractionId>,
    /// Who uses this browser now.
    pub current: Option<&'a Visitor>,
    /// The sign-in this proof goes on with.
    pub unfinished: Option<&'a Kept<UnfinishedSignIn>>,
    /// The cookie of a browser that remembers the second factor.
    pub device: Option<&'a Secret>,
    /// Whether this is to be a fresh proof: that the browser remembers does not count.
    pub confirms: bool,
    /// Whether they have signed in with this browser before.
    pub known: bool,
}

impl Engine {
    /// Opens a session, or renews the one of the same person, when nothing is missing: another person's session in this
    /// browser ends, and the interaction that waits learns of it. Else keeps what was proved until the rest is.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorRequired`] when something is missing and there is no browser to finish it in;
    /// [`Refusal::EnrolmentRequired`] when something would have to be enrolled on the strength of a mailbox; the store's fault.
    pub(in crate::engine) async fn proceed(
        &self,
        caller: &Caller,
        proof: &Proof<'_>,
        changes: &mut Changes,
    ) -> Result<SignInStep, Denied> {
        let waiting = self.waiting_request(proof.interaction, proof.browser).await?;
        let demand = self.demand(proof, waiting.as_deref()).await?;
        let again = proof.confirms || proof.unfinished.is_some();
        let counted = proof.factors.under(self.user_verification().await?);
        // Whoever finds a remembered browser finds the mail open in it too.
        let asks = again || proof.proved.rests_on_mail();
        let remembered = self.remembers(proof.user, counted, proof.device).filter(|_| !asks);
        let current = self.current_session(proof.current).await?;
        match missing(counted, demand, &proof.proved, remembered.is_some()) {
            Need::Nothing => {
                let new = self.enter(caller, proof, current, remembered, changes).await?;
                if let Some(waiting) = &waiting {
                    let told = Some(new.signed_in.session().id.clone());
                    changes.update(waiting, &Interaction { signed_in: told, ..waiting.record().clone() });
                }
                Ok(SignInStep::Done(Box::new(new)))
            }
            // Whoever reads the mail of an account must not be handed its new second factor.
            need if proof.proved.rests_on_mail() && leads_to_enrolment(need, demand, counted) => {
                Err(Refusal::EnrolmentRequired.into())
            }
            _ => {
                let renews = current.filter(|was| is_renewed(was, proof.user)).map(|was| was.id.clone());
                let unfinished = self.hold(proof, demand, renews, changes)?;
                Ok(SignInStep::More(Box::new(unfinished)))
            }
        }
    }

    async fn demand(&self, proof: &Proof<'_>, waiting: Option<&Interaction>) -> Result<Demand, Fault> {
        let client = match waiting {
            Some(waiting) => self.ledger.find::<Client>(waiting.request.client.as_str()).await?,
            None => None,
        };
        let policy = self.demanded_of(proof.user, client.as_deref()).await?;
        let (essential, wanted) = asked_for(waiting);
        Ok(match proof.unfinished {
            // What it would merely like was asked for once.
            Some(unfinished) => Demand { policy: policy.max(unfinished.required), essential, ..Demand::default() },
            None => Demand { policy, essential, wanted },
        })
    }

    /// Lets them in.
    async fn enter(
        &self,
        caller: &Caller,
        proof: &Proof<'_>,
        current: Option<Kept<Session>>,
        remembered: Option<String>,
        changes: &mut Changes,
    ) -> Result<NewSession, Denied> {
        let (now, user, how) = (self.now(), proof.user, proof.proved.clone());
        let actor = AuditActor::User(user.id.clone());
        let again = current.as_ref().filter(|was| is_renewed(was, user));
        let opening = again.map_or(Opening::Browser, |was| Opening::Again(was));
        let mut new = self.open_session(caller, user, how, &opening);
        new.signed_in.remember(remembered.filter(|_| !proof.proved.reaches(Authentication::ACR_TWO_FACTORS)));
        match (&current, again) {
            (_, Some(was)) => _ = changes.update(was, new.signed_in.session()),
            (other, None) => {
                if let Some(was) = other {
                    let by = if was.acting.is_some() { was.audited() } else { actor.clone() };
                    changes.update(was, &ended(was, now)).create(&self.end_record(caller, by, was));
                }
                changes.create(new.signed_in.session());
            }
        }
        if let Some(unfinished) = proof.unfinished {
            changes.delete(unfinished);
        }
        let words = device::in_words(&caller.user_agent);
        let record = caller.record(now, &*self.rng, actor, AuditKind::SignIn).about_user(&user.id);
        let record = record.with("device", words).with("methods", proof.proved.amr.join(" "));
        let record = if proof.known { record } else { record.with("new_device", "yes") };
        let mailed = user.email.as_ref().filter(|_| proof.proved.methods().contains(&Method::Mail));
        let record = mailed.into_iter().fold(record, |record, address| record.with("mailed_to", address));
        changes.create(&record);
        self.notice_new_device(caller, user, proof.known, changes).await?;
        Ok(new)
    }

    /// Keeps what was proved until the rest is.
    fn hold(
        &self,
        proof: &Proof<'_>,
        demand: Demand,
        renews: Option<SessionId>,
        changes: &mut Changes,
    ) -> Result<UnfinishedSignIn, Refusal> {
        let (now, user) = (self.now(), proof.user);
        if let Some(kept) = proof.unfinished {
            let further = UnfinishedSignIn { proved: proof.proved.clone(), ..kept.record().clone() };
            changes.update(kept, &further);
            return Ok(further);
        }
        let Some(browser) = proof.browser else { return Err(Refusal::SecondFactorRequired) };
        let unfinished = UnfinishedSignIn {
            id: SignInId::random(&*self.rng),
            browser: Digest::of(browser.expose()),
            user: user.id.clone(),
            proved: proof.proved.clone(),
            fresh: self.is_recent(&proof.proved),
            access_epoch: user.access_epoch,
            password: password_digest(user),
            interaction: proof.interaction.cloned(),
            renews,
            required: demand.policy.max(demand.essential),
            wanted: demand.wanted,
            created_at: now,
            expires_at: now.plus(UnfinishedSignIn::LIFETIME),
        };
        changes.create(&unfinished);
        Ok(unfinished)
    }

    /// Begins to strengthen the session of `who` for the authorization request that waits; `None` when it is strong enough.
    /// Nothing is renewed by that: what was proved stays what it was until more is.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; [`Refusal::InteractionGone`]; [`Refusal::TooManyTries`] after beginning too much; the
    /// store's fault.
    pub async fn step_up(
        &self,
        caller: &Caller,
        interaction: &InteractionId,
        browser: &Secret,
        who: &SignedIn,
    ) -> Result<Option<SignInId>, Denied> {
        self.settle(|| async move {
            let Some((session, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let Some(waiting) = self.waiting_request(Some(interaction), Some(browser)).await? else {
                return Ok(Decision::refuse(Refusal::InteractionGone));
            };
            let factors = self.factors_of(&user.id).await?;
            let current = Visitor::from(who.clone());
            let proof = Proof {
                user: &user,
                factors: &factors,
                proved: session.authentication.clone(),
                browser: Some(browser),
                interaction: Some(interaction),
                current: Some(&current),
                unfinished: None,
                device: None,
                confirms: false,
                known: true,
            };
            let demand = self.demand(&proof, Some(&waiting)).await?;
            let counted = factors.under(self.user_verification().await?);
            if missing_of_session(counted, demand, &session, &user, self.now()) == Need::Nothing {
                return Ok(Decision::allow(None));
            }
            self.may_begin(caller, Some(&user.id), self.now())?;
            let mut changes = Changes::new();
            changes.expect(&session).expect(&user);
            let unfinished = self.hold(&proof, demand, Some(session.id.clone()), &mut changes)?;
            Ok(Decision { answer: Ok(Some(unfinished.id)), changes })
        })
        .await
    }

    /// Renews the session of somebody who has just proved, in it, a factor that they enrolled: its id stays, its cookie is
    /// another, as whenever more is proved. What was proved before does not become younger by it.
    pub(in crate::engine) fn strengthen(
        &self,
        caller: &Caller,
        (session, user): (&Kept<Session>, &User),
        method: Method,
        changes: &mut Changes,
    ) -> NewSession {
        let how = session.authentication.and(method, session.authentication.at);
        let new = self.open_session(caller, user, how, &Opening::Again(session));
        changes.update(session, new.signed_in.session());
        new
    }

    /// The session that is open in this browser now, if there is one still.
    async fn current_session(&self, current: Option<&Visitor>) -> Result<Option<Kept<Session>>, Fault> {
        let Some(current) = current else { return Ok(None) };
        let kept = self.ledger.find::<Session>(current.session().id.as_str()).await?;
        Ok(kept.filter(|kept| kept.life == SessionLife::Open && kept.user == current.user().id))
    }
}

/// Whether the way on ends at something new: at once, or after the factors there are.
fn leads_to_enrolment(need: Need, demand: Demand, counted: Counted<'_>) -> bool {
    let demanded = demand.policy.max(demand.essential);
    let no_passkey = demanded == RequiredFactor::Passkey && !counted.has_passkey();
    no_passkey || matches!(need, Need::EnrolSecondFactor | Need::EnrolPasskey)
}

/// Whether proving who they are renews this session of `user`. One in which somebody acts for them ends, and another begins:
/// it never becomes their own.
fn is_renewed(session: &Session, user: &User) -> bool {
    session.user == user.id && session.acting.is_none()
}
