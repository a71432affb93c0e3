//! What a token is worth now (RFC 7662).
//!
//! Only clients that proved themselves may ask, about their own tokens or those whose audience they are. Of anything else
//! they learn one thing: that it is not active.

#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::base::clock::Timestamp;
use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::model::client::{Client, GrantType};
use crate::model::refusal::Refusal;
use crate::model::service_grant::ServiceGrant;
use crate::model::token::{RefreshLife, RefreshToken};
use crate::records::Kept;
use crate::store::Fault;

use super::access::{AccessFacts, Holder};
use super::authenticate_client::Presented;
use super::mint::{Act, refresh_end, service_end};
use super::standing::Standing;
use super::{Caller, Denied, Engine};

/// The answer of RFC 7662, section 2.2; written as its JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Introspection {
    /// Not a token, not any more, or none of the asking client's business.
    Inactive,
    /// It holds now.
    Active(Box<TokenFacts>),
}

/// What is told of a token that holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TokenFacts {
    /// Always `true`.
    active: bool,
    /// What it is good for, separated by spaces.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub scope: String,
    /// Whom it was given to.
    pub client_id: ClientId,
    /// The name the person signs in with, if it is about one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// `Bearer` for access tokens; refresh tokens have no type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_type: Option<&'static str>,
    /// When it expires.
    pub exp: Timestamp,
    /// When it was issued; of refresh tokens that is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iat: Option<Timestamp>,
    /// Whom it is about.
    pub sub: String,
    /// Whom it is for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aud: Vec<String>,
    /// Who issued it.
    pub iss: String,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// When the person proved who they are (RFC 9470, section 6.2).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Timestamp>,
    /// How strongly they did.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// Who acts for the person (RFC 8693, section 4.1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub act: Option<Act>,
}

impl Serialize for Introspection {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Introspection::Active(facts) => facts.serialize(to),
            Introspection::Inactive => {
                let mut map = to.serialize_map(Some(1))?;
                map.serialize_entry("active", &false)?;
                map.end()
            }
        }
    }
}

impl Engine {
    /// Tells a confidential client what `token`, an access or refresh token, is worth now. Open to clients of every
    /// interface.
    ///
    /// # Errors
    /// The refusals of client authentication, [`Refusal::ClientSecretMissing`] for public clients among them, or the
    /// store's fault.
    pub async fn introspect(
        &self,
        caller: &Caller,
        presented: &Presented,
        token: &Secret,
    ) -> Result<Introspection, Denied> {
        let asking = self.authenticate_any_client(caller, presented).await?;
        if !asking.has_proved() {
            return Err(Refusal::ClientSecretMissing.into());
        }
        let known = match self.read_access_token(token).await? {
            Some(facts) => self.worth_of_access(asking.client(), &facts).await?,
            None => self.worth_of_refresh(asking.client(), token).await?,
        };
        Ok(known.map_or(Introspection::Inactive, |facts| Introspection::Active(Box::new(facts))))
    }

    async fn worth_of_access(&self, asking: &Client, facts: &AccessFacts) -> Result<Option<TokenFacts>, Fault> {
        if facts.client != asking.id && !facts.is_for(asking.id.as_str()) {
            return Ok(None);
        }
        let Ok(holder) = self.holds(facts).await? else { return Ok(None) };
        let standing = match &holder {
            Holder::Person(standing) => Some(&**standing),
            Holder::Client(_) => None,
        };
        Ok(Some(TokenFacts {
            scope: facts.scopes.to_string(),
            client_id: facts.client.clone(),
            token_type: Some("Bearer"),
            exp: facts.expires_at,
            iat: Some(facts.issued_at),
            sub: facts.subject.clone(),
            aud: facts.audience.clone(),
            jti: Some(facts.jti.clone()),
            ..self.about(standing)
        }))
    }

    async fn worth_of_refresh(&self, asking: &Client, token: &Secret) -> Result<Option<TokenFacts>, Denied> {
        let Some(token) = self.find_refresh_token(token).await? else { return Ok(None) };
        if token.client != asking.id || token.life != RefreshLife::Live || token.expires_at <= self.now() {
            return Ok(None);
        }
        if token.of_service {
            return Ok(self.worth_of_service_refresh(asking, &token).await?);
        }
        let Ok(standing) = self.standing(&token.grant).await? else { return Ok(None) };
        let law = self.faces.law(&standing.grant().face);
        let end = refresh_end(standing.client(), &law, standing.grant(), self.now()).min(token.expires_at);
        // What its client may not use is worth nothing.
        let usable = standing.client().may(GrantType::RefreshToken);
        if !usable || end <= self.now() || standing.allows(&standing.grant().scopes).is_err() {
            return Ok(None);
        }
        Ok(Some(self.refresh_facts(&token, &standing, end)))
    }

    /// The same for a client's own: it may have nobody else ask.
    async fn worth_of_service_refresh(
        &self,
        asking: &Client,
        token: &RefreshToken,
    ) -> Result<Option<TokenFacts>, Fault> {
        let Some(grant) = self.ledger.find::<ServiceGrant>(token.grant.as_str()).await? else { return Ok(None) };
        let holds = grant.is_live(self.now()) && grant.is_to(asking);
        let usable = [GrantType::RefreshToken, GrantType::ClientCredentials].into_iter().all(|one| asking.may(one));
        if !holds || !usable || !grant.scopes.within(&asking.scopes) {
            return Ok(None);
        }
        Ok(Some(TokenFacts {
            scope: grant.scopes.to_string(),
            client_id: asking.id.clone(),
            exp: service_end(asking, &self.faces.law(&grant.face), &grant, self.now()).min(token.expires_at),
            sub: asking.id.to_string(),
            ..self.about(None)
        }))
    }

    fn refresh_facts(&self, token: &Kept<RefreshToken>, standing: &Standing, end: Timestamp) -> TokenFacts {
        TokenFacts {
            scope: standing.grant().scopes.to_string(),
            client_id: token.client.clone(),
            exp: end,
            sub: standing.user().id.to_string(),
            ..self.about(Some(standing))
        }
    }

    /// What is the same for every token of a person; to be filled in.
    fn about(&self, standing: Option<&Standing>) -> TokenFacts {
        let authentication = standing.map(|standing| &standing.grant().authentication);
        TokenFacts {
            active: true,
            scope: String::new(),
            client_id: ClientId::from_text(""),
            username: standing
                .filter(|standing| !standing.user().is_guest())
                .map(|standing| standing.user().username.clone()),
            token_type: None,
            exp: Timestamp::default(),
            iat: None,
            sub: String::new(),
            aud: Vec::new(),
            iss: self.identity.issuer.clone(),
            jti: None,
            auth_time: authentication.map(|how| how.at),
            acr: authentication.map(|how| how.acr.clone()),
            act: standing.and_then(|standing| Act::of(standing.grant())),
        }
    }
}
