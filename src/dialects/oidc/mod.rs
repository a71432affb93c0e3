//! `oidc`, the canonical dialect: OAuth 2.0 and OpenID Connect as their documents have them.
//!
//! Some of its endpoints belong to the server and serve clients of every dialect: authorization, introspection, revocation,
//! keys, sign-out and both metadata documents.

mod browser;
mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::http::{HeaderValue, StatusCode, header};
use poem::{Endpoint, EndpointExt, Request, Response, Route};
use poem_openapi::param::Query;
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::base::ids::ClientId;
use crate::base::secret::Secret;
use crate::dialects::cors::{AnsweredClient, Cors, Readers};
use crate::dialects::document::{self, Description, Part, QueryLike};
use crate::dialects::extract::{self, AccessTokenNeeded, ClientAuthentication, Form, Wording};
use crate::dialects::reply::{Browser, Reply};
use crate::engine::discovery::{Document, Endpoints};
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::fault::Fault;
use crate::http::params::Params;
use crate::model::face::Face;

use replies::{ErrorBody, IntrospectionBody, KeySetBody, MetadataBody, RevokedBody, TokenBody, UserInfoBody};
use requests::{AuthorizationForm, SignOutForm, TokenForm, TokenReference, UserInfoForm};

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

/// The metadata documents, below `/.well-known`.
pub fn metadata_routes(desk: &Arc<Desk>) -> impl Endpoint<Output = Response> + use<> {
    let api = OpenApiService::new(WellKnown { desk: desk.clone() }, NAME, env!("CARGO_PKG_VERSION"));
    let app = Route::new().nest("/", api);
    Cors::new(app, desk.engine.clone(), |_| Readers::Everybody)
}

/// The metadata documents of an issuer with a path, where RFC 8414, section 3.1 looks for them: the path comes last.
pub fn inserted_metadata_routes(desk: &Arc<Desk>, path: &str) -> impl Endpoint<Output = Response> + use<> {
    let documents = ["openid-configuration", "oauth-authorization-server"];
    let app = documents.into_iter().fold(Route::new(), |routes, name| {
        let inner = metadata_routes(desk).before(move |mut request: Request| async move {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            // Both parts are what a request line already held.
            *request.uri_mut() = format!("/{name}{query}").parse().map_err(|_| Fault::Malformed)?;
            Ok(request)
        });
        routes.at(format!("/{name}{path}"), inner)
    });
    app.map_to_response()
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
    let metadata = document::generate::<WellKnown>();
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
        let asked = requests::token(&self.face, request, &form.fields).map_err(Denied::from);
        let outcome = match &asked {
            Ok(asked) => self.engine().token(&caller, asked).await,
            Err(denied) => Err(denied.clone()),
        };
        let response = match &outcome {
            Ok(issued) => Json::<TokenBody>::json(&TokenBody::from(issued)).into_inner(),
            Err(denied) => refusals::answer(denied, by_header(request), &caller),
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
            Err(denied) => Json::of(refusals::answer(&denied, by_header(request), &caller)),
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
            Err(denied) => refusals::answer(&denied, by_header(request), &caller),
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
        let caller = self.desk.caller(request);
        match self.engine().jwks(named(&client_id)).await {
            Ok((body, etag)) => Json::of(key_set(request, body, &etag)),
            Err(denied) => Json::of(view_refused(&denied, &caller)),
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
        Browser(browser::authorize(&self.desk, &self.face, request, form.0).await)
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
        Browser(browser::logout(&self.desk, request, form.0).await)
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
            Err(denied) => Json::of(refusals::bearer_answer(&denied, &caller)),
        }
    }
}

/// The metadata documents.
struct WellKnown {
    desk: Arc<Desk>,
}

#[OpenApi]
impl WellKnown {
    /// OpenID Connect Discovery 1.0.
    #[oai(path = "/openid-configuration", method = "get", operation_id = "openidConfiguration", tag = "Tag::Metadata")]
    async fn openid_configuration(
        &self,
        request: &Request,
        /// Only what this client may use.
        client_id: Query<Option<String>>,
    ) -> Json<MetadataBody> {
        self.answer(Document::OpenidConfiguration, request, named(&client_id)).await
    }

    /// RFC 8414.
    #[oai(
        path = "/oauth-authorization-server",
        method = "get",
        operation_id = "authorizationServerMetadata",
        tag = "Tag::Metadata"
    )]
    async fn authorization_server(
        &self,
        request: &Request,
        /// Only what this client may use.
        client_id: Query<Option<String>>,
    ) -> Json<MetadataBody> {
        self.answer(Document::AuthorizationServer, request, named(&client_id)).await
    }
}

impl WellKnown {
    async fn answer(&self, which: Document, request: &Request, client: Option<&str>) -> Json<MetadataBody> {
        let engine = &self.desk.engine;
        let endpoints = endpoints(&engine.identity().issuer);
        match engine.metadata(which, &endpoints, client).await {
            Ok(metadata) => Json::json(&metadata),
            Err(denied) => Json::of(view_refused(&denied, &self.desk.caller(request))),
        }
    }
}

/// A parameter of a view: empty counts as absent.
fn named(parameter: &Query<Option<String>>) -> Option<&str> {
    parameter.0.as_deref().filter(|value| !value.is_empty())
}

/// An unknown client's view does not exist; anything else is a denial like any other.
fn view_refused(denied: &Denied, caller: &Caller) -> Response {
    let mut response = refusals::answer(denied, false, caller);
    if response.status() == StatusCode::UNAUTHORIZED {
        response.set_status(StatusCode::NOT_FOUND);
    }
    response
}

/// The key set with its tag, or 304 to whoever has it already (RFC 9110, section 13.1.2).
fn key_set(request: &Request, body: bytes::Bytes, etag: &str) -> Response {
    let known = request.headers().get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = known.flat_map(|value| value.split(',')).map(|tag| tag.trim().trim_start_matches("W/").to_owned());
    let fresh = known.into_iter().any(|tag| tag == "*" || tag == etag);
    let mut response = if fresh {
        Response::builder().status(StatusCode::NOT_MODIFIED).finish()
    } else {
        Response::builder().content_type("application/json").body(body)
    };
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=300"));
    if let Ok(etag) = HeaderValue::from_str(etag) {
        headers.insert(header::ETAG, etag);
    }
    response
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
