//! Who and what is in the house: Alice, her browser, her word, and the clients.

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, SecretId, SessionId, UserId};
use crate::jose::Algorithm;
use crate::model::client::{
    AccessTokenForm, ClaimsProfile, Client, ClientSecret, ClientType, ConsentPolicy, GrantType, SecretHash,
};
use crate::model::consent::Consent;
use crate::model::lifetime::Lifetime;
use crate::model::scope::Scopes;
use crate::model::session::{Authentication, Session, SessionKind, SessionLife};
use crate::model::user::{Profile, User};

use super::{SECRET, START, face};

/// A confidential client that may do everything, with the secret [`SECRET`].
pub fn client(id: &str) -> Client {
    Client {
        required_factor: Default::default(),
        id: ClientId::from_text(id),
        client_key: format!("{id}-key"),
        name: id.to_owned(),
        kind: ClientType::Web,
        secrets: vec![secret(SECRET, None)],
        faces: [face()].into(),
        redirect_uris: vec![],
        post_logout_redirect_uris: vec![],
        origins: vec![],
        grants: GrantType::ALL.into_iter().map(|(grant, _)| grant).collect(),
        scopes: Scopes::parse("openid profile email groups offline_access projects reports").unwrap(),
        groups: Default::default(),
        consent: ConsentPolicy::Ask,
        first_party: false,
        require_pkce: true,
        require_device_id: false,
        released_attributes: Default::default(),
        account_id: String::new(),
        access_keys: vec![],
        id_token_alg: Algorithm::Rs256,
        access_token: AccessTokenForm::Jwt,
        access_token_alg: Algorithm::EdDsa,
        claims_profile: ClaimsProfile::Rfc9068,
        audience: vec![],
        code_ttl: Lifetime::seconds(60),
        access_ttl: Lifetime::seconds(3600),
        refresh_ttl: Lifetime::seconds(30 * 86_400),
        refresh_grace: Lifetime::seconds(0),
        disabled_at: None,
        disabled_by_owner: false,
        created_at: START,
        created_by: None,
        owner: None,
        owner_place: None,
        managed: false,
        incarnation: format!("{id}-1"),
    }
}

/// A generated secret, as it is kept.
pub fn secret(text: &str, expires_at: Option<Timestamp>) -> ClientSecret {
    let hash = SecretHash::Sha256(Digest::of(text));
    ClientSecret {
        id: SecretId::from_text(&text[..6]),
        hint: text[..6].to_owned(),
        hash,
        created_at: START,
        expires_at,
        declared: false,
    }
}

/// Alice, who is in the group `staff`.
pub fn alice() -> User {
    User {
        email: Some("alice@example.org".to_owned()),
        email_verified: true,
        groups: ["staff".to_owned()].into(),
        profile: Profile {
            given_name: Some("Alice".to_owned()),
            family_name: Some("Adams".to_owned()),
            phone_number: Some("+1 555 0100".to_owned()),
            ..Profile::default()
        },
        attributes: [("desk".to_owned(), "4.12".to_owned()), ("sub".to_owned(), "mallory".to_owned())].into(),
        ..User::named(UserId::from_text("alice-id"), "alice".to_owned(), START)
    }
}

/// Alice's browser.
pub fn session() -> Session {
    Session {
        remembered: None,
        acting: None,
        id: SessionId::from_text("session-1"),
        user: alice().id,
        cookie: "cookie".to_owned(),
        digest: Digest::of("cookie"),
        authentication: Authentication::by_password(START),
        created_at: START,
        last_seen_at: START,
        expires_at: START.plus(Session::ABSOLUTE),
        user_agent: String::new(),
        address: String::new(),
        life: SessionLife::Open,
        access_epoch: 0,
        kind: SessionKind::Browser,
    }
}

/// Alice's word that `client` may know and do everything.
pub fn consent(client: &str) -> Consent {
    Consent {
        user: alice().id,
        client: ClientId::from_text(client),
        scopes: Scopes::parse("openid profile email groups offline_access projects reports").unwrap(),
        claims: Default::default(),
        since: START,
        updated_at: START,
    }
}
