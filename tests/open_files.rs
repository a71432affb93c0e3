//! A process out of file descriptors: alone in its own process, since the limit is the process's.

use std::time::Duration;

use countersign::server::listener::Listener;
use poem::EndpointExt;
use poem::endpoint::make_sync;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_secs(20);

async fn is_served(stream: &mut TcpStream) -> bool {
    let mut answer = vec![0; 12];
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let read = tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await;
    read.is_ok_and(|read| read.is_ok()) && answer == b"HTTP/1.1 200"
}

#[tokio::test]
async fn without_free_descriptors_those_inside_are_served_and_later_everybody() {
    setrlimit(Resource::Nofile, Rlimit { current: Some(64), maximum: getrlimit(Resource::Nofile).maximum }).unwrap();
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(listener.serve(make_sync(|_| "").map_to_response(), std::future::pending()));

    let mut inside = TcpStream::connect(address).await.unwrap();
    assert!(is_served(&mut inside).await);
    let mut crowd = Vec::new();
    while let Ok(stream) = TcpStream::connect(address).await {
        crowd.push(stream);
        assert!(crowd.len() < 64, "the limit does not hold");
    }
    let mut drained = vec![0; 4096];
    let _ = inside.try_read(&mut drained);
    assert!(is_served(&mut inside).await);

    drop(crowd);
    let mut newcomer = TcpStream::connect(address).await.unwrap();
    assert!(is_served(&mut newcomer).await);
}
