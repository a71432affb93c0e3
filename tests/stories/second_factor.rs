//! What stands between a password and a session, and who is asked once more (security rows 47 and 63).

use super::house::House;

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
    let confirmed = alice.browser.submits(&wrong, &[("password", super::house::PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/account/password", "{confirmed}");
    assert!(alice.browser.session().is_some() && alice.browser.session() != before, "the cookie is another");
    assert_eq!(copied.opens("/account").await.status, 303, "and the one before is worth nothing");
    let sessions = alice.browser.opens("/account/sessions").await;
    assert!(!sessions.body.contains("name=\"session\" value="), "there is one session still: {sessions}");
}
