//! Links with which people make their accounts themselves: invitations, and proofs of the address somebody registers with.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{InvitationId, UserId};

/// Somebody may make an account here, once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Invitation {
    /// Sorts by time; not secret.
    pub id: InvitationId,
    /// The locator of the link that opens it now.
    pub locator: String,
    /// What that link's secret must digest to: the one whoever invites hands over.
    pub digest: Digest,
    /// What the secret digests to that was mailed to the address and that nobody else saw; whoever has it reads there.
    #[serde(default)]
    pub mailed: Option<Digest>,
    /// The only address it is for; `None`: for whoever holds the link.
    pub email: Option<String>,
    /// The groups its account begins in, as far as they are there by then.
    pub groups: BTreeSet<String>,
    /// Who invites, in words.
    pub by: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its link was made.
    pub sent_at: Timestamp,
    /// When its link stops working.
    pub expires_at: Timestamp,
    /// What has become of it.
    pub state: InvitationState,
}

/// What has become of an invitation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationState {
    /// It waits.
    Open,
    /// It was accepted, for ever.
    Accepted {
        /// By whom.
        user: UserId,
        /// When.
        at: Timestamp,
    },
    /// It was taken back.
    Revoked {
        /// When.
        at: Timestamp,
    },
}

impl Invitation {
    /// How long links work, unless another of [`Invitation::LIFETIMES`] is chosen.
    pub const LIFETIME: Duration = Duration::from_secs(7 * 86_400);
    /// How long links may work: one day, three, seven.
    pub const LIFETIMES: [Duration; 3] =
        [Duration::from_secs(86_400), Duration::from_secs(3 * 86_400), Invitation::LIFETIME];
    /// How long what became of it is told after its link has stopped working.
    pub const KEPT: Duration = Duration::from_secs(90 * 86_400);

    /// Whether its link works at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.state == InvitationState::Open && now < self.expires_at
    }
}

/// Somebody proves that an address is theirs, and may make an account with it, once. Until then there is no account, and no
/// name is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingRegistration {
    /// Where it lies; not secret.
    pub locator: String,
    /// What the mailed link's secret must digest to.
    pub digest: Digest,
    /// The address the link was sent to.
    pub email: String,
    /// When the link stops working.
    pub expires_at: Timestamp,
}

impl PendingRegistration {
    /// How long a mailed link works.
    pub const LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);
}
