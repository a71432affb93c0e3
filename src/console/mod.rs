//! Third floor: HTML for administrators.
//!
//! [`doors()`] lists every page and form, [`mod@doors`] lets in whoever may come ([`admin`]). Each noun has a file:
//! [`overview`], [`applications`] and [`application`] with its [`dialects`], [`people`] and [`person`] ([`acting`] for whom),
//! [`invitations`], [`groups`] and [`group`], [`scopes`], [`keys`], [`mail`], [`activity`], [`settings`]. A page shows what
//! the engine knows; a form asks the engine for one thing, and the browser goes on by GET to a page that says what was done.
//! Nothing is decided here.

pub mod doors;
pub mod views;

mod access_keys;
mod acting;
mod activity;
mod admin;
mod application;
mod application_forms;
mod applications;
mod dialects;
mod events;
mod grants;
mod group;
mod groups;
mod invitations;
mod keys;
mod mail;
mod overview;
mod people;
mod person;
mod scopes;
mod second_factors;
mod settings;
mod words;

use std::sync::Arc;

use poem::{Endpoint, Response};

use crate::http::desk::Desk;
use crate::http::directory::Directory;

use doors::Doors;

/// The console, below `/admin`. `directory` says where applications find what.
pub fn routes(desk: &Arc<Desk>, directory: Directory) -> impl Endpoint<Output = Response> + use<> {
    doors(desk, directory).into_endpoint()
}

/// Every page and form of the console.
pub fn doors(desk: &Arc<Desk>, directory: Directory) -> Doors {
    Doors::new(desk, directory)
        .page("/", overview::show)
        .page("/applications", applications::list)
        .page("/applications/new", applications::ask)
        .form("/applications/new", applications::add)
        .page("/applications/:id", application::show)
        .form("/applications/:id/redirects", application_forms::redirects)
        .form("/applications/:id/post-logout", application_forms::post_logout)
        .form("/applications/:id/origins", application_forms::origins)
        .form("/applications/:id/secrets", application_forms::add_secret)
        .form("/applications/:id/secrets/remove", application_forms::remove_secret)
        .form("/applications/:id/access-keys", access_keys::add)
        .form("/applications/:id/access-keys/remove", access_keys::remove)
        .form("/applications/:id/scopes", application_forms::scopes)
        .form("/applications/:id/access", application_forms::access)
        .form("/applications/:id/grants", grants::change)
        .form("/applications/:id/tokens", application_forms::tokens)
        .form("/applications/:id/dialects", dialects::choose)
        .form("/applications/:id/customs", dialects::customs)
        .form("/applications/:id/identity", dialects::identity)
        .form("/applications/:id/disable", application_forms::disable)
        .form("/applications/:id/enable", application_forms::enable)
        .page("/applications/:id/delete", applications::ask_delete)
        .form("/applications/:id/delete", applications::delete)
        .page("/people", people::list)
        .page("/people/new", people::ask)
        .form("/people/new", people::add)
        .page("/people/:id", person::show)
        .form("/people/:id/profile", person::profile)
        .form("/people/:id/groups", person::groups)
        .form("/people/:id/roles", person::roles)
        .form("/people/:id/sessions/end", person::end_session)
        .form("/people/:id/sessions/end-all", person::end_sessions)
        .form("/people/:id/applications/revoke", person::revoke)
        .form("/people/:id/recover", person::recover)
        .page("/people/:id/second-factors", second_factors::ask)
        .form("/people/:id/second-factors", second_factors::remove)
        .form("/people/:id/act", acting::begin)
        .form("/people/:id/disable", person::disable)
        .form("/people/:id/enable", person::enable)
        .page("/people/:id/delete", people::ask_delete)
        .form("/people/:id/delete", people::delete)
        .page("/invitations", invitations::list)
        .form("/invitations", invitations::invite)
        .form("/invitations/:id/resend", invitations::resend)
        .form("/invitations/:id/revoke", invitations::revoke)
        .page("/groups", groups::list)
        .form("/groups", groups::add)
        .page("/groups/:id", group::show)
        .form("/groups/:id/members", group::add_member)
        .form("/groups/:id/members/remove", group::remove_member)
        .form("/groups/:id/applications", group::add_application)
        .form("/groups/:id/applications/remove", group::remove_application)
        .form("/groups/:id/factor", groups::factor)
        .page("/groups/:id/delete", groups::ask_delete)
        .form("/groups/:id/delete", groups::delete)
        .page("/scopes", scopes::list)
        .page("/scopes/new", scopes::ask)
        .form("/scopes/new", scopes::add)
        .page("/scopes/:id", scopes::show)
        .form("/scopes/:id", scopes::change)
        .page("/scopes/:id/delete", scopes::ask_delete)
        .form("/scopes/:id/delete", scopes::delete)
        .page("/keys", keys::list)
        .form("/keys/rotate", keys::rotate)
        .page("/mail", mail::show)
        .form("/mail/test", mail::test)
        .page("/mail/server", mail::ask)
        .form("/mail/server", mail::save)
        .form("/mail/server/test", mail::test_typed)
        .form("/mail/forget", mail::forget)
        .page("/activity", activity::list)
        .page("/settings", settings::show)
        .form("/settings", settings::save)
}
