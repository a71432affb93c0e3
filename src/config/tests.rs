use std::path::Path;

use super::*;
use crate::toml_file::System;

fn read(text: &str) -> Result<Written, String> {
    file::read(Path::new("/etc/cs/countersign.toml"), text, &System).map_err(|problems| problems.to_string())
}

#[test]
fn a_whole_file_is_read_and_meant() {
    let text = r#"
        listen = "0.0.0.0:8443"
        issuer = "https://id.example.org"
        data = "data"
        metrics_listen = "127.0.0.1:9090"
        log_format = "json"
        log_filter = "warn,countersign=debug"
        trusted_proxies = ["10.0.0.0/8", "::1"]
        tls_cert = "tls/cert.pem"
        tls_key = "/run/key.pem"

        [limits]
        body = 65536
        header = 16384
        connections = 512

        [hashing]
        memory_kib = 65536
        iterations = 3
        threads = 2
        queue = 32

        [store]
        cache_mib = 128
    "#;
    let config = Config::meant(read(text).unwrap(), false).unwrap();
    assert_eq!(config.server.data, Path::new("/etc/cs/data"));
    assert_eq!(config.server.tls, Some(("/etc/cs/tls/cert.pem".into(), "/run/key.pem".into())));
    assert_eq!((config.server.limits.body_bytes, config.server.limits.connections), (65_536, 512));
    assert_eq!((config.server.hashing.memory_kib, config.server.store_cache_mib), (65_536, 128));
    assert_eq!((config.log_format, config.log_filter.as_str()), (LogFormat::Json, "warn,countersign=debug"));
}

#[test]
fn nothing_written_means_the_defaults() {
    let config = Config::meant(Written::default(), false).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.data, Path::new("countersign-data"));
    assert_eq!((config.server.issuer, config.log_filter.as_str()), (None, "info"));
}

#[test]
fn the_command_line_goes_before_the_file() {
    let file =
        read("listen = '127.0.0.1:1'\nissuer = 'https://a.test'\n[limits]\nbody = 2048\nheader = 9000\n").unwrap();
    let limits = WrittenLimits { body: Some(4_096), ..WrittenLimits::default() };
    let flags = Written { listen: Some(SocketAddr::from(([127, 0, 0, 1], 2))), limits, ..Written::default() };
    let both = flags.over(file);
    assert_eq!(both.listen.unwrap().port(), 2);
    assert_eq!(both.issuer.unwrap().as_str(), "https://a.test");
    assert_eq!((both.limits.body, both.limits.header), (Some(4_096), Some(9_000)));
}

#[test]
fn every_mistake_is_told_with_its_line() {
    let text = "lisen = '127.0.0.1:8080'\nissuer = 'http://id.example.org'\nmetrics_listen = '9090'\n\
                log_format = 'jsn'\nlog_filter = 'countersign=[['\ntrusted_proxies = ['10.0.0.1/8']\ntls_cert = 'cert.pem'\n\
                [smtp]\nhost = 'mail'\nsecurity = 'none'\n[backup]\nevery = '1d'\n[limits]\nbody = 1\nrates = {}\n\
                [hashing]\nmemory = 1\n[store]\ncache = 64\n";
    insta::assert_snapshot!(read(text).unwrap_err());
}

#[test]
fn authorities_are_certificates() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let made = rcgen::generate_simple_self_signed(["mail.example.org".to_owned()]).unwrap();
    let smtp = format!("[smtp]\nhost = 'mail.example.org'\nfrom = 'id@example.org'\nca_file = '{}'\n", file.display());
    let told = |content: &str| {
        std::fs::write(&file, content).unwrap();
        read(&smtp)
    };
    assert!(told(&made.cert.pem()).unwrap().smtp.unwrap().authorities.is_some());
    for wrong in [made.signing_key.serialize_pem(), String::new(), "ca".to_owned()] {
        let why = told(&wrong).unwrap_err();
        assert!(why.contains(":4") && why.contains("ca_file") && why.contains("has no certificate in it"), "{why}");
    }
    let cut = made.cert.pem().replace("MII", "AAA");
    assert!(told(&cut).unwrap_err().contains("cannot be used"), "{cut}");
}
