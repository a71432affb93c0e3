//! Reading requests in the way OAuth 2.0 wants them, described to OpenAPI in the way its generators want them.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use poem::{Error, Request, RequestBody, Response, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSecurityScheme, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

use crate::base::secret::Secret;
use crate::engine::authenticate_client::Presented;
use crate::http::body::{self, BodyError};
use crate::http::params::Params;
use crate::model::client::GrantType;
use crate::model::refusal::Refusal;

/// How a dialect says that a request could not be read.
pub trait Wording {
    /// The answer to a body or query that cannot be taken.
    fn unreadable(error: &BodyError, request: &Request) -> Response;
}

/// The fields of a form: no name twice, empty ones absent. `T` describes them to OpenAPI, `W` words the refusals.
pub struct Form<T, W> {
    /// What was sent.
    pub fields: Params,
    _described: PhantomData<fn() -> (T, W)>,
}

impl<'a, T: Type, W: Wording> ApiExtractor<'a> for Form<T, W> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let form = MetaMediaType { content_type: body::FORM, schema: T::schema_ref() };
        Some(MetaRequest { description: None, content: vec![form], required: true })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
        match form(request, body).await {
            Ok(fields) => Ok(Form { fields, _described: PhantomData }),
            Err(error) => Err(Error::from_response(W::unreadable(&error, request))),
        }
    }
}

/// The form in a request's body.
///
/// # Errors
/// It cannot be read, is too large, or is no form.
pub async fn form(request: &Request, body: &mut RequestBody) -> Result<Params, BodyError> {
    let mut reading = Request::default();
    *reading.headers_mut() = request.headers().clone();
    if let Ok(body) = body.take() {
        reading.set_body(body);
    }
    body::form(&mut reading).await
}

/// The fields of a query and of a form, as if they had been sent together; no name twice, in one or in both.
pub struct QueryOrForm<T, W> {
    /// What was sent.
    pub fields: Params,
    _described: PhantomData<fn() -> (T, W)>,
}

impl<'a, T: Type, W: Wording> ApiExtractor<'a> for QueryOrForm<T, W> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];
    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        T::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let form = MetaMediaType { content_type: body::FORM, schema: T::schema_ref() };
        Some(MetaRequest { description: Some(IN_PLACE_OF_QUERY), content: vec![form], required: false })
    }

    async fn from_request(request: &'a Request, body: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
        let sent = async {
            let query = Params::of_query(request.uri().query())?;
            Ok(query.join(form(request, body).await?)?)
        };
        match sent.await {
            Ok(fields) => Ok(QueryOrForm { fields, _described: PhantomData }),
            Err(error) => Err(Error::from_response(W::unreadable(&error, request))),
        }
    }
}

const IN_PLACE_OF_QUERY: &str = "The same parameters in place of the query, or some here and some there; none twice.";

/// The `Authorization` header as it came: the engine reads it. More than one is given on joined, which nothing accepts.
pub fn authorization(request: &Request) -> Option<Secret> {
    let values: Vec<&str> = request
        .headers()
        .get_all(poem::http::header::AUTHORIZATION)
        .iter()
        .map(|value| value.to_str().unwrap_or("\u{fffd}"))
        .collect();
    (!values.is_empty()).then(|| Secret::new(values.join(", ")))
}

/// How the client authenticates, as it came.
pub fn presented(request: &Request, fields: &Params) -> Presented {
    Presented {
        authorization: authorization(request),
        client_id: fields.get("client_id").map(str::to_owned),
        client_secret: fields.get("client_secret").map(Secret::new),
        ..Presented::default()
    }
}

/// How a client authenticates that only ever does so by parameters; a header is not looked at.
pub fn presented_by_parameters(fields: &Params) -> Presented {
    Presented {
        client_id: fields.get("client_id").map(str::to_owned),
        client_secret: fields.get("client_secret").map(Secret::new),
        ..Presented::default()
    }
}

/// A parameter that must be there.
///
/// # Errors
/// It is absent or empty.
pub fn required<'a>(fields: &'a Params, name: &'static str) -> Result<&'a str, Refusal> {
    fields.get(name).ok_or(Refusal::ParameterMissing(name))
}

/// That the `grant_type` is `wanted`, at an endpoint that has one grant type only.
///
/// # Errors
/// It is absent, or another.
pub fn grant_type(fields: &Params, wanted: GrantType) -> Result<(), Refusal> {
    let sent = GrantType::parse(required(fields, "grant_type")?);
    if sent == Some(wanted) { Ok(()) } else { Err(Refusal::GrantTypeUnknown) }
}

/// The access token in the header, where nowhere else has one (RFC 6750, section 2.1).
///
/// # Errors
/// None came, or it cannot be read.
pub fn access_token(request: &Request) -> Result<Secret, Refusal> {
    bearer(request).ok_or(Refusal::TokenMissing)?.ok_or(Refusal::TokenInvalid)
}

/// All parameters by name, for verbs that read many.
pub fn all(fields: &Params) -> BTreeMap<String, String> {
    fields.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The client a request names, in the body or as the user name of a Basic header, whether or not that is true.
pub fn named_client(request: &Request, fields: &Params) -> Option<String> {
    if let Some(client) = fields.get("client_id") {
        return Some(client.to_owned());
    }
    let header = authorization(request)?;
    let (scheme, credentials) = header.expose().split_once(' ')?;
    let credentials = data_encoding::BASE64.decode(credentials.trim().as_bytes()).ok()?;
    let (client, _) = std::str::from_utf8(&credentials).ok()?.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| client.to_owned())
}

/// The token of `Authorization: Bearer …` (RFC 6750, section 2.1); `None` when there is no such header, `Some(None)` when
/// there is one that cannot be read.
pub fn bearer(request: &Request) -> Option<Option<Secret>> {
    let header = authorization(request)?;
    let (scheme, token) = header.expose().split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let token = token.trim_matches(' ');
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    Some((!token.is_empty() && token.bytes().all(plain)).then(|| Secret::new(token)))
}

macro_rules! documented_security {
    ($($(#[$doc:meta])* $name:ident = $scheme:literal $fallback:literal),* $(,)?) => { $(
        $(#[$doc])*
        pub struct $name;

        impl<'a> ApiExtractor<'a> for $name {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];
            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                registry.create_security_scheme($scheme, scheme($scheme));
            }

            fn security_schemes() -> Vec<&'static str> {
                vec![$scheme]
            }

            fn has_security_fallback() -> bool {
                $fallback
            }

            async fn from_request(_: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> Result<Self> {
                Ok($name)
            }
        }
    )* };
}

documented_security! {
    /// Tells OpenAPI that a client may authenticate by Basic, or in the body. The engine does the authenticating.
    ClientAuthentication = "clientBasic" true,
    /// Tells OpenAPI that an access token is needed. The engine does the looking.
    AccessTokenNeeded = "accessToken" false,
    /// Tells OpenAPI that an access token may come, and changes who is answered how.
    FrontEndToken = "accessToken" true,
}

fn scheme(name: &str) -> MetaSecurityScheme {
    let (kind, words) = match name {
        "clientBasic" => ("basic", "The client's id and secret (RFC 6749, section 2.3.1)."),
        _ => ("bearer", "An access token of this server (RFC 6750, section 2.1)."),
    };
    MetaSecurityScheme {
        ty: "http",
        description: Some(words),
        name: None,
        key_in: None,
        scheme: Some(kind),
        bearer_format: None,
        flows: None,
        openid_connect_url: None,
    }
}
