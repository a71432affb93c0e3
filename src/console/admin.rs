//! An administrator's visit to the console, and the ways every handler answers.

use std::ops::Deref;
use std::sync::Arc;

use askama::Template;
use poem::http::StatusCode;
use poem::{IntoResponse, Response};

use crate::engine::Denied;
use crate::engine::admin::Actor;
use crate::engine::discovery::Endpoints;
use crate::http::directory::Directory;
use crate::http::flash::Flash;
use crate::http::page::{Frame, Page, Problems};
use crate::http::visit::{Outcome, Visit};
use crate::model::refusal::Refusal;

/// A visit of somebody who administers this server.
pub(super) struct Admin {
    visit: Visit,
    /// The evidence every verb of administration asks for.
    pub actor: Actor,
    /// What the page is about: the last name in its path.
    pub about: String,
    directory: Arc<Directory>,
}

impl Deref for Admin {
    type Target = Visit;
    fn deref(&self) -> &Visit {
        &self.visit
    }
}

impl Admin {
    pub(super) fn new(visit: Visit, actor: Actor, about: String, directory: Arc<Directory>) -> Admin {
        Admin { visit, actor, about, directory }
    }

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
            Err(denied) => Err(self.deny(&denied.into()).await),
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
            _ => return Err(self.deny(&denied).await),
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
