//! A person in the loop: several tabs, one browser, and an answer that is given once.

use super::*;
use crate::base::ids::{SessionId, UserId};
use crate::engine::house::{START, alice, caller_from, cause, minutes, session};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::consent::Consent;
use crate::model::interaction::Interaction;
use crate::model::refusal::Refusal;
use crate::model::user::User;

impl Scene {
    /// What the sign-in page's verb writes when somebody proves who they are.
    pub(super) async fn proves(&self, id: &InteractionId, who: &Visitor) {
        let session = who.session().id.clone();
        self.house.change::<Interaction>(id.as_str(), |interaction| interaction.signed_in = Some(session)).await;
    }

    async fn says(&self, id: &InteractionId, who: &Visitor, answer: ConsentAnswer) {
        self.house.engine.answer_consent(&caller(), id, &self.browser, who.signed_in().unwrap(), answer).await.unwrap();
    }

    async fn consent(&self) -> Consent {
        self.house.find("alice-id/web").await
    }

    async fn recorded(&self, kind: AuditKind) -> usize {
        self.house.all::<AuditRecord>().await.iter().filter(|record| record.kind == kind).count()
    }
}

#[tokio::test]
async fn from_nobody_to_a_code_in_two_pages() {
    let scene = Scene::new().await;
    scene.house.delete::<Consent>("alice-id/web").await;
    let step = scene.asks(&[], None).await;
    assert!(matches!(step, Ok(Step::SignIn(_))));
    let id = waiting(step);
    assert_eq!(scene.resumes(&id, None).await.unwrap(), Step::SignIn(id.clone()), "as often as they like");

    let alice = scene.alice().await;
    scene.proves(&id, &alice).await;
    assert_eq!(scene.resumes(&id, Some(&alice)).await.unwrap(), Step::Consent(id.clone()));
    scene.says(&id, &alice, ConsentAnswer::Agree).await;
    scene.house.clock.advance(minutes(1));
    done(scene.resumes(&id, Some(&alice)).await);

    assert_eq!(scene.consent().await.scopes.to_string(), "openid profile");
    assert_eq!(scene.consent().await.since, scene.house.engine.now());
    assert_eq!(scene.recorded(AuditKind::ConsentGiven).await, 1);
    assert_eq!(denied(scene.resumes(&id, Some(&alice)).await), "interaction_answered", "once and never again");
    done(scene.asks(&[], Some(&alice)).await);
    assert_eq!(scene.recorded(AuditKind::ConsentGiven).await, 1, "what is remembered is not asked again");
}

#[tokio::test]
async fn consent_grows_and_forgets_nothing() {
    let scene = Scene::new().await;
    scene.house.change::<Consent>("alice-id/web", |consent| consent.scopes = scopes("profile")).await;
    let alice = scene.alice().await;
    scene.house.clock.advance(minutes(1));
    let claims = r#"{"userinfo":{"groups":null}}"#;
    let id = waiting(scene.asks(&[("scope", "openid email"), ("claims", claims)], Some(&alice)).await);
    scene.says(&id, &alice, ConsentAnswer::Agree).await;
    done(scene.resumes(&id, Some(&alice)).await);
    let consent = scene.consent().await;
    assert_eq!(consent.scopes.to_string(), "email openid profile");
    assert!(consent.claims.contains("groups"));
    assert_eq!((consent.since, consent.updated_at), (START, scene.house.engine.now()));
    done(scene.asks(&[("scope", "profile email"), ("prompt", "none")], Some(&alice)).await);
}

#[tokio::test]
async fn who_declines_is_taken_at_their_word() {
    let scene = Scene::new().await;
    scene.house.delete::<Consent>("alice-id/web").await;
    let alice = scene.alice().await;
    let id = waiting(scene.asks(&[], Some(&alice)).await);
    scene.says(&id, &alice, ConsentAnswer::Decline).await;
    let told = told(scene.resumes(&id, Some(&alice)).await);
    assert_eq!((told.refusal, told.state.as_deref()), (Refusal::AccessDenied, Some("xyz")));
    assert_eq!(scene.recorded(AuditKind::ConsentDeclined).await, 1);
    assert_eq!(denied(scene.resumes(&id, Some(&alice)).await), "interaction_answered");
    assert_eq!(scene.house.all::<Consent>().await, []);
}

#[tokio::test]
async fn several_tabs_go_their_own_ways_in_one_browser() {
    let scene = Scene::new().await;
    let (one, two) =
        (waiting(scene.asks(&[("state", "1")], None).await), waiting(scene.asks(&[("state", "2")], None).await));
    let alice = scene.alice().await;
    scene.proves(&two, &alice).await;
    assert_eq!(done(scene.resumes(&two, Some(&alice)).await).parameters[1].1, "2");
    assert_eq!(done(scene.resumes(&one, Some(&alice)).await).parameters[1].1, "1", "the other tab notices the sign-in");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_interaction_is_answered_once_however_many_ask() {
    let scene = std::sync::Arc::new(Scene::new().await);
    let alice = scene.alice().await;
    for _ in 0..10 {
        let id = waiting(scene.asks(&[], None).await);
        let asking = (0..16).map(|_| {
            let (scene, alice, id) = (std::sync::Arc::clone(&scene), alice.clone(), id.clone());
            tokio::spawn(async move { scene.resumes(&id, Some(&alice)).await })
        });
        let mut answers = 0;
        for step in asking.collect::<Vec<_>>() {
            match step.await.unwrap() {
                Ok(Step::Done(_)) => answers += 1,
                other => assert_eq!(denied(other), "interaction_answered"),
            }
        }
        assert_eq!(answers, 1);
    }
}

#[tokio::test]
async fn another_browser_and_another_day_find_nothing() {
    let scene = Scene::new().await;
    let id = waiting(scene.asks(&[("prompt", "select_account")], None).await);
    let alice = scene.alice().await;
    let engine = &scene.house.engine;
    for other in [Kind::Browser.generate(&*engine.rng), Secret::new(""), Secret::new(scene.browser.digest().as_str())] {
        assert_eq!(denied(engine.resume(&caller(), &id, &other, Some(&alice)).await), "interaction_gone");
        assert_eq!(cause(engine.interaction(&id, &other, Some(&alice)).await), "interaction_gone");
        assert_eq!(cause(engine.choose_account(&id, &other, &alice).await), "interaction_gone");
        let answer =
            engine.answer_consent(&caller(), &id, &other, alice.signed_in().unwrap(), ConsentAnswer::Agree).await;
        assert_eq!(cause(answer), "interaction_gone");
    }
    let unknown = InteractionId::from_text("unknown");
    assert_eq!(denied(scene.resumes(&unknown, Some(&alice)).await), "interaction_gone");
    engine.choose_account(&id, &scene.browser, &alice).await.unwrap();
    scene.house.clock.advance(Interaction::LIFETIME);
    assert_eq!(denied(scene.resumes(&id, Some(&alice)).await), "interaction_gone", "also before it is swept");
}

#[tokio::test]
async fn an_empty_cookie_binds_nothing() {
    let scene = Scene::new().await;
    let (nothing, engine) = (Secret::new(""), &scene.house.engine);
    let id = waiting(engine.authorize(&caller(), &face(), &sent(&[]), &nothing, None).await);
    assert_eq!(denied(engine.resume(&caller(), &id, &nothing, None).await), "interaction_gone");
}

#[tokio::test]
async fn choosing_an_account_goes_on_with_it() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let step = scene.asks(&[("prompt", "select_account")], Some(&alice)).await;
    assert!(matches!(step, Ok(Step::SelectAccount(_))));
    let id = waiting(step);
    scene.house.engine.choose_account(&id, &scene.browser, &alice).await.unwrap();
    done(scene.resumes(&id, Some(&alice)).await);
}

#[tokio::test]
async fn an_interaction_remembers_who_did_what_when_accounts_change_midway() {
    let scene = Scene::new().await;
    let bob = User { id: UserId::from_text("bob-id"), username: "bob".into(), email: None, ..alice() };
    let bobs = crate::model::session::Session {
        id: SessionId::from_text("session-2"),
        user: bob.id.clone(),
        cookie: "two".into(),
        ..session()
    };
    scene.house.keep(&bob).await;
    scene.house.keep(&bobs).await;
    let (alice, bob) = (scene.alice().await, scene.signed_in("session-2").await);
    let id = waiting(scene.asks(&[("prompt", "login consent")], Some(&alice)).await);
    scene.proves(&id, &alice).await;
    scene.says(&id, &alice, ConsentAnswer::Agree).await;
    assert_eq!(scene.resumes(&id, Some(&bob)).await.unwrap(), Step::SignIn(id.clone()), "Bob proved nothing");
    scene.proves(&id, &bob).await;
    assert_eq!(scene.resumes(&id, Some(&bob)).await.unwrap(), Step::Consent(id.clone()), "Bob agreed to nothing");
}

#[tokio::test]
async fn a_group_that_was_left_ends_the_way() {
    let scene = Scene::new().await;
    let id = waiting(scene.asks(&[], None).await);
    scene.house.change::<Client>("web", |client| client.groups = ["board".to_owned()].into()).await;
    let alice = scene.alice().await;
    assert_eq!(told(scene.resumes(&id, Some(&alice)).await).refusal, Refusal::UserNotAllowed);
    assert_eq!(scene.recorded(AuditKind::AuthorizationRefused).await, 1);
    assert_eq!(denied(scene.resumes(&id, Some(&alice)).await), "interaction_answered");
}

#[tokio::test]
async fn a_network_cannot_fill_the_store_with_beginnings() {
    let scene = Scene::new().await;
    let (engine, sent) = (&scene.house.engine, sent(&[]));
    let front = face();
    let begins = |from| engine.authorize(from, &front, &sent, &scene.browser, None);
    let (here, there) = (caller_from("192.0.2.1"), caller_from("192.0.2.2"));
    let mut kept = 0;
    while begins(&here).await.is_ok() {
        kept += 1;
    }
    assert_eq!(kept, 300);
    assert_eq!(denied(begins(&here).await), "too_many_tries");
    waiting(begins(&there).await);
    let alice = scene.alice().await;
    done(engine.authorize(&here, &face(), &sent, &scene.browser, Some(&alice)).await);
    scene.house.clock.advance(minutes(1));
    waiting(begins(&here).await);
}

#[tokio::test]
async fn neither_can_somebody_who_is_signed_in() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let (engine, front) = (&scene.house.engine, face());
    let asks = async |prompt: &str, from: &str| {
        let sent = sent(&[("prompt", prompt)]);
        engine.authorize(&caller_from(from), &front, &sent, &scene.browser, Some(&alice)).await
    };
    let mut answered = 0;
    while let Ok(step) = asks(["", "consent"][answered % 2], &format!("192.0.2.{answered}")).await {
        assert!(answered < 1_000, "there is an end to it");
        assert_eq!(matches!(step, Step::Done(_)), answered % 2 == 0, "grants and interactions alike");
        answered += 1;
    }
    assert_eq!(answered, 120);
    assert_eq!(denied(asks("", "198.51.100.1").await), "too_many_tries");
    waiting(engine.authorize(&caller(), &face(), &sent(&[]), &scene.browser, None).await);
    scene.house.clock.advance(std::time::Duration::from_secs(1));
    done(asks("", "198.51.100.1").await);
    assert_eq!(denied(asks("", "198.51.100.1").await), "too_many_tries");
}
