//! What the dialect `worksection` refuses, in its own shape; and that nothing of a query is written down anywhere.

use countersign::base::ids::ClientId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::redirect_uri::RedirectUri;
use countersign::model::settings::Placement;
use poem::http::Method;

use super::house::{House, host};
use super::person::Person;
use super::wire::{Ask, query_of};
use super::worksection::{
    another_desk, asks, desk, gives, lets, post, question, redemption, refuses, renewal, said, tokens,
};

const REVOKED: (&str, &str) = ("invalid_request", "Authorization code has been revoked");
const UNUSABLE: (&str, &str) = ("invalid_request", "Cannot decrypt the refresh token");
const STRANGER: (&str, &str) = ("invalid_client", "Client authentication failed");

#[tokio::test]
async fn an_authorization_request_is_refused_on_a_page_or_at_the_client() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let sound = || asks(&desk, "projects_read");
    for stays in [
        sound().with("client_id", "nobody"),
        sound().without("client_id"),
        sound().without("redirect_uri"),
        sound().with("redirect_uri", "https://desk.example/callback/"),
    ] {
        alice.goes(&stays).await.stays_here(400);
    }
    for (told, error) in [
        (sound().without("response_type"), "invalid_request"),
        (sound().with("response_type", ""), "invalid_request"),
        (sound().without("scope"), "invalid_request"),
        (sound().with("response_type", "token"), "unsupported_response_type"),
        (sound().with("scope", "nothing_read"), "invalid_scope"),
        (sound().with("prompt", "none"), "login_required"),
    ] {
        assert_eq!(house.person_is_told(&alice, &told).await, error, "{told:?}");
    }
    let (asking, endless) = (sound(), "x".repeat(9_000));
    for more in [("scope", "projects_read"), ("prompt", &*endless)] {
        let unclear = [asking.pairs(), vec![more]].concat();
        let reply = alice.browser.opens(&super::wire::with_query("/oauth2/authorize", &unclear)).await;
        let told = query_of(reply.location());
        assert_eq!((&*told["error"], &*told["state"]), ("invalid_request", asking.get("state")), "{told:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store, no-cache, must-revalidate"), "{reply}");
    }
    for stateless in [sound().without("state"), sound().with("state", "")] {
        let reply = alice.goes(&stateless).await;
        let told = query_of(reply.location());
        assert_eq!((&*told["error"], &*told["iss"]), ("invalid_request", house.issuer), "{told:?}");
        assert!(told.contains_key("error_description") && !told.contains_key("state"), "{told:?}");
    }
    let page = alice.browser.follows(alice.goes(&sound()).await).await;
    let page = alice.browser.follows(alice.gives_password(&page).await).await;
    let declined = alice.browser.submits(&page, &[("answer", "cancel")]).await;
    let declined = alice.browser.follows(declined).await;
    assert_eq!(query_of(declined.location())["error"], "access_denied");
}

impl House {
    /// The error an application is told at once.
    async fn person_is_told(&self, alice: &Person<'_>, asking: &super::app::Asking) -> String {
        let reply = alice.goes(asking).await;
        let told = query_of(reply.location());
        assert_eq!(told.get("iss").map(String::as_str), Some(self.issuer));
        assert_eq!(told.get("state").map(String::as_str), Some(asking.get("state")));
        assert!(told.contains_key("error_description"), "{told:?}");
        told["error"].clone()
    }
}

#[tokio::test]
async fn a_code_that_cannot_be_used_is_revoked_whatever_is_wrong() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let other = another_desk(&house, "other").await;
    let in_time = lets(&alice, &desk).await;
    house.later(599);
    tokens(&house.asks(redemption(&desk, in_time.code())).await);
    let late = lets(&alice, &desk).await;
    house.later(600);
    let answer = lets(&alice, &desk).await;
    let elsewhere = house.asks(redemption(&desk, answer.code())).await;
    tokens(&elsewhere);
    let kept = lets(&alice, &desk).await;
    let secret = desk.secret.as_deref().unwrap();
    let wrong_place = format!(
        "client_id=desk&client_secret={secret}&redirect_uri=https://x.example&grant_type=authorization_code&code={}",
        kept.code()
    );
    for ask in [
        redemption(&desk, late.code()),
        redemption(&desk, answer.code()),
        redemption(&desk, "nonsense"),
        redemption(&other, kept.code()),
        post("/oauth2/token", &wrong_place),
    ] {
        refuses(&house.asks(ask).await, REVOKED.0, REVOKED.1);
    }
    alice.signs_out().await;
    refuses(&house.asks(redemption(&desk, kept.code())).await, REVOKED.0, REVOKED.1);
}

#[tokio::test]
async fn a_refresh_token_that_cannot_be_used_cannot_be_decrypted_whatever_is_wrong() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let other = another_desk(&house, "other").await;
    let (access, live) = gives(&alice, &desk).await;
    for ask in [renewal(&desk, "nonsense"), renewal(&desk, &access), renewal(&other, &live)] {
        refuses(&house.asks(ask).await, UNUSABLE.0, UNUSABLE.1);
    }
    house.engine.disable_user(&Actor::host(), &host(), &alice.id, true).await.unwrap();
    refuses(&house.asks(renewal(&desk, &live)).await, UNUSABLE.0, UNUSABLE.1);
    assert_eq!(said(&house.asks(question(&desk, &access)).await)["error"], "not_authorized");
}

#[tokio::test]
async fn a_client_that_does_not_prove_itself_is_a_stranger() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let (access, refresh) = gives(&alice, &desk).await;
    for who in [
        "client_id=desk&client_secret=wrong",
        "client_id=desk",
        "client_id=desk&client_secret=",
        "client_id=nobody&client_secret=x",
        "",
    ] {
        let code = "redirect_uri=https://desk.example/callback&grant_type=authorization_code&code=x";
        for ask in [
            post("/oauth2/token", &format!("{who}&{code}")),
            post("/oauth2/refresh", &format!("{who}&refresh_token={refresh}&grant_type=refresh_token")),
            post("/oauth2/resource", &format!("{who}&access_token={access}")),
        ] {
            refuses(&house.asks(ask).await, STRANGER.0, STRANGER.1);
        }
        house.later(60);
    }
    desk.is_disabled().await;
    refuses(&house.asks(renewal(&desk, &refresh)).await, STRANGER.0, STRANGER.1);
}

#[tokio::test]
async fn a_token_of_somebody_else_is_not_authorized() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let other = another_desk(&house, "other").await;
    let (access, refresh) = gives(&alice, &desk).await;
    for ask in [question(&other, &access), question(&desk, "nonsense"), question(&desk, &refresh)] {
        let reply = house.asks(ask).await;
        assert_eq!((reply.status, &said(&reply)["error"]), (200, &"not_authorized".into()), "{reply}");
    }
    house.later(86_400);
    assert_eq!(said(&house.asks(question(&desk, &access)).await)["error"], "not_authorized");
}

#[tokio::test]
async fn what_is_missing_or_cannot_be_read_is_an_invalid_request() {
    let house = House::fresh().await;
    let desk = desk(&house).await;
    let secret = desk.secret.clone().unwrap();
    let who = format!("client_id=desk&client_secret={secret}");
    let missing = |name: &str| format!("The parameter {name} is missing.");
    let repeated = "A parameter is repeated.".to_owned();
    let unreadable = "The parameters cannot be read.".to_owned();
    for (path, query, description) in [
        ("token", "redirect_uri=x&code=x".to_owned(), missing("grant_type")),
        ("token", "grant_type=authorization_code&redirect_uri=x&code=".to_owned(), missing("code")),
        ("token", "grant_type=authorization_code&code=x".to_owned(), missing("redirect_uri")),
        ("refresh", "grant_type=refresh_token".to_owned(), missing("refresh_token")),
        ("resource", String::new(), missing("access_token")),
        ("token", "code=a&code=b".to_owned(), repeated.clone()),
        ("refresh", "client_id=desk".to_owned(), repeated),
        ("resource", "access_token=%zz".to_owned(), unreadable.clone()),
        ("token", format!("code={}", "x".repeat(9_000)), unreadable),
    ] {
        let reply = house.asks(post(&format!("/oauth2/{path}"), &format!("{who}&{query}"))).await;
        refuses(&reply, "invalid_request", &description);
    }
    for (path, grant) in [("token", "refresh_token"), ("refresh", "authorization_code"), ("token", "password")] {
        let query = format!("{who}&grant_type={grant}&refresh_token=x&code=x&redirect_uri=x");
        let reply = house.asks(post(&format!("/oauth2/{path}"), &query)).await;
        assert_eq!((reply.status, &said(&reply)["error"]), (200, &"unsupported_grant_type".into()));
    }
    for (kind, body) in [("application/json", r#"{"code":"x"}"#), ("text/plain", "code=x")] {
        let reply = house.asks(post("/oauth2/token", &who).typed(kind, body)).await;
        refuses(&reply, "invalid_request", "A body's content type must be application/x-www-form-urlencoded.");
    }
}

#[tokio::test]
async fn what_the_transport_refuses_keeps_its_status_in_the_same_shape() {
    let house = House::fresh().await;
    let desk = desk(&house).await;
    let large = format!("code={}&state={}", "x".repeat(8_000), "y".repeat(8_400));
    let form = "application/x-www-form-urlencoded";
    for (ask, status, allow) in [
        (Ask::get("/oauth2/nowhere"), 404, None),
        (Ask::get("/oauth2"), 404, None),
        (Ask::get("/oauth2/Token"), 404, None),
        (Ask::get("/oauth2/token"), 405, Some("POST, OPTIONS")),
        (Ask::new(Method::PUT, "/oauth2/resource"), 405, Some("POST, OPTIONS")),
        (Ask::post("/oauth2/authorize", &[]), 405, Some("GET, OPTIONS")),
        (Ask::new(Method::POST, "/oauth2/token").typed(form, large), 413, None),
    ] {
        let reply = house.asks(ask).await;
        let json = said(&reply);
        assert!(json["error"].is_string() && json["errorDescription"].is_string(), "{reply}");
        assert_eq!((reply.status, reply.header("allow")), (status, allow), "{reply}");
    }
    house.store.is_gone();
    let reply = house.asks(renewal(&desk, "x")).await;
    assert_eq!((reply.status, &said(&reply)["error"]), (503, &"temporarily_unavailable".into()));
    assert!(reply.header("retry-after").is_some(), "{reply}");
    house.store.recovers();
    let mut limited = None;
    for _ in 0..100 {
        let reply = house
            .asks(post("/oauth2/refresh", "client_id=desk&client_secret=no&refresh_token=x&grant_type=refresh_token"))
            .await;
        limited = limited.or((reply.status == 429).then_some(reply));
    }
    let limited = limited.expect("guessing ends");
    assert_eq!(said(&limited)["error"], "temporarily_unavailable");
    assert!(limited.header("retry-after").is_some(), "{limited}");
}

#[tokio::test]
async fn addresses_are_https_or_on_a_loopback_literal() {
    let house = House::fresh().await;
    let desk = desk(&house).await;
    let (actor, id) = (Actor::host(), ClientId::from_text("desk"));
    for (address, sound) in [
        ("https://desk.example/back", true),
        ("http://127.0.0.1:8080/back", true),
        ("http://[::1]/back", true),
        ("http://localhost:8080/back", false),
    ] {
        let change = [ClientChange::AddRedirectUri(RedirectUri::parse(address).unwrap())];
        assert_eq!(house.engine.change_client(&actor, &host(), &id, &change).await.is_ok(), sound, "{address}");
    }
    let _ = desk;
}

#[tokio::test]
async fn switched_off_it_is_gone_and_moved_it_moves_whole() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let (access, _) = gives(&alice, &desk).await;
    house.places("worksection", Placement::Switched(false)).await;
    for path in ["authorize", "token", "refresh", "resource"] {
        for ask in [Ask::get(format!("/oauth2/{path}")), post(&format!("/oauth2/{path}"), "a=b")] {
            house.asks(ask).await.stays_here(404);
        }
    }
    assert!(desk.finds_active(&access).await, "nothing else changes");
    house.places("worksection", Placement::Below("/ws".to_owned())).await;
    let moved = Ask { path: question(&desk, &access).path.replace("/oauth2", "/ws"), ..question(&desk, &access) };
    assert_eq!(said(&house.asks(moved).await)["id"], alice.id.as_str());
    assert_eq!(said(&house.gets("/ws/nowhere").await)["error"], "not_found");
    house.gets("/oauth2/token").await.stays_here(404);
}

/// Everything that can be said to this dialect with secrets in the query; gives back all of them. What must not be found
/// anywhere afterwards is for [`super::secrets`] to look for.
pub async fn everything_happens(house: &House, alice: &Person<'_>) -> Vec<(&'static str, String)> {
    let desk = desk(house).await;
    let answer = lets(alice, &desk).await;
    let (access, refresh) = tokens(&house.asks(redemption(&desk, answer.code())).await);
    let (renewed, next) = tokens(&house.asks(renewal(&desk, &refresh)).await);
    said(&house.asks(question(&desk, &renewed)).await);
    house.asks(redemption(&desk, answer.code())).await;
    house.asks(renewal(&desk, &refresh)).await;
    let mut secrets: Vec<(&'static str, String)> = [answer.code(), &access, &refresh, &renewed, &next]
        .map(|secret| ("secret in a query", secret.to_owned()))
        .to_vec();
    secrets.push(("client secret in a query", desk.secret.clone().unwrap()));
    let canary = |n: usize| format!("canary-in-a-query-which-nobody-may-find-{n:03}");
    let form = "application/x-www-form-urlencoded";
    let mut count = 0;
    for path in ["authorize", "token", "refresh", "resource", "nowhere", "token/", ""] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            for grant in ["authorization_code", "refresh_token"] {
                count += 1;
                let secret = canary(count);
                let query = ["client_secret", "code", "refresh_token", "access_token", "state", "code_verifier"]
                    .map(|name| format!("{name}={secret}"))
                    .join("&");
                let query = format!("client_id=desk&grant_type={grant}&redirect_uri={}&{query}", desk.callback);
                let ask = Ask::new(method.clone(), format!("/oauth2/{path}?{query}"));
                house.asks(ask.clone()).await;
                house.asks(ask.clone().typed(form, "x".repeat(17_000))).await;
                house.asks(ask.clone().typed("text/plain", secret.clone())).await;
                house.asks(Ask { path: format!("{}&code={secret}%zz", ask.path), ..ask.clone() }).await;
                house.store.is_gone();
                house.asks(ask).await;
                house.store.recovers();
                house.later(30);
                secrets.push(("canary in a query", secret));
            }
        }
    }
    secrets
}
