//! `/consent`: who asks, for whom, for what, and where it leads. It reads as a letter.

use askama::Template;

use crate::http::page::Frame;

/// One thing an application asks for.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The sentence of the scope or claim: "See your email address".
    pub sentence: String,
    /// The one value it would receive: the address itself. Empty when there is none to show, or several.
    pub value: String,
    /// The values it would receive, when they are several.
    pub details: Vec<Detail>,
    /// The person has no such value yet.
    pub unset: bool,
    /// The sentence is only the scope's raw name, because nobody has described it.
    pub undescribed: bool,
}

/// One of several values.
#[derive(Clone, Debug, Default)]
pub struct Detail {
    /// What it is: "Date of birth".
    pub name: String,
    /// The value itself.
    pub value: String,
}

/// `GET /consent`. Fields: interaction, person, answer (continue, cancel).
///
/// The page needs `form_may_lead_to` the origin of the redirect address.
#[derive(Clone, Debug, Default, Template)]
#[template(path = "pages/consent.html")]
pub struct Consent {
    /// What every page is told.
    pub frame: Frame,
    /// The interaction, sent back as `interaction`.
    pub interaction: String,
    /// Who asks.
    pub client_name: String,
    /// For whom: the user's id, sent back as `person`, so that nobody answers for somebody else.
    pub person_id: String,
    /// For whom: the display name.
    pub person_name: String,
    /// For whom: the email address or username.
    pub person_detail: String,
    /// Where "not you?" leads: `/login` of this interaction, asking for another account.
    pub other_account_url: String,
    /// What the application will know: one entry a scope, and one a claim that was asked for by itself.
    pub receives: Vec<Ask>,
    /// What the application will be able to do: scopes that are not about claims.
    pub allows: Vec<Ask>,
    /// For how many days it stays signed in without the person, if it does.
    pub offline_days: Option<u64>,
    /// Those days are counted from each use.
    pub offline_slides: bool,
    /// The host of the redirect address, in its readable form.
    pub host: String,
    /// The host in its ASCII form, when that differs from the readable one.
    pub host_ascii: Option<String>,
    /// Who added the application.
    pub added_by: Option<String>,
    /// The day it was added: "3 November". Empty to leave it out.
    pub added_on: String,
    /// The application registered itself and no administrator has looked at it.
    pub self_registered: bool,
}
