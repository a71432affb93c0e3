//! `oidc`, the canonical dialect: OAuth 2.0 and OpenID Connect as their documents have them.
//!
//! Some of its endpoints belong to the server and serve clients of every dialect: authorization, introspection, revocation,
//! keys, sign-out and both metadata documents.

mod browser;
mod metadata;
mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::http::header;
use poem::{Endpoint, Request, Response, Route};
use poem_openapi::param::Query;
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::dialects::cors::{AnsweredClient, Cors, Readers};
use crate::dialects::document::{self, Description, Part, QueryLike};
use crate::dialects::extract::{self, AccessTokenNeeded, ClientAuthentication, Form, Wording};
use crate::dialects::reply::{Browser, Reply};
use crate::engine::discovery::Endpoints;
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::model::face::Face;

use replies::{ErrorBody, IntrospectionBody, KeySetBody, RevokedBody, TokenBody, UserInfoBody};
use requests::{AuthorizationForm, SignOutForm, TokenForm, TokenReference, UserInfoForm};

pub use metadata::{inserted_metadata_routes, metadata_routes};
pub use refusals::JsonShape;

/// The name clients are given this dialect by.
pub const NAME: &str = "oidc";
/// Where its endpoints lie unless the deployment says otherwise.
pub const PREFIX: &str = "/oauth";
/// Where pages send people back to, below the prefix; the answer waits there.
pub const RESUME: &str = "/authorize/resume";

/// Where the endpoints lie under `issuer`.
pub fn endpoints(issuer: &str) -> Endpoints {
    let at = |path: &str| format!("{issuer}{PREFIX}{path}");
    Endpoints {
        authorization: at("/authorize"),
        token: at("/token"),
        userinfo: at("/userinfo"),
        keys: at("/keys"),
        introspection: at("/introspect"),
        revocation: at("/revoke"),
        end_session: at("/logout"),
    }
}

/// The dialect's endpoints below its prefix.
pub fn routes(desk: &Arc<Desk>) -> impl Endpoint<Output = Response> + use<> {
    let resume = poem::get(browser::Resume(desk.clone()));
    let api = OpenApiService::new(Oauth::at(desk), NAME, env!("CARGO_PKG_VERSION"));
    let app = Route::new().at(RESUME, resume).nest("/", api);
    Cors::new(app, desk.engine.clone(), readers)
}

/// The methods of each path, for `Allow`.
pub const METHODS: &[(&str, &str)] = &[
    ("/oauth/token", "POST, OPTIONS"),
    ("/oauth/introspect", "POST, OPTIONS"),
    ("/oauth/revoke", "POST, OPTIONS"),
    ("/oauth/keys", "GET, HEAD, OPTIONS"),
    ("/oauth/userinfo", "GET, HEAD, POST, OPTIONS"),
    ("/oauth/authorize", "GET, HEAD, POST, OPTIONS"),
    ("/oauth/authorize/resume", "GET, HEAD, OPTIONS"),
    ("/oauth/logout", "GET, HEAD, POST, OPTIONS"),
    ("/.well-known/openid-configuration", "GET, HEAD, OPTIONS"),
    ("/.well-known/oauth-authorization-server", "GET, HEAD, OPTIONS"),
];

/// The OpenAPI document of this dialect.
pub fn document() -> String {
    let about = Description {
        title: "Countersign: OAuth 2.0 and OpenID Connect",
        summary: "Signs people in, lets applications ask for their identity, and hands out tokens.",
    };
    let described = document::generate::<Oauth>();
    let metadata = document::generate::<metadata::WellKnown>();
    let parts = [Part { generated: metadata, prefix: "/.well-known" }, Part { generated: described, prefix: PREFIX }];
    let queries = [
        QueryLike { path: "/oauth/authorize", schema: "AuthorizationRequest" },
        QueryLike { path: "/oauth/logout", schema: "SignOutRequest" },
    ];
    document::finish(&about, &parts, &queries)
}

/// Which answers other origins may read, by path below the prefix.
fn readers(path: &str) -> Readers {
    match path {
        "/keys" => Readers::Everybody,
        "/token" | "/revoke" => Readers::Clients { methods: "POST" },
        "/userinfo" => Readers::Clients { methods: "GET, POST" },
        _ => Readers::Nobody,
    }
}

#[derive(Tags)]
enum Tag {
    /// Tokens: obtained, explained, ended.
    Tokens,
    /// Browsers: signed in and out.
    Browser,
    /// What the server says about itself.
    Metadata,
}

type Json<T> = Reply<T, ErrorBody>;

/// Words requests that cannot be read.
struct Unreadable;

impl Wording for Unreadable {
    fn unreadable(error: &BodyError, _: &Request) -> Response {
        refusals::unreadable(error)
    }
}

/// The endpoints below the prefix.
struct Oauth {
    desk: Arc<Desk>,
    face: Face,
}

impl Oauth {
    fn at(desk: &Arc<Desk>) -> Oauth {
        Oauth { desk: desk.clone(), face: Face::named(NAME) }
    }

    fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    fn refuse(&self, denied: &Denied, request: &Request, caller: &Caller) -> Response {
        self.desk.note(denied, caller);
        refusals::answer(denied, by_header(request))
    }
}

#[OpenApi]
impl Oauth {
    /// Redeem a grant for tokens.
    ///
    /// RFC 6749, section 3.2. Clients authenticate by Basic or in the body; public clients name themselves by `client_id`
    /// and prove the code is theirs by `code_verifier`.
    #[oai(path = "/token", method = "post", operation_id = "token", tag = "Tag::Tokens")]
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
        let response = match outcome {
            Ok((grant, issued)) => {
                self.desk.metrics.token_issued(grant.name());
                Json::<TokenBody>::json(&TokenBody::from(&issued)).into_inner()
            }
            Err(denied) => self.refuse(&denied, request, &caller),
        };
        Json::of(for_client(response, request, &form.fields))
    }

    /// Ask what a token is worth now.
    ///
    /// RFC 7662. Only confidential clients may ask, about tokens of their own or those whose audience they are; of any
    /// other token they learn that it is not active.
    #[oai(path = "/introspect", method = "post", operation_id = "introspect", tag = "Tag::Tokens")]
    async fn introspect(
        &self,
        request: &Request,
        _auth: ClientAuthentication,
        form: Form<TokenReference, Unreadable>,
    ) -> Json<IntrospectionBody> {
        let caller = self.desk.caller(request);
        let client = requests::presented(request, &form.fields);
        let outcome = match requests::required(&form.fields, "token") {
            Ok(token) => self.engine().introspect(&caller, &client, &Secret::new(token)).await,
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(worth) => Json::json(&worth),
            Err(denied) => Json::of(self.refuse(&denied, request, &caller)),
        }
    }

    /// End a token before its time.
    ///
    /// RFC 7009. Ending a refresh token ends its grant and every access token that came of it. A token that does not
    /// exist, or not any more, is no error.
    #[oai(path = "/revoke", method = "post", operation_id = "revoke", tag = "Tag::Tokens")]
    async fn revoke(
        &self,
        request: &Request,
        _auth: ClientAuthentication,
        form: Form<TokenReference, Unreadable>,
    ) -> Json<RevokedBody> {
        let caller = self.desk.caller(request);
        let client = requests::presented(request, &form.fields);
        let outcome = match requests::required(&form.fields, "token") {
            Ok(token) => self.engine().revoke(&caller, &client, &Secret::new(token)).await,
            Err(refusal) => Err(refusal.into()),
        };
        let response = match outcome {
            Ok(()) => Json::<RevokedBody>::json(&RevokedBody {}).into_inner(),
            Err(denied) => self.refuse(&denied, request, &caller),
        };
        Json::of(for_client(response, request, &form.fields))
    }

    /// The keys that verify this server's signatures.
    #[oai(path = "/keys", method = "get", operation_id = "keys", tag = "Tag::Metadata")]
    async fn keys(
        &self,
        request: &Request,
        /// Only the keys of the algorithms this client uses.
        client_id: Query<Option<String>>,
    ) -> Json<KeySetBody> {
        if let Some(refused) = metadata::unreadable_query(request) {
            return Json::of(refused);
        }
        let caller = self.desk.caller(request);
        match self.engine().jwks(metadata::named(&client_id)).await {
            Ok((body, etag)) => Json::of(metadata::key_set(request, body, &etag)),
            Err(denied) => Json::of(metadata::view_refused(&self.desk, &denied, &caller)),
        }
    }

    /// What the access token may know about its person.
    #[oai(path = "/userinfo", method = "get", operation_id = "userinfo", tag = "Tag::Tokens")]
    async fn userinfo(&self, request: &Request, _auth: AccessTokenNeeded) -> Json<UserInfoBody> {
        self.about_person(request, &Params::default()).await
    }

    /// What the access token may know about its person, the token in a form if need be.
    #[oai(path = "/userinfo", method = "post", operation_id = "userinfoByPost", tag = "Tag::Tokens")]
    async fn userinfo_by_post(
        &self,
        request: &Request,
        _auth: AccessTokenNeeded,
        form: Form<UserInfoForm, Unreadable>,
    ) -> Json<UserInfoBody> {
        self.about_person(request, &form.fields).await
    }

    /// Begin signing somebody in.
    #[oai(path = "/authorize", method = "get", operation_id = "authorize", tag = "Tag::Browser")]
    async fn authorize(&self, request: &Request) -> Browser {
        let query = Params::of_query(request.uri().query());
        Browser(browser::authorize(&self.desk, &self.face, request, query.map_err(BodyError::from)).await)
    }

    /// Begin signing somebody in, by a form.
    #[oai(path = "/authorize", method = "post", operation_id = "authorizeByPost", tag = "Tag::Browser")]
    async fn authorize_by_post(&self, request: &Request, form: browser::PageForm<AuthorizationForm>) -> Browser {
        Browser(match browser::with_cookies(&self.desk, request, &form.0) {
            Some(again) => again,
            None => browser::authorize(&self.desk, &self.face, request, form.0).await,
        })
    }

    /// Sign somebody out.
    #[oai(path = "/logout", method = "get", operation_id = "logout", tag = "Tag::Browser")]
    async fn logout(&self, request: &Request) -> Browser {
        let query = Params::of_query(request.uri().query());
        Browser(browser::logout(&self.desk, request, query.map_err(BodyError::from)).await)
    }

    /// Sign somebody out, by a form.
    #[oai(path = "/logout", method = "post", operation_id = "logoutByPost", tag = "Tag::Browser")]
    async fn logout_by_post(&self, request: &Request, form: browser::PageForm<SignOutForm>) -> Browser {
        Browser(match browser::with_cookies(&self.desk, request, &form.0) {
            Some(again) => again,
            None => browser::logout(&self.desk, request, form.0).await,
        })
    }
}

impl Oauth {
    async fn about_person(&self, request: &Request, fields: &Params) -> Json<UserInfoBody> {
        let caller = self.desk.caller(request);
        let outcome = match requests::access_token(request, fields) {
            Ok(token) => self.engine().userinfo(&self.face, &token).await,
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(known) => {
                let mut reply = Json::<UserInfoBody>::json(&known.claims).into_inner();
                reply.set_data(AnsweredClient(known.client));
                Json::of(reply)
            }
            Err(denied) => {
                self.desk.note(&denied, &caller);
                Json::of(refusals::bearer_answer(&denied))
            }
        }
    }
}

/// Whether the client tried to authenticate by header.
fn by_header(request: &Request) -> bool {
    request.headers().contains_key(header::AUTHORIZATION)
}

/// Marks whom the answer is for, so that only their origins may read it.
fn for_client(mut response: Response, request: &Request, fields: &Params) -> Response {
    if let Some(client) = extract::named_client(request, fields) {
        response.set_data(AnsweredClient(ClientId::from_text(client)));
    }
    response
}
