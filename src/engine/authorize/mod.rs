//! The authorization endpoint's law (RFC 6749, section 4.1; OpenID Connect Core, section 3.1.2).
//!
//! One request goes this way, and every page on its way comes back to [`Engine::resume`]:
//!
//! 1. [`validate`] — what needs no person: the client, its address, and the parameters, in this order.
//! 2. [`next`] — what is still missing? A pure function of what is stored; no page knows its successor.
//! 3. [`answer`] — nothing is missing: the grant and its code, in one commit.
//!
//! In between, pages write one fact each ([`facts`]) and read what they show ([`view`]). A request that needs nothing of the
//! person is answered at once and stores no interaction.

mod answer;
mod ask;
mod beginnings;
mod browser;
mod facts;
mod front_end;
pub(in crate::engine) mod hint;
mod next;
mod parameters;
mod refused;
mod response;
mod steps;
mod validate;
mod values;
mod view;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::base::ids::InteractionId;
use crate::base::secret::Secret;
use crate::engine::users::Visitor;
use crate::engine::{Caller, Denied, Engine};
use crate::model::face::Face;
use crate::model::refusal::Refusal;

pub use facts::ConsentAnswer;
pub use front_end::FrontEnd;
pub use response::{AuthorizationResponse, AuthorizeRefused, PageRefusal, RedirectRefusal};
pub use values::Told;
pub use view::{AskView, ClientView, InteractionView, Stay, WaitsFor};

pub(in crate::engine) use beginnings::Beginnings;
pub(in crate::engine) use response::with_query;

/// What happens next in the browser.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The person proves who they are.
    SignIn(InteractionId),
    /// The person says which account to go on with.
    SelectAccount(InteractionId),
    /// The person says whether the client may know and do what it asks for.
    Consent(InteractionId),
    /// The client is answered.
    Done(AuthorizationResponse),
}

/// What a settled decision says: a step, or a refusal that knows whether it may travel to the client.
type Outcome = Result<Step, AuthorizeRefused>;

impl Engine {
    /// Answers an authorization request, or keeps it until the person has done what is missing.
    ///
    /// `parameters` are those of the query or form, none repeated; `browser` is the secret in the browser's own cookie;
    /// `current` is who is signed in there.
    ///
    /// # Errors
    /// [`AuthorizeRefused::Page`] while it is not certain where an answer may go, [`AuthorizeRefused::Redirect`] after that.
    pub async fn authorize(
        &self,
        caller: &Caller,
        face: &Face,
        parameters: &BTreeMap<String, String>,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Step, AuthorizeRefused> {
        let outcome = self.settle(|| self.begin_authorize(caller, face, parameters, browser, current)).await?;
        self.note_refused(caller, current, &outcome).await;
        outcome
    }

    /// Refuses an authorization request that could not be read as a whole, for this reason: told to the client, where
    /// `parameters` name one and an address of its own.
    pub async fn refuse_authorize(
        &self,
        caller: &Caller,
        face: &Face,
        parameters: &BTreeMap<String, String>,
        refusal: &Refusal,
    ) -> AuthorizeRefused {
        let outcome = match self.refused_request(face, parameters, refusal).await {
            Ok(refused) => Err(refused),
            Err(fault) => Err(Denied::from(fault).into()),
        };
        self.note_refused(caller, None, &outcome).await;
        // It was refused in either case.
        outcome.err().unwrap_or_else(|| Denied::from(refusal.clone()).into())
    }

    /// Goes on with an interaction after a page has written its fact.
    ///
    /// # Errors
    /// [`Refusal::InteractionGone`](crate::model::refusal::Refusal::InteractionGone) when it is unknown, too old or another
    /// browser's, [`Refusal::InteractionAnswered`](crate::model::refusal::Refusal::InteractionAnswered) when it was answered
    /// before, both as [`AuthorizeRefused::Denied`]; otherwise as [`Engine::authorize`].
    pub async fn resume(
        &self,
        caller: &Caller,
        id: &InteractionId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Step, AuthorizeRefused> {
        let outcome = self.settle(|| self.resume_authorize(caller, id, browser, current)).await?;
        self.note_refused(caller, current, &outcome).await;
        outcome
    }
}
