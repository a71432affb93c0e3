//! The authorization endpoint's law: validate, what is still missing, answer.

mod response;
mod view;

use crate::base::ids::InteractionId;

pub use response::{AuthorizationResponse, AuthorizeRefused, PageRefusal, RedirectRefusal};
pub use view::{AskView, ClientView, InteractionView, WaitsFor};

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
