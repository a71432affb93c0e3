//! A small house for the engine's tests: Alice, a few clients, a clock and a chance that stand still.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::base::clock::{Clock, StillClock, Timestamp};
use crate::base::digest::Digest;
use crate::base::ids::{ClientId, GrantId, KeyId, SecretId, SessionId, UserId};
use crate::base::rng::{Rng, SeededRng};
use crate::base::seal::SealingKey;
use crate::base::secret::{Kind, Secret};
use crate::jose::Algorithm;
use crate::jose::key::SigningKey;
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::{
    AccessTokenForm, ClaimsProfile, Client, ClientSecret, ClientType, ConsentPolicy, GrantType, SecretHash,
};
use crate::model::code::{Code, CodeLife};
use crate::model::consent::Consent;
use crate::model::face::{ClientCustoms, Customs, Face, Faces, Law};
use crate::model::grant::{Grant, GrantLife};
use crate::model::lifetime::Lifetime;
use crate::model::scope::Scopes;
use crate::model::session::{Authentication, Session, SessionKind, SessionLife};
use crate::model::signing_key::SigningKeyRecord;
use crate::model::token::{RefreshLife, RefreshToken};
use crate::model::user::{Profile, User, UserKind};
use crate::records::{Record, RecordChanges};
use crate::store::memory::Memory;
use crate::store::{Changes, Store};

use super::authenticate_client::Presented;
use super::introspect::Introspection;
use super::token::{GrantRequest, Issued, TokenRequest};
use super::{Caller, Denied, Engine, Foundation, HashingLimits, Identity};

pub const START: Timestamp = Timestamp(1_800_000_000);
pub const ISSUER: &str = "https://id.example";
pub const CALLBACK: &str = "https://app.example/callback";
pub const SECRET: &str = "cs_a-secret-of-more-than-thirty-two-characters";
pub const VERIFIER: &str = "M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag";
pub const CHALLENGE: &str = "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es";

/// An engine with people in it.
pub struct House {
    pub engine: Arc<Engine>,
    pub clock: Arc<StillClock>,
    pub store: Arc<dyn Store>,
}

impl House {
    /// A house over a store in memory, with Alice and the confidential client `web`, whom she allowed everything.
    pub async fn new() -> House {
        House::over(Arc::new(Memory::new())).await
    }

    /// The same over any store.
    pub async fn over(store: Arc<dyn Store>) -> House {
        let clock = Arc::new(StillClock::at(START));
        let house = House { engine: Arc::new(open(Arc::clone(&store), &clock, 1).await), clock, store };
        house.keep(&client("web")).await;
        house.keep(&alice()).await;
        house.keep(&session()).await;
        house.keep(&consent("web")).await;
        house
    }

    /// Keeps a new record.
    pub async fn keep<R: Record>(&self, record: &R) {
        let mut changes = Changes::new();
        changes.create(record);
        self.engine.ledger.commit(changes).await.unwrap();
    }

    /// Changes a record.
    pub async fn change<R: Record>(&self, id: &str, change: impl FnOnce(&mut R)) {
        let was = self.engine.ledger.find::<R>(id).await.unwrap().expect("the record exists");
        let mut now = was.record().clone();
        change(&mut now);
        let mut changes = Changes::new();
        changes.update(&was, &now);
        self.engine.ledger.commit(changes).await.unwrap();
    }

    /// Deletes a record.
    pub async fn delete<R: Record>(&self, id: &str) {
        let was = self.engine.ledger.find::<R>(id).await.unwrap().expect("the record exists");
        let mut changes = Changes::new();
        changes.delete(&was);
        self.engine.ledger.commit(changes).await.unwrap();
    }

    /// Reads a record that must be there.
    pub async fn find<R: Record>(&self, id: &str) -> R {
        self.engine.ledger.find::<R>(id).await.unwrap().expect("the record exists").record().clone()
    }

    /// All records of a kind.
    pub async fn all<R: Record>(&self) -> Vec<R> {
        let page = self.engine.ledger.list::<R>(crate::store::Order::Ascending, None, 10_000).await.unwrap();
        page.items.iter().map(|kept| kept.record().clone()).collect()
    }

    /// A code for `client`, as an authorization of these scopes leaves it, with its grant.
    pub async fn code(&self, client: &str, scopes: &str) -> Secret {
        self.code_with(client, scopes, |_, _| ()).await
    }

    /// The same, with something different about grant or code.
    pub async fn code_with(&self, client: &str, scopes: &str, change: impl FnOnce(&mut Grant, &mut Code)) -> Secret {
        let (now, rng) = (self.engine.now(), &*self.engine.rng);
        let client: Client = self.find(client).await;
        let handle = Kind::AuthorizationCode.generate_handle(now, rng);
        let scopes = Scopes::parse(scopes).unwrap();
        let mut grant = Grant {
            id: GrantId::ordered(now, rng),
            client: client.id.clone(),
            user: alice().id,
            face: face(),
            session: session().id,
            offline: scopes.has("offline_access"),
            scopes,
            claims: Default::default(),
            audience: vec![],
            authentication: Authentication::by_password(Timestamp(START.0 - 60)),
            remembered: false,
            device_id: None,
            created_at: now,
            expires_at: super::mint::grant_end(&client, now),
            life: GrantLife::Live,
            client_incarnation: client.incarnation.clone(),
            access_epoch: self.find::<User>(alice().id.as_str()).await.access_epoch,
        };
        let mut code = Code {
            locator: handle.locator,
            digest: handle.secret.digest(),
            grant: grant.id.clone(),
            client: client.id.clone(),
            redirect_uri: CALLBACK.to_owned(),
            challenge: Some(CHALLENGE.to_owned()),
            nonce: Some("n-1".to_owned()),
            expires_at: now.plus(client.code_ttl.duration()),
            kept_until: grant.expires_at,
            life: CodeLife::Live,
        };
        change(&mut grant, &mut code);
        self.keep(&grant).await;
        self.keep(&code).await;
        handle.secret
    }

    /// Tokens for `web`, from a code with these scopes.
    pub async fn sign_in(&self, scopes: &str) -> Issued {
        let code = self.code("web", scopes).await;
        self.token(redeem("web", &code)).await.unwrap()
    }

    /// What a client with the id `asking` learns of `token`.
    pub async fn worth(&self, asking: &str, token: &Secret) -> Introspection {
        self.engine.introspect(&caller(), &as_client(asking), token).await.unwrap()
    }

    /// Whether `token` holds, as its client `web` learns.
    pub async fn is_active(&self, token: &Secret) -> bool {
        self.worth("web", token).await != Introspection::Inactive
    }

    /// The records of one kind of event.
    pub async fn audit(&self, kind: AuditKind) -> Vec<AuditRecord> {
        self.all::<AuditRecord>().await.into_iter().filter(|record| record.kind == kind).collect()
    }

    /// How many refresh tokens could be used.
    pub async fn live_refresh_tokens(&self) -> usize {
        self.all::<RefreshToken>().await.iter().filter(|token| token.life == RefreshLife::Live).count()
    }

    /// What a JWT says.
    pub fn claims(&self, token: &Secret) -> Value {
        part(token, 1)
    }

    /// One token request.
    pub async fn token(&self, request: TokenRequest) -> Result<Issued, Denied> {
        self.engine.token(&caller(), &request).await
    }
}

/// An engine over `store`; the keys are made once for all tests, since finding an RSA key takes a while.
pub async fn open(store: Arc<dyn Store>, clock: &Arc<StillClock>, seed: u64) -> Engine {
    open_with(store, clock, seed, HashingLimits::TINY).await
}

/// The same, with hashes that cost this.
pub async fn open_with(store: Arc<dyn Store>, clock: &Arc<StillClock>, seed: u64, hashing: HashingLimits) -> Engine {
    static KEYS: OnceLock<Vec<SigningKey>> = OnceLock::new();
    let keys = KEYS.get_or_init(|| Algorithm::ALL.into_iter().map(SigningKey::generate).collect());
    let sealing = Arc::new(SealingKey::from_bytes(&[7; 32]));
    let mut changes = Changes::new();
    for key in keys {
        let id = KeyId::from_text(key.kid());
        let private = sealing.seal(&format!("key/{id}"), &key.to_pkcs8_der());
        let (algorithm, at) = (key.algorithm(), clock.now());
        let (created_at, signs_from) = (at, at);
        let (generation, signs_until, gone_at, longest_life) = (1, None, None, 0);
        changes.create(&SigningKeyRecord {
            id,
            generation,
            algorithm,
            private,
            created_at,
            signs_from,
            signs_until,
            gone_at,
            longest_life,
        });
    }
    // A store that was opened before has them.
    let _ = store.commit(changes).await;
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(seed));
    let identity = Identity { issuer: ISSUER.to_owned() };
    let clock: Arc<dyn Clock> = Arc::clone(clock) as Arc<dyn Clock>;
    Engine::open(Foundation { store, clock, rng, sealing, identity, hashing, faces: FACES, mail: None }).await.unwrap()
}

/// The interfaces of this house: the canonical one, and one with a law of its own in every point.
const FACES: Faces = Faces {
    all: &[
        Customs { name: "front", prefix: "/front", paths: &[], clients: ClientCustoms::CANONICAL, law: Law::CANONICAL },
        Customs {
            name: "side",
            prefix: "/side",
            paths: &[],
            clients: ClientCustoms::CANONICAL,
            law: Law {
                ends_with_session: false,
                slides: true,
                empty_scope_is_everything: true,
                may_omit_redirect_uri: true,
                renews_services: true,
                takes_client_keys: true,
                takes_access_keys: true,
                ..Law::CANONICAL
            },
        },
    ],
    taken: &["/taken"],
    token_endpoint: None,
};

/// The interface that every client here was given.
pub fn face() -> Face {
    Face::named("front")
}

/// Somebody on the network.
pub fn caller() -> Caller {
    caller_from("192.0.2.1")
}

/// Somebody on this network.
pub fn caller_from(network: &str) -> Caller {
    Caller { address: network.to_owned(), network: network.to_owned(), ..Caller::host(&SeededRng::new(9)) }
}

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
        auditor: false,
        roles: Default::default(),
        id: UserId::from_text("alice-id"),
        username: "alice".to_owned(),
        email: Some("alice@example.org".to_owned()),
        email_verified: true,
        password: None,
        declared_password: None,
        password_changed_at: None,
        admin: false,
        may_register_clients: false,
        groups: ["staff".to_owned()].into(),
        profile: Profile {
            given_name: Some("Alice".to_owned()),
            family_name: Some("Adams".to_owned()),
            phone_number: Some("+1 555 0100".to_owned()),
            ..Profile::default()
        },
        attributes: [("desk".to_owned(), "4.12".to_owned()), ("sub".to_owned(), "mallory".to_owned())].into(),
        external_ids: vec![],
        disabled_at: None,
        created_at: START,
        updated_at: START,
        managed: false,
        access_epoch: 0,
        kind: UserKind::Person,
        guardian: None,
    }
}

/// Alice's browser.
pub fn session() -> Session {
    Session {
        remembered: false,
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

/// A confidential client's credentials in the body.
pub fn as_client(id: &str) -> Presented {
    let (client_id, client_secret) = (Some(id.to_owned()), Some(Secret::new(SECRET)));
    Presented { client_id, client_secret, ..Presented::default() }
}

/// A part of a JWT: 0 the header, 1 the claims.
pub fn part(token: &Secret, nth: usize) -> Value {
    let part = token.expose().split('.').nth(nth).expect("a JWT");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// A request to redeem `code`.
pub fn redeem(client: &str, code: &Secret) -> TokenRequest {
    request(
        client,
        GrantRequest::AuthorizationCode {
            code: code.clone(),
            redirect_uri: Some(CALLBACK.to_owned()),
            verifier: Some(Secret::new(VERIFIER)),
        },
    )
}

/// A request to renew by `token`.
pub fn renew(client: &str, token: &Secret) -> TokenRequest {
    request(client, GrantRequest::RefreshToken { token: token.clone() })
}

/// A request for tokens by `grant`.
pub fn request(client: &str, grant: GrantRequest) -> TokenRequest {
    TokenRequest { face: face(), client: as_client(client), grant, scope: None, device_id: None }
}

/// The refusal's name, or what else came.
pub fn cause<T: std::fmt::Debug>(answer: Result<T, Denied>) -> &'static str {
    match answer {
        Err(Denied::Refused(refusal)) => refusal.name(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Minutes as a span.
pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}
