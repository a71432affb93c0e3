//! Encryption at rest for what must be read again: private keys, seeds.
//!
//! The key lives in a file beside the store (mode 0600), never inside it, so that a copied database alone opens nothing.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use aws_lc_rs::{hkdf, hmac};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// Bytes under AES-256-GCM, bound to the name they were sealed for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// The deployment's own key, from which every other symmetric key is derived (HKDF-SHA-256, RFC 5869).
pub struct SealingKey {
    sealing: RandomizedNonceKey,
    prk: hkdf::Prk,
}

/// The bytes were not sealed with this key for this name, or have been altered.
#[derive(Debug)]
pub struct CannotOpen;

impl fmt::Display for CannotOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sealed with another key file, or altered")
    }
}

impl std::error::Error for CannotOpen {}

impl SealingKey {
    /// The key that belongs to the 32 bytes of the key file.
    pub fn from_bytes(master: &[u8; 32]) -> SealingKey {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, b"countersign").extract(master);
        let key = expand(&prk, b"seal");
        // AES_256_GCM takes exactly the 32 bytes `expand` gives.
        let sealing = RandomizedNonceKey::new(&AES_256_GCM, &key).expect("a 32-byte key");
        SealingKey { sealing, prk }
    }

    /// Encrypts `bytes` for `name`; only the same name opens it again.
    pub fn seal(&self, name: &str, bytes: &[u8]) -> Sealed {
        let mut buffer = bytes.to_vec();
        let nonce = self
            .sealing
            // The library refuses only what AES-GCM cannot count: more than 64 GiB.
            .seal_in_place_append_tag(Aad::from(name.as_bytes()), &mut buffer)
            .expect("a record is no 64 GiB");
        let mut out = nonce.as_ref().to_vec();
        out.extend_from_slice(&buffer);
        Sealed(BASE64URL_NOPAD.encode(&out))
    }

    /// Decrypts what was sealed for `name`.
    pub fn open(&self, name: &str, sealed: &Sealed) -> Result<Vec<u8>, CannotOpen> {
        let mut bytes = BASE64URL_NOPAD.decode(sealed.0.as_bytes()).map_err(|_| CannotOpen)?;
        if bytes.len() < 12 {
            return Err(CannotOpen);
        }
        let mut rest = bytes.split_off(12);
        let nonce = Nonce::try_assume_unique_for_key(&bytes).map_err(|_| CannotOpen)?;
        let open = self.sealing.open_in_place(nonce, Aad::from(name.as_bytes()), &mut rest);
        Ok(open.map_err(|_| CannotOpen)?.to_vec())
    }

    /// A key for HMAC-SHA-256 that serves `purpose` only.
    pub fn mac_key(&self, purpose: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &expand(&self.prk, purpose.as_bytes()))
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey(…)")
    }
}

fn expand(prk: &hkdf::Prk, info: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // HKDF-SHA-256 gives up to 255 × 32 bytes; 32 always fit.
    prk.expand(&[info], hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut out)).expect("32 bytes of key material");
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_for_its_own_name_only() {
        let key = SealingKey::from_bytes(&[7; 32]);
        let sealed = key.seal("key/1", b"private");
        assert_eq!(key.open("key/1", &sealed).unwrap(), b"private");
        assert!(key.open("key/2", &sealed).is_err());
        assert!(SealingKey::from_bytes(&[8; 32]).open("key/1", &sealed).is_err());
        let mut altered = sealed.0.clone().into_bytes();
        altered[20] = if altered[20] == b'A' { b'B' } else { b'A' };
        assert!(key.open("key/1", &Sealed(String::from_utf8(altered).unwrap())).is_err());
    }
}
