//! The whole server without a socket, over any store, clock and chance: what stories are told in.

#![allow(dead_code)] // every test uses its own part of this

use std::net::IpAddr;
use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::Request as Head;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Body, Endpoint, EndpointExt, Request, RequestParts, Response};

use countersign::base::clock::Clock;
use countersign::base::rng::Rng;
use countersign::base::seal::SealingKey;
use countersign::dialects;
use countersign::engine::{Engine, Foundation, HashingLimits, Identity};
use countersign::http::desk::Desk;
use countersign::http::metrics::Metrics;
use countersign::model::mail::MailServer;
use countersign::model::settings::SmtpSecurity;
use countersign::server::app::{App, Parts};
use countersign::server::health::Readiness;
use countersign::store::Store;

/// What private keys are sealed with.
pub fn sealing() -> SealingKey {
    SealingKey::from_bytes(&[7; 32])
}

/// What an engine stands on, with hashing that costs next to nothing.
pub fn foundation(issuer: &str, store: Arc<dyn Store>, clock: Arc<dyn Clock>, rng: Arc<dyn Rng>) -> Foundation {
    Foundation {
        store,
        clock,
        rng,
        sealing: Arc::new(sealing()),
        identity: Identity { issuer: issuer.to_owned() },
        hashing: HashingLimits { memory_kib: 8, iterations: 1, threads: 1, queue: 64 },
        faces: dialects::FACES,
        mail: None,
    }
}

/// A mail server that nobody asks: what is written to it stays in the outbox.
pub fn mail_server() -> MailServer {
    MailServer {
        host: "localhost".to_owned(),
        port: 25,
        security: SmtpSecurity::None,
        username: String::new(),
        password: None,
        from: "id@example.org".to_owned(),
        authorities: None,
    }
}

/// An engine with every face around it.
pub struct Indoors {
    pub engine: Arc<Engine>,
    pub desk: Arc<Desk>,
    pub metrics: Arc<Metrics>,
    endpoint: BoxEndpoint<'static, Response>,
}

impl Indoors {
    /// Opens an engine and puts the application around it, believing what these networks forward.
    pub async fn open(foundation: Foundation, proxies: &[&str]) -> Indoors {
        let rng = foundation.rng.clone();
        let engine = Arc::new(Engine::open(foundation).await.expect("an engine"));
        let metrics = Arc::new(Metrics::new());
        let desk = Arc::new(Desk::new(engine.clone(), rng.clone(), metrics.clone(), sealing().mac_key("forms")));
        let parts = Parts {
            desk: desk.clone(),
            rng,
            metrics: metrics.clone(),
            probe: Arc::new(|| Box::pin(async { Readiness::Ready })),
            local_metrics: true,
            proxies: proxies.iter().map(|network| network.parse().expect("a network")).collect(),
        };
        Indoors { engine, desk, metrics, endpoint: App::new(parts).boxed() }
    }

    /// The answer to a request that comes from `peer`, as a server would hand it on: the address stays known while routers
    /// strip what they match.
    pub async fn answer(&self, head: Head<()>, body: impl Into<Body>, peer: IpAddr) -> Response {
        let peer = Addr::SocketAddr((peer, 50_000).into());
        let (parts, ()) = head.into_parts();
        let parts: RequestParts = (parts, LocalAddr::default(), RemoteAddr(peer), Scheme::HTTP).into();
        self.endpoint.get_response(Request::from_parts(parts, body.into())).await
    }
}
