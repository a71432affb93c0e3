//! Refused token requests, in the activity log: what a client is told leads an administrator to what was the matter.

use crate::engine::authenticate_client::{Presented, is_of_authentication};
use crate::engine::{Caller, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::face::Face;
use crate::model::refusal::Refusal;

impl Engine {
    /// Records that a token request was refused, up to a number a minute: strangers can cause this without limit.
    /// [`Engine::token`] does so itself; this is for requests that an interface could not even read. What was recorded when
    /// the client failed to authenticate, and what only asks to come later, is left out.
    pub async fn note_token_refused(&self, caller: &Caller, face: &Face, presented: &Presented, refusal: &Refusal) {
        let later = matches!(refusal, Refusal::TooManyTries(_) | Refusal::HasherBusy);
        if later || is_of_authentication(refusal) {
            return;
        }
        let record = caller.record(self.now(), &*self.rng, AuditActor::Nobody, AuditKind::TokenRefused);
        let mut record = record.with("cause", refusal.name()).with("dialect", face.as_str());
        if let Refusal::ParameterMissing(name) | Refusal::ParameterMalformed(name) = refusal {
            record = record.with("parameter", name);
        }
        self.note_failure(match self.named_client(face, presented) {
            Some(client) => record.about_client(&client),
            None => record,
        })
        .await;
    }
}
