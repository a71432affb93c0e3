//! Refusals an administrator may want to know of: an address that was not registered, a scope that is not the client's.

use crate::base::ids::ClientId;
use crate::engine::users::Visitor;
use crate::engine::{Caller, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::refusal::Refusal;

use super::{AuthorizeRefused, Outcome};

impl Engine {
    /// Records that a known client was refused, up to a number a minute: strangers can cause this without limit.
    pub(super) async fn note_refused(&self, caller: &Caller, current: Option<&Visitor>, outcome: &Outcome) {
        let Some((client, refusal, sent)) = worth_telling(outcome) else { return };
        let actor = current.map_or(AuditActor::Nobody, Visitor::audited);
        let record = caller.record(self.now(), &*self.rng, actor, AuditKind::AuthorizationRefused);
        // What happens while somebody acts for them, people read in their own activity.
        let record = match current.filter(|who| who.acting().is_some()) {
            Some(who) => record.about_user(&who.user().id).with_acting(who.session()),
            None => record,
        };
        let record = record.about_client(client).with("cause", refusal.name());
        self.note_failure(match sent {
            Some(sent) => record.with("redirect_uri", without_query(sent)),
            None => record,
        })
        .await;
    }
}

/// The client, the cause and the address that was sent. What clients ask for without anybody noticing (`prompt=none`), and
/// what was recorded when the person said it, is left out.
fn worth_telling(outcome: &Outcome) -> Option<(&ClientId, &Refusal, Option<&str>)> {
    match outcome.as_ref().err()? {
        AuthorizeRefused::Page(page) => Some((page.client.as_ref()?, &page.refusal, page.sent.as_deref())),
        AuthorizeRefused::Redirect(told) => match told.refusal {
            Refusal::LoginRequired | Refusal::ConsentRequired | Refusal::AccessDenied => None,
            _ => Some((&told.client, &told.refusal, None)),
        },
        AuthorizeRefused::Denied(_) => None,
    }
}

/// The address up to its query, which may hold what is nobody's business; at most 200 characters.
fn without_query(sent: &str) -> String {
    sent.split(['?', '#']).next().unwrap_or_default().chars().take(200).collect()
}
