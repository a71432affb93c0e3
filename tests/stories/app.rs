//! An application: what it asks, what it is answered, and what it does with that.

use countersign::base::digest::Digest;
use countersign::base::ids::ClientId;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::{ClientChange, NewClient};
use countersign::model::client::{Client, ClientType, GrantType};
use countersign::model::face::Face;
use countersign::model::redirect_uri::RedirectUri;
use countersign::model::scope::Scopes;
use serde_json::Value;

use super::house::{House, host};
use super::wire::{Ask, Fields, Reply, encode};

/// A registered application.
pub struct App<'h> {
    pub house: &'h House,
    pub id: String,
    pub secret: Option<String>,
    pub callback: String,
    pub origin: String,
}

impl<'h> App<'h> {
    pub async fn register(house: &'h House, name: &str, kind: ClientType, changes: Vec<ClientChange>) -> App<'h> {
        App::register_in(house, &["oidc"], name, kind, changes).await
    }

    /// Registers an application that was given these dialects.
    pub async fn register_in(
        house: &'h House,
        dialects: &[&str],
        name: &str,
        kind: ClientType,
        mut changes: Vec<ClientChange>,
    ) -> App<'h> {
        let origin = format!("https://{name}.example");
        let callback = format!("{origin}/callback");
        let uri = |text: &str| RedirectUri::parse(text).expect("a redirect URI");
        let all = "openid profile email address phone groups offline_access";
        let mut customary = vec![
            ClientChange::RedirectUris(vec![uri(&callback)]),
            ClientChange::PostLogoutRedirectUris(vec![uri(&format!("{origin}/goodbye"))]),
            ClientChange::Origins(vec![origin.clone()]),
            ClientChange::Scopes(Scopes::parse(all).expect("scopes")),
            ClientChange::RefreshGrace(countersign::model::lifetime::Lifetime::seconds(0)),
        ];
        if kind == ClientType::Service {
            customary = vec![];
        }
        changes.splice(0..0, customary);
        let new = NewClient {
            id: Some(ClientId::from_text(name)),
            name: name.to_owned(),
            kind,
            faces: dialects.iter().map(|name| Face::named(*name)).collect(),
            changes,
        };
        let made = house.engine.create_client(&Actor::host(), &host(), &new).await.expect("a client");
        let callback = made.client.redirect_uris.first().map_or(String::new(), |uri| uri.as_str().to_owned());
        let secret = made.secret.map(|secret| secret.expose().to_owned());
        App { house, id: name.to_owned(), secret, callback, origin }
    }

    /// The same application, speaking to `house`.
    pub fn at<'o>(&self, house: &'o House) -> App<'o> {
        let (id, secret) = (self.id.clone(), self.secret.clone());
        App { house, id, secret, callback: self.callback.clone(), origin: self.origin.clone() }
    }

    /// Changes how it is registered.
    pub async fn becomes(&self, changes: &[ClientChange]) -> Client {
        let id = ClientId::from_text(self.id.as_str());
        self.house.engine.change_client(&Actor::host(), &host(), &id, changes).await.expect("a sound client")
    }

    /// Somebody switches it off.
    pub async fn is_disabled(&self) {
        let id = ClientId::from_text(self.id.as_str());
        self.house.engine.disable_client(&Actor::host(), &host(), &id, true).await.expect("a client");
    }

    /// Lets it also act for itself.
    pub fn acting_alone() -> ClientChange {
        ClientChange::Grants(
            [GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials].into(),
        )
    }

    /// A sound authorization request for these scopes.
    pub fn asks(&self, scopes: &str) -> Asking {
        let (now, count) = (self.house.now(), self.house.number());
        let verifier = format!("{}-verifier-{now}-{count}-of-at-least-forty-three-characters", self.id);
        let challenge = Digest::of(&verifier).as_str().to_owned();
        let (state, nonce) = (format!("state-{count}"), format!("nonce-{count}"));
        let fields = [
            ("client_id", self.id.as_str()),
            ("redirect_uri", self.callback.as_str()),
            ("response_type", "code"),
            ("scope", scopes),
            ("state", &state),
            ("nonce", &nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Asking { fields, verifier, issuer: self.house.issuer, at: "/oauth/authorize" }
    }

    /// A token request with this application's credentials in the header.
    pub async fn requests(&self, fields: &[(&str, &str)]) -> Reply {
        self.calls("/oauth/token", fields).await
    }

    /// A form to `path`, authenticated by header; an application without a secret names itself.
    pub async fn calls(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.house.asks(self.signed(path, fields)).await
    }

    /// The same, not sent yet.
    pub fn signed(&self, path: &str, fields: &[(&str, &str)]) -> Ask {
        match &self.secret {
            Some(secret) => Ask::post(path, fields).basic(&self.id, secret),
            None => Ask::post(path, &[fields, &[("client_id", self.id.as_str())]].concat()),
        }
    }

    pub async fn redeems(&self, answer: &Answer) -> Reply {
        self.redeems_with(answer, &[]).await
    }

    /// Redeems with some fields different; an empty one is left out.
    pub async fn redeems_with(&self, answer: &Answer, different: &[(&str, &str)]) -> Reply {
        let fields = answer.redemption(different);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.requests(&fields).await
    }

    pub async fn refreshes(&self, refresh_token: &str) -> Reply {
        self.requests(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
    }

    pub async fn introspects(&self, token: &str) -> Reply {
        self.calls("/oauth/introspect", &[("token", token)]).await
    }

    /// Whether the token is worth anything. Of one that is not, nothing else may be said.
    pub async fn finds_active(&self, token: &str) -> bool {
        let reply = self.introspects(token).await;
        assert_eq!(reply.status, 200, "{reply}");
        let active = reply.json()["active"].as_bool().expect("active or not");
        assert!(active || reply.body == r#"{"active":false}"#, "{reply}");
        active
    }

    pub async fn revokes(&self, token: &str) -> Reply {
        self.calls("/oauth/revoke", &[("token", token)]).await
    }

    pub async fn userinfo(&self, access_token: &str) -> Reply {
        self.house.asks(Ask::get("/oauth/userinfo").bearer(access_token)).await
    }
}

/// An authorization request on its way.
#[derive(Clone, Debug)]
pub struct Asking {
    pub fields: Vec<(String, String)>,
    pub verifier: String,
    issuer: &'static str,
    at: &'static str,
}

impl Asking {
    /// With this value instead of the one before, if there was one.
    pub fn with(mut self, name: &str, value: &str) -> Asking {
        self = self.without(name);
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// At another authorization endpoint than the server's.
    pub fn at(self, at: &'static str) -> Asking {
        Asking { at, ..self }
    }

    pub fn without(mut self, name: &str) -> Asking {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    pub fn path(&self) -> String {
        format!("{}?{}", self.at, encode(&self.pairs()))
    }

    pub fn redirect_uri(&self) -> &str {
        self.get("redirect_uri")
    }
}

/// What the application was answered, at its own address, with its own state, by the right issuer.
#[derive(Clone, Debug)]
pub struct Answer {
    pub asking: Asking,
    pub fields: Fields,
}

impl Answer {
    #[track_caller]
    pub fn read(asking: &Asking, fields: Fields) -> Answer {
        assert_eq!(fields.get("iss").map(String::as_str), Some(asking.issuer), "RFC 9207: {fields:?}");
        assert_eq!(fields.get("state").map_or("", String::as_str), asking.get("state"), "byte for byte");
        let known = ["code", "state", "iss", "error", "error_description"];
        assert!(fields.keys().all(|name| known.contains(&name.as_str())), "nothing else is said: {fields:?}");
        assert!(fields.contains_key("code") != fields.contains_key("error"), "{fields:?}");
        Answer { asking: asking.clone(), fields }
    }

    #[track_caller]
    pub fn code(&self) -> &str {
        self.fields.get("code").unwrap_or_else(|| panic!("no code: {:?}", self.fields))
    }

    /// The error, or nothing.
    pub fn error(&self) -> &str {
        self.fields.get("error").map_or("", String::as_str)
    }

    /// The fields of the token request, with `different` ones.
    pub fn redemption(&self, different: &[(&str, &str)]) -> Vec<(String, String)> {
        let asking = &self.asking;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", self.code()),
            ("redirect_uri", asking.redirect_uri()),
            ("code_verifier", asking.verifier.as_str()),
        ];
        fields.retain(|(name, _)| !different.iter().any(|(other, _)| other == name));
        fields.extend(different.iter().filter(|(_, value)| !value.is_empty()));
        fields.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
    }
}

/// What a token request yielded.
#[derive(Clone, Debug)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
    pub id: String,
    pub scope: String,
    pub json: Value,
}

impl Reply {
    /// The tokens of a token reply.
    #[track_caller]
    pub fn tokens(&self) -> Tokens {
        assert_eq!(self.status, 200, "{self}");
        assert_eq!(self.header("pragma"), Some("no-cache"), "{self}");
        let json = self.json();
        let text = |name: &str| json[name].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("token_type"), "bearer");
        let [access, refresh, id] = ["access_token", "refresh_token", "id_token"].map(text);
        Tokens { access, refresh, id, scope: text("scope"), json }
    }
}
