//! The settings of the whole deployment. Its issuer is not among them: see [`crate::engine::identity`].

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::settings::Settings;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::fields::{self, diff};
use super::{Actor, rules};

impl Engine {
    /// Puts `wanted` in the place of the settings; the issuer and the mail server stay.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`](crate::model::refusal::Refusal::FreshSignInRequired) for any change, from an actor
    /// who did not prove lately who they are; [`Refusal::FieldInvalid`](crate::model::refusal::Refusal::FieldInvalid) naming
    /// what is wrong.
    pub async fn change_settings(&self, actor: &Actor, caller: &Caller, wanted: &Settings) -> Result<Settings, Denied> {
        rules::refuse(rules::settings(wanted, &self.faces, &self.identity.issuer))?;
        rules::refuse(self.unmet(wanted.required_factor))?;
        self.settle(|| async {
            let was: Option<Kept<Settings>> = self.ledger.find("only").await?;
            let before = was.as_ref().map(|kept| kept.record().clone()).unwrap_or_default();
            let settings = before.changed_to(wanted);
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let differences = diff(&fields::of_settings(&before), &fields::of_settings(&settings));
            if !differences.is_empty() {
                actor.is_proved()?;
                let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::SettingsUpdated);
                changes.create(&record.with_changes(&differences));
                put(&mut changes, was.as_ref(), &settings);
            }
            Ok(Decision { answer: Ok(settings), changes })
        })
        .await
    }
}

pub(super) fn put(changes: &mut Changes, was: Option<&Kept<Settings>>, settings: &Settings) {
    match was {
        Some(was) => changes.update(was, settings),
        None => changes.create(settings),
    };
}
