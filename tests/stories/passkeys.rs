//! Passkeys over HTTP: what scripts are told, what they are refused, and where password managers look.

use std::path::Path;

use countersign::base::ids::ClientId;
use countersign::declared;
use countersign::engine::Denied;
use countersign::engine::admin::Actor;
use countersign::engine::admin::apply::{ApplyOptions, Outcome};
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::settings::Settings;
use countersign::model::sign_in::RequiredFactor;
use countersign::toml_file::System;
use serde_json::Value;

use crate::app::Asking;
use crate::browser::{Browser, Form, unescape};
use crate::house::{House, ISSUER, host};
use crate::person::Person;
use crate::soft_passkey::SoftPasskey;
use crate::wire::{Reply, claims};

/// The form on `page` that the script sends to `action`, with what it hides.
pub fn fields(page: &Reply, action: &str) -> Vec<(String, String)> {
    let at = page.body.find(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("no form for {action}: {page}"));
    let form = page.body[at..].split("</form>").next().unwrap_or_default();
    let inputs = form.split("<input type=\"hidden\" name=\"").skip(1);
    let pair = |input: &str| {
        let (name, rest) = input.split_once("\" value=\"")?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    };
    inputs.filter_map(pair).collect()
}

/// What the script does with a form: begins, asks the passkey, and brings the answer back.
pub async fn ceremony(browser: &Browser<'_>, page: &Reply, place: &str, says: impl FnOnce(&Value) -> String) -> Reply {
    let hidden = fields(page, &format!("{place}/finish"));
    ceremony_of(browser, &hidden, place, says).await
}

/// The same for a form that hides this.
pub async fn ceremony_of(
    browser: &Browser<'_>,
    hidden: &[(String, String)],
    place: &str,
    says: impl FnOnce(&Value) -> String,
) -> Reply {
    let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
    let begun = browser.posts(&format!("{place}/begin"), &form).await;
    assert_eq!((begun.status, begun.header("content-type")), (200, Some("application/json")), "{begun}");
    let begun: Value = serde_json::from_str(&begun.body).expect("JSON");
    let (challenge, credential) = (begun["challenge"].as_str().expect("a challenge"), says(&begun["publicKey"]));
    form.extend([("challenge", challenge), ("credential", &credential)]);
    browser.posts(&format!("{place}/finish"), &form).await
}

/// Somebody who has signed in and enrolled a passkey.
async fn enrolled<'h>(house: &'h House, name: &str) -> (Person<'h>, SoftPasskey) {
    let person = house.person(name).await;
    person.signs_in().await;
    let mut passkey = SoftPasskey::blank(ISSUER);
    let page = person.browser.opens("/account/passkeys/add").await;
    let reply = ceremony(&person.browser, &page, "/account/passkeys", |asked| passkey.enrol(asked)).await;
    assert!(reply.json()["location"].as_str().expect("it goes on").starts_with("/account/recovery-codes?"), "{reply}");
    (person, passkey)
}

#[tokio::test]
async fn a_passkey_is_added_on_the_account_page_and_signs_in_in_another_browser() {
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    let page = alice.browser.opens("/account/passkeys").await;
    assert!(page.body.contains("An unknown browser"), "named after the browser: {page}");

    let elsewhere = house.browser();
    let page = elsewhere.opens("/login?next=/account/sessions").await;
    let reply = ceremony(&elsewhere, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    assert_eq!(reply.json()["location"], "/account/sessions");
    assert!(elsewhere.session().is_some());
    assert_eq!(elsewhere.opens("/account/passkeys").await.status, 200);
}

#[tokio::test]
async fn a_passkey_goes_on_to_the_application_that_waits() {
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    let app = house.app("wiki").await;
    let asking = app.asks("openid");
    let alice = alice.elsewhere(house.browser());
    let page = alice.goes(&asking).await;
    let page = alice.browser.follows(page).await;
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    let onward = reply.json()["location"].as_str().expect("it goes on").to_owned();
    let next = alice.browser.opens(&onward).await;
    let answer = alice.finishes(&asking, next).await;
    let tokens = app.redeems(&answer).await.tokens();
    let claims = claims(&tokens.id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"3".into(), &serde_json::json!(["pop", "user", "mfa"])));
}

#[tokio::test]
async fn after_a_password_the_passkey_is_asked_for_and_nothing_opens_before() {
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    let alice = alice.elsewhere(house.browser());
    let reply = alice.signs_in().await;
    assert!(reply.location().starts_with("/login/second-factor?sign_in="), "{reply}");
    assert_eq!(alice.browser.session(), None);
    let page = alice.browser.follows(reply).await;
    assert_eq!(page.title(), "One more step");
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    assert_eq!(reply.json()["location"], "/");
    assert!(alice.browser.session().is_some());
}

/// Somebody of whom a second factor is demanded, who has none and stands before the page that says so.
async fn must_enrol<'h>(house: &'h House, asking: Option<&Asking>) -> (Person<'h>, Reply) {
    house.demands(RequiredFactor::SecondFactor).await;
    let alice = house.person("alice").await;
    let sent = match asking {
        Some(asking) => {
            let page = alice.browser.follows(alice.goes(asking).await).await;
            alice.gives_password(&page).await
        }
        None => alice.gives_password(&alice.browser.opens("/login?next=/account/sessions").await).await,
    };
    let page = alice.browser.follows(sent).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");
    assert!(page.body.contains("<svg class=\"qr\""), "the authenticator is offered too: {page}");
    (alice, page)
}

/// The codes a page shows, and where it leads.
fn codes_and_way(page: &Reply) -> (usize, String) {
    assert_eq!(page.title(), "Keep your recovery codes", "{page}");
    assert!(page.body.contains("Your passkey is added.") && page.body.contains("data:text/plain"), "{page}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let (_, way) = page.body.split_once("<a class=\"btn main wide\" href=\"").expect("a way on");
    (page.body.matches("<li><code>").count(), unescape(way.split('"').next().expect("an address")))
}

#[tokio::test]
async fn a_first_passkey_on_the_way_in_brings_recovery_codes_once_and_goes_on() {
    let house = House::fresh().await;
    let mut passkey = SoftPasskey::blank(ISSUER);
    let (alice, page) = must_enrol(&house, None).await;
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| passkey.enrol(asked)).await;
    let place = reply.json()["location"].as_str().expect("it goes on").to_owned();
    assert!(place.starts_with("/login/recovery-codes?"), "{place}");
    assert_eq!(house.browser().opens(&place).await.status, 303, "nobody else sees them");
    let (codes, way) = codes_and_way(&alice.browser.opens(&place).await);
    assert_eq!((codes, way.as_str()), (10, "/account/sessions"));
    let again = alice.browser.opens(&place).await;
    assert_eq!((again.status, again.location()), (303, "/account/sessions"), "they are shown once: {again}");
    let left = alice.browser.opens("/account/recovery-codes").await;
    assert!(left.body.contains("10 of 10 left"), "{left}");
    let elsewhere = alice.browser.opens("/login/recovery-codes?next=//evil.example").await;
    assert_eq!(elsewhere.location(), "/");
}

#[tokio::test]
async fn from_the_codes_of_a_first_passkey_the_way_leads_to_the_application() {
    let house = House::fresh().await;
    let app = house.app("wiki").await;
    let asking = app.asks("openid");
    let mut passkey = SoftPasskey::blank(ISSUER);
    let (alice, page) = must_enrol(&house, Some(&asking)).await;
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| passkey.enrol(asked)).await;
    let place = reply.json()["location"].as_str().expect("it goes on").to_owned();
    let (codes, way) = codes_and_way(&alice.browser.opens(&place).await);
    assert_eq!(codes, 10);
    let answer = alice.finishes(&asking, alice.browser.opens(&way).await).await;
    let claims = claims(&app.redeems(&answer).await.tokens().id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"3".into(), &serde_json::json!(["pwd", "pop", "user", "mfa"])));
    let late = alice.browser.opens(&place).await;
    assert_ne!(late.title(), "Keep your recovery codes", "{late}");
}

#[tokio::test]
async fn whoever_changes_their_passkeys_proves_first_who_they_are_and_can_by_passkey() {
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    house.later(11 * 60);
    let confirm = alice.browser.opens("/account/passkeys/add").await;
    assert_eq!(confirm.location(), "/login?confirm=1&next=%2Faccount%2Fpasskeys%2Fadd");
    let page = alice.browser.follows(confirm).await;
    assert_eq!(page.title(), "Confirm it is you");
    let reply = ceremony(&alice.browser, &page, "/login/passkey", |asked| {
        assert_eq!(asked["allowCredentials"].as_array().expect("hers").len(), 1);
        passkey.answer(asked)
    });
    let onward = reply.await.json()["location"].as_str().expect("it goes on").to_owned();
    assert_eq!(onward, "/account/passkeys/add");
    assert_eq!(alice.browser.opens(&onward).await.title(), "Add a passkey");
}

#[tokio::test]
async fn a_form_that_waited_too_long_sends_the_script_to_confirm() {
    let house = House::fresh().await;
    let (alice, _) = enrolled(&house, "alice").await;
    let token = {
        let page = alice.browser.opens("/account/profile").await;
        Form::on(&page).hidden("csrf").to_owned()
    };
    house.later(11 * 60);
    for place in ["begin", "finish"] {
        let reply = alice.browser.posts(&format!("/account/passkeys/{place}"), &[("csrf", &token)]).await;
        assert_eq!(reply.json()["location"], "/login?confirm=1&next=%2Faccount%2Fpasskeys%2Fadd", "{place}");
    }
    let reply = alice.browser.posts("/account/passkeys/remove", &[("csrf", &token), ("passkey", "a\"b")]).await;
    assert_eq!(reply.location(), "/login?confirm=1&next=%2Faccount%2Fpasskeys%3Fremove%3Dab");
}

#[tokio::test]
async fn every_refusal_is_one_sentence_and_needs_a_form_of_ours() {
    let house = House::fresh().await;
    let (_, mut passkey) = enrolled(&house, "alice").await;
    let browser = house.browser();
    let page = browser.opens("/login").await;
    passkey.origin = "https://evil.example".to_owned();
    let wrong = ceremony(&browser, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    let nonsense = ceremony(&browser, &page, "/login/passkey", |_| "{".to_owned()).await;
    assert_eq!((wrong.status, &wrong.body), (400, &nonsense.body));
    assert!(wrong.json()["problem"].as_str().is_some_and(|words| words.ends_with('.')), "{wrong}");

    for path in ["/login/passkey/begin", "/login/passkey/finish", "/account/passkeys/begin", "/account/passkeys/finish"]
    {
        let foreign = browser.posts(path, &[("csrf", "guess")]).await;
        assert!(matches!(foreign.status, 400 | 403), "{path}: {foreign}");
        assert!(!foreign.body.contains("publicKey"), "{path}");
    }
}

#[tokio::test]
async fn who_has_a_passkey_can_do_without_a_password_and_come_back_to_one() {
    const NEW_PASSWORD: &str = "quartz violet hammock 31";
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    let elsewhere = house.browser();
    let page = elsewhere.opens("/login").await;
    ceremony(&elsewhere, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    let page = elsewhere.opens("/account/password").await;
    let removed = elsewhere.posts("/account/password/remove", &[("csrf", Form::on(&page).hidden("csrf"))]).await;
    let said = elsewhere.follows(removed).await;
    assert!(said.body.contains("Your password is removed.") && said.body.contains("Set password"), "{said}");
    assert!(alice.browser.opens("/account").await.location().starts_with("/login"), "her other sessions have ended");
    assert_eq!(alice.elsewhere(house.browser()).signs_in().await.status, 401, "no password signs her in");

    let another = house.browser();
    let page = another.opens("/login").await;
    ceremony(&another, &page, "/login/passkey", |asked| passkey.answer(asked)).await;
    let page = another.opens("/account/passkeys").await;
    let only = page.body.split("?remove=").nth(1).and_then(|rest| rest.split('"').next()).expect("a link to remove it");
    let page = another.opens(&format!("/account/passkeys?remove={only}")).await;
    another.submits(&page, &[]).await.stays_here(400);
    let page = another.opens("/account/password").await;
    assert_eq!(another.submits(&page, &[("new", NEW_PASSWORD)]).await.status, 303, "nobody asks for one she has not");
    let page = another.opens("/account/password").await;
    assert!(page.body.contains("Change password"), "{page}");
    another.submits(&page, &[("new", "basalt feather canyon 45")]).await.stays_here(400);
}

#[tokio::test]
async fn who_has_no_passkey_keeps_their_password() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/password").await;
    assert!(!page.body.contains("/account/password/remove"), "nothing to do without: {page}");
    let refused = alice.browser.posts("/account/password/remove", &[("csrf", Form::on(&page).hidden("csrf"))]).await;
    refused.stays_here(400);
    assert!(refused.body.contains("Add a passkey first"), "{refused}");
    assert_eq!(alice.elsewhere(house.browser()).signs_in().await.status, 303);
}

#[tokio::test]
async fn whoever_adds_one_on_the_account_page_is_not_asked_for_it_at_once() {
    let house = House::fresh().await;
    let (alice, _) = enrolled(&house, "alice").await;
    assert_eq!(alice.browser.opens("/account/passkeys/add").await.title(), "Add a passkey");
    let claims = claims(&alice.gives(&house.app("wiki").await, "openid").await.id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"3".into(), &serde_json::json!(["pwd", "pop", "user", "mfa"])));
}

/// Whether a page suggests a passkey, where there are scripts.
fn suggests(page: &Reply) -> bool {
    assert_eq!(page.status, 200, "{page}");
    let suggests = page.body.contains("Sign in faster next time");
    assert_eq!(page.body.contains("data-where-passkeys hidden>"), suggests, "never without a script: {page}");
    suggests
}

#[tokio::test]
async fn a_passkey_is_suggested_once_and_any_answer_is_remembered() {
    for (answer, leads) in [("later", "/account"), ("add", "/account/passkeys/add")] {
        let house = House::fresh().await;
        let alice = house.person("alice").await;
        alice.signs_in().await;
        for place in ["/", "/applications", "/account"] {
            assert!(suggests(&alice.browser.opens(place).await), "{place}");
        }
        let page = alice.browser.opens("/account").await;
        let hidden = fields(&page, "/account/passkeys/suggested");
        let mut form: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (&**name, &**value)).collect();
        form.push(("answer", answer));
        let reply = alice.browser.posts("/account/passkeys/suggested", &form).await;
        assert_eq!((reply.status, reply.location()), (303, leads));
        let restarted = house.restarted().await;
        let elsewhere = alice.elsewhere(restarted.browser());
        elsewhere.signs_in().await;
        for place in ["/", "/applications", "/account"] {
            assert!(!suggests(&alice.browser.opens(place).await), "{place} after {answer}");
            assert!(!suggests(&elsewhere.browser.opens(place).await), "{place} elsewhere");
        }
    }
}

#[tokio::test]
async fn no_passkey_is_suggested_to_whoever_has_had_one_or_cannot_have_any() {
    let house = House::fresh().await;
    let (alice, _) = enrolled(&house, "alice").await;
    assert!(!suggests(&alice.browser.opens("/").await));
    removes_the_only_one(&alice).await;
    assert!(!suggests(&alice.browser.opens("/").await), "she knows what it is");
    let house = House::called("http://127.0.0.1:8080").await;
    let bob = house.person("bob").await;
    bob.signs_in().await;
    assert!(!suggests(&bob.browser.opens("/account").await));
}

/// Removes the one passkey there is.
async fn removes_the_only_one(who: &Person<'_>) -> Reply {
    let list = who.browser.opens("/account/passkeys").await;
    let (_, id) = list.body.split_once("/account/passkeys?remove=").unwrap_or_else(|| panic!("none: {list}"));
    let id = id.split('"').next().expect("an id");
    let question = who.browser.opens(&format!("/account/passkeys?remove={id}")).await;
    let removed = who.browser.submits(&question, &[]).await;
    who.browser.follows(removed).await
}

#[tokio::test]
async fn browsers_hear_which_passkey_is_of_no_use_any_more() {
    let house = House::fresh().await;
    let (alice, mut passkey) = enrolled(&house, "alice").await;
    let list = alice.browser.opens("/account/passkeys").await;
    assert!(!list.body.contains("data-passkey-gone"), "{list}");
    let removed = removes_the_only_one(&alice).await;
    let id = data_encoding::BASE64URL_NOPAD.encode(&passkey.id);
    let host = ISSUER.split("://").nth(1).expect("a host");
    let told = format!("data-passkey-gone=\"{id}\" data-passkey-host=\"{host}\"");
    assert!(removed.body.contains(&told) && removed.body.contains("passkeys."), "{removed}");
    let later = alice.browser.opens("/account/passkeys").await;
    assert!(!later.body.contains("data-passkey-gone"), "once: {later}");

    // It is shown all the same, and by name; whatever else is wrong with another one, nobody hears whether it is known.
    let browser = house.browser();
    let page = browser.opens("/login").await;
    let reply = ceremony(&browser, &page, "/login/passkey", |asked| {
        assert_eq!(asked["rpId"], host, "what the script tells the browser");
        passkey.answer(asked)
    });
    let reply = reply.await;
    assert_eq!((reply.status, &reply.json()["unknown"]), (400, &true.into()), "{reply}");
    let (_, mut known) = enrolled(&house, "bob").await;
    known.origin = "https://evil.example".to_owned();
    let reply = ceremony(&browser, &page, "/login/passkey", |asked| known.answer(asked)).await;
    assert_eq!((reply.status, reply.json().get("unknown")), (400, None), "{reply}");
}

#[tokio::test]
async fn password_managers_find_the_pages() {
    let house = House::fresh().await;
    let found = house.gets("/.well-known/passkey-endpoints").await.json();
    assert_eq!(found["enroll"], format!("{ISSUER}/account/passkeys/add"));
    assert_eq!(found["manage"], format!("{ISSUER}/account/passkeys"));
    assert_eq!(house.gets("/.well-known/change-password").await.location(), "/account/password");
    assert_eq!(house.gets("/.well-known/openid-configuration").await.status, 200);
}

#[tokio::test]
async fn a_server_without_a_name_has_no_passkeys_and_says_so() {
    let house = House::called("http://127.0.0.1:8080").await;
    let alice = house.person("alice").await;
    let page = alice.browser.opens("/login").await;
    assert!(!page.body.contains("passkey"), "{page}");
    alice.signs_in().await;
    let page = alice.browser.opens("/account/passkeys").await;
    assert!(page.body.contains("There are no passkeys here"), "{page}");
    assert_eq!(alice.browser.opens("/account/passkeys/add").await.location(), "/account/passkeys");
    assert_eq!(house.gets("/.well-known/passkey-endpoints").await.body, "{}");
}

#[tokio::test]
async fn nobody_has_to_use_a_passkey_where_there_are_none() {
    let house = House::called("http://127.0.0.1:8080").await;
    let shop = house.app("shop").await;
    house.group("staff").await;
    let (engine, admin, factor) = (&house.engine, Actor::host(), RequiredFactor::Passkey);
    let told = |refused: Denied| format!("{refused:?}").contains("nobody could sign in any more");
    let settings = Settings { required_factor: factor, ..engine.settings().await.unwrap() };
    assert!(told(engine.change_settings(&admin, &host(), &settings).await.unwrap_err()));
    assert!(told(engine.change_group(&admin, &host(), "staff", factor).await.unwrap_err()));
    let changes = [ClientChange::RequiredFactor(factor)];
    assert!(told(engine.change_client(&admin, &host(), &ClientId::from_text(&shop.id), &changes).await.unwrap_err()));

    let file =
        "[settings]\nrequired_factor = \"passkey\"\n[[groups]]\nname = \"crew\"\nrequired_factor = \"passkey\"\n";
    let declared = declared::read(Path::new("id.toml"), file, &System).expect("a sound file");
    let Outcome::Wrong(problems) = engine.apply(&host(), &declared, ApplyOptions::default()).await.unwrap() else {
        panic!("it was applied");
    };
    let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, ["settings.required_factor", "groups[0].required_factor"], "{problems:?}");
}
