//! ID tokens (OpenID Connect Core, section 2).

use serde::Serialize;
use serde_json::{Map, Value};

use crate::base::clock::Timestamp;

use super::super::Denied;
use super::{Act, Authorization, ID_TOKEN_LIFE, Mint, Person};

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    exp: Timestamp,
    iat: Timestamp,
    auth_time: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    nonce: Option<&'a str>,
    acr: &'a str,
    amr: &'a [String],
    at_hash: String,
    sid: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    act: Option<Act>,
    /// What was asked for one by one. None of the names above is among them: see [`claims`](super::super::claims).
    #[serde(flatten)]
    asked: &'a Map<String, Value>,
}

impl Mint<'_> {
    /// The ID token that goes with this access token. Without `azp`: the only audience is the client itself.
    pub(super) fn id_token(&self, right: &Authorization, person: &Person, access: &str) -> Result<String, Denied> {
        let algorithm = right.client.id_token_alg;
        let how = &person.grant.authentication;
        let life = self.now.plus(ID_TOKEN_LIFE);
        // Where somebody acts for the person, what says so ends with that.
        let end = if person.grant.actor.is_some() { life.min(person.grant.expires_at) } else { life };
        let claims = Claims {
            iss: self.issuer,
            sub: person.user.id.as_str(),
            aud: right.client.id.as_str(),
            exp: self.within_key(algorithm, end),
            iat: self.now,
            auth_time: how.at,
            nonce: right.nonce.as_deref(),
            acr: &how.acr,
            amr: &how.amr,
            at_hash: algorithm.left_half_hash(access),
            sid: person.grant.session.as_str(),
            act: Act::of(&person.grant),
            asked: &person.asked,
        };
        self.sign(algorithm, "JWT", &claims)
    }
}
