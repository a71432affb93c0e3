//! What a connection may and may not do: over real sockets, with limits small enough that no test waits for long.
//!
//! Here with HTTP/1.1 ([`house`] is the server), in [`http2`] with HTTP/2.

mod house;
mod http2;

use std::time::{Duration, Instant};

use countersign::server::listener::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use house::{House, PATIENCE, answer, ask, small, until_closed};

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
