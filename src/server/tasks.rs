//! What is done without being asked.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;

/// How often the use of clients is written down: a crash forgets no more than this.
const EVERY: Duration = Duration::from_secs(5);
/// Each time it has been written down so often, the engine looks after everything else too.
const TURNS: u32 = 6;

/// Looks after the engine's records until it is stopped: sweeps, counts, keys. A store that cannot answer is asked again
/// the next time.
pub(super) async fn upkeep(engine: Arc<Engine>) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    for turn in (0..TURNS).cycle() {
        turns.tick().await;
        let done = match turn {
            0 => engine.maintain().await.map(drop),
            _ => engine.write_usage_down().await.map(drop),
        };
        if let Err(fault) = done {
            tracing::error!(%fault, "maintenance was not finished");
        }
    }
}
