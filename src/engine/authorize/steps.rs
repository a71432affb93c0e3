//! From a request to its next step: what is there, what is missing, and what has to be kept meanwhile.

use crate::base::clock::Timestamp;
use crate::base::ids::{InteractionId, SessionId, UserId};
use crate::base::secret::Secret;
use crate::engine::users::Visitor;
use crate::engine::users::acting::Grounds;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::client::Client;
use crate::model::consent::Consent;
use crate::model::face::Face;
use crate::model::factors::{Counted, Factors};
use crate::model::interaction::{AuthorizationRequest, Interaction, InteractionLife};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Session};
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::model::verification::UserVerification;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::next::{Next, Person, Progress, Situation, next};
use super::parameters::Parameters;
use super::response::AuthorizeRefused;
use super::validate::{Asked, still_holds};
use super::{Outcome, Step};

impl Engine {
    /// A request as it arrives: answered at once, or kept as an interaction.
    pub(super) async fn begin_authorize(
        &self,
        caller: &Caller,
        face: &Face,
        parameters: &Parameters,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Decision<Outcome>, Denied> {
        let now = self.now();
        let Asked { client, request } = match self.validate_authorize(face, parameters).await? {
            Ok(asked) => asked,
            Err(refused) => return Ok(Decision::allow(Err(refused))),
        };
        let present = Present::find(self, &client, &request, current, now).await?;
        let at =
            Position { caller, now, client: &client, request: &request, present: &present, kept: None, proved: None };
        let missing = match at.next() {
            Next::Refuse(refusal) => return Ok(at.refuse(refusal)),
            next => next,
        };
        // From here on something is kept: a grant, or an interaction.
        self.may_begin(caller, present.person.as_ref().map(|(user, _)| &user.id), now)?;
        if missing == Next::Ready {
            return Ok(self.hand_over(&at));
        }
        let interaction = Interaction {
            id: InteractionId::random(&*self.rng),
            browser: browser.digest(),
            request: request.clone(),
            created_at: now,
            expires_at: now.plus(Interaction::LIFETIME),
            signed_in: None,
            chosen: None,
            consented: None,
            declined: None,
            life: InteractionLife::Pending,
        };
        Ok(Decision::allow(step(missing, &interaction.id)).with(|changes| {
            changes.create(&interaction);
        }))
    }

    /// A kept request after a page has written its fact.
    pub(super) async fn resume_authorize(
        &self,
        caller: &Caller,
        id: &InteractionId,
        browser: &Secret,
        current: Option<&Visitor>,
    ) -> Result<Decision<Outcome>, Denied> {
        let now = self.now();
        let kept = self.pending_interaction(id, browser, now).await?;
        let request = &kept.request;
        let client = self.ledger.find::<Client>(request.client.as_str()).await?;
        let client = match still_holds(client, request) {
            Ok(client) => client,
            Err(refused) => return Ok(Decision::allow(Err(refused)).with(|changes| close(changes, &kept, now))),
        };
        let present = Present::find(self, &client, request, current, now).await?;
        let at = Position { caller, now, client: &client, request, present: &present, kept: Some(&kept), proved: None };
        Ok(match at.next() {
            Next::Ready => self.hand_over(&at),
            Next::Refuse(refusal) => at.refuse(refusal),
            missing => Decision::allow(step(missing, id)),
        })
    }
}

/// Everything that was read about a request, with the bytes it was read from.
pub(super) struct Position<'a> {
    pub caller: &'a Caller,
    pub now: Timestamp,
    pub client: &'a Kept<Client>,
    pub request: &'a AuthorizationRequest,
    pub present: &'a Present,
    pub kept: Option<&'a Kept<Interaction>>,
    /// How the person proved who they are, where that is not for the session to say.
    pub proved: Option<&'a Authentication>,
}

impl Position<'_> {
    fn next(&self) -> Next {
        next(&situation(self.request, self.client, self.present, self.progress(), self.now))
    }

    /// What the person did during this interaction; nothing where there is none.
    pub(super) fn progress(&self) -> Progress<'_> {
        self.kept.map(|kept| Progress::of(kept)).unwrap_or_default()
    }

    /// Tells the client, and lets nobody go on.
    fn refuse(&self, refusal: Refusal) -> Decision<Outcome> {
        let refused = AuthorizeRefused::told(self.request, refusal);
        Decision::allow(Err(refused)).with(|changes| {
            if let Some(kept) = self.kept {
                close(changes, kept, self.now);
            }
        })
    }
}

/// What was read, as the law looks at it.
pub(super) fn situation<'a>(
    request: &'a AuthorizationRequest,
    client: &'a Client,
    present: &'a Present,
    progress: Progress<'a>,
    now: Timestamp,
) -> Situation<'a> {
    let person = present.person.as_ref().map(|(user, session)| Person { user, session });
    let (enrolled, demanded) = (present.counted(), present.demanded);
    Situation { request, client, person, enrolled, demanded, progress, consent: present.consent.as_deref(), now }
}

/// Who is there, and what they agreed to before.
pub(super) struct Present {
    pub person: Option<(Kept<User>, Kept<Session>)>,
    /// What it rests on that somebody acts for them, if somebody does.
    pub grounds: Option<Grounds>,
    /// What they have enrolled.
    enrolled: Factors,
    /// Whether passkeys must check their owners.
    verification: UserVerification,
    /// What policy demands of them here.
    pub demanded: RequiredFactor,
    pub consent: Option<Kept<Consent>>,
}

impl Present {
    pub(super) async fn find(
        engine: &Engine,
        client: &Client,
        request: &AuthorizationRequest,
        current: Option<&Visitor>,
        now: Timestamp,
    ) -> Result<Present, Fault> {
        let person = match current {
            Some(current) => engine.still_there(&current.session().id, now).await?,
            None => None,
        };
        let Some(there) = person else {
            let nobody = Factors::none(&UserId::from_text(""));
            let (verification, demanded) = (UserVerification::Required, RequiredFactor::None);
            return Ok(Present {
                person: None,
                grounds: None,
                enrolled: nobody,
                verification,
                demanded,
                consent: None,
            });
        };
        let consent = engine.ledger.find(&format!("{}/{}", there.user.id, request.client)).await?;
        let present = Present::of(engine, client, (there.user, there.session), consent).await?;
        Ok(Present { grounds: there.grounds, ..present })
    }

    /// Of these, with what is demanded of them.
    pub(super) async fn of(
        engine: &Engine,
        client: &Client,
        person: (Kept<User>, Kept<Session>),
        consent: Option<Kept<Consent>>,
    ) -> Result<Present, Fault> {
        let enrolled = engine.factors_of(&person.0.id).await?;
        let demanded = engine.demanded_of(&person.0, Some(client)).await?;
        let verification = engine.user_verification().await?;
        Ok(Present { person: Some(person), grounds: None, enrolled, verification, demanded, consent })
    }

    /// What counts of what they have enrolled.
    pub(super) fn counted(&self) -> Counted<'_> {
        self.enrolled.under(self.verification)
    }
}

/// Whoever is there, as they are now.
struct There {
    user: Kept<User>,
    session: Kept<Session>,
    grounds: Option<Grounds>,
}

impl Engine {
    /// The person as they are now; `None` when the session has ended since the evidence was found, the user is switched off, or
    /// whoever acts for them may not any more.
    async fn still_there(&self, session: &SessionId, now: Timestamp) -> Result<Option<There>, Fault> {
        let session = self.ledger.find::<Session>(session.as_str()).await?.filter(|session| session.is_open(now));
        let Some(session) = session else { return Ok(None) };
        let user = self.ledger.find::<User>(session.user.as_str()).await?;
        let Some(user) = user.filter(|user| user.is_enabled() && session.is_of(user)) else { return Ok(None) };
        let grounds = self.grounds(&session, &user).await?;
        Ok(grounds.ok().map(|grounds| There { user, session, grounds }))
    }

    /// The session as it is now; refuses with [`Refusal::SessionEnded`] when it does not hold any more.
    pub(super) async fn still_open(&self, session: &SessionId, now: Timestamp) -> Result<Kept<Session>, Denied> {
        let there = self.still_there(session, now).await?;
        there.map(|there| there.session).ok_or(Refusal::SessionEnded.into())
    }
}

/// What the browser is told of what is missing.
fn step(missing: Next, id: &InteractionId) -> Outcome {
    match missing {
        // The sign-in page sees which of the two it is.
        Next::SignIn | Next::StepUp => Ok(Step::SignIn(id.clone())),
        Next::SelectAccount => Ok(Step::SelectAccount(id.clone())),
        Next::Consent => Ok(Step::Consent(id.clone())),
        // Both are answered before anything is kept.
        Next::Ready => Err(Denied::Refused(Refusal::InteractionAnswered).into()),
        Next::Refuse(refusal) => Err(Denied::Refused(refusal).into()),
    }
}

/// Notes that the interaction was answered: never again.
pub(super) fn close(changes: &mut Changes, kept: &Kept<Interaction>, at: Timestamp) {
    changes.update(kept, &Interaction { life: InteractionLife::Answered { at }, ..kept.record().clone() });
}
