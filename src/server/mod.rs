//! Roof: open the store, build the engine, mount every face, run until told to stop.
//!
//! [`house`] is the whole server without a socket; [`app`] puts every face in its place. [`listener`] accepts connections,
//! [`connection`] keeps each of them within limits by what [`activity`] knows of it, [`tls`] holds the certificate;
//! [`files`] makes room for connections, [`health`] answers the operator's tools, [`tasks`] does what nobody asks for,
//! [`mail`] delivers letters,
//! [`notice`] is what is said on standard error besides the log.

pub mod activity;
pub mod app;
pub mod connection;
pub mod files;
pub mod health;
pub mod house;
pub mod listener;
pub mod mail;
pub mod notice;
mod tasks;
pub mod tls;

use std::fmt;
use std::future::Future;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;
use crate::engine::users::HashingLimits;
use crate::http::client_address::Network;
use crate::model::mail::MailServer;
use futures_util::FutureExt;

use self::house::{House, HouseError};
use self::listener::{Limits, Listener};
use self::tls::{Tls, TlsError};

/// How a server runs: everything an operator may decide, as the program means it.
#[derive(Clone, Debug)]
pub struct Options {
    /// The data directory.
    pub data: PathBuf,
    /// Where to listen; port 0 picks one.
    pub listen: SocketAddr,
    /// The issuer as given; `None`: `http://localhost:PORT` of the bound port.
    pub issuer: Option<String>,
    /// Whether an existing store may take on another issuer than it was given before.
    pub change_issuer: bool,
    /// Where `/metrics` is shown to whoever reaches it; `None`: beside everything else, to callers on this machine.
    pub metrics_listen: Option<SocketAddr>,
    /// The networks whose forwarded addresses are believed.
    pub trusted_proxies: Vec<Network>,
    /// Certificate and key files, in this order.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// What keeps connections within bounds.
    pub limits: Limits,
    /// What keeps password hashing within bounds.
    pub hashing: HashingLimits,
    /// The mail server, if the operator names one.
    pub mail: Option<MailServer>,
    /// How much memory the store may use to remember pages, in MiB.
    pub store_cache_mib: usize,
    /// Whether what is said on standard error is JSON, as the log is then.
    pub json_lines: bool,
}

/// Why a server did not start.
#[derive(Debug)]
pub enum StartError {
    /// The house could not be built: store, key file, issuer.
    House(HouseError),
    /// An address cannot be listened on.
    Listen(SocketAddr, io::Error),
    /// The certificate or its key cannot be used.
    Tls(TlsError),
    /// Something the caller of [`run`] does before serving was refused.
    Before(String),
    /// Standard output, or signals, do not work.
    Io(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::House(error) => error.fmt(f),
            StartError::Listen(address, error) => {
                write!(f, "{address} cannot be listened on: {error}. Choose another address with --listen.")
            }
            StartError::Tls(error) => error.fmt(f),
            StartError::Before(reason) => f.write_str(reason),
            StartError::Io(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for StartError {}

/// Runs a server until it is told to stop (SIGTERM, SIGINT), then drains.
///
/// `before` runs once the engine stands and before anybody is served: declared state is applied there. `control` runs
/// beside the server until it stops: the command line's socket.
///
/// # Errors
/// Whatever keeps it from starting. Nothing has been served then.
pub async fn run<B, C>(
    options: &Options,
    before: impl FnOnce(Arc<Engine>) -> B,
    control: impl FnOnce(Arc<Engine>) -> C,
) -> Result<(), StartError>
where
    B: Future<Output = Result<(), String>>,
    C: Future<Output = ()> + Send + 'static,
{
    let listener = bind(options.listen)?;
    let address = listener.local_addr().map_err(StartError::Io)?;
    let tls = options.tls.as_ref().map(|(certificate, key)| Tls::from_files(certificate, key)).transpose();
    let tls = tls.map_err(StartError::Tls)?;
    let operators = options.metrics_listen.map(bind).transpose()?;

    let default = default_issuer(address, tls.is_some());
    let house = House::open(options, &default).await.map_err(StartError::House)?;
    if house.engine.identity().issuer == default {
        remember(&options.data, &default);
    }
    before(house.engine.clone()).await.map_err(StartError::Before)?;
    house.announce_set_up(options.json_lines).await.map_err(StartError::House)?;

    let stop = listener::stop_signals().map_err(StartError::Io)?.shared();
    let control = tokio::spawn(control(house.engine.clone()));
    let upkeep = tokio::spawn(tasks::upkeep(house.engine.clone()));
    let post = tokio::spawn(mail::deliver(house.engine.clone()));
    if let Some(tls) = &tls {
        tokio::spawn(tls.watch().go_on(Duration::from_secs(5)));
    }
    ready(address, tls.is_some()).map_err(StartError::Io)?;

    let limits = room_for(&options.limits);
    let main = listener.tls(tls).limits(limits.clone()).counting(house.metrics.connections());
    let main = main.serve(house.endpoint(operators.is_none(), options.trusted_proxies.clone()), stop.clone());
    match operators {
        Some(second) => {
            let second = second.limits(limits).serve(house.operators_endpoint(), stop);
            tokio::join!(main, second);
        }
        None => drop(main.await),
    }
    control.abort();
    upkeep.abort();
    post.abort();
    house.close().await;
    Ok(())
}

fn bind(address: SocketAddr) -> Result<Listener, StartError> {
    Listener::bind(address).map_err(|error| StartError::Listen(address, error))
}

fn room_for(limits: &Limits) -> Limits {
    Limits { connections: limits.connections.min(files::room_for_connections()), ..limits.clone() }
}

fn scheme(tls: bool) -> &'static str {
    if tls { "https" } else { "http" }
}

/// The file in the data directory with the issuer that a server which was never given one had last. Commands that work
/// without a server make their links with it.
pub const SERVED_AS: &str = "served-as";

fn remember(data: &Path, issuer: &str) {
    let file = data.join(SERVED_AS);
    if std::fs::read_to_string(&file).is_ok_and(|known| known.trim() == issuer) {
        return;
    }
    if let Err(error) = std::fs::write(file, format!("{issuer}\n")) {
        tracing::warn!(%error, "links made without a server may name another port than this one");
    }
}

/// The issuer of a server that was never given one.
fn default_issuer(address: SocketAddr, tls: bool) -> String {
    format!("{}://localhost:{}", scheme(tls), address.port())
}

/// The one line on standard output.
fn ready(address: SocketAddr, tls: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "listening on {}://{address}", scheme(tls))?;
    out.flush()
}
