//! Ground: keys in, signatures out. Knows nothing of identity and does no I/O.
//!
//! Reading order:
//!
//! - [`algorithm`] — the three ways we sign, and no others.
//! - [`jwk`] — a public key as the world sees it; [`key`] — the private one, parsed once; [`verify`] — its counterpart.
//! - [`jws`] writes signed tokens; [`jwt`] reads them, trusting our record of the key and never the token's header.
//! - [`rotation`] — the life of a key as pure arithmetic on stored moments; [`keyring`] — all keys we hold, and which of
//!   them sign, are published or verify at a given moment.
//!
//! Absent on purpose: `none`, HMAC algorithms, encryption, and any key that arrives inside a token.

pub mod algorithm;
pub mod jwk;
pub mod jws;
pub mod jwt;
pub mod key;
pub mod keyring;
pub mod rotation;
mod unique;
pub mod verify;

#[cfg(test)]
mod forging;

pub use algorithm::Algorithm;
