//! Stories about the token endpoint.

mod codes;
mod crowds;
mod devices;
mod machines;
mod overtaken;
mod renewals;
