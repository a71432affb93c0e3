//! How each dialect is spoken: the requests of a client's life, and how their answers read.

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::ClientType;
use poem::http::Method;
use serde_json::{Value, json};

use super::app::{Answer, App, Asking};
use super::house::House;
use super::person::Person;
use super::wire::{Ask, Reply, with_query};

/// One dialect, as a client of it speaks.
pub struct Tongue {
    pub name: &'static str,
    /// Its endpoints that programs ask, with the method they take.
    pub endpoints: &'static [(&'static str, &'static str)],
    /// What lies below its prefix and is nothing; empty for the root.
    pub nowhere: &'static str,
    pub redeem: fn(&App<'_>, &Answer) -> Ask,
    pub refresh: fn(&App<'_>, &str) -> Ask,
    /// Who it is; where a dialect cannot say, nothing.
    pub who: Option<fn(&App<'_>, &str) -> Ask>,
    /// The refusal of a grant that does not hold, of a client that cannot prove itself, and of an access token.
    pub bad_grant: (u16, &'static str),
    pub bad_client: (u16, &'static str),
    pub bad_token: (u16, &'static str),
    /// The refusal in this dialect's shape: its status and error word.
    pub refusal: fn(&Reply) -> (u16, String),
}

/// The dialects in which people sign in.
pub const WITH_PEOPLE: [&Tongue; 4] = [&OIDC, &WORKSECTION, &LASERFICHE, &CHAT];
/// All of them.
pub const ALL: [&Tongue; 5] = [&OIDC, &WORKSECTION, &LASERFICHE, &CHAT, &MACHINE];

pub const OIDC: Tongue = Tongue {
    name: "oidc",
    endpoints: &[("/oauth/token", "POST"), ("/oauth/userinfo", "GET")],
    nowhere: "/oauth/nowhere",
    redeem: |app, answer| form(app, "/oauth/token", &pairs(&answer.redemption(&[]))),
    refresh: |app, token| form(app, "/oauth/token", &renewal(token)),
    who: Some(|_, token| Ask::get("/oauth/userinfo").bearer(token)),
    bad_grant: (400, "invalid_grant"),
    bad_client: (401, "invalid_client"),
    bad_token: (401, "invalid_token"),
    refusal: rfc6749,
};

pub const WORKSECTION: Tongue = Tongue {
    name: "worksection",
    endpoints: &[("/oauth2/token", "POST"), ("/oauth2/refresh", "POST"), ("/oauth2/resource", "POST")],
    nowhere: "/oauth2/nowhere",
    redeem: |app, answer| {
        let code = [
            ("redirect_uri", answer.asking.redirect_uri()),
            ("grant_type", "authorization_code"),
            ("code", answer.code()),
        ];
        in_query(app, "/oauth2/token", &code)
    },
    refresh: |app, token| {
        in_query(app, "/oauth2/refresh", &[("refresh_token", token), ("grant_type", "refresh_token")])
    },
    who: Some(|app, token| in_query(app, "/oauth2/resource", &[("access_token", token)])),
    bad_grant: (200, "invalid_request"),
    bad_client: (200, "invalid_client"),
    bad_token: (200, "not_authorized"),
    refusal: |reply| {
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{reply}");
        let json = read(reply);
        assert!(json["errorDescription"].is_string() && json.as_object().unwrap().len() == 2, "{reply}");
        (reply.status, json["error"].as_str().unwrap_or_default().to_owned())
    },
};

pub const LASERFICHE: Tongue = Tongue {
    name: "laserfiche",
    endpoints: &[("/oauth/Token", "POST")],
    nowhere: "",
    redeem: |app, answer| {
        let code = answer.redemption(&[("client_id", &app.id)]);
        Ask::post("/oauth/Token", &pairs(&code)).basic_as_it_is(&plain(app, &app.id))
    },
    refresh: |app, token| {
        let fields = [&renewal(token)[..], &[("client_id", &app.id)]].concat();
        Ask::post("/oauth/Token", &fields).basic_as_it_is(&plain(app, &app.id))
    },
    who: None,
    bad_grant: (400, "invalid_grant"),
    bad_client: (401, "invalid_client"),
    bad_token: (401, ""),
    refusal: |reply| {
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
        let json = read(reply);
        for member in ["type", "title", "detail", "instance", "error", "error_description"] {
            assert!(json[member].is_string(), "{member}: {reply}");
        }
        assert_eq!(json["status"], reply.status, "{reply}");
        assert_eq!(json["instance"], reply.header("x-request-id").unwrap_or_default(), "{reply}");
        (reply.status, json["error"].as_str().unwrap_or_default().to_owned())
    },
};

pub const CHAT: Tongue = Tongue {
    name: "chat",
    endpoints: &[("/authorize", "POST"), ("/refresh", "POST"), ("/me", "GET")],
    nowhere: "",
    redeem: |app, answer| {
        let body = json!({
            "grant_type": "authorization_code",
            "code": answer.code(),
            "client_id": app.id,
            "client_secret": app.secret,
            "code_verifier": answer.asking.verifier,
        });
        Ask::new(Method::POST, "/authorize").typed("application/json", body.to_string())
    },
    refresh: |app, token| {
        let body = json!({
            "grant_type": "refresh_token",
            "refresh_token": token,
            "client_id": app.id,
            "client_secret": app.secret,
        });
        Ask::new(Method::POST, "/refresh").typed("application/json", body.to_string())
    },
    who: Some(|_, token| Ask::get("/me").bearer(token)),
    bad_grant: (401, "Unauthorized"),
    bad_client: (401, "Unauthorized"),
    bad_token: (401, "Unauthorized"),
    refusal: |reply| {
        assert_eq!(reply.header("content-type"), Some("application/json"), "{reply}");
        let json = read(reply);
        assert_eq!(json.as_object().unwrap().len(), 1, "{reply}");
        (reply.status, json["message"].as_str().expect("a message").to_owned())
    },
};

pub const MACHINE: Tongue = Tongue {
    name: "machine",
    endpoints: &[
        ("/v1/clients", "POST"),
        ("/v1/register", "POST"),
        ("/v1/oauth/token", "POST"),
        ("/v1/resource", "GET"),
    ],
    nowhere: "/v1/nowhere",
    // There is no code: what begins a grant is the client itself.
    redeem: |app, _| MACHINE.acts_alone(app),
    refresh: |app, token| form(app, "/v1/oauth/token", &renewal(token)),
    who: Some(|_, token| Ask::get("/v1/resource").bearer(token)),
    bad_grant: (400, "invalid_grant"),
    bad_client: (401, "invalid_client"),
    bad_token: (401, "invalid_token"),
    refusal: rfc6749,
};

impl Tongue {
    /// An application that was given this dialect alone, with everything customary for it.
    pub async fn app<'h>(&self, house: &'h House, name: &str) -> App<'h> {
        let kind = if self.name == "machine" { ClientType::Service } else { ClientType::Web };
        // Here everything is said at once; the story of what is customary is told elsewhere.
        App::register_in(house, &[self.name], name, kind, Vec::<ClientChange>::new()).await
    }

    /// A request for a code, as a client of this dialect makes it.
    pub fn asks(&self, app: &App<'_>, scopes: &str) -> Asking {
        let asking = app.asks(scopes);
        match self.name {
            // Its clients know of no challenge.
            "worksection" => asking.without("code_challenge").without("code_challenge_method"),
            _ => asking,
        }
    }

    /// Redeems a code of `person`, down to the tokens.
    pub async fn tokens(&self, app: &App<'_>, person: &Person<'_>, scopes: &str) -> Value {
        let answer = person.answers(&self.asks(app, scopes)).await;
        self.granted(&app.house.asks((self.redeem)(app, &answer)).await)
    }

    /// The tokens of a client that acts for itself.
    pub fn acts_alone(&self, app: &App<'_>) -> Ask {
        form(app, "/v1/oauth/token", &[("grant_type", "client_credentials")])
    }

    /// Insists on tokens.
    #[track_caller]
    pub fn granted(&self, reply: &Reply) -> Value {
        let json = read(reply);
        assert!(reply.status == 200 && json["access_token"].is_string(), "{}: {reply}", self.name);
        assert!(json["refresh_token"].is_string(), "{}: {reply}", self.name);
        assert!(reply.header("cache-control").is_some_and(|all| all.contains("no-store")), "{reply}");
        assert_eq!(reply.header("pragma"), Some("no-cache"), "{reply}");
        json
    }

    /// Insists on a refusal in this dialect's shape.
    #[track_caller]
    pub fn refused(&self, reply: &Reply, how: (u16, &str)) {
        let (status, word) = (self.refusal)(reply);
        assert_eq!((status, word.as_str()), how, "{}: {reply}", self.name);
    }

    /// Insists on a refusal with this status in this dialect's shape, whatever its word.
    #[track_caller]
    pub fn shaped(&self, reply: &Reply, status: u16) {
        assert_eq!((self.refusal)(reply).0, status, "{}: {reply}", self.name);
    }
}

fn rfc6749(reply: &Reply) -> (u16, String) {
    reply.refusal()
}

/// The body as JSON, whatever charset is said.
pub fn read(reply: &Reply) -> Value {
    let kind = reply.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("application/json"), "{reply}");
    serde_json::from_str(&reply.body).unwrap_or_else(|_| panic!("JSON: {reply}"))
}

fn form(app: &App<'_>, path: &str, fields: &[(&str, &str)]) -> Ask {
    app.signed(path, fields)
}

fn in_query(app: &App<'_>, path: &str, fields: &[(&str, &str)]) -> Ask {
    let secret = app.secret.as_deref().unwrap_or_default();
    let all = [&[("client_id", app.id.as_str()), ("client_secret", secret)], fields].concat();
    Ask::new(Method::POST, with_query(path, &all))
}

fn renewal(token: &str) -> [(&str, &str); 2] {
    [("grant_type", "refresh_token"), ("refresh_token", token)]
}

fn plain(app: &App<'_>, id: &str) -> String {
    format!("{id}:{}", app.secret.as_deref().unwrap_or_default())
}

fn pairs(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (&**name, &**value)).collect()
}
