//! The public half of a key, parsed once and ready to check signatures.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
};

use super::Algorithm;
use super::jwk::{KeyError, Material, PublicJwk, decode};

/// A key that checks signatures of the one algorithm it was recorded with. What a token's header says about algorithm or
/// key never reaches it (RFC 8725, sections 3.1 and 3.2).
pub struct VerifyingKey {
    algorithm: Algorithm,
    key: ParsedPublicKey,
}

impl VerifyingKey {
    /// Parses `jwk`.
    ///
    /// Fails with [`KeyError::Malformed`] for numbers that are no key: a point off the curve or of small order, an RSA
    /// modulus outside 2048 to 8192 bits, an even or trivial exponent.
    pub fn from_jwk(jwk: &PublicJwk) -> Result<VerifyingKey, KeyError> {
        let key = match jwk.material() {
            Material::Rsa { n, e } => rsa(&decode(n)?, &decode(e)?)?,
            Material::P256 { x, y } => p256(&decode(x)?, &decode(y)?)?,
            Material::Ed25519 { x } => ed25519(&decode(x)?)?,
        };
        Ok(VerifyingKey { algorithm: jwk.algorithm(), key })
    }

    /// The one algorithm this key checks.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether `signature` (in the form of RFC 7518, section 3) is this key's over `message`.
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifyingKey({})", self.algorithm)
    }
}

fn rsa(n: &[u8], e: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    // With an exponent of one, everything is its own signature.
    let (odd, small) = (e.last().is_some_and(|last| last % 2 == 1), e == [1]);
    if !(256..=1024).contains(&n.len()) || !odd || small || e.len() > 4 {
        return Err(KeyError::Malformed);
    }
    let components = RsaPublicKeyComponents { n, e };
    components.to_parsed_public_key(&RSA_PKCS1_2048_8192_SHA256).map_err(|_| KeyError::Malformed)
}

fn p256(x: &[u8], y: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let point = [&[4], x, y].concat();
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).map_err(|_| KeyError::Malformed)
}

fn ed25519(x: &[u8]) -> Result<ParsedPublicKey, KeyError> {
    let bytes = x.try_into().map_err(|_| KeyError::Malformed)?;
    // For a point of small order, one signature fits many messages. aws-lc does not look; dalek does.
    match ed25519_dalek::VerifyingKey::from_bytes(bytes) {
        Ok(point) if !point.is_weak() => ParsedPublicKey::new(&ED25519, x).map_err(|_| KeyError::Malformed),
        _ => Err(KeyError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use data_encoding::BASE64URL_NOPAD as B;

    use super::*;

    fn rsa_jwk(n: &[u8], e: &[u8]) -> PublicJwk {
        PublicJwk::from_material(Material::Rsa { n: B.encode(n), e: B.encode(e) })
    }

    #[test]
    fn numbers_that_are_no_key_are_refused() {
        let mut n = [0xc5; 256];
        n[255] = 0x3b;
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&n, &[1, 0, 1])).is_ok());
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&n, &[1])).is_err());
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&n, &[1, 0, 2])).is_err());
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&n, &[])).is_err());
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&n[128..], &[1, 0, 1])).is_err());
        assert!(VerifyingKey::from_jwk(&rsa_jwk(&[0xc5; 1025], &[1, 0, 1])).is_err());

        let off_curve = Material::P256 { x: B.encode(&[1; 32]), y: B.encode(&[1; 32]) };
        assert!(VerifyingKey::from_jwk(&PublicJwk::from_material(off_curve)).is_err());

        let mut identity = [0; 32];
        identity[0] = 1;
        for small_order in [[0; 32], identity] {
            let jwk = PublicJwk::from_material(Material::Ed25519 { x: B.encode(&small_order) });
            assert!(VerifyingKey::from_jwk(&jwk).is_err());
        }
    }

    /// RFC 8037, appendix A.5.
    #[test]
    fn the_signature_of_rfc_8037_verifies() {
        let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".to_owned();
        let key = VerifyingKey::from_jwk(&PublicJwk::from_material(Material::Ed25519 { x })).unwrap();
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = b"hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        let signature = B.decode(signature).unwrap();
        assert!(key.verify(message, &signature));
        assert!(!key.verify(b"another", &signature));
    }

    /// RFC 7515, appendix A.3.
    #[test]
    fn the_signature_of_rfc_7515_verifies() {
        let (x, y) = ("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0");
        let jwk = PublicJwk::from_material(Material::P256 { x: x.to_owned(), y: y.to_owned() });
        let message = "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";
        let signature = B.decode(signature.as_bytes()).unwrap();
        assert!(VerifyingKey::from_jwk(&jwk).unwrap().verify(message.as_bytes(), &signature));
    }
}
