//! `laserfiche`: OAuth 2.0 with problem documents, and clients that sign their own authentication.

mod refusals;
mod replies;
mod requests;

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::StatusCode;
use poem::{Request, Response, Route};
use poem_openapi::{OpenApi, OpenApiService, Tags};

use crate::dialects::Dialect;
use crate::dialects::cors::{Cors, Readers, for_client};
use crate::dialects::document::{self, Description, Part, QueryLike};
use crate::dialects::endpoint::{self, Worded};
use crate::dialects::extract::ClientAuthentication;
use crate::dialects::reply::Reply;
use crate::dialects::shared::browser::{self, FormSent};
use crate::dialects::way::Way;
use crate::engine::{Caller, Denied};
use crate::http::body::BodyError;
use crate::http::desk::Desk;
use crate::http::params::Params;
use crate::jose::Algorithm;
use crate::model::client::ClaimsProfile;
use crate::model::face::{ClientCustoms, Customs, Face, Law};
use crate::model::lifetime::Lifetime;

use replies::{ProblemBody, Shown, TokenBody};
use requests::{AuthorizationForm, TokenForm};

const NAME: &str = "laserfiche";
const PREFIX: &str = "/oauth";

/// The dialect, and what is customary for its clients.
pub const DIALECT: Dialect = Dialect {
    customs: Customs {
        name: NAME,
        prefix: PREFIX,
        paths: PATHS,
        clients: ClientCustoms {
            require_pkce: false,
            code_ttl: Lifetime::seconds(600),
            access_token_alg: Algorithm::Rs256,
            claims_profile: ClaimsProfile::Laserfiche,
            ..ClientCustoms::CANONICAL
        },
        law: Law { ends_with_session: false, slides: true, takes_access_keys: true, ..Law::CANONICAL },
    },
    serve,
    shape: refusals::shape,
    words: refusals::of,
    way: Way { redirect: StatusCode::FOUND, page: Some(StatusCode::OK), tells_unclear: true, ..Way::CANONICAL },
    document,
};

const PATHS: &[(&str, &str)] = &[("/Authorize", "GET, OPTIONS"), ("/Token", "POST, OPTIONS")];

fn serve(desk: &Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>> {
    let api = OpenApiService::new(Laserfiche { desk: desk.clone(), face: Face::named(NAME) }, NAME, "");
    let worded = Worded::new(Route::new().nest("/", api), refusals::shape(), PATHS);
    endpoint::shared(Cors::new(worded, desk.engine.clone(), readers))
}

fn document() -> String {
    let about = Description {
        title: "Countersign: laserfiche",
        summary: "Signs people in and hands out tokens to web applications, single-page applications and services.",
    };
    let parts = [
        Part { generated: document::generate::<Laserfiche>(), prefix: PREFIX },
        Part { generated: document::generate_schema::<AuthorizationForm>(), prefix: PREFIX },
    ];
    document::finish(&about, &parts, &[QueryLike { path: "/oauth/Authorize", schema: "AuthorizationRequest" }])
}

/// Which answers other origins may read, by path below the prefix.
fn readers(path: &str) -> Readers {
    match path {
        "/Token" => Readers::Clients { methods: "POST" },
        _ => Readers::Nobody,
    }
}

#[derive(Tags)]
enum Tag {
    /// Tokens: obtained and renewed.
    Tokens,
    /// Browsers: signed in.
    Browser,
}

/// A JSON answer; refusals are problem documents.
type Json<T> = Reply<T, ProblemBody>;

/// The endpoints below the prefix.
struct Laserfiche {
    desk: Arc<Desk>,
    face: Face,
}

#[OpenApi]
impl Laserfiche {
    /// Begin signing somebody in.
    ///
    /// Single-page applications must send a PKCE challenge, web applications may. An unknown client or address is told on a
    /// page with status 200; everything else goes back to the application.
    #[oai(path = "/Authorize", method = "get", operation_id = "authorize", tag = "Tag::Browser")]
    async fn authorize(&self, request: &Request) -> Shown {
        let query = Params::of_query(request.uri().query()).map_err(BodyError::from);
        Shown(browser::authorize(&self.desk, &self.face, request, query).await)
    }

    /// Redeem a code or a refresh token, or obtain a token for the client itself.
    ///
    /// A web application authenticates by Basic and may repeat its `client_id` in the body; a single-page application gives
    /// only its `client_id`. A service sends `Authorization: Bearer` with a JWT that it signed with an access key (ES256), or
    /// the same JWT as the password of a Basic header.
    #[oai(path = "/Token", method = "post", operation_id = "token", tag = "Tag::Tokens")]
    async fn token(
        &self,
        request: &Request,
        _auth: ClientAuthentication,
        form: FormSent<TokenForm>,
    ) -> Json<TokenBody> {
        let caller = self.desk.caller(request);
        let fields = match &form.0 {
            Ok(fields) => fields,
            Err(error) => {
                let presented = requests::presented(&self.desk, request, &Params::default());
                self.desk.engine.note_token_refused(&caller, &self.face, &presented, &refusals::cause(error)).await;
                return Json::of(refusals::unreadable(error, &caller.request));
            }
        };
        let response = match self.issue(&caller, request, fields).await {
            Ok(body) => Json::<TokenBody>::json(&body).into_inner(),
            Err(denied) => {
                self.desk.note(&denied, &caller);
                refusals::answer(&denied, request, &caller.request)
            }
        };
        Json::of(for_client(response, request, fields))
    }
}

impl Laserfiche {
    async fn issue(&self, caller: &Caller, request: &Request, fields: &Params) -> Result<TokenBody, Denied> {
        let engine = &self.desk.engine;
        let presented = requests::presented(&self.desk, request, fields);
        let asked = match requests::token(&self.face, presented.clone(), fields) {
            Ok(asked) => asked,
            Err(refusal) => {
                engine.note_token_refused(caller, &self.face, &presented, &refusal).await;
                return Err(refusal.into());
            }
        };
        let issued = engine.token(caller, &asked).await?;
        self.desk.metrics.token_issued(asked.grant.kind().name());
        Ok(TokenBody::from(&issued))
    }
}
