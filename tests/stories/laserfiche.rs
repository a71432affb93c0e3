//! The `laserfiche` dialect: what its published clients send, word for word, and what they are answered.

use std::time::Duration;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use countersign::base::ids::ClientId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::{ClientChange, NewClient};
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::{ClientType, GrantType};
use countersign::model::face::Face;
use countersign::model::redirect_uri::RedirectUri;
use countersign::model::scope::{Scope, ScopeDefinition, Scopes};
use countersign::model::settings::Placement;
use data_encoding::{BASE64, BASE64URL_NOPAD};
use poem::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, App, Asking};
use super::house::{House, host};
use super::person::Person;
use super::wire::{Ask, Reply, claims, encode, part, query_of};

const AUTHORIZE: &str = "/oauth/Authorize";
const TOKEN: &str = "/oauth/Token";

impl House {
    /// An application that was given this dialect, and everything customary with it.
    async fn of_laserfiche(&self, name: &str, kind: ClientType, different: &[ClientChange]) -> App<'_> {
        for (name, sentence) in [("repository.Read", "Read your files"), ("repository.Write", "Change your files")] {
            let (name, description) = (Scope::parse(name).unwrap(), sentence.to_owned());
            let scope = ScopeDefinition { name, description, claims: vec![], managed: false };
            // Another application has brought it along.
            let _ = self.engine.create_scope(&Actor::host(), &host(), &scope).await;
        }
        let origin = format!("https://{name}.example");
        let scopes = match kind {
            ClientType::Service => "repository.Read repository.Write",
            _ => "openid profile repository.Read repository.Write",
        };
        let mut changes = vec![ClientChange::Scopes(Scopes::parse(scopes).unwrap())];
        if kind != ClientType::Service {
            let callback = RedirectUri::parse(&format!("{origin}/callback")).unwrap();
            changes.extend([ClientChange::RedirectUris(vec![callback]), ClientChange::Origins(vec![origin.clone()])]);
        }
        changes.extend_from_slice(different);
        let (id, faces) = (Some(ClientId::from_text(name)), [Face::named("laserfiche")].into());
        let new = NewClient { id, name: name.to_owned(), kind, faces, changes };
        let made = self.engine.create_client(&Actor::host(), &host(), &new).await.expect("a client");
        let secret = made.secret.map(|secret| secret.expose().to_owned());
        App { house: self, id: name.to_owned(), secret, callback: format!("{origin}/callback"), origin }
    }

    /// An administrator exports an access key for the application; the program reads it.
    async fn exports_key(&self, app: &App<'_>) -> Key {
        let id = ClientId::from_text(app.id.as_str());
        let made = self.engine.export_access_key(&Actor::host(), &host(), &id).await.expect("an access key");
        Key::read(made.text.expose())
    }
}

/// An access key as a client program has it.
struct Key {
    json: Value,
    pair: EcdsaKeyPair,
}

impl Key {
    fn read(text: &str) -> Key {
        let json: Value = serde_json::from_slice(&BASE64.decode(text.as_bytes()).expect("base64")).expect("JSON");
        let number = |name: &str| BASE64URL_NOPAD.decode(json["jwk"][name].as_str().unwrap().as_bytes()).unwrap();
        let point = [&[4][..], &number("x"), &number("y")].concat();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &number("d"), &point).expect("a pair");
        Key { json, pair }
    }

    /// What the published client libraries sign.
    fn signs(&self, app: &App<'_>, different: Value) -> String {
        let now = app.house.now();
        let mut claims = json!({
            "client_id": app.id, "client_secret": app.secret, "aud": "laserfiche.com",
            "exp": now + 3600, "iat": now, "nbf": now,
        });
        for (name, value) in different.as_object().unwrap() {
            claims[name] = value.clone();
        }
        let header = json!({"alg": "ES256", "typ": "JWT", "kid": self.json["jwk"]["kid"]});
        let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.pair.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", BASE64URL_NOPAD.encode(signature.as_ref()))
    }
}

impl App<'_> {
    /// What its clients send people off with; web applications do without PKCE.
    fn sends(&self, scopes: &str) -> Asking {
        let asking = self.asks(scopes).without("nonce");
        match self.secret {
            Some(_) => asking.without("code_challenge").without("code_challenge_method"),
            None => asking,
        }
    }

    /// The token request of this dialect: Basic as it is with the `client_id` repeated, or the `client_id` alone.
    fn token_request(&self, fields: &[(&str, &str)]) -> Ask {
        let ask = Ask::post(TOKEN, &[fields, &[("client_id", self.id.as_str())]].concat());
        let ask = ask.header("accept", "application/json");
        match &self.secret {
            Some(secret) => ask.basic_as_it_is(&format!("{}:{secret}", self.id)),
            None => ask,
        }
    }

    async fn redeems_here(&self, answer: &Answer) -> Reply {
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", answer.code()),
            ("redirect_uri", self.callback.as_str()),
        ];
        if self.secret.is_none() {
            fields.push(("code_verifier", &answer.asking.verifier));
        }
        self.house.asks(self.token_request(&fields)).await
    }

    async fn renews_here(&self, token: &str) -> Reply {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.house.asks(self.token_request(&fields)).await
    }
}

fn at(asking: &Asking) -> String {
    format!("{AUTHORIZE}?{}", encode(&asking.pairs()))
}

impl Person<'_> {
    /// Goes through this dialect's authorization endpoint until the application has its answer.
    async fn lets_in(&self, asking: &Asking) -> Answer {
        let reply = self.browser.opens(&at(asking)).await;
        self.finishes(asking, reply).await
    }
}

/// Insists on a problem document with these, and on nothing else.
#[track_caller]
fn problem(reply: &Reply, status: u16, error: &str) -> Value {
    let json = reply.json();
    assert_eq!((reply.status, json["error"].as_str()), (status, Some(error)), "{reply}");
    let names: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(names.len(), 7, "{reply}");
    for name in ["type", "title", "detail", "instance", "error_description"] {
        assert!(json[name].as_str().is_some_and(|text| !text.is_empty()), "{name}: {reply}");
    }
    assert_eq!(json["status"], status);
    assert!(json["title"].as_str().unwrap().ends_with('.'), "a sentence: {reply}");
    assert_eq!(json["instance"].as_str(), reply.header("x-request-id"), "{reply}");
    assert_eq!(reply.header("www-authenticate").is_some(), status == 401, "{reply}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{reply}");
    json
}

#[tokio::test]
async fn a_web_application_signs_somebody_in_redeems_and_renews() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let portal = house.of_laserfiche("portal", ClientType::Web, &[account]).await;
    let asking = portal.sends("openid profile repository.Read");
    let page = alice.browser.opens(&at(&asking)).await;
    let reply = alice.browser.follows(page).await;
    let answer = alice.finishes(&asking, reply).await;

    let reply = portal.redeems_here(&answer).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    let tokens = reply.tokens();
    let shown = format!(
        r#"{{"access_token":"{}","expires_in":3600,"token_type":"bearer","refresh_token":"{}","scope":"{}"}}"#,
        tokens.access, tokens.refresh, tokens.scope
    );
    assert_eq!(reply.body, shown);
    assert_eq!(part(&tokens.access, 0)["alg"], "RS256");
    let said = claims(&tokens.access);
    assert_eq!((&said["csid"], &said["trid"]), (&json!("acc-7"), &json!(alice.id.to_string())));
    assert_eq!((&said["name"], &said["client_id"]), (&json!("Alice Adams"), &json!("portal")));

    let renewed = portal.renews_here(&tokens.refresh).await.tokens();
    assert_ne!(renewed.refresh, tokens.refresh);
    assert_eq!(renewed.scope, tokens.scope);
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
    problem(&portal.redeems_here(&answer).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_single_page_application_names_itself_and_must_use_pkce() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let tokens = board.redeems_here(&answer).await.tokens();
    assert_eq!(tokens.scope, "repository.Read");
    board.renews_here(&tokens.refresh).await.tokens();

    let bare = board.sends("repository.Read").without("code_challenge").without("code_challenge_method");
    assert_eq!(alice.lets_in(&bare).await.error(), "invalid_request");
    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let fields = [("grant_type", "authorization_code"), ("code", answer.code()), ("redirect_uri", &board.callback)];
    problem(&house.asks(board.token_request(&fields)).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_web_application_may_use_pkce_and_then_must_prove_it() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let asking = portal.asks("repository.Read").without("nonce");
    let fields = |answer: &Answer, verifier: &str| {
        vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), answer.code().to_owned()),
            ("redirect_uri".to_owned(), portal.callback.clone()),
            ("code_verifier".to_owned(), verifier.to_owned()),
        ]
    };
    let redeem = async |answer: &Answer, verifier: &str| {
        let fields = fields(answer, verifier);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        house.asks(portal.token_request(&fields)).await
    };
    let answer = alice.lets_in(&asking).await;
    redeem(&answer, &asking.verifier).await.tokens();
    let answer = alice.lets_in(&asking).await;
    problem(&redeem(&answer, "").await, 400, "invalid_grant");
    let answer = alice.lets_in(&asking.without("code_challenge").without("code_challenge_method")).await;
    problem(&redeem(&answer, "a-verifier-nobody-asked-for-of-forty-three-characters").await, 400, "invalid_grant");
}

#[tokio::test]
async fn an_unknown_application_or_address_is_told_on_a_page_with_status_200() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let shop = house.app("shop").await;
    let sound = portal.sends("repository.Read");
    for asking in [
        sound.clone().without("client_id"),
        sound.clone().with("client_id", ""),
        sound.clone().with("client_id", "nobody"),
        sound.clone().with("client_id", "Portal"),
        sound.clone().without("redirect_uri"),
        sound.clone().with("redirect_uri", "https://evil.example/callback"),
        sound.clone().with("redirect_uri", "https://portal.example/callback/"),
        // Of another dialect, and so unknown here.
        shop.asks("openid"),
    ] {
        house.gets(&at(&asking)).await.stays_here(200);
    }
    let twice = format!("{}&redirect_uri=https://evil.example/", at(&sound));
    house.gets(&twice).await.stays_here(200);
    portal.is_disabled().await;
    house.gets(&at(&sound)).await.stays_here(200);
}

#[tokio::test]
async fn everything_else_goes_back_to_the_application_by_302_with_its_state() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let challenge = "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es";
    let sound = portal.sends("repository.Read").with("state", "a b+c%2F&=é\"");
    for (asking, error) in [
        (sound.clone().with("code_challenge", challenge), "invalid_request"),
        (sound.clone().with("code_challenge", challenge).with("code_challenge_method", "plain"), "invalid_request"),
        (sound.clone().with("code_challenge", "short").with("code_challenge_method", "S256"), "invalid_request"),
        (sound.clone().without("response_type"), "invalid_request"),
        (sound.clone().with("response_type", "token"), "unsupported_response_type"),
        (sound.clone().with("scope", "repository.read"), "invalid_scope"),
        (sound.clone().with("scope", "repository.Read,repository.Write"), "invalid_scope"),
        (sound.clone().with("prompt", "none"), "access_denied"),
        (sound.clone().with("request", "x"), "invalid_request"),
    ] {
        let reply = alice.browser.opens(&at(&asking)).await;
        assert_eq!(reply.status, 302, "{reply}");
        assert!(reply.location().starts_with("https://portal.example/callback?error="), "{reply}");
        let answer = Answer::read(&asking, query_of(reply.location()));
        assert_eq!(answer.error(), error, "{reply}");
    }
    let page = alice.browser.opens(&at(&sound)).await;
    let page = alice.browser.follows(page).await;
    let declined = alice.browser.submits(&page, &[("answer", "cancel")]).await;
    let told = alice.browser.follows(declined).await;
    assert_eq!(told.status, 302, "{told}");
    assert_eq!(Answer::read(&sound, query_of(told.location())).error(), "access_denied");

    let page = alice.browser.opens(&at(&sound)).await;
    let page = alice.browser.follows(page).await;
    let agreed = alice.browser.submits(&page, &[("answer", "continue")]).await;
    let told = alice.browser.follows(agreed).await;
    assert_eq!(told.status, 302, "{told}");
    Answer::read(&sound, query_of(told.location())).code();

    let alone = ClientChange::Grants([GrantType::ClientCredentials].into());
    portal.becomes(&[alone]).await;
    let told = alice.browser.opens(&at(&sound)).await;
    assert_eq!((told.status, Answer::read(&sound, query_of(told.location())).error()), (302, "unauthorized_client"));
}

#[tokio::test]
async fn an_authorization_header_is_ignored_where_people_sign_in() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let asking = portal.sends("repository.Read");
    for header in ["Basic bm9ib2R5Og==", "Bearer x", "Nonsense"] {
        let ask = Ask::get(at(&asking)).header("authorization", header);
        let reply = alice.browser.sends(ask).await;
        alice.finishes(&asking, reply).await.code();
    }
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(599);
    portal.redeems_here(&answer).await.tokens();
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(600);
    problem(&portal.redeems_here(&answer).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_outlives_the_session_and_counts_from_its_last_use() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    let mut tokens = portal.redeems_here(&answer).await.tokens();
    alice.signs_out().await;
    for _ in 0..3 {
        house.clock.advance(Duration::from_secs(29 * 86_400));
        tokens = portal.renews_here(&tokens.refresh).await.tokens();
    }
    house.clock.advance(Duration::from_secs(30 * 86_400));
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let code = [("grant_type", "authorization_code"), ("redirect_uri", "https://portal.example/callback")];
    let asks = |fields: &[(&str, &str)]| portal.token_request(&[&code[..], fields].concat());
    let plain = |fields: &[(&str, &str)]| portal.token_request(fields);
    let basic =
        |pair: &str| Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).basic_as_it_is(pair);
    let secret = portal.secret.clone().unwrap();
    let cases = [
        (plain(&[]), 400, "invalid_request"),
        (plain(&[("grant_type", "")]), 400, "invalid_request"),
        (asks(&[]), 400, "invalid_request"),
        (asks(&[("code", "nonsense")]), 400, "invalid_grant"),
        (plain(&[("grant_type", "refresh_token")]), 400, "invalid_request"),
        (plain(&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]), 400, "invalid_grant"),
        (plain(&[("grant_type", "password"), ("username", "alice")]), 400, "unsupported_grant_type"),
        (plain(&[("grant_type", "client_credentials")]), 400, "unauthorized_client"),
        (board.token_request(&[("grant_type", "client_credentials")]), 400, "unauthorized_client"),
        (basic(&format!("portal:{secret}x")), 401, "invalid_client"),
        (basic(&format!("Portal:{secret}")), 401, "invalid_client"),
        (basic("portal:"), 401, "invalid_client"),
        (basic("nonsense"), 401, "invalid_client"),
        (Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x")]), 401, "invalid_client"),
        (
            Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "portal")]),
            401,
            "invalid_client",
        ),
        (asks(&[("code", "x")]).bearer("not-a-jwt"), 401, "invalid_client"),
        (asks(&[("code", "x"), ("client_secret", &secret)]), 400, "invalid_request"),
        (Ask::post(TOKEN, &[("grant_type", "x")]).typed("application/json", "{}"), 400, "invalid_request"),
        (
            Ask::post(TOKEN, &[]).typed("application/x-www-form-urlencoded", "grant_type=a&grant_type=b"),
            400,
            "invalid_request",
        ),
        (Ask::post(TOKEN, &[("grant_type", &"x".repeat(9_000))]), 400, "invalid_request"),
        (Ask::post(TOKEN, &[("grant_type", &"x".repeat(20_000))]), 413, "invalid_request"),
        (Ask::get(TOKEN), 405, "invalid_request"),
        (Ask::post(AUTHORIZE, &[]), 405, "invalid_request"),
    ];
    for (nth, (ask, status, error)) in cases.into_iter().enumerate() {
        let reply = house.asks(ask).await;
        let json = problem(&reply, status, error);
        let told = json["title"] == json["error_description"];
        assert!(told, "case {nth}: {reply}");
        if status == 405 {
            assert!(reply.header("allow").is_some_and(|allow| allow.contains("OPTIONS")), "{reply}");
        }
    }
    // A secret in the body serves as well as one in the header; an empty one beside a header is none.
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "portal"), ("client_secret", &*secret)];
    problem(&house.asks(Ask::post(TOKEN, &fields)).await, 400, "invalid_grant");
    problem(&house.asks(asks(&[("code", "x"), ("client_secret", "")])).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_told_in_the_same_form() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    house.store.is_gone();
    let reply = portal.renews_here("x").await;
    problem(&reply, 503, "temporarily_unavailable");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn the_instance_of_a_refusal_leads_an_administrator_to_its_true_cause() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    ada.signs_in().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let shop = house.app("shop").await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(601);
    let known = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let foreign = Ask::post(TOKEN, &known).basic_as_it_is(&format!("shop:{}", shop.secret.clone().unwrap()));
    let twice = "grant_type=refresh_token&grant_type=refresh_token";
    for (reply, cause) in [
        (portal.redeems_here(&answer).await, "code expired"),
        (portal.renews_here("nonsense").await, "refresh unknown"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("portal:wrong")).await, "client secret wrong"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("nobody:x")).await, "client unknown"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("portal")).await, "credentials malformed"),
        (house.asks(foreign).await, "client of another face"),
        (house.asks(portal.token_request(&[("grant_type", "refresh_token")])).await, "parameter missing"),
        (house.asks(portal.token_request(&[("grant_type", "password")])).await, "grant type unknown"),
        (
            house.asks(Ask::post(TOKEN, &[]).typed("application/x-www-form-urlencoded", twice)).await,
            "parameter malformed",
        ),
    ] {
        let json = reply.json();
        let instance = json["instance"].as_str().unwrap();
        let page = ada.browser.opens(&format!("/admin/activity?reference={instance}")).await;
        assert!(page.body.contains(cause), "{cause}: {}", page.body);
        assert!(page.body.contains("1 event"), "{page}");
        let page = ada.browser.opens(&format!("/admin/activity?reference=+{}+", instance.to_lowercase())).await;
        assert!(page.body.contains(cause), "as somebody types it: {page}");
    }
    let nothing = ada.browser.opens("/admin/activity?reference=AAAA-AAAA-AA").await;
    assert!(nothing.body.contains("Nothing like that has happened."));
    // The canonical dialect's refusals are found by the request's own reference.
    let reply = shop.requests(&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]).await;
    let reference = reply.header("x-request-id").unwrap();
    let page = ada.browser.opens(&format!("/admin/activity?reference={reference}")).await;
    assert!(page.body.contains("refresh unknown"), "{page}");
}

#[tokio::test]
async fn a_service_signs_its_own_request_with_an_exported_key() {
    let house = House::fresh().await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let robot = house.of_laserfiche("robot", ClientType::Service, &[account]).await;
    let key = house.exports_key(&robot).await;
    let about = ["customerId", "clientId", "domain"].map(|name| key.json[name].clone());
    assert_eq!(about, [json!("acc-7"), json!("robot"), json!("id.example")]);

    let word = key.signs(&robot, json!({}));
    let alone = [("grant_type", "client_credentials")];
    let asks = async |fields: &[(&str, &str)], word: &str| house.asks(Ask::post(TOKEN, fields).bearer(word)).await;
    let reply = asks(&alone, &word).await;
    let tokens = reply.tokens();
    assert_eq!((tokens.scope.as_str(), &tokens.json["expires_in"]), ("repository.Read repository.Write", &json!(3600)));
    assert!(tokens.json.get("refresh_token").is_none(), "{reply}");
    assert_eq!(claims(&tokens.access)["csid"], "acc-7");
    // Clients repeat it while it lives, and send it as a password too.
    house.later(3_599);
    assert_ne!(asks(&alone, &word).await.tokens().access, tokens.access);
    house.asks(Ask::post(TOKEN, &alone).basic_as_it_is(&format!("robot:{word}"))).await.tokens();
    let scoped = [alone[0], ("scope", "repository.Read")];
    assert_eq!(asks(&scoped, &word).await.tokens().scope, "repository.Read");
    house.later(1);
    let refused = asks(&alone, &word).await;
    problem(&refused, 401, "invalid_client");
    assert!(refused.header("www-authenticate").is_some_and(|it| it.starts_with("Bearer")), "{refused}");

    let narrow = key.signs(&robot, json!({"scope": "repository.Write"}));
    assert_eq!(asks(&alone, &narrow).await.tokens().scope, "repository.Write");
    assert_eq!(asks(&scoped, &narrow).await.tokens().scope, "repository.Read", "what the request says counts");
    for audience in ["https://id.example", "https://id.example/oauth/Token", "laserfiche.com"] {
        asks(&alone, &key.signs(&robot, json!({"aud": audience}))).await.tokens();
    }
    let mine = [alone[0], ("account_id", "acc-7")];
    asks(&mine, &key.signs(&robot, json!({}))).await.tokens();
}

#[tokio::test]
async fn what_is_wrong_with_a_signed_request_is_said_to_the_administrator_only() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    ada.signs_in().await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let robot = house.of_laserfiche("robot", ClientType::Service, &[account]).await;
    let twin = house.of_laserfiche("twin", ClientType::Service, &[]).await;
    let (key, other) = (house.exports_key(&robot).await, house.exports_key(&twin).await);
    let now = house.now();
    let mut titles = Vec::new();
    for (word, account, cause) in [
        (key.signs(&robot, json!({"exp": now + 3601})), "", "assertion untimely"),
        (key.signs(&robot, json!({"iat": now + 61, "exp": now + 3600})), "", "assertion untimely"),
        (key.signs(&robot, json!({"nbf": now + 61})), "", "assertion untimely"),
        (key.signs(&robot, json!({"aud": "https://other.example"})), "", "assertion audience"),
        (key.signs(&robot, json!({"client_secret": "wrong"})), "", "client secret wrong"),
        (other.signs(&robot, json!({})), "", "assertion key unknown"),
        (format!("{}x", key.signs(&robot, json!({}))), "", "assertion invalid"),
        (key.signs(&robot, json!({})), "acc-8", "account differs"),
    ] {
        let fields = [("grant_type", "client_credentials"), ("account_id", account)];
        let reply = house.asks(Ask::post(TOKEN, &fields).bearer(&word)).await;
        let json = problem(&reply, 401, "invalid_client");
        titles.push(json["title"].clone());
        let reference = json["instance"].as_str().unwrap();
        let page = ada.browser.opens(&format!("/admin/activity?reference={reference}")).await;
        assert!(page.body.contains(cause), "{cause}: {page}");
        assert!(!page.body.contains(&word));
    }
    titles.dedup();
    assert_eq!(titles.len(), 1, "strangers learn nothing of the check that failed");

    let id = ClientId::from_text("robot");
    let kid = key.json["jwk"]["kid"].as_str().unwrap();
    house.engine.remove_access_key(&Actor::host(), &host(), &id, kid).await.unwrap();
    let word = key.signs(&robot, json!({}));
    let reply = house.asks(Ask::post(TOKEN, &[("grant_type", "client_credentials")]).bearer(&word)).await;
    problem(&reply, 401, "invalid_client");
}

#[tokio::test]
async fn a_signed_request_serves_no_other_endpoint() {
    let house = House::fresh().await;
    let robot = house.of_laserfiche("robot", ClientType::Service, &[]).await;
    let key = house.exports_key(&robot).await;
    let both = [Face::named("oidc"), Face::named("laserfiche")].into();
    robot.becomes(&[ClientChange::Faces(both)]).await;
    let word = key.signs(&robot, json!({}));
    let alone = [("grant_type", "client_credentials")];
    house.asks(Ask::post(TOKEN, &alone).bearer(&word)).await.tokens();
    house.asks(Ask::post("/oauth/token", &alone).bearer(&word)).await.refuses(401, "invalid_client");
    house.asks(Ask::post("/oauth/introspect", &[("token", "x")]).bearer(&word)).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn only_clients_that_were_given_the_dialect_are_known_here() {
    let house = House::fresh().await;
    let (portal, shop) = (house.of_laserfiche("portal", ClientType::Web, &[]).await, house.app("shop").await);
    problem(&shop.renews_here("x").await, 401, "invalid_client");
    portal.requests(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.refuses(401, "invalid_client");
    // Paths are case-sensitive: each spelling is one dialect's own, and no other is anybody's.
    for path in ["/oauth/TOKEN", "/oauth/AUTHORIZE", "/oauth/Token/", "/oauth/Token/x"] {
        assert_eq!(house.asks(Ask::post(path, &[])).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_this_dialect_is_explained_and_ended_where_all_are() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    let tokens = portal.redeems_here(&answer).await.tokens();
    assert!(portal.finds_active(&tokens.access).await);
    portal.revokes(&tokens.refresh).await;
    assert!(!portal.finds_active(&tokens.access).await);
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn pages_of_a_registered_origin_may_read_the_token_endpoint() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let readable = |reply: &Reply| reply.header("access-control-allow-origin").map(str::to_owned);
    let preflight = |path: &str, origin: &str| {
        let ask = Ask::new(Method::OPTIONS, path).header("origin", origin);
        ask.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization")
    };
    let reply = house.asks(preflight(TOKEN, &board.origin)).await;
    assert_eq!(readable(&reply), Some(board.origin.clone()));
    assert_eq!(readable(&house.asks(preflight(TOKEN, "https://evil.example")).await), None);
    assert_eq!(readable(&house.asks(preflight(AUTHORIZE, &board.origin)).await), None);

    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let tokens = board.redeems_here(&answer).await.tokens();
    let renew = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)];
    let from = |origin: &str| board.token_request(&renew).header("origin", origin);
    let reply = house.asks(from(&portal.origin)).await;
    assert_eq!((readable(&reply), reply.header("vary").is_some()), (None, true), "another client's origin: {reply}");
    let reply = house.asks(from(&board.origin)).await;
    assert_eq!(readable(&reply), Some(board.origin.clone()), "a refusal can be read too: {reply}");
    let reply = house.asks(Ask::get(at(&board.sends("repository.Read"))).header("origin", &board.origin)).await;
    assert_eq!(readable(&reply), None);
}

#[tokio::test]
async fn switched_off_or_moved_it_is_gone_from_here_and_nothing_else_is() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    house.places("laserfiche", Placement::Switched(false)).await;
    for path in [TOKEN, AUTHORIZE] {
        house.gets(path).await.refuses(404, "not_found");
    }
    assert_eq!(house.gets("/oauth/userinfo").await.status, 401);
    house.places("laserfiche", Placement::Below("/lf".to_owned())).await;
    house.gets(TOKEN).await.refuses(404, "not_found");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let ask = Ask::post("/lf/Token", &fields).basic_as_it_is(&format!("portal:{}", portal.secret.clone().unwrap()));
    problem(&house.asks(ask).await, 400, "invalid_grant");
    let robot = house.of_laserfiche("robot", ClientType::Service, &[]).await;
    let word = house.exports_key(&robot).await.signs(&robot, json!({"aud": "https://id.example/lf/Token"}));
    house.asks(Ask::post("/lf/Token", &[("grant_type", "client_credentials")]).bearer(&word)).await.tokens();
}

#[tokio::test]
async fn choosing_the_dialect_fills_in_what_is_customary() {
    let house = House::fresh().await;
    let of = async |name: &str, kind: ClientType| {
        let app = house.of_laserfiche(name, kind, &[]).await;
        app.becomes(&[]).await
    };
    let web = of("portal", ClientType::Web).await;
    assert_eq!([web.code_ttl, web.access_ttl, web.refresh_ttl].map(|life| life.as_secs()), [600, 3_600, 30 * 86_400]);
    assert_eq!((web.access_token_alg.name(), web.claims_profile.name()), ("RS256", "laserfiche"));
    assert!(!web.needs_pkce() && web.audience.is_empty());
    assert_eq!(web.grants, [GrantType::AuthorizationCode, GrantType::RefreshToken].into());
    assert!(of("board", ClientType::Spa).await.needs_pkce());
    assert_eq!(of("robot", ClientType::Service).await.grants, [GrantType::ClientCredentials].into());
}
