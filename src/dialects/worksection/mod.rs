//! `worksection`: parameters in the query, scopes between commas, refusals with status 200, and a resource that says whose
//! token it is.

mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Request, Response, Route};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::dialects::Dialect;
use crate::dialects::document::{self, Description, Part, QueryLike};
use crate::dialects::endpoint::{self, Worded};
use crate::dialects::extract::{QueryOrForm, Wording};
use crate::dialects::reply::{Browser, Manner, Reply};
use crate::dialects::shared::browser;
use crate::dialects::way::Way;
use crate::engine::token::TokenRequest;
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::jose::Algorithm;
use crate::model::client::ClaimsProfile;
use crate::model::face::{ClientCustoms, Customs, Face, Law};
use crate::model::lifetime::Lifetime;

use replies::{ErrorBody, ResourceAnswer, ResourceBody, TokenAnswer, TokenBody};
use requests::{AuthorizationQuery, RedemptionForm, RenewalForm, ResourceForm};

/// The name clients are given this dialect by.
pub const NAME: &str = "worksection";

/// The dialect, and what is customary for its clients.
pub const DIALECT: Dialect = Dialect {
    customs: Customs {
        name: NAME,
        prefix: PREFIX,
        paths: PATHS,
        clients: ClientCustoms {
            require_pkce: false,
            code_ttl: Lifetime::seconds(600),
            access_ttl: Lifetime::seconds(86_400),
            access_token_alg: Algorithm::Rs256,
            claims_profile: ClaimsProfile::Worksection,
            audience_is_client: true,
            ..ClientCustoms::CANONICAL
        },
        law: Law {
            ends_with_session: false,
            slides: true,
            empty_scope_is_everything: true,
            needs_state: true,
            needs_scope: true,
            web_redirects_only: true,
            ..Law::CANONICAL
        },
    },
    serve,
    shape: refusals::shape,
    words: refusals::of,
    way: Way { caching: replies::UNCACHED, tells_unclear: true, ..Way::CANONICAL },
    document,
};

const PREFIX: &str = "/oauth2";

const PATHS: &[(&str, &str)] = &[
    ("/authorize", "GET, OPTIONS"),
    ("/token", "POST, OPTIONS"),
    ("/refresh", "POST, OPTIONS"),
    ("/resource", "POST, OPTIONS"),
];

fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let api = OpenApiService::new(Worksection { desk: desk.clone(), face: Face::named(NAME) }, NAME, "");
    endpoint::shared(Worded::new(Route::new().nest("/", api), refusals::shape(), PATHS))
}

/// The OpenAPI document.
fn document() -> String {
    let about = Description {
        title: "Countersign: the worksection dialect",
        summary: "OAuth 2.0 with parameters in the query or in a form. Refusals have status 200 and say error and \
                  errorDescription.",
    };
    let parts = [
        Part { generated: document::generate::<Worksection>(), prefix: PREFIX },
        Part { generated: document::generate_schema::<AuthorizationQuery>(), prefix: PREFIX },
    ];
    let queries = [
        QueryLike { path: "/oauth2/authorize", schema: "AuthorizationQuery" },
        QueryLike { path: "/oauth2/token", schema: "RedemptionRequest" },
        QueryLike { path: "/oauth2/refresh", schema: "RenewalRequest" },
        QueryLike { path: "/oauth2/resource", schema: "ResourceRequest" },
    ];
    document::finish(&about, &parts, &queries)
}

#[derive(Tags)]
enum Tag {
    /// Tokens: obtained, renewed, explained.
    Tokens,
    /// Browsers: signed in.
    Browser,
}

/// How this dialect refuses.
struct Refusing;

impl Manner for Refusing {
    const CONTENT_TYPE: &'static str = replies::JSON;
    const REFUSED: &'static [(u16, &'static str)] = &[
        (413, "The body is too large."),
        (429, "Too many requests; Retry-After says how long to wait."),
        (503, "The server cannot answer now; Retry-After says how long to wait."),
    ];
}

/// A JSON answer of this dialect.
type Json<T> = Reply<T, ErrorBody, Refusing>;

/// Words requests that cannot be read.
struct Unreadable;

impl Wording for Unreadable {
    fn unreadable(error: &BodyError, _: &Request) -> Response {
        refusals::unreadable(error)
    }
}

/// The endpoints below the prefix.
struct Worksection {
    desk: Arc<Desk>,
    face: Face,
}

impl Worksection {
    fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    fn refuse(&self, denied: &Denied, caller: &Caller) -> Response {
        self.desk.note(denied, caller);
        refusals::answer(denied)
    }
}

#[OpenApi]
impl Worksection {
    /// Begin signing somebody in.
    #[oai(path = "/authorize", method = "get", operation_id = "authorize", tag = "Tag::Browser")]
    async fn authorize(&self, request: &Request) -> Browser {
        let query = Params::of_query(request.uri().query());
        let parameters = query.map(|fields| requests::authorization(&fields)).map_err(BodyError::from);
        Browser(browser::authorize_by(&self.desk, &self.face, request, parameters).await)
    }

    /// Redeem a code for tokens.
    #[oai(path = "/token", method = "post", operation_id = "redeem", tag = "Tag::Tokens")]
    async fn token(&self, request: &Request, sent: QueryOrForm<RedemptionForm, Unreadable>) -> Json<TokenAnswer> {
        let caller = self.desk.caller(request);
        let outcome = match requests::redemption(&self.face, &sent.fields) {
            Ok(asked) => self.engine().token_with_account_url(&caller, &asked).await.map(|issued| (asked, issued)),
            Err(refusal) => Err(refusal.into()),
        };
        Json::of(match outcome {
            Ok((asked, (issued, account_url))) => self.issued(&asked, &TokenBody::new(&issued, Some(account_url))),
            Err(denied) => self.refuse(&denied, &caller),
        })
    }

    /// Renew tokens.
    #[oai(path = "/refresh", method = "post", operation_id = "renew", tag = "Tag::Tokens")]
    async fn refresh(&self, request: &Request, sent: QueryOrForm<RenewalForm, Unreadable>) -> Json<TokenAnswer> {
        let caller = self.desk.caller(request);
        let outcome = match requests::renewal(&self.face, &sent.fields) {
            Ok(asked) => self.engine().token(&caller, &asked).await.map(|issued| (asked, issued)),
            Err(refusal) => Err(refusal.into()),
        };
        Json::of(match outcome {
            Ok((asked, issued)) => self.issued(&asked, &TokenBody::new(&issued, None)),
            Err(denied) => {
                self.desk.note(&denied, &caller);
                refusals::renewal_answer(&denied)
            }
        })
    }

    /// Ask whose access token it is.
    #[oai(path = "/resource", method = "post", operation_id = "resource", tag = "Tag::Tokens")]
    async fn resource(&self, request: &Request, sent: QueryOrForm<ResourceForm, Unreadable>) -> Json<ResourceAnswer> {
        let caller = self.desk.caller(request);
        let outcome = match requests::resource(&sent.fields) {
            Ok((client, token)) => self.engine().person_of_own_token(&caller, &self.face, &client, &token).await,
            Err(refusal) => Err(refusal.into()),
        };
        Json::of(match outcome {
            Ok(person) => replies::said(&ResourceBody::from(person)),
            Err(denied) => self.refuse(&denied, &caller),
        })
    }
}

impl Worksection {
    fn issued(&self, asked: &TokenRequest, body: &TokenBody) -> Response {
        self.desk.metrics.token_issued(asked.grant.kind().name());
        replies::said(body)
    }
}
