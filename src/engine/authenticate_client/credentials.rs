//! Reading what a client presented: header, body or only its name (RFC 6749, section 2.3.1).

use data_encoding::BASE64;
use zeroize::Zeroizing;

use crate::base::secret::Secret;
use crate::model::face::Law;
use crate::model::refusal::Refusal;

use super::{Presented, assertion};

/// Somebody says they are this client, and knows this.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    /// The client's id.
    pub id: String,
    /// Its secret, unless it gave none.
    pub secret: Option<Secret>,
    /// Whether what it gave is no secret but an assertion, which holds one.
    pub signed: bool,
}

/// What was presented, in the one or two ways in which it can be read.
#[derive(Debug)]
pub(super) struct Credentials {
    first: Claim,
    second: Option<Claim>,
}

impl Credentials {
    /// Reads what was presented by `law`; refuses what contradicts itself.
    pub fn read(presented: &Presented, law: &Law) -> Result<Credentials, Refusal> {
        let id = presented.client_id.as_deref().filter(|id| !id.is_empty());
        let secret = presented.client_secret.as_ref().filter(|secret| !secret.expose().is_empty());
        let Some(header) = presented.authorization.as_ref().filter(|header| !header.expose().is_empty()) else {
            let id = id.ok_or(Refusal::ClientMissing)?.to_owned();
            return Ok(Credentials { first: Claim { id, secret: secret.cloned(), signed: false }, second: None });
        };
        let read = match (law.takes_access_keys, bearer(header)) {
            (true, Some(assertion)) => signed(assertion)?,
            (true, None) => basic(header)?.signed_or_not(),
            (false, _) => basic(header)?,
        };
        if secret.is_some() {
            return Err(Refusal::CredentialsTwice);
        }
        match id {
            None => Ok(read),
            Some(id) => read.of_client(id).ok_or(Refusal::ClientMismatch),
        }
    }

    /// Each way to read them, the likelier one first.
    pub fn readings(&self) -> impl Iterator<Item = &Claim> {
        std::iter::once(&self.first).chain(&self.second)
    }

    /// The client's id as it is read first.
    pub fn name(&self) -> &str {
        &self.first.id
    }

    /// The same, where a password may be an assertion.
    fn signed_or_not(mut self) -> Credentials {
        for claim in std::iter::once(&mut self.first).chain(&mut self.second) {
            claim.signed = claim.secret.as_ref().is_some_and(assertion::is_one);
        }
        self
    }

    /// Only the readings that name this client.
    fn of_client(self, id: &str) -> Option<Credentials> {
        let mut readings = std::iter::once(self.first).chain(self.second).filter(|claim| claim.id == id);
        Some(Credentials { first: readings.next()?, second: readings.next() })
    }
}

/// The token of a Bearer header, if it is one.
fn bearer(header: &Secret) -> Option<Secret> {
    let (scheme, token) = header.expose().split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| Secret::new(token.trim_matches(' ')))
}

/// An assertion, and whom it says it is of.
fn signed(assertion: Secret) -> Result<Credentials, Refusal> {
    let id = assertion::named(&assertion)?;
    Ok(Credentials { first: Claim { id, secret: Some(assertion), signed: true }, second: None })
}

/// Both halves of a Basic header: form-encoded, as RFC 6749 says, or as they are, as many clients send them.
fn basic(header: &Secret) -> Result<Credentials, Refusal> {
    let malformed = Refusal::CredentialsMalformed;
    let (scheme, encoded) = header.expose().split_once(' ').ok_or(malformed.clone())?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed);
    }
    let decoded = BASE64.decode(encoded.trim_matches(' ').as_bytes()).map_err(|_| malformed.clone())?;
    let decoded = Secret::new(String::from_utf8(decoded).map_err(|_| malformed.clone())?);
    let (id, secret) = decoded.expose().split_once(':').ok_or(malformed.clone())?;
    let raw = claim(id, secret);
    let encoded = form_decode(id).zip(form_decode(secret)).map(|(id, secret)| claim(id.expose(), secret.expose()));
    let read = match encoded {
        Some(encoded) if encoded.id == id && encoded.secret.as_ref().is_none_or(|read| read.is(secret)) => {
            Credentials { first: raw, second: None }
        }
        Some(encoded) => Credentials { first: encoded, second: Some(raw) },
        None => Credentials { first: raw, second: None },
    };
    if read.readings().all(|claim| claim.id.is_empty()) { Err(malformed) } else { Ok(read) }
}

fn claim(id: &str, secret: &str) -> Claim {
    Claim { id: id.to_owned(), secret: (!secret.is_empty()).then(|| Secret::new(secret)), signed: false }
}

/// `application/x-www-form-urlencoded` undone; `None` for a percent sign without two hexadecimal digits, or text that is
/// then no UTF-8.
fn form_decode(text: &str) -> Option<Secret> {
    let mut out = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            plain => plain,
        });
    }
    std::str::from_utf8(&out).ok().map(Secret::new)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}
