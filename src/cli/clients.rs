//! `countersign client`: list, secret, access-key.

use std::time::Duration;

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::base::ids::ClientId;
use crate::declared::writing::moment;
use crate::engine::Denied;
use crate::model::client::Client;
use crate::model::lifetime::Lifetime;

use super::place::Place;
use super::reply::Reply;
use super::request::{Host, Request};
use super::table::table;

/// How many clients are read at a time.
const AT_A_TIME: usize = 500;

/// List clients, give one a new secret.
#[derive(Args)]
pub struct Clients {
    #[command(subcommand)]
    ask: Ask,
}

/// What is asked for.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum Ask {
    /// List clients
    List {
        /// Only those whose name, id or redirect host begins so
        search: Option<String>,
    },
    /// Give a client one more secret; the others stay
    Secret {
        /// The client's id
        id: String,
        /// When it ends, such as 90d [default: never]
        #[arg(long, value_name = "SPAN", value_parser = Lifetime::parse)]
        expires: Option<Lifetime>,
    },
    /// Make an access key for a client and export it
    AccessKey {
        /// The client's id
        id: String,
    },
}

impl Clients {
    /// Carries it out.
    pub fn run(self, place: &Place) -> Reply {
        place.carry_out(Request::Clients(self.ask))
    }
}

pub(super) async fn carry_out(host: &Host<'_>, ask: &Ask) -> Result<Reply, Denied> {
    match ask {
        Ask::List { search } => list(host, search.as_deref().unwrap_or_default()).await,
        Ask::Secret { id, expires } => secret(host, id, expires.map(Lifetime::duration)).await,
        Ask::AccessKey { id } => access_key(host, id).await,
    }
}

async fn secret(host: &Host<'_>, id: &str, expires: Option<Duration>) -> Result<Reply, Denied> {
    let end = expires.map(|span| host.engine.now().plus(span));
    let added = host.engine.add_secret(&host.actor, &host.caller, &ClientId::from_text(id), end).await?;
    let until = end.map(|end| format!(" until {}", moment(end))).unwrap_or_default();
    let remark =
        format!("This secret is shown once. It works{until}; the client's other secrets stay until you remove them.");
    Ok(Reply::done(format!("{}\n", added.secret.expose())).with_remark(remark))
}

async fn access_key(host: &Host<'_>, id: &str) -> Result<Reply, Denied> {
    let id = ClientId::from_text(id);
    let made = host.engine.export_access_key(&host.actor, &host.caller, &id).await?;
    let remark = format!(
        "This access key is shown once; only its public half is kept. Programs that use it ask \
         https://signin.{}/oauth/Token for tokens.",
        host.engine.access_key_domain()
    );
    Ok(Reply::done(format!("{}\n", made.text.expose())).with_remark(remark))
}

async fn list(host: &Host<'_>, search: &str) -> Result<Reply, Denied> {
    let (mut rows, mut after) = (Vec::new(), None::<String>);
    loop {
        let page = host.engine.list_clients(&host.actor, search, after.as_deref(), AT_A_TIME).await?;
        rows.extend(page.items.iter().map(row));
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(Reply::done(table(["ID", "NAME", "TYPE", "STATUS"], &rows))),
        }
    }
}

fn row(client: &Client) -> [String; 4] {
    let states = [
        (client.disabled_at.is_some(), "disabled"),
        (!client.needs_pkce(), "without PKCE"),
        (client.managed, "managed by a file"),
    ];
    let states: Vec<&str> = states.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    [client.id.to_string(), client.name.clone(), client.kind.name().to_owned(), states.join(", ")]
}
