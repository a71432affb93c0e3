//! The same with HTTP/2 (RFC 9113), without TLS.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::house::{House, PATIENCE, small, until_closed};

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
