//! A new passkey.

use crate::base::secret::Secret;
use crate::engine::users::{Fresh, NewSession, device};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{ChallengePurpose, Factors, Passkey};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::Method;
use crate::model::user::User;
use crate::model::verification::UserVerification;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::ceremony::{Answer, Ceremony, Miss};
use super::own::{self, PasskeyView};
use super::relying_party::{RelyingParty, UNVERIFIED};

/// What somebody has proved who enrolled a passkey: as much as by using it, and that it `verified` them if it did.
///
/// The answer comes to a challenge of ours, from a page of ours, and the authenticator says in it whether it checked its owner.
/// It is not signed, because no attestation is asked for (section 6.5.4): all of this is the word of the browser that brings
/// it. But that browser has chosen the key that counts from now on. Whoever could make up the answer could sign the next
/// question with the same key, so to ask at once would show nothing more and cost people a second look at their finger.
fn enrolment_proves(verified: bool) -> Method {
    Method::Passkey { verified }
}

/// What somebody wants to enrol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewKey {
    /// A passkey, which signs them in alone.
    Passkey,
    /// A security key, which serves beside their password; a passkey where none is taken from them.
    SecurityKey,
}

impl NewKey {
    /// What a form that says `kind` is for.
    pub fn called(kind: Option<&str>) -> NewKey {
        if kind == Some("security_key") { NewKey::SecurityKey } else { NewKey::Passkey }
    }
}

/// A passkey that was just enrolled.
#[derive(Clone, Debug)]
pub struct NewPasskey {
    /// As its owner sees it.
    pub passkey: PasskeyView,
    /// The recovery codes that come with a first factor, to be shown once.
    pub codes: Option<Vec<Secret>>,
    /// The session in which it was enrolled, which is stronger by it.
    pub session: NewSession,
}

/// A passkey that is enrolled once its person's factors are written.
pub(super) struct Enrolled {
    /// As they see it.
    pub view: PasskeyView,
    /// What they have proved by it.
    pub proves: Method,
    /// What they had enrolled as it was read, if anything.
    pub was: Option<Kept<Factors>>,
    /// The same with the new passkey, for the caller to write.
    pub factors: Factors,
}

impl Engine {
    /// Begins to enrol a passkey or a security key for whoever is signed in.
    ///
    /// # Errors
    /// [`Refusal::PasskeyRefused`] where the deployment has none; [`Refusal::FieldInvalid`] for `passkey` when they have as
    /// many as they may; [`Refusal::TooManyTries`]; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn begin_passkey(
        &self,
        caller: &Caller,
        who: &Fresh,
        browser: &Secret,
        wanted: NewKey,
    ) -> Result<Ceremony, Denied> {
        let Some((_, user)) = self.still_signed_in(who.signed_in()).await? else {
            return Err(Refusal::SessionEnded.into());
        };
        self.begin_enrolment(caller, &user, browser, wanted).await
    }

    /// Whether `user` may enrol a security key that does not check its owner.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn takes_security_keys(&self, user: &User) -> Result<bool, Fault> {
        Ok(self.enrolment_asks(user).await? == UserVerification::Preferred)
    }

    /// Whether a new passkey of `user` must check its owner. A key that does not serves beside a password, so it is of no
    /// use to whoever has none.
    async fn enrolment_asks(&self, user: &User) -> Result<UserVerification, Fault> {
        match user.password {
            Some(_) => self.user_verification().await,
            None => Ok(UserVerification::Required),
        }
    }

    /// The same for somebody who is not signed in yet and may not come in without a passkey.
    pub(in crate::engine::users) async fn begin_enrolment(
        &self,
        caller: &Caller,
        user: &User,
        browser: &Secret,
        wanted: NewKey,
    ) -> Result<Ceremony, Denied> {
        let party = self.relying_party().await?;
        let factors = self.ledger.find::<Factors>(user.id.as_str()).await?;
        let known = factors.as_ref().map_or(&[][..], |factors| &factors.passkeys);
        if known.len() >= Factors::MOST_PASSKEYS {
            return Err(too_many().into());
        }
        let verification = match wanted {
            NewKey::Passkey => UserVerification::Required,
            NewKey::SecurityKey => self.enrolment_asks(user).await?,
        };
        let asked = party.ask_for_new(user, known, verification)?;
        self.begin_ceremony(caller, browser, Some(&user.id), ChallengePurpose::Enrol, asked).await
    }

    /// Enrols the passkey that answers, under `name` or else the browser's in words; the session is one of whoever has it.
    /// With somebody's first factor come recovery codes.
    ///
    /// # Errors
    /// [`Refusal::PasskeyUnverified`] for one that does not check its owner where that is asked for;
    /// [`Refusal::PasskeyRefused`], for every other cause the same; [`Refusal::FieldInvalid`] for `name`, or for `passkey`
    /// when they have as many as they may; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn finish_passkey(
        &self,
        caller: &Caller,
        who: &Fresh,
        answer: &Answer,
        name: Option<&str>,
    ) -> Result<NewPasskey, Denied> {
        let name = name.map(own::name).transpose()?;
        let party = self.relying_party().await?;
        let done = self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let mut changes = Changes::new();
            changes.expect(&user);
            let answer = self.enrol(caller, &party, &user, answer, name.as_deref(), &mut changes).await?;
            let answer = answer.map(|enrolled| {
                enrolled.map(|Enrolled { view, proves, was, mut factors }| {
                    let codes = self.first_recovery_codes(caller, &user, &mut factors, &mut changes);
                    self.keep_factors(was.as_ref(), &factors, &mut changes);
                    let session = self.strengthen(caller, (&session, &user), proves, &mut changes);
                    NewPasskey { passkey: view, codes, session }
                })
            });
            Ok(Decision { answer, changes })
        });
        match done.await? {
            Ok(new) => Ok(new),
            Err(miss) => Err(self.passkey_missed(caller, miss).await),
        }
    }

    /// What enrolling the passkey that answers changes, but for the factors themselves. The challenge ends either way.
    pub(super) async fn enrol(
        &self,
        caller: &Caller,
        party: &RelyingParty,
        user: &User,
        answer: &Answer,
        name: Option<&str>,
        changes: &mut Changes,
    ) -> Result<Result<Result<Enrolled, Miss>, Refusal>, Fault> {
        let now = self.now();
        let challenge = match self.ceremony_of(answer, ChallengePurpose::Enrol, Some(&user.id)).await? {
            Ok(challenge) => challenge,
            Err(miss) => return Ok(Ok(Err(miss))),
        };
        changes.delete(&challenge);
        let credential = match party.check_new(&challenge.state, challenge.verification, &answer.credential) {
            Ok(credential) => credential,
            Err(cause) => return Ok(Ok(Err(Miss::of_known(&user.id, cause)))),
        };
        // What was asked for may be less than what is asked for by now.
        if !credential.verified && self.enrolment_asks(user).await? == UserVerification::Required {
            return Ok(Ok(Err(Miss::of_known(&user.id, UNVERIFIED))));
        }
        // No passkey is ever two people's, nor twice one's (section 7.1, step 26).
        if self.ledger.find_unique::<Factors>("passkey", &credential.id).await?.is_some() {
            return Ok(Ok(Err(Miss::of(&user.id, "enrolled before"))));
        }
        let was = self.ledger.find::<Factors>(user.id.as_str()).await?;
        let mut factors = was.as_ref().map_or_else(|| Factors::none(&user.id), |was| was.record().clone());
        if factors.passkeys.len() >= Factors::MOST_PASSKEYS {
            return Ok(Err(too_many()));
        }
        let derived = || device::in_words(&caller.user_agent);
        let passkey = Passkey {
            name: own::unrepeated(&name.map_or_else(derived, str::to_owned), &factors.passkeys),
            id: credential.id,
            credential: credential.json,
            created_at: now,
            last_used_at: None,
            backed_up: credential.backed_up,
            verifies: credential.verified,
            discoverable: credential.discoverable,
        };
        let (view, proves) = (own::view(&passkey, true), enrolment_proves(credential.verified));
        factors.passkeys.push(passkey);
        factors.passkey_suggested = true;
        let actor = AuditActor::User(user.id.clone());
        let record = caller.record(now, &*self.rng, actor, AuditKind::PasskeyAdded).about_user(&user.id);
        let record = if view.signs_in_alone { record } else { record.with("kind", "security key") };
        changes.create(&record.with("name", &view.name));
        self.tell_of_change(user, AccountChange::PasskeyAdded, changes).await?;
        Ok(Ok(Ok(Enrolled { view, proves, was, factors })))
    }
}

fn too_many() -> Refusal {
    let most = Factors::MOST_PASSKEYS;
    Refusal::field("passkey", format!("You have {most} passkeys, which is as many as there can be. Remove one first."))
}
