use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use super::activity::ActivityFilter;
use super::client_change::{ClientChange, NewClient};
use super::user_change::{NewUser, UserChange};
use super::users::UserFilter;
use super::*;
use crate::base::clock::{StillClock, Timestamp};
use crate::base::ids::{ClientId, UserId};
use crate::base::rng::SeededRng;
use crate::engine::house::{House, caller};
use crate::engine::{Caller, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::client::{ClientType, GrantType};
use crate::model::consent::Consent;
use crate::model::credential::{PasswordHash, RecoveryLink};
use crate::model::face::Face;
use crate::model::grant::Grant;
use crate::model::redirect_uri::RedirectUri;
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, ScopeDefinition, Scopes};
use crate::model::session::Session;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Changes;
use crate::store::memory::Memory;

const HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g";

/// A server that stands still, with the host as its administrator.
struct Scene {
    engine: Engine,
    clock: Arc<StillClock>,
    host: Actor,
    caller: Caller,
}

impl Scene {
    async fn new() -> Scene {
        let clock = Arc::new(StillClock::at(Timestamp(1_800_000_000)));
        let rng = SeededRng::new(7);
        let caller = Caller::host(&rng);
        let engine = crate::engine::house::open(Arc::new(Memory::new()), &clock, 7).await;
        Scene { engine, clock, host: Actor::host(), caller }
    }

    async fn user(&self, name: &str, changes: Vec<UserChange>) -> Result<User, Denied> {
        self.engine.create_user(&self.host, &self.caller, &NewUser { username: name.to_owned(), changes }).await
    }

    /// An administrator who has chosen a password.
    async fn administrator(&self, name: &str) -> User {
        let user = self.user(name, vec![UserChange::Admin(true)]).await.unwrap();
        let was = self.engine.ledger.find::<User>(user.id.as_str()).await.unwrap().unwrap();
        let user = User { password: PasswordHash::parse(HASH), ..user };
        let mut changes = Changes::new();
        changes.update(&was, &user);
        self.engine.ledger.commit(changes).await.unwrap();
        user
    }

    /// Records of one second come in no order: what follows happens a second later.
    fn later(&self) -> &Engine {
        self.clock.advance(Duration::from_secs(1));
        &self.engine
    }

    async fn wiki(&self) -> clients::Registered {
        self.engine.create_client(&self.host, &self.caller, &wiki()).await.unwrap()
    }

    async fn kinds(&self) -> Vec<&'static str> {
        let page = self.engine.activity(&self.host, &ActivityFilter::default(), None, 100).await.unwrap();
        page.items.iter().rev().map(|record| record.kind.name()).collect()
    }
}

fn wiki() -> NewClient {
    NewClient {
        id: Some(ClientId::from_text("wiki")),
        name: "Team wiki".to_owned(),
        kind: ClientType::Web,
        faces: vec![Face::named("oidc")],
        changes: vec![ClientChange::AddRedirectUri(uri("https://wiki.example/cb"))],
    }
}

fn uri(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

fn field(answer: Result<impl std::fmt::Debug, Denied>) -> &'static str {
    match answer {
        Err(Denied::Refused(Refusal::FieldInvalid(problem))) => problem.field,
        Err(Denied::Refused(Refusal::Taken(field))) => field,
        other => panic!("expected a refused field, got {other:?}"),
    }
}

fn refusal(answer: Result<impl std::fmt::Debug, Denied>) -> Refusal {
    match answer {
        Err(Denied::Refused(refusal)) => refusal,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[tokio::test]
async fn a_client_is_made_changed_and_ended_and_the_log_tells_it() {
    let scene = Scene::new().await;
    let made = scene.wiki().await;
    assert!(made.secret.unwrap().expose().starts_with("cs_"));
    assert!(made.client.needs_pkce() && made.client.scopes.has("openid"));
    let (engine, host, caller, id) = (&scene.engine, &scene.host, &scene.caller, &made.client.id);
    let changes = [ClientChange::Name("Wiki".to_owned()), ClientChange::RequirePkce(false)];
    scene.later().change_client(host, caller, id, &changes).await.unwrap();
    engine.change_client(host, caller, id, &changes).await.unwrap();
    scene.later().disable_client(host, caller, id, true).await.unwrap();
    engine.disable_client(host, caller, id, true).await.unwrap();
    let page = engine.activity(host, &ActivityFilter::default(), None, 10).await.unwrap();
    let updated = page.items.iter().find(|record| record.kind == AuditKind::ClientUpdated).unwrap();
    assert_eq!(updated.details["name"], "Team wiki → Wiki");
    assert_eq!(updated.details["require_pkce"], "yes → no");
    assert_eq!(engine.overview(host).await.unwrap().clients_without_pkce, 1);
    scene.later().delete_client(host, caller, id).await.unwrap();
    assert_eq!(scene.kinds().await, ["client_created", "client_updated", "client_disabled", "client_deleted"]);
    assert_eq!(refusal(engine.client_detail(host, id).await), Refusal::NotFound("client"));
}

#[tokio::test]
async fn use_is_shown_before_it_is_written_down() {
    let scene = Scene::new().await;
    let made = scene.wiki().await;
    let (engine, host) = (&scene.engine, &scene.host);
    let (id, secret) = (made.client.id, made.client.secrets[0].id.clone());
    engine.tally.accepted(&id, &secret, engine.now());
    let detail = engine.client_detail(host, &id).await.unwrap();
    assert_eq!(detail.usage.last_used_at, Some(engine.now()));
    assert_eq!(detail.usage.secrets.get(secret.as_str()), Some(&engine.now()));
    assert_eq!(engine.clients_last_used(host, &[id]).await.unwrap(), [Some(engine.now())]);
}

#[tokio::test]
async fn secrets_live_side_by_side_and_end_one_by_one() {
    let scene = Scene::new().await;
    let id = scene.wiki().await.client.id;
    let (engine, host, caller) = (&scene.engine, &scene.host, &scene.caller);
    let end = engine.now().plus(Duration::from_secs(60));
    let second = engine.add_secret(host, caller, &id, Some(end)).await.unwrap();
    assert_eq!(field(engine.add_secret(host, caller, &id, Some(engine.now())).await), "expires_at");
    let client = engine.client_detail(host, &id).await.unwrap().client;
    assert_eq!(client.live_secrets(engine.now()).count(), 2);
    assert_eq!(engine.overview(host).await.unwrap().secrets_ending.len(), 1);
    scene.clock.advance(Duration::from_secs(61));
    assert_eq!(client.live_secrets(engine.now()).count(), 1);
    engine.remove_secret(host, caller, &id, &second.kept.id).await.unwrap();
    assert_eq!(refusal(engine.remove_secret(host, caller, &id, &second.kept.id).await), Refusal::NotFound("secret"));
    let public = NewClient { id: None, kind: ClientType::Spa, ..wiki() };
    let public = engine.create_client(host, caller, &public).await.unwrap();
    assert!(public.secret.is_none());
    assert_eq!(public.client.origins, ["https://wiki.example"]);
    assert_eq!(field(engine.add_secret(host, caller, &public.client.id, None).await), "secret");
}

#[tokio::test]
async fn what_a_client_may_not_be_is_refused_by_field() {
    let scene = Scene::new().await;
    scene.wiki().await;
    let refused = async |changes: Vec<ClientChange>| {
        let id = ClientId::from_text("wiki");
        field(scene.engine.change_client(&scene.host, &scene.caller, &id, &changes).await)
    };
    assert_eq!(refused(vec![ClientChange::Name(" ".to_owned())]).await, "name");
    assert_eq!(refused(vec![ClientChange::RedirectUris(Vec::new())]).await, "redirect_uris");
    assert_eq!(refused(vec![ClientChange::AddRedirectUri(uri("org.example.app:/cb"))]).await, "redirect_uris");
    assert_eq!(refused(vec![ClientChange::Scopes(Scopes::parse("openid unheard").unwrap())]).await, "scopes");
    assert_eq!(refused(vec![ClientChange::Groups(BTreeSet::from(["staff".to_owned()]))]).await, "groups");
    assert_eq!(refused(vec![ClientChange::Origins(vec!["https://a.test/".to_owned()])]).await, "origins");
    assert_eq!(refused(vec![ClientChange::Grants(BTreeSet::from([GrantType::RefreshToken]))]).await, "grants");
    let again = scene.engine.create_client(&scene.host, &scene.caller, &wiki()).await;
    assert_eq!(field(again), "id");
}

#[tokio::test]
async fn somebody_always_administers() {
    let scene = Scene::new().await;
    let (engine, host, caller) = (&scene.engine, &scene.host, &scene.caller);
    let ana = scene.administrator("ana").await;
    let demote = [UserChange::Admin(false)];
    assert_eq!(refusal(engine.change_user(host, caller, &ana.id, &demote).await), Refusal::LastAdministrator);
    assert_eq!(refusal(engine.disable_user(host, caller, &ana.id, true).await), Refusal::LastAdministrator);
    assert_eq!(refusal(engine.delete_user(host, caller, &ana.id).await), Refusal::LastAdministrator);
    scene.user("bare", vec![UserChange::Admin(true)]).await.unwrap();
    let alone = engine.disable_user(host, caller, &ana.id, true).await;
    assert_eq!(refusal(alone), Refusal::LastAdministrator, "who has no password cannot take over");
    let bob = scene.administrator("bob").await;
    let (as_ana, as_bob) = (Actor::of_user(&ana).unwrap(), Actor::of_user(&bob).unwrap());
    engine.disable_user(&as_bob, caller, &ana.id, true).await.unwrap();
    assert_eq!(refusal(engine.create_group(&as_ana, caller, "staff").await), Refusal::NotPermitted);
    assert_eq!(refusal(engine.disable_user(&as_bob, caller, &bob.id, true).await), Refusal::LastAdministrator);
    assert!(Actor::of_user(&engine.user_detail(host, &ana.id).await.unwrap()).is_err());
    engine.delete_user(&as_bob, caller, &ana.id).await.unwrap();
    assert_eq!(engine.overview(host).await.unwrap().administrators, 2);
}

#[tokio::test]
async fn of_two_administrators_who_disable_each_other_one_stays() {
    for _ in 0..20 {
        let scene = Scene::new().await;
        let ana = scene.administrator("ana").await;
        let bob = scene.administrator("bob").await;
        let (as_ana, as_bob) = (Actor::of_user(&ana).unwrap(), Actor::of_user(&bob).unwrap());
        let (one, other) = tokio::join!(
            scene.engine.disable_user(&as_ana, &scene.caller, &bob.id, true),
            scene.engine.disable_user(&as_bob, &scene.caller, &ana.id, true),
        );
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    }
}

#[tokio::test]
async fn names_and_addresses_belong_to_one_user() {
    let scene = Scene::new().await;
    let (engine, host, caller) = (&scene.engine, &scene.host, &scene.caller);
    let address = |text: &str| UserChange::Email(Some(text.to_owned()));
    let ana = scene.user("ana", vec![address("Ana@Example.org")]).await.unwrap();
    assert_eq!(field(scene.user("ANA", vec![]).await), "username");
    assert_eq!(field(scene.user("ana@example.ORG", vec![]).await), "username");
    assert_eq!(field(scene.user("bob", vec![address("ana@example.org")]).await), "email");
    assert_eq!(field(scene.user("bob", vec![address("nowhere")]).await), "email");
    assert_eq!(engine.user_called(host, "ANA@example.org").await.unwrap().unwrap().id, ana.id);
    let verified = [UserChange::EmailVerified(true)];
    assert!(engine.change_user(host, caller, &ana.id, &verified).await.unwrap().email_verified);
    assert!(!engine.change_user(host, caller, &ana.id, &[address("a@b.test")]).await.unwrap().email_verified);
    let found = engine.list_users(host, &UserFilter::Search("AN".to_owned()), None, 10).await.unwrap();
    assert_eq!(found.items.len(), 1);
}

#[tokio::test]
async fn groups_and_scopes_in_use_stay() {
    let scene = Scene::new().await;
    let (engine, host, caller) = (&scene.engine, &scene.host, &scene.caller);
    engine.create_group(host, caller, "staff").await.unwrap();
    assert_eq!(field(engine.create_group(host, caller, "staff").await), "name");
    let ana = scene.user("ana", vec![UserChange::AddGroup("staff".to_owned())]).await.unwrap();
    assert_eq!(field(engine.delete_group(host, caller, "staff").await), "name");
    engine.change_user(host, caller, &ana.id, &[UserChange::RemoveGroup("staff".to_owned())]).await.unwrap();
    engine.delete_group(host, caller, "staff").await.unwrap();

    let name = Scope::parse("projects_read").unwrap();
    let scope = ScopeDefinition {
        name: name.clone(),
        description: "See your projects".to_owned(),
        claims: vec![],
        managed: false,
    };
    engine.create_scope(host, caller, &scope).await.unwrap();
    let id = scene.wiki().await.client.id;
    let asked = ClientChange::Scopes(Scopes::parse("openid projects_read").unwrap());
    engine.change_client(host, caller, &id, &[asked]).await.unwrap();
    assert_eq!(field(engine.delete_scope(host, caller, &name).await), "name");
    let openid = Scope::parse("openid").unwrap();
    assert_eq!(field(engine.delete_scope(host, caller, &openid).await), "name");
    engine.change_scope(host, caller, &openid, "Know who you are", &[]).await.unwrap();
    assert_eq!(field(engine.change_scope(host, caller, &openid, "x", &["email".to_owned()]).await), "claims");
    engine.seed_scopes().await.unwrap();
    assert_eq!(engine.scope_detail(host, &openid).await.unwrap().description, "Know who you are");
}

#[tokio::test]
async fn the_log_is_filtered_and_paged() {
    let scene = Scene::new().await;
    let (engine, host) = (&scene.engine, &scene.host);
    for nth in 0..30 {
        scene.clock.advance(Duration::from_secs(1));
        scene.user(&format!("user{nth}"), vec![]).await.unwrap();
        engine.create_group(host, &scene.caller, &format!("group{nth}")).await.unwrap();
    }
    let only_users = ActivityFilter { kind: Some(AuditKind::UserCreated), ..ActivityFilter::default() };
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = engine.activity(host, &only_users, after.as_deref(), 7).await.unwrap();
        seen.extend(page.items.iter().map(|record| record.details["username"].clone()));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(seen.len(), 30);
    assert_eq!((seen[0].as_str(), seen[29].as_str()), ("user29", "user0"));
    let first = engine.user_called(host, "user3").await.unwrap().unwrap();
    let about = ActivityFilter { user: Some(first.id), kind: Some(AuditKind::GroupCreated), ..Default::default() };
    assert!(engine.activity(host, &about, None, 7).await.unwrap().items.is_empty());
}

/// With whom something ends, all that is theirs ends.
#[tokio::test]
async fn nothing_is_left_of_a_deleted_user_or_client() {
    let house = House::new().await;
    let (host, caller) = (Actor::host(), caller());
    house.sign_in("openid profile offline_access").await;
    let alice = house.engine.user_detail(&host, &UserId::from_text("alice-id")).await.unwrap();
    house.engine.start_recovery(&host, &caller, &alice.id).await.unwrap();
    house.engine.delete_user(&host, &caller, &alice.id).await.unwrap();
    assert!(house.all::<User>().await.is_empty());
    assert!(house.all::<Session>().await.is_empty() && house.all::<Consent>().await.is_empty());
    assert!(house.all::<Grant>().await.is_empty() && house.all::<RecoveryLink>().await.is_empty());

    let house = House::new().await;
    assert_eq!(house.all::<Consent>().await.len(), 1);
    house.engine.delete_client(&host, &caller, &ClientId::from_text("web")).await.unwrap();
    assert!(house.all::<Consent>().await.is_empty());
    let found = house.engine.ledger.examine(true).await.unwrap();
    assert!(found.problems.is_empty(), "{found:?}");
}

#[tokio::test]
async fn whoever_is_switched_off_is_signed_out() {
    let house = House::new().await;
    let (host, caller, alice) = (Actor::host(), caller(), UserId::from_text("alice-id"));
    assert_eq!(house.engine.user_sessions(&host, &alice).await.unwrap().len(), 1);
    house.engine.disable_user(&host, &caller, &alice, true).await.unwrap();
    assert!(house.engine.user_sessions(&host, &alice).await.unwrap().is_empty());
    house.engine.disable_user(&host, &caller, &alice, false).await.unwrap();
    assert!(house.engine.user_sessions(&host, &alice).await.unwrap().is_empty(), "they sign in anew");
}
