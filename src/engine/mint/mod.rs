//! The one place that makes tokens.
//!
//! Every grant ends in one [`Authorization`], and every token begins with one, so no grant can skip what all must do.
//! Tokens are signed before the commit and shown only after it: a failure to sign burns nothing.
//!
//! No token outlives its grant, nor the key that signs it.

mod access_token;
mod id_token;
mod profiles;
mod refresh_token;
#[cfg(test)]
mod tests;

use std::time::Duration;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, KeyId, UserId};
use crate::base::rng::Rng;
use crate::base::secret::{Handle, Secret};
use crate::jose::key::SigningKey;
use crate::jose::keyring::Keyring;
use crate::jose::{Algorithm, jws};
use crate::model::client::{AccessTokenForm, Client, GrantType};
use crate::model::face::Law;
use crate::model::grant::Grant;
use crate::model::scope::{Scope, Scopes};
use crate::model::service_grant::ServiceGrant;
use crate::model::token::{RefreshLife, RefreshToken};
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Fault;

use super::resource::own_account_url;
use super::{Decision, Denied, Engine};

pub(crate) use access_token::OF_SERVICE;
pub(crate) use refresh_token::{NewRefresh, locator as refresh_locator, tells as tells_refresh_tokens};

pub(crate) use profiles::{TOKEN_USE as ACCESS_TOKEN_USE, TYP as ACCESS_TOKEN_TYP, always_told};

/// How long an ID token lives.
pub const ID_TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// What a grant proved: who may know and do what. Every grant type ends in this value.
pub(crate) struct Authorization {
    /// Who receives the tokens.
    pub client: Client,
    /// Whom they are about.
    pub subject: Subject,
    /// What they are good for.
    pub scopes: Scopes,
    /// Whom the access token is for, beside what `openid` adds.
    pub audience: Vec<String>,
    /// For the ID token: what the client sent along to recognise its request by.
    pub nonce: Option<String>,
    /// Which refresh token goes with them.
    pub renewal: Renewal,
}

/// Whom tokens are about.
pub(crate) enum Subject {
    /// A person, and what they allowed.
    Person(Box<Person>),
    /// The client itself (RFC 6749, section 4.4), and what it may renew, if it may.
    Client(Option<Box<ServiceGrant>>),
}

/// A person, and what they allowed.
pub(crate) struct Person {
    /// Who.
    pub user: User,
    /// What they allowed: session, authentication, single claims.
    pub grant: Grant,
    /// The claims that were asked for the ID token one by one and may be told.
    pub asked: Map<String, Value>,
    /// The name of the access token, where what goes with it tells already.
    pub access_jti: Option<String>,
}

/// Who acts for the person whom tokens are about (RFC 8693, section 4.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Act {
    /// The administrator's own subject.
    pub sub: UserId,
}

impl Act {
    /// Who acted when `grant` was given, if somebody did.
    pub(crate) fn of(grant: &Grant) -> Option<Act> {
        grant.actor.clone().map(|sub| Act { sub })
    }
}

/// Which refresh token is given out.
pub(crate) enum Renewal {
    /// None.
    Nothing,
    /// This new one.
    New {
        /// The token.
        handle: Handle,
        /// When it stops being accepted.
        until: Timestamp,
    },
    /// This one, which was given out before.
    Again(Secret),
}

/// What a token request is answered with (RFC 6749, section 5.1).
#[derive(Clone, Debug)]
pub struct Issued {
    /// Whose tokens they are.
    pub client: ClientId,
    /// The access token; its type is `Bearer`.
    pub access_token: Secret,
    /// How long it lives, in seconds.
    pub expires_in: u64,
    /// What it is good for.
    pub scopes: Scopes,
    /// Its name; not secret.
    pub jti: String,
    /// The refresh token, if there is one.
    pub refresh_token: Option<Secret>,
    /// The ID token, if `openid` was granted (OpenID Connect Core, section 3.1.3.3).
    pub id_token: Option<Secret>,
    /// The address of the account, for a person whose account is elsewhere than the deployment says.
    pub account_url: Option<String>,
}

/// The mint at one moment.
pub(crate) struct Mint<'e> {
    issuer: &'e str,
    rng: &'e dyn Rng,
    ring: std::sync::Arc<Keyring>,
    now: Timestamp,
}

impl Engine {
    /// The mint as it is at `now`.
    pub(crate) fn mint(&self, now: Timestamp) -> Mint<'_> {
        Mint { issuer: &self.identity.issuer, rng: &*self.rng, ring: self.keys(), now }
    }
}

impl Mint<'_> {
    /// Makes the tokens of `right`, and the changes that must be durable before they are shown.
    ///
    /// # Errors
    /// There is no key to sign with, or it cannot sign. Nothing is changed then.
    pub fn issue(&self, right: Authorization) -> Result<Decision<Issued>, Denied> {
        let access = self.access_token(&right)?;
        let id_token = match &right.subject {
            Subject::Person(person) if right.scopes.has(Scope::OPENID) => {
                Some(Secret::new(self.id_token(&right, person, access.token.expose())?))
            }
            _ => None,
        };
        let (refresh_token, renewal) = self.refresh_token(&right);
        let account_url = right.subject.person().and_then(|person| own_account_url(&person.user));
        let issued = Issued {
            client: right.client.id.clone(),
            access_token: access.token,
            expires_in: access.expires_at.since(self.now).as_secs(),
            scopes: right.scopes,
            jti: access.jti,
            refresh_token,
            id_token,
            account_url,
        };
        Ok(Decision::allow(issued).with(|changes| {
            if let Some(stored) = &access.stored {
                changes.create(stored);
            }
            if let Some(token) = &renewal {
                changes.create(token);
            }
        }))
    }

    fn refresh_token(&self, right: &Authorization) -> (Option<Secret>, Option<RefreshToken>) {
        match (&right.renewal, &right.subject) {
            (Renewal::Again(secret), _) => (Some(secret.clone()), None),
            (Renewal::New { handle, until }, subject) => {
                let (grant, of_service) = match subject {
                    Subject::Person(person) => (&person.grant.id, false),
                    Subject::Client(Some(grant)) => (&grant.id, true),
                    Subject::Client(None) => return (None, None),
                };
                let record = RefreshToken {
                    locator: handle.locator.clone(),
                    digest: handle.secret.digest(),
                    grant: grant.clone(),
                    of_service,
                    client: right.client.id.clone(),
                    expires_at: *until,
                    life: RefreshLife::Live,
                };
                (Some(handle.secret.clone()), Some(record))
            }
            (Renewal::Nothing, _) => (None, None),
        }
    }

    /// Signs claims with the key of `algorithm`.
    fn sign(&self, algorithm: Algorithm, typ: &str, claims: &impl Serialize) -> Result<String, Denied> {
        let fault = |why: &str| Denied::Unavailable(Fault::new(format_args!("{algorithm}: {why}")));
        let key = self.signer(algorithm).ok_or_else(|| fault("no key signs now"))?;
        jws::encode(key, Some(typ), claims).map_err(|error| fault(&error.to_string()))
    }

    /// The key that would sign the access token of `right`, and for how long, if that is longer than is written down of it.
    pub fn unheard_of(&self, right: &Authorization) -> Option<(KeyId, Duration)> {
        if right.client.access_token == AccessTokenForm::Opaque {
            return None;
        }
        let kid = self.signer(right.client.access_token_alg)?.kid();
        let facts = self.ring.facts().find(|facts| facts.kid.as_str() == kid)?;
        let life = right.client.access_ttl.duration();
        // An ID token's life is the least that every key stays; a key that goes is never outlived.
        let known = facts.gone_at.is_some() || life <= facts.longest_life.max(ID_TOKEN_LIFE);
        (!known).then(|| (facts.kid.clone(), life))
    }

    fn signer(&self, algorithm: Algorithm) -> Option<&SigningKey> {
        self.ring.signer(algorithm, self.now)
    }

    /// `end`, or the moment the key of `algorithm` is published no longer, if that comes first.
    fn within_key(&self, algorithm: Algorithm, end: Timestamp) -> Timestamp {
        let kid = self.signer(algorithm).map(SigningKey::kid);
        let gone = self.ring.facts().find(|facts| Some(facts.kid.as_str()) == kid).and_then(|facts| facts.gone_at);
        gone.map_or(end, |gone| gone.min(end))
    }
}

/// When a refresh token of this grant that is made at `now` stops being accepted: counted from the grant's beginning,
/// however often it was renewed, unless its law counts from each rotation.
pub(crate) fn refresh_end(client: &Client, law: &Law, grant: &Grant, now: Timestamp) -> Timestamp {
    let from = if law.slides_for(client) { now } else { grant.created_at };
    from.plus(client.refresh_ttl.duration()).min(grant.expires_at)
}

/// The same for what a client was given for itself.
pub(crate) fn service_end(client: &Client, law: &Law, grant: &ServiceGrant, now: Timestamp) -> Timestamp {
    let from = if law.slides_for(client) { now } else { grant.created_at };
    from.plus(client.refresh_ttl.duration()).min(grant.expires_at)
}

/// When nothing can live any more that descends from a grant that `client` is given at `created_at`. For whoever makes one.
pub(crate) fn grant_end(client: &Client, created_at: Timestamp) -> Timestamp {
    let access = client.access_ttl.duration();
    let by_code = created_at.plus(client.code_ttl.duration()).plus(access);
    let renewed = created_at.plus(client.refresh_ttl.duration()).plus(access);
    if client.may(GrantType::RefreshToken) { by_code.max(renewed) } else { by_code }
}
