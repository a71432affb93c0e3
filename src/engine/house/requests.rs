//! What they ask, and how to read what they are told.

use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use serde_json::Value;

use crate::base::rng::SeededRng;
use crate::base::secret::Secret;
use crate::engine::authenticate_client::Presented;
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::engine::{Caller, Denied};

use super::{CALLBACK, SECRET, VERIFIER, face};

/// Somebody on the network.
pub fn caller() -> Caller {
    caller_from("192.0.2.1")
}

/// Somebody on this network.
pub fn caller_from(network: &str) -> Caller {
    Caller { address: network.to_owned(), network: network.to_owned(), ..Caller::host(&SeededRng::new(9)) }
}

/// A confidential client's credentials in the body.
pub fn as_client(id: &str) -> Presented {
    let (client_id, client_secret) = (Some(id.to_owned()), Some(Secret::new(SECRET)));
    Presented { client_id, client_secret, ..Presented::default() }
}

/// A part of a JWT: 0 the header, 1 the claims.
pub fn part(token: &Secret, nth: usize) -> Value {
    let part = token.expose().split('.').nth(nth).expect("a JWT");
    serde_json::from_slice(&BASE64URL_NOPAD.decode(part.as_bytes()).unwrap()).unwrap()
}

/// A request to redeem `code`.
pub fn redeem(client: &str, code: &Secret) -> TokenRequest {
    request(
        client,
        GrantRequest::AuthorizationCode {
            code: code.clone(),
            redirect_uri: Some(CALLBACK.to_owned()),
            verifier: Some(Secret::new(VERIFIER)),
        },
    )
}

/// A request to renew by `token`.
pub fn renew(client: &str, token: &Secret) -> TokenRequest {
    request(client, GrantRequest::RefreshToken { token: token.clone() })
}

/// A request for tokens by `grant`.
pub fn request(client: &str, grant: GrantRequest) -> TokenRequest {
    TokenRequest { face: face(), client: as_client(client), grant, scope: None, device_id: None }
}

/// The refusal's name, or what else came.
pub fn cause<T: std::fmt::Debug>(answer: Result<T, Denied>) -> &'static str {
    match answer {
        Err(Denied::Refused(refusal)) => refusal.name(),
        other => panic!("expected a refusal, got {other:?}"),
    }
}

/// Minutes as a span.
pub const fn minutes(minutes: u64) -> Duration {
    Duration::from_secs(minutes * 60)
}
