//! Several tabs, other browsers, the back button, and requests that waited too long (RFC 9700, section 4.7).

use futures_util::future::join_all;
use poem::http::Method;

use super::browser::Form;
use super::house::{House, PASSWORD};
use super::wire::{Ask, claims, encode};

#[tokio::test]
async fn two_tabs_each_get_their_own_answer() {
    let house = House::fresh().await;
    let (alice, shop, wiki) = (house.person("alice").await, house.app("shop").await, house.app("wiki").await);
    let (first, second) = (shop.asks("openid"), wiki.asks("openid email"));
    let (one, two) = (alice.goes(&first).await, alice.goes(&second).await);
    let (one, two) = (alice.browser.follows(one).await, alice.browser.follows(two).await);
    let left = alice.gives_password(&two).await;
    let answer = alice.finishes(&second, left).await;
    assert_eq!(wiki.redeems(&answer).await.tokens().scope, "email openid");

    // The first tab still shows its form; sending it and opening it again both lead on.
    let again = alice.browser.opens(&format!("/login?interaction={}", Form::on(&one).hidden("interaction"))).await;
    assert!(again.location().starts_with("/oauth/authorize/resume"), "{again}");
    let sent = alice.gives_password(&one).await;
    let answer = alice.finishes(&first, sent).await;
    assert_eq!(shop.redeems(&answer).await.tokens().scope, "openid");
}

#[tokio::test]
async fn what_began_in_one_browser_is_nobodys_in_another() {
    let house = House::fresh().await;
    let (alice, mallory, shop) = (house.person("alice").await, house.person("mallory").await, house.app("shop").await);
    let asking = shop.asks("openid");
    let began = mallory.goes(&asking).await;
    let id = began.location().strip_prefix("/login?interaction=").unwrap().to_owned();
    alice.signs_in().await;
    for path in ["/login", "/login/account", "/consent", "/oauth/authorize/resume", "/sign-out"] {
        let name = if path == "/sign-out" { "request" } else { "interaction" };
        let reply = alice.browser.opens(&format!("{path}?{name}={id}")).await;
        assert!(reply.status == 410 && reply.header("location").is_none(), "{path}: {reply}");
        reply.names_itself();
    }
    // Her own form token with his interaction: nothing is written into it.
    let own = Form::on(&alice.browser.opens("/login?another=1").await).hidden("csrf").to_owned();
    let stolen = [("csrf", &*own), ("interaction", &id)];
    for (path, more) in [
        ("/login", vec![("username", "alice"), ("password", PASSWORD)]),
        ("/login/account", vec![("choice", "continue")]),
        ("/consent", vec![("answer", "continue")]),
    ] {
        let reply = alice.browser.posts(path, &[&stolen[..], &more].concat()).await;
        assert!(reply.status == 410 && reply.header("location").is_none(), "{path}: {reply}");
    }
    let page = mallory.browser.opens(began.location()).await;
    assert_eq!(page.title(), "Sign in", "his request still waits for him: {page}");
}

/// Looking is not answering: HEAD neither issues a code nor signs anybody out (RFC 9110, section 9.2.1).
#[tokio::test]
async fn a_look_at_the_head_issues_and_ends_nothing() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.gives(&shop, "openid").await;
    for path in [shop.asks("openid").path(), "/oauth/authorize/resume?interaction=x".into(), "/oauth/logout".into()] {
        let reply = alice.browser.sends(Ask::new(Method::HEAD, path.as_str())).await;
        assert_eq!((reply.status, reply.header("location")), (405, None), "{path}: {reply}");
        assert!(!reply.header("allow").unwrap().contains("HEAD"), "{reply}");
    }
    assert_eq!(alice.browser.opens("/account").await.status, 200, "she is still signed in");
}

#[tokio::test]
async fn the_back_button_gives_no_second_answer() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid");
    let first = alice.goes(&asking).await;
    let login = alice.browser.follows(first).await;
    let signed_in = alice.gives_password(&login).await;
    let consent = alice.browser.follows(signed_in).await;
    let agreed = alice.browser.submits(&consent, &[("answer", "continue")]).await;
    let resume = agreed.location().to_owned();
    alice.finishes(&asking, agreed).await.code();

    for page in [&login, &consent] {
        let filled = [("username", "alice"), ("password", PASSWORD), ("answer", "continue")];
        let over = alice.browser.submits(page, &filled).await;
        over.stays_here(410).names_itself();
    }
    let again = alice.browser.opens(&resume).await;
    assert_eq!(again.location(), "/", "it was answered before: {again}");
}

#[tokio::test]
async fn a_request_that_waited_too_long_is_over() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let first = alice.goes(&shop.asks("openid")).await;
    let page = alice.browser.follows(first.clone()).await;
    house.later(3600);
    alice.gives_password(&page).await.stays_here(410);
    alice.browser.opens(first.location()).await.stays_here(410);
    alice.browser.opens(&first.location().replace("/login", "/oauth/authorize/resume")).await.stays_here(410);
}

#[tokio::test]
async fn whoever_agrees_is_who_was_asked() {
    let house = House::fresh().await;
    let (alice, bob, shop) = (house.person("alice").await, house.person("bob").await, house.app("shop").await);
    alice.signs_in().await;
    let asking = shop.asks("openid email");
    let first = alice.goes(&asking).await;
    let asked = alice.browser.follows(first).await;
    assert!(asked.body.contains("alice@example.org"));

    // In another tab somebody else signs in; then the old page is sent.
    let bob = bob.elsewhere(alice.browser.copy());
    let page = bob.browser.opens("/login?another=1").await;
    bob.gives_password(&page).await;
    let sent = bob.browser.submits(&asked, &[("answer", "continue")]).await;
    let next = bob.browser.follows(sent).await;
    let handed_over = next.status == 303 && next.location().starts_with(&shop.callback);
    assert!(!handed_over, "Bob never saw what he would agree to: {next}");
    assert!(next.title() == "shop asks" && next.body.contains("bob@example.org"), "he is asked himself: {next}");

    let asking = shop.asks("openid").with("prompt", "select_account");
    let first = bob.goes(&asking).await;
    let choice = bob.browser.follows(first).await;
    let alice = alice.elsewhere(bob.browser.copy());
    let page = alice.browser.opens("/login?another=1").await;
    alice.gives_password(&page).await;
    let sent = alice.browser.submits(&choice, &[("choice", "continue")]).await;
    let next = alice.browser.follows(sent).await;
    assert!(next.title() == "Choose an account" && next.body.contains("Alice Adams"), "the choice is hers now: {next}");
}

#[tokio::test]
async fn forms_of_other_sites_and_browsers_change_nothing() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let page = alice.browser.opens("/login").await;
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    let other = house.browser();
    let foreign = Form::on(&other.opens("/login").await).hidden("csrf").to_owned();
    let filled = |csrf: &str| encode(&[("csrf", csrf), ("username", "alice"), ("password", PASSWORD)]);
    let form = |body: String| Ask::new(Method::POST, "/login").typed("application/x-www-form-urlencoded", body);
    for (what, ask) in [
        ("another browser's token", form(filled(&foreign))),
        ("no token", form(filled(""))),
        ("a shortened token", form(filled(&csrf[1..]))),
        ("another origin", form(filled(&csrf)).header("origin", "https://evil.example")),
        ("no origin at all", form(filled(&csrf)).header("origin", "null")),
        ("another site", form(filled(&csrf)).header("sec-fetch-site", "cross-site")),
        ("a sister site", form(filled(&csrf)).header("sec-fetch-site", "same-site")),
        ("plain text", Ask::new(Method::POST, "/login").typed("text/plain", filled(&csrf))),
        ("a query", Ask::new(Method::GET, format!("/login?{}", filled(&csrf)))),
    ] {
        let reply = alice.browser.sends(ask).await;
        assert!(reply.header("location").is_none(), "{what}: {reply}");
        assert_eq!(alice.browser.session(), None, "{what}");
    }
    assert_eq!(alice.browser.sends(form(filled(&csrf))).await.location(), "/");
    assert!(alice.browser.session().is_some());

    let first = alice.goes(&shop.asks("openid")).await;
    let consent = first.location().to_owned();
    assert!(consent.starts_with("/consent"));
    alice.browser.opens(&format!("{consent}&answer=continue")).await.stays_here(200);
    let quietly = shop.asks("openid").with("prompt", "none");
    assert_eq!(alice.answers(&quietly).await.error(), "consent_required", "looking is not agreeing");
}

#[tokio::test]
async fn a_cookie_planted_beforehand_is_worth_nothing_afterwards() {
    let house = House::fresh().await;
    let (alice, mallory, shop) = (house.person("alice").await, house.person("mallory").await, house.app("shop").await);
    mallory.signs_in().await;
    let planted = mallory.browser.session().unwrap();
    let victim = alice.elsewhere(mallory.browser.copy());
    let page = victim.browser.opens("/login?another=1").await;
    victim.gives_password(&page).await;
    assert_ne!(victim.browser.session().unwrap(), planted);
    let tokens = victim.gives(&shop, "openid").await;
    assert_eq!(claims(&tokens.id)["sub"], alice.id.as_str());
    let still = mallory.answers(&shop.asks("openid").with("prompt", "none")).await;
    assert_eq!(still.error(), "login_required", "the cookie from before leads nowhere");
}

#[tokio::test]
async fn a_copied_cookie_is_dead_once_its_owner_signs_out() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let thief = alice.elsewhere(alice.browser.copy());
    assert_eq!(alice.signs_out().await.location(), "/signed-out");
    assert_eq!(alice.browser.session(), None);
    assert_eq!(thief.answers(&shop.asks("openid").with("prompt", "none")).await.error(), "login_required");
    assert!(thief.browser.opens("/account").await.location().starts_with("/login"));
}

#[tokio::test]
async fn a_crowd_of_tabs_that_go_on_at_once_gets_one_code() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.signs_in().await;
    for _ in 0..5 {
        let asking = shop.asks("openid").with("prompt", "consent");
        let first = alice.goes(&asking).await;
        let page = alice.browser.follows(first).await;
        let agreed = alice.browser.submits(&page, &[("answer", "continue")]).await;
        let replies = join_all((0..16).map(|_| alice.browser.opens(agreed.location()))).await;
        let codes = replies.iter().filter(|reply| reply.location().starts_with(&shop.callback)).count();
        assert_eq!(codes, 1);
        assert!(replies.iter().all(|reply| reply.location() == "/" || reply.location().starts_with(&shop.callback)));
    }
}

#[tokio::test]
async fn requests_that_nobody_finishes_do_not_fill_the_house() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let asking = shop.asks("openid");
    let from = |network: &str| Ask::get(asking.path()).coming_from(network);
    let mut seen = Vec::new();
    for _ in 0..400 {
        let reply = house.asks(from("203.0.113.9")).await;
        if reply.status == 429 {
            assert!(reply.stays_here(429).header("retry-after").is_some(), "{reply}");
        }
        seen.push(reply.status);
    }
    assert_eq!((seen[0], seen[399]), (303, 429));
    assert_eq!(house.asks(from("192.0.2.7")).await.status, 303, "elsewhere nobody notices");
    let here = alice.browser.sends(from("203.0.113.9")).await;
    assert!(here.location().starts_with(&shop.callback), "nor does whoever is signed in: {here}");
}
