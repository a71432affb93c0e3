//! Access tokens: a JWT (RFC 9068), or a random string that only introspection explains.

use crate::base::clock::Timestamp;
use crate::base::ids;
use crate::base::secret::{Kind, Secret};
use crate::model::client::AccessTokenForm;
use crate::model::scope::Scope;
use crate::model::service_grant::ServiceGrant;
use crate::model::token::AccessToken;

use super::super::Denied;
use super::profiles::{Facts, Shaped};
use super::{Authorization, Mint, Person, Subject};

/// What stands between the two halves of the `jti` of a JWT that descends from a service grant.
pub(crate) const OF_SERVICE: char = ':';

/// An access token before it is given out.
pub(super) struct NewAccess {
    pub token: Secret,
    pub jti: String,
    pub expires_at: Timestamp,
    /// What must be kept of it; a JWT explains itself.
    pub stored: Option<AccessToken>,
}

impl Mint<'_> {
    /// The access token that `right` asks for.
    pub(super) fn access_token(&self, right: &Authorization) -> Result<NewAccess, Denied> {
        let audience = self.audience(right);
        let mut expires_at = self.now.plus(right.client.access_ttl.duration());
        if let Some(end) = right.subject.ends_at() {
            expires_at = expires_at.min(end);
        }
        match right.client.access_token {
            AccessTokenForm::Jwt => self.jwt(right, &audience, expires_at),
            AccessTokenForm::Opaque => Ok(self.opaque(right, audience, expires_at)),
        }
    }

    fn jwt(&self, right: &Authorization, audience: &[String], expires_at: Timestamp) -> Result<NewAccess, Denied> {
        let algorithm = right.client.access_token_alg;
        let expires_at = self.within_key(algorithm, expires_at);
        let jti = match &right.subject {
            Subject::Person(person) => match &person.access_jti {
                Some(jti) => jti.clone(),
                None => format!("{}.{}", person.grant.id, ids::random(self.rng)),
            },
            Subject::Client(Some(grant)) => format!("{}{OF_SERVICE}{}", grant.id, ids::random(self.rng)),
            Subject::Client(None) => ids::ordered(self.now, self.rng),
        };
        let issued_at = self.now;
        let facts = Facts { issuer: self.issuer, right, audience, issued_at, expires_at, jti: &jti };
        let Shaped { typ, claims } = facts.shaped();
        let token = Secret::new(self.sign(algorithm, typ, &claims)?);
        Ok(NewAccess { token, jti, expires_at, stored: None })
    }

    fn opaque(&self, right: &Authorization, audience: Vec<String>, expires_at: Timestamp) -> NewAccess {
        let handle = Kind::AccessToken.generate_handle(self.now, self.rng);
        let stored = AccessToken {
            locator: handle.locator.clone(),
            digest: handle.secret.digest(),
            grant: right.subject.person().map(|person| person.grant.id.clone()),
            service_grant: right.subject.service_grant().map(|grant| grant.id.clone()),
            client: right.client.id.clone(),
            subject: right.sub().to_owned(),
            scopes: right.scopes.clone(),
            audience,
            issued_at: self.now,
            expires_at,
            revoked_at: None,
            client_incarnation: right.client.incarnation.clone(),
        };
        NewAccess { token: handle.secret, jti: handle.locator, expires_at, stored: Some(stored) }
    }

    /// The issuer where nothing else was said, and wherever the UserInfo endpoint is meant.
    fn audience(&self, right: &Authorization) -> Vec<String> {
        let mut audience = right.audience.clone();
        let ours = audience.is_empty() || right.scopes.has(Scope::OPENID);
        if ours && !audience.iter().any(|one| one == self.issuer) {
            audience.push(self.issuer.to_owned());
        }
        audience
    }
}

impl Authorization {
    /// Whom the tokens are about: the person, or else the client itself (RFC 9068, section 2.2).
    pub(super) fn sub(&self) -> &str {
        self.subject.person().map_or(self.client.id.as_str(), |person| person.user.id.as_str())
    }
}

impl Subject {
    /// The person, if they are about one.
    pub(super) fn person(&self) -> Option<&Person> {
        match self {
            Subject::Person(person) => Some(person),
            Subject::Client(_) => None,
        }
    }

    /// What the client itself may renew, if they are about it and it may.
    pub(super) fn service_grant(&self) -> Option<&ServiceGrant> {
        match self {
            Subject::Client(grant) => grant.as_deref(),
            Subject::Person(_) => None,
        }
    }

    /// When what they rest on ends.
    fn ends_at(&self) -> Option<Timestamp> {
        self.person().map(|person| person.grant.expires_at).or(self.service_grant().map(|grant| grant.expires_at))
    }
}
