//! `oidc`, the canonical dialect: OAuth 2.0 and OpenID Connect as their documents have them.

mod people;
pub(super) mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Request, Response, Route};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::dialects::Dialect;
use crate::dialects::cors::{AnsweredClient, Cors, Readers, for_client};
use crate::dialects::document::{self, Description, Part};
use crate::dialects::endpoint::{self, Worded};
use crate::dialects::extract::{self, AccessTokenNeeded, ClientAuthentication, Form, Wording};
use crate::dialects::reply::Reply;
use crate::dialects::shared;
use crate::dialects::way::Way;
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::model::face::{ClientCustoms, Customs, Face, Law};

use replies::{ErrorBody, TokenBody, UserInfoBody};
use requests::{TokenForm, UserInfoForm};

/// The name clients are given this dialect by.
pub const NAME: &str = "oidc";

/// The dialect, and what is customary for its clients.
pub const DIALECT: Dialect = Dialect {
    customs: Customs {
        name: NAME,
        prefix: shared::PREFIX,
        paths: PATHS,
        clients: ClientCustoms::CANONICAL,
        law: Law::CANONICAL,
    },
    serve,
    shape: refusals::shape,
    words: refusals::of,
    way: Way::CANONICAL,
    document,
};

const PATHS: &[(&str, &str)] = &[("/token", "POST, OPTIONS"), ("/userinfo", "GET, HEAD, POST, OPTIONS")];

fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let api = OpenApiService::new(Oauth { desk: desk.clone(), face: Face::named(NAME) }, NAME, "");
    let worded = Worded::new(Route::new().nest("/", api), refusals::shape(), PATHS);
    endpoint::shared(Cors::new(worded, desk.engine.clone(), readers))
}

/// The OpenAPI document: this dialect's endpoints and the server's own.
fn document() -> String {
    let about = Description {
        title: "Countersign: OAuth 2.0 and OpenID Connect",
        summary: "Signs people in, lets applications ask for their identity, and hands out tokens.",
    };
    let (mut parts, queries) = shared::parts();
    parts.push(Part { generated: document::generate::<Oauth>(), prefix: shared::PREFIX });
    document::finish(&about, &parts, &queries)
}

/// Which answers other origins may read, by path below the prefix.
fn readers(path: &str) -> Readers {
    match path {
        "/token" => Readers::Clients { methods: "POST" },
        "/userinfo" => Readers::Clients { methods: "GET, POST" },
        _ => Readers::Nobody,
    }
}

#[derive(Tags)]
enum Tag {
    /// Tokens: obtained, explained, ended.
    Tokens,
}

/// A JSON answer with the refusals of RFC 6749.
pub(super) type Json<T> = Reply<T, ErrorBody>;

/// Words requests that cannot be read.
pub(super) struct Unreadable;

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
    fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    fn refuse(&self, denied: &Denied, request: &Request, caller: &Caller) -> Response {
        self.desk.note(denied, caller);
        refusals::answer(denied, extract::authorization(request).is_some())
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
            Err(refusal) => {
                let presented = extract::presented(request, &form.fields);
                self.engine().note_token_refused(&caller, &self.face, &presented, &refusal).await;
                Err(refusal.into())
            }
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
