//! Refresh tokens that are JWTs, for clients of the incrowd profile: readable by whoever holds them, believed by nobody.
//!
//! The server goes by the record that the token's `jti` names and by the digest of the whole text, so no key needs to be kept
//! for as long as such a token lives. Its `typ` keeps it from being taken for an access token, and the other way round.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids;
use crate::base::secret::{Handle, Kind, Secret};
use crate::model::client::{AccessTokenForm, ClaimsProfile, Client};
use crate::model::grant::Grant;

use super::super::Denied;
use super::Mint;

const TYP: &str = "rt+jwt";
/// The longest text that is looked into.
const LONGEST: usize = 8 * 1024;

/// A refresh token before it is given out.
pub(crate) struct NewRefresh {
    /// The token, and where its record lies.
    pub handle: Handle,
    /// The name of the access token that goes with it, where it tells.
    pub access_jti: Option<String>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    aud: &'a str,
    client_id: &'a str,
    iat: Timestamp,
    nbf: Timestamp,
    exp: Timestamp,
    jti: &'a str,
    ati: &'a str,
}

impl Mint<'_> {
    /// A refresh token of `grant` for `client`, good `until` then at the token endpoint `audience`.
    ///
    /// # Errors
    /// It is to be signed, and there is no key, or it cannot sign.
    pub fn new_refresh_token(
        &self,
        client: &Client,
        grant: &Grant,
        until: Timestamp,
        audience: &str,
    ) -> Result<NewRefresh, Denied> {
        let handle = Kind::RefreshToken.generate_handle(self.now, self.rng);
        if !tells(client) {
            return Ok(NewRefresh { handle, access_jti: None });
        }
        let access_jti = format!("{}.{}", grant.id, ids::random(self.rng));
        let claims = Claims {
            iss: self.issuer,
            sub: grant.user.as_str(),
            aud: audience,
            client_id: client.id.as_str(),
            iat: self.now,
            nbf: self.now,
            exp: until,
            jti: &handle.locator,
            ati: &access_jti,
        };
        let secret = Secret::new(self.sign(client.access_token_alg, TYP, &claims)?);
        Ok(NewRefresh { handle: Handle { locator: handle.locator, secret }, access_jti: Some(access_jti) })
    }
}

/// Whether the refresh tokens of `client` are JWTs that tell something; others are random strings.
pub(crate) fn tells(client: &Client) -> bool {
    client.claims_profile == ClaimsProfile::Incrowd && client.access_token == AccessTokenForm::Jwt
}

/// Where the record of a refresh token lies, read from the token and not believed: only the record's digest proves it.
pub(crate) fn locator(token: &Secret) -> Option<String> {
    if let Some(handle) = Kind::RefreshToken.read_handle(token.expose()) {
        return Some(handle.locator);
    }
    #[derive(Deserialize)]
    struct Header {
        typ: String,
    }
    #[derive(Deserialize)]
    struct Named {
        jti: String,
    }
    let text = Some(token.expose()).filter(|text| text.len() <= LONGEST)?;
    let mut parts = text.split('.');
    let (header, claims) = (part::<Header>(parts.next()?)?, part::<Named>(parts.next()?)?);
    let plain = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'v');
    let ours = header.typ.eq_ignore_ascii_case(TYP) && claims.jti.len() == 26 && claims.jti.bytes().all(plain);
    ours.then_some(claims.jti)
}

fn part<T: for<'de> Deserialize<'de>>(text: &str) -> Option<T> {
    serde_json::from_slice(&BASE64URL_NOPAD.decode(text.as_bytes()).ok()?).ok()
}
