//! The dialect `chat`, request by request as a hosted chat product sends them: JSON bodies, two spellings of `token_type`,
//! and one word for everything that fails.

use std::collections::BTreeMap;

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::ReleasedAttributes;
use countersign::model::face::Face;
use countersign::model::redirect_uri::RedirectUri;
use countersign::model::settings::Placement;
use futures_util::future::join_all;
use poem::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, App, Asking};
use super::house::{House, host};
use super::person::Person;
use super::wire::{Ask, Reply, claims, part};

async fn widget(house: &House) -> App<'_> {
    house.app_of("chat", "widget", vec![]).await
}

/// As the site asks on the widget's behalf: at the server's own endpoint, without PKCE.
fn asks(widget: &App<'_>) -> Asking {
    widget.asks("openid profile").without("nonce").without("code_challenge").without("code_challenge_method")
}

async fn lets(john: &Person<'_>, widget: &App<'_>) -> Answer {
    john.answers(&asks(widget)).await
}

fn json(path: &str, body: &Value) -> Ask {
    Ask::new(Method::POST, path).typed("application/json", body.to_string())
}

fn redemption(widget: &App<'_>, code: &str) -> Value {
    json!({
        "grant_type": "authorization_code", "code": code, "client_id": widget.id, "client_secret": widget.secret,
        "redirect_uri": widget.callback,
    })
}

fn renewal(widget: &App<'_>, token: &str) -> Value {
    json!({
        "grant_type": "refresh_token", "refresh_token": token, "client_id": widget.id, "client_secret": widget.secret,
    })
}

/// `value` with `member` set to `to`, or without it.
fn with(mut value: Value, member: &str, to: Option<&str>) -> Value {
    match to {
        Some(to) => value[member] = json!(to),
        None => drop(value.as_object_mut().unwrap().remove(member)),
    }
    value
}

#[track_caller]
fn tokens(reply: &Reply) -> (String, String) {
    assert_eq!(reply.status, 200, "{reply}");
    let body = reply.json();
    let text = |name: &str| body[name].as_str().unwrap_or_else(|| panic!("no {name}: {reply}")).to_owned();
    (text("access_token"), text("refresh_token"))
}

#[track_caller]
fn unauthorized(reply: &Reply) {
    assert_eq!((reply.status, &*reply.body), (401, r#"{"message":"Unauthorized"}"#), "{reply}");
    guarded(reply);
}

/// A refusal that says what is wrong, and nothing else.
#[track_caller]
fn refused(reply: &Reply, status: u16) {
    let body = reply.json();
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()), "{reply}");
    assert_eq!((reply.status, body.as_object().unwrap().len()), (status, 1), "{reply}");
    guarded(reply);
}

#[track_caller]
fn guarded(reply: &Reply) {
    assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{reply}");
    assert_eq!(reply.header("access-control-allow-origin"), None, "no CORS here: {reply}");
}

async fn me(house: &House, token: &str) -> Reply {
    house.asks(Ask::get("/me").bearer(token)).await
}

#[tokio::test]
async fn every_request_is_answered_as_it_is_written_down() {
    let house = House::fresh().await;
    let (john, widget) = (house.person("john").await, widget(&house).await);
    let answer = lets(&john, &widget).await;

    let reply = house.asks(json("/authorize", &redemption(&widget, answer.code()))).await;
    let (access, refresh) = tokens(&reply);
    let body =
        format!(r#"{{"access_token":"{access}","token_type":"bearer","refresh_token":"{refresh}","expires_in":1800}}"#);
    assert_eq!(reply.body, body);
    guarded(&reply);
    assert_eq!(reply.header("pragma"), Some("no-cache"));
    assert_eq!((&part(&access, 0)["alg"], &claims(&access)["iss"]), (&json!("EdDSA"), &json!(house.issuer)));

    let reply = house.asks(json("/refresh", &renewal(&widget, &refresh))).await;
    let (renewed, next) = tokens(&reply);
    let body =
        format!(r#"{{"access_token":"{renewed}","refresh_token":"{next}","token_type":"Bearer","expires_in":1800}}"#);
    assert_eq!(reply.body, body);
    guarded(&reply);

    let reply = me(&house, &renewed).await;
    let body = format!(r#"{{"user":{{"id":"{}","firstName":"John","lastName":"Adams"}}}}"#, john.id);
    assert_eq!((reply.status, &reply.body), (200, &body));
    guarded(&reply);

    let reply = me(&house, "nonsense").await;
    unauthorized(&reply);
    assert_eq!(reply.header("www-authenticate"), Some("Bearer"));
    unauthorized(&house.gets("/me").await);
    assert!(widget.finds_active(&renewed).await, "what all share knows it too");
}

#[tokio::test]
async fn released_attributes_are_told_and_no_others() {
    let house = House::fresh().await;
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let released = ReleasedAttributes { consumer: names(&["plan", "seats"]), contact: names(&["mobile", "plan"]) };
    let widget = house.app_of("chat", "widget", vec![ClientChange::ReleasedAttributes(released)]).await;
    let attributes = |pairs: &[(&str, &str)]| -> Vec<UserChange> {
        let all: BTreeMap<String, String> =
            pairs.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        vec![UserChange::Attributes(all)]
    };
    let john = house.person_with("john", attributes(&[("plan", "gold"), ("mobile", "+1 555"), ("salary", "1")])).await;
    let jane = house.person_with("jane", attributes(&[("seats", "4"), ("salary", "2")])).await;
    for (person, told) in [
        (
            &john,
            json!({"consumerCustomFields": {"plan": "gold"}, "consumerContactCustomFields": {"mobile": "+1 555", "plan": "gold"}}),
        ),
        (&jane, json!({"consumerCustomFields": {"seats": "4"}})),
    ] {
        let answer = lets(person, &widget).await;
        let (access, _) = tokens(&house.asks(json("/authorize", &redemption(&widget, answer.code()))).await);
        let mut known = me(&house, &access).await.json();
        known.as_object_mut().unwrap().remove("user");
        assert_eq!(known, told);
    }
}

#[tokio::test]
async fn a_redirect_uri_may_be_left_out_by_whoever_has_exactly_one() {
    let house = House::fresh().await;
    let (john, widget) = (house.person("john").await, widget(&house).await);
    let bare = |code: &str| with(redemption(&widget, code), "redirect_uri", None);
    let answer = lets(&john, &widget).await;
    tokens(&house.asks(json("/authorize", &bare(answer.code()))).await);
    let second = RedirectUri::parse("https://widget.example/second").unwrap();
    widget.becomes(&[ClientChange::AddRedirectUri(second)]).await;
    let answer = lets(&john, &widget).await;
    unauthorized(&house.asks(json("/authorize", &bare(answer.code()))).await);
    let wrong = with(redemption(&widget, answer.code()), "redirect_uri", Some("https://widget.example/second"));
    unauthorized(&house.asks(json("/authorize", &wrong)).await);
    tokens(&house.asks(json("/authorize", &redemption(&widget, answer.code()))).await);
}

#[tokio::test]
async fn a_verifier_goes_with_a_challenge() {
    let house = House::fresh().await;
    let (john, widget) = (house.person("john").await, widget(&house).await);
    let answer = john.answers(&widget.asks("openid")).await;
    let sound = redemption(&widget, answer.code());
    unauthorized(&house.asks(json("/authorize", &sound)).await);
    tokens(&house.asks(json("/authorize", &with(sound, "code_verifier", Some(&answer.asking.verifier)))).await);
}

#[tokio::test]
async fn every_failure_of_authentication_or_grant_is_one_word() {
    let house = House::fresh().await;
    let (john, widget, shop) = (house.person("john").await, widget(&house).await, house.app("shop").await);
    let other = house.app_of("chat", "other", vec![]).await;
    let (late, kept) = (lets(&john, &widget).await, lets(&john, &widget).await);
    house.later(60);
    let answer = lets(&john, &widget).await;
    let spent = lets(&john, &widget).await;
    tokens(&house.asks(json("/authorize", &redemption(&widget, spent.code()))).await);
    let sound = || redemption(&widget, answer.code());
    for body in [
        redemption(&widget, late.code()),
        redemption(&widget, kept.code()),
        redemption(&widget, spent.code()),
        redemption(&widget, "nonsense"),
        redemption(&other, answer.code()),
        redemption(&shop, answer.code()),
        with(sound(), "client_secret", Some("wrong")),
        with(sound(), "client_secret", None),
        with(sound(), "client_id", None),
        with(sound(), "client_id", Some("nobody")),
    ] {
        unauthorized(&house.asks(json("/authorize", &body)).await);
    }
    let (access, refresh) = tokens(&house.asks(json("/authorize", &sound())).await);
    for body in [
        renewal(&widget, "nonsense"),
        renewal(&widget, &access),
        renewal(&other, &refresh),
        with(renewal(&widget, &refresh), "client_secret", Some("")),
    ] {
        unauthorized(&house.asks(json("/refresh", &body)).await);
    }
    unauthorized(&me(&house, &refresh).await);
    let foreign = john.gives(&shop, "openid").await;
    unauthorized(&me(&house, &foreign.access).await);
    unauthorized(&house.asks(Ask::get("/me").header("authorization", "Basic eDp5")).await);
    unauthorized(&house.asks(Ask::get(format!("/me?access_token={access}"))).await);
    // Given both dialects, its tokens open both doors.
    shop.becomes(&[ClientChange::Faces([Face::named("oidc"), Face::named("chat")].into())]).await;
    assert_eq!(me(&house, &foreign.access).await.status, 200);
    house.engine.disable_user(&Actor::host(), &host(), &john.id, true).await.unwrap();
    unauthorized(&me(&house, &access).await);
    unauthorized(&house.asks(json("/refresh", &renewal(&widget, &refresh))).await);
}

#[tokio::test]
async fn a_malformed_body_is_told_so() {
    let house = House::fresh().await;
    let widget = widget(&house).await;
    let sound = redemption(&widget, "x");
    let posted = |kind: &str, body: &str| Ask::new(Method::POST, "/authorize").typed(kind, body);
    for body in [
        String::new(),
        "{".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        sound.to_string() + "x",
        sound.to_string().replace("\"x\"", "1"),
        sound.to_string().replace("\"x\"", "null"),
        sound.to_string().replace("\"x\"", "{\"a\":\"b\"}"),
        sound.to_string().replace("\"x\"", &format!("{}1{}", "[".repeat(4_000), "]".repeat(4_000))),
        sound.to_string().replace("\"x\"", &format!("{{\"a\":{}", "{\"a\":".repeat(2_000))),
        sound.to_string().replace("\"x\"", "\"x\",\"code\":\"y\""),
        sound.to_string().replace("\"x\"", "\"x\",\"c\\u006fde\":\"y\""),
        sound.to_string().replace("\"x\"", &format!("\"{}\"", "x".repeat(9_000))),
        with(sound.clone(), "code", None).to_string(),
        with(sound.clone(), "code", Some("")).to_string(),
        with(sound.clone(), "grant_type", None).to_string(),
        with(sound.clone(), "grant_type", Some("refresh_token")).to_string(),
    ] {
        refused(&house.asks(posted("application/json", &body)).await, 400);
    }
    for kind in ["application/x-www-form-urlencoded", "text/plain", "application/json; charset=latin1"] {
        refused(&house.asks(posted(kind, &sound.to_string())).await, 400);
    }
    refused(&house.asks(Ask::new(Method::POST, "/refresh")).await, 400);
    let utf8 = house.asks(posted("application/json; charset=UTF-8", &sound.to_string())).await;
    unauthorized(&utf8);
}

#[tokio::test]
async fn what_the_transport_refuses_has_the_same_shape() {
    let house = House::fresh().await;
    let widget = widget(&house).await;
    let large = with(redemption(&widget, "x"), "extra", Some(&"x".repeat(17_000)));
    refused(&house.asks(json("/authorize", &large)).await, 413);
    for (ask, allow) in [
        (Ask::get("/authorize"), "POST, OPTIONS"),
        (Ask::new(Method::DELETE, "/refresh"), "POST, OPTIONS"),
        (json("/me", &json!({})), "GET, HEAD, OPTIONS"),
    ] {
        let reply = house.asks(ask).await;
        refused(&reply, 405);
        assert_eq!(reply.header("allow"), Some(allow));
    }
    house.store.is_gone();
    for reply in [house.asks(json("/refresh", &renewal(&widget, "x"))).await, me(&house, "x.y.z").await] {
        if reply.status != 401 {
            refused(&reply, 503);
            assert!(reply.header("retry-after").is_some(), "{reply}");
        }
    }
    refused(&house.asks(json("/authorize", &redemption(&widget, "x"))).await, 503);
    house.store.recovers();
    let wrong = with(renewal(&widget, "x"), "client_secret", Some("wrong"));
    let mut limited = None;
    for _ in 0..100 {
        let reply = house.asks(json("/refresh", &wrong)).await;
        limited = limited.or((reply.status == 429).then_some(reply));
    }
    let limited = limited.expect("guessing ends");
    refused(&limited, 429);
    assert!(limited.header("retry-after").is_some(), "{limited}");
}

#[tokio::test]
async fn a_refresh_token_outlives_the_session_is_used_once_and_begins_anew() {
    let house = House::fresh().await;
    let (john, widget) = (house.person("john").await, widget(&house).await);
    let answer = lets(&john, &widget).await;
    let crowd = join_all((0..64).map(|_| house.asks(json("/authorize", &redemption(&widget, answer.code()))))).await;
    assert_eq!(crowd.iter().filter(|reply| reply.status == 200).count(), 1);
    let answer = lets(&john, &widget).await;
    let (_, mut refresh) = tokens(&house.asks(json("/authorize", &redemption(&widget, answer.code()))).await);
    john.signs_out().await;
    for _ in 0..3 {
        house.later(29 * 86_400);
        refresh = tokens(&house.asks(json("/refresh", &renewal(&widget, &refresh))).await).1;
    }
    let crowd = join_all((0..64).map(|_| house.asks(json("/refresh", &renewal(&widget, &refresh))))).await;
    assert_eq!(crowd.iter().filter(|reply| reply.status == 200).count(), 1);
}

#[tokio::test]
async fn switched_off_it_is_gone_and_moved_it_moves_whole() {
    let house = House::fresh().await;
    house.places("chat", Placement::Switched(false)).await;
    for path in ["/authorize", "/refresh", "/me"] {
        house.gets(path).await.stays_here(404);
    }
    house.places("chat", Placement::Below("/chat".to_owned())).await;
    unauthorized(&house.gets("/chat/me").await);
    refused(&house.gets("/chat/nowhere").await, 404);
    house.gets("/me").await.stays_here(404);
    house.places("chat", Placement::Switched(true)).await;
    unauthorized(&house.gets("/me").await);
}
