//! What is still missing before a request can be answered? A pure function of what is stored; asked anew at every step.

use crate::base::clock::Timestamp;
use crate::base::ids::{SessionId, UserId};
use crate::engine::users::Fresh;
use crate::engine::users::needs::{Demand, Need, missing_of_session};
use crate::model::client::{Client, ConsentPolicy};
use crate::model::consent::Consent;
use crate::model::factors::Counted;
use crate::model::interaction::{AuthorizationRequest, Interaction};
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;

use super::ask;

/// How old, in seconds, a proof given during the interaction may be when the request is answered, however small its
/// `max_age`.
const READING_TIME: u64 = 300;

/// What comes next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The person proves who they are.
    SignIn,
    /// The person who is signed in proves it more strongly.
    StepUp,
    /// The person says which account to go on with.
    SelectAccount,
    /// The person agrees or declines.
    Consent,
    /// Nothing: the request can be answered.
    Ready,
    /// The request is answered with an error.
    Refuse(Refusal),
}

/// Who is signed in in this browser.
#[derive(Clone, Copy, Debug)]
pub(super) struct Person<'a> {
    pub user: &'a User,
    pub session: &'a Session,
}

/// What the person did during this interaction.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Progress<'a> {
    pub signed_in: Option<&'a SessionId>,
    pub chosen: Option<&'a SessionId>,
    pub consented: Option<&'a UserId>,
    pub declined: Option<&'a UserId>,
}

impl<'a> Progress<'a> {
    /// What an interaction remembers.
    pub(super) fn of(interaction: &'a Interaction) -> Progress<'a> {
        Progress {
            signed_in: interaction.signed_in.as_ref(),
            chosen: interaction.chosen.as_ref(),
            consented: interaction.consented.as_ref(),
            declined: interaction.declined.as_ref(),
        }
    }
}

/// Everything the decision depends on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Situation<'a> {
    pub request: &'a AuthorizationRequest,
    pub client: &'a Client,
    pub person: Option<Person<'a>>,
    /// What the person has enrolled.
    pub enrolled: Counted<'a>,
    /// What policy demands of them here.
    pub demanded: RequiredFactor,
    pub progress: Progress<'a>,
    pub consent: Option<&'a Consent>,
    pub now: Timestamp,
}

/// What is still missing. Where nobody may be asked (`prompt=none`), whatever is missing becomes the error of OpenID Connect
/// Core, section 3.1.2.6.
pub(super) fn next(at: &Situation<'_>) -> Next {
    let Some(person) = at.person else { return at.ask(Next::SignIn) };
    if at.request.prompt.select_account && !at.selected(person) {
        return Next::SelectAccount;
    }
    if !at.is_expected(person) || !at.is_fresh(person) {
        return at.ask(Next::SignIn);
    }
    if !at.client.is_for(person.user) {
        return Next::Refuse(Refusal::UserNotAllowed);
    }
    match at.missing(person) {
        Need::Nothing => {}
        Need::EnrolSecondFactor | Need::EnrolPasskey if at.is_silent() => {
            return Next::Refuse(at.unmet());
        }
        // What was proved long ago is no ground for something new; a passkey signs in by itself as quickly as it steps up.
        _ if at.may_enrol() && !Fresh::is(&person.session.authentication, at.now) => return at.ask(Next::SignIn),
        _ => return at.ask(Next::StepUp),
    }
    if at.progress.declined == Some(&person.user.id) {
        return Next::Refuse(Refusal::AccessDenied);
    }
    if at.agreed(person) { Next::Ready } else { at.ask(Next::Consent) }
}

impl Situation<'_> {
    fn ask(&self, next: Next) -> Next {
        match next {
            Next::SignIn | Next::StepUp if self.is_silent() => Next::Refuse(Refusal::LoginRequired),
            Next::Consent if self.is_silent() => Next::Refuse(Refusal::ConsentRequired),
            other => other,
        }
    }

    /// Whether nobody may be asked anything: the client says so, or whoever is there only acts for the person, and can neither
    /// prove that they are they nor agree for them.
    fn is_silent(&self) -> bool {
        self.request.prompt.none || self.somebody_acts()
    }

    fn somebody_acts(&self) -> bool {
        self.person.is_some_and(|person| person.session.acting.is_some())
    }

    /// What the session lacks. What the client would merely like is asked for once, and not where nobody may be asked.
    fn missing(&self, person: Person<'_>) -> Need {
        let asked = self.is_silent() || self.progress.signed_in == Some(&person.session.id);
        let wanted = if asked { RequiredFactor::None } else { self.request.wanted_factor };
        let demand = Demand { policy: self.demanded, essential: self.request.essential_factor, wanted };
        missing_of_session(self.enrolled, demand, person.session, person.user, self.now)
    }

    /// Whether the way to what is demanded may pass an enrolment.
    fn may_enrol(&self) -> bool {
        let demanded = self.demanded.max(self.request.essential_factor).max(self.request.wanted_factor);
        demanded == RequiredFactor::Passkey || !self.enrolled.has_second()
    }

    /// What is said where something would have to be enrolled first and nobody may be asked to.
    fn unmet(&self) -> Refusal {
        match self.request.essential_factor > RequiredFactor::None {
            true => Refusal::AcrUnmet,
            false => Refusal::LoginRequired,
        }
    }

    /// Whether whoever is signed in is the person the client named; `None` when nobody is.
    pub(super) fn is_expected_here(&self) -> Option<bool> {
        self.person.map(|person| self.is_expected(person))
    }

    /// Whether the person signed in, or said who they are, during this interaction.
    fn selected(&self, person: Person<'_>) -> bool {
        let here = Some(&person.session.id);
        self.progress.chosen == here || self.progress.signed_in == here
    }

    /// Whether this is the person the client named, if it named one.
    fn is_expected(&self, person: Person<'_>) -> bool {
        self.request.expected_user.as_ref().is_none_or(|expected| *expected == person.user.id)
    }

    /// Whether the proof of who they are is recent enough: given during this interaction, or, unless `prompt=login`, within
    /// `max_age`. Zero means during this interaction. A proof given during this interaction may be a little older than
    /// `max_age` asks for, since it takes time to read the consent page; but not much.
    fn is_fresh(&self, person: Person<'_>) -> bool {
        let age = self.now.since(person.session.authentication.at).as_secs();
        if self.progress.signed_in == Some(&person.session.id) {
            return self.request.max_age.is_none_or(|most| age <= most.max(READING_TIME));
        }
        !self.request.prompt.login && self.request.max_age.is_none_or(|most| most > 0 && age <= most)
    }

    /// Whether the person let the client know and do what it asks for: now, before, or an administrator for everybody.
    fn agreed(&self, person: Person<'_>) -> bool {
        if self.somebody_acts() {
            return self.agreed_to_all_of_it();
        }
        if self.progress.consented == Some(&person.user.id) {
            return true;
        }
        let before = self.consent.is_some_and(|consent| ask::is_covered(self.request, consent));
        !self.request.prompt.consent && (self.client.consent == ConsentPolicy::Skip || before)
    }

    /// Whether everything was agreed to before, by the person or by an administrator for everybody, so that nothing has to be
    /// written down of it now.
    fn agreed_to_all_of_it(&self) -> bool {
        let every = ask::every_claim(self.request);
        let before = self.consent.is_some_and(|consent| consent.covers(&self.request.scopes, every.iter()));
        !self.request.prompt.consent && (self.client.consent == ConsentPolicy::Skip || before)
    }
}

#[cfg(test)]
#[path = "next_tests.rs"]
mod tests;
