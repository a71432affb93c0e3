//! The facts pages write: which account, and whether the person agrees. That somebody signed in is written where they do.

use crate::base::ids::InteractionId;
use crate::base::secret::Secret;
use crate::engine::users::{SignedIn, Visitor};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::interaction::Interaction;
use crate::records::RecordChanges;

/// What a person says to a client's wishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsentAnswer {
    /// It may know and do what it asks for.
    Agree,
    /// It may not.
    Decline,
}

impl Engine {
    /// Notes that the person goes on with the account that is signed in. Who wants another account signs in with it.
    ///
    /// # Errors
    /// [`Refusal::InteractionGone`](crate::model::refusal::Refusal::InteractionGone),
    /// [`Refusal::InteractionAnswered`](crate::model::refusal::Refusal::InteractionAnswered), or
    /// [`Refusal::SessionEnded`](crate::model::refusal::Refusal::SessionEnded) when the session ended meanwhile.
    pub async fn choose_account(&self, id: &InteractionId, browser: &Secret, who: &Visitor) -> Result<(), Denied> {
        self.settle(|| async {
            let now = self.now();
            let was = self.pending_interaction(id, browser, now).await?;
            let session = self.still_open(&who.session().id, now).await?;
            let is = Interaction { chosen: Some(session.id.clone()), ..was.record().clone() };
            Ok(Decision::allow(()).with(|changes| {
                changes.expect(&session).update(&was, &is);
            }))
        })
        .await
    }

    /// Notes what the person says to the client's wishes, which nobody says for them. What follows from it is decided by
    /// [`Engine::resume`].
    ///
    /// # Errors
    /// As [`Engine::choose_account`].
    pub async fn answer_consent(
        &self,
        caller: &Caller,
        id: &InteractionId,
        browser: &Secret,
        who: &SignedIn,
        answer: ConsentAnswer,
    ) -> Result<(), Denied> {
        let user = &who.user().id;
        self.settle(|| async {
            let now = self.now();
            let was = self.pending_interaction(id, browser, now).await?;
            let session = self.still_open(&who.session().id, now).await?;
            let mut is = was.record().clone();
            let said = Some(user.clone());
            (is.consented, is.declined) = match answer {
                ConsentAnswer::Agree => (said, None),
                ConsentAnswer::Decline => (None, said),
            };
            let decision = Decision::allow(()).with(|changes| {
                changes.expect(&session).update(&was, &is);
            });
            if answer == ConsentAnswer::Agree {
                // Recorded with the consent itself, once the client is answered.
                return Ok(decision);
            }
            let actor = AuditActor::User(user.clone());
            let record = caller.record(now, &*self.rng, actor, AuditKind::ConsentDeclined);
            let record = record.about_user(user).about_client(&was.request.client);
            Ok(decision.with(|changes| {
                changes.create(&record.with("scopes", &was.request.scopes));
            }))
        })
        .await
    }
}
