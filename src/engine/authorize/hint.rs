//! Tokens of ours that come back as hints: who was meant, and which session. They may have expired; anything we did not sign
//! is no hint (OpenID Connect Core, section 3.1.2.1; RP-Initiated Logout, section 2).

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, GrantId, SessionId, UserId};
use crate::base::secret::Kind;
use crate::engine::Engine;
use crate::jose::jwt::{self, Expect};
use crate::jose::keyring::Keyring;
use crate::model::grant::{Grant, GrantLife};
use crate::model::token::{AccessToken, RevokedJwt};
use crate::store::Fault;

/// What a token of ours tells when it comes back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Hint {
    /// Which kind of token it is.
    pub kind: HintKind,
    /// The client it was given to.
    pub client: ClientId,
    /// Whom it is about.
    pub user: UserId,
    /// When it expires or did.
    pub expires_at: Timestamp,
    /// Whether it was given while somebody acted for the user.
    pub acted: bool,
}

/// Which kind of token a hint is, and how it leads to a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) enum HintKind {
    /// An ID token: it names the session.
    IdToken(SessionId),
    /// An access token: it names the grant, which names the session.
    AccessToken {
        /// The grant.
        grant: GrantId,
        /// The token's own name.
        jti: String,
    },
}

/// The claims of ours that matter in a hint.
#[derive(Deserialize)]
struct Claims {
    iss: Option<String>,
    sub: String,
    aud: Audience,
    exp: Timestamp,
    client_id: Option<String>,
    sid: Option<String>,
    jti: Option<String>,
    token_use: Option<String>,
    act: Option<IgnoredAny>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// What a signed token says of itself. The access tokens of some profiles do not say to which client they were given: their
/// grant does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Said {
    kind: HintKind,
    /// The client it was given to, if it says so.
    pub client: Option<ClientId>,
    user: UserId,
    expires_at: Timestamp,
    acted: bool,
}

/// Reads a hint; `None` unless `issuer` signed it with one of the keys in `ring`, and it is an ID token or an access token
/// about a person.
pub(in crate::engine) fn read(token: &str, ring: &Keyring, issuer: &str, now: Timestamp) -> Option<Said> {
    let expect = Expect::ours_even_expired(now);
    let token = jwt::decode::<Claims>(token, |kid| ring.find(kid, now), &expect).ok()?;
    let plain = matches!(token.typ(), None | Some("jwt"));
    let is_access = token.is("at+jwt") || (plain && token.claims.token_use.as_deref() == Some("access"));
    let is_id = plain && token.claims.token_use.is_none();
    let claims = token.claims;
    // Our keys sign for nobody else; an access token of a profile that names no issuer needs to name no other.
    if claims.iss.as_ref().map_or(!is_access, |iss| *iss != issuer) {
        return None;
    }
    let (kind, client) = if is_access {
        let jti = claims.jti?;
        let grant = GrantId::from_text(jti.split_once('.')?.0);
        (HintKind::AccessToken { grant, jti }, claims.client_id)
    } else if is_id {
        (HintKind::IdToken(SessionId::from_text(claims.sid?)), Some(claims.aud.single()?))
    } else {
        return None;
    };
    let (client, user) = (client.map(ClientId::from_text), UserId::from_text(claims.sub));
    Some(Said { kind, client, user, expires_at: claims.exp, acted: claims.act.is_some() })
}

impl Audience {
    fn single(self) -> Option<String> {
        match self {
            Audience::One(one) => Some(one),
            Audience::Many(many) => <[String; 1]>::try_from(many).ok().map(|[one]| one),
        }
    }
}

impl Engine {
    /// What `token` tells as a hint; `None` unless it is a token of ours about a person. An opaque access token is known as
    /// long as it is kept; one that was revoked, or whose grant was ended, is no hint any more.
    pub(in crate::engine) async fn hint(&self, token: &str) -> Result<Option<Hint>, Fault> {
        let said = match Kind::AccessToken.read_handle(token) {
            Some(handle) => self.opaque_hint(token, &handle.locator).await?,
            None => self.signed_hint(token),
        };
        let Some(Said { kind, client, user, expires_at, mut acted }) = said else { return Ok(None) };
        let client = match &kind {
            HintKind::IdToken(_) => client,
            HintKind::AccessToken { grant, jti } => {
                let revoked = self.ledger.find::<RevokedJwt>(jti).await?.is_some();
                let grant = self.ledger.find::<Grant>(grant.as_str()).await?;
                let grant = grant.filter(|grant| !revoked && grant.life == GrantLife::Live);
                acted |= grant.as_ref().is_some_and(|grant| grant.actor.is_some());
                grant.map(|grant| client.unwrap_or_else(|| grant.client.clone()))
            }
        };
        Ok(client.map(|client| Hint { kind, client, user, expires_at, acted }))
    }

    async fn opaque_hint(&self, token: &str, locator: &str) -> Result<Option<Said>, Fault> {
        let kept = self.ledger.find::<AccessToken>(locator).await?;
        let kept = kept.filter(|kept| kept.digest.is_of(token) && kept.revoked_at.is_none());
        Ok(kept.and_then(|kept| {
            let kind = HintKind::AccessToken { grant: kept.grant.clone()?, jti: kept.locator.clone() };
            let (client, user) = (Some(kept.client.clone()), UserId::from_text(kept.subject.as_str()));
            Some(Said { kind, client, user, expires_at: kept.expires_at, acted: false })
        }))
    }

    fn signed_hint(&self, token: &str) -> Option<Said> {
        read(token, &self.keys(), &self.identity.issuer, self.now())
    }

    /// The person an `id_token_hint` of `client` names; `None` unless it is an ID token of ours that this client was given.
    pub(super) fn hinted_user(&self, token: &str, client: &ClientId) -> Option<UserId> {
        let hint = self.signed_hint(token)?;
        (matches!(hint.kind, HintKind::IdToken(_)) && hint.client.as_ref() == Some(client)).then_some(hint.user)
    }
}
