//! What stands between a password and a session, and who is asked once more.

use std::collections::BTreeMap;

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::ClientType;
use countersign::model::sign_in::RequiredFactor;
use futures_util::future::join_all;

use super::authenticator::{Authenticator, RECOVERY};
use super::browser::Form;
use super::house::{House, PASSWORD, host};
use super::wire::claims;

#[tokio::test]
async fn whoever_confirms_keeps_the_session_and_gets_another_cookie() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    assert_eq!(alice.browser.opens("/login?confirm=1").await.title(), "Sign in", "nobody is signed in yet");
    alice.signs_in().await;
    let before = alice.browser.session();
    let copied = alice.browser.copy();
    let page = alice.browser.opens("/login?confirm=1&next=%2Faccount%2Fpassword").await;
    assert_eq!(page.title(), "Confirm it is you", "{page}");
    let wrong = alice.browser.submits(&page, &[("password", "guess")]).await;
    assert_eq!((wrong.status, wrong.title()), (401, "Error: Confirm it is you"), "{wrong}");
    assert_eq!(alice.browser.session(), before);
    let confirmed = alice.browser.submits(&wrong, &[("password", PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/account/password", "{confirmed}");
    assert!(alice.browser.session().is_some() && alice.browser.session() != before, "the cookie is another");
    assert_eq!(copied.opens("/account").await.status, 303, "and the one before is worth nothing");
    let sessions = alice.browser.opens("/account/sessions").await;
    assert!(!sessions.body.contains("name=\"session\" value="), "there is one session still: {sessions}");
}

#[tokio::test]
async fn a_password_alone_opens_nothing_to_whoever_has_an_authenticator() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.app("shop").await);
    let authenticator = Authenticator::of(&house, &alice).await;
    let asking = app.asks("openid");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let sent = alice.gives_password(&page).await;
    assert!(sent.location().starts_with("/login/second-factor?sign_in="), "{sent}");
    assert_eq!(alice.browser.session(), None);
    assert!(alice.browser.opens("/account").await.location().starts_with("/login?"), "nobody is signed in");

    let page = alice.browser.follows(sent).await;
    assert_eq!(page.title(), "One more step", "{page}");
    assert!(page.body.contains("autocomplete=\"one-time-code\"") && page.body.contains("inputmode=\"numeric\""));
    for wrong in ["000000", "", "1234567", RECOVERY[0].split_at(4).0] {
        let refused = alice.browser.submits(&page, &[("otp", wrong)]).await;
        assert!(matches!(refused.status, 400 | 401) && refused.title() == "Error: One more step", "{refused}");
        assert_eq!(alice.browser.session(), None);
    }
    let code = authenticator.shows();
    let spaced = format!(" {} {} ", &code[..3], &code[3..]);
    let reply = alice.browser.submits(&page, &[("otp", &spaced)]).await;
    let agreed = alice.browser.follows(reply).await;
    let answer = alice.finishes(&asking, agreed).await;
    let tokens = app.redeems(&answer).await.tokens();
    let claims = claims(&tokens.id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"2".into(), &serde_json::json!(["pwd", "otp", "mfa"])));
    assert_eq!(claims["auth_time"], house.now());
    let again = alice.browser.submits(&page, &[("otp", &code)]).await;
    assert_eq!(again.status, 410, "a sign-in is finished once: {again}");
}

#[tokio::test]
async fn a_code_works_once_also_after_a_restart() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let code = authenticator.shows();
    assert_eq!(alice.signs_in_with(&code, &alice.browser).await.status, 303);
    assert_eq!(alice.signs_in_with(&code, &house.browser()).await.status, 401, "not twice");
    let restarted = house.restarted().await;
    assert_eq!(alice.signs_in_with(&code, &restarted.browser()).await.status, 401, "not after a restart");
    house.later(30);
    assert_eq!(alice.signs_in_with(&code, &restarted.browser()).await.status, 401, "not half a minute later");
    assert_eq!(
        alice.signs_in_with(&authenticator.shows(), &restarted.browser()).await.status,
        303,
        "the next one does"
    );
}

#[tokio::test]
async fn of_many_who_give_the_same_code_at_once_one_comes_in() {
    for field in ["otp", "recovery"] {
        let house = House::fresh().await;
        let alice = house.person("alice").await;
        let authenticator = Authenticator::of(&house, &alice).await;
        let mut waiting = Vec::new();
        for _ in 0..64 {
            let browser = house.browser();
            let page = alice.meets_second_factor(&browser).await;
            waiting.push((browser, page));
        }
        let code = if field == "otp" { authenticator.shows() } else { RECOVERY[0].to_owned() };
        let filled = [(field, code.as_str())];
        let all = join_all(waiting.iter().map(|(browser, page)| browser.submits(page, &filled))).await;
        assert_eq!(all.iter().filter(|reply| reply.status == 303).count(), 1, "{field}");
        assert!(all.iter().all(|reply| matches!(reply.status, 303 | 401 | 429)), "{field}");
        assert_eq!(waiting.iter().filter(|(browser, _)| browser.session().is_some()).count(), 1);
    }
}

#[tokio::test]
async fn one_sign_in_is_finished_once_however_often_its_form_is_sent_at_once() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let page = alice.meets_second_factor(&alice.browser).await;
    let (tabs, code) = ([(); 16].map(|()| alice.browser.copy()), authenticator.shows());
    let filled = [("otp", code.as_str())];
    let all = join_all(tabs.iter().map(|tab| tab.submits(&page, &filled))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 303).count(), 1);
    assert_eq!(tabs.iter().filter(|tab| tab.session().is_some()).count(), 1);
}

#[tokio::test]
async fn a_recovery_code_stands_in_once() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (_hers, _his) = (Authenticator::of(&house, &alice).await, Authenticator::of(&house, &bob).await);
    let typed = RECOVERY[0].to_lowercase().replace('-', " ");
    let page = alice.meets_second_factor(&alice.browser).await;
    let came = alice.browser.submits(&page, &[("recovery", &typed)]).await;
    assert_eq!(came.status, 303, "{came}");
    let browser = house.browser();
    let page = alice.meets_second_factor(&browser).await;
    let refused = browser.submits(&page, &[("recovery", &typed)]).await;
    assert_eq!((refused.status, refused.title()), (401, "Error: One more step"), "{refused}");
    assert_eq!(browser.submits(&page, &[("recovery", RECOVERY[1])]).await.status, 303, "the other one does");
    let log = alice.browser.opens("/account/activity").await;
    assert!(log.body.contains("recovery code"), "{log}");
}

#[tokio::test]
async fn an_unfinished_sign_in_is_its_browsers_and_ends_with_what_it_rests_on() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let page = alice.meets_second_factor(&alice.browser).await;
    let form = Form::on(&page);
    let path = format!("/login/second-factor?sign_in={}", form.hidden("sign_in"));

    // Somebody else's browser, with forms of its own.
    let stranger = house.browser();
    let csrf = Form::on(&stranger.opens("/login").await).hidden("csrf").to_owned();
    assert_eq!(stranger.opens(&path).await.status, 410);
    let code = authenticator.shows();
    let fields = [("csrf", csrf.as_str()), ("sign_in", form.hidden("sign_in")), ("otp", &code)];
    assert_eq!(stranger.posts("/login/second-factor", &fields).await.status, 410);
    assert_eq!(stranger.session(), None);
    assert_eq!(alice.browser.opens(&path).await.status, 200);

    // A password that has changed meanwhile.
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    let new = countersign::base::secret::Secret::new(PASSWORD);
    house.engine.finish_recovery(&host(), &link, &new).await.unwrap();
    assert_eq!(alice.browser.submits(&page, &[("otp", &code)]).await.status, 410);
    assert_eq!(alice.browser.session(), None);

    // A quarter of an hour.
    let page = alice.meets_second_factor(&alice.browser).await;
    house.later(15 * 60);
    assert_eq!(alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await.status, 410);

    // Nobody at all.
    for nonsense in ["", "nonsense", "%00", &"x".repeat(500)] {
        let reply = alice.browser.opens(&format!("/login/second-factor?sign_in={nonsense}")).await;
        assert!(matches!(reply.status, 303 | 410), "{reply}");
    }
    assert_eq!(alice.browser.session(), None);
}

#[tokio::test]
async fn a_browser_remembers_for_a_month_unless_it_is_told_to_forget() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (hers, _his) = (Authenticator::of(&house, &alice).await, Authenticator::of(&house, &bob).await);
    let page = alice.meets_second_factor(&alice.browser).await;
    let remembered = alice.browser.submits(&page, &[("otp", &hers.shows()), ("remember", "1")]).await;
    assert_eq!(remembered.status, 303, "{remembered}");
    alice.signs_out().await;
    let signed_in = alice.signs_in().await;
    assert!(signed_in.location() == "/" && alice.browser.session().is_some(), "no code is asked for: {signed_in}");

    // It is no proof of this moment, no proof for somebody else, and none for an application that asks for two factors.
    let page = alice.browser.opens("/login?confirm=1&next=%2Faccount").await;
    let sent = alice.gives_password(&page).await;
    assert!(sent.location().starts_with("/login/second-factor?sign_in="), "{sent}");
    let in_hers = bob.elsewhere(alice.browser.copy());
    let page = in_hers.browser.opens("/login?another=1").await;
    assert!(in_hers.gives_password(&page).await.location().starts_with("/login/second-factor"));
    let app = house.app("shop").await;
    let tokens = alice.gives(&app, "openid").await;
    assert_eq!(claims(&tokens.id)["acr"], "1", "what was proved is told");

    // She sees it and ends it.
    let page = alice.browser.opens("/account/sessions").await;
    assert!(page.body.contains("Browsers that skip the code"), "{page}");
    let browser = page.body.split("name=\"browser\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    let fields = [("csrf", csrf.as_str()), ("browser", browser)];
    assert_eq!(alice.browser.posts("/account/sessions/forget", &fields).await.status, 303);
    alice.signs_out().await;
    assert!(alice.signs_in().await.location().starts_with("/login/second-factor"), "it is asked for again");

    // Of itself after thirty days.
    house.later(60);
    let page = alice.meets_second_factor(&alice.browser).await;
    alice.browser.submits(&page, &[("otp", &hers.shows()), ("remember", "1")]).await;
    alice.signs_out().await;
    house.later(30 * 86_400 - 120);
    assert_eq!(alice.signs_in().await.location(), "/");
    alice.signs_out().await;
    house.later(120);
    assert!(alice.signs_in().await.location().starts_with("/login/second-factor"));
}

/// What a browser's memory spared somebody lasts as long as that memory, and no longer: in the session and in what it gave.
#[tokio::test]
async fn what_a_memory_spared_ends_with_it() {
    let house = House::fresh().await;
    let demands = ClientChange::RequiredFactor(RequiredFactor::SecondFactor);
    let bank = house.app_with("bank", ClientType::Web, vec![demands]).await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let page = alice.meets_second_factor(&alice.browser).await;
    alice.browser.submits(&page, &[("otp", &authenticator.shows()), ("remember", "1")]).await;
    alice.signs_out().await;
    alice.signs_in().await;
    let tokens = alice.gives(&bank, "openid offline_access").await;
    assert_eq!(claims(&tokens.id)["acr"], "1", "no code was asked for");
    let tokens = bank.refreshes(&tokens.refresh).await.tokens();

    let page = alice.browser.opens("/account/sessions").await;
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    alice.browser.posts("/account/sessions/forget", &[("csrf", &csrf)]).await;
    let page = alice.browser.follows(alice.goes(&bank.asks("openid")).await).await;
    assert_eq!(page.title(), "One more step", "the open session is spared nothing any more: {page}");
    assert_eq!(bank.refreshes(&tokens.refresh).await.json()["error"], "invalid_grant");
}

/// Eight characters do beside a second factor. Once that is gone, another one is set up before they let anybody in.
#[tokio::test]
async fn a_short_password_never_stands_alone() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let _lost = Authenticator::of(&house, &alice).await;
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    let short = countersign::base::secret::Secret::new("velvet27otter");
    house.engine.finish_recovery(&host(), &link, &short).await.expect("long enough beside a factor");
    house.engine.remove_second_factors(&Actor::host(), &host(), &alice.id).await.unwrap();
    let browser = house.browser();
    let page = browser.opens("/login").await;
    let sent = browser.submits(&page, &[("username", "alice"), ("password", "velvet27otter")]).await;
    let page = browser.follows(sent).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");
    assert_eq!(browser.session(), None);
}

#[tokio::test]
async fn a_new_password_ends_what_browsers_remember() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let page = alice.meets_second_factor(&alice.browser).await;
    alice.browser.submits(&page, &[("otp", &authenticator.shows()), ("remember", "1")]).await;
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    let same = countersign::base::secret::Secret::new(PASSWORD);
    house.engine.finish_recovery(&host(), &link, &same).await.unwrap();
    assert!(alice.browser.opens("/account").await.location().starts_with("/login"));
    assert!(alice.signs_in().await.location().starts_with("/login/second-factor"), "the way back in is no way round");
}

#[tokio::test]
async fn guessing_codes_slows_down_strangers_also_after_a_restart_and_not_a_known_browser() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    assert_eq!(alice.signs_in_with(&authenticator.shows(), &alice.browser).await.status, 303);
    alice.signs_out().await;
    house.later(60);

    let stranger = house.browser();
    let page = alice.meets_second_factor(&stranger).await;
    let mut told: BTreeMap<u16, usize> = BTreeMap::new();
    for n in 0..600 {
        let guess = format!("{:06}", n * 1_667 % 1_000_000);
        let reply = stranger.submits(&page, &[("otp", &guess)]).await;
        *told.entry(reply.status).or_default() += 1;
        house.later(1);
    }
    assert!(told[&401] < 20 && told[&429] > 500, "{told:?}");
    assert_eq!(stranger.session(), None);
    let page = alice.meets_second_factor(&alice.browser).await;
    assert_eq!(alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await.status, 303, "she comes in");

    // Strangers from many networks slow down the account; a restart does not begin anew.
    house.later(86_400);
    let restarted = house.restarted().await;
    let guess = async |house: &House, n: u32| {
        let browser = house.browser();
        let page = alice.meets_second_factor(&browser).await;
        browser.submits_from(&format!("203.0.113.{n}"), &page, &[("otp", "000000")]).await.status
    };
    let mut wrong = 0;
    for n in 0..60 {
        wrong += usize::from(guess(&restarted, n).await == 401);
    }
    assert!((10..=20).contains(&wrong), "{wrong}");
    let again = restarted.restarted().await;
    let mut wrong = 0;
    for n in 100..130 {
        wrong += usize::from(guess(&again, n).await == 401);
    }
    assert!(wrong <= 3, "{wrong}");
}
