//! The three ways we sign, and no others.

use std::fmt;

use aws_lc_rs::digest::{self, SHA256, SHA512};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// A signature algorithm of JWS (RFC 7518, section 3.1; RFC 8037, section 3.1), named in JSON as in the registry.
///
/// Their order is the order in which keys are published: RSA, elliptic curve, octet key pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
    /// EdDSA on Ed25519.
    #[serde(rename = "EdDSA")]
    EdDsa,
}

impl Algorithm {
    /// Every algorithm, in the order of publication.
    pub const ALL: [Algorithm; 3] = [Algorithm::Rs256, Algorithm::Es256, Algorithm::EdDsa];

    /// The registered name, as in a token's `alg`.
    pub fn name(self) -> &'static str {
        match self {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::EdDsa => "EdDSA",
        }
    }

    /// Reads a registered name, case included; `None` for any other text, `none` among them.
    pub fn parse(name: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// The left half of the hash of `text`: the `at_hash` and `c_hash` of an ID token signed with this algorithm (OpenID
    /// Connect Core, section 3.1.3.6).
    ///
    /// The hash is the one the signature uses: SHA-256 for RS256 and ES256, SHA-512 for EdDSA, which on Ed25519 knows no
    /// other (RFC 8032, section 5.1).
    pub fn left_half_hash(self, text: &str) -> String {
        let hash = match self {
            Algorithm::Rs256 | Algorithm::Es256 => &SHA256,
            Algorithm::EdDsa => &SHA512,
        };
        let digest = digest::digest(hash, text.as_bytes());
        BASE64URL_NOPAD.encode(&digest.as_ref()[..digest.as_ref().len() / 2])
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_nothing_else_is() {
        for algorithm in Algorithm::ALL {
            assert_eq!(Algorithm::parse(algorithm.name()), Some(algorithm));
            let json = serde_json::to_string(&algorithm).unwrap();
            assert_eq!(json, format!("\"{algorithm}\""));
            assert_eq!(serde_json::from_str::<Algorithm>(&json).unwrap(), algorithm);
        }
        for other in ["none", "None", "HS256", "rs256", "RS512", "PS256", "ES384", "EdDsa", "Ed25519", "", " RS256"] {
            assert_eq!(Algorithm::parse(other), None, "{other}");
        }
    }

    #[test]
    fn the_left_half_is_half_of_the_signature_s_own_hash() {
        // The example of OpenID Connect Core, appendix A.3.
        let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
        assert_eq!(Algorithm::Rs256.left_half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Algorithm::Es256.left_half_hash(token), "77QmUPtjPfzWtF2AnpK9RQ");
        assert_eq!(Algorithm::EdDsa.left_half_hash(token).len(), 43);
    }
}
