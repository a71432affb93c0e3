//! A public key as the world sees it: JSON Web Keys (RFC 7517) and their thumbprints (RFC 7638).

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

use super::Algorithm;
use super::unique::present;

/// A public key that can verify signatures of one of our algorithms.
///
/// Reading one refuses private keys, foreign kinds, other uses than `sig` and non-canonical numbers. A missing `alg` is
/// that of the kind; a missing `kid` is the thumbprint. What the key says of itself is thereby complete.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub struct PublicJwk {
    kid: String,
    material: Material,
}

/// The numbers of a key, in base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Material {
    Rsa { n: String, e: String },
    P256 { x: String, y: String },
    Ed25519 { x: String },
}

/// Why something is not a key we can use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// `kty`, `crv`, `alg` or `use` is none of ours, or they contradict each other.
    Unsupported,
    /// It holds a private or symmetric key where a public one belongs.
    Private,
    /// The numbers are missing, not canonical base64url, too small, or no key of the kind.
    Malformed,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            KeyError::Unsupported => "not an RSA, P-256 or Ed25519 signature key",
            KeyError::Private => "holds a private key where a public one belongs",
            KeyError::Malformed => "the key's numbers are missing or wrong",
        })
    }
}

impl std::error::Error for KeyError {}

impl PublicJwk {
    /// The key with these numbers, named by its thumbprint.
    pub(super) fn from_material(material: Material) -> PublicJwk {
        PublicJwk { kid: material.thumbprint(), material }
    }

    /// The P-256 key of this name with these coordinates (RFC 7518, section 6.2.1), in base64url.
    ///
    /// # Errors
    /// [`KeyError::Malformed`] for what is no coordinate; whether they are a point, [`VerifyingKey`] says.
    ///
    /// [`VerifyingKey`]: super::verify::VerifyingKey
    pub fn p256(kid: &str, x: &str, y: &str) -> Result<PublicJwk, KeyError> {
        let (x, y) = (coordinate(Some(x.to_owned()))?, coordinate(Some(y.to_owned()))?);
        Ok(PublicJwk { kid: kid.to_owned(), material: Material::P256 { x, y } })
    }

    /// The coordinates of a P-256 key, in base64url.
    pub fn coordinates(&self) -> Option<(&str, &str)> {
        match &self.material {
            Material::P256 { x, y } => Some((x, y)),
            Material::Rsa { .. } | Material::Ed25519 { .. } => None,
        }
    }

    /// The algorithm whose signatures this key verifies.
    pub fn algorithm(&self) -> Algorithm {
        match self.material {
            Material::Rsa { .. } => Algorithm::Rs256,
            Material::P256 { .. } => Algorithm::Es256,
            Material::Ed25519 { .. } => Algorithm::EdDsa,
        }
    }

    /// The key's name (RFC 7517, section 4.5): its own, or its thumbprint where it has none.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The SHA-256 thumbprint of the key (RFC 7638), in base64url.
    pub fn thumbprint(&self) -> String {
        self.material.thumbprint()
    }

    pub(super) fn material(&self) -> &Material {
        &self.material
    }
}

impl Material {
    /// The required members in lexicographic order, without white space, hashed (RFC 7638, section 3; RFC 8037, section 2).
    fn thumbprint(&self) -> String {
        // base64url needs no escaping in JSON.
        let json = match self {
            Material::Rsa { n, e } => format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#),
            Material::P256 { x, y } => format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#),
            Material::Ed25519 { x } => format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#),
        };
        BASE64URL_NOPAD.encode(digest(&SHA256, json.as_bytes()).as_ref())
    }
}

/// A JWK Set (RFC 7517, section 5), ready to be serialised.
#[derive(Clone, Debug, Serialize)]
pub struct JwkSet<'a> {
    /// The keys, RSA first, then EC, then OKP.
    pub keys: Vec<&'a PublicJwk>,
}

impl<'a> JwkSet<'a> {
    /// The set of `keys`: RSA first, then EC, then OKP, each kind in the order given. Some clients take the first key of
    /// a kind they know.
    pub fn ordered(mut keys: Vec<&'a PublicJwk>) -> JwkSet<'a> {
        keys.sort_by_key(|key| key.algorithm());
        JwkSet { keys }
    }
}

/// What is written and read. Members in alphabetical order.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Wire {
    #[serde(skip_serializing_if = "Option::is_none")]
    alg: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    crv: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<String>,
    kty: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    n: Option<String>,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    usage: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    x: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    y: Option<String>,
    /// Whether a member is there that only private (`d` and, for RSA, its factors) or symmetric (`k`) keys have.
    #[serde(flatten, skip_serializing)]
    private: Private,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Private {
    #[serde(deserialize_with = "present")]
    d: bool,
    #[serde(deserialize_with = "present")]
    p: bool,
    #[serde(deserialize_with = "present")]
    q: bool,
    #[serde(deserialize_with = "present")]
    dp: bool,
    #[serde(deserialize_with = "present")]
    dq: bool,
    #[serde(deserialize_with = "present")]
    qi: bool,
    #[serde(deserialize_with = "present")]
    oth: bool,
    #[serde(deserialize_with = "present")]
    k: bool,
}

impl Private {
    fn any(&self) -> bool {
        [self.d, self.p, self.q, self.dp, self.dq, self.qi, self.oth, self.k].contains(&true)
    }
}

impl From<PublicJwk> for Wire {
    fn from(jwk: PublicJwk) -> Wire {
        let alg = Some(jwk.algorithm().name().to_owned());
        let mut wire = Wire { alg, kid: Some(jwk.kid), usage: Some("sig".to_owned()), ..Wire::default() };
        match jwk.material {
            Material::Rsa { n, e } => (wire.kty, wire.n, wire.e) = ("RSA".to_owned(), Some(n), Some(e)),
            Material::P256 { x, y } => {
                (wire.kty, wire.crv, wire.x, wire.y) = ("EC".to_owned(), Some("P-256".to_owned()), Some(x), Some(y));
            }
            Material::Ed25519 { x } => {
                (wire.kty, wire.crv, wire.x) = ("OKP".to_owned(), Some("Ed25519".to_owned()), Some(x));
            }
        }
        wire
    }
}

impl TryFrom<Wire> for PublicJwk {
    type Error = KeyError;

    fn try_from(wire: Wire) -> Result<PublicJwk, KeyError> {
        if wire.private.any() {
            return Err(KeyError::Private);
        }
        if wire.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return Err(KeyError::Unsupported);
        }
        let material = match (wire.kty.as_str(), wire.crv.as_deref()) {
            ("RSA", _) => Material::Rsa { n: positive(wire.n)?, e: positive(wire.e)? },
            ("EC", Some("P-256")) => Material::P256 { x: coordinate(wire.x)?, y: coordinate(wire.y)? },
            ("OKP", Some("Ed25519")) => Material::Ed25519 { x: coordinate(wire.x)? },
            _ => return Err(KeyError::Unsupported),
        };
        let jwk = PublicJwk { kid: wire.kid.unwrap_or_else(|| material.thumbprint()), material };
        match wire.alg {
            Some(alg) if alg != jwk.algorithm().name() => Err(KeyError::Unsupported),
            _ => Ok(jwk),
        }
    }
}

/// A number as RFC 7518, section 2 wants it: as few octets as it needs, hence one spelling and one thumbprint.
fn positive(text: Option<String>) -> Result<String, KeyError> {
    let text = text.ok_or(KeyError::Malformed)?;
    let minimal = decode(&text)?.first().is_some_and(|first| *first != 0);
    minimal.then_some(text).ok_or(KeyError::Malformed)
}

/// 32 octets, leading zeros kept (RFC 7518, section 6.2.1.2).
fn coordinate(text: Option<String>) -> Result<String, KeyError> {
    let text = text.ok_or(KeyError::Malformed)?;
    (decode(&text)?.len() == 32).then_some(text).ok_or(KeyError::Malformed)
}

pub(super) fn decode(text: &str) -> Result<Vec<u8>, KeyError> {
    BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| KeyError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RSA: &str = r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#;
    const ED: &str = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    const EC: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}"#;

    fn read(json: &str) -> Result<PublicJwk, serde_json::Error> {
        serde_json::from_str(json)
    }

    #[test]
    fn thumbprints_are_those_of_rfc_7638_and_rfc_8037() {
        assert_eq!(read(RSA).unwrap().thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
        assert_eq!(read(ED).unwrap().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        // Computed by an independent implementation.
        for json in [RSA, ED, EC] {
            let theirs: jsonwebtoken::jwk::Jwk = serde_json::from_str(json).unwrap();
            let theirs = theirs.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256).unwrap();
            assert_eq!(read(json).unwrap().thumbprint(), theirs);
        }
    }

    #[test]
    fn a_key_without_a_name_is_named_by_its_thumbprint() {
        assert_eq!(read(RSA).unwrap().kid(), "2011-04-29");
        assert_eq!(read(ED).unwrap().kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_written_is_read_back() {
        for json in [RSA, ED, EC] {
            let jwk = read(json).unwrap();
            assert_eq!(read(&serde_json::to_string(&jwk).unwrap()).unwrap(), jwk);
        }
        let written = serde_json::to_string(&read(ED).unwrap()).unwrap();
        assert_eq!(
            written,
            r#"{"alg":"EdDSA","crv":"Ed25519","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k","kty":"OKP","use":"sig","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#
        );
    }

    #[test]
    fn private_foreign_and_crooked_keys_are_refused() {
        let with = |json: &str, member: &str| json.replacen('{', &format!("{{{member},"), 1);
        for member in [
            r#""d":"AA""#,
            r#""d":null"#,
            r#""p":"AA""#,
            r#""k":"AA""#,
            r#""use":"enc""#,
            r#""alg":"HS256""#,
            r#""alg":"none""#,
            r#""alg":"RS256""#,
        ] {
            assert!(read(&with(EC, member)).is_err(), "{member}");
        }
        for json in [
            r#"{"kty":"oct","k":"AAAA"}"#.to_owned(),
            r#"{"kty":"RSA"}"#.to_owned(),
            EC.replace("P-256", "P-384"),
            EC.replace("P-256", "secp256k1"),
            ED.replace("Ed25519", "X25519"),
            ED.replace("HURo", "HURo="),
            ED.replace("HURo", "HURp"),
            ED.replace("HURo", ""),
            RSA.replace("\"AQAB\"", "\"AAEAAQ\""),
            with(ED, r#""x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo""#),
        ] {
            assert!(read(&json).is_err(), "{json}");
        }
    }

    #[test]
    fn a_set_begins_with_rsa() {
        let (rsa, ec, ed) = (read(RSA).unwrap(), read(EC).unwrap(), read(ED).unwrap());
        let set = JwkSet::ordered(vec![&ed, &ec, &rsa]);
        assert_eq!(set.keys, [&rsa, &ec, &ed]);
    }
}
