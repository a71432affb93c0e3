//! Secrets: shown once, never printed, compared in constant time.

use std::fmt;

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;
use zeroize::Zeroizing;

use super::clock::Timestamp;
use super::digest::Digest;
use super::ids;
use super::rng::{self, Rng};

/// Something that must not be seen: a password, a client secret, a code, a token.
///
/// `Debug` prints its type only, `Display` does not exist, and the memory is wiped when it is dropped.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes `text` into custody.
    pub fn new(text: impl Into<String>) -> Secret {
        Secret(Zeroizing::new(text.into()))
    }

    /// The secret itself. Every call is a place to look at in a review.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What may be stored of it.
    pub fn digest(&self) -> Digest {
        Digest::of(self.0.as_bytes())
    }

    /// Whether both are the same text, in time that depends on their lengths only.
    pub fn is(&self, other: &str) -> bool {
        constant_time::verify_slices_are_equal(self.0.as_bytes(), other.as_bytes()).is_ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The kinds of generated secret. Each wears a prefix, so that its kind is known before any look-up, no consumer
/// accepts another's, and secret scanners recognise a leak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// An authorization code (RFC 6749, section 1.3.1).
    AuthorizationCode,
    /// An opaque access token.
    AccessToken,
    /// A refresh token.
    RefreshToken,
    /// A client secret.
    ClientSecret,
    /// The cookie of a signed-in browser.
    Session,
    /// The cookie of a browser that began an interaction.
    Browser,
    /// The link that opens `/setup`.
    Setup,
    /// A one-time link for somebody who lost the way in.
    Recovery,
    /// A one-time link that proves that an address is somebody's.
    Address,
    /// The cookie of a browser that remembers a second factor.
    Device,
    /// A one-time link for whoever was invited.
    Invitation,
    /// A one-time link for whoever registers with an address.
    Registration,
}

impl Kind {
    /// The prefix, underscore included.
    pub fn prefix(self) -> &'static str {
        match self {
            Kind::AuthorizationCode => "ac_",
            Kind::AccessToken => "at_",
            Kind::RefreshToken => "rt_",
            Kind::ClientSecret => "cs_",
            Kind::Session => "ss_",
            Kind::Browser => "br_",
            Kind::Setup => "su_",
            Kind::Recovery => "rc_",
            Kind::Address => "ea_",
            Kind::Device => "rd_",
            Kind::Invitation => "iv_",
            Kind::Registration => "rg_",
        }
    }

    /// A new secret of this kind: the prefix and 256 random bits, 46 characters.
    pub fn generate(self, rng: &dyn Rng) -> Secret {
        Secret::new(format!("{}{}", self.prefix(), BASE64URL_NOPAD.encode(&rng::bytes::<32>(rng))))
    }

    /// A new handle of this kind: a time-ordered locator for the store and 256 random bits that only the holder knows.
    pub fn generate_handle(self, at: Timestamp, rng: &dyn Rng) -> Handle {
        let locator = ids::ordered(at, rng);
        let secret = self.generate_at(&locator, rng);
        Handle { locator, secret }
    }

    /// Another secret that opens the record at `locator`, told from the first by its digest.
    pub fn generate_at(self, locator: &str, rng: &dyn Rng) -> Secret {
        Secret::new(format!("{}{locator}{}", self.prefix(), BASE64URL_NOPAD.encode(&rng::bytes::<32>(rng))))
    }

    /// Reads a handle of this kind; `None` for another kind or any other text. Whether it is live, and whether all of it
    /// is right, only the record's digest can say.
    pub fn read_handle(self, text: &str) -> Option<Handle> {
        let rest = text.strip_prefix(self.prefix())?;
        let (locator, random) = (rest.get(..26)?, rest.get(26..)?);
        let plain = locator.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'v'));
        (plain && random.len() == 43).then(|| Handle { locator: locator.to_owned(), secret: Secret::new(text) })
    }
}

/// A secret that says where its record lies. The whole of it is compared, by digest.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The record's id: time-ordered, not secret.
    pub locator: String,
    /// Everything the holder presents, locator included.
    pub secret: Secret,
}
