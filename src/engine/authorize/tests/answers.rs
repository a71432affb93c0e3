//! Nothing is missing: a code, once, and only if everything is still so.

use std::sync::{Arc, Mutex};

use super::*;
use crate::base::clock::Timestamp;
use crate::engine::house::{ISSUER, START, redeem, session};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::code::Code;
use crate::model::consent::Consent;
use crate::model::grant::Grant;
use crate::model::interaction::Interaction;
use crate::model::session::SessionLife;
use crate::model::user::User;
use crate::records::Record;
use crate::store::memory::Memory;
use crate::store::{Answer, Changes, Fault, Key, Order, Refused, Span, Store, Value};

#[tokio::test]
async fn who_is_signed_in_and_agreed_before_is_answered_at_once() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let response = done(scene.asks(&[("nonce", "n-1"), ("response_mode", "form_post")], Some(&alice)).await);
    let names: Vec<_> = response.parameters.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["code", "state", "iss"]);
    assert_eq!(response.parameters[2].1, ISSUER);
    assert_eq!(response.mode, crate::model::interaction::ResponseMode::FormPost);
    assert_eq!(scene.house.all::<Interaction>().await, [], "nothing was kept meanwhile");

    let [code] = &scene.house.all::<Code>().await[..] else { panic!("one code") };
    let [grant] = &scene.house.all::<Grant>().await[..] else { panic!("one grant") };
    assert_eq!((code.challenge.as_deref(), code.nonce.as_deref()), (Some(CHALLENGE), Some("n-1")));
    assert_eq!((&*code.redirect_uri, code.expires_at), (CALLBACK, Timestamp(START.0 + 60)));
    assert_eq!(code.kept_until, grant.expires_at, "a replay is recognised as long as anything can live");
    assert_eq!((&grant.session, &grant.face, &code.grant), (&session().id, &face(), &grant.id));
    assert_eq!(grant.authentication, session().authentication);
    assert_eq!((grant.audience.as_slice(), grant.offline), (&[ISSUER.to_owned()][..], false));

    let issued = scene.house.token(redeem("web", &Secret::new(&response.parameters[0].1))).await.unwrap();
    assert_eq!(issued.scopes.to_string(), "openid profile");
    let log: Vec<AuditRecord> = scene.house.all().await;
    assert_eq!(log.iter().filter(|record| record.kind == AuditKind::Authorized).count(), 1);
}

#[tokio::test]
async fn a_grant_carries_what_was_agreed() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    scene.house.change::<Client>("web", |client| client.audience = vec!["https://api.example".to_owned()]).await;
    let claims = r#"{"userinfo":{"email":{"essential":true}}}"#;
    let asked = [("scope", "openid email offline_access"), ("claims", claims)];
    done(scene.asks(&asked, Some(&alice)).await);
    let [grant] = &scene.house.all::<Grant>().await[..] else { panic!("one grant") };
    assert!(grant.offline && grant.claims.userinfo["email"].essential);
    assert_eq!(grant.audience, ["https://api.example"]);
    assert_eq!(grant.expires_at, crate::engine::mint::grant_end(&scene.house.find("web").await, START));
}

#[tokio::test]
async fn a_session_or_person_that_ended_meanwhile_yields_no_code() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let id = waiting(scene.asks(&[("prompt", "consent")], Some(&alice)).await);
    scene
        .house
        .engine
        .answer_consent(&caller(), &id, &scene.browser, alice.signed_in().unwrap(), ConsentAnswer::Agree)
        .await
        .unwrap();
    scene.house.change::<User>("alice-id", |user| user.disabled_at = Some(START)).await;
    assert!(matches!(scene.resumes(&id, Some(&alice)).await, Ok(Step::SignIn(_))));
    scene.house.change::<User>("alice-id", |user| user.disabled_at = None).await;
    scene.house.change::<Session>("session-1", |session| session.life = SessionLife::Ended { at: START }).await;
    assert!(matches!(scene.resumes(&id, Some(&alice)).await, Ok(Step::SignIn(_))));
    assert_eq!(scene.house.all::<Code>().await, []);
    let answer = scene
        .house
        .engine
        .answer_consent(&caller(), &id, &scene.browser, alice.signed_in().unwrap(), ConsentAnswer::Agree)
        .await;
    assert_eq!(crate::engine::house::cause(answer), "session_ended");
}

/// A store in which something else is committed just before the next commit that makes a code.
struct Overtaken {
    inner: Memory,
    first: Mutex<Option<Changes>>,
}

impl Store for Overtaken {
    fn read(&self, keys: Vec<Key>) -> Answer<'_, Result<Vec<Option<Value>>, Fault>> {
        self.inner.read(keys)
    }

    fn walk(&self, span: Span, order: Order, limit: usize) -> Answer<'_, Result<Vec<(Key, Value)>, Fault>> {
        self.inner.walk(span, order, limit)
    }

    fn commit(&self, changes: Changes) -> Answer<'_, Result<(), Refused>> {
        let makes_a_code = changes.entries().any(|(key, _)| key.starts_with(b"code/"));
        let first = if makes_a_code { self.first.lock().unwrap().take() } else { None };
        Box::pin(async move {
            if let Some(first) = first {
                self.inner.commit(first).await?;
            }
            self.inner.commit(changes).await
        })
    }
}

/// What happens when `change` overtakes the commit of the code.
async fn overtaken<R: Record>(id: &str, change: impl FnOnce(&mut R)) -> (Scene, Result<Step, AuthorizeRefused>) {
    let store = Arc::new(Overtaken { inner: Memory::new(), first: Mutex::new(None) });
    let scene = Scene::in_house(House::over(Arc::clone(&store) as Arc<dyn Store>).await).await;
    let alice = scene.alice().await;
    let was = scene.house.engine.ledger.find::<R>(id).await.unwrap().unwrap();
    let mut now = was.record().clone();
    change(&mut now);
    let mut changes = Changes::new();
    crate::records::RecordChanges::update(&mut changes, &was, &now);
    *store.first.lock().unwrap() = Some(changes);
    let step = scene.asks(&[], Some(&alice)).await;
    (scene, step)
}

#[tokio::test]
async fn whatever_changes_between_reading_and_the_commit_is_looked_at_again() {
    let (scene, step) =
        overtaken::<Session>("session-1", |session| session.life = SessionLife::Ended { at: START }).await;
    assert!(matches!(step, Ok(Step::SignIn(_))), "{step:?}");
    assert_eq!(scene.house.all::<Code>().await, []);
    let (_, step) = overtaken::<User>("alice-id", |user| user.disabled_at = Some(START)).await;
    assert!(matches!(step, Ok(Step::SignIn(_))), "{step:?}");
    let (_, step) = overtaken::<Client>("web", |client| client.disabled_at = Some(START)).await;
    assert_eq!(on_page(step).refusal.name(), "client_disabled");
    let (_, step) = overtaken::<Consent>("alice-id/web", |consent| consent.scopes = Default::default()).await;
    assert!(matches!(step, Ok(Step::Consent(_))), "{step:?}");
    let (_, step) = overtaken::<Session>("session-1", |session| session.last_seen_at = Timestamp(START.0 + 1)).await;
    done(step);
}

#[tokio::test]
async fn verbs_can_be_awaited_on_any_thread() {
    fn on_any_thread<T: Send>(_: &T) {}
    let scene = Scene::new().await;
    let (sent, id) = (sent(&[]), InteractionId::from_text("i"));
    let (caller, face) = (caller(), face());
    let engine = &scene.house.engine;
    on_any_thread(&engine.authorize(&caller, &face, &sent, &scene.browser, None));
    on_any_thread(&engine.resume(&caller, &id, &scene.browser, None));
    on_any_thread(&engine.interaction(&id, &scene.browser, None));
    on_any_thread(&engine.request_sign_out(&caller, &sent, &scene.browser, None));
}
