//! What a connection is doing, and since when: told by its socket, its requests and its answers.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::{Body as HttpBody, Frame, SizeHint};
use poem::http::Version;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::listener::Limits;

/// What one connection is doing. Shared between the connection, its socket and its requests.
pub struct Activity(Mutex<State>);

struct State {
    phase: Phase,
    since: Instant,
    http2: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Open, nothing sent yet.
    Fresh,
    /// Sending a request's head.
    Head,
    /// So many requests are being answered.
    Busy(usize),
    /// All requests are answered.
    Idle,
}

impl Activity {
    /// A connection just opened.
    pub fn new() -> Arc<Activity> {
        Arc::new(Activity(Mutex::new(State { phase: Phase::Fresh, since: Instant::now(), http2: false })))
    }

    /// A request's head is complete. It is being answered until the [`Exchange`] is dropped.
    pub fn begin(self: &Arc<Activity>, version: Version) -> Exchange {
        let mut state = self.state();
        state.http2 = version == Version::HTTP_2;
        match state.phase {
            Phase::Busy(requests) => state.phase = Phase::Busy(requests + 1),
            _ => state.enter(Phase::Busy(1)),
        }
        Exchange(self.clone())
    }

    /// Until when this may go on. An HTTP/2 connection may be busy without a pause for hours; it is asked to begin anew
    /// now and then, which costs its client nothing.
    pub fn deadline(&self, limits: &Limits) -> Instant {
        let state = self.state();
        state.since
            + match state.phase {
                Phase::Fresh | Phase::Head => limits.header,
                Phase::Busy(_) => limits.exchange,
                Phase::Idle => limits.idle,
            }
    }

    /// Whether it has spoken HTTP/2.
    pub fn is_http2(&self) -> bool {
        self.state().http2
    }

    /// Whether nothing would be lost if it ended now.
    pub fn is_resting(&self) -> bool {
        matches!(self.state().phase, Phase::Fresh | Phase::Idle)
    }

    /// Whether it has been resting for longer than `span`.
    pub fn has_rested_for(&self, span: Duration) -> bool {
        self.is_resting() && self.state().since.elapsed() > span
    }

    /// Bytes came in. Between requests they begin a head; on HTTP/2 they may be pings, which do not count.
    fn received(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Fresh | Phase::Idle) && !state.http2 {
            state.enter(Phase::Head);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn enter(&mut self, phase: Phase) {
        (self.phase, self.since) = (phase, Instant::now());
    }
}

/// One request being answered.
pub struct Exchange(Arc<Activity>);

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut state = self.0.state();
        match state.phase {
            Phase::Busy(requests) if requests > 1 => state.phase = Phase::Busy(requests - 1),
            _ => state.enter(Phase::Idle),
        }
    }
}

/// An answer's body. The exchange ends with it.
pub struct Sent<B> {
    body: B,
    _exchange: Exchange,
}

impl<B> Sent<B> {
    /// `body`, which ends `exchange` when it has been handed over or given up.
    pub fn new(body: B, exchange: Exchange) -> Sent<B> {
        Sent { body, _exchange: exchange }
    }
}

impl<B: HttpBody + Unpin> HttpBody for Sent<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A socket that says when something came in.
pub struct Watched<IO> {
    io: IO,
    activity: Arc<Activity>,
}

impl<IO> Watched<IO> {
    /// `io`, telling `activity`.
    pub fn new(io: IO, activity: Arc<Activity>) -> Watched<IO> {
        Watched { io, activity }
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.activity.received();
        }
        read
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }
}

/// Counts itself in a gauge for as long as it lives.
pub struct Counted(Gauge);

impl Counted {
    /// One more.
    pub fn new(gauge: &Gauge) -> Counted {
        gauge.inc();
        Counted(gauge.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.dec();
    }
}
