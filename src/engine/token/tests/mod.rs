//! Stories about the token endpoint.

mod codes;
