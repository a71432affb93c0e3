//! What a connection may and may not do: over real sockets, with limits small enough that no test waits for long.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

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
const PATIENCE: Duration = Duration::from_secs(20);

fn small() -> Limits {
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

struct House {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    served: JoinHandle<usize>,
    /// Told when `/wait` was reached, and tells it to go on.
    reached: Arc<Notify>,
    go_on: Arc<Notify>,
}

impl House {
    fn open(limits: Limits) -> House {
        let (reached, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap().limits(limits);
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let served = tokio::spawn(listener.serve(app(reached.clone(), go_on.clone()), async {
            let _ = stopped.await;
        }));
        House { address, stop: Some(stop), served, reached, go_on }
    }

    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    fn close(&mut self) {
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
async fn until_closed(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await.expect("the connection stayed open") {
            Ok(0) | Err(_) => return String::from_utf8_lossy(&all).into_owned(),
            Ok(n) => all.extend_from_slice(&buffer[..n]),
        }
    }
}

async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    answer(stream).await
}

/// One answer: its head and as much body as it announces.
async fn answer(stream: &mut TcpStream) -> String {
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

const GET: &str = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

#[tokio::test]
async fn a_half_sent_head_is_closed_in_time() {
    let house = House::open(small());
    for start in ["", "G", "GET / HTTP/1.1\r\nHost: x\r\n", "PRI * HTTP/2.0\r\n\r\nSM"] {
        let began = Instant::now();
        let mut stream = house.connect().await;
        stream.write_all(start.as_bytes()).await.unwrap();
        assert_eq!(until_closed(&mut stream).await, "", "{start:?}");
        assert!(began.elapsed() >= Duration::from_millis(150), "{start:?} was closed at once");
    }
}

#[tokio::test]
async fn a_trickled_head_is_closed_in_time() {
    let house = House::open(small());
    let (mut reader, mut writer) = house.connect().await.into_split();
    let trickle = tokio::spawn(async move {
        let mut sent = 0;
        // One byte well within the limit, again and again, until the other side has had enough.
        while writer.write_all(if sent == 0 { b"GET /" } else { b"a" }).await.is_ok() && sent < 1000 {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sent
    });
    let mut nothing = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut nothing)).await.expect("the connection stayed open");
    assert!(nothing.is_empty());
    assert!(trickle.await.unwrap() < 1000);
}

#[tokio::test]
async fn a_slow_head_on_a_kept_connection_is_closed_too() {
    let house = House::open(Limits { idle: PATIENCE * 2, ..small() });
    let mut stream = house.connect().await;
    assert!(ask(&mut stream, GET).await.ends_with("hello"));
    stream.write_all(b"GET / HT").await.unwrap();
    assert_eq!(until_closed(&mut stream).await, "");
}

#[tokio::test]
async fn an_idle_connection_is_closed_after_serving_several_requests() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    for _ in 0..3 {
        assert!(ask(&mut stream, GET).await.ends_with("hello"));
    }
    let began = Instant::now();
    assert_eq!(until_closed(&mut stream).await, "");
    assert!(began.elapsed() >= Duration::from_millis(250));
}

#[tokio::test]
async fn a_body_over_the_limit_is_answered_with_413() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    let form = "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let answer = ask(&mut stream, &format!("{form}Content-Length: 3\r\n\r\na=1")).await;
    assert!(answer.ends_with("a=1"), "{answer}");
    let announced = ask(&mut stream, &format!("{form}Content-Length: 99999999\r\n\r\na=1")).await;
    assert!(announced.starts_with("HTTP/1.1 413 "), "{announced}");

    let mut stream = house.connect().await;
    stream.write_all(format!("{form}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).await.unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 8192, "a".repeat(8192));
    let (mut reader, mut writer) = stream.into_split();
    // Endless: it stops only because the other side stops listening.
    let writing = tokio::spawn(async move { while writer.write_all(chunk.as_bytes()).await.is_ok() {} });
    let mut head = vec![0; 12];
    tokio::time::timeout(PATIENCE, reader.read_exact(&mut head)).await.unwrap().unwrap();
    assert_eq!(String::from_utf8(head).unwrap(), "HTTP/1.1 413");
    let mut rest = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, reader.read_to_end(&mut rest)).await.expect("the connection stayed open");
    tokio::time::timeout(PATIENCE, writing).await.expect("the endless body is still being taken").unwrap();
}

#[tokio::test]
async fn a_body_that_does_not_arrive_is_answered_with_408() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    let head = "POST /form HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na";
    assert!(ask(&mut stream, head).await.starts_with("HTTP/1.1 408 "));
}

#[tokio::test]
async fn a_head_without_end_is_refused() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    let mut head = String::from("GET / HTTP/1.1\r\nHost: x\r\n");
    head.push_str(&format!("Cookie: {}\r\n\r\n", "a".repeat(70_000)));
    let _ = stream.write_all(head.as_bytes()).await;
    let answer = until_closed(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn head_is_answered_like_get_and_other_methods_are_refused() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("content-length: 5\r\n"), "{answer}");
    assert!(answer.ends_with("\r\n\r\n"), "{answer}");
    let mut stream = house.connect().await;
    let answer = ask(&mut stream, "PUT / HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 405 ") && answer.contains("allow: GET, HEAD, OPTIONS\r\n"), "{answer}");
}

#[tokio::test]
async fn a_panic_is_answered_and_the_connection_goes_on() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    let answer = ask(&mut stream, "GET /panic HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 500 ") && answer.contains("x-request-id: "), "{answer}");
    assert!(ask(&mut stream, GET).await.ends_with("hello"));
}

#[tokio::test]
async fn stopping_finishes_what_is_under_way_and_takes_in_nothing_new() {
    let mut house = House::open(small());
    let (mut idle, mut busy) = (house.connect().await, house.connect().await);
    assert!(ask(&mut idle, GET).await.ends_with("hello"));
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    house.reached.notified().await;
    house.close();
    assert_eq!(until_closed(&mut idle).await, "");
    assert!(TcpStream::connect(house.address).await.is_err(), "the door is still open");
    house.go_on.notify_one();
    let finished = until_closed(&mut busy).await;
    assert!(finished.ends_with("done") && finished.contains("connection: close"), "{finished}");
    assert_eq!(tokio::time::timeout(PATIENCE, house.served).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn a_request_already_on_its_way_when_stopping_is_answered() {
    let mut house = House::open(Limits { linger: PATIENCE, drain: PATIENCE, ..small() });
    let mut kept = house.connect().await;
    assert!(ask(&mut kept, GET).await.ends_with("hello"));
    house.close();
    while TcpStream::connect(house.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let last = ask(&mut kept, GET).await;
    assert!(last.contains("connection: close") && last.ends_with("hello"), "{last}");
    assert_eq!(tokio::time::timeout(PATIENCE, house.served).await.unwrap().unwrap(), 0);
}

#[tokio::test]
async fn what_does_not_finish_in_time_is_cut_off() {
    let mut house = House::open(Limits { drain: Duration::from_millis(200), ..small() });
    let mut busy = house.connect().await;
    busy.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    house.reached.notified().await;
    house.close();
    assert_eq!(tokio::time::timeout(PATIENCE, &mut house.served).await.unwrap().unwrap(), 1);
    assert_eq!(until_closed(&mut busy).await, "");
}

#[tokio::test]
async fn beyond_the_cap_callers_wait_and_those_inside_are_served_on() {
    let house = House::open(Limits { connections: 2, idle: PATIENCE * 2, header: PATIENCE * 2, ..small() });
    let (mut first, mut second) = (house.connect().await, house.connect().await);
    assert!(ask(&mut first, GET).await.ends_with("hello"));
    second.write_all(b"GET /wait HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    house.reached.notified().await;
    let mut third = house.connect().await;
    third.write_all(GET.as_bytes()).await.unwrap();
    assert!(ask(&mut first, GET).await.ends_with("hello"));
    // The first has nothing to do and is asked to leave; the second is being served and stays.
    assert!(answer(&mut third).await.ends_with("hello"));
    assert_eq!(until_closed(&mut first).await, "");
    house.go_on.notify_one();
    assert!(answer(&mut second).await.ends_with("done"));
}

/// One HTTP/2 frame (RFC 9113, section 4.1).
fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// The next frame's kind, stream and payload; `None` at the end.
async fn next_frame(stream: &mut (impl AsyncReadExt + Unpin)) -> Option<(u8, u32, Vec<u8>)> {
    let mut head = [0; 9];
    let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut head)).await.expect("the connection stayed open");
    read.ok()?;
    let mut payload = vec![0; u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize];
    stream.read_exact(&mut payload).await.ok()?;
    Some((head[3], u32::from_be_bytes([head[5], head[6], head[7], head[8]]), payload))
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const END_STREAM_AND_HEADERS: u8 = 5;
/// `:method GET`, `:scheme http`, `:path /`, `:authority x`, as the static table numbers them (RFC 7541, appendix A).
const GET_ROOT: [u8; 6] = [0x82, 0x86, 0x84, 0x41, 0x01, b'x'];

/// Begins HTTP/2 and asks for `/` on stream 1; gives back what came on it.
async fn get_over_http2(stream: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin)) -> Vec<u8> {
    let hello = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_STREAM_AND_HEADERS, 1, &GET_ROOT),
    ];
    stream.write_all(&hello.concat()).await.unwrap();
    loop {
        match next_frame(stream).await.expect("closed without an answer") {
            (SETTINGS, _, settings) if !settings.is_empty() => {
                stream.write_all(&frame(SETTINGS, 1, 0, &[])).await.unwrap()
            }
            (DATA, 1, payload) if !payload.is_empty() => return payload,
            _ => {}
        }
    }
}

/// HEAD may not bring a body over HTTP/2 (RFC 9113, section 8.1.1): clients take one for a broken stream.
#[tokio::test]
async fn head_over_http2_brings_no_body() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    // `:method` and `:path` are written out: neither HEAD nor `/zz` is in the static table.
    let head = |path: &[u8]| {
        let method = [&[0x02, 4][..], b"HEAD", &[0x86, 0x41, 1, b'x', 0x04, path.len() as u8], path];
        method.concat()
    };
    let hello = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_STREAM_AND_HEADERS, 1, &head(b"/")),
        frame(HEADERS, END_STREAM_AND_HEADERS, 3, &head(b"/zz")),
    ];
    stream.write_all(&hello.concat()).await.unwrap();
    let mut answered = 0;
    while let Some((kind, id, payload)) = next_frame(&mut stream).await {
        match kind {
            SETTINGS if !payload.is_empty() => stream.write_all(&frame(SETTINGS, 1, 0, &[])).await.unwrap(),
            HEADERS => answered += 1,
            DATA => panic!("a body on stream {id}: {:?}", String::from_utf8_lossy(&payload)),
            _ => {}
        }
    }
    assert_eq!(answered, 2);
    let mut stream = house.connect().await;
    stream.write_all(b"HEAD / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let said = until_closed(&mut stream).await;
    assert!(said.contains("\r\ncontent-length: 5\r\n") && said.ends_with("\r\n\r\n"), "{said}");
}

#[tokio::test]
async fn http2_without_tls_works_and_is_sent_away_politely_when_idle() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    assert_eq!(get_over_http2(&mut stream).await, b"hello");
    let mut goaway = false;
    while let Some((kind, ..)) = next_frame(&mut stream).await {
        goaway |= kind == GOAWAY;
    }
    assert!(goaway);
}

#[tokio::test]
async fn pings_do_not_keep_an_http2_connection_open() {
    let house = House::open(small());
    let mut stream = house.connect().await;
    assert_eq!(get_over_http2(&mut stream).await, b"hello");
    let (mut reader, mut writer) = stream.into_split();
    let pinging = tokio::spawn(async move {
        let mut sent = 0;
        while writer.write_all(&frame(6, 0, 0, &[0; 8])).await.is_ok() && sent < 1000 {
            sent += 1;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sent
    });
    while next_frame(&mut reader).await.is_some() {}
    assert!(pinging.await.unwrap() < 1000);
}

#[tokio::test]
async fn stopping_finishes_an_http2_request_under_way() {
    let mut house = House::open(small());
    let mut stream = house.connect().await;
    let path = [&[0x82, 0x86, 0x41, 0x01, b'x', 0x04, 0x05][..], b"/wait"].concat();
    let hello = [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        frame(SETTINGS, 0, 0, &[]),
        frame(HEADERS, END_STREAM_AND_HEADERS, 1, &path),
    ];
    stream.write_all(&hello.concat()).await.unwrap();
    house.reached.notified().await;
    house.close();
    let mut body = Vec::new();
    while let Some((kind, id, payload)) = next_frame(&mut stream).await {
        match (kind, id) {
            (SETTINGS, _) if !payload.is_empty() => drop(stream.write_all(&frame(SETTINGS, 1, 0, &[])).await),
            // Part of the farewell: a ping that must come back (RFC 9113, section 6.8).
            (6, _) => drop(stream.write_all(&frame(6, 1, 0, &payload)).await),
            (GOAWAY, _) => house.go_on.notify_one(),
            (DATA, 1) => body.extend(payload),
            _ => {}
        }
    }
    assert_eq!(body, b"done");
    assert_eq!(tokio::time::timeout(PATIENCE, house.served).await.unwrap().unwrap(), 0);
}
