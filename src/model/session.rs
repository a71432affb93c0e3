//! Sessions: a browser in which somebody signed in, or a client that signed somebody in by itself.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, SessionId, UserId};

use super::user::User;

/// How and when somebody proved who they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Authentication {
    /// When (OpenID Connect Core, section 2: `auth_time`).
    pub at: Timestamp,
    /// How strongly: the authentication context class reference (`acr`).
    pub acr: String,
    /// By which methods (RFC 8176: `amr`).
    pub amr: Vec<String>,
}

impl Authentication {
    /// The class of one factor, a password.
    pub const ACR_PASSWORD: &str = "1";
    /// The class of none at all (OpenID Connect Core, section 2).
    pub const ACR_NOTHING: &str = "0";

    /// Nobody proved anything; a guest came at `at`.
    pub fn by_nothing(at: Timestamp) -> Authentication {
        Authentication { at, acr: Authentication::ACR_NOTHING.to_owned(), amr: Vec::new() }
    }

    /// Somebody gave their password at `at`.
    pub fn by_password(at: Timestamp) -> Authentication {
        Authentication { at, acr: Authentication::ACR_PASSWORD.to_owned(), amr: vec!["pwd".to_owned()] }
    }
}

/// Where somebody is signed in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionKind {
    /// In a browser, which holds its cookie.
    #[default]
    Browser,
    /// In a client of ours that sent what they prove themselves with. Nobody holds its cookie; it ends with the grant it was
    /// opened for. Where the client signs its person in elsewhere, grants of other clients hang on it too.
    Grant {
        /// The client.
        client: ClientId,
        /// What people called it then.
        name: String,
    },
}

impl SessionKind {
    fn is_browser(&self) -> bool {
        *self == SessionKind::Browser
    }
}

/// A signed-in browser. Its id (`sid`) stays when the person confirms who they are; the cookie changes each time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The `sid` of ID tokens.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// The locator of the cookie that holds it now.
    pub cookie: String,
    /// What that cookie must digest to.
    pub digest: Digest,
    /// How they last proved who they are.
    pub authentication: Authentication,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used, to within a few minutes.
    pub last_seen_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// What the browser called itself, at most 256 characters.
    pub user_agent: String,
    /// The network address it last came from.
    pub address: String,
    /// Whether it still holds.
    pub life: SessionLife,
    /// Its person's count of the events that end all access, when it was begun or renewed.
    #[serde(default)]
    pub access_epoch: u32,
    /// Where they are signed in.
    #[serde(default, skip_serializing_if = "SessionKind::is_browser")]
    pub kind: SessionKind,
}

/// Whether a session still holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SessionLife {
    /// It does.
    Open,
    /// It was ended.
    Ended {
        /// When.
        at: Timestamp,
    },
}

impl Session {
    /// How long a session lasts, used or not (NIST SP 800-63B-4, section 2.1.3).
    pub const ABSOLUTE: std::time::Duration = std::time::Duration::from_secs(30 * 86_400);
    /// How long a session lasts unused.
    pub const IDLE: std::time::Duration = std::time::Duration::from_secs(7 * 86_400);

    /// Whether it holds at `now`: open, not past its end, and no browser that was idle for too long.
    pub fn is_open(&self, now: Timestamp) -> bool {
        let idle = self.kind.is_browser() && now >= self.last_seen_at.plus(Session::IDLE);
        self.life == SessionLife::Open && now < self.expires_at && !idle
    }

    /// Whether it is of `user` and none of the events that end all their access came after it.
    pub fn is_of(&self, user: &User) -> bool {
        self.user == user.id && self.access_epoch == user.access_epoch
    }
}
