//! One connection, from handshake to farewell, never without a deadline.
//!
//! hyper's own header timer does not run before the protocol is known and cannot tell an idle connection from a slow
//! head. So the deadlines are kept here: an [`Activity`] knows what the connection is doing and since when, and
//! [`converse`] leaves when it has been doing that for too long.

use std::convert::Infallible;
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream};
use hyper::body::{Body as HttpBody, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use poem::http::header::{CONNECTION, CONTENT_LENGTH};
use poem::http::uri::Scheme;
use poem::http::{self, HeaderValue, Method, StatusCode, Version};
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Body, Endpoint, Request, Response};
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout, timeout_at};

use super::activity::{Activity, Counted, Exchange, Sent, Watched};
use super::listener::Limits;
use super::tls::Tls;

/// What every connection is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Nothing in particular.
    Serve,
    /// There is no slot left: whoever only sits there, leave. Counts up, so that each call is news.
    Crowded(u64),
    /// Finish and leave.
    Drain,
    /// Leave.
    Abort,
}

impl Signal {
    /// The next call for room.
    pub fn crowded(self) -> Signal {
        match self {
            Signal::Serve => Signal::Crowded(1),
            Signal::Crowded(calls) => Signal::Crowded(calls + 1),
            ending => ending,
        }
    }
}

/// What all connections of one listener share.
pub struct House {
    answer: Box<dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync>,
    builder: auto::Builder<TokioExecutor>,
    limits: Limits,
    tls: Option<Tls>,
    local: LocalAddr,
    signal: watch::Receiver<Signal>,
    open: Gauge,
}

impl House {
    /// Serves `endpoint` within `limits`, with or without TLS.
    pub fn new(
        endpoint: impl Endpoint<Output = Response> + 'static,
        limits: Limits,
        tls: Option<Tls>,
        local: Option<SocketAddr>,
        signal: watch::Receiver<Signal>,
        open: Gauge,
    ) -> Arc<House> {
        let endpoint = Arc::new(endpoint);
        let answer = Box::new(move |request| -> BoxFuture<'static, Response> {
            let endpoint = endpoint.clone();
            Box::pin(async move { endpoint.get_response(request).await })
        });
        let local = LocalAddr(local.map(Into::into).unwrap_or_default());
        Arc::new(House { answer, builder: builder(&limits), limits, tls, local, signal, open })
    }
}

fn builder(limits: &Limits) -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        // A second net under the deadlines kept here; it starts when the connection falls idle.
        .header_read_timeout(limits.idle + limits.header)
        .max_buf_size(limits.header_bytes.max(8 * 1024));
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(Duration::from_secs(20))
        .keep_alive_timeout(Duration::from_secs(10))
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX))
        .max_pending_accept_reset_streams(20)
        .max_local_error_reset_streams(64);
    builder
}

/// Sees one connection through: TLS handshake where there is TLS, then requests until it ends.
pub async fn host(house: Arc<House>, stream: TcpStream, peer: SocketAddr) {
    let _open = Counted::new(&house.open);
    match &house.tls {
        None => converse(&house, stream, peer, Scheme::HTTP).await,
        Some(tls) => {
            let mut signal = house.signal.clone();
            let handshake = tokio::select! {
                handshake = timeout(house.limits.handshake, tls.acceptor().accept(stream)) => handshake,
                _ = signal.wait_for(|signal| *signal == Signal::Abort) => return,
            };
            if let Ok(Ok(stream)) = handshake {
                converse(&house, stream, peer, Scheme::HTTPS).await;
            }
        }
    }
}

/// Serves requests until the other side leaves, a deadline passes or the house closes.
async fn converse<IO>(house: &Arc<House>, io: IO, peer: SocketAddr, scheme: Scheme)
where
    IO: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let activity = Activity::new();
    let service = service_fn({
        let (house, activity) = (house.clone(), activity.clone());
        move |request| respond(house.clone(), activity.begin(request.version()), request, peer, scheme.clone())
    });
    let io = TokioIo::new(Watched::new(io, activity.clone()));
    let mut connection = pin!(house.builder.serve_connection(io, service));
    let mut signal = house.signal.clone();
    let mut mood = Mood::Open;
    let mut timer = pin!(sleep_until(mood.deadline(&activity, &house.limits)));

    loop {
        let event = std::future::poll_fn(|context| {
            if connection.as_mut().poll(context).is_ready() {
                return Poll::Ready(Event::Ended);
            }
            // That may have brought the deadline closer. A later one is noticed when the timer rings.
            let deadline = mood.deadline(&activity, &house.limits);
            if deadline < timer.deadline() {
                timer.as_mut().reset(deadline);
            }
            timer.as_mut().poll(context).map(|()| Event::Rang)
        });
        let event = tokio::select! {
            event = event => event,
            changed = signal.changed() => changed.map_or(Event::Ended, |()| Event::Told),
        };
        let now = Instant::now();
        match event {
            Event::Ended => return,
            Event::Rang if now < mood.deadline(&activity, &house.limits) => {}
            Event::Rang => match mood {
                Mood::Open if activity.is_http2() => {
                    connection.as_mut().graceful_shutdown();
                    mood = Mood::Leaving(now + house.limits.header);
                }
                Mood::Lingering(_) if !activity.is_resting() => {
                    connection.as_mut().graceful_shutdown();
                    mood = Mood::Leaving(now + house.limits.drain);
                }
                Mood::Open | Mood::Lingering(_) | Mood::Leaving(_) => return,
            },
            Event::Told => {
                let told = *signal.borrow_and_update();
                match told {
                    Signal::Serve => {}
                    Signal::Crowded(_) if activity.has_rested_for(Duration::from_secs(1)) => return,
                    Signal::Crowded(_) => {}
                    Signal::Abort => return,
                    Signal::Drain if activity.is_http2() => {
                        connection.as_mut().graceful_shutdown();
                        mood = Mood::Leaving(now + house.limits.drain);
                    }
                    Signal::Drain => mood = Mood::Lingering(now + house.limits.linger),
                }
            }
        }
        timer.as_mut().reset(mood.deadline(&activity, &house.limits));
    }
}

/// What [`converse`] wakes up for.
enum Event {
    /// The connection is over.
    Ended,
    /// A deadline may have passed.
    Rang,
    /// There is a new [`Signal`].
    Told,
}

/// How welcome further requests are.
#[derive(Clone, Copy)]
enum Mood {
    /// Until the activity's own deadline.
    Open,
    /// The house is closing: one more request, which may be on its way, until then.
    Lingering(Instant),
    /// Goodbye has been said; what is under way may finish until then.
    Leaving(Instant),
}

impl Mood {
    fn deadline(self, activity: &Activity, limits: &Limits) -> Instant {
        match self {
            Mood::Open => activity.deadline(limits),
            Mood::Lingering(until) | Mood::Leaving(until) => until,
        }
    }
}

/// Answers one request; `exchange` ends when the answer has been handed over.
async fn respond(
    house: Arc<House>,
    exchange: Exchange,
    request: http::Request<Incoming>,
    peer: SocketAddr,
    scheme: Scheme,
) -> Result<http::Response<Sent<impl HttpBody<Data = Bytes, Error = io::Error>>>, Infallible> {
    let (version, head_only) = (request.version(), request.method() == Method::HEAD);
    let mut request = Request::from((request, house.local.clone(), RemoteAddr(peer.into()), scheme));
    let body = request.take_body();
    if !body.is_empty() {
        request.set_body(measured(body, house.limits.body_bytes, Instant::now() + house.limits.body));
    }
    let answer = timeout(house.limits.request, (house.answer)(request)).await;
    let mut response = answer.unwrap_or_else(|_| StatusCode::SERVICE_UNAVAILABLE.into());
    if version < Version::HTTP_2 && *house.signal.borrow() == Signal::Drain {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    let response: http::Response<_> = response.into();
    let response = if head_only { without_body(response) } else { response };
    Ok(response.map(|body| Sent::new(body, exchange)))
}

/// The answer to HEAD: what GET would say of its body, and no body (RFC 9110, section 9.3.2). hyper drops it by itself over
/// HTTP/1.1 only; over HTTP/2 it would break the protocol.
fn without_body<B: HttpBody + From<Body>>(mut response: http::Response<B>) -> http::Response<B> {
    let length = response.body().size_hint().exact().filter(|length| *length > 0);
    if let (Some(length), false) = (length, response.headers().contains_key(CONTENT_LENGTH)) {
        response.headers_mut().insert(CONTENT_LENGTH, length.into());
    }
    response.map(|_| Body::empty().into())
}

/// `body`, failing with [`ErrorKind::FileTooLarge`] beyond `bytes` and with [`ErrorKind::TimedOut`] after `deadline`.
fn measured(body: Body, bytes: usize, deadline: Instant) -> Body {
    let chunks = Box::pin(body.into_bytes_stream());
    Body::from_bytes_stream(stream::unfold(Some((chunks, bytes)), move |state| async move {
        let (mut chunks, left) = state?;
        match timeout_at(deadline, chunks.next()).await {
            Err(_) => Some((Err(ErrorKind::TimedOut.into()), None)),
            Ok(Some(Ok(chunk))) => match left.checked_sub(chunk.len()) {
                None => Some((Err(ErrorKind::FileTooLarge.into()), None)),
                Some(left) => Some((Ok(chunk), Some((chunks, left)))),
            },
            Ok(Some(Err(error))) => Some((Err(error), None)),
            Ok(None) => None,
        }
    }))
}
