//! `countersign serve`: run the server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use crate::engine::HashingLimits;
use crate::server::listener::Limits;
use crate::server::{self, Options};

/// Run the server.
#[derive(Args, Default)]
pub struct Serve {
    /// The data directory.
    #[arg(long, env = "COUNTERSIGN_DATA")]
    data: Option<PathBuf>,
    /// Where to listen; port 0 picks one.
    #[arg(long, env = "COUNTERSIGN_LISTEN")]
    listen: Option<SocketAddr>,
    /// The issuer: how applications and people reach this server.
    #[arg(long, env = "COUNTERSIGN_ISSUER")]
    issuer: Option<String>,
}

impl Serve {
    /// Runs until told to stop.
    pub fn run(&self) -> ExitCode {
        tracing_subscriber::fmt().with_writer(std::io::stderr).init();
        let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => {
                eprintln!("The server's threads did not start: {error}.");
                return ExitCode::FAILURE;
            }
        };
        match runtime.block_on(server::run(&self.options(), async |_| Ok(()), async |_| ())) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        }
    }

    fn options(&self) -> Options {
        Options {
            data: self.data.clone().unwrap_or_else(|| "countersign-data".into()),
            listen: self.listen.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 8080))),
            issuer: self.issuer.clone(),
            change_issuer: false,
            metrics_listen: None,
            trusted_proxies: Vec::new(),
            tls: None,
            limits: Limits::default(),
            hashing: HashingLimits::default(),
            store_cache_mib: 64,
        }
    }
}
