//! What people see and change of their own passkeys.

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::engine::users::{Fresh, SignedIn, passwords};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::factors::{Factors, Passkey};
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

/// The longest a passkey's name may be.
const LONGEST: usize = 64;

/// A passkey as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasskeyView {
    /// What forms call it; not its credential id, which can be long.
    pub id: String,
    /// What its owner calls it.
    pub name: String,
    /// When it was enrolled.
    pub created_at: Timestamp,
    /// When it last signed them in.
    pub last_used_at: Option<Timestamp>,
    /// Whether it is kept in more than one place, as synchronised passkeys are.
    pub backed_up: bool,
    /// Whether it signs them in with nothing else; a security key serves beside their password.
    pub signs_in_alone: bool,
    /// Whether it is worth anything as things are set now.
    pub counts: bool,
}

impl Engine {
    /// The passkeys of whoever is signed in, the oldest first.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn passkeys(&self, who: &SignedIn) -> Result<Vec<PasskeyView>, Denied> {
        let (factors, verification) = (self.factors_of(&who.user().id).await?, self.user_verification().await?);
        Ok(factors.passkeys.iter().map(|passkey| view(passkey, passkey.counts(verification))).collect())
    }

    /// Calls one of them by another name.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `name`; [`Refusal::NotFound`]; [`Refusal::SessionEnded`]; the store's fault.
    pub async fn rename_passkey(&self, who: &SignedIn, id: &str, wanted: &str) -> Result<(), Denied> {
        let wanted = name(wanted)?;
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let Some(was) = self.own_factors(&user, id).await? else {
                return Ok(Decision::refuse(Refusal::NotFound("passkey")));
            };
            let mut factors = was.record().clone();
            for passkey in factors.passkeys.iter_mut().filter(|passkey| is_called(passkey, id)) {
                passkey.name = wanted.clone();
            }
            let mut changes = Changes::new();
            changes.expect(&session).update(&was, &factors);
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// Removes one of them; gives its credential id. The last way in cannot be removed.
    ///
    /// # Errors
    /// [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] for `passkey` when they have no password and no other passkey that
    /// signs them in alone, or a password that is too short to stand alone;
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn remove_passkey(&self, caller: &Caller, who: &Fresh, id: &str) -> Result<String, Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let kept = self.ledger.find::<Factors>(user.id.as_str()).await?;
            let Some(was) = kept else { return Ok(Decision::refuse(Refusal::NotFound("passkey"))) };
            let Some(removed) = was.passkeys.iter().find(|passkey| is_called(passkey, id)) else {
                return Ok(Decision::refuse(Refusal::NotFound("passkey")));
            };
            let mut factors = was.record().clone();
            factors.passkeys.retain(|passkey| !is_called(passkey, id));
            if user.password.is_none() && removed.signs_in_alone() && !factors.sign_in_alone() {
                let sentence = "This passkey is the only way you sign in. Add another one first.";
                return Ok(Decision::refuse(Refusal::field("passkey", sentence)));
            }
            factors.tidy();
            if self.password_needs_more(&user, &factors).await? {
                return Ok(Decision::refuse(Refusal::field("passkey", passwords::NEEDS_MORE)));
            }
            let mut changes = Changes::new();
            changes.expect(&session).expect(&user).update(&was, &factors);
            let actor = AuditActor::User(user.id.clone());
            let record = caller.record(self.now(), &*self.rng, actor, AuditKind::PasskeyRemoved).about_user(&user.id);
            changes.create(&record.with("name", &removed.name));
            self.tell_of_change(&user, AccountChange::PasskeyRemoved, &mut changes).await?;
            Ok(Decision { answer: Ok(removed.id.clone()), changes })
        })
        .await
    }

    /// Their factors, if one of the passkeys among them is called so.
    async fn own_factors(&self, user: &User, id: &str) -> Result<Option<Kept<Factors>>, Denied> {
        let factors = self.ledger.find::<Factors>(user.id.as_str()).await?;
        Ok(factors.filter(|factors| factors.passkeys.iter().any(|passkey| is_called(passkey, id))))
    }
}

pub(super) fn view(passkey: &Passkey, counts: bool) -> PasskeyView {
    PasskeyView {
        id: handle(passkey),
        name: passkey.name.clone(),
        created_at: passkey.created_at,
        last_used_at: passkey.last_used_at,
        backed_up: passkey.backed_up,
        signs_in_alone: passkey.signs_in_alone(),
        counts,
    }
}

/// What forms call a passkey.
fn handle(passkey: &Passkey) -> String {
    Digest::of(&passkey.id).as_str().chars().take(22).collect()
}

fn is_called(passkey: &Passkey, id: &str) -> bool {
    handle(passkey) == id
}

/// A name as it is kept.
pub(super) fn name(text: &str) -> Result<String, Refusal> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.chars().count() {
        0 => Err(Refusal::field("name", "Enter a name.")),
        count if count > LONGEST => Err(Refusal::field("name", format!("Use at most {LONGEST} characters."))),
        _ if text.chars().any(char::is_control) => {
            Err(Refusal::field("name", "The name has a character in it that cannot be seen. Type it again."))
        }
        _ => Ok(text),
    }
}

/// The name, with a number behind it when another passkey has it already.
pub(super) fn unrepeated(name: &str, others: &[Passkey]) -> String {
    let taken = |name: &str| others.iter().any(|other| other.name == name);
    let numbered = (2..).map(|number| format!("{name} {number}"));
    std::iter::once(name.to_owned()).chain(numbered).find(|name| !taken(name)).unwrap_or_default()
}
