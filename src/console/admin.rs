//! A visit to the console with the evidence of who came, and the ways every handler answers.
//!
//! [`Admin`] may change everything, [`Reading`] look at everything, [`Keeping`] change applications, [`Looking`] look at
//! applications. What is more is also what is less. A handler says in its arguments which of them it takes, and
//! [`doors`](mod@super::doors) lets nobody else in.

use std::ops::Deref;
use std::sync::Arc;

use askama::Template;
use poem::http::StatusCode;
use poem::{IntoResponse, Response};

use crate::engine::Denied;
use crate::engine::admin::{Actor, Keeper, Reader, Viewer};
use crate::engine::discovery::Endpoints;
use crate::engine::users::{Fresh, SignedIn};
use crate::http::directory::Directory;
use crate::http::flash::Flash;
use crate::http::page::{Frame, Page, Problems};
use crate::http::visit::{Outcome, Visit, confirm_first};
use crate::model::refusal::Refusal;

/// Somebody at the door of one page or form.
pub(super) struct Arrival {
    pub visit: Visit,
    /// What the page is about: the last name in its path.
    pub about: String,
    pub directory: Arc<Directory>,
    /// The path of the page, or of the one its form is on.
    pub page: String,
}

/// A visit that shows by its type what whoever came may do.
pub(super) trait Entrance: Sized + Send + Sync + 'static {
    /// What is checked at the door.
    type Evidence: Send;

    /// The evidence, if whoever is signed in has it.
    fn evidence(who: &SignedIn) -> Result<Self::Evidence, Refusal>;

    /// The visit with that evidence.
    fn admit(arrival: Arrival, evidence: Self::Evidence) -> Self;
}

/// A visit that may change something: what forms take.
pub(super) trait Changing: Entrance {
    /// The visit as every page has it.
    fn visit(&self) -> &Visit;

    /// Notes that they proved a moment ago who they are: some verbs ask for that.
    fn prove(&mut self, fresh: &Fresh);
}

/// A visit of somebody who administers this server.
pub(super) struct Admin {
    reading: Reading,
    /// The evidence every verb of administration asks for.
    pub actor: Actor,
}

/// A visit of somebody who may look at everything.
pub(super) struct Reading {
    looking: Looking,
    /// The evidence of verbs that look at things.
    pub reader: Reader,
}

/// A visit of somebody who may change applications.
pub(super) struct Keeping {
    looking: Looking,
    /// The evidence of verbs that change applications.
    pub keeper: Keeper,
}

/// A visit of somebody who may look at applications.
pub(super) struct Looking {
    visit: Visit,
    /// The evidence of verbs that look at applications.
    pub viewer: Viewer,
    /// What the page is about: the last name in its path.
    pub about: String,
    directory: Arc<Directory>,
    page: String,
}

impl Deref for Admin {
    type Target = Reading;
    fn deref(&self) -> &Reading {
        &self.reading
    }
}

impl Deref for Reading {
    type Target = Looking;
    fn deref(&self) -> &Looking {
        &self.looking
    }
}

impl Deref for Keeping {
    type Target = Looking;
    fn deref(&self) -> &Looking {
        &self.looking
    }
}

impl Deref for Looking {
    type Target = Visit;
    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl Entrance for Admin {
    type Evidence = Actor;
    fn evidence(who: &SignedIn) -> Result<Actor, Refusal> {
        Actor::administrator(who)
    }
    fn admit(arrival: Arrival, actor: Actor) -> Admin {
        let reader: &Reader = &actor;
        Admin { reading: Reading::admit(arrival, reader.clone()), actor }
    }
}

impl Entrance for Reading {
    type Evidence = Reader;
    fn evidence(who: &SignedIn) -> Result<Reader, Refusal> {
        Reader::of(who)
    }
    fn admit(arrival: Arrival, reader: Reader) -> Reading {
        let viewer: &Viewer = &reader;
        Reading { looking: Looking::admit(arrival, viewer.clone()), reader }
    }
}

impl Entrance for Keeping {
    type Evidence = Keeper;
    fn evidence(who: &SignedIn) -> Result<Keeper, Refusal> {
        Keeper::of(who)
    }
    fn admit(arrival: Arrival, keeper: Keeper) -> Keeping {
        let viewer: &Viewer = &keeper;
        Keeping { looking: Looking::admit(arrival, viewer.clone()), keeper }
    }
}

impl Entrance for Looking {
    type Evidence = Viewer;
    fn evidence(who: &SignedIn) -> Result<Viewer, Refusal> {
        Viewer::of(who)
    }
    fn admit(arrival: Arrival, viewer: Viewer) -> Looking {
        let Arrival { visit, about, directory, page } = arrival;
        Looking { visit, viewer, about, directory, page }
    }
}

impl Changing for Admin {
    fn visit(&self) -> &Visit {
        self
    }
    fn prove(&mut self, fresh: &Fresh) {
        self.actor = self.actor.clone().proved_by(fresh);
    }
}

impl Changing for Keeping {
    fn visit(&self) -> &Visit {
        self
    }
    fn prove(&mut self, fresh: &Fresh) {
        self.keeper = self.keeper.clone().proved_by(fresh);
    }
}

impl Admin {
    /// The actor, who proved a moment ago who they are; whoever did not is asked to and goes on to `path`.
    pub async fn proved(&self, path: &str) -> Result<Actor, Response> {
        Ok(self.actor.clone().proved_by(&self.fresh(path).await?))
    }
}

impl Keeping {
    /// The same for whoever keeps applications.
    pub async fn proved(&self, path: &str) -> Result<Keeper, Response> {
        Ok(self.keeper.clone().proved_by(&self.fresh(path).await?))
    }
}

impl Looking {
    /// Where this server's endpoints lie.
    pub fn endpoints(&self) -> &Endpoints {
        &self.directory.endpoints
    }

    /// Where the dialects lie, and how programs ask there.
    pub fn directory(&self) -> &Directory {
        &self.directory
    }

    /// One value of the query; empty when it is not there.
    pub fn asked(&self, name: &str) -> &str {
        self.query.get(name).unwrap_or_default()
    }

    /// The frame with what the page before wanted said, and that itself.
    pub async fn framed(&self) -> Result<(Frame, Flash), Response> {
        let flash = self.flash();
        Ok((self.frame().await?.saying(flash.sentence.clone()), flash))
    }

    /// The answer of a verb, or the page for its denial.
    pub async fn need<T>(&self, answer: Result<T, impl Into<Denied>>) -> Result<T, Response> {
        match answer {
            Ok(answer) => Ok(answer),
            Err(denied) => Err(self.stopped(&denied.into()).await),
        }
    }

    /// The page for a denial. Whoever has to prove first who they are comes back to the page they were on.
    async fn stopped(&self, denied: &Denied) -> Response {
        match denied {
            Denied::Refused(Refusal::FreshSignInRequired) => confirm_first(&self.page),
            _ => self.deny(denied).await,
        }
    }

    /// On to `path`, which says `sentence` once.
    #[expect(clippy::result_large_err, reason = "an answer either way")]
    pub fn done(&self, path: &str, sentence: &str) -> Outcome {
        Ok(self.go_saying(path, Flash::saying(sentence)))
    }

    /// What the form's own page says about a denial. Denials that no field can mend are pages of their own.
    pub async fn problems(&self, denied: Denied) -> Result<Problems, Response> {
        let problems = match &denied {
            Denied::Refused(Refusal::FieldInvalid(problem)) => Problems::of(problem.field, &problem.sentence),
            Denied::Refused(Refusal::Taken(field)) => Problems::of(field, taken(field)),
            Denied::Refused(Refusal::LastAdministrator) => {
                Problems::of("", "Nobody else administers this server. Make somebody else an administrator first.")
            }
            Denied::Refused(Refusal::UserDisabled) => {
                Problems::of("", "They are disabled and could not use it. Enable them first.")
            }
            _ => return Err(self.stopped(&denied).await),
        };
        self.desk.note(&denied, &self.caller);
        Ok(problems)
    }

    /// The page of a form that did not succeed, with what was typed.
    #[expect(clippy::result_large_err, reason = "an answer either way")]
    pub fn again<T: Template + Send>(&self, view: T) -> Outcome {
        Ok(Page::with_status(StatusCode::BAD_REQUEST, view).into_response())
    }
}

fn taken(field: &str) -> &'static str {
    match field {
        "username" => "Somebody has this username, or signs in with it as an address. Choose another.",
        "email" => "Somebody has this address. Give another, or none.",
        "id" => "Another application has this client ID. Choose another.",
        _ => "This name is taken. Choose another.",
    }
}
