//! An administrator who acts for somebody: uses applications as that person, for a while, and is recorded.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{SessionId, UserId};

/// Who acts in a session that is about somebody else, and what that rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acting {
    /// The administrator.
    pub administrator: UserId,
    /// What they were called when they began.
    pub name: String,
    /// Their own session, in which they began: nobody acts any longer than that is open.
    pub session: SessionId,
    /// Their count of the events that end all access, when they began.
    pub access_epoch: u32,
    /// When their account was last changed by then: who has lost the role meanwhile does not go on when it is given back.
    #[serde(default)]
    pub updated_at: Timestamp,
    /// How often the permission to act had been taken back by then.
    #[serde(default)]
    pub impersonation_ended: u32,
    /// Why, in their words.
    pub reason: String,
    /// The cookie of the browser they began in, by its digest: their own session goes on in no other.
    pub browser: Digest,
}

impl Acting {
    /// The longest reason, in characters.
    pub const LONGEST_REASON: usize = 200;
    /// For how many minutes somebody may act.
    pub const MINUTES: [u32; 3] = [15, 30, 60];
}
