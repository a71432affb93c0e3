//! Ground: time, chance, secrets and names. Knows nothing of identity.
//!
//! Reading order: [`clock`] and [`rng`] (time and chance are arguments), [`secret`] and [`digest`] (what may be
//! shown once and what may be stored), [`ids`] (names that cannot be mixed up), [`seal`] (encryption at rest), [`keyfile`]
//! (the key it needs) and [`rate`] (how often something may happen).

pub mod clock;
pub mod digest;
pub mod ids;
pub mod keyfile;
pub mod rate;
pub mod rng;
pub mod seal;
pub mod secret;
