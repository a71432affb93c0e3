//! Where the configuration and the data are: what every command takes.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;
use tokio::runtime::Runtime;

use crate::base::clock::SystemClock;
use crate::base::rng::{self, SystemRng};
use crate::base::seal::SealingKey;
use crate::config::issuer::Issuer;
use crate::config::{Config, Written, file};
use crate::engine::identity::Identity;
use crate::engine::{Engine, Foundation};
use crate::server::SERVED_AS;
use crate::server::house::{HouseError, open_store};
use crate::store::Store;
use crate::store::memory::Memory;
use crate::store::redb::{self, OpenError, Redb};
use crate::toml_file::System;

use super::reply::{self, Reply};
use super::request::{Request, carry_out};
use super::socket::Server;

/// The file that is read when it is there and nobody named another.
const USUAL: &str = "countersign.toml";
/// How often a store that is in use is asked for again, five times a second.
const PATIENCE: usize = 10;

/// What every command takes.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// How this process runs: a TOML file [default: countersign.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE", env = "COUNTERSIGN_CONFIG")]
    config: Option<PathBuf>,
    /// The data directory [default: ./countersign-data]
    #[arg(long, global = true, value_name = "DIR", env = "COUNTERSIGN_DATA")]
    data: Option<PathBuf>,
}

impl Place {
    /// What the command line, `flags` included, and the file mean together.
    ///
    /// # Errors
    /// Everything that is wrong with the file, or that it cannot be read.
    pub fn config(&self, flags: Written, change_issuer: bool) -> Result<Config, String> {
        let flags = Written { data: self.data.clone(), ..flags };
        let written = match self.file()? {
            Some((path, text)) => {
                let written = file::read(&path, &text, &System).map_err(|problems| problems.to_string())?;
                flags.over(written)
            }
            None => flags,
        };
        Config::meant(written, change_issuer).map_err(|contradiction| contradiction.to_string())
    }

    /// The file's name as messages show it, if there is one.
    pub fn file_name(&self) -> Option<PathBuf> {
        self.config.clone().or_else(|| PathBuf::from(USUAL).exists().then(|| PathBuf::from(USUAL)))
    }

    fn file(&self) -> Result<Option<(PathBuf, String)>, String> {
        let Some(path) = self.file_name() else { return Ok(None) };
        match std::fs::read_to_string(&path) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) => Err(format!("{} cannot be read: {error}.", path.display())),
        }
    }

    /// Carries out `request`: through the server that runs on the data directory, or on the store itself.
    pub fn carry_out(&self, request: Request) -> Reply {
        self.carry_out_with(request, WithoutStore::Refuse)
    }

    /// The same, saying what happens where no store has ever been.
    pub fn carry_out_with(&self, request: Request, without: WithoutStore) -> Reply {
        self.answer(request, without).unwrap_or_else(|refused| refused)
    }

    fn answer(&self, request: Request, without: WithoutStore) -> Result<Reply, Reply> {
        let config = self.config(Written::default(), false).map_err(Reply::refused)?;
        let runtime = runtime()?;
        let mut waited = 0;
        loop {
            if let Door::Server(server) = self.door(&config)? {
                return server.ask(&request);
            }
            match runtime.block_on(open(&config, without)) {
                Ok(own) => return Ok(runtime.block_on(own.carry_out(request))),
                // A server that is about to listen, or about to end.
                Err(Closed::Held(_)) if waited < PATIENCE => {
                    waited += 1;
                    std::thread::sleep(Duration::from_millis(200));
                }
                Err(Closed::Held(reply) | Closed::Refused(reply)) => return Err(reply),
            }
        }
    }

    /// How the data can be reached.
    ///
    /// # Errors
    /// A socket that cannot be used.
    pub fn door(&self, config: &Config) -> Result<Door, Reply> {
        match Server::on(&config.server.data) {
            Ok(Some(server)) => Ok(Door::Server(server)),
            Ok(None) => Ok(Door::Store),
            Err(error) => {
                let data = config.server.data.display();
                Err(Reply::refused(format!(
                    "The server on {data} cannot be asked: {error}. Check whose directory it is."
                )))
            }
        }
    }
}

/// What happens where no store has ever been.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WithoutStore {
    /// The command is refused.
    Refuse,
    /// A new store is made.
    Create,
    /// The command is carried out on a store that is forgotten afterwards.
    Rehearse,
}

/// How the data can be reached.
pub enum Door {
    /// A server runs on it.
    Server(Server),
    /// Nobody does.
    Store,
}

/// Why the store was not opened here.
enum Closed {
    /// Another process has it open.
    Held(Reply),
    /// For any other reason.
    Refused(Reply),
}

impl From<Reply> for Closed {
    fn from(reply: Reply) -> Closed {
        Closed::Refused(reply)
    }
}

/// The engine over a store that was opened here.
struct Own {
    engine: Engine,
    store: Option<Arc<Redb>>,
}

impl Own {
    async fn carry_out(self, request: Request) -> Reply {
        let reply = carry_out(&self.engine, request).await;
        drop(self.engine);
        if let Some(store) = self.store {
            store.close().await;
        }
        reply
    }
}

async fn open(config: &Config, without: WithoutStore) -> Result<Own, Closed> {
    let server = &config.server;
    let create = without == WithoutStore::Create;
    let options = redb::Options { cache_mib: server.store_cache_mib, create, ..redb::Options::default() };
    match open_store(&server.data, &options) {
        Ok((store, sealing)) => {
            let store = Arc::new(store);
            Ok(Own { engine: engine(config, store.clone(), sealing).await?, store: Some(store) })
        }
        Err(HouseError::Store(OpenError::Missing { .. })) if without == WithoutStore::Rehearse => {
            let sealing = SealingKey::from_bytes(&rng::bytes(&SystemRng));
            Ok(Own { engine: engine(config, Arc::new(Memory::new()), sealing).await?, store: None })
        }
        Err(error) => {
            let reply = reply::house_refused(&error);
            let held = matches!(error, HouseError::Store(OpenError::Held { .. }));
            Err(if held { Closed::Held(reply) } else { Closed::Refused(reply) })
        }
    }
}

/// The issuer of the last server over this data directory, if none was ever given.
fn served_as(data: &Path) -> Option<String> {
    let text = std::fs::read_to_string(data.join(SERVED_AS)).ok()?;
    Issuer::parse(text.trim()).ok().map(|issuer| issuer.as_str().to_owned())
}

async fn engine(config: &Config, store: Arc<dyn Store>, sealing: SealingKey) -> Result<Engine, Reply> {
    let server = &config.server;
    let default = served_as(&server.data).unwrap_or_else(|| format!("http://localhost:{}", server.listen.port()));
    let identity = Identity::settle(&store, server.issuer.as_deref(), &default, false).await;
    let foundation = Foundation {
        store,
        clock: Arc::new(SystemClock),
        rng: Arc::new(SystemRng),
        sealing: Arc::new(sealing),
        identity: identity.map_err(Reply::refused)?,
        hashing: server.hashing,
        faces: crate::dialects::FACES,
        mail: server.mail.clone(),
    };
    Engine::open(foundation).await.map_err(Reply::refused)
}

/// Where asynchronous work is done outside a server.
pub(super) fn runtime() -> Result<Runtime, Reply> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Reply::refused(format!("The program cannot work here: {error}.")))
}
