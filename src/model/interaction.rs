//! Interactions: an authorization request on its way through sign-in and consent.

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, InteractionId, SessionId, UserId};

use super::claims::ClaimsRequest;
use super::face::Face;
use super::redirect_uri::RegisteredRedirect;
use super::scope::Scopes;
use super::sign_in::RequiredFactor;

/// A validated authorization request with what has happened to it so far. Pages write one fact each; what comes next is
/// decided anew every time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interaction {
    /// Its id, in the address of every page it passes.
    pub id: InteractionId,
    /// What the cookie of the browser that began it must digest to.
    pub browser: Digest,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// When it began.
    pub created_at: Timestamp,
    /// When it is too old to go on.
    pub expires_at: Timestamp,
    /// The session in which the person proved who they are during this interaction.
    pub signed_in: Option<SessionId>,
    /// The session the person chose to go on with, when they were asked to choose.
    pub chosen: Option<SessionId>,
    /// Who agreed during this interaction.
    pub consented: Option<UserId>,
    /// Who declined during this interaction.
    #[serde(default)]
    pub declined: Option<UserId>,
    /// Where it stands.
    pub life: InteractionLife,
}

/// Where an interaction stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InteractionLife {
    /// Something is missing still.
    Pending,
    /// It was answered; a second answer is never given.
    Answered {
        /// When.
        at: Timestamp,
    },
}

impl Interaction {
    /// How long people have to finish.
    pub const LIFETIME: std::time::Duration = std::time::Duration::from_secs(60 * 60);

    /// Whether it can still be answered at `now`.
    pub fn is_pending(&self, now: Timestamp) -> bool {
        self.life == InteractionLife::Pending && now < self.expires_at
    }
}

/// An authorization request in which everything has been checked that needs no person (RFC 6749, section 4.1.1; OpenID
/// Connect Core, section 3.1.2.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client: ClientId,
    /// The interface it came through.
    pub face: Face,
    /// Where the answer goes.
    pub redirect_uri: RegisteredRedirect,
    /// Returned byte for byte.
    pub state: Option<String>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for.
    pub scopes: Scopes,
    /// The S256 code challenge, without padding.
    pub challenge: Option<String>,
    /// For the ID token.
    pub nonce: Option<String>,
    /// What the client wants the person to be asked.
    pub prompt: Prompt,
    /// How long ago, in seconds, the person may have proved who they are.
    pub max_age: Option<u64>,
    /// The person the client expects, from `id_token_hint` or a `sub` asked for by value.
    pub expected_user: Option<UserId>,
    /// What to write into the name field.
    pub login_hint: Option<String>,
    /// Single claims asked for.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// Languages the client suggests, most wanted first.
    #[serde(default)]
    pub ui_locales: Vec<String>,
    /// The class of authentication the client cannot do without (OpenID Connect Core, section 5.5.1.1).
    #[serde(default)]
    pub essential_factor: RequiredFactor,
    /// The class it would like (`acr_values`).
    #[serde(default)]
    pub wanted_factor: RequiredFactor,
}

/// How an authorization response travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect (OAuth 2.0 Multiple Response Types, section 2.1).
    Query,
    /// In a form the browser posts (OAuth 2.0 Form Post Response Mode).
    FormPost,
}

/// What the client wants the person to be asked (OpenID Connect Core, section 3.1.2.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// Nothing: answer at once or with an error.
    pub none: bool,
    /// To prove again who they are.
    pub login: bool,
    /// To agree again.
    pub consent: bool,
    /// Which account to use.
    pub select_account: bool,
}

/// A sign-out waiting for the person's word (OpenID Connect RP-Initiated Logout, section 2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignOutRequest {
    /// Its id, in the address of the page that asks.
    pub id: InteractionId,
    /// What the cookie of the browser that began it must digest to.
    pub browser: Digest,
    /// Where to go afterwards, if the client registered that address.
    pub redirect: Option<RegisteredRedirect>,
    /// Whether an address was given that the client did not register.
    pub redirect_refused: bool,
    /// Returned byte for byte.
    pub state: Option<String>,
    /// Who asks, if that is known.
    pub client: Option<ClientId>,
    /// When it is too old.
    pub expires_at: Timestamp,
}
