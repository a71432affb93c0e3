//! Failures in the shape of whoever is spoken to: JSON for programs, a page for people, and never a framework's text.

use countersign::dialects;
use countersign::model::settings::Settings;
use poem::http::Method;

use super::house::House;
use super::wire::{Ask, Reply, encode};

const FORM: &str = "application/x-www-form-urlencoded";
/// The endpoints that programs post forms to.
const FOR_PROGRAMS: &[&str] = &["/oauth/token", "/oauth/introspect", "/oauth/revoke", "/oauth/userinfo"];
/// Those that browsers are sent to.
const FOR_BROWSERS: &[&str] = &["/oauth/authorize", "/oauth/logout"];

#[tokio::test]
async fn a_body_of_another_type_is_not_read() {
    let house = House::fresh().await;
    for path in FOR_PROGRAMS {
        for kind in [
            "application/json",
            "text/plain",
            "multipart/form-data; boundary=x",
            "application/xml",
            "application/x-www-form-urlencoded; charset=utf-16",
        ] {
            let ask = Ask::new(Method::POST, *path).typed(kind, "grant_type=refresh_token&token=x&access_token=x");
            house.asks(ask).await.refuses(400, "invalid_request");
        }
        let packed = Ask::post(*path, &[("a", "b")]).header("content-encoding", "gzip");
        house.asks(packed).await.refuses(400, "invalid_request");
        let twice = Ask::post(*path, &[("a", "b")]).header("content-type", FORM);
        house.asks(twice).await.refuses(400, "invalid_request");
    }
    for path in FOR_BROWSERS.iter().chain(&["/login", "/sign-out"]) {
        let reply = house.asks(Ask::new(Method::POST, *path).typed("application/json", "{}")).await;
        assert!(reply.is_page() && matches!(reply.status, 400 | 415), "{path}: {reply}");
    }
}

#[tokio::test]
async fn a_broken_form_is_refused() {
    let house = House::fresh().await;
    let long = format!("a={}", "x".repeat(9_000));
    let many = (0..101).map(|n| format!("f{n}=1")).collect::<Vec<_>>().join("&");
    for body in ["a=%", "a=%4", "a=%zz", "a=%ff", "%=1", "a=\u{e9}&a=1", &many, &long] {
        for path in FOR_PROGRAMS {
            let reply = house.asks(Ask::new(Method::POST, *path).typed(FORM, body)).await;
            reply.refuses(400, "invalid_request");
        }
        for path in FOR_BROWSERS.iter().chain(&["/login", "/consent", "/sign-out", "/setup", "/recover"]) {
            house.asks(Ask::new(Method::POST, *path).typed(FORM, body)).await.stays_here(400);
        }
        if body.is_ascii() {
            for path in FOR_BROWSERS.iter().chain(&["/login", "/consent", "/setup"]) {
                house.gets(&format!("{path}?{body}")).await.stays_here(400);
            }
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let house = House::fresh().await;
    let fields: Vec<(String, String)> = (0..10).map(|n| (format!("f{n}"), "x".repeat(2_000))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    let large = encode(&fields);
    assert!(large.len() > 16 * 1024);
    for path in FOR_PROGRAMS {
        house.asks(Ask::new(Method::POST, *path).typed(FORM, large.clone())).await.refuses(413, "invalid_request");
        let announced = Ask::post(*path, &[("a", "b")]).header("content-length", "99999999");
        house.asks(announced).await.refuses(413, "invalid_request");
    }
    for path in FOR_BROWSERS.iter().chain(&["/login", "/consent", "/recover"]) {
        house.asks(Ask::new(Method::POST, *path).typed(FORM, large.clone())).await.stays_here(413);
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let house = House::fresh().await;
    for (path, allow) in dialects::paths(&Settings::default()) {
        for method in
            [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS]
        {
            let reply = house.asks(Ask::new(method.clone(), path.as_str())).await;
            let taken = allow.split(", ").any(|name| name == method.as_str());
            assert_eq!(reply.status == 405, !taken, "{method} {path}: {reply}");
            if !taken {
                assert_eq!(reply.header("allow"), Some(allow), "{method} {path}");
                if method != Method::HEAD {
                    // In the shape of its dialect, which that dialect's own stories insist on.
                    let json = reply.header("content-type").is_some_and(|it| it.starts_with("application/json"));
                    assert!(json, "{method} {path}: {reply}");
                }
            }
        }
    }
    for (path, allow) in [
        ("/login", "GET, HEAD, POST, OPTIONS"),
        ("/account/sessions/end", "POST, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ] {
        let reply = house.asks(Ask::new(Method::DELETE, path)).await;
        assert_eq!(reply.stays_here(405).header("allow"), Some(allow), "{path}");
        let reply = house.asks(Ask::new(Method::OPTIONS, path)).await;
        assert_eq!((reply.status, reply.header("allow")), (204, Some(allow)), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_is_answered_in_the_shape_of_its_neighbours() {
    let house = House::fresh().await;
    for path in
        ["/oauth", "/oauth/nowhere", "/oauth/TOKEN", "/oauth/token/x", "/.well-known/nowhere", "/openapi/nowhere.json"]
    {
        for ask in [Ask::get(path), Ask::post(path, &[("a", "b")]), Ask::new(Method::PUT, path)] {
            house.asks(ask).await.refuses(404, "not_found");
        }
    }
    for path in ["/nowhere", "/oauthx", "/admin/nowhere", "/account/nowhere", "/login/nowhere", "/v2", "/index.php"] {
        for ask in [Ask::get(path), Ask::post(path, &[("a", "b")])] {
            let reply = house.asks(ask).await;
            assert!(reply.stays_here(404).title().starts_with("Nothing is here"), "{reply}");
            let reference = reply.header("x-request-id").unwrap();
            assert!(reply.body.contains(reference), "the page shows the reference: {reply}");
        }
    }
}

/// Everything that asks the store something, from a program and from a browser.
fn asks_the_store(house: &House) -> (Vec<Ask>, Vec<Ask>) {
    let _ = house;
    let secret = "cs_anything";
    let programs = vec![
        Ask::post("/oauth/token", &[("grant_type", "client_credentials")]).basic("shop", secret),
        Ask::post("/oauth/introspect", &[("token", "x")]).basic("shop", secret),
        Ask::post("/oauth/revoke", &[("token", "x")]).basic("shop", secret),
        Ask::get("/oauth/keys?client_id=shop"),
        Ask::get("/.well-known/openid-configuration?client_id=shop"),
    ];
    let browsers = vec![
        Ask::get("/oauth/authorize?client_id=shop&redirect_uri=https://shop.example/callback&response_type=code"),
        Ask::get("/oauth/authorize/resume?interaction=x"),
        Ask::get("/oauth/logout?client_id=shop"),
        Ask::get("/login"),
        Ask::get("/login?interaction=x"),
        Ask::get("/consent?interaction=x"),
        Ask::get("/signed-out"),
        Ask::get("/setup"),
        Ask::get("/recover?token=x"),
    ];
    (programs, browsers)
}

fn tells_to_come_back(reply: &Reply) {
    let wait = reply.header("retry-after").and_then(|wait| wait.parse::<u64>().ok());
    assert!(wait.is_some_and(|wait| (1..=60).contains(&wait)), "{reply}");
    assert!(!reply.body.contains("disk"), "what is wrong inside is nobody's business: {reply}");
}

#[tokio::test]
async fn without_its_store_the_server_says_so_and_never_that_all_is_well() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let page = alice.browser.opens("/login?another=1").await;
    house.store.is_gone();
    let (programs, browsers) = asks_the_store(&house);
    for ask in programs {
        let reply = house.asks(ask).await;
        tells_to_come_back(reply.refuses(503, "temporarily_unavailable"));
    }
    for ask in browsers {
        for reply in [house.asks(ask.clone()).await, alice.browser.sends(ask).await] {
            tells_to_come_back(reply.stays_here(503));
        }
    }
    for reply in [
        shop.userinfo(&tokens.access).await,
        shop.refreshes(&tokens.refresh).await,
        shop.revokes(&tokens.refresh).await,
    ] {
        tells_to_come_back(reply.refuses(503, "temporarily_unavailable"));
    }
    tells_to_come_back(alice.gives_password(&page).await.stays_here(503));
    tells_to_come_back(alice.browser.opens("/account").await.stays_here(503));
    // What needs no store goes on.
    for path in ["/oauth/keys", "/.well-known/openid-configuration", "/healthz", "/static/app.css"] {
        assert!(matches!(house.gets(path).await.status, 200 | 404), "{path}");
    }
    house.store.recovers();
    assert!(shop.finds_active(&tokens.access).await && shop.finds_active(&tokens.refresh).await);
}

#[tokio::test]
async fn a_revocation_that_could_not_be_written_down_is_not_called_one() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    house.store.refuses_writes();
    for token in [&tokens.access, &tokens.refresh] {
        tells_to_come_back(shop.revokes(token).await.refuses(503, "temporarily_unavailable"));
        assert!(shop.finds_active(token).await, "it is as good as before");
    }
    house.store.recovers();
    assert_eq!(shop.revokes(&tokens.refresh).await.status, 200);
    assert!(!shop.finds_active(&tokens.access).await);
}

#[tokio::test]
async fn nothing_is_used_up_or_given_out_that_could_not_be_written_down() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let (tokens, answer) = (alice.gives(&shop, "openid").await, alice.lets(&shop, "openid").await);
    let page = alice.browser.opens("/login?another=1").await;
    let consent = {
        let first = alice.goes(&shop.asks("openid").with("prompt", "consent")).await;
        alice.browser.follows(first).await
    };
    let cookie = alice.browser.session();
    house.store.refuses_writes();
    for reply in [shop.redeems(&answer).await, shop.refreshes(&tokens.refresh).await] {
        tells_to_come_back(reply.refuses(503, "temporarily_unavailable"));
        assert!(!reply.body.contains("token\""), "{reply}");
    }
    tells_to_come_back(alice.goes(&shop.asks("openid")).await.stays_here(503));
    tells_to_come_back(alice.gives_password(&page).await.stays_here(503));
    tells_to_come_back(alice.browser.submits(&consent, &[("answer", "continue")]).await.stays_here(503));
    assert_eq!(alice.browser.session(), cookie, "nobody was given a cookie");
    house.store.recovers();
    shop.redeems(&answer).await.tokens();
    shop.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(alice.gives_password(&page).await.location(), "/");
}
