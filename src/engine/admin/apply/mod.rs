//! Making a declared state true: read what is, draft what would change, then one conditional commit of all of it.
//!
//! A file that is wrong in any place changes nothing at all and says where. Applying the same file again drafts no change.
//! What an apply creates is marked as managed; only that is ever pruned, so nothing made in the console goes away because
//! a file does not name it.

mod clients;
mod prune;
mod secrets;
mod surroundings;
mod users;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, UserId};
use crate::engine::{Caller, Denied, Engine};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::records::RecordChanges;
use crate::store::{Changes, Refused};

use super::Actor;
use super::declared::{Declared, Place, Problem};
use super::fields::FieldChange;
use surroundings::Surroundings;

/// How often a draft that was overtaken is made again.
const ATTEMPTS: usize = 8;

/// How a declared state is applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApplyOptions {
    /// Only says what would change.
    pub dry_run: bool,
    /// Removes what an earlier apply created and the file no longer names.
    pub prune: bool,
}

/// What came of applying a declared state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The file is wrong: nothing was changed.
    Wrong(Vec<Problem>),
    /// It is true now, by these changes; with `dry_run`, it would be.
    Done(Vec<ItemChange>),
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemChange {
    /// What kind of thing: `client`, `user`, `group`, `scope`, `settings`.
    pub noun: String,
    /// Which one.
    pub name: String,
    /// What was done to it.
    pub action: Action,
    /// Field by field.
    pub fields: Vec<FieldChange>,
}

/// What was done to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// It was made.
    Create,
    /// It was changed.
    Update,
    /// It was removed.
    Remove,
}

/// What would make a declared state true.
struct Draft<'a> {
    engine: &'a Engine,
    caller: &'a Caller,
    declared: &'a Declared,
    now: Timestamp,
    changes: Changes,
    report: Vec<ItemChange>,
    problems: Vec<Problem>,
    surroundings: Surroundings,
    removed_users: Vec<UserId>,
    removed_clients: Vec<ClientId>,
}

impl Engine {
    /// Makes `declared` true, in one commit.
    ///
    /// # Errors
    /// [`Denied::Busy`] when others kept changing the same things, or the store's fault.
    pub async fn apply(&self, caller: &Caller, declared: &Declared, options: ApplyOptions) -> Result<Outcome, Denied> {
        for _ in 0..ATTEMPTS {
            let mut draft = Draft::of(self, caller, declared, options.prune).await?;
            if !draft.problems.is_empty() {
                draft.problems.sort_by_key(|problem| problem.line);
                return Ok(Outcome::Wrong(draft.problems));
            }
            if options.dry_run || draft.changes.only_expects() {
                return Ok(Outcome::Done(draft.report));
            }
            match self.ledger.commit(draft.changes).await {
                Ok(()) => {
                    self.forget_removed(&draft.removed_users, &draft.removed_clients).await?;
                    return Ok(Outcome::Done(draft.report));
                }
                Err(Refused::Conflict(_)) => {}
                Err(Refused::Fault(fault)) => return Err(fault.into()),
            }
        }
        Err(Denied::Busy(std::time::Duration::from_secs(1)))
    }

    async fn forget_removed(&self, users: &[UserId], clients: &[ClientId]) -> Result<(), Denied> {
        for user in users {
            self.forget_possessions(user).await?;
        }
        for client in clients {
            self.forget_consents(client).await?;
        }
        Ok(())
    }
}

impl<'a> Draft<'a> {
    async fn of(
        engine: &'a Engine,
        caller: &'a Caller,
        declared: &'a Declared,
        prune: bool,
    ) -> Result<Draft<'a>, Denied> {
        let surroundings = Surroundings::of(engine, declared, prune).await?;
        let mut draft = Draft {
            engine,
            caller,
            declared,
            now: engine.now(),
            changes: Changes::new(),
            report: Vec::new(),
            problems: Vec::new(),
            surroundings,
            removed_users: Vec::new(),
            removed_clients: Vec::new(),
        };
        draft.settings().await?;
        draft.scopes().await?;
        draft.groups().await?;
        draft.users().await?;
        draft.clients().await?;
        if prune {
            draft.prune().await?;
        }
        draft.administrators().await?;
        let contradiction = draft.changes.contradiction().filter(|_| draft.problems.is_empty());
        if let Some(key) = contradiction.map(|key| key.escape_ascii().to_string()) {
            // A name that passes from one record to another in the same file would be written twice in one commit.
            let sentence =
                format!("moves a name from one thing to another ({key}): take it away first, then apply again");
            draft.problems.push(Problem { line: 1, key: String::new(), sentence });
        }
        Ok(draft)
    }

    fn wrong(&mut self, place: &Place, key: &str, sentence: impl Into<String>) {
        self.problems.push(place.problem(key, sentence));
    }

    fn note(&mut self, noun: &str, name: &str, action: Action, fields: Vec<FieldChange>) {
        self.report.push(ItemChange { noun: noun.to_owned(), name: name.to_owned(), action, fields });
    }

    fn record(&self, kind: AuditKind) -> AuditRecord {
        self.caller.record(self.now, &*self.engine.rng, Actor::file().audited(), kind)
    }

    fn audit(&mut self, record: &AuditRecord) {
        self.changes.create(record);
    }
}

/// A change of something that is never shown: only that it changed.
fn unseen(field: &str, what: &str) -> FieldChange {
    FieldChange { field: field.to_owned(), from: None, to: Some(what.to_owned()) }
}
