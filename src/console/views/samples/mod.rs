//! Every console page with ordinary, faulty, empty and hostile data.

mod application;
mod applications;
mod dialects;
mod groups;
mod house;
mod invitations;
mod mail;
mod people;

use super::*;
use crate::http::sample::{LONG, MARKUP, RTL};
use crate::http::views::Pager;

fn strings<const N: usize>(list: [&str; N]) -> Vec<String> {
    list.map(String::from).into()
}

fn pager(path: &str) -> Pager {
    Pager { words: "50 of 100,000".into(), first: Some(path.into()), next: Some(format!("{path}?after=k")) }
}

fn groups() -> Vec<GroupChoice> {
    [("staff", true), ("finance", false)].map(|(name, chosen)| GroupChoice { name: name.into(), chosen }).into()
}

fn hostile_groups() -> Vec<GroupChoice> {
    [LONG, RTL, MARKUP].map(|name| GroupChoice { name: name.into(), chosen: true }).into()
}
