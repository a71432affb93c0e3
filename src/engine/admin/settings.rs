//! The settings of the whole deployment, and the one thing about it that must not change by itself: its issuer.

use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::refusal::Refusal;
use crate::model::settings::Settings;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::fields::{self, diff};
use super::{Actor, rules};

impl Engine {
    /// Puts `wanted` in the place of the settings; the issuer stays.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] naming what is wrong.
    pub async fn change_settings(&self, actor: &Actor, caller: &Caller, wanted: &Settings) -> Result<Settings, Denied> {
        rules::refuse(rules::settings(wanted))?;
        self.settle(|| async {
            let was: Option<Kept<Settings>> = self.ledger.find("only").await?;
            let before = was.as_ref().map(|kept| kept.record().clone()).unwrap_or_default();
            let settings = Settings { issuer: before.issuer.clone(), ..wanted.clone() };
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let differences = diff(&fields::of_settings(&before), &fields::of_settings(&settings));
            if !differences.is_empty() {
                let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::SettingsUpdated);
                changes.create(&record.with_changes(&differences));
                put(&mut changes, was.as_ref(), &settings);
            }
            Ok(Decision { answer: Ok(settings), changes })
        })
        .await
    }

    /// Settles which issuer this store is served under: the one `given`, if it is the one given before or the first;
    /// else the one given before; `None` when none was ever given. `change` allows another than before.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] when another issuer was given before and `change` is not set.
    pub async fn adopt_issuer(
        &self,
        caller: &Caller,
        given: Option<&str>,
        change: bool,
    ) -> Result<Option<String>, Denied> {
        self.settle(|| async {
            let was: Option<Kept<Settings>> = self.ledger.find("only").await?;
            let before = was.as_ref().map(|kept| kept.record().clone()).unwrap_or_default();
            let known = before.issuer.clone();
            let Some(issuer) = given.filter(|given| known.as_deref() != Some(given)) else {
                return Ok(Decision::allow(known));
            };
            if let Some(known) = known.as_ref().filter(|_| !change) {
                return Err(Refusal::field("issuer", moved(known, issuer)).into());
            }
            let settings = Settings { issuer: Some(issuer.to_owned()), ..before };
            let record = caller.record(self.now(), &*self.rng, Actor::host().audited(), AuditKind::SettingsUpdated);
            let from = known.map_or_else(String::new, |known| format!("{known} → "));
            let mut changes = Changes::new();
            changes.create(&record.with("issuer", format!("{from}{issuer}")));
            put(&mut changes, was.as_ref(), &settings);
            Ok(Decision { answer: Ok(Some(issuer.to_owned())), changes })
        })
        .await
    }
}

fn moved(known: &str, issuer: &str) -> String {
    format!(
        "This store was served as {known} and would now be {issuer}. Every token and every application refers to the old \
         name, so it does not change by itself: give the old one, or start once with --change-issuer."
    )
}

pub(super) fn put(changes: &mut Changes, was: Option<&Kept<Settings>>, settings: &Settings) {
    match was {
        Some(was) => changes.update(was, settings),
        None => changes.create(settings),
    };
}
