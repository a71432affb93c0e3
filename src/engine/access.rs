//! An access token presented by somebody: what it says, and whether that still holds.
//!
//! Opaque tokens are looked up; JWTs are verified, must be of the kind `at+jwt` or say that they are access tokens
//! (`token_use`), and must not be among the revoked. Either way
//! the grant behind it must stand, or the client that acts for itself be enabled.

use serde::Deserialize;

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, GrantId};
use crate::base::secret::{Kind, Secret};
use crate::jose::jwt::{self, Expect};
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::model::scope::Scopes;
use crate::model::service_grant::ServiceGrant;
use crate::model::token::{AccessToken, RevokedJwt};
use crate::records::Kept;
use crate::store::Fault;

use super::Engine;
use super::mint::{ACCESS_TOKEN_TYP, ACCESS_TOKEN_USE, OF_SERVICE};
use super::standing::Standing;

/// An access token of ours that has not expired. Whether it still holds is another question: [`Engine::holds`].
#[derive(Clone, Debug)]
pub(crate) struct AccessFacts {
    /// Its name.
    pub jti: String,
    /// Whom it was given to.
    pub client: ClientId,
    /// Whom it is about.
    pub subject: String,
    /// What it is good for.
    pub scopes: Scopes,
    /// Whom it is for.
    pub audience: Vec<String>,
    /// The grant it descends from, if it is about a person.
    pub grant: Option<GrantId>,
    /// The service grant it descends from, if it is a client's own and may be renewed.
    pub service_grant: Option<GrantId>,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// Its record, if it is opaque.
    pub stored: Option<Kept<AccessToken>>,
}

/// What an access token rests on, found to hold.
pub(crate) enum Holder {
    /// A person's grant.
    Person(Box<Standing>),
    /// A client that acts for itself.
    Client(Box<Client>),
}

impl AccessFacts {
    /// Whether it is for `one`.
    pub fn is_for(&self, one: &str) -> bool {
        self.audience.iter().any(|audience| audience == one)
    }
}

impl Engine {
    /// Reads an access token; `None` for any other text, an expired one, and other kinds of token.
    pub(crate) async fn read_access_token(&self, token: &Secret) -> Result<Option<AccessFacts>, Fault> {
        match Kind::AccessToken.read_handle(token.expose()) {
            Some(handle) => {
                let kept = self.ledger.find::<AccessToken>(&handle.locator).await?;
                let ours = kept.filter(|kept| kept.digest.is_of(token.expose()) && self.now() < kept.expires_at);
                Ok(ours.map(of_record))
            }
            None => self.read_jwt(token.expose()).await,
        }
    }

    /// What a token that was read rests on now; the inner error is why it does not hold any more.
    pub(crate) async fn holds(&self, facts: &AccessFacts) -> Result<Result<Holder, Refusal>, Fault> {
        let revoked = match &facts.stored {
            Some(stored) => stored.revoked_at.is_some(),
            None => self.ledger.find::<RevokedJwt>(&facts.jti).await?.is_some(),
        };
        if revoked {
            return Ok(Err(Refusal::TokenInvalid));
        }
        match &facts.grant {
            Some(grant) => Ok(self.standing(grant).await?.and_then(|standing| person(standing, facts))),
            None => self.holds_for_client(facts).await,
        }
    }

    async fn holds_for_client(&self, facts: &AccessFacts) -> Result<Result<Holder, Refusal>, Fault> {
        let kept = self.ledger.find::<Client>(facts.client.as_str()).await?;
        let client = match client(kept, facts) {
            Ok(client) => client,
            Err(refusal) => return Ok(Err(refusal)),
        };
        if let Err(refusal) = self.owner_of(&client).await? {
            return Ok(Err(refusal));
        }
        if let Some(grant) = &facts.service_grant {
            let grant = self.ledger.find::<ServiceGrant>(grant.as_str()).await?;
            if !grant.is_some_and(|grant| grant.is_live(self.now()) && grant.is_to(&client)) {
                return Ok(Err(Refusal::GrantEnded));
            }
        }
        Ok(Ok(Holder::Client(Box::new(client))))
    }

    async fn read_jwt(&self, token: &str) -> Result<Option<AccessFacts>, Fault> {
        let (ring, now) = (self.keys(), self.now());
        let Ok(token) = jwt::decode::<Claims>(token, |kid| ring.find(kid, now), &Expect::ours(now)) else {
            return Ok(None);
        };
        let access = token.is(ACCESS_TOKEN_TYP) || token.claims.token_use.as_deref() == Some(ACCESS_TOKEN_USE);
        // Our keys sign for nobody else; a profile that names no issuer needs to name no other.
        let ours = token.claims.iss.as_ref().is_none_or(|iss| *iss == self.identity.issuer);
        if !access || !ours {
            return Ok(None);
        }
        let grant = token.claims.jti.split_once('.').map(|(grant, _)| GrantId::from_text(grant));
        let client = match (&token.claims.client_id, &grant) {
            (Some(client), _) => Some(ClientId::from_text(client)),
            // A profile without it: the grant knows whom it was given to; without a grant, a client speaks for itself.
            (None, Some(grant)) => self.ledger.find::<Grant>(grant.as_str()).await?.map(|grant| grant.client.clone()),
            (None, None) => Some(ClientId::from_text(&token.claims.sub)),
        };
        Ok(client.and_then(|client| of_claims(token.claims, client, grant)))
    }
}

fn person(standing: Standing, facts: &AccessFacts) -> Result<Holder, Refusal> {
    standing.allows(&facts.scopes)?;
    let same = standing.grant().client == facts.client && standing.user().id.as_str() == facts.subject;
    if same { Ok(Holder::Person(Box::new(standing))) } else { Err(Refusal::TokenInvalid) }
}

fn client(client: Option<Kept<Client>>, facts: &AccessFacts) -> Result<Client, Refusal> {
    let client = client.ok_or(Refusal::ClientUnknown)?;
    if client.disabled_at.is_some() {
        return Err(Refusal::ClientDisabled);
    }
    let another = facts.stored.as_ref().is_some_and(|stored| stored.client_incarnation != client.incarnation);
    if another || facts.issued_at < client.created_at {
        // It was given to a client of the same id that was deleted since.
        return Err(Refusal::TokenInvalid);
    }
    if !facts.scopes.within(&client.scopes) {
        return Err(Refusal::ScopeNotAllowed);
    }
    Ok(client.record().clone())
}

/// The claims of our own access tokens.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    iss: Option<String>,
    sub: String,
    aud: Audience,
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    token_use: Option<String>,
    iat: Timestamp,
    exp: Timestamp,
    jti: String,
    #[serde(default)]
    scope: Written,
    #[serde(default)]
    scopes: Written,
}

/// Scopes, as a string or as an array.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Array(Vec<String>),
}

impl Default for Written {
    fn default() -> Written {
        Written::Text(String::new())
    }
}

impl Written {
    fn text(self) -> String {
        match self {
            Written::Text(text) => text,
            Written::Array(each) => each.join(" "),
        }
    }
}

/// A string, or an array of several (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

fn of_claims(claims: Claims, client: ClientId, grant: Option<GrantId>) -> Option<AccessFacts> {
    let scopes = [claims.scope.text(), claims.scopes.text()].join(" ");
    let audience = match claims.aud {
        Audience::One(one) => vec![one],
        Audience::Many(many) => many,
    };
    Some(AccessFacts {
        client,
        subject: claims.sub,
        scopes: Scopes::parse(&scopes).ok()?,
        audience,
        grant,
        service_grant: claims.jti.split_once(OF_SERVICE).map(|(grant, _)| GrantId::from_text(grant)),
        issued_at: claims.iat,
        expires_at: claims.exp,
        stored: None,
        jti: claims.jti,
    })
}

fn of_record(kept: Kept<AccessToken>) -> AccessFacts {
    AccessFacts {
        jti: kept.locator.clone(),
        client: kept.client.clone(),
        subject: kept.subject.clone(),
        scopes: kept.scopes.clone(),
        audience: kept.audience.clone(),
        grant: kept.grant.clone(),
        service_grant: kept.service_grant.clone(),
        issued_at: kept.issued_at,
        expires_at: kept.expires_at,
        stored: Some(kept),
    }
}
