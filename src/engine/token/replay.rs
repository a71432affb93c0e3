//! What was used up and comes again: somebody else has it, so everything that descends from its grant ends (RFC 9700,
//! sections 2.2.2 and 4.14.2).

use crate::base::ids::GrantId;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::grant::{Grant, GrantEnd};
use crate::model::refusal::Refusal;
use crate::model::service_grant::ServiceGrant;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::super::{Decision, Denied, Engine};
use super::Asked;

impl Engine {
    /// Refuses, and ends the grant in the same commit, with the session it had for itself.
    pub(super) async fn end_replayed<T>(
        &self,
        asked: &Asked<'_>,
        grant: &GrantId,
        why: GrantEnd,
        refusal: Refusal,
    ) -> Result<Decision<T>, Denied> {
        let now = self.now();
        let cause = refusal.name();
        let refused = Decision::refuse(refusal);
        let Some(grant) = self.ledger.find::<Grant>(grant.as_str()).await? else { return Ok(refused) };
        let mut changes = Changes::new();
        // Whoever replays again changes nothing more, and fills no log.
        if self.end_grants(&[&grant], why, &mut changes).await? == 0 {
            return Ok(refused);
        }
        let actor = AuditActor::Client(asked.client.client().id.clone());
        let audit = asked.caller.record(now, &*self.rng, actor, AuditKind::TokenReplayed);
        let audit = audit.about_user(&grant.user).about_client(&grant.client).with("cause", cause);
        changes.create(&audit);
        Ok(refused.with(|all| _ = all.extend(changes)))
    }

    /// The same for a refresh token of a client that acts for itself.
    pub(super) async fn end_service_replayed<T>(
        &self,
        asked: &Asked<'_>,
        grant: &GrantId,
    ) -> Result<Decision<T>, Denied> {
        let (now, refusal) = (self.now(), Refusal::RefreshUsedBefore);
        let cause = refusal.name();
        let refused = Decision::refuse(refusal);
        let Some(grant) = self.ledger.find::<ServiceGrant>(grant.as_str()).await? else { return Ok(refused) };
        let Some(ended) = grant.ended(now, GrantEnd::RefreshReplayed) else { return Ok(refused) };
        let actor = AuditActor::Client(asked.client.client().id.clone());
        let audit = asked.caller.record(now, &*self.rng, actor, AuditKind::TokenReplayed);
        let audit = audit.about_client(&grant.client).with("cause", cause);
        Ok(refused.with(|changes| {
            changes.update(&grant, &ended).create(&audit);
        }))
    }
}
