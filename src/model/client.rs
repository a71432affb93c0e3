//! Clients: the applications that ask (RFC 6749, section 2).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, SecretId, UserId};
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

/// What kind of program a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientType {
    /// Runs on a server and keeps a secret.
    Web,
    /// Runs in the browser; keeps no secret.
    Spa,
    /// Runs on somebody's computer or telephone; keeps no secret.
    Native,
    /// Acts for itself, without people; keeps a secret.
    Service,
}

impl ClientType {
    /// Every type with the name files use.
    pub const ALL: [(ClientType, &str); 4] = [
        (ClientType::Web, "web"),
        (ClientType::Spa, "spa"),
        (ClientType::Native, "native"),
        (ClientType::Service, "service"),
    ];

    /// Whether programs of this kind can keep no secret.
    pub fn is_public(self) -> bool {
        matches!(self, ClientType::Spa | ClientType::Native)
    }

    /// The name files use.
    pub fn name(self) -> &'static str {
        ClientType::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// The type called `name`.
    pub fn parse(name: &str) -> Option<ClientType> {
        ClientType::ALL.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }
}

/// The grant types of this server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749, section 4.1.
    AuthorizationCode,
    /// RFC 6749, section 6.
    RefreshToken,
    /// RFC 6749, section 4.4.
    ClientCredentials,
    /// RFC 6749, section 4.3; for clients of ours only.
    Password,
    /// A new account, answered as a sign-in; for clients of ours only.
    Register,
    /// A new account in the care of whoever is signed in; for clients of ours only.
    RegisterMinor,
    /// A guest, of whom only the device is known; for clients of ours only.
    Anonymous,
}

impl GrantType {
    /// Every grant type with its name on the wire.
    pub const ALL: [(GrantType, &str); 7] = [
        (GrantType::AuthorizationCode, "authorization_code"),
        (GrantType::RefreshToken, "refresh_token"),
        (GrantType::ClientCredentials, "client_credentials"),
        (GrantType::Password, "password"),
        (GrantType::Register, "register"),
        (GrantType::RegisterMinor, "register_minor"),
        (GrantType::Anonymous, "anonymous"),
    ];

    /// Whether only clients of ours may have it: the client handles what people prove themselves with.
    pub fn is_first_party(self) -> bool {
        use GrantType::{Anonymous, Password, Register, RegisterMinor};
        matches!(self, Password | Register | RegisterMinor | Anonymous)
    }

    /// The `grant_type` value.
    pub fn name(self) -> &'static str {
        GrantType::ALL.iter().find(|(grant, _)| *grant == self).map_or("", |(_, name)| name)
    }

    /// The grant type called `name`.
    pub fn parse(name: &str) -> Option<GrantType> {
        GrantType::ALL.iter().find(|(_, known)| *known == name).map(|(grant, _)| *grant)
    }
}

/// Whether people are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConsentPolicy {
    /// Once, and again when the client asks for more.
    Ask,
    /// Never: an administrator answered for everybody.
    Skip,
}

/// The form of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AccessTokenForm {
    /// A signed JWT that resource servers can read; nothing is stored.
    Jwt,
    /// A random string that only introspection explains.
    Opaque,
}

/// The shape of a JWT access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClaimsProfile {
    /// RFC 9068: `typ: at+jwt`, scope as a string.
    Rfc9068,
    /// `typ: JWT`, names and authorities of the person, scope as an array, a JWT for a refresh token too.
    Incrowd,
    /// `typ: JWT`, `scopes` as an array.
    Worksection,
    /// RFC 9068 with account and user ids.
    Laserfiche,
}

impl ClaimsProfile {
    /// Every profile with the name files use.
    pub const ALL: [(ClaimsProfile, &str); 4] = [
        (ClaimsProfile::Rfc9068, "rfc9068"),
        (ClaimsProfile::Incrowd, "incrowd"),
        (ClaimsProfile::Worksection, "worksection"),
        (ClaimsProfile::Laserfiche, "laserfiche"),
    ];

    /// The name files use.
    pub fn name(self) -> &'static str {
        ClaimsProfile::ALL.iter().find(|(profile, _)| *profile == self).map_or("", |(_, name)| name)
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

/// The public half of a key pair (ES256) with which a client signs its own authentication.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccessKey {
    /// The key's id (RFC 7517, section 4.5).
    pub kid: String,
    /// The public key's first coordinate, base64url (RFC 7518, section 6.2.1.2).
    pub x: String,
    /// The public key's second coordinate.
    pub y: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

/// One of a client's secrets, as much of it as may be stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSecret {
    /// Its own id, to name it in lists.
    pub id: SecretId,
    /// Its first characters, to recognise it by.
    pub hint: String,
    /// How it is checked.
    pub hash: SecretHash,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it stops being accepted, if ever.
    pub expires_at: Option<Timestamp>,
    /// Whether a declared-state file gave it: such a file replaces what a file gave, never what somebody added by hand.
    #[serde(default)]
    pub declared: bool,
}

/// How a client secret is kept: what was generated is random enough for SHA-256, what somebody chose is not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretHash {
    /// SHA-256 of a secret of at least 32 characters.
    Sha256(Digest),
    /// An Argon2id PHC string.
    Argon2id(String),
}

impl SecretHash {
    /// Reads `sha256$<base64url>` or `$argon2id$…`.
    pub fn parse(text: &str) -> Option<SecretHash> {
        if let Some(digest) = text.strip_prefix("sha256$") {
            return Digest::parse(digest).map(SecretHash::Sha256);
        }
        text.starts_with("$argon2id$").then(|| SecretHash::Argon2id(text.to_owned()))
    }

    /// Writes what [`SecretHash::parse`] reads.
    pub fn to_text(&self) -> String {
        match self {
            SecretHash::Sha256(digest) => format!("sha256${}", digest.as_str()),
            SecretHash::Argon2id(phc) => phc.clone(),
        }
    }
}

/// What maintenance learnt about a client's use since it last wrote it down; never in the path of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientUsage {
    /// The client.
    pub client: String,
    /// When it last received a token or signed somebody in.
    pub last_used_at: Option<Timestamp>,
    /// When each secret was last accepted, by [`SecretId`].
    pub secrets: std::collections::BTreeMap<String, Timestamp>,
    /// How many access tokens it was issued, by grant type.
    pub issued: std::collections::BTreeMap<String, u64>,
}
