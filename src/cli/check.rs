//! `countersign check`: whether configuration and store are sound.

use std::fmt::Write;
use std::sync::Arc;

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::config::{Config, Written};
use crate::engine::{Denied, keys};
use crate::model::settings::Settings;
use crate::records::{Examination, Ledger};
use crate::server::house::open_store;
use crate::server::tls::Tls;
use crate::store::Store;
use crate::store::redb::{self, OpenError, Redb};

use super::later;
use super::place::{Door, Place};
use super::reply::{self, Reply};
use super::request::{Host, Request};

/// Verify configuration and store.
#[derive(Args)]
pub struct Check {
    /// Also say what could be better
    #[arg(long, hide = true)]
    advise: bool,
}

/// What is asked of a running server.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    /// The issuer that is configured, if one is.
    issuer: Option<String>,
}

impl Check {
    /// Examines both.
    pub fn run(&self, place: &Place) -> Reply {
        if self.advise {
            return later::reply("check --advise", "the linter");
        }
        let config = match place.config(Written::default(), false) {
            Ok(config) => config,
            Err(reason) => return Reply::refused(reason),
        };
        if let Some((certificate, key)) = &config.server.tls
            && let Err(error) = Tls::from_files(certificate, key)
        {
            return Reply::refused(error);
        }
        let file = place.file_name().map(|file| format!(" ({})", file.display())).unwrap_or_default();
        let reply = match place.door(&config) {
            Ok(Door::Server(server)) => server.ask(&Request::Check(Ask { issuer: config.server.issuer.clone() })),
            Ok(Door::Store) => super::place::runtime().and_then(|runtime| runtime.block_on(of_store(&config))),
            Err(refused) => Err(refused),
        };
        let reply = reply.unwrap_or_else(|refused| refused);
        Reply { out: format!("The configuration is sound{file}.\n{}", reply.out), ..reply }
    }
}

/// Examines a store in use.
pub(super) async fn of_engine(host: &Host<'_>, ask: &Ask) -> Result<Reply, Denied> {
    let settings = host.engine.settings().await?;
    Ok(match host.engine.examine().await {
        Ok(found) => judged(&found, &settings, host.engine.has_mail().await?, ask.issuer.as_deref()),
        Err(fault) => Reply::damaged(fault),
    })
}

/// Examines a store that nobody has open: every page, every record, every key.
async fn of_store(config: &Config) -> Result<Reply, Reply> {
    let (dir, cache) = (&config.server.data, config.server.store_cache_mib);
    let pages = Redb::verify(dir, cache).map_err(|error| match &error {
        OpenError::Damaged { .. } | OpenError::NewerSchema { .. } => Reply::damaged(&error),
        error => Reply::refused(error),
    })?;
    if let (true, Some(detail)) = (pages.damaged.is_empty(), &pages.pages) {
        // No single entry is to blame: the file itself is cut short or torn.
        return Err(Reply::damaged(OpenError::Damaged { path: dir.join("store.redb"), detail: detail.clone() }));
    }
    if !pages.is_sound() {
        let first = pages.damaged.iter().take(10).map(|key| format!("  {}", key.escape_ascii()));
        let lines: Vec<String> = first.chain(pages.pages).collect();
        return Ok(Reply::damaged(format!(
            "The store is damaged: {} of {} entries fail their check. Restore a backup.\n{}",
            pages.damaged.len(),
            pages.records,
            lines.join("\n")
        )));
    }
    let options = redb::Options { cache_mib: cache, create: false, ..redb::Options::default() };
    let (store, sealing) = open_store(dir, &options).map_err(|error| reply::house_refused(&error))?;
    let store = Arc::new(store);
    let ledger = Ledger::new(store.clone() as Arc<dyn Store>);
    let found = ledger.examine(true).await.map_err(Reply::damaged)?;
    let settings = ledger.find::<Settings>("only").await.map_err(Reply::damaged)?;
    let settings = settings.map(|kept| kept.record().clone()).unwrap_or_default();
    let opened = keys::examine(&ledger, &sealing).await;
    store.close().await;
    opened.map_err(|fault| Reply::damaged(format!("This store cannot be served: {fault}.")))?;
    let has_mail = config.server.mail.is_some() || settings.smtp.is_some();
    Ok(judged(&found, &settings, has_mail, config.server.issuer.as_deref()))
}

fn judged(found: &Examination, settings: &Settings, has_mail: bool, issuer: Option<&str>) -> Reply {
    if !found.problems.is_empty() {
        return Reply::damaged(format!("The store is damaged. Restore a backup.\n{}", found.problems.join("\n")));
    }
    let mut out = String::from("The store is sound. It holds:\n");
    for (name, count) in &found.records {
        // Writing to a string cannot fail.
        let _ = writeln!(out, "  {count} {name}");
    }
    if settings.sign_in_by_mail && !has_mail {
        out.push_str("People may sign in by mail (sign_in_by_mail), and mail is not set up: nobody can.\n");
    }
    match (issuer, settings.issuer.as_deref()) {
        (Some(now), Some(before)) if now != before => Reply {
            out,
            ..Reply::refused(format_args!(
                "The configured issuer is {now}, and this store was served as {before}. Change the configuration, or start \
             once with --change-issuer."
            ))
        },
        _ => Reply::done(out),
    }
}
