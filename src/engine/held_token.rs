//! What a bearer may know about the token it holds: enough for a program to see that it is let in.

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::base::secret::Secret;
use crate::model::face::Face;
use crate::model::scope::Scopes;

use super::access::Holder;
use super::{Denied, Engine};

/// An access token in its own words.
#[derive(Clone, Debug)]
pub struct HeldToken {
    /// Whose it is.
    pub client: ClientId,
    /// The person it is about, if it is about one.
    pub person: Option<UserId>,
    /// What it is good for.
    pub scopes: Scopes,
    /// When it expires.
    pub expires_at: Timestamp,
}

impl Engine {
    /// What `token`, presented through `face`, says and whether that holds now.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`](crate::model::refusal::Refusal::TokenInvalid) for anything but an access token of ours that
    /// still holds and whose client was given the interface, [`Refusal::TokenAudience`](crate::model::refusal::Refusal) for
    /// one that is for somebody else, or the store's fault.
    pub async fn held_token(&self, face: &Face, token: &Secret) -> Result<HeldToken, Denied> {
        let bearer = self.bearer(face, token).await?;
        let person = match &bearer.holder {
            Holder::Person(standing) => Some(standing.user().id.clone()),
            Holder::Client(_) => None,
        };
        let facts = bearer.facts;
        Ok(HeldToken { client: facts.client, person, scopes: facts.scopes, expires_at: facts.expires_at })
    }
}
