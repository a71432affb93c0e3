//! Programs that act for themselves: registered by the people they belong to, given tokens by key and secret, renewed.

use std::collections::BTreeSet;

use countersign::base::ids::ClientId;
use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::engine::users::SignedIn;
use countersign::model::client::{Client, ClientType};
use countersign::model::face::Face;
use countersign::model::settings::{ClientRegistration, SelfRegistration, Settings};
use futures_util::future::join_all;
use poem::http::Method;
use serde_json::Value;

use super::app::App;
use super::house::{House, PASSWORD, host};
use super::person::Person;
use super::wire::{Ask, Reply};

const CREDENTIALS: [(&str, &str); 1] = [("grant_type", "client_credentials")];

/// A program that somebody registered.
struct Program<'h> {
    house: &'h House,
    id: String,
    key: String,
    secret: String,
}

/// What it was given.
struct Given {
    access: String,
    refresh: String,
}

impl House {
    /// Somebody who may register clients.
    async fn maker(&self, name: &str) -> Person<'_> {
        self.person_with(name, vec![UserChange::MayRegisterClients(true)]).await
    }

    async fn registers(&self, username: &str, password: &str) -> Reply {
        self.registers_at("/v1/clients", username, password).await
    }

    async fn registers_at(&self, path: &str, username: &str, password: &str) -> Reply {
        let body = serde_json::json!({ "username": username, "password": password }).to_string();
        self.asks(Ask::new(Method::POST, path).typed("application/json", body)).await
    }

    async fn program(&self, owner: &Person<'_>) -> Program<'_> {
        Program::told(self, &self.registers(&owner.name, PASSWORD).await)
    }

    async fn lets_make_programs(&self, who: ClientRegistration) {
        let settings = self.engine.settings().await.expect("the settings");
        let wanted = Settings { client_registration: who, ..settings };
        self.engine.change_settings(&Actor::host(), &host(), &wanted).await.expect("sound settings");
    }

    /// The names of what happened to a client.
    async fn activity_of(&self, client: &ClientId) -> Vec<String> {
        let filter = ActivityFilter { client: Some(client.clone()), ..ActivityFilter::default() };
        let records = self.engine.activity(&Actor::host(), &filter, None, 50).await.expect("records").items;
        records.iter().map(|record| record.kind.name().to_owned()).collect()
    }

    /// Every client there is.
    async fn clients(&self) -> Vec<Client> {
        self.engine.list_clients(&Actor::host(), "", None, 1_000).await.expect("clients").items
    }
}

impl Person<'_> {
    /// Signs in, as the engine knows it.
    async fn is_signed_in(&self) -> SignedIn {
        self.signs_in().await;
        let cookie = Secret::new(self.browser.session().expect("a cookie"));
        let engine = &self.browser.house().engine;
        engine.session(&cookie).await.expect("a session").expect("an open one")
    }
}

impl<'h> Program<'h> {
    #[track_caller]
    fn told(house: &'h House, reply: &Reply) -> Program<'h> {
        assert_eq!(reply.status, 201, "{reply}");
        assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
        let json = reply.json();
        assert_eq!(names(&json), ["client_id", "client_key", "client_secret"]);
        let text = |name: &str| json[name].as_str().expect("a text").to_owned();
        Program { house, id: text("client_id"), key: text("client_key"), secret: text("client_secret") }
    }

    async fn asks(&self, fields: &[(&str, &str)]) -> Reply {
        self.house.asks(Ask::post("/v1/oauth/token", fields).basic_as_it_is(&self.pair())).await
    }

    fn pair(&self) -> String {
        format!("{}:{}", self.key, self.secret)
    }

    async fn is_given(&self) -> Given {
        given(&self.asks(&CREDENTIALS).await)
    }

    async fn renews(&self, refresh: &str) -> Reply {
        self.asks(&[("grant_type", "refresh_token"), ("refresh_token", refresh)]).await
    }

    async fn looks(&self, access: &str) -> Reply {
        self.house.asks(Ask::get("/v1/resource").bearer(access)).await
    }

    /// What introspection says of a token.
    async fn introspects(&self, token: &str) -> Value {
        let ask = Ask::post("/oauth/introspect", &[("token", token)]).basic_as_it_is(&self.pair());
        self.house.asks(ask).await.json()
    }

    async fn finds_active(&self, token: &str) -> bool {
        self.introspects(token).await["active"].as_bool().expect("active or not")
    }

    /// The same client, as other stories know applications.
    fn as_app(&self) -> App<'h> {
        let (id, secret) = (self.id.clone(), Some(self.secret.clone()));
        App { house: self.house, id, secret, callback: String::new(), origin: String::new() }
    }
}

/// The four members of a token answer, and nothing else.
#[track_caller]
fn given(reply: &Reply) -> Given {
    assert_eq!(reply.status, 200, "{reply}");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    let json = reply.json();
    assert_eq!(names(&json), ["access_token", "expires_in", "refresh_token", "token_type"]);
    assert_eq!((&json["token_type"], &json["expires_in"]), (&"Bearer".into(), &3600.into()));
    let text = |name: &str| json[name].as_str().expect("a text").to_owned();
    Given { access: text("access_token"), refresh: text("refresh_token") }
}

fn names(json: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = json.as_object().expect("an object").keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

// ── how it goes well ────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn somebody_registers_a_program_that_gets_and_renews_its_tokens() {
    let house = House::fresh().await;
    house.scope("reports", "See reports").await;
    house.scope("administrative", "Change everything").await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let first = program.is_given().await;

    let seen = program.looks(&first.access).await;
    assert_eq!(seen.status, 200, "{seen}");
    let expected = serde_json::json!({ "client_id": program.id, "scope": "reports", "exp": house.now() + 3600 });
    assert_eq!(seen.json(), expected, "no scope that administers");

    let known = program.introspects(&first.access).await;
    assert_eq!((&known["client_id"], &known["sub"]), (&program.id.clone().into(), &program.id.clone().into()));
    assert_eq!((&known["scope"], &known["token_type"]), (&"reports".into(), &"Bearer".into()));
    assert!(program.finds_active(&first.refresh).await);

    let second = given(&program.renews(&first.refresh).await);
    assert_ne!(first.refresh, second.refresh);
    assert!(!program.finds_active(&first.refresh).await, "rotated");
    assert_eq!(program.looks(&second.access).await.status, 200);

    let [client] = &house.clients().await[..] else { panic!("one client") };
    assert_eq!(client.owner.as_ref(), Some(&alice.id));
    assert_eq!(client.faces, BTreeSet::from([Face::named("machine")]));
    let grants: Vec<&str> = client.grants.iter().map(|grant| grant.name()).collect();
    assert_eq!(grants, ["refresh_token", "client_credentials"]);
    assert!(house.activity_of(&client.id).await.contains(&"client_created".to_owned()));
}

#[tokio::test]
async fn either_path_registers_and_id_and_key_both_name_the_program() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let one = house.program(&alice).await;
    let two = Program::told(&house, &house.registers_at("/v1/register", "ALICE@example.org", PASSWORD).await);
    assert!(one.id != two.id && one.key != two.key && one.secret != two.secret && one.id != one.key);
    let body = |id: &str| {
        let fields = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", one.secret.as_str())];
        Ask::post("/v1/oauth/token", &fields)
    };
    let beside = |pair: String, id: &str| {
        Ask::post("/v1/oauth/token", &[("grant_type", "client_credentials"), ("client_id", id)]).basic_as_it_is(&pair)
    };
    for (what, ask) in [
        ("the key", beside(one.pair(), "")),
        ("the id", beside(format!("{}:{}", one.id, one.secret), "")),
        ("the key, and the key again", beside(one.pair(), &one.key)),
        ("the key, and the id in the body", beside(one.pair(), &one.id)),
        ("in the body", body(&one.id)),
        ("by key in the body", body(&one.key)),
    ] {
        let reply = house.asks(ask).await;
        assert_eq!(reply.status, 200, "{what}: {reply}");
    }
    house.asks(beside(one.pair(), &two.id)).await.refuses(400, "invalid_request");
    house.asks(beside(format!("{}:{}", two.key, one.secret), "")).await.refuses(401, "invalid_client");
}

// ── who may register ────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn whoever_may_not_is_told_what_a_wrong_password_is_told() {
    let house = House::fresh().await;
    let (bob, alice) = (house.person("bob").await, house.maker("alice").await);
    let wrong = house.registers("alice", "not her password").await;
    wrong.refuses(401, "access_denied");
    let same = |reply: &Reply| assert_eq!((reply.status, &reply.body), (401, &wrong.body), "{reply}");
    same(&house.registers("bob", PASSWORD).await);
    same(&house.registers("nobody@example.org", PASSWORD).await);
    house.lets_make_programs(ClientRegistration::Nobody).await;
    same(&house.registers("alice", PASSWORD).await);
    house.lets_make_programs(ClientRegistration::Everyone).await;
    same(&house.registers("nobody@example.org", PASSWORD).await);
    assert_eq!(house.registers("bob", PASSWORD).await.status, 201);
    house.engine.disable_user(&Actor::host(), &host(), &alice.id, true).await.unwrap();
    same(&house.registers("alice", PASSWORD).await);
    assert_eq!(house.clients().await.len(), 1);
    assert_eq!(house.clients().await[0].owner.as_ref(), Some(&bob.id));
}

#[tokio::test]
async fn a_right_password_that_may_not_is_counted_like_a_wrong_one() {
    let house = House::fresh().await;
    house.person("bob").await;
    for password in [PASSWORD, "not his password"] {
        let mut statuses = Vec::new();
        for _ in 0..8 {
            let reply = house.registers("bob", password).await;
            assert_eq!(reply.header("retry-after").is_some(), reply.status == 429, "{reply}");
            statuses.push(reply.status);
        }
        assert_eq!(statuses, [401, 401, 401, 401, 401, 429, 429, 429], "{password}");
        house.later(86_400);
    }
}

#[tokio::test]
async fn an_unknown_address_becomes_somebody_only_where_both_doors_are_open() {
    let house = House::fresh().await;
    let opens = async |who, open| {
        let settings = house.engine.settings().await.expect("the settings");
        let wanted = Settings { client_registration: who, self_registration: open, ..settings };
        house.engine.change_settings(&Actor::host(), &host(), &wanted).await.expect("sound settings");
    };
    for (who, open) in [
        (ClientRegistration::Everyone, SelfRegistration::Closed),
        (ClientRegistration::Permitted, SelfRegistration::Open),
        (ClientRegistration::Nobody, SelfRegistration::Open),
    ] {
        opens(who, open).await;
        house.registers("eve@example.org", PASSWORD).await.refuses(401, "access_denied");
    }
    opens(ClientRegistration::Everyone, SelfRegistration::Open).await;
    for (name, password) in [("eve@example.org", "short"), ("eve", PASSWORD), ("eve@example.org", "eve@example.org")] {
        house.registers(name, password).await.refuses(401, "access_denied");
    }
    assert!(house.clients().await.is_empty());
    let eve = Program::told(&house, &house.registers("eve@example.org", PASSWORD).await);
    let again = Program::told(&house, &house.registers("Eve@example.org", PASSWORD).await);
    house.registers("eve@example.org", "not her password").await.refuses(401, "access_denied");
    let clients = house.clients().await;
    assert!(clients.len() == 2 && clients[0].owner.is_some() && clients[0].owner == clients[1].owner);
    for program in [eve, again] {
        program.is_given().await;
    }
}

#[tokio::test]
async fn nobody_has_more_than_twenty_however_many_ask_at_once() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    for _ in 0..10 {
        house.program(&alice).await;
    }
    // The gate lets thirty-two passwords of one person be checked at once; the others are told to wait.
    let replies = join_all((0..64).map(|_| house.registers("alice", PASSWORD))).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    assert_eq!(made, 10);
    assert!(replies.iter().all(|reply| matches!(reply.status, 201 | 401 | 429 | 503)));
    house.later(86_400);
    house.registers("alice", PASSWORD).await.refuses(401, "access_denied");
    assert_eq!(house.clients().await.len(), 20);
    // Whoever deletes one may have another.
    let signed_in = alice.is_signed_in().await;
    let own = house.engine.own_clients(&signed_in).await.unwrap();
    assert_eq!(own.len(), 20);
    house.engine.delete_own_client(&host(), &signed_in, &own[7].id).await.unwrap();
    assert_eq!(house.registers("alice", PASSWORD).await.status, 201);
}

// ── what cannot be read ─────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn what_cannot_be_read_is_refused_in_the_shape_of_the_dialect() {
    let house = House::fresh().await;
    house.maker("alice").await;
    let json = |body: &str| Ask::new(Method::POST, "/v1/clients").typed("application/json", body);
    for body in [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{}",
        r#"{"username":"alice"}"#,
        r#"{"username":"alice","password":""}"#,
        r#"{"username":"alice","password":1}"#,
        r#"{"username":"alice","username":"bob","password":"x"}"#,
        r#"{"username":{"a":[[[[[[]]]]]]},"password":"x"}"#,
        &format!("{}{}", "[".repeat(9_000), "]".repeat(1_000)),
        &format!(r#"{{"username":"alice","password":"{}"}}"#, "x".repeat(9_000)),
    ] {
        house.asks(json(body)).await.refuses(400, "invalid_request");
    }
    let large = format!(r#"{{"username":"alice","password":"{}"}}"#, "x".repeat(20_000));
    house.asks(json(&large)).await.refuses(413, "invalid_request");
    let form = Ask::post("/v1/clients", &[("username", "alice"), ("password", PASSWORD)]);
    house.asks(form).await.refuses(400, "invalid_request");
    let tokens = Ask::new(Method::POST, "/v1/oauth/token").typed("application/json", r#"{"grant_type":"x"}"#);
    house.asks(tokens).await.refuses(400, "invalid_request");
    house.asks(Ask::post("/v1/oauth/token", &[])).await.refuses(400, "invalid_request");
    let twice = [("grant_type", "client_credentials"), ("grant_type", "client_credentials")];
    house.asks(Ask::post("/v1/oauth/token", &twice)).await.refuses(400, "invalid_request");
    for (method, path, allow) in [
        (Method::GET, "/v1/clients", "POST, OPTIONS"),
        (Method::GET, "/v1/register", "POST, OPTIONS"),
        (Method::GET, "/v1/oauth/token", "POST, OPTIONS"),
        (Method::POST, "/v1/resource", "GET, HEAD, OPTIONS"),
    ] {
        let reply = house.asks(Ask::new(method, path)).await;
        assert_eq!(reply.refuses(405, "invalid_request").header("allow"), Some(allow));
    }
    house.gets("/v1/nowhere").await.refuses(404, "not_found");
    house.gets("/v1/oauth/authorize").await.refuses(404, "not_found");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_said_so_and_uses_nothing_up() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let first = program.is_given().await;
    house.store.refuses_writes();
    program.renews(&first.refresh).await.refuses(503, "temporarily_unavailable");
    house.registers("alice", PASSWORD).await.refuses(503, "temporarily_unavailable");
    house.store.is_gone();
    program.asks(&CREDENTIALS).await.refuses(503, "temporarily_unavailable");
    program.looks(&first.access).await.refuses(503, "temporarily_unavailable");
    house.store.recovers();
    given(&program.renews(&first.refresh).await);
    assert_eq!(house.clients().await.len(), 1);
}

// ── tokens ──────────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn the_token_endpoint_refuses_as_rfc_6749_says() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let (one, two) = (house.program(&alice).await, house.program(&alice).await);
    let wrong = Ask::post("/v1/oauth/token", &CREDENTIALS).basic_as_it_is(&format!("{}:nonsense", one.key));
    let wrong = house.asks(wrong).await;
    wrong.refuses(401, "invalid_client");
    assert!(wrong.header("www-authenticate").is_some_and(|value| value.starts_with("Basic ")), "{wrong}");
    house.asks(Ask::post("/v1/oauth/token", &CREDENTIALS)).await.refuses(401, "invalid_client");
    one.asks(&[("grant_type", "authorization_code"), ("code", "x")]).await.refuses(400, "unsupported_grant_type");
    one.asks(&[("grant_type", "password")]).await.refuses(400, "unsupported_grant_type");
    one.asks(&[("grant_type", "refresh_token")]).await.refuses(400, "invalid_request");
    one.renews("nonsense").await.refuses(400, "invalid_grant");
    one.asks(&[CREDENTIALS[0], ("scope", "openid")]).await.refuses(400, "invalid_scope");
    let theirs = two.is_given().await;
    one.renews(&theirs.refresh).await.refuses(400, "invalid_grant");
    given(&two.renews(&theirs.refresh).await);

    // A client without the dialect is as good as unknown, and so is one of this dialect elsewhere.
    let shop = house.app_with("shop", ClientType::Web, vec![App::acting_alone()]).await;
    let secret = shop.secret.clone().unwrap_or_default();
    let ask = Ask::post("/v1/oauth/token", &CREDENTIALS).basic("shop", &secret);
    house.asks(ask).await.refuses(401, "invalid_client");
    one.as_app().requests(&CREDENTIALS).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn a_refresh_token_is_used_once_and_coming_again_ends_its_family() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let (first, other) = (program.is_given().await, program.is_given().await);
    let second = given(&program.renews(&first.refresh).await);
    program.renews(&first.refresh).await.refuses(400, "invalid_grant");
    program.renews(&second.refresh).await.refuses(400, "invalid_grant");
    for token in [&first.access, &second.access] {
        assert_eq!(program.looks(token).await.header("www-authenticate"), Some("Bearer"));
        assert!(!program.finds_active(token).await);
    }
    assert_eq!(program.looks(&other.access).await.status, 200, "another family");

    for _ in 0..5 {
        let given = program.is_given().await;
        let replies = join_all((0..64).map(|_| program.renews(&given.refresh))).await;
        let successors: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        let [successor] = successors[..] else { panic!("{} successors", successors.len()) };
        assert!(!program.finds_active(successor.json()["refresh_token"].as_str().unwrap()).await);
    }
}

#[tokio::test]
async fn thirty_days_are_counted_from_each_renewal() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let mut refresh = program.is_given().await.refresh;
    for _ in 0..4 {
        house.later(29 * 86_400);
        house.engine.maintain().await.unwrap();
        refresh = given(&program.renews(&refresh).await).refresh;
    }
    house.later(30 * 86_400);
    assert!(!program.finds_active(&refresh).await);
    program.renews(&refresh).await.refuses(400, "invalid_grant");
}

#[tokio::test]
async fn a_token_of_this_dialect_is_revoked_through_the_servers_endpoint() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let program = house.program(&alice).await;
    let (first, second) = (program.is_given().await, program.is_given().await);
    assert_eq!(program.as_app().revokes(&first.access).await.status, 200);
    assert_eq!(program.looks(&first.access).await.status, 401);
    assert!(program.finds_active(&first.refresh).await, "only the access token went");
    assert_eq!(program.as_app().revokes(&second.refresh).await.status, 200);
    assert_eq!(program.looks(&second.access).await.status, 401, "a refresh token takes its family along");
    program.renews(&second.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(program.as_app().userinfo(&first.access).await.status, 401, "and it is nobody's");
}

#[tokio::test]
async fn the_resource_lets_in_who_holds_a_token_for_this_dialect() {
    let house = House::fresh().await;
    let alice = house.maker("alice").await;
    let (program, shop) = (house.program(&alice).await, house.app("shop").await);
    let person = alice.gives(&shop, "openid").await;
    for ask in [
        Ask::get("/v1/resource"),
        Ask::get("/v1/resource").bearer("nonsense"),
        Ask::get("/v1/resource").header("authorization", "Bearer"),
        Ask::get("/v1/resource").basic_as_it_is(&program.pair()),
        Ask::get("/v1/resource").bearer(&person.access),
        Ask::get("/v1/resource").bearer(&program.is_given().await.refresh),
    ] {
        let reply = house.asks(ask).await;
        assert_eq!((reply.refusal().0, reply.header("www-authenticate")), (401, Some("Bearer")), "{reply}");
    }
    // Given the dialect, the application may show its people's tokens here; they name the person.
    let faces = [Face::named("oidc"), Face::named("machine")].into();
    shop.becomes(&[ClientChange::Faces(faces)]).await;
    let seen = house.asks(Ask::get("/v1/resource").bearer(&person.access)).await.json();
    assert_eq!((&seen["client_id"], &seen["sub"]), (&"shop".into(), &alice.id.to_string().into()));
    let given = program.is_given().await;
    house.later(3600);
    assert_eq!(program.looks(&given.access).await.status, 401, "expired");
}

// ── how it ends ─────────────────────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_program_ends_with_its_owner() {
    let house = House::fresh().await;
    let (alice, bob) = (house.maker("alice").await, house.maker("bob").await);
    let (hers, his) = (house.program(&alice).await, house.program(&bob).await);
    let (given_her, given_him) = (hers.is_given().await, his.is_given().await);
    let disable = async |off| house.engine.disable_user(&Actor::host(), &host(), &alice.id, off).await.unwrap();

    disable(true).await;
    assert_eq!(hers.looks(&given_her.access).await.status, 401);
    hers.asks(&CREDENTIALS).await.refuses(401, "invalid_client");
    hers.renews(&given_her.refresh).await.refuses(401, "invalid_client");
    assert_eq!(his.looks(&given_him.access).await.status, 200);
    disable(false).await;
    assert_eq!(hers.looks(&given_her.access).await.status, 200);

    house.engine.delete_user(&Actor::host(), &host(), &alice.id).await.unwrap();
    assert_eq!(hers.looks(&given_her.access).await.status, 401);
    hers.renews(&given_her.refresh).await.refuses(401, "invalid_client");
    let left: Vec<String> = house.clients().await.iter().map(|client| client.id.to_string()).collect();
    assert_eq!(left, std::slice::from_ref(&his.id));
    given(&his.renews(&given_him.refresh).await);
    let found = house.engine.examine().await.unwrap();
    assert!(found.problems.is_empty(), "{found:?}");
}

#[tokio::test]
async fn its_owner_deletes_it_and_nobody_elses() {
    let house = House::fresh().await;
    let (alice, bob) = (house.maker("alice").await, house.maker("bob").await);
    let (hers, his) = (house.program(&alice).await, house.program(&bob).await);
    let given = hers.is_given().await;
    let signed_in = alice.is_signed_in().await;
    let own = house.engine.own_clients(&signed_in).await.unwrap();
    assert_eq!(own.iter().map(|client| client.id.as_str()).collect::<Vec<_>>(), [hers.id.as_str()]);
    let id = |program: &Program<'_>| ClientId::from_text(program.id.as_str());
    assert!(house.engine.delete_own_client(&host(), &signed_in, &id(&his)).await.is_err());
    house.engine.delete_own_client(&host(), &signed_in, &id(&hers)).await.unwrap();
    assert_eq!(hers.looks(&given.access).await.status, 401);
    hers.asks(&CREDENTIALS).await.refuses(401, "invalid_client");
    assert_eq!(his.asks(&CREDENTIALS).await.status, 200);
}
