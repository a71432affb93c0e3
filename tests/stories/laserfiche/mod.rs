//! The `laserfiche` dialect: what its published clients send, word for word, and what they are answered.
//!
//! - [`people`]: signed in for web and single-page applications.
//! - [`services`]: they sign their own requests.
//! - [`refusals`]: in which form, and where the cause is found.
//! - [`place`]: where the dialect lies, whom it knows, and who may read its answers.

mod people;
mod place;
mod refusals;
mod services;

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

use crate::app::{Answer, App, Asking};
use crate::house::{House, host};
use crate::person::Person;
use crate::wire::{Ask, Reply, claims, encode, part, query_of};

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
