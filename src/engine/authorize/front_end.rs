//! A sign-in front end of ours asks for a code by the access token of the person who is signed in there, instead of sending
//! their browser.
//!
//! Nobody is asked anything on this way: whatever is missing is said to the front end. The code inherits the session of the
//! token, and when and how its person proved who they are.

use crate::base::ids::{ClientId, GrantId};
use crate::base::secret::Secret;
use crate::engine::access::Holder;
use crate::engine::standing::Standing;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::consent::Consent;
use crate::model::face::Face;
use crate::model::refusal::Refusal;
use crate::model::scope::Scope;
use crate::model::session::Session;
use crate::records::Kept;
use crate::store::Fault;

use super::next::{Next, Person, Progress, Situation, next};
use super::parameters::Parameters;
use super::response::{AuthorizationResponse, AuthorizeRefused};
use super::steps::{Position, Present};
use super::validate::Asked;
use super::{Outcome, Step};

/// Evidence: a sign-in front end of ours, at one of its own origins, with a token that may sign its person in elsewhere.
/// Only [`Engine::front_end`] makes one.
#[derive(Clone, Debug)]
pub struct FrontEnd {
    grant: GrantId,
}

impl Engine {
    /// Whether `token` and `origin` make a sign-in front end; and, as far as the token tells, which client that would be.
    ///
    /// The inner errors are [`Refusal::TokenInvalid`], [`Refusal::TokenAudience`], [`Refusal::SessionEnded`],
    /// [`Refusal::ScopeInsufficient`] for a client that is none of ours or was not given the scope, and
    /// [`Refusal::OriginNotAllowed`].
    ///
    /// # Errors
    /// The store's fault.
    pub async fn front_end(
        &self,
        token: &Secret,
        origin: Option<&str>,
    ) -> Result<(Option<ClientId>, Result<FrontEnd, Refusal>), Fault> {
        let Some(facts) = self.read_access_token(token).await? else { return Ok((None, Err(Refusal::TokenInvalid))) };
        let client = Some(facts.client.clone());
        let Ok(Holder::Person(standing)) = self.holds(&facts).await? else {
            return Ok((client, Err(Refusal::TokenInvalid)));
        };
        if !facts.is_for(&self.identity.issuer) && !facts.is_for(facts.client.as_str()) {
            return Ok((client, Err(Refusal::TokenAudience)));
        }
        if self.open_session_of(&standing).await?.is_none() {
            return Ok((client, Err(Refusal::SessionEnded)));
        }
        let found = fits(&standing, origin).map(|()| FrontEnd { grant: standing.grant().id.clone() });
        Ok((client, found))
    }

    /// Answers an authorization request for the person of `front_end`, at once or not at all.
    ///
    /// # Errors
    /// As [`Engine::authorize`]; nothing of it may be shown to a browser as a page or a redirect.
    pub async fn authorize_by_front_end(
        &self,
        caller: &Caller,
        face: &Face,
        parameters: &Parameters,
        front_end: &FrontEnd,
    ) -> Result<AuthorizationResponse, AuthorizeRefused> {
        let outcome = self.settle(|| self.decide_by_front_end(caller, face, parameters, front_end)).await?;
        self.note_refused(caller, None, &outcome).await;
        match outcome? {
            Step::Done(response) => Ok(response),
            // A step is for a browser; there is none.
            _ => Err(Denied::Refused(Refusal::LoginRequired).into()),
        }
    }

    async fn decide_by_front_end(
        &self,
        caller: &Caller,
        face: &Face,
        parameters: &Parameters,
        front_end: &FrontEnd,
    ) -> Result<Decision<Outcome>, Denied> {
        let now = self.now();
        let standing = self.standing(&front_end.grant).await?.map_err(|_| Refusal::TokenInvalid)?;
        let session = self.open_session_of(&standing).await?.ok_or(Refusal::SessionEnded)?;
        let Asked { client, request } = match self.validate_authorize(face, parameters).await? {
            Ok(asked) => asked,
            Err(refused) => return Ok(Decision::allow(Err(refused))),
        };
        let consent = self.ledger.find::<Consent>(&format!("{}/{}", standing.user().id, request.client)).await?;
        // However lately the session was confirmed elsewhere: the token knows no more than when it was given.
        let proved = Session { authentication: standing.grant().authentication.clone(), ..session.record().clone() };
        // What it rests on if somebody acts for them, the commit expects as part of the standing.
        let present = Present::of(self, &client, (standing.kept_user().clone(), session), consent).await?;
        let missing = next(&Situation {
            request: &request,
            client: &client,
            person: Some(Person { user: standing.user(), session: &proved }),
            enrolled: present.counted(),
            demanded: present.demanded,
            progress: Progress::default(),
            consent: present.consent.as_deref(),
            now,
        });
        let missing = match missing {
            Next::Ready => None,
            Next::SignIn | Next::StepUp => Some(Refusal::LoginRequired),
            Next::SelectAccount => Some(Refusal::AccountSelectionRequired),
            Next::Consent => Some(Refusal::ConsentRequired),
            Next::Refuse(refusal) => Some(refusal),
        };
        if let Some(refusal) = missing {
            return Ok(Decision::allow(Err(AuthorizeRefused::told(&request, refusal))));
        }
        self.may_begin(caller, Some(&standing.user().id), now)?;
        let proved = Some(&proved.authentication);
        let at = Position { caller, now, client: &client, request: &request, present: &present, kept: None, proved };
        Ok(self.hand_over(&at).with(|changes| standing.expect(changes)))
    }

    /// The session a grant was given in, if that is open; a grant may outlive it.
    async fn open_session_of(&self, standing: &Standing) -> Result<Option<Kept<Session>>, Fault> {
        let session = self.ledger.find::<Session>(standing.grant().session.as_str()).await?;
        let now = self.now();
        Ok(session.filter(|session| session.is_open(now) && session.is_of(standing.user())))
    }
}

/// Whether the token's client is a front end of ours, and this is one of its places.
fn fits(standing: &Standing, origin: Option<&str>) -> Result<(), Refusal> {
    let client = standing.client();
    if !client.is_front_end() || standing.user().is_guest() {
        return Err(Refusal::ScopeInsufficient(Scope::AUTHORIZE));
    }
    match origin {
        Some(origin) if client.origins.iter().any(|known| known == origin) => Ok(()),
        _ => Err(Refusal::OriginNotAllowed),
    }
}
