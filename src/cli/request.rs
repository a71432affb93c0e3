//! What a command asks for. One function carries it out, whether the store was opened here or a running server was asked
//! through its socket.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::base::rng::SystemRng;
use crate::engine::admin::Actor;
use crate::engine::{Caller, Engine};

use super::reply::Reply;
use super::{apply, check, clients, export, keys, users};

/// What a command asks for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// Make a declared state true.
    Apply(Box<apply::Ask>),
    /// Say what is stored, these nouns only unless there are none.
    Export(BTreeSet<String>),
    /// Examine the store.
    Check(check::Ask),
    /// Something about users.
    Users(users::Ask),
    /// Something about clients.
    Clients(clients::Ask),
    /// Something about signing keys.
    Keys(keys::Ask),
}

/// Whoever commands the host, at the engine.
pub struct Host<'e> {
    /// The verbs.
    pub engine: &'e Engine,
    /// Evidence that they may.
    pub actor: Actor,
    /// Where they are.
    pub caller: Caller,
}

/// Carries out `request` at `engine`.
pub async fn carry_out(engine: &Engine, request: Request) -> Reply {
    let host = Host { engine, actor: Actor::host(), caller: Caller::host(&SystemRng) };
    let answer = match request {
        Request::Apply(ask) => apply::carry_out(&host, &ask).await,
        Request::Export(only) => export::carry_out(&host, &only).await,
        Request::Check(ask) => check::of_engine(&host, &ask).await,
        Request::Users(ask) => users::carry_out(&host, &ask).await,
        Request::Clients(ask) => clients::carry_out(&host, &ask).await,
        Request::Keys(ask) => keys::carry_out(&host, &ask).await,
    };
    answer.unwrap_or_else(Reply::from)
}
