//! `machine`: programs that act for themselves. A person registers one with their password; it gets tokens by its key and
//! secret, and renews them.

mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Request, Response, Route};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::dialects::Dialect;
use crate::dialects::document::{self, Description, Part};
use crate::dialects::endpoint::{self, Worded};
use crate::dialects::extract::{self, AccessTokenNeeded, ClientAuthentication, Form, Wording};
use crate::dialects::json::JsonForm;
use crate::dialects::reply::Reply;
use crate::dialects::way::Way;
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::face::{ClientCustoms, Customs, Face, Law};

use replies::{ErrorBody, Made, ResourceBody, TokenBody};
use requests::{RegistrationForm, TokenForm};

/// The name clients are given this dialect by.
const NAME: &str = "machine";
/// Where it lies by default.
const PREFIX: &str = "/v1";

/// The dialect, and what is customary for its clients.
pub const DIALECT: Dialect = Dialect {
    customs: Customs {
        name: NAME,
        prefix: PREFIX,
        paths: PATHS,
        clients: ClientCustoms {
            grants: &[GrantType::ClientCredentials, GrantType::RefreshToken],
            service_grants: &[GrantType::ClientCredentials, GrantType::RefreshToken],
            ..ClientCustoms::CANONICAL
        },
        law: Law {
            ends_with_session: false,
            slides: true,
            renews_services: true,
            takes_client_keys: true,
            ..Law::CANONICAL
        },
    },
    serve,
    shape: refusals::shape,
    words: refusals::of,
    way: Way::CANONICAL,
    document,
};

const PATHS: &[(&str, &str)] = &[
    ("/clients", "POST, OPTIONS"),
    ("/register", "POST, OPTIONS"),
    ("/oauth/token", "POST, OPTIONS"),
    ("/resource", "GET, HEAD, OPTIONS"),
];

fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let api = OpenApiService::new(Machine { desk: desk.clone(), face: Face::named(NAME) }, NAME, "");
    endpoint::shared(Worded::new(Route::new().nest("/", api), refusals::shape(), PATHS))
}

fn document() -> String {
    let about = Description {
        title: "Countersign: clients of their own",
        summary: "Lets people register programs of theirs, and hands these programs tokens.",
    };
    document::finish(&about, &[Part { generated: document::generate::<Machine>(), prefix: PREFIX }], &[])
}

#[derive(Tags)]
enum Tag {
    /// Clients: registered by the people they belong to.
    Clients,
    /// Tokens: obtained, renewed, looked at.
    Tokens,
}

/// A JSON answer with the refusals of RFC 6749.
type Json<T> = Reply<T, ErrorBody>;

/// Words requests that cannot be read.
struct Unreadable;

impl Wording for Unreadable {
    fn unreadable(error: &BodyError, request: &Request) -> Response {
        refusals::unreadable(error, request)
    }
}

/// The endpoints below the prefix.
struct Machine {
    desk: Arc<Desk>,
    face: Face,
}

impl Machine {
    fn engine(&self) -> &Engine {
        &self.desk.engine
    }
}

#[OpenApi]
impl Machine {
    /// Register a client of one's own.
    ///
    /// The person proves who they are by their password, and owns the client. Its secret is told this once.
    #[oai(path = "/clients", method = "post", operation_id = "registerClient", tag = "Tag::Clients")]
    async fn register_client(&self, request: &Request, form: JsonForm<RegistrationForm, Unreadable>) -> Made {
        Made(self.register(request, &form.fields).await)
    }

    /// Register a client of one's own, by the other name of the same endpoint.
    #[oai(path = "/register", method = "post", operation_id = "registerClientToo", tag = "Tag::Clients")]
    async fn register_client_too(&self, request: &Request, form: JsonForm<RegistrationForm, Unreadable>) -> Made {
        Made(self.register(request, &form.fields).await)
    }

    /// Get tokens for a client that acts for itself, or renew them.
    ///
    /// RFC 6749, sections 4.4 and 6. The user name of the Basic header is the client's key, or its id.
    #[oai(path = "/oauth/token", method = "post", operation_id = "machineToken", tag = "Tag::Tokens")]
    async fn token(
        &self,
        request: &Request,
        _auth: ClientAuthentication,
        form: Form<TokenForm, Unreadable>,
    ) -> Json<TokenBody> {
        let caller = self.desk.caller(request);
        let outcome = match requests::token(&self.face, request, &form.fields) {
            Ok(asked) => self.engine().token(&caller, &asked).await.map(|issued| (asked.grant.kind(), issued)),
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok((grant, issued)) => {
                self.desk.metrics.token_issued(grant.name());
                Json::json(&TokenBody::from(&issued))
            }
            Err(denied) => {
                let basic = extract::authorization(request).is_some();
                Json::of(refusals::answer(&self.noted(denied, &caller), basic))
            }
        }
    }

    /// What an access token says, if it holds.
    #[oai(path = "/resource", method = "get", operation_id = "machineResource", tag = "Tag::Tokens")]
    async fn resource(&self, request: &Request, _auth: AccessTokenNeeded) -> Json<ResourceBody> {
        let caller = self.desk.caller(request);
        let outcome = match extract::access_token(request) {
            Ok(token) => self.engine().held_token(&self.face, &token).await,
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(held) => Json::json(&ResourceBody::from(&held)),
            Err(denied) => Json::of(refusals::bearer_answer(&self.noted(denied, &caller))),
        }
    }
}

impl Machine {
    async fn register(&self, request: &Request, fields: &Params) -> Response {
        let caller = self.desk.caller(request);
        let outcome = match requests::registration(fields) {
            Ok((name, password, otp)) => {
                self.engine().register_own_client(&caller, &self.face, name, &password, otp.as_ref()).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(registered) => replies::made(&registered),
            Err(denied) => refusals::answer(&self.noted(denied, &caller), false),
        }
    }

    /// The denial, written to the log.
    fn noted(&self, denied: Denied, caller: &Caller) -> Denied {
        self.desk.note(&denied, caller);
        denied
    }
}
