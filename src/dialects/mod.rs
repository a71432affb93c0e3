//! Third floor: the wire dialects. Each translates one published interface into the engine's verbs and the engine's
//! outcomes back, and decides nothing.
//!
//! A dialect is four small files: `mod` (its endpoints and customs), `requests` (wire → engine), `replies` (engine → wire)
//! and `refusals` (every cause in its own words). What belongs to the server and serves clients of all of them is
//! [`shared`]; what they share of OpenAPI, CORS and wording lies beside them.

pub mod chat;
pub mod cors;
pub mod coverage;
pub mod directory;
pub mod document;
pub mod endpoint;
pub mod extract;
pub mod json;
pub mod laserfiche;
pub mod machine;
pub mod oidc;
pub mod reply;
pub mod shared;
pub mod trouble;
pub mod way;
pub mod words;
pub mod worksection;

use std::collections::BTreeSet;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::{Response, Route};

use crate::engine::discovery::Endpoints;
use crate::http::desk::Desk;
use crate::http::fault::{Shape, Shapes};
use crate::model::face::{Customs, Faces};
use crate::model::refusal::Refusal;
use crate::model::settings::Settings;

use endpoint::Placed;
use way::Way;
use words::Words;

/// One wire dialect.
pub struct Dialect {
    /// Its name, paths, and what is customary for its clients.
    pub customs: Customs,
    /// Its endpoints, by their paths below the prefix.
    pub serve: fn(&Arc<Desk>) -> Arc<BoxEndpoint<'static, Response>>,
    /// How it says what the transport refuses.
    pub shape: fn() -> Arc<dyn Shape>,
    /// What it says of a refusal in an authorization response.
    pub words: fn(&Refusal) -> Words,
    /// How its authorization endpoint answers browsers.
    pub way: Way,
    /// Its OpenAPI document.
    pub document: fn() -> String,
}

/// Every dialect, the canonical one first.
pub const ALL: &[Dialect] =
    &[oidc::DIALECT, worksection::DIALECT, laserfiche::DIALECT, chat::DIALECT, machine::DIALECT];

/// What the engine is told of them.
pub const FACES: Faces = Faces {
    all: &[
        oidc::DIALECT.customs,
        worksection::DIALECT.customs,
        laserfiche::DIALECT.customs,
        chat::DIALECT.customs,
        machine::DIALECT.customs,
    ],
    taken: TAKEN,
    token_endpoint: Some(token_endpoint),
};

fn token_endpoint(issuer: &str, settings: &Settings) -> Option<String> {
    endpoints(issuer, settings).token
}

/// Where no dialect can be moved to: what the server itself has, down to the first segments of its pages.
const TAKEN: &[&str] = &[
    "/oauth/authorize",
    "/oauth/introspect",
    "/oauth/revoke",
    "/oauth/keys",
    "/oauth/logout",
    "/.well-known",
    "/account",
    "/admin",
    "/applications",
    "/consent",
    "/device",
    "/favicon.ico",
    "/healthz",
    "/login",
    "/metrics",
    "/openapi",
    "/readyz",
    "/recover",
    "/setup",
    "/sign-out",
    "/signed-out",
    "/static",
];

/// The OpenAPI document of the dialect called `name`, as committed under `openapi/`; `None` for an unknown name.
pub fn openapi_document(name: &str) -> Option<String> {
    ALL.iter().find(|dialect| dialect.customs.name == name).map(|dialect| (dialect.document)())
}

/// The names [`openapi_document`] knows.
pub fn documents() -> impl Iterator<Item = &'static str> {
    FACES.names()
}

/// Where clients find what, under `issuer`.
pub fn endpoints(issuer: &str, settings: &Settings) -> Endpoints {
    let at = |path: &str| format!("{issuer}{}{path}", shared::PREFIX);
    let oidc = settings.prefix_of(&oidc::DIALECT.customs).map(|prefix| format!("{issuer}{prefix}"));
    Endpoints {
        authorization: at("/authorize"),
        token: oidc.as_ref().map(|base| format!("{base}/token")),
        userinfo: oidc.map(|base| format!("{base}/userinfo")),
        keys: at("/keys"),
        introspection: at("/introspect"),
        revocation: at("/revoke"),
        end_session: at("/logout"),
    }
}

/// Hangs up every dialect that is switched on, and what they share. `issuer_path` is the path of the issuer: endpoints lie
/// at the root, and once more below that path if it has one.
///
/// Settings that were sound when they were saved may want one path twice in a later version, or below another issuer: then
/// whoever comes first has it, and the log says so.
pub fn mount(mut routes: Route, desk: &Arc<Desk>, issuer_path: &str, settings: &Settings) -> Route {
    let bases = if issuer_path.is_empty() { vec![""] } else { vec!["", issuer_path] };
    let everybody = shared::serve(desk);
    let mut hung: BTreeSet<String> = BTreeSet::new();
    for base in &bases {
        for (path, _) in shared::PATHS {
            let at = format!("{base}{}{path}", shared::PREFIX);
            routes = routes.at(&at, Placed::new(&everybody, path, &at));
            hung.insert(at);
        }
    }
    for dialect in ALL {
        let Some(prefix) = settings.prefix_of(&dialect.customs) else { continue };
        let serving = (dialect.serve)(desk);
        for base in &bases {
            for (path, _) in dialect.customs.paths {
                let at = format!("{base}{prefix}{path}");
                if hung.insert(at.clone()) {
                    routes = routes.at(&at, Placed::new(&serving, path, &at));
                } else {
                    tracing::error!(dialect = dialect.customs.name, at, "another endpoint has this path: move one");
                }
            }
        }
    }
    let endpoints = endpoints(&desk.engine.identity().issuer, settings);
    shared::mount_metadata(routes, desk, issuer_path, &Arc::new(endpoints))
}

/// Whose words are used where: a dialect's below its prefix, and at its own paths wherever another's prefix covers them.
pub fn shapes(mut shapes: Shapes, issuer_path: &str, settings: &Settings) -> Shapes {
    let bases = if issuer_path.is_empty() { vec![""] } else { vec!["", issuer_path] };
    for base in &bases {
        let canonical = (oidc::DIALECT.shape)();
        shapes = shapes.below(format!("{base}{}", shared::PREFIX), canonical.clone());
        shapes = shapes.below(format!("{base}/.well-known"), canonical);
        for dialect in ALL {
            let Some(prefix) = settings.prefix_of(&dialect.customs) else { continue };
            let shape = (dialect.shape)();
            // The root and the shared prefix are not one dialect's alone.
            if !prefix.is_empty() && prefix != shared::PREFIX {
                shapes = shapes.below(format!("{base}{prefix}"), shape.clone());
            }
            for (path, _) in dialect.customs.paths {
                shapes = shapes.at(format!("{base}{prefix}{path}"), shape.clone());
            }
        }
    }
    shapes
}

/// Every full path with its methods as the deployment's settings place them.
pub fn paths(settings: &Settings) -> Vec<(String, &'static str)> {
    let mut all = Vec::new();
    all.extend(shared::PATHS.iter().map(|(path, methods)| (format!("{}{path}", shared::PREFIX), *methods)));
    all.extend(shared::METADATA.iter().map(|(path, methods)| (format!("/.well-known{path}"), *methods)));
    for dialect in ALL {
        if let Some(prefix) = settings.prefix_of(&dialect.customs) {
            let own = dialect.customs.paths.iter();
            all.extend(own.map(|(path, methods)| (format!("{prefix}{path}"), *methods)));
        }
    }
    all
}
