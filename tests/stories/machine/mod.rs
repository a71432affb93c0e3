//! Programs that act for themselves: registered by the people they belong to, given tokens by key and secret, renewed.
//!
//! - [`owners`]: who registers a program, and how it ends with them.
//! - [`tokens`]: what it is given, and what that opens.
//! - [`refusals`]: what cannot be read, and what cannot be answered.

mod owners;
mod refusals;
mod tokens;

use countersign::base::ids::ClientId;
use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::engine::admin::user_change::UserChange;
use countersign::engine::users::SignedIn;
use countersign::model::client::Client;
use countersign::model::settings::{ClientRegistration, Settings};
use poem::http::Method;
use serde_json::Value;

use crate::app::App;
use crate::house::{House, PASSWORD, host};
use crate::person::Person;
use crate::wire::{Ask, Reply};

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
