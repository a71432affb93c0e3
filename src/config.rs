//! Roof: what the operator wrote, and what the program means by it.
