//! The published keys as bytes.

use std::sync::Arc;

use bytes::Bytes;

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::jose::Algorithm;
use crate::jose::jwk::JwkSet;
use crate::jose::keyring::Keyring;
use crate::model::client::{AccessTokenForm, Client};

/// A JWK Set as JSON, and its entity tag.
pub(super) type JwksDocument = (Bytes, Arc<str>);

/// Which algorithms' keys are wanted: one bit each, in the order of [`Algorithm::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Filter(usize);

impl Filter {
    /// Every algorithm's.
    pub const ALL: Filter = Filter((1 << Algorithm::ALL.len()) - 1);

    /// Those that sign what `client` receives.
    pub fn for_client(client: &Client) -> Filter {
        let access = (client.access_token == AccessTokenForm::Jwt).then_some(client.access_token_alg);
        Filter([Some(client.id_token_alg), access].into_iter().flatten().map(bit).fold(0, |all, one| all | one))
    }

    fn has(self, algorithm: Algorithm) -> bool {
        self.0 & bit(algorithm) != 0
    }
}

fn bit(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::Rs256 => 1,
        Algorithm::Es256 => 2,
        Algorithm::EdDsa => 4,
    }
}

/// The documents of every filter, and for how long they are right.
pub(super) struct Published {
    from: Timestamp,
    until: Option<Timestamp>,
    documents: Vec<JwksDocument>,
}

impl Published {
    /// What is published at `now`.
    pub fn of(ring: &Keyring, now: Timestamp) -> Published {
        let documents = (0..=Filter::ALL.0).map(|bits| document(ring, now, Filter(bits))).collect();
        Published { from: now, until: ring.next_turn(now), documents }
    }

    /// Whether nothing has changed by `now`.
    pub fn hold_at(&self, now: Timestamp) -> bool {
        self.from <= now && self.until.is_none_or(|until| now < until)
    }

    /// The keys of these algorithms.
    pub fn document(&self, filter: Filter) -> JwksDocument {
        self.documents[filter.0].clone()
    }
}

fn document(ring: &Keyring, now: Timestamp, filter: Filter) -> JwksDocument {
    let mut keys = ring.published(now).keys;
    keys.retain(|key| filter.has(key.algorithm()));
    // Public keys are plain text members: JSON can always hold them.
    let json = serde_json::to_vec(&JwkSet { keys }).expect("public keys are plain data");
    let etag = format!("\"{}\"", &Digest::of(&json).as_str()[..22]).into();
    (json.into(), etag)
}
