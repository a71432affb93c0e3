//! Third floor: HTML for people. Pages show what the engine knows and write one fact each; none knows its successor.
//!
//! [`sign_in`], [`second_factor`] and [`consent`] are the stops of an authorization request ([`passkey_sign_in`] comes in with
//! a passkey, [`mail_code`] with a code by mail), [`leaving`] ends a session, and [`acting`] an administrator's for somebody
//! else. [`entry`] lets the first administrator and whoever lost the way in, [`reset`] mails a way back in, [`verify`] shows
//! that an address is somebody's, [`arriving`] is for those who make their accounts themselves, [`home`] leads to the
//! applications.
//!
//! Below `/account`, [`overview`] shows all of an account; [`account`] ([`activity`]), [`profile`], [`preferences`] and
//! [`own_data`] are what people see and change about themselves, [`care`] the people in their care, [`authenticator`] and
//! [`passkeys`] what they have beside a password ([`ceremonies`] is how scripts are answered).

pub mod views;

mod account;
mod acting;
mod activity;
mod arriving;
mod authenticator;
mod care;
mod ceremonies;
mod consent;
mod entry;
mod home;
mod leaving;
mod mail_code;
mod new_codes;
mod overview;
mod own_data;
mod passkey_sign_in;
mod passkeys;
mod preferences;
mod profile;
mod reset;
mod second_factor;
mod sign_in;
mod verify;

pub use passkeys::well_known;

use std::sync::Arc;

use poem::{Endpoint, EndpointExt, Response, Route};

use crate::base::ids::InteractionId;
use crate::engine::authorize::InteractionView;
use crate::http::desk::{Desk, see_other};
use crate::http::visit::safe_next;
use crate::model::face::Face;

/// Where an interaction that came through a face goes on: the roof knows, pages do not.
pub type ResumePath = fn(&Face) -> String;

/// Every page for people, below `/`.
pub fn routes(desk: &Arc<Desk>, resume: ResumePath) -> impl Endpoint<Output = Response> + use<> {
    let app = sign_in::mount(Route::new(), desk, resume);
    let app = second_factor::mount(app, desk, resume);
    let app = mail_code::mount(app, desk, resume);
    let app = new_codes::mount(app, desk, resume);
    let app = consent::mount(app, desk, resume);
    let app = leaving::mount(app, desk);
    let app = acting::mount(app, desk);
    let app = entry::mount(app, desk);
    let app = reset::mount(app, desk);
    let app = verify::mount(app, desk);
    let app = arriving::mount(app, desk);
    let app = home::mount(app, desk);
    let app = care::mount(app, desk);
    let app = authenticator::mount(app, desk);
    let app = overview::mount(app, desk);
    let app = profile::mount(app, desk);
    let app = preferences::mount(app, desk);
    let app = own_data::mount(app, desk);
    let app = passkeys::mount(app, desk);
    let app = passkey_sign_in::mount(app, desk, resume);
    account::mount(app, desk).map_to_response()
}

/// On to where the interaction is decided anew.
fn go_on(resume: ResumePath, interaction: &InteractionView) -> Response {
    go_on_by_id(resume, &interaction.face, &interaction.id)
}

fn go_on_by_id(resume: ResumePath, face: &Face, id: &InteractionId) -> Response {
    see_other(&format!("{}?interaction={id}", resume(face)))
}

/// A page of signing in, for the request that waits or the page to go to afterwards.
fn with_pending(page: &str, interaction: Option<&str>, next: Option<&str>) -> String {
    let next = next.map(safe_next).filter(|next| *next != "/");
    let mut pairs = form_urlencoded::Serializer::new(String::new());
    for (name, value) in [("interaction", interaction), ("next", next)] {
        value.into_iter().for_each(|value| _ = pairs.append_pair(name, value));
    }
    match (pairs.finish(), page.contains('?')) {
        (none, _) if none.is_empty() => page.to_owned(),
        (pairs, true) => format!("{page}&{pairs}"),
        (pairs, false) => format!("{page}?{pairs}"),
    }
}
