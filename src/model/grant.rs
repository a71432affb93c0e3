//! Grants: the common ancestor of a code, its refresh tokens and its access tokens. Ending one is one write.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, GrantId, SessionId, UserId};

use super::claims::ClaimsRequest;
use super::client::Client;
use super::face::Face;
use super::scope::Scopes;
use super::session::Authentication;
use super::user::User;

/// What a person allowed a client once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its id; the first half of the `jti` of every JWT that descends from it.
    pub id: GrantId,
    /// Who may use it.
    pub client: ClientId,
    /// Whom it is about.
    pub user: UserId,
    /// The interface it came through.
    pub face: Face,
    /// The browser session in which it was given.
    pub session: SessionId,
    /// Whether it outlives that session (`offline_access`; OpenID Connect Core, section 11).
    pub offline: bool,
    /// What was granted.
    pub scopes: Scopes,
    /// The single claims that were granted.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// The audience of its access tokens.
    pub audience: Vec<String>,
    /// How and when the person proved who they are.
    pub authentication: Authentication,
    /// The note that spared them the second factor, as in the session it was given in.
    #[serde(default)]
    pub remembered: Option<String>,
    /// The device it is bound to, once one was named.
    #[serde(default)]
    pub device_id: Option<String>,
    /// When it was given.
    pub created_at: Timestamp,
    /// When nothing that descends from it can live any more.
    pub expires_at: Timestamp,
    /// Whether it still holds.
    pub life: GrantLife,
    /// Which of the registrations under the client's id it was given to.
    #[serde(default)]
    pub client_incarnation: String,
    /// The person's count of the events that end all access, when it was given.
    #[serde(default)]
    pub access_epoch: u32,
    /// The administrator who acted for the person when it was given, if one did: the `act` of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<UserId>,
}

/// Whether a grant still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantLife {
    /// It does.
    Live,
    /// It was ended.
    Ended {
        /// When.
        at: Timestamp,
        /// Why.
        why: GrantEnd,
    },
}

/// Why a grant ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantEnd {
    /// A code came a second time.
    CodeReplayed,
    /// A rotated refresh token came again.
    RefreshReplayed,
    /// The client revoked it (RFC 7009).
    RevokedByClient,
    /// The person revoked it.
    RevokedByUser,
    /// An administrator revoked it.
    RevokedByAdministrator,
    /// The person signed out.
    SignedOut,
    /// It rested on reading their mail, and they have another address.
    AddressChanged,
}

impl Grant {
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

    /// Whether it is about `user`, not about somebody who had their id before, and none of the events that end all their
    /// access came after it.
    pub fn is_of(&self, user: &User) -> bool {
        self.user == user.id && self.access_epoch == user.access_epoch && self.created_at >= user.created_at
    }

    /// The same grant, ended; `None` if it had ended before.
    pub fn ended(&self, at: Timestamp, why: GrantEnd) -> Option<Grant> {
        (self.life == GrantLife::Live).then(|| Grant { life: GrantLife::Ended { at, why }, ..self.clone() })
    }
}
