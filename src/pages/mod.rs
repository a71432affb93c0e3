//! Third floor: HTML for people.
