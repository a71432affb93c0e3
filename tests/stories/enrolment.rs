//! Somebody sets up an authenticator and keeps recovery codes.

use totp_rs::Builder;

use super::browser::{Form, unescape};
use super::house::House;
use super::person::Person;
use super::wire::{Reply, claims};

/// The text between two marks on a page, as a reader sees it.
#[track_caller]
fn between(page: &Reply, from: &str, to: &str) -> String {
    let (_, rest) = page.body.split_once(from).unwrap_or_else(|| panic!("no {from}: {page}"));
    unescape(rest.split_once(to).expect("an end").0)
}

/// The code an application shows now that was told what `page` shows.
fn code(house: &House, page: &Reply, steps: i64) -> String {
    let key = between(page, "id=\"key\" aria-labelledby=\"key-label\">", "</code>");
    let seed = data_encoding::BASE32_NOPAD.decode(key.replace(' ', "").as_bytes()).unwrap();
    let at = u64::try_from(house.engine.now().0 + 30 * steps).unwrap();
    Builder::new().with_secret(seed).build().unwrap().generate(at).to_string()
}

/// Posts to `path` with the token of the form on `page`.
async fn presses(who: &Person<'_>, page: &Reply, path: &str) -> Reply {
    let csrf = Form::on(page).hidden("csrf").to_owned();
    let answer = who.browser.posts(path, &[("csrf", &csrf)]).await;
    who.browser.follows(answer).await
}

fn codes_on(page: &Reply) -> Vec<String> {
    page.body.split("<li><code>").skip(1).map(|rest| rest.split('<').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn an_authenticator_is_set_up_with_a_picture_a_key_and_a_first_code() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/authenticator").await;
    assert!(page.body.contains("You have none.") && !page.body.contains("<svg class=\"qr\""), "{page}");
    let page = presses(&alice, &page, "/account/authenticator/begin").await;
    assert!(page.body.contains("<svg class=\"qr\" viewBox=\"0 0 "), "{page}");
    let uri = between(&page, "href=\"otpauth", "\"");
    assert!(uri.contains(":alice?secret=") && uri.contains("issuer="), "{uri}");

    let wrong = alice.browser.submits(&page, &[("otp", &code(&house, &page, 9))]).await;
    wrong.stays_here(400);
    assert!(wrong.body.contains("not the code it shows now") && wrong.body.contains("aria-invalid"), "{wrong}");
    assert!(wrong.body.contains("<svg class=\"qr\""), "the picture is still there");
    let typed = code(&house, &page, 0);
    let right = alice.browser.submits(&wrong, &[("otp", &format!("{} {}", &typed[..3], &typed[3..]))]).await;
    let shown = alice.browser.follows(right).await;
    let codes = codes_on(&shown);
    assert_eq!(codes.len(), 10, "{shown}");
    assert!(shown.body.contains("Your authenticator is set up.") && shown.body.contains("data:text/plain"));
    let file = between(&shown, "href=\"data:text/plain;charset=utf-8,", "\"");
    assert!(codes.iter().all(|code| file.contains(code)), "the file has them all");
    assert_eq!(shown.header("cache-control"), Some("no-store"));

    let later = alice.browser.opens("/account/recovery-codes").await;
    assert!(codes_on(&later).is_empty() && later.body.contains("10 of 10 left"), "shown once: {later}");
    let state = alice.browser.opens("/account/authenticator").await;
    assert!(state.body.contains(">On<") && !state.body.contains("otpauth"), "{state}");
}

#[tokio::test]
async fn whoever_sets_one_up_has_proved_it_and_is_not_asked_for_it_at_once() {
    let house = House::fresh().await;
    let (alice, app) = (house.person("alice").await, house.app("shop").await);
    let before = claims(&alice.gives(&app, "openid").await.id);
    assert_eq!(before["acr"], "1");
    let (cookie, copied) = (alice.browser.session(), alice.browser.copy());
    house.later(60);
    let page = alice.browser.opens("/account/authenticator").await;
    let page = presses(&alice, &page, "/account/authenticator/begin").await;
    let wrong = alice.browser.submits(&page, &[("otp", &code(&house, &page, 9))]).await;
    assert_eq!(alice.browser.session(), cookie, "a wrong code strengthens nothing");
    let right = alice.browser.submits(&wrong, &[("otp", &code(&house, &page, 0))]).await;
    assert!(right.location().starts_with("/account/recovery-codes?"), "{right}");
    assert_ne!(alice.browser.session(), cookie, "the cookie is another, as whenever more is proved");
    assert_eq!(copied.opens("/account").await.status, 303, "and the one before is worth nothing");
    assert_eq!(alice.browser.opens("/account/passkeys/add").await.title(), "Add a passkey");

    let after = claims(&alice.gives(&app, "openid").await.id);
    assert_eq!((&after["acr"], &after["amr"]), (&"2".into(), &serde_json::json!(["pwd", "otp", "mfa"])));
    assert_eq!((&after["sid"], &after["auth_time"]), (&before["sid"], &before["auth_time"]));
    house.later(9 * 60);
    let late = alice.browser.opens("/account/passkeys/add").await;
    assert!(late.location().starts_with("/login?confirm=1"), "the password has aged: {late}");
}

#[tokio::test]
async fn nobody_sets_one_up_on_an_unattended_computer_or_from_another_page() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/authenticator").await;
    let forged = alice.browser.posts("/account/authenticator/begin", &[("csrf", "x")]).await;
    assert_eq!(forged.status, 400, "{forged}");
    house.clock.advance(std::time::Duration::from_secs(11 * 60));
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    for path in ["begin", "confirm", "remove"] {
        let path = format!("/account/authenticator/{path}");
        let asked = alice.browser.posts(&path, &[("csrf", &csrf), ("otp", "123456")]).await;
        assert!(asked.location().starts_with("/login?confirm=1&next=%2Faccount%2Fauthenticator"), "{asked}");
    }
    let seed = alice.browser.opens("/account/authenticator/confirm").await;
    assert!(seed.location().starts_with("/login?confirm=1"), "{seed}");
    let codes = alice.browser.posts("/account/recovery-codes/new", &[("csrf", &csrf)]).await;
    assert!(codes.location().starts_with("/login?confirm=1"), "{codes}");
}

#[tokio::test]
async fn whoever_has_no_factor_gets_no_codes_and_removing_the_last_ends_them() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let none = alice.browser.opens("/account/recovery-codes").await;
    assert!(none.body.contains("Set up an authenticator"), "{none}");
    let page = alice.browser.opens("/account/authenticator").await;
    let made = presses(&alice, &page, "/account/recovery-codes/new").await;
    assert!(codes_on(&made).is_empty(), "{made}");
}

#[tokio::test]
async fn another_authenticator_ends_what_browsers_remember() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/authenticator").await;
    let page = presses(&alice, &page, "/account/authenticator/begin").await;
    let shows = |steps| code(&house, &page, steps);
    alice.browser.submits(&page, &[("otp", &shows(0))]).await;
    house.later(30);
    let there = alice.elsewhere(house.browser());
    let asked = there.meets_second_factor(&there.browser).await;
    there.browser.submits(&asked, &[("otp", &shows(0)), ("remember", "1")]).await;
    let lost = there.elsewhere(there.browser.copy());
    lost.signs_out().await;
    assert_eq!(lost.signs_in().await.location(), "/", "no code is asked for there");

    house.later(30);
    let here = alice.elsewhere(house.browser());
    here.signs_in_with(&shows(0), &here.browser).await;
    let state = here.browser.opens("/account/authenticator").await;
    let other = presses(&here, &state, "/account/authenticator/begin").await;
    here.browser.submits(&other, &[("otp", &code(&house, &other, 0))]).await;
    lost.signs_out().await;
    assert!(lost.signs_in().await.location().starts_with("/login/second-factor"));
}
