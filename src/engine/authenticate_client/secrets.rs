//! Comparing a presented secret with those a client has.

use crate::base::digest::Digest;
use crate::base::ids::SecretId;
use crate::base::secret::Secret;
use crate::model::client::{Client, SecretHash};

use super::super::{Denied, Engine};

impl Engine {
    /// Which of the client's live secrets this is. Generated ones are compared first: that is quick.
    pub(super) async fn matching_secret(&self, client: &Client, secret: &Secret) -> Result<Option<SecretId>, Denied> {
        let now = self.now();
        let digest = secret.digest();
        let mut found = None;
        for known in client.live_secrets(now) {
            if let SecretHash::Sha256(kept) = &known.hash {
                if digest_is(kept, &digest) {
                    found = Some(known.id.clone());
                }
            }
        }
        Ok(found)
    }
}

/// The work of one comparison, so that an unknown client costs what a known one does.
pub(super) fn waste_time(secret: Option<&Secret>) {
    if let Some(secret) = secret {
        let digest = secret.digest();
        std::hint::black_box(digest_is(&digest, &digest));
    }
}

/// Whether two digests are the same, in constant time.
fn digest_is(kept: &Digest, presented: &Digest) -> bool {
    aws_lc_rs::constant_time::verify_slices_are_equal(kept.as_str().as_bytes(), presented.as_str().as_bytes()).is_ok()
}
