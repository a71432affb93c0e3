//! Comparing a presented secret with those a client has.

use crate::base::digest::Digest;
use crate::base::ids::SecretId;
use crate::base::secret::Secret;
use crate::model::client::{Client, ClientSecret, SecretHash};
use crate::model::credential::PasswordHash;

use super::super::{Denied, Engine};

impl Engine {
    /// Which of the client's live secrets this is. Generated ones are compared first: that is quick. Those that somebody
    /// chose wait for the threads that hash.
    ///
    /// # Errors
    /// [`Denied::Busy`] when too many wait there already.
    pub(super) async fn matching_secret(&self, client: &Client, secret: &Secret) -> Result<Option<SecretId>, Denied> {
        let digest = secret.digest();
        let live: Vec<&ClientSecret> = client.live_secrets(self.now()).collect();
        let generated =
            |known: &&&ClientSecret| matches!(&known.hash, SecretHash::Sha256(kept) if digest_is(kept, &digest));
        if let Some(known) = live.iter().rfind(generated) {
            return Ok(Some(known.id.clone()));
        }
        for known in live {
            let SecretHash::Argon2id(phc) = &known.hash else { continue };
            let Some(hash) = PasswordHash::parse(phc) else { continue };
            if self.gate.hasher.verify(secret, Some(&hash)).await?.matches {
                return Ok(Some(known.id.clone()));
            }
        }
        Ok(None)
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
