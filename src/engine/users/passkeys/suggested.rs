//! A passkey is suggested once to people who sign in with a password: whatever they answer is remembered.

use crate::engine::users::SignedIn;
use crate::engine::{Decision, Denied, Engine};
use crate::model::refusal::Refusal;
use crate::model::session::Method;
use crate::records::RecordChanges;
use crate::store::Changes;

impl Engine {
    /// Whether a passkey is suggested to whoever is signed in: they gave their password to come in, have no passkey or security
    /// key, be it one that counts for nothing now, and never answered.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn suggests_passkey(&self, who: &SignedIn) -> Result<bool, Denied> {
        if !self.has_passkeys() || !who.session().authentication.methods().contains(&Method::Password) {
            return Ok(false);
        }
        let factors = self.factors_of(&who.user().id).await?;
        Ok(factors.passkeys.is_empty() && !factors.passkey_suggested)
    }

    /// Notes that whoever is signed in has answered, whatever it was.
    ///
    /// # Errors
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn passkey_was_suggested(&self, who: &SignedIn) -> Result<(), Denied> {
        self.settle(|| async {
            let Some((session, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let (was, mut factors) = self.factors_kept(&user.id).await?;
            factors.passkey_suggested = true;
            let mut changes = Changes::new();
            changes.expect(&session);
            self.keep_factors(was.as_ref(), &factors, &mut changes);
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }
}
