//! First floor: the nouns. No I/O, no clock.
//!
//! Lives are enums, ids are typed, and anything with a grammar ([`scope`], [`redirect_uri`], [`lifetime`]) is a type that
//! can only be parsed. [`refusal`] names every cause for which the engine says no; the words are the faces' own.

pub mod acting;
pub mod audit;
pub mod claims;
pub mod client;
pub mod code;
pub mod consent;
pub mod credential;
pub mod face;
pub mod factors;
pub mod grant;
pub mod group;
pub mod interaction;
pub mod invitation;
pub mod lifetime;
pub mod mail;
pub mod redirect_uri;
pub mod refusal;
pub mod scope;
pub mod service_grant;
pub mod session;
pub mod settings;
pub mod sign_in;
pub mod signing_key;
pub mod token;
pub mod user;
pub mod verification;
