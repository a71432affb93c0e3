//! The house of a story: the whole server without a socket.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use countersign::base::clock::{Clock, StillClock, Timestamp};
use countersign::base::rng::SeededRng;
use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::{NewUser, UserChange};
use countersign::engine::{Caller, Engine, Foundation};
use countersign::model::client::ClientType;
use countersign::model::mail::MailServer;
use countersign::model::scope::{Scope, ScopeDefinition};
use countersign::model::user::Profile;
use countersign::store::{Key, Value};
use poem::http::Uri;
use tokio::sync::OnceCell;

use crate::indoors::{self, Indoors};

use super::app::App;
use super::browser::Browser;
use super::person::Person;
use super::store::Cellar;
use super::wire::{Ask, Reply};

/// When every story begins.
pub const START: Timestamp = Timestamp(1_800_000_000);
pub const ISSUER: &str = "https://id.example";
/// Everybody's password.
pub const PASSWORD: &str = "plum kettle orbits vase";

/// A server with its clock, its store and its verbs within reach.
pub struct House {
    pub issuer: &'static str,
    pub engine: Arc<Engine>,
    pub clock: Arc<StillClock>,
    pub store: Arc<Cellar>,
    pub server: Indoors,
    asked: AtomicU64,
}

impl House {
    /// A server on its first day, that nobody knows yet.
    pub async fn fresh() -> House {
        House::of(ISSUER, &[]).await
    }

    /// One whose issuer is another.
    pub async fn called(issuer: &'static str) -> House {
        House::of(issuer, &[]).await
    }

    /// One that believes what its neighbour forwards.
    pub async fn behind_a_proxy() -> House {
        House::of(ISSUER, &["198.51.100.1"]).await
    }

    /// One that writes to people through this mail server.
    pub async fn with_mail(mail: MailServer) -> House {
        let store = Arc::new(Cellar::holding(first_day().await).await);
        let clock = Arc::new(StillClock::at(START));
        let foundation = Foundation { mail: Some(mail), ..foundation(ISSUER, &store, &clock, 2) };
        let server = Indoors::open(foundation, &[]).await;
        House { issuer: ISSUER, engine: server.engine.clone(), clock, store, server, asked: AtomicU64::new(0) }
    }

    async fn of(issuer: &'static str, proxies: &[&str]) -> House {
        let store = Arc::new(Cellar::holding(first_day().await).await);
        let clock = Arc::new(StillClock::at(START));
        House::over(issuer, proxies, store, clock, 2).await
    }

    /// The same house after a restart: what was only remembered is forgotten.
    pub async fn restarted(&self) -> House {
        House::over(self.issuer, &[], self.store.clone(), self.clock.clone(), 3).await
    }

    async fn over(
        issuer: &'static str,
        proxies: &[&str],
        store: Arc<Cellar>,
        clock: Arc<StillClock>,
        seed: u64,
    ) -> House {
        let server = Indoors::open(foundation(issuer, &store, &clock, seed), proxies).await;
        House { issuer, engine: server.engine.clone(), clock, store, server, asked: AtomicU64::new(0) }
    }

    /// Asks, and insists on what holds for every reply.
    pub async fn asks(&self, ask: Ask) -> Reply {
        let uri: Uri = ask.path.parse().unwrap_or_else(|error| panic!("{}: {error}", ask.path));
        let mut request = poem::http::Request::new(());
        (*request.method_mut(), *request.uri_mut(), *request.headers_mut()) = (ask.method, uri, ask.headers);
        let response = self.server.answer(request, ask.body, ask.peer).await;
        let (head, body) = response.into_parts();
        let body = body.into_bytes().await.expect("a whole body");
        let body = String::from_utf8_lossy(&body).into_owned();
        let reply = Reply { status: head.status.as_u16(), headers: head.headers, body };
        reply.check(self.issuer.starts_with("https:"));
        reply
    }

    pub async fn gets(&self, path: &str) -> Reply {
        self.asks(Ask::get(path)).await
    }

    /// Somebody with an account, a password and a browser.
    pub async fn person(&self, username: &str) -> Person<'_> {
        self.person_with(username, vec![]).await
    }

    pub async fn person_with(&self, username: &str, mut changes: Vec<UserChange>) -> Person<'_> {
        let capital = username[..1].to_uppercase() + &username[1..];
        let profile = Profile {
            given_name: Some(capital),
            family_name: Some("Adams".to_owned()),
            phone_number: Some("+1 555 0100".to_owned()),
            ..Profile::default()
        };
        let customary = [
            UserChange::Email(Some(format!("{username}@example.org"))),
            UserChange::EmailVerified(true),
            UserChange::Profile(Box::new(profile)),
        ];
        changes.splice(0..0, customary);
        let new = NewUser { username: username.to_owned(), changes };
        let user = self.engine.create_user(&Actor::host(), &host(), &new).await.expect("a new user");
        let link = self.engine.start_recovery(&Actor::host(), &host(), &user.id).await.expect("a link");
        self.engine.finish_recovery(&host(), &link, &Secret::new(PASSWORD)).await.expect("a password");
        Person { name: username.to_owned(), id: user.id, browser: self.browser() }
    }

    /// A browser that was never here.
    pub fn browser(&self) -> Browser<'_> {
        Browser::of(self)
    }

    /// A web application with a secret, at `https://NAME.example`.
    pub async fn app(&self, name: &str) -> App<'_> {
        self.app_with(name, ClientType::Web, vec![]).await
    }

    /// A single-page application, which keeps no secret.
    pub async fn page_app(&self, name: &str) -> App<'_> {
        self.app_with(name, ClientType::Spa, vec![]).await
    }

    pub async fn app_with(&self, name: &str, kind: ClientType, changes: Vec<ClientChange>) -> App<'_> {
        App::register(self, name, kind, changes).await
    }

    /// A web application that was given another dialect than the canonical one.
    pub async fn app_of(&self, dialect: &str, name: &str, changes: Vec<ClientChange>) -> App<'_> {
        App::register_in(self, &[dialect], name, ClientType::Web, changes).await
    }

    /// A scope of the deployment's own.
    pub async fn scope(&self, name: &str, sentence: &str) {
        let name = Scope::parse(name).expect("a scope");
        let scope = ScopeDefinition { name, description: sentence.to_owned(), claims: vec![], managed: false };
        self.engine.create_scope(&Actor::host(), &host(), &scope).await.expect("a new scope");
    }

    pub async fn group(&self, name: &str) {
        self.engine.create_group(&Actor::host(), &host(), name).await.expect("a new group");
    }

    pub fn later(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// A number that was not given out before.
    pub fn number(&self) -> u64 {
        self.asked.fetch_add(1, Ordering::SeqCst) + 1
    }

    pub fn now(&self) -> i64 {
        self.clock.now().0
    }
}

/// Whoever runs the server.
pub fn host() -> Caller {
    Caller::host(&SeededRng::new(9))
}

fn foundation(issuer: &str, store: &Arc<Cellar>, clock: &Arc<StillClock>, seed: u64) -> Foundation {
    indoors::foundation(issuer, store.clone(), clock.clone(), Arc::new(SeededRng::new(seed)))
}

/// What a store holds on its first day: keys and scopes. Made once for all stories, since finding an RSA key takes a while.
async fn first_day() -> Vec<(Key, Value)> {
    static ENTRIES: OnceCell<Vec<(Key, Value)>> = OnceCell::const_new();
    let made = ENTRIES.get_or_init(|| async {
        let (store, clock) = (Arc::new(Cellar::default()), Arc::new(StillClock::at(START)));
        let _ = Engine::open(foundation(ISSUER, &store, &clock, 1)).await.expect("an engine");
        store.everything().await
    });
    made.await.clone()
}
