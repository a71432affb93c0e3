//! `countersign.toml`: how this process runs.

use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::Path;

use rustls_pki_types::CertificateDer;
use rustls_pki_types::pem::PemObject;
use tokio_rustls::rustls::RootCertStore;

use crate::base::secret::Secret;
use crate::engine::admin::rules;
use crate::http::client_address::Network;
use crate::model::mail::MailServer;
use crate::model::settings::SmtpSecurity;
use crate::toml_file::{self, Outside, Problems, Section};

use super::issuer::Issuer;
use super::{LogFormat, Written, WrittenHashing, WrittenLimits};

const NOT_YET: &str = "is not available in this version: leave it out";

/// Reads `text`, the content of `file`. Relative paths in it begin at its directory.
///
/// # Errors
/// Everything that is wrong with it, all at once.
pub fn read(file: &Path, text: &str, outside: &dyn Outside) -> Result<Written, Problems> {
    let directory = file.parent().map(Path::to_owned).unwrap_or_default();
    toml_file::read(file, text, outside, |root| written(root, &directory))
}

fn written(root: &Section<'_>, directory: &Path) -> Written {
    root.later("backup", NOT_YET);
    let path = |key| root.string(key).map(|path| directory.join(path));
    let (cert, key) = (path("tls_cert"), path("tls_key"));
    if cert.is_some() != key.is_some() {
        let present = if cert.is_some() { "tls_cert" } else { "tls_key" };
        root.report(present, "tls_cert and tls_key belong together: give both or neither");
    }
    Written {
        listen: root.parsed("listen", address),
        issuer: root.parsed("issuer", Issuer::parse),
        data: path("data"),
        metrics_listen: root.parsed("metrics_listen", address),
        log_format: root.choice("log_format", &LogFormat::ALL),
        log_filter: root.parsed("log_filter", |text| filter(text).map(|()| text.to_owned())),
        trusted_proxies: root.list("trusted_proxies", str::parse::<Network>),
        tls_cert: cert,
        tls_key: key,
        limits: root.section("limits").map(|section| limits(&section)).unwrap_or_default(),
        hashing: root.section("hashing").map(|section| hashing(&section)).unwrap_or_default(),
        cache_mib: root.section("store").and_then(|section| cache(&section)),
        smtp: root.section("smtp").and_then(|section| smtp(&section, directory)),
    }
}

fn smtp(section: &Section<'_>, directory: &Path) -> Option<MailServer> {
    let security = section.choice("security", &SmtpSecurity::ALL).unwrap_or(SmtpSecurity::Starttls);
    let port = section.number("port", 1..=65_535).and_then(|port| u16::try_from(port).ok());
    let authorities = section.parsed("ca_file", |path| {
        let path = directory.join(path);
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        authorities_in(&text).map_err(|why| format!("{} {why}", path.display()))?;
        Ok::<_, String>(text)
    });
    let (host, from) = (section.required("host"), section.required("from"));
    let server = MailServer {
        host: host.clone().unwrap_or_default(),
        port: port.unwrap_or(security.usual_port()),
        security,
        username: section.string("username").unwrap_or_default(),
        password: section.string("password").map(Secret::new),
        from: from.clone().unwrap_or_default(),
        authorities,
    };
    for problem in rules::mail_server(&server).into_iter().filter(|problem| !section.is_reported(problem.field)) {
        section.report(problem.field, problem.sentence);
    }
    section.close();
    host.and(from).map(|_| server)
}

/// Whether `text` has the certificates of authorities, as PEM.
fn authorities_in(text: &str) -> Result<(), &'static str> {
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    let certificates = certificates.map_err(|_| "cannot be read as PEM: copy the certificate again")?;
    if certificates.is_empty() {
        return Err("has no certificate in it: name the file with the authority's certificate, as PEM");
    }
    match certificates.into_iter().all(|certificate| RootCertStore::empty().add(certificate).is_ok()) {
        true => Ok(()),
        false => Err("has a certificate in it that cannot be used: copy it again"),
    }
}

fn limits(section: &Section<'_>) -> WrittenLimits {
    section.later("rates", "cannot be changed in this version: leave it out");
    let limits = WrittenLimits {
        body: size(section, "body", 1_024..=64 << 20),
        header: size(section, "header", 8_192..=1 << 20),
        connections: size(section, "connections", 1..=1_000_000),
    };
    section.close();
    limits
}

fn hashing(section: &Section<'_>) -> WrittenHashing {
    let small = |number: u64| u32::try_from(number).ok();
    let hashing = WrittenHashing {
        memory_kib: section.number("memory_kib", 8..=1 << 20).and_then(small),
        iterations: section.number("iterations", 1..=64).and_then(small),
        threads: size(section, "threads", 1..=256),
        queue: size(section, "queue", 1..=100_000),
    };
    section.close();
    hashing
}

fn cache(section: &Section<'_>) -> Option<usize> {
    let cache = size(section, "cache_mib", 1..=1 << 20);
    section.close();
    cache
}

fn size(section: &Section<'_>, key: &'static str, range: RangeInclusive<u64>) -> Option<usize> {
    section.number(key, range).and_then(|number| usize::try_from(number).ok())
}

/// Reads `ADDRESS:PORT`.
///
/// # Errors
/// What was expected.
pub fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:8080 or [::]:443")
}

/// Whether `text` says which log lines are wanted.
///
/// # Errors
/// What was expected.
pub fn filter(text: &str) -> Result<(), &'static str> {
    match text.parse::<tracing_subscriber::EnvFilter>() {
        Ok(_) => Ok(()),
        Err(_) => Err("expected a filter such as info, or warn,countersign=debug"),
    }
}
