//! Clients: the applications that ask (RFC 6749, section 2).
//!
//! [`Client`] is one of them with everything that decides what it may do; [`metadata`] is what can be said of one, and
//! [`credentials`] what it authenticates with.

mod credentials;
mod metadata;

pub use credentials::{AccessKey, ClientSecret, SecretHash};
pub use metadata::{AccessTokenForm, ClaimsProfile, ClientType, ConsentPolicy, GrantType};

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::jose::Algorithm;

use super::face::Face;
use super::lifetime::Lifetime;
use super::redirect_uri::RedirectUri;
use super::scope::{Scope, Scopes};
use super::sign_in::RequiredFactor;
use super::user::User;

/// A registered client with everything that decides what it may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    /// Its `client_id`.
    pub id: ClientId,
    /// A second name some interfaces authenticate it by; generated unless declared.
    pub client_key: String,
    /// What people call it.
    pub name: String,
    /// What kind of program it is, and so whether it can keep a secret.
    pub kind: ClientType,
    /// Its live secrets; several, so that one can be replaced without a pause.
    pub secrets: Vec<ClientSecret>,
    /// The interfaces it may use.
    pub faces: BTreeSet<Face>,
    /// Where people may be sent back to.
    pub redirect_uris: Vec<RedirectUri>,
    /// Where people may be sent after signing out (OpenID Connect RP-Initiated Logout, section 3.1).
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Web origins its pages call from (CORS).
    pub origins: Vec<String>,
    /// The grant types it may use.
    pub grants: BTreeSet<GrantType>,
    /// The scopes it may ask for.
    pub scopes: Scopes,
    /// The groups whose members may use it; empty: everybody.
    pub groups: BTreeSet<String>,
    /// Whether people are asked before it learns about them.
    pub consent: ConsentPolicy,
    /// Ours: may be given the first-party grants.
    pub first_party: bool,
    /// Whether PKCE is required of it. Public clients always need it, whatever is said here.
    pub require_pkce: bool,
    /// Whether every token request must name a device.
    pub require_device_id: bool,
    /// What a hosted chat may be told of people's attributes.
    #[serde(default)]
    pub released_attributes: ReleasedAttributes,
    /// The account it belongs to; a request that names another is refused. Empty: none.
    #[serde(default)]
    pub account_id: String,
    /// The public keys it may sign its own authentication with.
    #[serde(default)]
    pub access_keys: Vec<AccessKey>,
    /// The algorithm of its ID tokens.
    pub id_token_alg: Algorithm,
    /// The form of its access tokens.
    pub access_token: AccessTokenForm,
    /// The algorithm of its access tokens, when they are JWTs.
    pub access_token_alg: Algorithm,
    /// The shape of its JWT access tokens.
    pub claims_profile: ClaimsProfile,
    /// The audience of its access tokens; empty: the issuer.
    pub audience: Vec<String>,
    /// How long an authorization code lives.
    pub code_ttl: Lifetime,
    /// How long an access token lives.
    pub access_ttl: Lifetime,
    /// How long a grant can be refreshed, counted from its beginning.
    pub refresh_ttl: Lifetime,
    /// How long a rotated refresh token still yields its successor again.
    pub refresh_grace: Lifetime,
    /// What people must sign in with for it.
    #[serde(default)]
    pub required_factor: RequiredFactor,
    /// When it was switched off, if it is.
    pub disabled_at: Option<Timestamp>,
    /// Whether its own owner switched it off: what an administrator switched off only an administrator switches on.
    #[serde(default)]
    pub disabled_by_owner: bool,
    /// When it was registered.
    pub created_at: Timestamp,
    /// Who registered it, in words for the consent page; `None`: the declared-state file.
    pub created_by: Option<String>,
    /// The user it belongs to and ends with, if it is somebody's own.
    #[serde(default)]
    pub owner: Option<UserId>,
    /// Which of its owner's places for clients it has; no two share one.
    #[serde(default)]
    pub owner_place: Option<u8>,
    /// Whether the declared-state file manages it.
    #[serde(default)]
    pub managed: bool,
    /// Drawn at registration, so that what was given to a deleted client is worth nothing to the next of the same id.
    #[serde(default)]
    pub incarnation: String,
}

impl Client {
    /// Whether it can keep no secret (RFC 6749, section 2.1), and so always needs PKCE.
    pub fn is_public(&self) -> bool {
        self.kind.is_public()
    }

    /// Whether a code challenge is required of it.
    pub fn needs_pkce(&self) -> bool {
        self.is_public() || self.require_pkce
    }

    /// Whether it may come through this interface: what is the server's own is open to all.
    pub fn has_face(&self, face: &Face) -> bool {
        face.is_of_server() || self.faces.contains(face)
    }

    /// Whether it may use this grant type. Those of our own clients are worth nothing to another, whatever is stored.
    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant) && (self.first_party || !grant.is_first_party())
    }

    /// Whether it is for this person: for everybody, or for a group they are in.
    pub fn is_for(&self, user: &User) -> bool {
        self.groups.is_empty() || !self.groups.is_disjoint(&user.groups)
    }

    /// Whether its tokens open the authorization endpoint for a sign-in front end: it is ours, and was given the scope.
    pub fn is_front_end(&self) -> bool {
        self.first_party && self.scopes.has(Scope::AUTHORIZE)
    }

    /// The secrets that have not expired.
    pub fn live_secrets(&self, now: Timestamp) -> impl Iterator<Item = &ClientSecret> {
        self.secrets.iter().filter(move |secret| secret.expires_at.is_none_or(|end| end > now))
    }
}

/// The user attributes an administrator releases to a client, by the map they are told in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReleasedAttributes {
    /// About the person as a customer.
    pub consumer: BTreeSet<String>,
    /// About how to reach them.
    pub contact: BTreeSet<String>,
}

impl ReleasedAttributes {
    /// Whether nothing is released.
    pub fn is_empty(&self) -> bool {
        self.consumer.is_empty() && self.contact.is_empty()
    }
}

/// What maintenance learnt about a client's use since it last wrote it down; never in the path of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientUsage {
    /// The client.
    pub client: String,
    /// When it last received a token or signed somebody in.
    pub last_used_at: Option<Timestamp>,
    /// When each secret was last accepted, by [`SecretId`](crate::base::ids::SecretId).
    pub secrets: BTreeMap<String, Timestamp>,
    /// How many access tokens it was issued, by grant type.
    pub issued: BTreeMap<String, u64>,
}
