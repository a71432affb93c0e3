//! The browser that began something is the only one that may go on with it.

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::InteractionId;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Denied, Engine};
use crate::model::interaction::{Interaction, InteractionLife, SignOutRequest};
use crate::model::refusal::Refusal;
use crate::records::Kept;

impl Engine {
    /// The interaction, if it is this browser's and can still be answered at `now`.
    ///
    /// Refuses with [`Refusal::InteractionGone`] or [`Refusal::InteractionAnswered`].
    pub(in crate::engine) async fn pending_interaction(
        &self,
        id: &InteractionId,
        browser: &Secret,
        now: Timestamp,
    ) -> Result<Kept<Interaction>, Denied> {
        let found = self.ledger.find::<Interaction>(id.as_str()).await?;
        let found = found.filter(|found| same(&found.browser, browser) && now < found.expires_at);
        let interaction = found.ok_or(Refusal::InteractionGone)?;
        match interaction.life {
            InteractionLife::Pending => Ok(interaction),
            InteractionLife::Answered { .. } => Err(Refusal::InteractionAnswered.into()),
        }
    }

    /// The sign-out that waits for this browser's word; otherwise refuses with [`Refusal::InteractionGone`].
    pub(in crate::engine) async fn waiting_sign_out(
        &self,
        id: &InteractionId,
        browser: &Secret,
        now: Timestamp,
    ) -> Result<Kept<SignOutRequest>, Denied> {
        let found = self.ledger.find::<SignOutRequest>(id.as_str()).await?;
        let found = found.filter(|found| same(&found.browser, browser) && now < found.expires_at);
        found.ok_or(Refusal::InteractionGone.into())
    }
}

/// Whether the cookie is the one the record is bound to, compared in constant time. Only secrets of the right kind count.
fn same(bound: &Digest, browser: &Secret) -> bool {
    browser.expose().starts_with(Kind::Browser.prefix()) && bound.is_of(browser.expose())
}
