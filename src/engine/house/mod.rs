//! A small house for the engine's tests: Alice, a few clients, a clock and a chance that stand still.
//!
//! [`House`] is the house, built by [`building`]; [`records`] is who and what is in it, [`requests`] what they ask.

mod building;
mod records;
mod requests;

pub use building::{face, open, open_with};
pub use records::{alice, client, consent, secret, session};
pub use requests::{as_client, caller, caller_from, cause, minutes, part, redeem, renew, request};

use std::sync::Arc;

use serde_json::Value;

use crate::base::clock::{StillClock, Timestamp};
use crate::base::ids::GrantId;
use crate::base::secret::{Kind, Secret};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::Client;
use crate::model::code::{Code, CodeLife};
use crate::model::grant::{Grant, GrantLife};
use crate::model::scope::Scopes;
use crate::model::session::Authentication;
use crate::model::token::{RefreshLife, RefreshToken};
use crate::model::user::User;
use crate::records::{Record, RecordChanges};
use crate::store::memory::Memory;
use crate::store::{Changes, Store};

use super::introspect::Introspection;
use super::token::{Issued, TokenRequest};
use super::{Denied, Engine};

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
            remembered: None,
            actor: None,
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
