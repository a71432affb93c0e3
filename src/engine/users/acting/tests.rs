use std::time::Duration;

use super::*;
use crate::base::secret::{Kind, Secret};
use crate::engine::Denied;
use crate::engine::admin::Actor;
use crate::engine::users::sessions::Opening;
use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal};
use crate::engine::users::{NewSession, SignIn, Visitor};
use crate::model::audit::AuditKind;
use crate::model::session::SessionLife;
use crate::records::Record;

const HERE: &str = "198.51.100.1";

/// Ada, who administers, in her browser; and Ben.
struct Scene {
    house: House,
    browser: Secret,
    ada: NewSession,
    ben: User,
}

impl Scene {
    async fn new() -> Scene {
        let house = House::new().await;
        house.keep(&Settings { impersonation: true, ..Settings::default() }).await;
        let (ada, ben) = (house.person("ada").await, house.person("ben").await);
        house.change::<User>(ada.id.as_str(), |user| user.admin = true).await;
        let browser = Kind::Browser.generate(&*house.engine.rng);
        let ada = house.sign_in("ada", PASSWORD).await.unwrap();
        Scene { house, browser, ada, ben }
    }

    async fn acts(&self) -> Result<NewActing, Denied> {
        let engine = &self.house.engine;
        let fresh = engine.fresh(&self.ada.signed_in).await.unwrap();
        let by = Actor::administrator(&self.ada.signed_in).unwrap().proved_by(&fresh);
        let wanted = ActAs { user: self.ben.id.clone(), reason: "To help".to_owned(), minutes: 30 };
        engine.act_for(&by, &caller(HERE), &fresh, &self.browser, &wanted).await
    }
}

#[tokio::test]
async fn of_whoever_acts_there_is_no_evidence_that_an_account_opens_to() {
    let scene = Scene::new().await;
    let new = scene.acts().await.unwrap();
    let engine = &scene.house.engine;
    assert!(engine.session(&new.cookie).await.unwrap().is_none());
    let visitor = engine.visitor(&new.cookie).await.unwrap().expect("somebody");
    assert!(visitor.signed_in().is_none() && visitor.user().id == scene.ben.id);
    assert_eq!(visitor.acting().unwrap().administrator, scene.ada.signed_in.user().id);
    assert!(engine.visitor(&scene.ada.cookie).await.unwrap().unwrap().signed_in().is_some(), "her own stays open");
}

#[tokio::test]
async fn the_host_and_another_administrators_proof_begin_nothing() {
    let scene = Scene::new().await;
    let engine = &scene.house.engine;
    let fresh = engine.fresh(&scene.ada.signed_in).await.unwrap();
    let wanted = ActAs { user: scene.ben.id.clone(), reason: "To help".to_owned(), minutes: 30 };
    for by in [Actor::host(), Actor::file()] {
        let refused = engine.act_for(&by, &caller(HERE), &fresh, &scene.browser, &wanted).await;
        assert_eq!(refusal(refused), Refusal::NotPermitted);
    }
    scene.house.change::<User>(fresh.user().id.as_str(), |user| user.admin = false).await;
    assert_eq!(refusal(scene.acts().await), Refusal::NotPermitted);
}

#[tokio::test]
async fn renewing_it_would_leave_it_what_it_is() {
    let scene = Scene::new().await;
    let new = scene.acts().await.unwrap();
    let (engine, session) = (&scene.house.engine, new.visitor.session());
    scene.house.clock.advance(Duration::from_secs(60));
    let how = session.authentication.clone();
    let again = engine.open_session(&caller(HERE), &scene.ben, how, &Opening::Again(session));
    let renewed = again.signed_in.session();
    assert_eq!((&renewed.acting, renewed.expires_at), (&session.acting, session.expires_at));
    assert!(Visitor::from(again.signed_in).signed_in().is_none());
}

#[tokio::test]
async fn whoever_signs_in_there_ends_it_and_gets_another_session() {
    let scene = Scene::new().await;
    let new = scene.acts().await.unwrap();
    let current = Some(new.visitor.clone());
    let ask = SignIn { current, known: Some(new.cookie.clone()), ..ask("ben", PASSWORD) };
    let own = scene.house.engine.sign_in(&caller(HERE), &ask).await.unwrap().done().unwrap();
    assert_ne!(own.signed_in.session().id, new.visitor.session().id);
    assert!(own.signed_in.session().acting.is_none());
    assert!(scene.house.engine.visitor(&new.cookie).await.unwrap().is_none());
    assert_eq!(scene.house.logged(AuditKind::ActingEnded).await, 1);
}

#[tokio::test]
async fn each_thing_it_rests_on_is_looked_at() {
    type Change = fn(&Scene, &NewActing) -> (String, &'static str);
    let grounds: [(&str, Change); 6] = [
        ("the administrator's right", |scene, _| (scene.ada.signed_in.user().id.to_string(), "admin")),
        ("the administrator's access", |scene, _| (scene.ada.signed_in.user().id.to_string(), "epoch")),
        ("the administrator's account", |scene, _| (scene.ada.signed_in.user().id.to_string(), "disabled")),
        ("the person's access", |scene, _| (scene.ben.id.to_string(), "epoch")),
        ("the person's role", |scene, _| (scene.ben.id.to_string(), "registrar")),
        ("the person's account", |scene, _| (scene.ben.id.to_string(), "disabled")),
    ];
    for (what, of) in grounds {
        let scene = Scene::new().await;
        let new = scene.acts().await.unwrap();
        let (id, change) = of(&scene, &new);
        scene
            .house
            .change::<User>(&id, |user| match change {
                "admin" => user.admin = false,
                "epoch" => user.end_access(),
                "registrar" => user.may_register_clients = true,
                _ => user.disabled_at = Some(user.created_at),
            })
            .await;
        assert!(scene.house.engine.visitor(&new.cookie).await.unwrap().is_none(), "{what}");
    }
    let scene = Scene::new().await;
    let new = scene.acts().await.unwrap();
    let own = scene.ada.signed_in.session();
    scene.house.change::<Session>(own.id.as_str(), |own| own.life = SessionLife::Ended { at: own.created_at }).await;
    assert!(scene.house.engine.visitor(&new.cookie).await.unwrap().is_none(), "the administrator's own session");
    let scene = Scene::new().await;
    let new = scene.acts().await.unwrap();
    scene.house.change::<Settings>("only", |settings| settings.impersonation = false).await;
    assert!(scene.house.engine.visitor(&new.cookie).await.unwrap().is_none(), "the setting");
}

#[tokio::test]
async fn a_session_of_before_has_nobody_acting_in_it() {
    let scene = Scene::new().await;
    let kept = serde_json::to_value(scene.ada.signed_in.session()).unwrap();
    assert!(kept.get("acting").is_none(), "{kept}");
    let read: Session = serde_json::from_value(kept).unwrap();
    assert_eq!((&read, Session::NAME), (scene.ada.signed_in.session(), "session"));
}
