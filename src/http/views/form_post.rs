//! The answer of `response_mode=form_post` (OAuth 2.0 Form Post Response Mode, section 2).

use askama::Template;

use crate::http::page::{Frame, Samples};
use crate::http::sample::{LONG, MARKUP, frame, hostile_frame};

/// A page whose form carries the authorization response to the client.
///
/// It is sent with `form_may_lead_to` the origin of `action`. It has no csrf token: the form leaves this server.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "http/form_post.html")]
pub struct FormPost {
    /// What every page is told.
    pub frame: Frame,
    /// The registered redirect address.
    pub action: String,
    /// The application's name, for the one second it may be seen.
    pub destination: String,
    /// The response parameters, in order.
    pub fields: Vec<HiddenField>,
}

/// One response parameter.
#[derive(Clone, Debug, Default)]
pub struct HiddenField {
    /// Its name: `code`, `state`, `iss`, `error`.
    pub name: String,
    /// Its value, byte for byte.
    pub value: String,
}

impl FormPost {
    /// A page that carries `fields` to `action`.
    pub fn new(frame: Frame, destination: &str, action: &str, fields: &[(&str, &str)]) -> FormPost {
        let field = |(name, value): &(&str, &str)| HiddenField { name: (*name).into(), value: (*value).into() };
        FormPost {
            frame,
            action: action.to_owned(),
            destination: destination.to_owned(),
            fields: fields.iter().map(field).collect(),
        }
    }
}

impl Samples for FormPost {
    fn samples() -> Vec<(&'static str, FormPost)> {
        let (action, iss) = ("https://wiki.example.org/cb", ("iss", "https://id.example.org"));
        let plain = FormPost::new(frame(), "Team wiki", action, &[("code", "abc"), ("state", "a b"), iss]);
        let hostile = FormPost::new(hostile_frame(), LONG, action, &[("state", MARKUP), ("error", LONG)]);
        vec![("plain", plain), ("hostile", hostile)]
    }
}
