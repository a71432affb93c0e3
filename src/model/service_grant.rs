//! Service grants: what a client that acts for itself may renew, where its interface lets it (RFC 6749, section 4.4).
//! Ending one is one write, and ends every token that descends from it.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, GrantId};

use super::client::Client;
use super::face::Face;
use super::grant::{GrantEnd, GrantLife};
use super::scope::Scopes;

/// What a client was given for itself, to be renewed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceGrant {
    /// Its id; the first half of the `jti` of every JWT that descends from it.
    pub id: GrantId,
    /// Whose it is.
    pub client: ClientId,
    /// Which of the registrations under the client's id it was given to.
    pub client_incarnation: String,
    /// The interface it came through.
    pub face: Face,
    /// What was granted.
    pub scopes: Scopes,
    /// The audience of its access tokens.
    pub audience: Vec<String>,
    /// The device it is bound to, if one was named.
    #[serde(default)]
    pub device_id: Option<String>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When nothing that descends from it can live any more.
    pub expires_at: Timestamp,
    /// Whether it still holds.
    pub life: GrantLife,
}

impl ServiceGrant {
    /// Whether it still holds at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.life == GrantLife::Live && now < self.expires_at
    }

    /// Whether it was given to this very registration of its client, not to one that was deleted since.
    pub fn is_to(&self, client: &Client) -> bool {
        self.client == client.id
            && self.client_incarnation == client.incarnation
            && self.created_at >= client.created_at
    }

    /// The same grant, ended; `None` if it had ended before.
    pub fn ended(&self, at: Timestamp, why: GrantEnd) -> Option<ServiceGrant> {
        (self.life == GrantLife::Live).then(|| ServiceGrant { life: GrantLife::Ended { at, why }, ..self.clone() })
    }
}
