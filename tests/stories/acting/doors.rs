//! What it does not open: everything but applications.

use std::collections::BTreeSet;

use countersign::dialects;
use countersign::model::settings::Settings;
use poem::http::Method;

use super::{acts, ada_and_ben, is_acting, token_of};
use crate::headers::every_path;
use crate::house::{House, PASSWORD};
use crate::wire::Ask;

/// The pages that are open to whoever acts: the launcher, signing in as oneself, leaving. Whoever adds a page need not add it
/// here; whoever adds it here shall know why.
const OPEN: [&str; 11] = [
    "/",
    "/acting/stop",
    "/applications",
    "/login",
    "/login/account",
    "/login/passkey/begin",
    "/login/passkey/finish",
    "/login/second-factor",
    "/login/second-factor/enrol",
    "/sign-out",
    "/signed-out",
];

/// Whether a page is behind this path, and not a program's endpoint or a file.
fn is_page(path: &str, placed: &BTreeSet<String>) -> bool {
    let roof = ["/.well-known/", "/static/", "/openapi/", "/healthz", "/readyz", "/metrics", "/favicon.ico"];
    !placed.contains(path) && !roof.iter().any(|prefix| path.starts_with(prefix))
}

#[tokio::test]
async fn every_page_but_a_few_refuses_whoever_acts_and_changes_nothing() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    let csrf = token_of(&ada.browser).await;
    let placed: BTreeSet<String> = dialects::paths(&Settings::default()).into_iter().map(|(path, _)| path).collect();
    let paths = every_path(&house);
    let pages: Vec<&String> = paths.iter().filter(|path| is_page(path, &placed)).collect();
    assert!(pages.len() > 60, "{pages:?}");
    assert!(OPEN.iter().all(|open| paths.contains(*open)), "each is a page");
    let ours = [
        "/account",
        "/account/password",
        "/account/data",
        "/account/passkeys",
        "/account/address",
        "/admin/",
        "/admin/settings",
        "/consent",
        "/recover",
    ];
    assert!(ours.iter().all(|one| pages.iter().any(|page| page == one)), "{pages:?}");
    let before = house.store.everything().await;
    for path in pages.into_iter().filter(|path| !OPEN.contains(&path.as_str())) {
        let form = [("csrf", csrf.as_str()), ("person", ben.id.as_str()), ("answer", "continue"), ("new", PASSWORD)];
        for (method, reply) in [("GET", ada.browser.opens(path).await), ("POST", ada.browser.posts(path, &form).await)]
        {
            // Where there is no such door, nobody comes in either.
            if reply.status != 405 {
                assert_eq!((reply.status, reply.title()), (403, "This is theirs to do"), "{method} {path}: {reply}");
                assert!(reply.body.contains("You are acting as"), "{method} {path}: {reply}");
            }
        }
    }
    assert!(house.store.everything().await == before, "nothing was changed");
    assert!(is_acting(&ada.browser).await);
}

#[tokio::test]
async fn a_confirmation_is_not_asked_for_and_not_taken() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    let csrf = token_of(&ada.browser).await;
    let form = |more: &[(&'static str, &'static str)]| {
        let mut all = vec![("csrf".to_owned(), csrf.clone()), ("confirm".to_owned(), "1".to_owned())];
        all.extend(more.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        all
    };
    for (path, fields) in [
        ("/login", form(&[("username", "ben"), ("password", PASSWORD)])),
        ("/login/passkey/begin", form(&[])),
        ("/login/passkey/finish", form(&[("id", "x")])),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(ada.browser.posts(path, &fields).await.status, 403, "{path}");
    }
    assert_eq!(ada.browser.opens("/login?confirm=1&next=/account").await.status, 403);
    assert!(is_acting(&ada.browser).await);
}

#[tokio::test]
async fn signing_in_there_ends_it_and_opens_an_ordinary_session() {
    for username in ["ben", "ada"] {
        let house = House::fresh().await;
        let (ada, ben) = ada_and_ben(&house).await;
        acts(&ada, &ben).await;
        let acting = ada.browser.copy();
        let page = ada.browser.opens("/login?another=1").await;
        assert!(page.body.contains("You are acting as"), "said there too: {page}");
        let signed_in = ada.browser.submits(&page, &[("username", username), ("password", PASSWORD)]).await;
        assert_eq!(signed_in.status, 303, "{signed_in}");
        let page = ada.browser.opens("/account").await;
        assert!(page.status == 200 && !page.body.contains("You are acting as"), "{page}");
        assert!(!is_acting(&acting).await, "the other has ended");
        // It is another session, and lasts as long as any.
        house.later(2 * 3_600);
        assert_eq!(ada.browser.opens("/account").await.status, 200);
    }
}

#[tokio::test]
async fn acting_for_somebody_makes_no_browser_of_theirs() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let before = ada.browser.cookies();
    acts(&ada, &ben).await;
    let after = ada.browser.cookies();
    let kept = |name: &str| {
        let find = |jar: &std::collections::BTreeMap<String, String>| {
            jar.iter().find(|(known, _)| known.ends_with(name)).map(|(_, value)| value.clone())
        };
        (find(&before), find(&after))
    };
    let (own, held) = kept("countersign-session");
    assert_ne!(own, held);
    for name in ["countersign-familiar", "countersign-device", "countersign-browser"] {
        let (was, is) = kept(name);
        assert_eq!(was, is, "{name}");
    }
    // Ben's first sign-in in that browser is one in a browser that is new to him.
    let page = ada.browser.opens("/login?another=1").await;
    ada.browser.submits(&page, &[("username", "ben"), ("password", PASSWORD)]).await;
    let page = ada.browser.opens("/account/activity").await;
    assert!(page.body.contains("in a browser that was new to your account"), "{page}");
}

#[tokio::test]
async fn whoever_acts_begins_nothing_in_the_console_and_acts_for_nobody_else() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let cleo = house.person("cleo").await;
    acts(&ada, &ben).await;
    let csrf = token_of(&ada.browser).await;
    let fields = [("csrf", csrf.as_str()), ("reason", "More"), ("minutes", "15")];
    for whom in [&cleo, &ben, &ada] {
        let path = format!("{}/act", super::page_about(whom));
        assert_eq!(ada.browser.posts(&path, &fields).await.status, 403);
    }
    for method in [Method::PUT, Method::DELETE, Method::PATCH] {
        let reply = ada.browser.sends(Ask::new(method.clone(), "/account/password")).await;
        assert!(matches!(reply.status, 403..=405), "{method}: {reply}");
    }
}
