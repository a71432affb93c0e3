//! The dialect `worksection`, request by request as its clients send them: parameters in the query, no body and no content
//! type; refusals with status 200. What it refuses is in [`super::worksection_refusals`].

use std::collections::BTreeMap;

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::face::Face;
use countersign::model::scope::Scopes;
use countersign::model::settings::Settings;
use futures_util::future::join_all;
use poem::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, App, Asking};
use super::house::{House, host};
use super::person::Person;
use super::wire::{Ask, Reply, claims, encode, part};

/// The application of these stories, as it is customary: nothing is said but where it lies and what it may have.
pub async fn desk(house: &House) -> App<'_> {
    for scope in ["projects_read", "tasks_read", "tasks_write", "administrative"] {
        house.scope(scope, "See and do things.").await;
    }
    another_desk(house, "desk").await
}

/// One more of the kind.
pub async fn another_desk<'h>(house: &'h House, name: &str) -> App<'h> {
    let scopes = Scopes::parse("projects_read tasks_read tasks_write administrative").unwrap();
    house.app_of("worksection", name, vec![ClientChange::Scopes(scopes)]).await
}

/// `GET /oauth2/authorize?client_id=…&redirect_uri=https://…&state=…&scope=…&response_type=code`.
pub fn asks(desk: &App<'_>, scope: &str) -> Asking {
    let asking = desk.asks(scope).at("/oauth2/authorize");
    asking.without("nonce").without("code_challenge").without("code_challenge_method")
}

/// A POST whose parameters are in the query, as they are.
pub fn post(path: &str, query: &str) -> Ask {
    Ask::new(Method::POST, format!("{path}?{query}"))
}

fn credentials(desk: &App<'_>) -> String {
    format!("client_id={}&client_secret={}", desk.id, desk.secret.as_deref().unwrap())
}

pub fn redemption(desk: &App<'_>, code: &str) -> Ask {
    let (who, uri) = (credentials(desk), &desk.callback);
    post("/oauth2/token", &format!("{who}&redirect_uri={uri}&grant_type=authorization_code&code={code}"))
}

pub fn renewal(desk: &App<'_>, token: &str) -> Ask {
    let who = credentials(desk);
    post("/oauth2/refresh", &format!("{who}&refresh_token={token}&grant_type=refresh_token"))
}

pub fn question(desk: &App<'_>, token: &str) -> Ask {
    post("/oauth2/resource", &format!("{}&access_token={token}", credentials(desk)))
}

/// The body of an answer of this dialect, whatever its status.
#[track_caller]
pub fn said(reply: &Reply) -> Value {
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{reply}");
    assert_eq!(reply.header("cache-control"), Some("no-store, no-cache, must-revalidate"), "{reply}");
    assert_eq!(reply.header("pragma"), Some("no-cache"), "{reply}");
    assert_eq!(reply.header("access-control-allow-origin"), None, "no CORS here: {reply}");
    serde_json::from_str(&reply.body).expect("a JSON body")
}

/// Insists on exactly this refusal, status 200 like everything else.
#[track_caller]
pub fn refuses(reply: &Reply, error: &str, description: &str) {
    said(reply);
    let body = format!(r#"{{"error":"{error}","errorDescription":"{description}"}}"#);
    assert_eq!((reply.status, &reply.body), (200, &body), "{reply}");
}

/// What a token answer holds: access token and refresh token.
#[track_caller]
pub fn tokens(reply: &Reply) -> (String, String) {
    let json = said(reply);
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("no {name}: {reply}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Signs in, agrees and hands over a code.
pub async fn lets(alice: &Person<'_>, desk: &App<'_>) -> Answer {
    alice.answers(&asks(desk, "projects_read,tasks_read")).await
}

/// The same, down to the tokens.
pub async fn gives(alice: &Person<'_>, desk: &App<'_>) -> (String, String) {
    let answer = lets(alice, desk).await;
    tokens(&desk.house.asks(redemption(desk, answer.code())).await)
}

#[tokio::test]
async fn every_request_is_answered_as_it_is_written_down() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let answer = lets(&alice, &desk).await;

    let reply = house.asks(redemption(&desk, answer.code())).await;
    let start = r#"{"token_type":"Bearer","expires_in":86400,"access_token":"ey"#;
    assert!(reply.status == 200 && reply.body.starts_with(start), "{reply}");
    assert!(reply.body.ends_with(r#"","account_url":"https://id.example"}"#), "{reply}");
    let (access, refresh) = tokens(&reply);
    assert_eq!(said(&reply).as_object().unwrap().len(), 5, "{reply}");

    let reply = house.asks(renewal(&desk, &refresh)).await;
    let (renewed, next) = tokens(&reply);
    let body =
        format!(r#"{{"token_type":"Bearer","expires_in":86400,"access_token":"{renewed}","refresh_token":"{next}"}}"#);
    assert_eq!((reply.status, &reply.body), (200, &body));
    assert!(renewed != access && next != refresh);

    let reply = house.asks(question(&desk, &renewed)).await;
    let body = format!(
        r#"{{"id":"{}","first_name":"Alice","last_name":"Adams","email":"alice@example.org","account_url":"https://id.example"}}"#,
        alice.id
    );
    assert_eq!((reply.status, &reply.body), (200, &body));
    said(&reply);
    refuses(
        &house.asks(post("/oauth2/token", "client_id=desk&client_secret=no&redirect_uri=https://desk.example/callback&grant_type=authorization_code&code=x")).await,
        "invalid_client",
        "Client authentication failed",
    );
    refuses(
        &house.asks(redemption(&desk, answer.code())).await,
        "invalid_request",
        "Authorization code has been revoked",
    );
    refuses(&house.asks(renewal(&desk, &refresh)).await, "invalid_request", "Cannot decrypt the refresh token");
    let reply = house.asks(question(&desk, &renewed)).await;
    assert_eq!((reply.status, &said(&reply)["error"]), (200, &json!("not_authorized")), "the family has ended");
}

#[tokio::test]
async fn an_access_token_says_what_this_dialect_says() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let (access, _) = gives(&alice, &desk).await;
    let header = part(&access, 0);
    assert_eq!((&header["typ"], &header["alg"]), (&json!("JWT"), &json!("RS256")));
    let mut said = claims(&access);
    assert!(said["jti"].is_string());
    said["jti"] = json!("");
    let (now, later) = (house.now(), house.now() + 86_400);
    assert_eq!(
        said,
        json!({
            "aud": "desk", "jti": "", "iat": now, "nbf": now, "exp": later, "sub": alice.id.as_str(),
            "scopes": ["projects_read", "tasks_read"], "token_use": "access",
        })
    );
    // What all share knows it too.
    assert!(desk.finds_active(&access).await);
    desk.revokes(&access).await;
    assert!(!desk.finds_active(&access).await);
}

#[tokio::test]
async fn scopes_come_between_commas_or_spaces_and_an_empty_one_means_everything() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    for (sent, granted) in [
        ("projects_read,tasks_write", vec!["projects_read", "tasks_write"]),
        ("projects_read tasks_write", vec!["projects_read", "tasks_write"]),
        ("projects_read, tasks_write,", vec!["projects_read", "tasks_write"]),
        ("", vec!["administrative", "projects_read", "tasks_read", "tasks_write"]),
    ] {
        let answer = alice.answers(&asks(&desk, sent)).await;
        let (access, _) = tokens(&house.asks(redemption(&desk, answer.code())).await);
        let mut scopes: Vec<String> = serde_json::from_value(claims(&access)["scopes"].clone()).unwrap();
        scopes.sort();
        assert_eq!(scopes, granted, "{sent:?}");
    }
    for sent in ["projects_read,costs_read", ",", "projects_read;tasks_read"] {
        assert_eq!(alice.answers(&asks(&desk, sent)).await.error(), "invalid_scope", "{sent}");
    }
}

#[tokio::test]
async fn state_comes_back_byte_for_byte() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    for state in ["a b+c%2F\u{e9}&d=e#f", "{\"a\":[1]}", "%", "\u{1f600}"] {
        // `Answer::read` compares it.
        alice.answers(&asks(&desk, "projects_read").with("state", state)).await.code();
    }
}

#[tokio::test]
async fn a_form_works_in_place_of_the_query_and_nothing_comes_twice() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let secret = desk.secret.clone().unwrap();
    let who = [("client_id", "desk"), ("client_secret", secret.as_str())];
    let answer = lets(&alice, &desk).await;
    let what = [("redirect_uri", &*desk.callback), ("grant_type", "authorization_code"), ("code", answer.code())];
    let in_both = Ask::post(format!("/oauth2/token?{}", encode(&who)), &[&who[..], &what[..]].concat());
    refuses(&house.asks(in_both).await, "invalid_request", "A parameter is repeated.");
    let form = Ask::post("/oauth2/token", &[&who[..], &what[..]].concat());
    let (access, refresh) = tokens(&house.asks(form).await);
    let mixed = [("refresh_token", &*refresh), ("grant_type", "refresh_token")];
    tokens(&house.asks(Ask::post(format!("/oauth2/refresh?{}", encode(&who)), &mixed)).await);
    let form = Ask::post("/oauth2/resource", &[&who[..], &[("access_token", access.as_str())]].concat());
    assert_eq!(said(&house.asks(form).await)["id"], alice.id.as_str());
}

#[tokio::test]
async fn the_account_lies_where_the_deployment_or_the_person_says() {
    let house = House::fresh().await;
    let desk = desk(&house).await;
    let own: BTreeMap<String, String> = [("account_url".to_owned(), "https://acc77.example".to_owned())].into();
    let (alice, bob) = (house.person("alice").await, house.person_with("bob", vec![UserChange::Attributes(own)]).await);
    let account_url = Some("https://acc1234.example".to_owned());
    let settings = Settings { account_url, ..house.engine.settings().await.unwrap() };
    house.engine.change_settings(&Actor::host(), &host(), &settings).await.unwrap();
    for (person, lies) in [(&alice, "https://acc1234.example"), (&bob, "https://acc77.example")] {
        let answer = lets(person, &desk).await;
        let reply = house.asks(redemption(&desk, answer.code())).await;
        assert_eq!(said(&reply)["account_url"], lies);
        let known = house.asks(question(&desk, &tokens(&reply).0)).await;
        assert_eq!(said(&known)["account_url"], lies);
    }
}

#[tokio::test]
async fn a_refresh_token_outlives_the_session_and_its_life_begins_anew_with_each() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let (access, mut refresh) = gives(&alice, &desk).await;
    alice.signs_out().await;
    assert!(desk.finds_active(&access).await);
    for _ in 0..4 {
        house.later(29 * 86_400);
        refresh = tokens(&house.asks(renewal(&desk, &refresh)).await).1;
    }
    house.later(30 * 86_400);
    refuses(&house.asks(renewal(&desk, &refresh)).await, "invalid_request", "Cannot decrypt the refresh token");
}

#[tokio::test]
async fn one_of_a_crowd_redeems_a_code_and_one_renews() {
    let house = House::fresh().await;
    let (alice, desk) = (house.person("alice").await, desk(&house).await);
    let answer = lets(&alice, &desk).await;
    let replies = join_all((0..64).map(|_| house.asks(redemption(&desk, answer.code())))).await;
    assert_eq!(replies.iter().filter(|reply| said(reply).get("access_token").is_some()).count(), 1);
    let (_, refresh) = gives(&alice, &desk).await;
    let replies = join_all((0..64).map(|_| house.asks(renewal(&desk, &refresh)))).await;
    assert_eq!(replies.iter().filter(|reply| said(reply).get("access_token").is_some()).count(), 1);
}

/// Who else was given the dialect can use a token of another's `audience` here; who was not cannot.
#[tokio::test]
async fn clients_of_other_dialects_are_strangers_here() {
    let house = House::fresh().await;
    let (alice, desk, shop) = (house.person("alice").await, desk(&house).await, house.app("shop").await);
    let foreign = alice.gives(&shop, "openid").await;
    refuses(&house.asks(question(&shop, &foreign.access)).await, "invalid_client", "Client authentication failed");
    refuses(&house.asks(renewal(&shop, &foreign.refresh)).await, "invalid_client", "Client authentication failed");
    assert_eq!(said(&house.asks(question(&desk, &foreign.access)).await)["error"], "not_authorized");
    alice.goes(&asks(&shop, "openid")).await.stays_here(400);
    // Given both, it may come both ways.
    shop.becomes(&[ClientChange::Faces([Face::named("oidc"), Face::named("worksection")].into())]).await;
    assert_eq!(said(&house.asks(question(&shop, &foreign.access)).await)["id"], alice.id.as_str());
    tokens(&house.asks(renewal(&shop, &foreign.refresh)).await);
}
