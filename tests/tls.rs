//! TLS from certificate files: what is spoken, what is refused, and what happens when the files change.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use countersign::server::listener::{Limits, Listener};
use countersign::server::tls::{Tls, TlsError};
use poem::EndpointExt;
use poem::endpoint::make_sync;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, ProtocolVersion, RootCertStore, crypto::aws_lc_rs, version};

const PATIENCE: Duration = Duration::from_secs(20);

/// Writes a new certificate for `localhost` and its key into `folder`.
fn certify(folder: &Path) -> CertificateDer<'static> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
    made.cert.der().clone()
}

fn tls(folder: &TempDir) -> Result<Tls, TlsError> {
    Tls::from_files(folder.path().join("cert.pem"), folder.path().join("key.pem"))
}

fn serve(tls: Tls) -> SocketAddr {
    serve_within(tls, Limits::default())
}

fn serve_within(tls: Tls, limits: Limits) -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0".parse().unwrap()).unwrap().tls(Some(tls)).limits(limits);
    let address = listener.local_addr().unwrap();
    let hello = make_sync(|request| format!("hello over {}", request.scheme()));
    tokio::spawn(listener.serve(hello.map_to_response(), std::future::pending()));
    address
}

async fn connect(
    address: SocketAddr,
    trusted: &CertificateDer<'static>,
    protocols: &[&'static tokio_rustls::rustls::SupportedProtocolVersion],
    alpn: &[&[u8]],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(protocols)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

#[tokio::test]
async fn both_protocol_versions_and_both_http_versions_are_spoken() {
    let folder = TempDir::new().unwrap();
    let certificate = certify(folder.path());
    let address = serve(tls(&folder).unwrap());
    for (asked, spoken) in [(&version::TLS12, ProtocolVersion::TLSv1_2), (&version::TLS13, ProtocolVersion::TLSv1_3)] {
        let mut stream = connect(address, &certificate, &[asked], &[b"h2", b"http/1.1"]).await.unwrap();
        assert_eq!(stream.get_ref().1.protocol_version(), Some(spoken));
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        stream = connect(address, &certificate, &[asked], &[b"http/1.1"]).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("hello over https"), "{answer}");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    certify(folder.path());
    let limits = Limits { handshake: Duration::from_millis(200), ..Limits::default() };
    let address = serve_within(tls(&folder).unwrap(), limits);
    let mut stream = TcpStream::connect(address).await.unwrap();
    let mut nothing = Vec::new();
    let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut nothing)).await;
    assert!(closed.is_ok() && nothing.is_empty());
}

#[tokio::test]
async fn changed_files_are_read_again_and_broken_ones_are_not_used() {
    let folder = TempDir::new().unwrap();
    let first = certify(folder.path());
    let tls = tls(&folder).unwrap();
    let address = serve(tls.clone());
    let mut watch = tls.watch();
    let trusts = async |certificate| connect(address, certificate, &[&version::TLS13], &[]).await.is_ok();
    assert!(trusts(&first).await);

    let good = fs::read(folder.path().join("cert.pem")).unwrap();
    fs::write(folder.path().join("cert.pem"), "half a certi").unwrap();
    watch.look();
    assert!(trusts(&first).await);
    fs::write(folder.path().join("cert.pem"), good).unwrap();

    tokio::spawn(watch.go_on(Duration::from_millis(5)));
    let second = certify(folder.path());
    tokio::time::timeout(PATIENCE, async {
        while !trusts(&second).await {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
    .expect("the new certificate is never used");
    assert!(!trusts(&first).await);
}

#[test]
fn what_cannot_be_used_is_named() {
    let folder = TempDir::new().unwrap();
    let said = |folder: &TempDir| tls(folder).err().unwrap().to_string();
    assert!(said(&folder).contains("cert.pem: No such file"));
    certify(folder.path());
    let key = fs::read(folder.path().join("key.pem")).unwrap();
    fs::write(folder.path().join("key.pem"), "").unwrap();
    assert!(said(&folder).contains("key.pem: no PEM block"));
    fs::write(folder.path().join("key.pem"), &key).unwrap();
    fs::write(folder.path().join("cert.pem"), &key).unwrap();
    assert!(said(&folder).contains("cert.pem: no PEM block"));
    certify(folder.path());
    fs::write(folder.path().join("key.pem"), &key).unwrap();
    assert!(said(&folder).contains("cannot be used"));
}
