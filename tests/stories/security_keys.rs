//! Security keys that do not check who holds them, over HTTP: what people read, where they are asked for, and what becomes of
//! them when the setting is turned back.

use countersign::engine::admin::Actor;
use countersign::model::client::ClientType;
use countersign::model::settings::{ClientRegistration, Settings};
use countersign::model::sign_in::RequiredFactor;
use countersign::model::verification::UserVerification;
use poem::http::Method;

use super::browser::{Browser, Form};
use super::house::{House, ISSUER, PASSWORD, host};
use super::passkeys::{ceremony, ceremony_of, fields};
use super::person::Person;
use super::soft_passkey::SoftPasskey;
use super::wire::{Ask, Reply, claims};

impl House {
    /// Says whether keys must check who holds them.
    async fn asks_for(&self, user_verification: UserVerification) {
        let settings = Settings { user_verification, ..self.engine.settings().await.expect("settings") };
        self.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
    }
}

/// A house that takes such keys.
async fn lenient() -> House {
    let house = House::fresh().await;
    house.asks_for(UserVerification::Preferred).await;
    house
}

/// Somebody who has signed in and added an old key; what the page said then.
async fn with_a_key<'h>(house: &'h House, name: &str) -> (Person<'h>, SoftPasskey) {
    let person = house.person(name).await;
    person.signs_in().await;
    let mut key = SoftPasskey::old_key(ISSUER);
    let page = person.browser.opens("/account/passkeys/add").await;
    assert!(page.body.contains("href=\"/account/passkeys/add?kind=security_key\""), "{page}");
    let page = person.browser.opens("/account/passkeys/add?kind=security_key").await;
    assert_eq!(page.title(), "Add a security key");
    let reply = ceremony(&person.browser, &page, "/account/passkeys", |asked| key.enrol(asked)).await;
    let codes = person.browser.opens(reply.json()["location"].as_str().expect("it goes on")).await;
    assert!(codes.body.contains("is added. You use it after your password."), "{codes}");
    assert_eq!(codes.body.matches("<li><code>").count(), 10, "with a first factor come codes: {codes}");
    (person, key)
}

/// The page on which a sign-in asks for the key, after the password.
async fn before_the_key(browser: &Browser<'_>, sent: Reply) -> Reply {
    let page = browser.follows(sent).await;
    assert_eq!(page.title(), "One more step", "{page}");
    assert!(page.body.contains("Use a passkey or security key"), "{page}");
    assert_eq!(page.body.matches("data-passkey=\"get\"").count(), 1);
    page
}

#[tokio::test]
async fn an_old_key_is_added_named_and_asked_for_after_the_password() {
    let house = lenient().await;
    let (alice, mut key) = with_a_key(&house, "alice").await;
    let list = alice.browser.opens("/account/passkeys").await;
    assert!(list.body.contains("Security key: only beside your password"), "{list}");
    let overview = alice.browser.opens("/account").await;
    assert!(overview.body.contains("1 security key, beside your password"), "{overview}");

    let app = house.app("wiki").await;
    let asking = app.asks("openid");
    let alice = alice.elsewhere(house.browser());
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let page = before_the_key(&alice.browser, alice.gives_password(&page).await).await;
    assert_eq!(alice.browser.session(), None);
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    let onward = reply.json()["location"].as_str().expect("it goes on").to_owned();
    let answer = alice.finishes(&asking, alice.browser.opens(&onward).await).await;
    let claims = claims(&app.redeems(&answer).await.tokens().id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"3".into(), &serde_json::json!(["pwd", "pop", "mfa"])));
}

#[tokio::test]
async fn with_nothing_else_it_is_refused_and_told_why_to_its_owner_alone() {
    let house = lenient().await;
    let (_, mut key) = with_a_key(&house, "alice").await;
    let browser = house.browser();
    let page = browser.opens("/login").await;
    // As a key would that finds itself by now: first without a PIN, then with one.
    key.discoverable = true;
    let unverified = ceremony(&browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    let nonsense = ceremony(&browser, &page, "/login/passkey", |_| "{".to_owned()).await;
    assert_eq!((unverified.status, &unverified.body), (400, &nonsense.body), "the words of any refusal");
    key.verifies = true;
    let verified = ceremony(&browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    assert_eq!(verified.status, 400);
    assert!(verified.json()["problem"].as_str().is_some_and(|words| words.contains("beside your password only")));
    let forged = SoftPasskey { id: key.id.clone(), handle: key.handle.clone(), ..SoftPasskey::blank(ISSUER) };
    let mut forged = SoftPasskey { counter: Some(9), ..forged };
    let stranger = ceremony(&browser, &page, "/login/passkey", |asked| forged.answer(asked)).await;
    assert_eq!(stranger.body, nonsense.body, "only who holds it hears more");
    assert_eq!(browser.session(), None);
}

#[tokio::test]
async fn she_confirms_with_her_password_and_then_the_key() {
    let house = lenient().await;
    let (alice, mut key) = with_a_key(&house, "alice").await;
    house.later(11 * 60);
    let page = alice.browser.follows(alice.browser.opens("/account/password").await).await;
    assert_eq!(page.title(), "Confirm it is you");
    assert!(!page.body.contains("data-passkey="), "there is none that could do it alone: {page}");
    let page = before_the_key(&alice.browser, alice.browser.submits(&page, &[("password", PASSWORD)]).await).await;
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    assert_eq!(reply.json()["location"], "/account/password");
    let page = alice.browser.opens("/account/password").await;
    assert_eq!(page.title(), "Password");

    // The password is what the key stands beside.
    assert!(!page.body.contains("/account/password/remove"), "{page}");
    let refused = alice.browser.posts("/account/password/remove", &[("csrf", Form::on(&page).hidden("csrf"))]).await;
    refused.stays_here(400);
    assert!(refused.body.contains("a security key does not"), "{refused}");
    assert_eq!(alice.elsewhere(house.browser()).signs_in().await.status, 303, "she has it still");
}

/// Whether her password alone brings `alice` in by each of these ways: the page, a client of ours, a program's registration.
async fn password_alone_is_enough(house: &House, alice: &Person<'_>) -> [bool; 3] {
    let elsewhere = alice.elsewhere(house.browser());
    elsewhere.signs_in().await;
    let ours = house.ours_with(&format!("ours{}", house.now()), vec![]).await;
    let body = serde_json::json!({ "username": "alice", "password": PASSWORD }).to_string();
    let registered = house.asks(Ask::new(Method::POST, "/v1/clients").typed("application/json", body)).await;
    let page = elsewhere.browser.session().is_some();
    [page, ours.signs_in("alice", PASSWORD).await.status == 200, registered.status == 201]
}

#[tokio::test]
async fn once_keys_must_verify_again_hers_counts_for_nothing_and_locks_nobody_out() {
    let house = lenient().await;
    let settings = Settings {
        client_registration: ClientRegistration::Everyone,
        ..house.engine.settings().await.expect("settings")
    };
    house.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
    let (alice, mut key) = with_a_key(&house, "alice").await;
    assert_eq!(password_alone_is_enough(&house, &alice).await, [false; 3]);
    let shop = house.app_with("shop", ClientType::Web, vec![]).await;
    let tokens = alice.gives(&shop, "openid offline_access").await;
    let halfway = alice.elsewhere(house.browser());
    let page = before_the_key(&halfway.browser, halfway.signs_in().await).await;

    house.asks_for(UserVerification::Required).await;
    let reply = ceremony_begins(&halfway.browser, &page).await;
    assert_eq!(reply.status, 400, "it is asked for no more: {reply}");
    house.later(1);
    assert_eq!(password_alone_is_enough(&house, &alice).await, [true; 3], "where nothing is demanded");
    let list = alice.browser.opens("/account/passkeys").await;
    assert!(list.body.contains("Security key: not accepted any more"), "{list}");
    let tokens = shop.refreshes(&tokens.refresh).await.tokens();

    // What she proved with it stays proved; who comes anew enrols another one.
    house.demands(RequiredFactor::SecondFactor).await;
    shop.refreshes(&tokens.refresh).await.tokens();
    let anew = alice.elsewhere(house.browser());
    let page = anew.browser.follows(anew.signs_in().await).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");
    assert!(!page.body.contains("security key"), "{page}");
    let another = SoftPasskey::old_key(ISSUER);
    let refused = enrols(&anew.browser, &page, another).await;
    assert_eq!(refused.status, 400);
    assert!(refused.json()["problem"].as_str().is_some_and(|words| words.contains("did not check that it is you")));
    let enrolled = enrols(&anew.browser, &page, SoftPasskey::blank(ISSUER)).await;
    assert!(enrolled.json()["location"].is_string(), "{enrolled}");
    assert!(anew.browser.session().is_some());

    // And back: it is a key of hers as before.
    house.asks_for(UserVerification::Preferred).await;
    let back = alice.elsewhere(house.browser());
    let page = before_the_key(&back.browser, back.signs_in().await).await;
    ceremony(&back.browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    assert!(back.browser.session().is_some());
}

async fn ceremony_begins(browser: &Browser<'_>, page: &Reply) -> Reply {
    let hidden = fields(page, "/login/passkey/finish");
    let form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    browser.posts("/login/passkey/begin", &form).await
}

async fn enrols(browser: &Browser<'_>, page: &Reply, mut key: SoftPasskey) -> Reply {
    ceremony(browser, page, "/login/passkey", |asked| key.enrol(asked)).await
}

/// The form on `page` that adds a security key.
fn adds_a_key(page: &Reply) -> Vec<(String, String)> {
    let at = page.body.find("value=\"security_key\"").unwrap_or_else(|| panic!("no key can be added: {page}"));
    let form = page.body[..at].rfind("<form").expect("in a form");
    fields(&Reply { body: page.body[form..].to_owned(), ..page.clone() }, "/login/passkey/finish")
}

#[tokio::test]
async fn where_a_passkey_is_demanded_a_key_beside_the_password_is_one() {
    let house = lenient().await;
    house.demands(RequiredFactor::Passkey).await;
    let alice = house.person("alice").await;
    let page = alice.browser.follows(alice.signs_in().await).await;
    assert_eq!(page.title(), "Set up a passkey", "{page}");
    assert!(page.body.contains("A security key without a PIN will do too"), "{page}");
    let mut key = SoftPasskey::old_key(ISSUER);
    let refused = enrols(&alice.browser, &page, SoftPasskey::old_key(ISSUER)).await;
    assert_eq!(refused.status, 400, "it is no passkey: {refused}");
    let hidden = adds_a_key(&page);
    let reply = ceremony_of(&alice.browser, &hidden, "/login/passkey", |asked| key.enrol(asked)).await;
    assert!(reply.json()["location"].as_str().is_some_and(|to| to.starts_with("/login/recovery-codes?")), "{reply}");
    assert_eq!(alice.browser.opens("/account").await.status, 200, "nothing is missing");
    let again = alice.elsewhere(house.browser());
    let page = before_the_key(&again.browser, again.signs_in().await).await;
    ceremony(&again.browser, &page, "/login/passkey", |asked| key.answer(asked)).await;
    assert_eq!(again.browser.opens("/account").await.status, 200);
}

#[tokio::test]
async fn where_verification_is_required_no_page_speaks_of_such_keys() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/passkeys/add?kind=security_key").await;
    assert_eq!(page.title(), "Add a passkey");
    assert!(!page.body.contains("security_key"), "{page}");
    let mut key = SoftPasskey::old_key(ISSUER);
    let refused = ceremony(&alice.browser, &page, "/account/passkeys", |asked| key.enrol(asked)).await;
    assert!(refused.json()["problem"].as_str().is_some_and(|words| words.contains("Set a PIN for it")), "{refused}");
}
