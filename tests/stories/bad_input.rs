//! What bad input gets: an answer in the dialect's own shape and content type, in every dialect, never a framework's text.

use poem::http::Method;

use super::house::House;
use super::tongues::{self, Tongue};
use super::wire::{Ask, Reply, encode};

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// What this endpoint reads.
fn kind_of(path: &str) -> &'static str {
    match path {
        "/authorize" | "/refresh" | "/v1/clients" | "/v1/register" => JSON,
        _ => FORM,
    }
}

fn posted(tongue: &Tongue) -> impl Iterator<Item = &'static str> {
    tongue.endpoints.iter().filter(|(_, method)| *method == "POST").map(|(path, _)| *path)
}

/// Insists on a refusal of this request in the dialect's shape: the client's fault, never the server's.
#[track_caller]
fn is_refused(tongue: &Tongue, reply: &Reply, what: &str) {
    let (status, _) = (tongue.refusal)(reply);
    let oauth = tongue.name == "worksection" && status == 200;
    assert!(oauth || (400..500).contains(&status), "{}: {what}: {reply}", tongue.name);
}

#[tokio::test]
async fn nothing_at_all_is_refused() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for path in posted(tongue) {
            for body in ["", " ", "&", "="] {
                let ask = Ask::new(Method::POST, path).typed(kind_of(path), body);
                is_refused(tongue, &house.asks(ask).await, path);
            }
            is_refused(tongue, &house.asks(Ask::new(Method::POST, path)).await, path);
        }
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for path in posted(tongue) {
            let body = match kind_of(path) {
                JSON => r#"{"client_id":"a","client_id":"a","username":"a","username":"a"}"#,
                _ => "client_id=a&client_id=a&grant_type=refresh_token&refresh_token=x",
            };
            let ask = Ask::new(Method::POST, path).typed(kind_of(path), body);
            is_refused(tongue, &house.asks(ask).await, path);
        }
        if tongue.name == "worksection" {
            let twice = "/oauth2/token?client_id=a&client_id=a";
            is_refused(tongue, &house.asks(Ask::new(Method::POST, twice)).await, twice);
            let both = Ask::post("/oauth2/token?client_id=a", &[("client_id", "a")]);
            is_refused(tongue, &house.asks(both).await, "query and form");
        }
    }
}

#[tokio::test]
async fn a_parameter_without_end_is_refused() {
    let house = House::fresh().await;
    let long = "x".repeat(6_000);
    for tongue in tongues::ALL {
        for path in posted(tongue) {
            for name in ["client_id", "code", "refresh_token", "username", "grant_type"] {
                let body = match kind_of(path) {
                    JSON => serde_json::json!({ name: long, "grant_type": "refresh_token" }).to_string(),
                    _ => encode(&[(name, &long)]),
                };
                let ask = Ask::new(Method::POST, path).typed(kind_of(path), body);
                is_refused(tongue, &house.asks(ask).await, name);
            }
        }
    }
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for path in posted(tongue) {
            let other = if kind_of(path) == JSON { FORM } else { JSON };
            for kind in [other, "text/plain", "multipart/form-data; boundary=x", "nonsense"] {
                let ask = Ask::new(Method::POST, path).typed(kind, "grant_type=refresh_token");
                is_refused(tongue, &house.asks(ask).await, kind);
            }
        }
    }
}

#[tokio::test]
async fn broken_and_deep_and_strange_json_is_refused() {
    let house = House::fresh().await;
    let deep = "[".repeat(4_000) + &"]".repeat(4_000);
    let nested = "{\"a\":".repeat(1_000) + "1" + &"}".repeat(1_000);
    for tongue in tongues::ALL {
        for path in posted(tongue).filter(|path| kind_of(path) == JSON) {
            for body in [
                "{",
                "{\"code\":}",
                "[]",
                "null",
                "\"text\"",
                "{\"client_id\":[]}",
                "{\"client_id\":1}",
                "{} {}",
                "\u{feff}{}",
            ]
            .into_iter()
            .chain([deep.as_str(), nested.as_str()])
            {
                let ask = Ask::new(Method::POST, path).typed(JSON, body);
                is_refused(tongue, &house.asks(ask).await, body.get(..20).unwrap_or(body));
            }
            let not_utf8 = Ask::new(Method::POST, path).typed(JSON, b"{\"code\":\"\xff\"}".to_vec());
            is_refused(tongue, &house.asks(not_utf8).await, "not UTF-8");
        }
    }
}

#[tokio::test]
async fn a_body_over_the_limit_is_not_read() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for path in posted(tongue) {
            let body = match kind_of(path) {
                JSON => format!(r#"{{"code":"{}"}}"#, "x".repeat(100_000)),
                _ => encode(&[("code", &"x".repeat(100_000))]),
            };
            tongue.shaped(&house.asks(Ask::new(Method::POST, path).typed(kind_of(path), body)).await, 413);
            let announced =
                Ask::new(Method::POST, path).typed(kind_of(path), "a=b").header("content-length", "99999999");
            tongue.shaped(&house.asks(announced).await, 413);
        }
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for (path, _) in tongue.endpoints {
            let reply = house.asks(Ask::new(Method::DELETE, *path)).await;
            tongue.shaped(&reply, 405);
            assert!(reply.header("allow").is_some_and(|allow| allow.contains("OPTIONS")), "{path}: {reply}");
        }
    }
}

#[tokio::test]
async fn an_unknown_path_below_the_prefix_is_answered_in_shape() {
    let house = House::fresh().await;
    for tongue in tongues::ALL.into_iter().filter(|tongue| !tongue.nowhere.is_empty()) {
        for ask in [Ask::get(tongue.nowhere), Ask::post(tongue.nowhere, &[("a", "b")])] {
            tongue.shaped(&house.asks(ask).await, 404);
        }
    }
    // Two dialects lie below /oauth: what is not there is oidc's to say.
    let below = house.gets("/oauth/Token/nowhere").await;
    assert_eq!((below.status, &below.json()["error"]), (404, &serde_json::json!("not_found")));
    // Nobody owns the root: what is not there is a page, beside somebody's path too.
    for path in ["/nowhere", "/me/nowhere", "/refresh/nowhere"] {
        let page = house.gets(path).await;
        assert!(page.status == 404 && page.is_page(), "{page}");
    }
}

#[tokio::test]
async fn without_its_store_every_dialect_says_so() {
    for tongue in tongues::ALL {
        let house = House::fresh().await;
        let app = tongue.app(&house, "shop").await;
        let refresh = (tongue.refresh)(&app, "rt_whatever");
        let who = tongue.who.map(|who| who(&app, "at_whatever0123456789whatever0123456789"));
        house.store.is_gone();
        let reply = house.asks(refresh).await;
        tongue.shaped(&reply, 503);
        assert!(reply.header("retry-after").is_some(), "{reply}");
        if let Some(who) = who {
            let reply = house.asks(who).await;
            assert!(matches!((tongue.refusal)(&reply).0, 401 | 503), "{}: {reply}", tongue.name);
        }
    }
}
