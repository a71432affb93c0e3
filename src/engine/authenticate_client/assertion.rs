//! A client's signed word that it is who it says: a JWT by one of its access keys, with one of its secrets inside.
//!
//! It has no id and may come again while it lives, since clients repeat a request that was not answered. What makes it
//! worth something is the key, which never leaves the client, and the secret.

use std::cell::OnceCell;
use std::time::Duration;

use serde::Deserialize;

use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::jose::Algorithm;
use crate::jose::jwk::PublicJwk;
use crate::jose::jwt::{self, Cause, Expect, Times};
use crate::jose::verify::VerifyingKey;
use crate::model::client::{AccessKey, Client};
use crate::model::refusal::Refusal;

/// How long it may live, counted from when it was issued.
const LONGEST: Duration = Duration::from_secs(3_600);
/// How far the client's clock may be ahead of ours.
const AHEAD: Duration = Duration::from_secs(60);

/// What a client says in it. Other claims mean nothing here.
#[derive(Deserialize)]
struct Claims {
    client_id: String,
    client_secret: String,
    aud: Audience,
    scope: Option<String>,
}

/// Whom a token names as its reader (RFC 7519, section 4.1.3).
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// What holds of an assertion once signature, moments and audience do; its secret is still to be compared.
pub(super) struct Held {
    /// The secret inside.
    pub secret: Secret,
    /// The scopes it asks for, if it does.
    pub scope: Option<String>,
}

/// The client that an assertion says it is of; nothing is known to hold.
pub(super) fn named(token: &Secret) -> Result<String, Refusal> {
    #[derive(Deserialize)]
    struct Named {
        client_id: String,
    }
    let said: Named = jwt::unproved(token.expose()).map_err(|_| Refusal::AssertionInvalid)?;
    if said.client_id.is_empty() { Err(Refusal::AssertionInvalid) } else { Ok(said.client_id) }
}

/// Whether a password is an assertion rather than a secret.
pub(super) fn is_one(password: &Secret) -> bool {
    jwt::is_signed(password.expose())
}

/// Reads an assertion of `client`: signed by one of its access keys, alive `now`, for one of `audiences`.
pub(super) fn hold(token: &Secret, client: &Client, audiences: &[String], now: Timestamp) -> Result<Held, Refusal> {
    let parsed = OnceCell::new();
    let find = |kid: &str| {
        let key = client.access_keys.iter().find(|key| key.kid == kid)?;
        parsed.get_or_init(|| verifying(key)).as_ref()
    };
    let read = jwt::decode::<Claims>(token.expose(), find, &Expect::begun(now, AHEAD)).map_err(refusal)?;
    let claims = read.claims;
    if claims.client_id != client.id.as_str() {
        return Err(Refusal::ClientMismatch);
    }
    timely(&read.times, now)?;
    let meant = |audience: &String| audiences.contains(audience);
    let heard = match &claims.aud {
        Audience::One(audience) => meant(audience),
        Audience::Several(several) => several.iter().any(meant),
    };
    if !heard {
        return Err(Refusal::AssertionAudience);
    }
    Ok(Held { secret: Secret::new(claims.client_secret), scope: claims.scope.filter(|scope| !scope.is_empty()) })
}

/// It lives an hour at most, and that long where it does not say.
fn timely(times: &Times, now: Timestamp) -> Result<(), Refusal> {
    let longest = times.iat.ok_or(Refusal::AssertionUntimely)?.plus(LONGEST);
    let exp = times.exp.unwrap_or(longest);
    if exp > longest || exp <= now { Err(Refusal::AssertionUntimely) } else { Ok(()) }
}

/// A registered key; one that is none verifies nothing.
fn verifying(key: &AccessKey) -> Option<VerifyingKey> {
    let jwk = PublicJwk::p256(&key.kid, &key.x, &key.y).ok()?;
    let key = VerifyingKey::from_jwk(&jwk).ok()?;
    (key.algorithm() == Algorithm::Es256).then_some(key)
}

fn refusal(cause: Cause) -> Refusal {
    match cause {
        Cause::UnknownKey => Refusal::AssertionKeyUnknown,
        Cause::Expired | Cause::NotYetValid => Refusal::AssertionUntimely,
        Cause::TooLong
        | Cause::Malformed
        | Cause::Critical
        | Cause::AlgorithmDiffers
        | Cause::SignatureWrong
        | Cause::ClaimsMalformed => Refusal::AssertionInvalid,
    }
}
