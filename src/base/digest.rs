//! The only form in which a secret may be stored.

use aws_lc_rs::{constant_time, digest};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};

/// A SHA-256 digest, written as base64url without padding.
///
/// Enough for secrets of at least 128 random bits; what people choose goes through Argon2id instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(String);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: impl AsRef<[u8]>) -> Digest {
        Digest(BASE64URL_NOPAD.encode(digest::digest(&digest::SHA256, bytes.as_ref()).as_ref()))
    }

    /// Reads what [`Digest::as_str`] wrote; `None` unless it is 32 bytes in base64url without padding.
    pub fn parse(text: &str) -> Option<Digest> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Digest(text.to_owned()))
    }

    /// Whether this is the digest of `bytes`, compared in constant time.
    pub fn is_of(&self, bytes: impl AsRef<[u8]>) -> bool {
        let other = Digest::of(bytes);
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.0.as_bytes()).is_ok()
    }

    /// 43 characters of base64url.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// SHA-256 of `bytes`, raw.
pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}
