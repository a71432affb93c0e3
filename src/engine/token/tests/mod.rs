//! Stories about the token endpoint.

mod codes;
mod crowds;
mod devices;
mod machines;
mod ours;
mod overtaken;
mod renewals;
