//! The outside of a dialect: whatever is refused while it is found and read is said in its own shape.

use std::sync::Arc;

use poem::endpoint::{BoxEndpoint, EndpointExt};
use poem::http::Method;
use poem::{Endpoint, IntoResponse, PathPattern, Request, Response, Result};

use crate::http::edge::fault_of;
use crate::http::fault::{Fault, Shape};
use crate::http::{request_id, routing};

/// An endpoint that never answers with an error of the framework's.
pub struct Worded<E> {
    inner: E,
    shape: Arc<dyn Shape>,
    paths: &'static [(&'static str, &'static str)],
}

impl<E> Worded<E> {
    /// Around `inner`, whose `paths` take these methods.
    pub fn new(inner: E, shape: Arc<dyn Shape>, paths: &'static [(&'static str, &'static str)]) -> Worded<E> {
        Worded { inner, shape, paths }
    }
}

impl<E: Endpoint<Output: IntoResponse>> Endpoint for Worded<E> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let (id, method) = (request_id::of(&request), request.method().clone());
        let known = self.paths.iter().find(|(path, _)| *path == request.uri().path());
        let allow = known.map(|(_, methods)| *methods).unwrap_or_default();
        // The framework answers HEAD wherever GET is taken; where GET does something, HEAD must not.
        if method == Method::HEAD && known.is_some() && !allow.split(", ").any(|name| name == "HEAD") {
            let fault = Fault::MethodNotAllowed { allow: allow.to_owned() };
            return Ok(fault.respond(&*self.shape, &id));
        }
        match self.inner.call(request).await {
            Ok(answer) => Ok(answer.into_response()),
            Err(error) if error.is_from_response() => Ok(error.into_response()),
            Err(error) => {
                let fault = error.downcast_ref::<Fault>().cloned().unwrap_or_else(|| fault_of(&error));
                Ok(match fault {
                    Fault::MethodNotAllowed { .. } if method == Method::OPTIONS => routing::options(allow),
                    Fault::MethodNotAllowed { .. } => {
                        Fault::MethodNotAllowed { allow: allow.to_owned() }.respond(&*self.shape, &id)
                    }
                    fault => fault.respond(&*self.shape, &id),
                })
            }
        }
    }
}

/// One path of a dialect, wherever the deployment has put it: the dialect sees the path below its prefix.
pub struct Placed {
    inner: Arc<BoxEndpoint<'static, Response>>,
    path: &'static str,
    at: Arc<str>,
}

impl Placed {
    /// `path` of `inner`, at the full path `at`.
    pub fn new(inner: &Arc<BoxEndpoint<'static, Response>>, path: &'static str, at: &str) -> Placed {
        Placed { inner: inner.clone(), path, at: at.into() }
    }
}

impl Endpoint for Placed {
    type Output = Response;

    async fn call(&self, mut request: Request) -> Result<Response> {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        // Both parts are what a request line already held.
        *request.uri_mut() = format!("{}{query}", self.path).parse().map_err(|_| Fault::Malformed)?;
        let mut response = self.inner.call(request).await?;
        // Metrics count by the whole path.
        response.set_data(PathPattern(self.at.clone()));
        Ok(response)
    }
}

/// The endpoint that all paths of a dialect share.
pub fn shared(endpoint: impl Endpoint<Output = Response> + 'static) -> Arc<BoxEndpoint<'static, Response>> {
    Arc::new(endpoint.boxed())
}
