//! Third floor: HTML for administrators.

pub mod views;
