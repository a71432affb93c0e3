//! What every reply tells the browser, whoever asked for what; and that nobody can make the server call itself something
//! else. What holds for every reply of every story is in [`Reply::check`].

use std::collections::BTreeSet;
use std::path::Path;

use countersign::console;
use countersign::dialects;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::settings::Settings;
use poem::http::Method;

use super::house::House;
use super::wire::{Ask, Reply, with_query};

/// Every path there is: those the dialect and the console list, and those the pages and the roof hang up in their source.
pub fn every_path(house: &House) -> BTreeSet<String> {
    let placed = dialects::paths(&Settings::default());
    let mut paths: BTreeSet<String> = placed.into_iter().map(|(path, _)| path).collect();
    let doors =
        console::doors(&house.server.desk, dialects::directory::directory("https://id.example", &Settings::default()));
    paths.extend(doors.list().iter().map(|door| format!("/admin{}", door.path.replace(":id", "some-id"))));
    paths.extend(
        ["/static/app.css", "/static/nothing", "/openapi/oidc.json", "/openapi/nothing.json"].map(str::to_owned),
    );
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let constants = std::fs::read_to_string(source.join("http/paths.rs")).unwrap();
    let pages = std::fs::read_dir(source.join("pages")).unwrap().map(|entry| entry.unwrap().path());
    for file in
        pages.filter(|path| path.extension().is_some_and(|ending| ending == "rs")).chain([source.join("server/app.rs")])
    {
        let text = std::fs::read_to_string(file).unwrap();
        for rest in text.split(".at(").skip(1).map(str::trim_start) {
            if let Some(literal) = rest.strip_prefix('"') {
                paths.insert(literal.split('"').next().unwrap().to_owned());
            } else if let Some(rest) = rest.strip_prefix("paths::") {
                let name = rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap();
                let (_, value) = constants.split_once(&format!("const {name}: &str = \"")).expect("a path by its name");
                paths.insert(value.split('"').next().unwrap().to_owned());
            } else {
                // A name of the file's own.
                let name = rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap();
                let own = text.split_once(&format!("const {name}: &str = \"")).filter(|_| !name.is_empty());
                paths.extend(own.map(|(_, value)| value.split('"').next().unwrap().to_owned()));
            }
        }
    }
    paths
}

/// What may be kept: it is the same for everybody.
fn may_be_kept(path: &str) -> bool {
    let public = ["/static/", "/openapi/", "/favicon.ico", "/oauth/keys"];
    public.iter().any(|prefix| path.starts_with(prefix))
}

#[tokio::test]
async fn every_reply_of_every_path_guards_whoever_reads_it() {
    let house = House::fresh().await;
    let alice = house.person_with("alice", vec![UserChange::Admin(true)]).await;
    alice.signs_in().await;
    let paths = every_path(&house);
    for known in [
        "/oauth/token",
        "/login",
        "/account/password",
        "/account/data",
        "/account/passkeys",
        "/setup",
        "/admin/people/some-id",
        "/healthz",
        "/metrics",
    ] {
        assert!(paths.contains(known), "{known} is not among {paths:?}");
    }
    assert!(paths.len() > 60, "{}", paths.len());
    let methods =
        [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS, Method::TRACE];
    for path in &paths {
        for method in &methods {
            // `asks` checks what every reply must carry.
            let plain = house.asks(Ask::new(method.clone(), path.as_str())).await;
            let form =
                alice.browser.sends(Ask { method: method.clone(), ..Ask::post(path.as_str(), &[("a", "b")]) }).await;
            for reply in [plain, form] {
                let kept = !reply.header("cache-control").is_some_and(|said| said.starts_with("no-store"));
                assert!(!kept || may_be_kept(path) || reply.status == 204, "{method} {path}: {reply}");
                assert_ne!(reply.status, 500, "{method} {path}: {reply}");
                if reply.status == 405 {
                    assert!(
                        reply.header("allow").is_some_and(|allow| allow.contains("GET") || allow.contains("POST")),
                        "{method} {path}: {reply}"
                    );
                }
            }
        }
    }
    for nowhere in [
        "/nowhere",
        "/oauth",
        "/oauth/",
        "/oauth/nowhere",
        "/oauth/TOKEN",
        "/OAUTH/token",
        "/oauth/token/",
        "/oauth2/nowhere",
        "/.well-known/nowhere",
        "/openapi/../oauth/token",
        "/static/../Cargo.toml",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//evil.example",
        "/login/",
        "/admin/nowhere",
        "/;",
        "/%00",
        "/*",
    ] {
        assert_eq!(house.gets(nowhere).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn after_a_form_the_browser_goes_on_by_get() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid");
    let first = alice.browser.sends(Ask::post("/oauth/authorize", &asking.pairs())).await;
    let login = alice.browser.follows(first.clone()).await;
    let signed_in = alice.gives_password(&login).await;
    let consent = alice.browser.follows(signed_in.clone()).await;
    let agreed = alice.browser.submits(&consent, &[("answer", "continue")]).await;
    let done = alice.browser.follows(agreed.clone()).await;
    let page = alice.browser.opens("/sign-out").await;
    let left = alice.browser.submits(&page, &[]).await;
    for reply in [first, signed_in, agreed, done, left] {
        assert_eq!(reply.status, 303, "{reply}");
    }
}

#[tokio::test]
async fn a_page_that_nobody_else_may_see_is_not_kept() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let replies: Vec<Reply> = vec![
        shop.userinfo(&tokens.access).await,
        shop.userinfo("nonsense").await,
        shop.introspects(&tokens.access).await,
        shop.refreshes(&tokens.refresh).await,
        shop.refreshes("nonsense").await,
        shop.revokes(&tokens.access).await,
        alice.goes(&shop.asks("openid")).await,
        alice.goes(&shop.asks("openid").with("response_mode", "form_post")).await,
        alice.browser.opens("/account").await,
        alice.browser.opens("/account/sessions").await,
        alice.browser.opens("/account/applications").await,
        alice.browser.opens("/account/activity").await,
        alice.browser.opens("/").await,
    ];
    for reply in replies {
        assert_eq!(
            (reply.header("cache-control"), reply.header("pragma")),
            (Some("no-store"), Some("no-cache")),
            "{reply}"
        );
    }
}

/// What a stranger, or a proxy that passes anything on, may claim.
fn claiming(ask: Ask) -> Ask {
    ask.header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "http")
        .header("x-forwarded-port", "1337")
        .header("x-forwarded-prefix", "/evil.example")
        .header("x-forwarded-server", "evil.example")
        .header("x-original-url", "/evil.example")
        .header("x-rewrite-url", "/evil.example")
        .header("x-host", "evil.example")
        .header("forwarded", "for=192.0.2.1;host=evil.example;proto=http")
        .header("via", "1.1 evil.example")
        .header("referer", "https://evil.example/")
}

#[tokio::test]
async fn refuses_to_be_called_anything_but_its_name() {
    for house in [House::fresh().await, House::behind_a_proxy().await, House::called("https://id.example/team").await] {
        let alice = house.person_with("alice", vec![UserChange::Admin(true)]).await;
        alice.signs_in().await;
        for path in every_path(&house) {
            let form = Ask::post(path.as_str(), &[("a", "b")]);
            let absolute = Ask::get(format!("http://evil.example{path}"));
            for ask in [Ask::get(path.as_str()), form, absolute] {
                for reply in [house.asks(claiming(ask.clone())).await, alice.browser.sends(claiming(ask)).await] {
                    let headers = format!("{:?}", reply.headers);
                    assert!(
                        !reply.body.contains("evil.example") && !headers.contains("evil.example"),
                        "{path}: {reply}"
                    );
                }
            }
        }
        let metadata = house.asks(claiming(Ask::get("/.well-known/openid-configuration"))).await;
        if metadata.status == 200 {
            assert_eq!(metadata.json()["issuer"], house.issuer);
        }
    }
}

#[tokio::test]
async fn a_whole_sign_in_under_a_false_name_ends_at_the_right_one() {
    let house = House::behind_a_proxy().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid");
    let first = alice.browser.sends(claiming(Ask::get(asking.path()))).await;
    // `Answer::read` compares the issuer.
    let answer = alice.finishes(&asking, first).await;
    let redeem = answer.redemption(&[]);
    let fields: Vec<(&str, &str)> = redeem.iter().map(|(name, value)| (&**name, &**value)).collect();
    let tokens = house.asks(claiming(shop.signed("/oauth/token", &fields))).await.tokens();
    for token in [&tokens.access, &tokens.id] {
        assert_eq!(super::wire::claims(token)["iss"], house.issuer);
    }
    let link = with_query("/oauth/logout", &[("id_token_hint", &*tokens.id)]);
    assert_eq!(alice.browser.sends(claiming(Ask::get(link))).await.location(), "/signed-out");
}

#[tokio::test]
async fn what_is_counted_is_shown_on_this_machine_only() {
    let house = House::behind_a_proxy().await;
    let ask = |peer: &str| Ask::get("/metrics").coming_from(peer);
    for local in ["127.0.0.1", "::1"] {
        assert_eq!(house.asks(ask(local)).await.status, 200, "{local}");
        for forwarded in ["x-forwarded-for", "forwarded", "via", "x-real-ip"] {
            house.asks(ask(local).header(forwarded, "127.0.0.1")).await.stays_here(404);
        }
    }
    house.asks(ask("192.0.2.7")).await.stays_here(404);
    house.asks(ask("198.51.100.1").header("x-forwarded-for", "127.0.0.1")).await.stays_here(404);
}
