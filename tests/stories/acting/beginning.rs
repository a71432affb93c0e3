//! Who may act, and for whom.

use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;

use super::{REASON, ada_and_ben, allows, asks_to_act, is_acting, page_about};
use crate::house::{House, PASSWORD, host};

#[tokio::test]
async fn nobody_acts_where_the_settings_do_not_allow_it() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let page = ada.browser.opens(&page_about(&ben)).await;
    assert!(page.body.contains("Act as <span"), "{page}");
    allows(&house, false).await;
    let page = ada.browser.opens(&page_about(&ben)).await;
    assert!(!page.body.contains("Act as <span"), "{page}");
    let refused = asks_to_act(&ada, &ben, REASON, "15").await;
    assert!(refused.status == 400 && refused.body.contains("the settings do not allow it"), "{refused}");
    assert!(!is_acting(&ada.browser).await);
}

#[tokio::test]
async fn nobody_acts_for_themselves_for_whoever_has_a_role_here_or_for_somebody_disabled() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let (admin, auditor, registrar) =
        (UserChange::Admin(true), UserChange::Auditor(true), UserChange::MayRegisterClients(true));
    let olga = house.person_with("olga", vec![admin]).await;
    let nora = house.person_with("nora", vec![auditor]).await;
    let rita = house.person_with("rita", vec![registrar]).await;
    let dan = house.person("dan").await;
    house.engine.disable_user(&Actor::host(), &host(), &dan.id, true).await.unwrap();
    for (whom, words) in [
        (&ada, "This is your own account."),
        (&olga, "who has a role in this console"),
        (&nora, "who has a role in this console"),
        (&rita, "who has a role in this console"),
        (&dan, "They are disabled"),
    ] {
        let page = ada.browser.opens(&page_about(whom)).await;
        assert!(!page.body.contains("Act as <span"), "not offered: {page}");
        let refused = asks_to_act(&ada, whom, REASON, "15").await;
        assert!(refused.status == 400 && refused.body.contains(words), "{words}: {refused}");
    }
    // A role in applications is no role here.
    let roles = [UserChange::Roles(["editor".to_owned()].into())];
    house.engine.change_user(&Actor::host().clone(), &host(), &ben.id, &roles).await.unwrap();
    assert_eq!(asks_to_act(&ada, &ben, REASON, "15").await.status, 303);
}

#[tokio::test]
async fn a_reason_and_a_time_are_given() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let long = "x".repeat(201);
    for (reason, minutes, words) in [
        ("", "15", "Say why"),
        (" \u{200b}\u{202e} ", "15", "Say why"),
        (long.as_str(), "15", "at most 200 characters"),
        (REASON, "", "Choose for how long"),
        (REASON, "600", "Choose for how long"),
        (REASON, "1", "Choose for how long"),
    ] {
        let refused = asks_to_act(&ada, &ben, reason, minutes).await;
        assert!(refused.status == 400 && refused.body.contains(words), "{words}: {refused}");
    }
    for minutes in ["15", "30", "60"] {
        let house = House::fresh().await;
        let (ada, ben) = ada_and_ben(&house).await;
        assert_eq!(asks_to_act(&ada, &ben, REASON, minutes).await.status, 303);
        house.later(minutes.parse::<u64>().unwrap() * 60 - 1);
        assert!(is_acting(&ada.browser).await);
        house.later(1);
        assert!(!is_acting(&ada.browser).await, "{minutes} minutes are over");
    }
}

#[tokio::test]
async fn only_administrators_act_and_they_have_just_proved_who_they_are() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let nora = house.person_with("nora", vec![UserChange::Auditor(true)]).await;
    let rita = house.person_with("rita", vec![UserChange::MayRegisterClients(true)]).await;
    let cleo = house.person("cleo").await;
    for who in [&nora, &rita, &cleo] {
        who.signs_in().await;
        let page = who.browser.opens("/account/profile").await;
        let csrf = crate::browser::Form::on(&page).hidden("csrf").to_owned();
        let fields = [("csrf", csrf.as_str()), ("reason", REASON), ("minutes", "15")];
        let refused = who.browser.posts(&format!("{}/act", page_about(&ben)), &fields).await;
        assert_eq!(refused.status, 403, "{}", who.name);
    }
    let page = nora.browser.opens(&page_about(&ben)).await;
    assert!(page.status == 200 && !page.body.contains("Act as <span"), "{page}");

    house.later(600);
    let asked = asks_to_act(&ada, &ben, REASON, "15").await;
    assert!(asked.location().starts_with("/login?confirm=1&next="), "{asked}");
    assert!(!is_acting(&ada.browser).await);
    let page = ada.browser.follows(asked).await;
    ada.browser.submits(&page, &[("username", "ada"), ("password", PASSWORD)]).await;
    assert_eq!(asks_to_act(&ada, &ben, REASON, "15").await.status, 303);
    assert!(is_acting(&ada.browser).await);
}

#[tokio::test]
async fn a_form_of_another_site_begins_and_stops_nothing() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let fields = [("csrf", "forged"), ("reason", REASON), ("minutes", "15")];
    let refused = ada.browser.posts(&format!("{}/act", page_about(&ben)), &fields).await;
    assert_eq!(refused.status, 400, "{refused}");
    super::acts(&ada, &ben).await;
    assert_eq!(ada.browser.posts("/acting/stop", &[("csrf", "forged")]).await.status, 400);
    assert!(is_acting(&ada.browser).await);
}
