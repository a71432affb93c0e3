//! What may be said of a client beside names and addresses: the values of its metadata (RFC 7591, section 2).

use serde::{Deserialize, Serialize};

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
