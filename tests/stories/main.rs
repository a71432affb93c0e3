//! Stories over HTTP: people, their browsers and the applications they use, in one process, with a clock and a chance that
//! stand still.
//!
//! The people and things: [`house`] (the server), [`person`] and [`browser`] (who comes), [`app`] (who asks), [`wire`] (what
//! is said), [`store`] (what can fail). The stories are named after what happens in them.

mod app;
mod browser;
mod house;
mod person;
mod store;
mod wire;

mod codes;
mod parameters;
mod prompts;
mod redirects;
mod renewals;
mod tabs;
mod walk;
