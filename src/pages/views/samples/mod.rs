//! Every person's page with ordinary, faulty, empty and hostile data.

mod account;
mod arriving;
mod consent;
mod entry;
mod factors;
mod leaving;
mod mail;
mod mail_code;
mod passkeys;
mod second_factor;
mod sign_in;

use super::*;
use crate::http::sample::{LONG, MARKUP, RTL};

fn wiki() -> Option<Destination> {
    Some(Destination { name: "Team wiki".into(), host: "wiki.example.org".into() })
}

fn hostile() -> Option<Destination> {
    Some(Destination { name: format!("{MARKUP} {LONG} {RTL}"), host: format!("{LONG}.example.org") })
}
