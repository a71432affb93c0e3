//! Countersign: an identity server in one binary, its database inside.
//!
//! The floor plan, in reading order. Imports only look downward; faces never look at each other.
//!
//! - [`base`], [`jose`] — ground: time, chance, secrets, signatures. Knows nothing of identity.
//! - [`store`] — cellar: an ordered map of bytes whose only write is a conditional batch. Knows no domain word.
//! - [`model`], [`records`] — first floor: the nouns and how each is kept. No I/O, no clock.
//! - [`engine`] — second floor: the verbs. Knows no HTTP, HTML, status code, redb or dialect name.
//! - [`http`], [`mail`], [`dialects`], [`pages`], [`console`] — third floor: the faces. They translate and decide nothing;
//!   none of them touches the store.
//! - [`toml_file`], [`declared`], [`server`], [`config`], [`cli`] — roof: read what people wrote, open the store, build the
//!   engine, mount every face, run until told to stop.

pub mod base;
pub mod cli;
pub mod config;
pub mod console;
pub mod declared;
pub mod dialects;
pub mod engine;
pub mod http;
pub mod jose;
pub mod mail;
pub mod model;
pub mod pages;
pub mod records;
pub mod server;
pub mod store;
pub mod toml_file;
