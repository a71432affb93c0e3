//! `countersign keys`: list, rotate.

use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::declared::writing::moment;
use crate::engine::Denied;
use crate::jose::Algorithm;
use crate::jose::rotation::{KeyFacts, KeyState};

use super::place::Place;
use super::reply::{self, Reply};
use super::request::{Host, Request};
use super::table::table;

/// List signing keys, or begin with new ones.
#[derive(Args)]
pub struct Keys {
    #[command(subcommand)]
    ask: Ask,
}

/// What is asked for.
#[derive(Debug, Subcommand, Serialize, Deserialize)]
pub enum Ask {
    /// List the keys that are published
    List,
    /// Publish the next key; it signs as soon as everybody can know it
    Rotate {
        /// Only of this algorithm: RS256, ES256 or EdDSA [default: all three]
        #[arg(long, value_parser = algorithm)]
        alg: Option<Algorithm>,
    },
}

fn algorithm(text: &str) -> Result<Algorithm, &'static str> {
    Algorithm::parse(text).ok_or("expected RS256, ES256 or EdDSA")
}

impl Keys {
    /// Carries it out.
    pub fn run(self, place: &Place) -> Reply {
        place.carry_out(Request::Keys(self.ask))
    }
}

pub(super) async fn carry_out(host: &Host<'_>, ask: &Ask) -> Result<Reply, Denied> {
    match ask {
        Ask::List => Ok(Reply::done(listed(&host.engine.key_facts(), host.engine.now()))),
        Ask::Rotate { alg } => {
            let (mut next, mut waiting) = (Vec::new(), Vec::new());
            for algorithm in Algorithm::ALL.into_iter().filter(|one| alg.is_none_or(|alg| alg == *one)) {
                match host.engine.rotate_key(&host.actor, &host.caller, algorithm).await {
                    Ok(kid) => next.push(kid),
                    // One whose next key waits already does not keep the others from theirs.
                    Err(denied @ Denied::Refused(_)) => waiting.push((algorithm, denied)),
                    Err(denied) => return Err(denied),
                }
            }
            if next.is_empty() {
                // Without a key that was made there is a refusal: some algorithm was asked for.
                return waiting.into_iter().next().map_or(Ok(Reply::default()), |(_, denied)| Err(denied));
            }
            let facts: Vec<KeyFacts> =
                host.engine.key_facts().into_iter().filter(|key| next.contains(&key.kid)).collect();
            let reply =
                waiting.iter().fold(Reply::done(listed(&facts, host.engine.now())), |reply, (algorithm, why)| {
                    reply.with_remark(format_args!("{} was left alone. {}", algorithm.name(), reply::sentence(why)))
                });
            Ok(reply.with_remark("The keys before them stay published until the last token they signed has expired."))
        }
    }
}

fn listed(facts: &[KeyFacts], now: Timestamp) -> String {
    let rows: Vec<[String; 3]> = facts.iter().filter_map(|key| row(key, now)).collect();
    table(["ALGORITHM", "KEY", "STATE"], &rows)
}

fn row(key: &KeyFacts, now: Timestamp) -> Option<[String; 3]> {
    let state = match key.state(now)? {
        KeyState::Next { signs_from } => format!("published, signs from {}", moment(signs_from)),
        KeyState::Signing { since } => format!("signs since {}", moment(since)),
        KeyState::Retiring { until: Some(until) } => format!("published until {}", moment(until)),
        KeyState::Retiring { until: None } => "published, signs no more".to_owned(),
    };
    Some([key.alg.name().to_owned(), key.kid.to_string(), state])
}
