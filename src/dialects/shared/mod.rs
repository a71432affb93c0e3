//! What belongs to the server and serves clients of every dialect: authorization, introspection, revocation, keys, sign-out
//! and both metadata documents. It speaks as the canonical dialect does, and stays when that one is switched off.

pub mod browser;
mod front_end;
mod metadata;
pub mod replies;
mod requests;

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Endpoint, Request, Response, Route};
use poem_openapi::param::Query;
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::base::secret::Secret;
use crate::dialects::cors::{Cors, Readers, for_client};
use crate::dialects::document::{self, Part, QueryLike};
use crate::dialects::endpoint::{self, Worded};
use crate::dialects::extract::{self, ClientAuthentication, Form, FrontEndToken};
use crate::dialects::oidc::{Json, Unreadable, refusals};
use crate::dialects::reply::{Browser, BrowserOr};
use crate::engine::discovery::Endpoints;
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::model::face::Face;

use replies::{AuthorizeErrorBody, AuthorizedBody, IntrospectionBody, KeySetBody, RevokedBody};
use requests::{AuthorizationForm, SignOutForm, TokenReference};

/// Where these endpoints lie, whatever becomes of the dialects.
pub const PREFIX: &str = "/oauth";
/// Where pages send people back to, below the prefix; the answer waits there.
pub const RESUME: &str = "/authorize/resume";

/// Their paths below the prefix, each with its methods. Where a GET issues or ends something there is no HEAD, which must do
/// neither (RFC 9110, section 9.2.1).
pub const PATHS: &[(&str, &str)] = &[
    ("/introspect", "POST, OPTIONS"),
    ("/revoke", "POST, OPTIONS"),
    ("/keys", "GET, HEAD, OPTIONS"),
    ("/authorize", "GET, POST, OPTIONS"),
    (RESUME, "GET, OPTIONS"),
    ("/logout", "GET, POST, OPTIONS"),
];

/// The metadata documents below `/.well-known`.
pub const METADATA: &[(&str, &str)] =
    &[("/openid-configuration", "GET, HEAD, OPTIONS"), ("/oauth-authorization-server", "GET, HEAD, OPTIONS")];

/// The endpoints, by their paths below the prefix.
pub fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let resume = poem::get(browser::Resume(desk.clone()));
    let api = OpenApiService::new(Server { desk: desk.clone(), face: Face::of_server() }, "server", "");
    let app = Worded::new(Route::new().at(RESUME, resume).nest("/", api), refusals::shape(), PATHS);
    endpoint::shared(Cors::new(app, desk.engine.clone(), readers))
}

/// The metadata documents. When the issuer has a path, they lie at both forms (RFC 8414, section 3.1; OpenID Connect
/// Discovery, section 4).
pub fn mount_metadata(routes: Route, desk: &Arc<Desk>, issuer_path: &str, endpoints: &Arc<Endpoints>) -> Route {
    if issuer_path.is_empty() {
        return routes.nest("/.well-known", documents(desk, endpoints));
    }
    routes
        .nest(format!("{issuer_path}/.well-known"), documents(desk, endpoints))
        .nest("/.well-known", metadata::inserted_routes(desk, issuer_path, endpoints))
}

fn documents(desk: &Arc<Desk>, endpoints: &Arc<Endpoints>) -> impl Endpoint<Output = Response> + use<> {
    let worded = Worded::new(Route::new().nest("/", metadata::routes(desk, endpoints)), refusals::shape(), METADATA);
    Cors::new(worded, desk.engine.clone(), |_| Readers::Everybody)
}

/// What these endpoints add to an OpenAPI document.
pub fn parts() -> (Vec<Part>, Vec<QueryLike>) {
    let metadata = Part { generated: document::generate::<metadata::WellKnown>(), prefix: "/.well-known" };
    let server = Part { generated: document::generate::<Server>(), prefix: PREFIX };
    let queries = vec![
        QueryLike { path: "/oauth/authorize", schema: "AuthorizationRequest" },
        QueryLike { path: "/oauth/logout", schema: "SignOutRequest" },
    ];
    (vec![metadata, server], queries)
}

/// Which answers other origins may read, by path below the prefix.
fn readers(path: &str) -> Readers {
    match path {
        "/keys" => Readers::Everybody,
        "/revoke" => Readers::Clients { methods: "POST" },
        "/authorize" => Readers::FrontEnds { methods: "POST" },
        _ => Readers::Nobody,
    }
}

#[derive(Tags)]
pub(super) enum Tag {
    /// Tokens: obtained, explained, ended.
    Tokens,
    /// Browsers: signed in and out.
    Browser,
    /// What the server says about itself.
    Metadata,
}

/// The endpoints below the prefix.
struct Server {
    desk: Arc<Desk>,
    face: Face,
}

impl Server {
    fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    fn refuse(&self, denied: &Denied, request: &Request, caller: &Caller) -> Response {
        self.desk.note(denied, caller);
        refusals::answer(denied, extract::authorization(request).is_some())
    }
}

#[OpenApi]
impl Server {
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
        let client = extract::presented(request, &form.fields);
        let outcome = match extract::required(&form.fields, "token") {
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
        let client = extract::presented(request, &form.fields);
        let outcome = match extract::required(&form.fields, "token") {
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

    /// Begin signing somebody in.
    #[oai(path = "/authorize", method = "get", operation_id = "authorize", tag = "Tag::Browser")]
    async fn authorize(&self, request: &Request) -> Browser {
        let query = Params::of_query(request.uri().query());
        Browser(browser::authorize(&self.desk, &self.face, request, query.map_err(BodyError::from)).await)
    }

    /// Begin signing somebody in, by a form; or, with the access token of somebody who is signed in at a front end of ours,
    /// receive a code for them.
    #[oai(path = "/authorize", method = "post", operation_id = "authorizeByPost", tag = "Tag::Browser")]
    async fn authorize_by_post(
        &self,
        request: &Request,
        _auth: FrontEndToken,
        form: browser::FormSent<AuthorizationForm>,
    ) -> BrowserOr<AuthorizedBody, AuthorizeErrorBody> {
        BrowserOr::of(match browser::with_cookies(&self.desk, request, &form.0) {
            _ if front_end::is_one(request) => front_end::authorize(&self.desk, &self.face, request, form.0).await,
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
    async fn logout_by_post(&self, request: &Request, form: browser::FormSent<SignOutForm>) -> Browser {
        Browser(match browser::with_cookies(&self.desk, request, &form.0) {
            Some(again) => again,
            None => browser::logout(&self.desk, request, form.0).await,
        })
    }
}
