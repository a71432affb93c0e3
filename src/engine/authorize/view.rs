//! What pages show of an interaction.

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, InteractionId};
use crate::model::face::Face;
use crate::model::lifetime::Lifetime;

/// An interaction as its pages show it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InteractionView {
    /// Its id, for forms and addresses.
    pub id: InteractionId,
    /// The interface it came through: the one to resume at.
    pub face: Face,
    /// What it waits for now, as far as this person goes. A page whose turn it is not leads back to the resume address.
    pub waits_for: WaitsFor,
    /// Who asks.
    pub client: ClientView,
    /// Where the answer leads, in words: the host, or the scheme of an application of its own.
    pub destination: String,
    /// The origin of that address, for a page's `form-action`; `None` for a scheme of the client's own.
    pub leads_to: Option<String>,
    /// What the client will know: a scope or single claim an entry.
    pub receives: Vec<AskView>,
    /// What it will be able to do: scopes that are not about claims.
    pub allows: Vec<AskView>,
    /// How long it stays signed in without the person, if it asks for that (`offline_access`).
    pub offline: Option<Lifetime>,
    /// What to write into the name field.
    pub login_hint: Option<String>,
    /// The languages the client suggests, most wanted first.
    pub ui_locales: Vec<String>,
    /// The person who is signed in only has to prove again who they are.
    pub confirms: bool,
    /// The client asks for another person than the one who is signed in.
    pub expects_another: bool,
}

/// What an interaction waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitsFor {
    /// The sign-in page.
    SignIn,
    /// The page that asks which account.
    SelectAccount,
    /// The consent page.
    Consent,
    /// Nothing: the resume address answers the client.
    Nothing,
}

/// A client as people see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientView {
    /// Its id.
    pub id: ClientId,
    /// What people call it.
    pub name: String,
    /// Who registered it; `None`: the declared-state file.
    pub added_by: Option<String>,
    /// When.
    pub added_at: Timestamp,
    /// Whether a user registered it, and no administrator.
    pub self_registered: bool,
}

/// One thing a client asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskView {
    /// The scope, or the claim asked for by itself.
    pub name: String,
    /// The sentence people read; `None` when nobody has written one.
    pub sentence: Option<String>,
    /// What it would receive now; `None` when there is nothing, or nobody is signed in.
    pub value: Option<String>,
    /// Whether the person agreed to it before.
    pub agreed_before: bool,
}
