//! Consent: what a person let a client know and do, remembered until the client asks for more.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};

use super::scope::Scopes;

/// One person's answer to one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who answered.
    pub user: UserId,
    /// Who asked.
    pub client: ClientId,
    /// The scopes they agreed to, over all times they were asked.
    pub scopes: Scopes,
    /// The single claims they agreed to.
    #[serde(default)]
    pub claims: BTreeSet<String>,
    /// When they first agreed.
    pub since: Timestamp,
    /// When they last did.
    pub updated_at: Timestamp,
}

impl Consent {
    /// Whether it covers all of this.
    pub fn covers<'a>(&self, scopes: &Scopes, mut claims: impl Iterator<Item = &'a String>) -> bool {
        scopes.within(&self.scopes) && claims.all(|claim| self.claims.contains(claim))
    }
}
