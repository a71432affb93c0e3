//! Third floor: the wire dialects. Each translates one published interface into the engine's verbs and the engine's
//! outcomes back, and decides nothing.
//!
//! A dialect is four small files: `mod` (its endpoints), `requests` (wire → engine), `replies` (engine → wire) and
//! `refusals` (every cause in its own words). What they share of OpenAPI and CORS lies beside them.

pub mod cors;
pub mod document;
pub mod extract;
pub mod oidc;
pub mod reply;

/// The OpenAPI document of the dialect called `name`, as committed under `openapi/`; `None` for an unknown name.
pub fn openapi_document(name: &str) -> Option<String> {
    match name {
        "oidc" => Some(oidc::document()),
        _ => None,
    }
}

/// The names [`openapi_document`] knows.
pub const DOCUMENTS: &[&str] = &["oidc"];
