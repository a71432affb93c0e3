//! What is done without being asked.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::Engine;

/// How often the engine looks after itself.
const EVERY: Duration = Duration::from_secs(30);

/// Looks after the engine's records until it is stopped: sweeps, counts, keys. A store that cannot answer is asked again
/// the next time.
pub(super) async fn upkeep(engine: Arc<Engine>) {
    let mut turns = tokio::time::interval(EVERY);
    turns.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        turns.tick().await;
        if let Err(fault) = engine.maintain().await {
            tracing::error!(%fault, "maintenance was not finished");
        }
    }
}
