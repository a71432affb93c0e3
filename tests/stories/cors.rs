//! Who may read our answers from a web page.

use poem::http::Method;

use super::house::House;
use super::wire::{Ask, Reply};

fn preflight(path: &str, origin: &str, method: &str) -> Ask {
    let ask = Ask::new(Method::OPTIONS, path).header("origin", origin);
    ask.header("access-control-request-method", method).header("access-control-request-headers", "authorization")
}

fn readable_by(reply: &Reply) -> Option<&str> {
    assert_eq!(reply.header("access-control-allow-credentials"), None, "cookies are never shared: {reply}");
    reply.header("access-control-allow-origin")
}

#[tokio::test]
async fn refuses_other_origins_every_page_and_the_authorization_endpoint() {
    let house = House::fresh().await;
    let (alice, board) = (house.person("alice").await, house.page_app("board").await);
    alice.signs_in().await;
    let asking = board.asks("openid");
    for origin in ["https://evil.example", &board.origin, house.issuer, "null"] {
        for path in [
            &*asking.path(),
            "/oauth/authorize/resume?interaction=x",
            "/oauth/logout",
            "/oauth/introspect",
            "/login",
            "/consent",
            "/account",
            "/",
            "/admin",
            "/setup",
            "/nowhere",
            "/oauth/nowhere",
            "/metrics",
        ] {
            for ask in [Ask::get(path), preflight(path, origin, "GET"), preflight(path, origin, "POST")] {
                let reply = alice.browser.sends(ask.header("origin", origin)).await;
                assert_eq!(readable_by(&reply), None, "{origin} at {path}: {reply}");
                assert_eq!(reply.header("access-control-allow-methods"), None, "{origin} at {path}: {reply}");
            }
        }
    }
}

#[tokio::test]
async fn answers_only_the_origins_of_the_application_that_is_answered() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let (board, shop) = (house.page_app("board").await, house.app("shop").await);
    let (tokens, others) = (alice.gives(&board, "openid").await, alice.gives(&shop, "openid").await);
    let evil = "https://evil.example";
    let refresh = |token: &str| {
        [("grant_type", "refresh_token"), ("refresh_token", token)].map(|(a, b)| (a.to_owned(), b.to_owned()))
    };
    let fields = refresh(&tokens.refresh);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(a, b)| (&**a, &**b)).collect();
    for (origin, allowed) in [(&*shop.origin, false), (evil, false), ("null", false), (&*board.origin, true)] {
        // A refusal first, then the answer; both are only for its own pages.
        for (path, more) in [("/oauth/token", ("refresh_token", "nonsense")), ("/oauth/revoke", ("token", "nonsense"))]
        {
            let reply =
                house.asks(board.signed(path, &[("grant_type", "refresh_token"), more]).header("origin", origin)).await;
            assert_eq!(readable_by(&reply), allowed.then_some(origin), "{path}: {reply}");
            assert!(reply.all("vary").iter().any(|line| line.eq_ignore_ascii_case("origin")), "{reply}");
        }
        let reply = house.asks(Ask::get("/oauth/userinfo").bearer(&tokens.access).header("origin", origin)).await;
        assert_eq!((reply.status, readable_by(&reply)), (200, allowed.then_some(origin)), "{reply}");
    }
    let reply = house.asks(board.signed("/oauth/token", &fields).header("origin", &board.origin)).await;
    assert_eq!((reply.status, readable_by(&reply)), (200, Some(&*board.origin)));
    let reply = house.asks(Ask::get("/oauth/userinfo").bearer(&others.access).header("origin", &board.origin)).await;
    assert_eq!(readable_by(&reply), None, "another application's answer: {reply}");

    // Where nobody is known, any registered origin may read the refusal; others still not.
    for (origin, allowed) in [(&*shop.origin, true), (&*board.origin, true), (evil, false)] {
        let reply = house.asks(Ask::get("/oauth/userinfo").bearer("nonsense").header("origin", origin)).await;
        assert_eq!((reply.status, readable_by(&reply)), (401, allowed.then_some(origin)), "{reply}");
        let exposed = reply.header("access-control-expose-headers").unwrap_or_default();
        assert_eq!(exposed.contains("WWW-Authenticate"), allowed);
    }
}

#[tokio::test]
async fn preflights_are_for_registered_origins_of_enabled_applications() {
    let house = House::fresh().await;
    let board = house.page_app("board").await;
    let near_misses = [
        "https://evil.example",
        "null",
        "http://board.example",
        "https://board.example:444",
        "https://board.example.evil.example",
        "https://BOARD.example",
        "https://board.example/",
        "*",
    ];
    for path in ["/oauth/token", "/oauth/revoke", "/oauth/userinfo"] {
        let reply = house.asks(preflight(path, &board.origin, "POST")).await;
        assert_eq!((reply.status, readable_by(&reply)), (204, Some(&*board.origin)), "{path}: {reply}");
        assert!(reply.header("access-control-allow-methods").unwrap().contains("POST"), "{reply}");
        for origin in near_misses {
            let reply = house.asks(preflight(path, origin, "POST")).await;
            assert_eq!((reply.status, readable_by(&reply)), (204, None), "{origin} at {path}: {reply}");
            assert_eq!(reply.header("access-control-allow-methods"), None, "{reply}");
            assert_eq!(reply.header("vary"), Some("Origin"), "{reply}");
        }
    }
    board.is_disabled().await;
    let reply = house.asks(preflight("/oauth/token", &board.origin, "POST")).await;
    assert_eq!(readable_by(&reply), None, "it was switched off: {reply}");
}

#[tokio::test]
async fn metadata_and_keys_are_everybodys() {
    let house = House::fresh().await;
    for path in ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/oauth/keys"] {
        let reply = house.asks(Ask::get(path).header("origin", "https://evil.example")).await;
        assert_eq!((reply.status, readable_by(&reply)), (200, Some("*")), "{path}: {reply}");
    }
}
