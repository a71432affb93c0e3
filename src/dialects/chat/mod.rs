//! `chat`: for a hosted chat product that signs a site's visitors in. Requests in JSON, one wording for everything that
//! fails, and a person with the attributes that were released to the product.

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
use crate::dialects::extract::{self, AccessTokenNeeded, Wording};
use crate::dialects::json::JsonForm;
use crate::dialects::reply::{Manner, Reply};
use crate::dialects::way::Way;
use crate::engine::token::{Issued, TokenRequest};
use crate::engine::{Caller, Denied, Engine};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::model::face::{ClientCustoms, Customs, Face, Law};
use crate::model::lifetime::Lifetime;
use crate::model::refusal::Refusal;

use replies::{ErrorBody, MeBody, RedemptionBody, RenewalBody};
use requests::{RedemptionForm, RenewalForm};

/// The name clients are given this dialect by.
pub const NAME: &str = "chat";

/// The dialect, and what is customary for its clients.
pub const DIALECT: Dialect = Dialect {
    customs: Customs {
        name: NAME,
        prefix: PREFIX,
        paths: PATHS,
        clients: ClientCustoms {
            require_pkce: false,
            access_ttl: Lifetime::seconds(1_800),
            ..ClientCustoms::CANONICAL
        },
        law: Law { ends_with_session: false, slides: true, may_omit_redirect_uri: true, ..Law::CANONICAL },
    },
    serve,
    shape: refusals::shape,
    words: refusals::of,
    way: Way::CANONICAL,
    document,
};

const PREFIX: &str = "";

const PATHS: &[(&str, &str)] =
    &[("/authorize", "POST, OPTIONS"), ("/refresh", "POST, OPTIONS"), ("/me", "GET, HEAD, OPTIONS")];

fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let api = OpenApiService::new(Chat { desk: desk.clone(), face: Face::named(NAME) }, NAME, "");
    endpoint::shared(Worded::new(Route::new().nest("/", api), refusals::shape(), PATHS))
}

/// The OpenAPI document.
fn document() -> String {
    let about = Description {
        title: "Countersign: the chat dialect",
        summary: "What the servers of a hosted chat product call: they redeem a code, renew tokens, and ask who the \
                  visitor is.",
    };
    let parts = [Part { generated: document::generate::<Chat>(), prefix: PREFIX }];
    document::finish(&about, &parts, &[])
}

#[derive(Tags)]
enum Tag {
    /// Tokens: obtained, renewed.
    Tokens,
    /// The visitor.
    Visitor,
}

/// How this dialect refuses.
struct Refusing;

impl Manner for Refusing {
    const REFUSED: &'static [(u16, &'static str)] = &[
        (400, "The body is malformed."),
        (401, "Authentication or the grant failed."),
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
struct Chat {
    desk: Arc<Desk>,
    face: Face,
}

impl Chat {
    fn engine(&self) -> &Engine {
        &self.desk.engine
    }

    fn refuse(&self, denied: &Denied, caller: &Caller) -> Response {
        self.desk.note(denied, caller);
        refusals::answer(denied)
    }
}

#[OpenApi]
impl Chat {
    /// Redeem a code for tokens.
    #[oai(path = "/authorize", method = "post", operation_id = "redeem", tag = "Tag::Tokens")]
    async fn authorize(&self, request: &Request, sent: JsonForm<RedemptionForm, Unreadable>) -> Json<RedemptionBody> {
        let caller = self.desk.caller(request);
        match self.tokens(&caller, requests::redemption(&self.face, &sent.fields)).await {
            Ok(issued) => Json::json(&RedemptionBody::from(&issued)),
            Err(denied) => Json::of(self.refuse(&denied, &caller)),
        }
    }

    /// Renew tokens.
    #[oai(path = "/refresh", method = "post", operation_id = "renew", tag = "Tag::Tokens")]
    async fn refresh(&self, request: &Request, sent: JsonForm<RenewalForm, Unreadable>) -> Json<RenewalBody> {
        let caller = self.desk.caller(request);
        match self.tokens(&caller, requests::renewal(&self.face, &sent.fields)).await {
            Ok(issued) => Json::json(&RenewalBody::from(&issued)),
            Err(denied) => Json::of(self.refuse(&denied, &caller)),
        }
    }

    /// Ask who the visitor is.
    #[oai(path = "/me", method = "get", operation_id = "me", tag = "Tag::Visitor")]
    async fn me(&self, request: &Request, _auth: AccessTokenNeeded) -> Json<MeBody> {
        let caller = self.desk.caller(request);
        let outcome = match extract::access_token(request) {
            Ok(token) => self.engine().person_of(&self.face, &token).await,
            Err(refusal) => Err(refusal.into()),
        };
        match outcome {
            Ok(person) => Json::json(&MeBody::from(person)),
            Err(denied) => {
                self.desk.note(&denied, &caller);
                Json::of(refusals::bearer_answer(&denied))
            }
        }
    }
}

impl Chat {
    async fn tokens(&self, caller: &Caller, asked: Result<TokenRequest, Refusal>) -> Result<Issued, Denied> {
        let asked = asked?;
        let issued = self.engine().token(caller, &asked).await?;
        self.desk.metrics.token_issued(asked.grant.kind().name());
        Ok(issued)
    }
}
