//! `countersign export`: the declared-state file from what is stored; hashes, never secrets.

use std::collections::BTreeSet;

use clap::Args;

use crate::declared::writing;
use crate::engine::Denied;
use crate::engine::admin::export::NOUNS;
use crate::toml_file::meant;

use super::place::Place;
use super::reply::Reply;
use super::request::{Host, Request};

/// Print what is stored as a declared-state file.
#[derive(Args)]
pub struct Export {
    /// Only these: settings, scopes, groups, users, clients
    #[arg(long, value_delimiter = ',', value_name = "NOUNS", value_parser = noun)]
    only: Vec<String>,
}

fn noun(text: &str) -> Result<String, String> {
    if NOUNS.contains(&text) {
        return Ok(text.to_owned());
    }
    let hint = meant(text, NOUNS).map(|name| format!("; did you mean {name}?")).unwrap_or_default();
    Err(format!("expected some of {}{hint}", NOUNS.join(", ")))
}

impl Export {
    /// Prints it.
    pub fn run(&self, place: &Place) -> Reply {
        place.carry_out(Request::Export(self.only.iter().cloned().collect()))
    }
}

pub(super) async fn carry_out(host: &Host<'_>, only: &BTreeSet<String>) -> Result<Reply, Denied> {
    Ok(Reply::done(writing::write(&host.engine.export(&host.actor, only).await?)))
}
