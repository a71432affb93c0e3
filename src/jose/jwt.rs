//! Reading signed tokens: JWT in compact serialisation (RFC 7519), by the rules of RFC 8725.
//!
//! The header is a stranger's word until the signature holds: it names a key, nothing more. The algorithm is the one
//! recorded with that key; keys, addresses and certificates inside the token (`jwk`, `jku`, `x5u`, `x5c`) are not read.

use std::fmt;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::unique::{self, present};
use super::verify::VerifyingKey;
use crate::base::clock::Timestamp;

/// The longest token that is looked at, in bytes.
pub const MAX_LENGTH: usize = 8 * 1024;

/// How far another computer's clock may differ from ours: the "small leeway" of RFC 7519, section 4.1.4.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// A token whose signature and moments hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token<C> {
    /// What the signer said.
    pub claims: C,
    /// The moments it names, as they were compared.
    pub times: Times,
    /// The name of the key that signed.
    pub kid: String,
    typ: Option<String>,
}

impl<C> Token<C> {
    /// Whether the token says it is of the kind `typ`: in any case, with or without `application/` (RFC 7515, section
    /// 4.1.9). Whoever accepts tokens of one kind must ask, or another kind will pass for it (RFC 8725, section 3.11).
    pub fn is(&self, typ: &str) -> bool {
        self.typ.as_deref() == Some(typ)
    }

    /// The kind of token in lower case without `application/`, where it says one.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }
}

/// Why a token is refused. For the log: who sent it learns only that it is not valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Longer than [`MAX_LENGTH`].
    TooLong,
    /// Not three parts of canonical base64url, or the header is not an object with `alg` and without repeated members.
    Malformed,
    /// The header has `crit`: it demands extensions we do not know (RFC 7515, section 4.1.11).
    Critical,
    /// The header names no key, or none we hold.
    UnknownKey,
    /// The header's `alg` is not the key's own.
    AlgorithmDiffers,
    /// The signature is not this key's over this token.
    SignatureWrong,
    /// The payload is not the object expected, or repeats a member.
    ClaimsMalformed,
    /// `exp` has passed.
    Expired,
    /// `nbf` or `iat` lies in the future.
    NotYetValid,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Cause::TooLong => "the token is too long",
            Cause::Malformed => "the token is not a signed JWT",
            Cause::Critical => "the token demands extensions that are not known here",
            Cause::UnknownKey => "the token names no known key",
            Cause::AlgorithmDiffers => "the token's algorithm is not that of its key",
            Cause::SignatureWrong => "the token's signature is wrong",
            Cause::ClaimsMalformed => "the token's claims are missing or malformed",
            Cause::Expired => "the token has expired",
            Cause::NotYetValid => "the token is not valid yet",
        })
    }
}

impl std::error::Error for Cause {}

/// The moments a token is measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    now: Timestamp,
    /// How far `nbf` and `iat` may lie in the future.
    ahead: Duration,
    expiry: Expiry,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expiry {
    Exact,
    WithLeeway,
    WithLeewayIfAny,
    Ignored,
}

impl Expect {
    /// A token of our own: it has `exp` and dies on that second.
    pub fn ours(now: Timestamp) -> Expect {
        Expect { now, ahead: LEEWAY, expiry: Expiry::Exact }
    }

    /// A token of somebody else, whose clock may differ by [`LEEWAY`]: it has `exp`.
    pub fn theirs(now: Timestamp) -> Expect {
        Expect { now, ahead: LEEWAY, expiry: Expiry::WithLeeway }
    }

    /// As [`Expect::theirs`], but `exp` may be absent.
    pub fn theirs_perhaps_endless(now: Timestamp) -> Expect {
        Expect { now, ahead: LEEWAY, expiry: Expiry::WithLeewayIfAny }
    }

    /// A token of our own that may have expired: an `id_token_hint` (OpenID Connect RP-Initiated Logout, section 4).
    pub fn ours_even_expired(now: Timestamp) -> Expect {
        Expect { now, ahead: LEEWAY, expiry: Expiry::Ignored }
    }

    /// A token of somebody else whose clock may be `ahead` of ours by this much; how long it lives is the caller's to
    /// compare.
    pub fn begun(now: Timestamp, ahead: Duration) -> Expect {
        Expect { now, ahead, expiry: Expiry::Ignored }
    }
}

/// The moments a payload names (RFC 7519, sections 4.1.4 to 4.1.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Times {
    /// When it expires.
    #[serde(deserialize_with = "numeric_date")]
    pub exp: Option<Timestamp>,
    /// When it begins to be valid.
    #[serde(deserialize_with = "numeric_date")]
    pub nbf: Option<Timestamp>,
    /// When it was issued.
    #[serde(deserialize_with = "numeric_date")]
    pub iat: Option<Timestamp>,
}

impl Times {
    /// Whether a token with these moments is valid at the moment `expect` names.
    ///
    /// [`Cause::Expired`], [`Cause::NotYetValid`], or [`Cause::ClaimsMalformed`] where `exp` is required and absent.
    pub fn check(&self, expect: &Expect) -> Result<(), Cause> {
        let latest = expect.now.plus(expect.ahead);
        if [self.nbf, self.iat].into_iter().flatten().any(|moment| moment > latest) {
            return Err(Cause::NotYetValid);
        }
        let grace = match expect.expiry {
            Expiry::Ignored => return Ok(()),
            Expiry::WithLeewayIfAny if self.exp.is_none() => return Ok(()),
            Expiry::Exact => Duration::ZERO,
            Expiry::WithLeeway | Expiry::WithLeewayIfAny => LEEWAY,
        };
        match self.exp {
            None => Err(Cause::ClaimsMalformed),
            Some(exp) if exp.plus(grace) <= expect.now => Err(Cause::Expired),
            Some(_) => Ok(()),
        }
    }
}

/// Reads `token`: the key that `find_key` gives for its `kid` must have signed it, with the algorithm recorded for that
/// key, and its moments must be as `expect` says. Issuer, audience, kind and everything else in the claims is the
/// caller's to compare.
///
/// `C` should be a derived struct whose fields have the types they must have.
pub fn decode<'k, C: DeserializeOwned>(
    token: &str,
    find_key: impl FnOnce(&str) -> Option<&'k VerifyingKey>,
    expect: &Expect,
) -> Result<Token<C>, Cause> {
    if token.len() > MAX_LENGTH {
        return Err(Cause::TooLong);
    }
    let parts = Parts::of(token)?;
    let header: Header = unique::object(&parts.header).ok_or(Cause::Malformed)?;
    if header.crit {
        return Err(Cause::Critical);
    }
    let kid = header.kid.ok_or(Cause::UnknownKey)?;
    let key = find_key(&kid).ok_or(Cause::UnknownKey)?;
    if header.alg != key.algorithm().name() {
        return Err(Cause::AlgorithmDiffers);
    }
    if !key.verify(parts.signed, &parts.signature) {
        return Err(Cause::SignatureWrong);
    }
    let claims = unique::object(&parts.payload).ok_or(Cause::ClaimsMalformed)?;
    // Unique already; the moments are read beside the claims so that no claims type can forget them.
    let times: Times = serde_json::from_slice(&parts.payload).map_err(|_| Cause::ClaimsMalformed)?;
    times.check(expect)?;
    Ok(Token { claims, times, kid, typ: header.typ.map(normal) })
}

/// What `token` says before anything is known to hold: good for finding the key that should have signed it, and for nothing
/// else.
pub fn unproved<C: DeserializeOwned>(token: &str) -> Result<C, Cause> {
    if token.len() > MAX_LENGTH {
        return Err(Cause::TooLong);
    }
    unique::object(&Parts::of(token)?.payload).ok_or(Cause::ClaimsMalformed)
}

/// Whether `text` has the form of a signed token: three parts, of which the first is a header.
pub fn is_signed(text: &str) -> bool {
    text.len() <= MAX_LENGTH && Parts::of(text).is_ok_and(|parts| unique::object::<Header>(&parts.header).is_some())
}

/// The three parts of a token, decoded, and the octets its signature is over.
struct Parts<'t> {
    header: Vec<u8>,
    payload: Vec<u8>,
    signature: Vec<u8>,
    signed: &'t [u8],
}

impl Parts<'_> {
    fn of(token: &str) -> Result<Parts<'_>, Cause> {
        let (signed, signature) = token.rsplit_once('.').ok_or(Cause::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(Cause::Malformed)?;
        // A further dot falls to the alphabet; padding, line breaks and stray bits do too.
        let decode = |part: &str| BASE64URL_NOPAD.decode(part.as_bytes()).map_err(|_| Cause::Malformed);
        Ok(Parts {
            header: decode(header)?,
            payload: decode(payload)?,
            signature: decode(signature)?,
            signed: signed.as_bytes(),
        })
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

fn normal(typ: String) -> String {
    let typ = typ.to_ascii_lowercase();
    match typ.strip_prefix("application/") {
        Some(rest) => rest.to_owned(),
        None => typ,
    }
}

/// A NumericDate (RFC 7519, section 2): seconds, of which fractions are dropped. `null` is no date.
fn numeric_date<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let number = serde_json::Number::deserialize(deserializer)?;
    let whole = number.as_i64().or_else(|| {
        let seconds = number.as_f64()?;
        // Beyond this, a 64-bit float no longer counts single seconds.
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        (seconds.abs() < 9e15).then_some(seconds.floor() as i64)
    });
    whole.map(|seconds| Some(Timestamp(seconds))).ok_or_else(|| D::Error::custom("a moment out of range"))
}

#[cfg(test)]
mod tests;
