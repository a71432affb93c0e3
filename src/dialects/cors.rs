//! Which web origins may read which answers (the Fetch standard, section 3.2).

use std::sync::Arc;

use poem::{Endpoint, IntoResponse, Request, Response, Result};

use crate::base::ids::ClientId;
use crate::dialects::extract;
use crate::engine::Engine;
use crate::http::cors;
use crate::http::params::Params;

/// Who may read the answers of one endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// Everybody: metadata and keys.
    Everybody,
    /// The origins of the client that is answered; before one is known, any origin that an enabled client registered.
    Clients {
        /// The methods a preflight names.
        methods: &'static str,
    },
    /// The origins of the sign-in front end that is answered ([`AnsweredFrontEnd`]), and nothing else.
    FrontEnds {
        /// The methods a preflight names.
        methods: &'static str,
    },
    /// Nobody.
    Nobody,
}

/// The client an answer is for; an endpoint leaves it on the response.
#[derive(Clone, Debug)]
pub struct AnsweredClient(pub ClientId);

/// Marks an answer to a sign-in front end, with its client as far as its token told; an endpoint leaves it on the response.
#[derive(Clone, Debug)]
pub struct AnsweredFrontEnd(pub Option<ClientId>);

/// Marks whom the answer is for, so that only their origins may read it.
pub fn for_client(mut response: Response, request: &Request, fields: &Params) -> Response {
    if let Some(client) = extract::named_client(request, fields) {
        response.set_data(AnsweredClient(ClientId::from_text(client)));
    }
    response
}

const HEADERS: &str = "authorization, content-type";

/// An endpoint whose answers other origins may read by rule.
pub struct Cors<E> {
    inner: E,
    engine: Arc<Engine>,
    readers: fn(&str) -> Readers,
}

impl<E> Cors<E> {
    /// Around `inner`; `readers` tells by the path below the dialect's prefix.
    pub fn new(inner: E, engine: Arc<Engine>, readers: fn(&str) -> Readers) -> Cors<E> {
        Cors { inner, engine, readers }
    }
}

impl<E: Endpoint<Output: IntoResponse>> Endpoint for Cors<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let readers = (self.readers)(request.uri().path());
        let origin = cors::origin(request.headers()).map(str::to_owned);
        if let (Readers::Clients { methods } | Readers::FrontEnds { methods }, true) =
            (readers, cors::is_preflight(&request))
        {
            let known = match (&origin, readers) {
                (Some(origin), Readers::FrontEnds { .. }) => self.engine.knows_front_end(origin).await,
                (Some(origin), _) => self.engine.knows_origin(origin).await,
                (None, _) => Ok(false),
            };
            let known = known.unwrap_or(false);
            return Ok(match origin {
                Some(origin) if known => cors::preflight(&origin, methods, HEADERS),
                _ => cors::refused_preflight(),
            });
        }
        let mut response = match self.inner.call(request).await {
            Ok(answer) => answer.into_response(),
            // Refused while it was read: the answer is one all the same.
            Err(error) if error.is_from_response() => error.into_response(),
            Err(error) => return Err(error),
        };
        match readers {
            Readers::Nobody => {}
            Readers::Everybody => cors::allow_any(&mut response),
            Readers::FrontEnds { .. } => {
                let answered = response.data::<AnsweredFrontEnd>().cloned();
                if let (Some(AnsweredFrontEnd(client)), Some(origin)) = (answered, origin) {
                    cors::vary(&mut response);
                    if self.is_front_end_at(&origin, client.as_ref()).await {
                        cors::allow(&mut response, &origin);
                    }
                }
            }
            Readers::Clients { .. } => {
                cors::vary(&mut response);
                if let Some(origin) = origin
                    && self.may_read(&origin, response.data::<AnsweredClient>()).await
                {
                    cors::allow(&mut response, &origin);
                }
            }
        }
        Ok(response)
    }
}

impl<E> Cors<E> {
    /// Of a token that tells no client, whichever front end has the origin may read that it is none.
    async fn is_front_end_at(&self, origin: &str, client: Option<&ClientId>) -> bool {
        let front_end = self.engine.knows_front_end(origin).await.unwrap_or(false);
        match client {
            Some(client) => front_end && self.engine.client_has_origin(client, origin).await.unwrap_or(false),
            None => front_end,
        }
    }

    /// A store that cannot say is no permission.
    async fn may_read(&self, origin: &str, client: Option<&AnsweredClient>) -> bool {
        let asked = match client {
            Some(AnsweredClient(client)) => self.engine.client_has_origin(client, origin).await,
            None => self.engine.knows_origin(origin).await,
        };
        asked.unwrap_or(false)
    }
}
