//! Roof: open the store, build the engine, mount every face, run until told to stop.
//!
//! [`listener`] accepts connections, [`connection`] keeps each of them within limits by what
//! [`activity`] knows of it, [`tls`] holds the certificate.

pub mod activity;
pub mod connection;
pub mod listener;
pub mod tls;
