//! A private key, parsed once: making one, keeping one, signing with one.

use std::fmt;

use aws_lc_rs::encoding::{AsBigEndian, AsDer, EcPrivateKeyBin, Pkcs8V1Der};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
    RsaPublicKeyComponents,
};
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::Algorithm;
use super::jwk::{KeyError, Material, PublicJwk};
use crate::base::rng::{self, Rng, SystemRng};
use crate::base::secret::Secret;

/// A key that signs. Parsing an RSA key costs more than signing with it, so each is parsed once and kept.
pub struct SigningKey {
    pair: Pair,
    public: PublicJwk,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// The key could not sign, or the payload could not be written as JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignError;

impl fmt::Display for SignError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the token could not be signed")
    }
}

impl std::error::Error for SignError {}

impl From<Unspecified> for SignError {
    fn from(_: Unspecified) -> SignError {
        SignError
    }
}

impl SigningKey {
    /// A new key: RSA with 2048 bits, P-256 or Ed25519. An RSA key takes about a tenth of a second to find.
    pub fn generate(algorithm: Algorithm) -> SigningKey {
        // aws-lc fails here only without memory or entropy, and then ends the process itself.
        let made = "a new key";
        SigningKey::from_pair(match algorithm {
            Algorithm::Rs256 => Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect(made)),
            Algorithm::Es256 => Pair::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect(made)),
            Algorithm::EdDsa => return SigningKey::generate_ed25519(&SystemRng),
        })
    }

    /// A new Ed25519 key from the chance of `rng`; repeatable when that is.
    pub fn generate_ed25519(rng: &dyn Rng) -> SigningKey {
        let seed = Zeroizing::new(rng::bytes::<32>(rng));
        // Every 32 bytes are an Ed25519 seed (RFC 8032, section 5.1.5).
        SigningKey::from_pair(Pair::Ed25519(Ed25519KeyPair::from_seed_unchecked(&*seed).expect("a 32-byte seed")))
    }

    /// Reads what [`SigningKey::to_pkcs8_der`] wrote; fails with [`KeyError::Malformed`] for any other bytes, a key of
    /// another algorithm among them.
    pub fn from_pkcs8_der(algorithm: Algorithm, der: &[u8]) -> Result<SigningKey, KeyError> {
        let pair = match algorithm {
            Algorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rsa),
            Algorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::P256),
            Algorithm::EdDsa => Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519),
        };
        pair.map(SigningKey::from_pair).map_err(|_| KeyError::Malformed)
    }

    /// The private key as PKCS#8 v1 (RFC 5208), wiped when dropped. It is for sealing at once, never for storing as it is.
    pub fn to_pkcs8_der(&self) -> Zeroizing<Vec<u8>> {
        let der = match &self.pair {
            Pair::Rsa(pair) => AsDer::<Pkcs8V1Der>::as_der(pair).map(|der| der.as_ref().to_vec()),
            Pair::P256(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
            Pair::Ed25519(pair) => pair.to_pkcs8v1().map(|der| der.as_ref().to_vec()),
        };
        // The pair was made or parsed by the same library, so it can be written.
        Zeroizing::new(der.expect("a parsed key can be written"))
    }

    /// The private half of a P-256 key, 32 octets in base64url (RFC 7518, section 6.2.2.1); `None` for keys of other kinds.
    pub fn p256_private(&self) -> Option<Secret> {
        let Pair::P256(pair) = &self.pair else { return None };
        let scalar = AsBigEndian::<EcPrivateKeyBin>::as_be_bytes(&pair.private_key()).ok()?;
        Some(Secret::new(BASE64URL_NOPAD.encode(scalar.as_ref())))
    }

    /// The public half, as it is published.
    pub fn public(&self) -> &PublicJwk {
        &self.public
    }

    /// The key's name: the thumbprint of its public half (RFC 7638), so that equal keys have equal names.
    pub fn kid(&self) -> &str {
        self.public.kid()
    }

    /// The algorithm this key signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.public.algorithm()
    }

    /// The signature over `message`, in the form of RFC 7518, section 3 (ES256: r and s, 32 octets each).
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignError> {
        // aws-lc keeps its own source of chance; the argument exists for compatibility only.
        let unused = SystemRandom::new();
        match &self.pair {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &unused, message, &mut signature)?;
                Ok(signature)
            }
            Pair::P256(pair) => Ok(pair.sign(&unused, message)?.as_ref().to_vec()),
            Pair::Ed25519(pair) => Ok(pair.try_sign(message)?.as_ref().to_vec()),
        }
    }

    fn from_pair(pair: Pair) -> SigningKey {
        let text = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
        let material = match &pair {
            Pair::Rsa(pair) => {
                let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                Material::Rsa { n: text(&public.n), e: text(&public.e) }
            }
            Pair::P256(pair) => {
                // An uncompressed point: 4, x, y (SEC 1, section 2.3.3).
                let point = pair.public_key().as_ref();
                Material::P256 { x: text(&point[1..33]), y: text(&point[33..65]) }
            }
            Pair::Ed25519(pair) => Material::Ed25519 { x: text(pair.public_key().as_ref()) },
        };
        SigningKey { public: PublicJwk::from_material(material), pair }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({} {})", self.algorithm(), self.kid())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::SeededRng;
    use crate::jose::verify::VerifyingKey;

    #[test]
    fn keys_survive_being_kept_and_verify_each_other() {
        for algorithm in Algorithm::ALL {
            let made = SigningKey::generate(algorithm);
            let read = SigningKey::from_pkcs8_der(algorithm, &made.to_pkcs8_der()).unwrap();
            assert_eq!(read.public(), made.public());
            assert_eq!(made.kid(), made.public().thumbprint());

            let key = VerifyingKey::from_jwk(made.public()).unwrap();
            let signature = read.sign(b"message").unwrap();
            assert!(key.verify(b"message", &signature));
            assert!(!key.verify(b"massage", &signature));
            assert!(!key.verify(b"message", &signature[1..]));
            assert!(!key.verify(b"message", &[]));

            for other in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                assert!(SigningKey::from_pkcs8_der(other, &made.to_pkcs8_der()).is_err());
            }
            assert!(SigningKey::from_pkcs8_der(algorithm, b"").is_err());
        }
    }

    #[test]
    fn debug_shows_the_name_only() {
        let key = SigningKey::generate_ed25519(&SeededRng::new(1));
        assert_eq!(format!("{key:?}"), format!("SigningKey(EdDSA {})", key.kid()));
        assert_eq!(key.kid(), SigningKey::generate_ed25519(&SeededRng::new(1)).kid());
    }

    /// RFC 8037, appendix A.4; and an independent implementation agrees.
    #[test]
    fn ed25519_signs_as_the_rfc_and_dalek_do() {
        let seed = BASE64URL_NOPAD.decode(b"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let ours = SigningKey::from_pair(Pair::Ed25519(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap()));
        let message = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let signature = ours.sign(message).unwrap();
        assert_eq!(
            BASE64URL_NOPAD.encode(&signature),
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
        );
        use ed25519_dalek::Signer;
        let theirs = ed25519_dalek::SigningKey::from_bytes(&seed.try_into().unwrap());
        assert_eq!(theirs.sign(message).to_bytes().as_slice(), signature);
    }
}
