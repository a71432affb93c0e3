//! Third floor: HTML for people.

pub mod views;
