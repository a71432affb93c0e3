//! A server on a socket of its own, and how to talk to it word by word.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use countersign::base::rng::SystemRng;
use countersign::http::edge::Edge;
use countersign::http::fault::{Fault, Plain, Shapes};
use countersign::http::headers::SecurityHeaders;
use countersign::http::{body, routing::Methods};
use countersign::server::listener::{Limits, Listener};
use poem::endpoint::{make, make_sync};
use poem::{Endpoint, Request, Response, Result, Route};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

/// Long enough for a loaded machine; reached only when something is broken.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Limits that are soon reached.
pub fn small() -> Limits {
    Limits {
        header: Duration::from_millis(200),
        idle: Duration::from_millis(300),
        body: Duration::from_millis(200),
        body_bytes: 64 * 1024,
        linger: Duration::from_millis(50),
        drain: Duration::from_secs(3),
        ..Limits::default()
    }
}

/// A server that is listening.
pub struct House {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    /// How many connections were cut off, once it has stopped.
    pub served: JoinHandle<usize>,
    /// Told when `/wait` was reached, and tells it to go on.
    pub reached: Arc<Notify>,
    pub go_on: Arc<Notify>,
}

impl House {
    pub fn open(limits: Limits) -> House {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap().limits(limits);
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(listener.serve(app(reached.clone(), go_on.clone()), async {
            let _ = stopped.await;
        }));
        House { address, stop: Some(stop), served, reached, go_on }
    }

    pub async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    pub fn close(&mut self) {
        let _ = self.stop.take().map(|stop| stop.send(()));
    }
}

fn app(reached: Arc<Notify>, go_on: Arc<Notify>) -> impl Endpoint<Output = Response> {
    let wait = make(move |_| {
        let (reached, go_on) = (reached.clone(), go_on.clone());
        async move {
            reached.notify_one();
            go_on.notified().await;
            "done"
        }
    });
    let form = make(async |mut request: Request| -> Result<String> {
        let params = body::form(&mut request).await.map_err(Fault::from)?;
        Ok(format!("a={}", params.get("a").unwrap_or("nothing")))
    });
    let app = Route::new()
        .at("/", Methods::new().get(make_sync(|_| "hello")))
        .at("/wait", Methods::new().get(wait))
        .at("/form", Methods::new().post(form))
        .at("/panic", make_sync(|_| -> Response { panic!("on purpose") }));
    Edge::new(app, Arc::new(SystemRng), SecurityHeaders::for_issuer("http://localhost"), Shapes::new(Plain))
}

/// Everything the other side sends until it closes. A reset counts as closing.
pub async fn until_closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("the connection stayed open") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&all).into_owned(),
            Ok(n) => all.extend_from_slice(&buffer[..n]),
        }
    }
}

/// Sends a request and reads its answer.
pub async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(stream).await
}

/// One answer: its head and as much body as it announces.
pub async fn answer(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    loop {
        let mut byte = [0];
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut byte)).await.expect("no answer");
        assert_eq!(read.unwrap(), 1, "closed after {:?}", String::from_utf8_lossy(&all));
        all.push(byte[0]);
        if all.ends_with(b"\r\n\r\n") {
            break;
        }
    }
    let head = String::from_utf8(all).unwrap();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |n| n.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.unwrap();
    head + &String::from_utf8(body).unwrap()
}
