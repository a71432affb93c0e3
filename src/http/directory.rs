//! Where programs find this server's endpoints, and how they ask there. Dialects write it, the console shows it, and neither
//! knows the other.

use crate::engine::discovery::Endpoints;

/// What lies where.
#[derive(Clone, Debug)]
pub struct Directory {
    /// What belongs to the server, and the canonical dialect's.
    pub endpoints: Endpoints,
    /// Every dialect, the canonical one first.
    pub dialects: Vec<Listing>,
}

/// One dialect.
#[derive(Clone, Debug)]
pub struct Listing {
    /// Its name, as files write it.
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// For whom it is, in one sentence.
    pub sentence: &'static str,
    /// Its prefix by default; empty for the root.
    pub default_prefix: &'static str,
    /// Its URL up to and with the prefix; `None` while it is switched off.
    pub base: Option<String>,
    /// Its endpoints: what each is for, and its URL.
    pub endpoints: Vec<(&'static str, String)>,
    /// What a client says to it.
    pub examples: fn(&Listing, &Speaker) -> Vec<Example>,
    /// Where people are sent to sign in.
    pub authorization: String,
}

/// A client, as far as examples name it.
#[derive(Clone, Debug, Default)]
#[allow(missing_docs, reason = "each is what a client is known by or may do")]
pub struct Speaker {
    pub id: String,
    pub key: String,
    pub redirect_uri: Option<String>,
    pub scope: String,
    pub public: bool,
    pub service: bool,
    /// May use authorization codes.
    pub signs_people_in: bool,
    /// May use client credentials.
    pub acts_alone: bool,
    /// A fresh PKCE verifier, with its challenge.
    pub verifier: String,
    pub challenge: String,
    pub state: String,
}

/// Something to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// What it does.
    pub words: &'static str,
    /// The address to open, or the command to run, with `$SECRET`, `$CODE` and `$ASSERTION` for what is not known here.
    pub text: String,
}
