//! What the operator wrote, and what the program means by it: two types, one conversion.
//!
//! [`Written`] is what one source says, be it the file `countersign.toml` ([`file`]) or the command line with its
//! environment; every part may be missing. [`Written::over`] lets one source go before another, and [`Config::meant`] is
//! the one place where defaults live.

pub mod file;
pub mod issuer;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::engine::HashingLimits;
use crate::http::client_address::Network;
use crate::model::mail::MailServer;
use crate::server::Options;
use crate::server::listener::Limits;

use self::issuer::Issuer;

/// Where the data lies unless somebody says otherwise.
const DATA: &str = "countersign-data";

/// What one source says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the key of the same name in countersign.toml")]
pub struct Written {
    pub listen: Option<SocketAddr>,
    pub issuer: Option<Issuer>,
    pub data: Option<PathBuf>,
    pub metrics_listen: Option<SocketAddr>,
    pub log_format: Option<LogFormat>,
    pub log_filter: Option<String>,
    pub trusted_proxies: Option<Vec<Network>>,
    pub tls_cert: Option<PathBuf>,
    pub tls_key: Option<PathBuf>,
    pub limits: WrittenLimits,
    pub hashing: WrittenHashing,
    /// `[store] cache_mib`.
    pub cache_mib: Option<usize>,
    /// `[smtp]`.
    pub smtp: Option<MailServer>,
}

/// `[limits]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WrittenLimits {
    /// Bytes of a request's body at the most.
    pub body: Option<usize>,
    /// Bytes of a request's head at the most.
    pub header: Option<usize>,
    /// Connections open at once.
    pub connections: Option<usize>,
}

/// `[hashing]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "each field is the key of the same name in countersign.toml")]
pub struct WrittenHashing {
    pub memory_kib: Option<u32>,
    pub iterations: Option<u32>,
    pub threads: Option<usize>,
    pub queue: Option<usize>,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// Each with the name files use.
    pub const ALL: [(LogFormat, &str); 2] = [(LogFormat::Text, "text"), (LogFormat::Json, "json")];
}

/// What it all means.
#[derive(Clone, Debug)]
pub struct Config {
    /// How the server runs.
    pub server: Options,
    /// How log lines look.
    pub log_format: LogFormat,
    /// Which log lines are written, in the words of `RUST_LOG`.
    pub log_filter: String,
}

/// What was written contradicts itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction(String);

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Contradiction {}

impl Written {
    /// What both say together, where this one goes before `other`.
    pub fn over(self, other: Written) -> Written {
        let (limits, hashing) = (self.limits, self.hashing);
        Written {
            listen: self.listen.or(other.listen),
            issuer: self.issuer.or(other.issuer),
            data: self.data.or(other.data),
            metrics_listen: self.metrics_listen.or(other.metrics_listen),
            log_format: self.log_format.or(other.log_format),
            log_filter: self.log_filter.or(other.log_filter),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            tls_cert: self.tls_cert.or(other.tls_cert),
            tls_key: self.tls_key.or(other.tls_key),
            limits: WrittenLimits {
                body: limits.body.or(other.limits.body),
                header: limits.header.or(other.limits.header),
                connections: limits.connections.or(other.limits.connections),
            },
            hashing: WrittenHashing {
                memory_kib: hashing.memory_kib.or(other.hashing.memory_kib),
                iterations: hashing.iterations.or(other.hashing.iterations),
                threads: hashing.threads.or(other.hashing.threads),
                queue: hashing.queue.or(other.hashing.queue),
            },
            cache_mib: self.cache_mib.or(other.cache_mib),
            smtp: self.smtp.or(other.smtp),
        }
    }
}

impl Config {
    /// What `written` means. `change_issuer` is said anew each time, and so in no file.
    ///
    /// # Errors
    /// A certificate without its key, or a key without its certificate.
    pub fn meant(written: Written, change_issuer: bool) -> Result<Config, Contradiction> {
        let tls = match (written.tls_cert, written.tls_key) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(Contradiction("tls_cert and tls_key belong together: give both or neither.".to_owned())),
        };
        let (limits, hashing) = (Limits::default(), HashingLimits::default());
        Ok(Config {
            server: Options {
                data: written.data.unwrap_or_else(|| PathBuf::from(DATA)),
                listen: written.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
                issuer: written.issuer.map(|issuer| issuer.as_str().to_owned()),
                change_issuer,
                metrics_listen: written.metrics_listen,
                trusted_proxies: written.trusted_proxies.unwrap_or_default(),
                tls,
                limits: Limits {
                    connections: written.limits.connections.unwrap_or(limits.connections),
                    header_bytes: written.limits.header.unwrap_or(limits.header_bytes),
                    body_bytes: written.limits.body.unwrap_or(limits.body_bytes),
                    ..limits
                },
                hashing: HashingLimits {
                    memory_kib: written.hashing.memory_kib.unwrap_or(hashing.memory_kib),
                    iterations: written.hashing.iterations.unwrap_or(hashing.iterations),
                    threads: written.hashing.threads.unwrap_or(hashing.threads),
                    queue: written.hashing.queue.unwrap_or(hashing.queue),
                },
                mail: written.smtp,
                store_cache_mib: written.cache_mib.unwrap_or(64),
                json_lines: written.log_format == Some(LogFormat::Json),
            },
            log_format: written.log_format.unwrap_or_default(),
            log_filter: written.log_filter.unwrap_or_else(|| "info".to_owned()),
        })
    }
}
