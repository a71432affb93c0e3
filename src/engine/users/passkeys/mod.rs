//! Passkeys (Web Authentication Level 3): enrolled, used to sign in, listed, renamed, removed.
//!
//! Reading order: [`relying_party`] is this deployment as browsers know it, and the one place that checks what a passkey
//! says. [`ceremony`] keeps the challenge between the question and the answer: it is good once, in the browser that asked,
//! for the purpose it was made for. [`enrol`] adds a passkey, [`proof`] takes the word of one, [`sign_in`] makes use of
//! that, [`own`] is what people see and change of theirs, and [`suggested`] is for who has none.

mod ceremony;
mod enrol;
mod own;
mod proof;
mod relying_party;
mod sign_in;
#[cfg(test)]
#[path = "../../../../tests/common/soft_passkey.rs"]
pub(crate) mod soft;
mod suggested;
#[cfg(test)]
mod tests;

pub use ceremony::{Answer, Ceremony};
pub use enrol::{NewKey, NewPasskey};
pub use own::PasskeyView;
pub use sign_in::PasskeySignIn;

use crate::engine::Engine;

impl Engine {
    /// Whether this deployment has passkeys. They belong to a host name: one that is reached by a network address has none.
    pub fn has_passkeys(&self) -> bool {
        self.passkey_host().is_some()
    }

    /// The host name that passkeys of this deployment belong to (the RP ID), if it has any.
    pub fn passkey_host(&self) -> Option<String> {
        relying_party::RelyingParty::of(&self.identity.issuer, "").map(|party| party.host)
    }
}
