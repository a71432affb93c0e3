//! A small house for tests: records in memory, a clock that stands still, cheap hashes.

use std::sync::Arc;

use crate::base::clock::{StillClock, Timestamp};
use crate::base::ids::{RequestId, UserId};
use crate::base::secret::Secret;
use crate::engine::{Caller, Denied, Engine, house};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::refusal::Refusal;
use crate::model::settings::{Smtp, SmtpSecurity};
use crate::model::user::User;
use crate::records::{Record, RecordChanges};
use crate::store::memory::Memory;
use crate::store::{Changes, Order, Store};

use super::{Fresh, HashingLimits, NewSession, SignIn};

/// The password of everybody in the house.
pub(crate) const PASSWORD: &str = "plum kettle orbits vase";

/// A mail server, for houses that send letters.
pub(crate) fn relay() -> Smtp {
    Smtp {
        host: "localhost".to_owned(),
        port: 25,
        security: SmtpSecurity::None,
        username: String::new(),
        password: None,
        from: "id@example.org".to_owned(),
    }
}

/// An engine with what tests need to look behind it.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) clock: Arc<StillClock>,
    pub(crate) store: Arc<dyn Store>,
}

impl House {
    /// An empty one.
    pub(crate) async fn new() -> House {
        House::over(Arc::new(Memory::new()), 1).await
    }

    /// One over a store that is there already, whose hashes take `iterations` passes.
    pub(crate) async fn over(store: Arc<dyn Store>, iterations: u32) -> House {
        let clock = Arc::new(StillClock::at(Timestamp(1_800_000_000)));
        let hashing = HashingLimits { iterations, ..HashingLimits::TINY };
        let engine = house::open_with(store.clone(), &clock, u64::from(iterations), hashing).await;
        House { engine, clock, store }
    }

    /// Somebody with [`PASSWORD`] and an address at example.net.
    pub(crate) async fn person(&self, username: &str) -> User {
        let password = self.engine.gate.hasher.hash(&Secret::new(PASSWORD)).await.unwrap();
        let now = self.engine.now();
        let user = User {
            email: Some(format!("{username}@example.net")),
            password: Some(password),
            password_changed_at: Some(now),
            ..User::named(UserId::random(&*self.engine.rng), username.to_owned(), now)
        };
        self.keep(&user).await;
        user
    }

    /// Writes a record that is not there yet.
    pub(crate) async fn keep<R: Record>(&self, record: &R) {
        let mut changes = Changes::new();
        changes.create(record);
        self.engine.ledger.commit(changes).await.unwrap();
    }

    /// Changes a record behind the engine's back.
    pub(crate) async fn change<R: Record>(&self, id: &str, change: impl FnOnce(&mut R)) {
        let kept = self.engine.ledger.find::<R>(id).await.unwrap().unwrap();
        let mut now = kept.record().clone();
        change(&mut now);
        let mut changes = Changes::new();
        changes.update(&kept, &now);
        self.engine.ledger.commit(changes).await.unwrap();
    }

    /// A record as it is.
    pub(crate) async fn find<R: Record>(&self, id: &str) -> Option<R> {
        self.engine.ledger.find::<R>(id).await.unwrap().map(|kept| kept.record().clone())
    }

    /// A new person who has just signed in.
    pub(crate) async fn fresh_person(&self, username: &str) -> Fresh {
        self.person(username).await;
        let signed_in = self.sign_in(username, PASSWORD).await.unwrap().signed_in;
        self.engine.fresh(&signed_in).await.unwrap()
    }

    /// Signs in from a network of one's own.
    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Result<NewSession, Denied> {
        self.engine.sign_in(&caller("198.51.100.1"), &ask(username, password)).await?.done()
    }

    /// The activity log, oldest first.
    pub(crate) async fn log(&self) -> Vec<AuditRecord> {
        let page = self.engine.ledger.list::<AuditRecord>(Order::Ascending, None, 10_000).await.unwrap();
        page.items.into_iter().map(|kept| kept.record().clone()).collect()
    }

    /// How many records of a kind the activity log has.
    pub(crate) async fn logged(&self, kind: AuditKind) -> usize {
        self.log().await.iter().filter(|record| record.kind == kind).count()
    }
}

/// A caller from this network.
pub(crate) fn caller(network: &str) -> Caller {
    Caller {
        request: RequestId::from_text("r1"),
        address: network.to_owned(),
        network: network.to_owned(),
        user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".to_owned(),
    }
}

/// A name and a password, and a browser that nobody has used before.
pub(crate) fn ask(username: &str, password: &str) -> SignIn {
    SignIn {
        username: username.to_owned(),
        password: Secret::new(password),
        interaction: None,
        browser: None,
        current: None,
        known: None,
        familiar: None,
        device: None,
        confirms: false,
    }
}

/// The refusal somebody met.
pub(crate) fn refusal<T: std::fmt::Debug>(answer: Result<T, Denied>) -> Refusal {
    match answer {
        Err(Denied::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}
