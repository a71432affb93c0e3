//! Third floor: HTML for administrators.
