//! What a bearer may know about a person (OpenID Connect Core, section 5.3).

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

use super::access::{AccessFacts, Holder};
use super::{Denied, Engine};

/// Claims about a person, and who asked for them.
#[derive(Clone, Debug)]
pub struct UserInfo {
    /// Whose access token it was.
    pub client: ClientId,
    /// The claims, `sub` among them.
    pub claims: Map<String, Value>,
}

/// An access token that holds and is for one of our own resource endpoints. Only [`Engine::bearer`] makes one.
pub(crate) struct Bearer {
    /// What it says.
    pub facts: AccessFacts,
    /// What it rests on.
    pub holder: Holder,
}

impl Engine {
    /// What the bearer of `token` may know about the person it is about: what its scopes and the request for single claims
    /// release, as it is known now.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] for anything but an access token of ours that still holds, [`Refusal::TokenAudience`],
    /// or the store's fault.
    pub async fn userinfo(&self, face: &Face, token: &Secret) -> Result<UserInfo, Denied> {
        let bearer = self.bearer(face, token).await?;
        let Holder::Person(standing) = &bearer.holder else { return Err(Refusal::TokenInvalid.into()) };
        let (user, client) = (standing.user(), standing.client());
        let claims = self.claims_for_userinfo(standing.grant(), &bearer.facts.scopes, user, client).await?;
        Ok(UserInfo { client: bearer.facts.client, claims })
    }

    /// The access token that came to one of our own resource endpoints: for the issuer or for its own client, of a client
    /// that was given the interface.
    ///
    /// # Errors
    /// The refusals of [`Engine::userinfo`], or the store's fault.
    pub(crate) async fn bearer(&self, face: &Face, token: &Secret) -> Result<Bearer, Denied> {
        let facts = self.read_access_token(token).await?.ok_or(Refusal::TokenInvalid)?;
        let holder = self.holds(&facts).await?.map_err(|cause| {
            tracing::debug!(cause = cause.name(), client = %facts.client, "an access token does not hold any more");
            Refusal::TokenInvalid
        })?;
        let client = match &holder {
            Holder::Person(standing) => standing.client(),
            Holder::Client(client) => client,
        };
        if !client.has_face(face) {
            return Err(Refusal::TokenInvalid.into());
        }
        if !facts.is_for(&self.identity.issuer) && !facts.is_for(client.id.as_str()) {
            return Err(Refusal::TokenAudience.into());
        }
        Ok(Bearer { facts, holder })
    }
}
