//! The accept loop: how many connections there are, and how all of them end.
//!
//! A slot is taken before a connection is accepted, so that beyond the cap callers wait in the system's queue and those
//! already here are served on. When told to stop it takes in what is already waiting, closes the door, and gives
//! everybody inside time to finish.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use poem::{Endpoint, Response};
use prometheus_client::metrics::gauge::Gauge;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::connection::{House, Signal, host};
use super::tls::Tls;

/// Every number that keeps a connection within bounds.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at once; beyond that, callers wait to be accepted.
    pub connections: usize,
    /// For the TLS handshake.
    pub handshake: Duration,
    /// From the first byte of a request, or from the connection's opening, to the end of its head.
    pub header: Duration,
    /// Bytes of a request's head, and of an HTTP/2 header list.
    pub header_bytes: usize,
    /// From the end of the head to the end of the body.
    pub body: Duration,
    /// Bytes of any body; routes take far less, this is the ceiling.
    pub body_bytes: usize,
    /// From the end of the head to the beginning of the answer.
    pub request: Duration,
    /// From the end of the head to the last byte of the answer handed over.
    pub exchange: Duration,
    /// Between two requests.
    pub idle: Duration,
    /// Requests at once on one HTTP/2 connection.
    pub streams: u32,
    /// After the signal to stop: how long an idle connection may still bring a request that was on its way.
    pub linger: Duration,
    /// After the signal to stop: until everything is cut off.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connections: 10_000,
            handshake: Duration::from_secs(10),
            header: Duration::from_secs(10),
            header_bytes: 32 * 1024,
            body: Duration::from_secs(15),
            body_bytes: 10 << 20,
            request: Duration::from_secs(30),
            exchange: Duration::from_secs(90),
            idle: Duration::from_secs(60),
            streams: 100,
            linger: Duration::from_millis(250),
            drain: Duration::from_secs(4),
        }
    }
}

/// A bound address, ready to serve.
pub struct Listener {
    socket: TcpListener,
    tls: Option<Tls>,
    limits: Limits,
    open: Gauge,
}

impl Listener {
    /// Binds `address`; port 0 picks one. `[::]` takes IPv4 too where the system allows it, as Linux does by default.
    pub fn bind(address: SocketAddr) -> io::Result<Listener> {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // A restart may take the address over from connections that are still being forgotten.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(Listener { socket: socket.listen(4096)?, tls: None, limits: Limits::default(), open: Gauge::default() })
    }

    /// Speaks TLS only.
    #[must_use]
    pub fn tls(mut self, tls: Option<Tls>) -> Listener {
        self.tls = tls;
        self
    }

    /// Keeps these limits; see [`room_for_connections`](super::files::room_for_connections) for the number that fits.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Listener {
        self.limits = limits;
        self
    }

    /// Counts open connections in `gauge`.
    #[must_use]
    pub fn counting(mut self, gauge: Gauge) -> Listener {
        self.open = gauge;
        self
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Serves `endpoint` until `stop` resolves, then drains. Gives back how many connections had to be cut off because
    /// they were not done within [`Limits::drain`].
    pub async fn serve(
        self,
        endpoint: impl Endpoint<Output = Response> + 'static,
        stop: impl Future<Output = ()>,
    ) -> usize {
        let Listener { socket, tls, limits, open } = self;
        let cap = limits.connections.clamp(1, Semaphore::MAX_PERMITS);
        let slots = Arc::new(Semaphore::new(cap));
        let (signals, signal) = watch::channel(Signal::Serve);
        let house = House::new(endpoint, limits.clone(), tls, socket.local_addr().ok(), signal, open);
        let mut stop = std::pin::pin!(stop);
        let mut trouble = Trouble::default();

        loop {
            let slot = tokio::select! {
                slot = take_slot(&slots, &signals) => slot,
                () = &mut stop => break,
            };
            let accepted = tokio::select! {
                accepted = socket.accept() => accepted,
                () = &mut stop => break,
            };
            match accepted {
                Ok((stream, peer)) => welcome(&house, stream, peer, slot),
                Err(error) => tokio::select! {
                    () = trouble.pause(&error) => {}
                    () = &mut stop => break,
                },
            }
        }

        // Whoever the system has already shaken hands with would otherwise be hung up on.
        while let (Ok(slot), Some(Ok((stream, peer)))) =
            (slots.clone().try_acquire_owned(), socket.accept().now_or_never())
        {
            welcome(&house, stream, peer, slot);
        }
        drop(socket);
        signals.send_replace(Signal::Drain);
        let all = u32::try_from(cap).unwrap_or(u32::MAX);
        if tokio::time::timeout(limits.drain, slots.acquire_many(all)).await.is_ok() {
            return 0;
        }
        let unfinished = cap - slots.available_permits();
        signals.send_replace(Signal::Abort);
        unfinished
    }
}

/// Resolves at SIGTERM or SIGINT. The handlers are in place when this returns.
pub fn stop_signals() -> io::Result<impl Future<Output = ()> + Send + 'static> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Waits for a free slot. While there is none, connections that only sit there are asked to leave, once a second.
async fn take_slot(slots: &Arc<Semaphore>, signals: &watch::Sender<Signal>) -> OwnedSemaphorePermit {
    // The semaphore is never closed.
    let free = async || slots.clone().acquire_owned().await.expect("an open semaphore");
    loop {
        if let Ok(slot) = slots.clone().try_acquire_owned() {
            return slot;
        }
        signals.send_modify(|signal| *signal = signal.crowded());
        if let Ok(slot) = tokio::time::timeout(Duration::from_secs(1), free()).await {
            return slot;
        }
    }
}

fn welcome(house: &Arc<House>, stream: TcpStream, peer: SocketAddr, slot: OwnedSemaphorePermit) {
    let _ = stream.set_nodelay(true);
    let house = house.clone();
    tokio::spawn(async move {
        host(house, stream, peer).await;
        drop(slot);
    });
}

/// What to do when accepting fails.
#[derive(Default)]
struct Trouble {
    told: Option<tokio::time::Instant>,
}

impl Trouble {
    /// Nothing when only that caller is gone; otherwise (no file descriptors, no memory) a moment's rest, since trying
    /// again at once would fail again at once. Said in the log once a minute.
    async fn pause(&mut self, error: &io::Error) {
        use ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
        if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted) {
            return;
        }
        let now = tokio::time::Instant::now();
        if self.told.is_none_or(|told| now.duration_since(told) > Duration::from_secs(60)) {
            tracing::error!(%error, "connections cannot be accepted");
            self.told = Some(now);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
