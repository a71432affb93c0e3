//! Roof: open the store, build the engine, mount every face, run until told to stop.
//!
//! [`listener`] accepts connections, [`connection`] keeps each of them within limits by what
//! [`activity`] knows of it, [`tls`] holds the certificate;
//! [`files`] makes room for connections, [`health`] answers the operator's tools.

pub mod activity;
pub mod connection;
pub mod files;
pub mod health;
pub mod listener;
pub mod tls;
