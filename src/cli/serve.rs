//! `countersign serve`: run the server.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use tracing_subscriber::EnvFilter;

use crate::base::rng::SystemRng;
use crate::config::issuer::Issuer;
use crate::config::{Config, LogFormat, Written, file};
use crate::engine::admin::apply::{ApplyOptions, Outcome};
use crate::engine::admin::declared::Declared;
use crate::engine::{Caller, Engine};
use crate::server::notice::{self, Level};
use crate::server::{self, StartError};
use crate::toml_file::Problems;

use super::control::serve_control;
use super::place::Place;
use super::reply::{self, Reply};

/// Run the server.
#[derive(Args, Default)]
pub struct Serve {
    /// Where to listen; port 0 picks one [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDR:PORT", env = "COUNTERSIGN_LISTEN", value_parser = file::address)]
    listen: Option<SocketAddr>,
    /// How applications and people reach this server [default: http://localhost:PORT]
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_ISSUER", value_parser = Issuer::parse)]
    issuer: Option<Issuer>,
    /// Take on another issuer than this store was served as before
    #[arg(long, env = "COUNTERSIGN_CHANGE_ISSUER")]
    change_issuer: bool,
    /// Make the declared state in this file true before serving
    #[arg(long, value_name = "FILE", env = "COUNTERSIGN_APPLY")]
    apply: Option<PathBuf>,
    /// Where /metrics, /healthz and /readyz are shown to whoever gets there
    #[arg(long, value_name = "ADDR:PORT", env = "COUNTERSIGN_METRICS_LISTEN", value_parser = file::address)]
    metrics_listen: Option<SocketAddr>,
    /// How log lines look [default: text]
    #[arg(long, value_enum, env = "COUNTERSIGN_LOG_FORMAT")]
    log_format: Option<LogFormat>,
    /// Which log lines are written [default: info]
    #[arg(long, value_name = "FILTER", env = "COUNTERSIGN_LOG_FILTER")]
    log_filter: Option<String>,
}

impl Serve {
    /// Runs until told to stop.
    pub fn run(&self, place: &Place) -> ExitCode {
        match self.prepare(place) {
            Ok((config, declared)) => serve(&config, declared),
            Err(reason) => Reply::refused(reason).say(),
        }
    }

    fn prepare(&self, place: &Place) -> Result<(Config, Option<(PathBuf, Declared)>), String> {
        let flags = Written {
            listen: self.listen,
            issuer: self.issuer.clone(),
            metrics_listen: self.metrics_listen,
            log_format: self.log_format,
            log_filter: self.log_filter.clone(),
            ..Written::default()
        };
        let config = place.config(flags, self.change_issuer)?;
        file::filter(&config.log_filter).map_err(|why| format!("--log-filter: {why}"))?;
        let declared = match &self.apply {
            Some(file) => Some((file.clone(), super::apply::read(file, config.server.json_lines)?)),
            None => None,
        };
        Ok((config, declared))
    }
}

fn serve(config: &Config, declared: Option<(PathBuf, Declared)>) -> ExitCode {
    log(config);
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return Reply::refused(format!("The server's threads did not start: {error}.")).say(),
    };
    let as_json = config.server.json_lines;
    let before = async |engine: Arc<Engine>| match declared {
        Some((file, declared)) => apply(&engine, &file, &declared, as_json).await,
        None => Ok(()),
    };
    let data = config.server.data.clone();
    let control = |engine| {
        let control = serve_control(engine, &data);
        async move {
            match control {
                Ok(control) => control.await,
                Err(error) => tracing::warn!(%error, "commands cannot reach this server: its socket was not made"),
            }
        }
    };
    match runtime.block_on(server::run(&config.server, before, control)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let refused = start_refused(&error);
            notice::say(Level::Error, &refused.err, as_json);
            ExitCode::from(refused.code)
        }
    }
}

/// A store that is damaged or newer has an exit code of its own.
fn start_refused(error: &StartError) -> Reply {
    match error {
        StartError::House(error) => reply::house_refused(error),
        error => Reply::refused(error),
    }
}

/// Makes the file true before anybody is served; says on standard error what changed.
async fn apply(engine: &Engine, file: &Path, declared: &Declared, as_json: bool) -> Result<(), String> {
    let caller = Caller::host(&SystemRng);
    let outcome = engine.apply(&caller, declared, ApplyOptions::default()).await;
    match outcome.map_err(|denied| reply::sentence(&denied))? {
        Outcome::Wrong(problems) => Err(Problems { file: file.to_owned(), problems }.to_string()),
        Outcome::Done(changes) => {
            notice::say(Level::Info, &super::apply::told(&changes, false), as_json);
            Ok(())
        }
    }
}

fn log(config: &Config) {
    // `prepare` made sure that the filter can be read.
    let filter = config.log_filter.parse::<EnvFilter>().unwrap_or_else(|_| EnvFilter::new("info"));
    let colour = std::io::stderr().is_terminal();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(colour);
    match config.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
}
