//! `/admin/keys`: the signing keys, where each stands in its life, and how the next begins.

use crate::base::clock::Timestamp;
use crate::engine::keys::CACHE_LIFETIME;
use crate::http::params::Params;
use crate::http::views::{State, Tone};
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::jose::Algorithm;
use crate::jose::rotation::{KeyFacts, KeyState};

use super::admin::{Admin, Reading};
use super::views::{KeyRow, KeyTurn, Keys};

const HERE: &str = "/admin/keys";

pub(super) async fn list(admin: Reading) -> Outcome {
    let (now, mut facts) = (admin.now(), admin.engine().key_facts());
    facts.sort_by_key(|key| (key.alg, place(key, now), std::cmp::Reverse(key.signs_from)));
    let rows = facts.iter().map(|key| row(key, now)).collect();
    let turns = Algorithm::ALL.into_iter().map(|alg| turn(alg, &facts, now)).collect();
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(Keys { frame, published_at: admin.endpoints().keys.clone(), rows, turns }))
}

pub(super) async fn rotate(admin: Admin, form: Params) -> Outcome {
    let Some(alg) = form.get("alg").and_then(Algorithm::parse) else {
        return admin.done(HERE, "Choose the algorithm whose key shall be rotated.");
    };
    match admin.engine().rotate_key(&admin.actor, &admin.caller, alg).await {
        Ok(_) => admin.done(HERE, &format!("The next {} key is published. It signs in {}.", alg.name(), wait())),
        // There is no field to mend: the next key waits already.
        Err(denied) => match admin.problems(denied).await?.list.first() {
            Some(problem) => admin.done(HERE, &problem.sentence),
            None => admin.done(HERE, ""),
        },
    }
}

/// Those that sign first, then what comes, then what was.
fn place(key: &KeyFacts, now: Timestamp) -> u8 {
    match key.state(now) {
        Some(KeyState::Signing { .. }) => 0,
        Some(KeyState::Next { .. }) => 1,
        Some(KeyState::Retiring { .. }) => 2,
        None => 3,
    }
}

fn row(key: &KeyFacts, now: Timestamp) -> KeyRow {
    let when = |at: Timestamp| When::at(at, now).exact;
    let (state, then) = match key.state(now) {
        Some(KeyState::Signing { .. }) => {
            let then = key.retired_at.map(|end| format!("signs until {}", when(end))).unwrap_or_default();
            (State::new(Tone::Good, "Signs"), then)
        }
        Some(KeyState::Next { signs_from }) => {
            (State::new(Tone::Next, "Next"), format!("signs from {}", when(signs_from)))
        }
        Some(KeyState::Retiring { until }) => {
            let then = until.map(|end| format!("is removed on {}", when(end))).unwrap_or_default();
            (State::new(Tone::Plain, "Verifies only"), then)
        }
        None => (State::new(Tone::Bad, "Gone"), String::new()),
    };
    KeyRow {
        kid: key.kid.to_string(),
        alg: key.alg.name().to_owned(),
        state,
        made: When::at(key.created_at, now),
        then,
    }
}

fn turn(alg: Algorithm, facts: &[KeyFacts], now: Timestamp) -> KeyTurn {
    let name = alg.name();
    let waits = facts.iter().any(|key| key.alg == alg && matches!(key.state(now), Some(KeyState::Next { .. })));
    let what = match waits {
        true => format!("The next {name} key is published already. You can rotate again once it signs."),
        false => format!(
            "A new {name} key is published now and signs in {}. The present one stays published until the last token it \
             signed has expired, so nobody is signed out.",
            wait()
        ),
    };
    KeyTurn { alg: name.to_owned(), what, waits }
}

/// How long a new key waits, in words.
fn wait() -> String {
    let minutes = CACHE_LIFETIME.as_secs() / 60;
    format!("{minutes} minutes")
}
