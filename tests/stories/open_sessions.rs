//! A session that is older than what is demanded opens nothing of this server's own, and is led to what it lacks.

use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::settings::Settings;
use countersign::model::sign_in::RequiredFactor;

use super::authenticator::Authenticator;
use super::demands::code_of;
use super::house::{House, host};

#[tokio::test]
async fn it_is_led_through_what_is_missing_and_comes_back() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    let bob = house.person("bob").await;
    let _has_one = Authenticator::of(&house, &bob).await;
    ada.signs_in().await;
    house.later(3600);
    let settings = house.engine.settings().await.expect("settings");
    let demanded = Settings { required_factor: RequiredFactor::SecondFactor, ..settings };
    house.engine.change_settings(&Actor::host(), &host(), &demanded).await.expect("sound settings");

    let sent = ada.browser.opens("/admin/people?q=bob").await;
    assert_eq!(sent.location(), "/login?confirm=1&next=%2Fadmin%2Fpeople%3Fq%3Dbob", "{sent}");
    let before = ada.browser.session();
    let page = ada.browser.follows(sent).await;
    assert_eq!(page.title(), "Confirm it is you", "{page}");
    // The password alone is not enough any more, and what is missing is set up now.
    let page = ada.browser.follows(ada.gives_password(&page).await).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");
    assert!(ada.browser.opens("/admin/people").await.location().starts_with("/login?confirm=1"), "not yet");
    let enrolled = ada.browser.submits(&page, &[("otp", &code_of(&page, house.now()))]).await;
    assert_eq!((enrolled.status, enrolled.title()), (200, "Keep your recovery codes"), "{enrolled}");
    assert!(enrolled.body.contains("href=\"/admin/people?q=bob\""), "{enrolled}");
    assert_ne!(ada.browser.session(), before);
    assert_eq!(ada.browser.opens("/admin/people?q=bob").await.status, 200);
    assert_eq!(ada.browser.opens("/account").await.status, 200);
}
