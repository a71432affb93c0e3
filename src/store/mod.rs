//! Cellar: remembers bytes. Knows no domain word and no engine above it knows redb.
//!
//! [`port`] is the one trait, [`changes`] the one kind of write; [`memory`] and [`redb`] keep the same laws.

pub mod changes;
#[cfg(test)]
mod laws;
pub mod memory;
pub mod port;
pub mod redb;

pub use changes::Changes;
pub use port::{Answer, Fault, Health, Key, Order, Refused, Span, Store, Value};
