//! What administrators may do. Every verb takes evidence that somebody may: an [`Actor`] to change things, a [`Reader`] to
//! look at them, a [`Keeper`] or [`Viewer`] where registrars may too.
//!
//! - [`clients`], [`client_views`], [`secrets`], [`access_keys`]: applications, described by [`client_change`] and judged by
//!   [`rules`].
//! - [`invitations`] (with [`addresses`]): people who make their accounts themselves.
//! - [`users`], [`groups`], [`scopes`], [`settings`], [`mail`]: people and what the deployment knows; [`demands`]: what it may
//!   demand of them.
//! - [`activity`], [`overview`]: what happened, and how things stand.
//! - [`fields`]: each noun in the words of the declared-state file; what audit records and `apply` compare.
//!
//! Every change is one conditional commit together with its audit record, which says field by field what changed and never
//! carries a secret. What an administrator may do is looked up again inside each decision, so that one who was disabled a
//! moment ago changes nothing any more.

pub mod access_keys;
pub mod activity;
pub mod actor;
pub mod addresses;
pub mod apply;
pub mod client_change;
pub mod client_views;
pub mod clients;
pub mod declared;
mod demands;
pub mod export;
pub mod fields;
pub mod groups;
pub mod invitations;
pub mod mail;
pub mod overview;
mod places;
mod registrar;
pub mod rules;
pub mod scopes;
mod second_factors;
pub mod secrets;
pub mod settings;
pub mod user_change;
pub mod users;
pub mod users_end;

#[cfg(test)]
mod tests;

pub use actor::{Actor, Keeper, Reader, Viewer};
pub use fields::FieldChange;

use crate::records::{Page, Record};

/// Some of a long list, and where the rest begins.
#[derive(Clone, Debug)]
pub struct Listed<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// What to pass as `after` for those that follow; `None` at the end.
    pub next: Option<String>,
}

impl<R: Record> From<Page<R>> for Listed<R> {
    fn from(page: Page<R>) -> Listed<R> {
        Listed { items: page.items.iter().map(|kept| kept.record().clone()).collect(), next: page.next }
    }
}
