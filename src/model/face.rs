//! Which interface a request came through, as far as the engine may know: an opaque name, and the few points in which the law
//! of one interface differs from that of another.

use serde::{Deserialize, Serialize};

use crate::jose::Algorithm;

use super::client::{ClaimsProfile, Client, GrantType};
use super::grant::Grant;
use super::lifetime::Lifetime;
use super::settings::Settings;

/// An opaque name of one wire interface. The engine compares it with what a client was given and knows no more.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Face(String);

impl Face {
    /// The face called `name`.
    pub fn named(name: impl Into<String>) -> Face {
        Face(name.into())
    }

    /// What belongs to the server itself and serves clients of every interface.
    pub fn of_server() -> Face {
        Face("server".to_owned())
    }

    /// Whether clients of every interface may come this way.
    pub fn is_of_server(&self) -> bool {
        self.0 == "server"
    }

    /// The name as files write it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What belongs to one interface: where it lies by default, what is customary for its clients, and its law. The engine is
/// handed one for each interface when it starts.
#[derive(Clone, Copy, Debug)]
pub struct Customs {
    /// Its name, as files write it.
    pub name: &'static str,
    /// Its prefix by default; empty for the root.
    pub prefix: &'static str,
    /// Its paths below the prefix, each with the methods it takes, as `Allow` lists them.
    pub paths: &'static [(&'static str, &'static str)],
    /// What a client is given that says nothing else.
    pub clients: ClientCustoms,
    /// In which points it has a law of its own.
    pub law: Law,
}

/// What a client of an interface is given that says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of `Client` of the same name")]
pub struct ClientCustoms {
    pub require_pkce: bool,
    pub code_ttl: Lifetime,
    pub access_ttl: Lifetime,
    pub refresh_ttl: Lifetime,
    pub access_token_alg: Algorithm,
    pub claims_profile: ClaimsProfile,
    /// Whether its access tokens are for the client itself instead of the issuer.
    pub audience_is_client: bool,
    /// For clients that sign people in.
    pub grants: &'static [GrantType],
    /// For clients that act for themselves.
    pub service_grants: &'static [GrantType],
}

impl ClientCustoms {
    /// The customs of the canonical interface, and of any that is unknown.
    pub const CANONICAL: ClientCustoms = ClientCustoms {
        require_pkce: true,
        code_ttl: Lifetime::seconds(60),
        access_ttl: Lifetime::seconds(3_600),
        refresh_ttl: Lifetime::seconds(30 * 86_400),
        access_token_alg: Algorithm::EdDsa,
        claims_profile: ClaimsProfile::Rfc9068,
        audience_is_client: false,
        grants: &[GrantType::AuthorizationCode, GrantType::RefreshToken],
        service_grants: &[GrantType::ClientCredentials],
    };
}

/// The points in which an interface may differ from the canonical one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// Refresh tokens end with the browser session, unless `offline_access` was granted.
    pub ends_with_session: bool,
    /// The life of a refresh token is counted from each rotation, not from the beginning of its grant.
    pub slides: bool,
    /// An absent scope at the authorization endpoint means everything the client may have.
    pub empty_scope_is_everything: bool,
    /// An authorization request must bring a state.
    pub needs_state: bool,
    /// An authorization request must bring a scope, though it may be empty.
    pub needs_scope: bool,
    /// People are sent back to https addresses only, and to http ones on a loopback literal.
    pub web_redirects_only: bool,
    /// A code may be redeemed without naming the redirect URI, by a client that has exactly one.
    pub may_omit_redirect_uri: bool,
    /// A client that acts for itself gets a refresh token too.
    pub renews_services: bool,
    /// A client may authenticate by its client key in place of its id.
    pub takes_client_keys: bool,
    /// A client may authenticate by a JWT that it signed with an access key.
    pub takes_access_keys: bool,
}

impl Law {
    /// The law of the canonical interface, and of any that is unknown.
    pub const CANONICAL: Law = Law {
        ends_with_session: true,
        slides: false,
        empty_scope_is_everything: false,
        needs_state: false,
        needs_scope: false,
        web_redirects_only: false,
        may_omit_redirect_uri: false,
        renews_services: false,
        takes_client_keys: false,
        takes_access_keys: false,
    };

    /// Whether a refresh token of `client` outlives the browser session although the person did not allow that by itself.
    pub fn outlives_session(&self, client: &Client) -> bool {
        !self.ends_with_session || client.claims_profile == ClaimsProfile::Incrowd
    }

    /// Whether the life of `client`'s refresh tokens is counted from each rotation.
    pub fn slides_for(&self, client: &Client) -> bool {
        self.slides || client.claims_profile == ClaimsProfile::Incrowd
    }
}

/// The interfaces of this program.
#[derive(Clone, Copy, Debug, Default)]
pub struct Faces {
    /// Each, the canonical one first.
    pub all: &'static [Customs],
    /// Paths that no interface may be moved to: shared endpoints in full, and the first segments of everything else.
    pub taken: &'static [&'static str],
    /// Where the canonical interface hands out tokens, under an issuer and as the settings place it.
    pub token_endpoint: Option<fn(&str, &Settings) -> Option<String>>,
}

impl Faces {
    /// What belongs to the interface called `name`.
    pub fn find(&self, name: &str) -> Option<&'static Customs> {
        self.all.iter().find(|customs| customs.name == name)
    }

    /// The law of `face`.
    pub fn law(&self, face: &Face) -> Law {
        self.find(face.as_str()).map_or(Law::CANONICAL, |customs| customs.law)
    }

    /// Every name, in order.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        self.all.iter().map(|customs| customs.name)
    }
}

impl Grant {
    /// The same grant, held from now on under the law of the interface through which its tokens are fetched.
    #[must_use]
    pub fn through(&self, face: &Face, law: &Law, client: &Client) -> Grant {
        // Where somebody acted for the person, nothing outlives their session whatever the law.
        let offline = self.actor.is_none() && (self.offline || law.outlives_session(client));
        Grant { face: face.clone(), offline, ..self.clone() }
    }
}
