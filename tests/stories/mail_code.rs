//! Signing in with a code by mail: who asks, what is answered, what it opens and what it does not.

use std::collections::BTreeSet;

use countersign::base::ids::SessionId;
use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::server::mail::round;
use futures_util::future::join_all;
use poem::http::Method;

use super::authenticator::Authenticator;
use super::browser::Form;
use super::house::{House, PASSWORD};
use super::wire::{Ask, Reply, claims, with_query};
use crate::smtp::Postbox;

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

/// The link on `page` to the page where a code is asked for.
pub fn way_by_mail(page: &Reply) -> Option<String> {
    let (_, rest) = page.body.split_once("<a href=\"/login/mail")?;
    let (rest, _) = rest.split_once('"')?;
    Some(format!("/login/mail{}", rest.replace("&#38;", "&").replace("&amp;", "&")))
}

#[tokio::test]
async fn somebody_comes_in_by_mail_and_goes_on_to_the_application() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    house.lets_in_by_mail(true).await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid").with("login_hint", "alice@example.org");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let way = way_by_mail(&page).expect("a way");
    assert!(way.starts_with("/login/mail?interaction="), "{way}");
    let page = alice.browser.opens(&way).await;
    assert_eq!(page.title(), "Sign in by mail", "{page}");
    assert!(page.body.contains("value=\"alice@example.org\"") && page.body.contains("shop.example"), "{page}");
    let sent = alice.browser.submits(&page, &[("username", "alice@example.org")]).await;
    let page = alice.browser.follows(sent).await;
    assert_eq!((page.status, page.title()), (200, "Enter the code"), "{page}");
    assert!(page.body.contains("autocomplete=\"one-time-code\""), "{page}");
    assert_eq!(alice.browser.session(), None);

    round(&house.engine).await.expect("the store answers");
    let letter = postbox.letters().into_iter().rfind(|one| one.header("Subject").starts_with("Your code")).unwrap();
    assert_eq!(
        (letter.to.as_str(), letter.header("Subject").as_str()),
        ("alice@example.org", "Your code for Countersign")
    );
    let text = letter.text();
    let code = text.lines().find_map(|line| line.strip_prefix("Code: ")).expect("a code on a line of its own").trim();
    for told in ["Hello Alice Adams,", "An unknown browser", "Network address: ", "It was not you?"] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!letter.header("Subject").contains(code) && letter.message.contains(code));

    for wrong in ["AAAA-AAAA", "", "x"] {
        let refused = alice.browser.submits(&page, &[("code", wrong)]).await;
        assert!(matches!(refused.status, 400 | 401) && refused.title() == "Error: Enter the code", "{refused}");
        assert_eq!(alice.browser.session(), None);
    }
    let signed_in = alice.browser.submits(&page, &[("code", code)]).await;
    assert!(signed_in.location().starts_with("/oauth/authorize/resume?interaction="), "{signed_in}");
    let answer = alice.finishes(&asking, signed_in).await;
    let tokens = shop.redeems(&answer).await.tokens();
    let claims = claims(&tokens.id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"1".into(), &serde_json::json!(["email"])));
    assert_eq!((&claims["sub"], &claims["auth_time"]), (&alice.id.as_str().into(), &house.now().into()));
    alice.browser.submits(&page, &[("code", code)]).await.stays_here(410);
    assert_eq!(house.browser().submits(&page, &[("code", code)]).await.status, 400, "a form of another browser");
}

#[tokio::test]
async fn the_link_fills_the_code_in_where_it_was_asked_for_and_nowhere_else() {
    let house = House::reading_mail().await;
    let (alice, thief) = (house.person("alice").await, house.browser());
    let page = alice.browser.opens("/login?next=/account/sessions").await;
    let way = way_by_mail(&page).expect("a way");
    assert_eq!(way, "/login/mail?next=%2Faccount%2Fsessions");
    let page = alice.browser.opens(&way).await;
    let sent = alice.browser.submits(&page, &[("username", "alice")]).await;
    let page = alice.browser.follows(sent).await;
    let mailed = house.code_for(&page).await.expect("a letter");
    for method in [Method::HEAD, Method::GET, Method::GET] {
        assert_eq!(alice.browser.sends(Ask::new(method, mailed.link.as_str())).await.status, 200);
    }
    let elsewhere = thief.opens(&mailed.link).await;
    assert_eq!((elsewhere.status, elsewhere.title()), (200, "Type this code where you asked for it"), "{elsewhere}");
    assert!(elsewhere.body.contains(&mailed.code) && !elsewhere.body.contains("<form"), "{elsewhere}");
    let page = alice.browser.opens(&mailed.link).await;
    assert!(page.body.contains(&format!("value=\"{}\"", mailed.code)), "{page}");
    let signed_in = alice.browser.submits(&page, &[("code", &mailed.code)]).await;
    assert_eq!(signed_in.location(), "/account/sessions");
    assert!(alice.browser.session().is_some() && thief.session().is_none());
    for nonsense in ["", "mc_", "mc_<b>-x", "rc_0000"] {
        let reply = thief.opens(&with_query("/login/mail/code", &[("token", nonsense)])).await;
        assert_eq!(reply.location(), "/login/mail", "{nonsense}");
    }
}

/// The form of one browser, its code and all, in another one.
#[tokio::test]
async fn a_code_opens_nothing_in_a_browser_that_did_not_ask() {
    let house = House::reading_mail().await;
    house.person("alice").await;
    let (asker, thief) = (house.browser(), house.browser());
    let page = asker.wants_a_code("alice").await;
    let mailed = house.code_for(&page).await.expect("a letter");
    let sign_in = Form::on(&page).hidden("sign_in").to_owned();
    let own = thief.wants_a_code("nobody").await;
    let token = Form::on(&own).hidden("csrf").to_owned();
    let fields = [("csrf", &*token), ("sign_in", &sign_in), ("code", &mailed.code)];
    thief.posts("/login/mail/code", &fields).await.stays_here(410);
    let address = format!("/login/mail/code?sign_in={sign_in}");
    thief.opens(&address).await.stays_here(410);
    assert!(thief.session().is_none());
    asker.submits(&page, &[("code", &mailed.code)]).await.location();
    assert!(asker.session().is_some());
}

#[tokio::test]
async fn sixty_four_at_once_open_one_session() {
    let house = House::reading_mail().await;
    let alice = house.person("alice").await;
    let page = alice.browser.wants_a_code("alice").await;
    let code = house.code_for(&page).await.expect("a letter").code;
    let copies: Vec<_> = (0..64).map(|_| alice.browser.copy()).collect();
    let fields = [("code", code.as_str())];
    let all = join_all(copies.iter().map(|copy| copy.submits(&page, &fields))).await;
    assert_eq!(all.iter().filter(|reply| reply.status == 303).count(), 1);
    let open: BTreeSet<SessionId> = {
        let mut ids = BTreeSet::new();
        for copy in &copies {
            let Some(cookie) = copy.session() else { continue };
            let found = house.engine.session(&Secret::new(cookie)).await.unwrap();
            ids.extend(found.map(|found| found.session().id.clone()));
        }
        ids
    };
    assert_eq!(open.len(), 1);
}

#[tokio::test]
async fn a_second_factor_is_asked_for_after_it() {
    let house = House::reading_mail().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let authenticator = Authenticator::of(&house, &alice).await;
    let asking = shop.asks("openid");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let page = alice.browser.opens(&way_by_mail(&page).expect("a way")).await;
    let sent = alice.browser.submits(&page, &[("username", "alice")]).await;
    let page = alice.browser.follows(sent).await;
    let given = alice.browser.types_the_code(&page).await;
    assert!(given.location().starts_with("/login/second-factor?sign_in="), "{given}");
    assert_eq!(alice.browser.session(), None);
    let page = alice.browser.follows(given).await;
    let done = alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await;
    let answer = alice.finishes(&asking, done).await;
    let claims = claims(&shop.redeems(&answer).await.tokens().id);
    assert_eq!((&claims["acr"], &claims["amr"]), (&"2".into(), &serde_json::json!(["email", "otp", "mfa"])));
    let asked = alice.browser.opens("/account/password").await;
    assert!(asked.location().starts_with("/login?confirm=1"), "a mailbox is under it still: {asked}");
}

/// Whoever finds a browser that remembers finds the mail open in it too.
#[tokio::test]
async fn a_browser_that_remembers_spares_nobody_who_comes_by_mail() {
    let house = House::reading_mail().await;
    let alice = house.person("alice").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let page = alice.browser.follows(alice.signs_in().await).await;
    alice.browser.submits(&page, &[("otp", &authenticator.shows()), ("remember", "1")]).await.location();
    alice.signs_out().await;
    assert_eq!(alice.signs_in().await.location(), "/", "it remembers");
    alice.signs_out().await;
    let given = alice.browser.comes_by_mail("alice").await;
    assert!(given.location().starts_with("/login/second-factor?sign_in="), "{given}");
    assert_eq!(alice.browser.session(), None);
}

#[tokio::test]
async fn a_sign_in_by_mail_changes_nothing_that_protects_the_account() {
    let house = House::reading_mail().await;
    let alice = house.person("alice").await;
    assert_eq!(alice.browser.comes_by_mail("alice").await.location(), "/");
    assert_eq!(alice.browser.opens("/account").await.status, 200);
    for path in
        ["/account/password", "/account/passkeys/add", "/account/address?change=1", "/account/delete", "/account/data"]
    {
        let asked = alice.browser.opens(path).await;
        if path == "/account/data" && asked.status == 200 {
            continue;
        }
        assert!(asked.location().starts_with("/login?confirm=1"), "{path}: {asked}");
    }
    let page = alice.browser.opens("/account/profile").await;
    let token = Form::on(&page).hidden("csrf").to_owned();
    for (path, more) in [
        ("/account/password", vec![("current", PASSWORD), ("new", NEW_PASSWORD)]),
        ("/account/authenticator/begin", vec![]),
        ("/account/address", vec![("email", "thief@example.net")]),
    ] {
        let fields = [vec![("csrf", &*token)], more].concat();
        let refused = alice.browser.posts(path, &fields).await;
        assert!(refused.location().starts_with("/login?confirm=1"), "{path}: {refused}");
    }

    let page = alice.browser.opens("/login?confirm=1&next=%2Faccount%2Fpassword").await;
    assert_eq!(way_by_mail(&page), None, "a code is not offered: {page}");
    assert!(page.body.contains("You came in by a code from your mail."), "{page}");
    alice.browser.comes_by_mail("alice").await.location();
    assert_eq!(alice.browser.opens("/account/password").await.status, 303, "nor does one help");
    let confirmed = alice.browser.submits(&page, &[("password", PASSWORD)]).await;
    assert_eq!(confirmed.location(), "/account/password");
    assert_eq!(alice.browser.follows(confirmed).await.status, 200);
}

#[tokio::test]
async fn it_answers_an_application_that_asks_for_a_new_sign_in() {
    let house = House::reading_mail().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    for (name, value) in [("prompt", "login"), ("max_age", "0")] {
        house.later(30);
        let asking = shop.asks("openid").with(name, value);
        let page = alice.browser.follows(alice.goes(&asking).await).await;
        assert_eq!(page.title(), "Confirm it is you", "{page}");
        let page = alice.browser.opens(&way_by_mail(&page).expect("a way")).await;
        assert!(page.body.contains("value=\"alice\""), "{page}");
        let sent = alice.browser.submits(&page, &[("username", "alice")]).await;
        let page = alice.browser.follows(sent).await;
        let given = alice.browser.types_the_code(&page).await;
        let answer = alice.finishes(&asking, given).await;
        let claims = claims(&shop.redeems(&answer).await.tokens().id);
        assert_eq!((&claims["auth_time"], &claims["amr"]), (&house.now().into(), &serde_json::json!(["email"])));
    }
}

#[tokio::test]
async fn the_activity_tells_of_it() {
    let house = House::reading_mail().await;
    let alice = house.person("alice").await;
    alice.browser.comes_by_mail("alice").await.location();
    let page = house.browser().wants_a_code("alice").await;
    house.browser().submits(&page, &[("code", "AAAA-AAAA")]).await;
    let stranger = house.browser();
    let page = stranger.wants_a_code("alice").await;
    stranger.submits(&page, &[("code", "AAAA-AAAA")]).await.stays_here(401);
    let page = alice.browser.opens("/account/activity").await;
    for told in [
        "You signed in with An unknown browser by a code sent to alice@example.org",
        "Somebody had a code to sign in with sent to alice@example.org",
        "The code that was sent to alice@example.org was used",
        "Somebody tried to sign in with your name and failed",
    ] {
        assert!(page.body.contains(told), "{told}: {page}");
    }
    let log = house.engine.activity(&Actor::host(), &ActivityFilter::default(), None, 50).await.unwrap();
    let failed = log.items.iter().find(|one| one.details.contains_key("cause")).expect("a failure");
    assert_eq!(failed.details["cause"], "wrong code by mail");
}
