//! What a command answers: text for standard output, text for standard error, and an exit code.

use std::fmt::Display;
use std::io::Write;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use crate::engine::Denied;
use crate::model::refusal::Refusal;
use crate::server::house::HouseError;
use crate::store::redb::OpenError;

/// What a command answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// For standard output: what was asked for.
    pub out: String,
    /// For standard error: what is worth saying about it.
    pub err: String,
    /// 0 done, 1 refused, 2 bad usage, 3 the store is damaged or newer than the program.
    pub code: u8,
}

impl Reply {
    /// It is done, and this was asked for.
    pub fn done(out: impl Into<String>) -> Reply {
        Reply { out: out.into(), ..Reply::default() }
    }

    /// The same answer, with a remark.
    pub fn with_remark(self, remark: impl Display) -> Reply {
        Reply { err: format!("{}{remark}\n", self.err), ..self }
    }

    /// It was refused, for this reason and with this remedy.
    pub fn refused(reason: impl Display) -> Reply {
        Reply { code: 1, ..Reply::default() }.with_remark(reason)
    }

    /// It was asked for wrongly, or is not there to be asked for.
    pub fn bad_usage(reason: impl Display) -> Reply {
        Reply { code: 2, ..Reply::default() }.with_remark(reason)
    }

    /// The store is damaged, or newer than the program.
    pub fn damaged(reason: impl Display) -> Reply {
        Reply { code: 3, ..Reply::default() }.with_remark(reason)
    }

    /// Says it.
    pub fn say(&self) -> ExitCode {
        // Somebody who closed the pipe does not want to know more.
        let _ = std::io::stdout().write_all(self.out.as_bytes());
        let _ = std::io::stderr().write_all(self.err.as_bytes());
        ExitCode::from(self.code)
    }
}

impl From<Denied> for Reply {
    fn from(denied: Denied) -> Reply {
        Reply::refused(sentence(&denied))
    }
}

/// Why a house could not be built, with the exit code that belongs to it.
pub fn house_refused(error: &HouseError) -> Reply {
    match error {
        HouseError::Store(OpenError::Damaged { .. } | OpenError::NewerSchema { .. }) => Reply::damaged(error),
        error => Reply::refused(error),
    }
}

/// Why the engine did not do what it was asked, in words for whoever sits at the command line.
pub fn sentence(denied: &Denied) -> String {
    match denied {
        Denied::Busy(_) => "The server is too busy for this now. Try again in a moment.".to_owned(),
        Denied::Unavailable(fault) => format!("The store could not answer: {fault}."),
        Denied::Refused(Refusal::NotFound(what)) => format!("There is no such {what}."),
        Denied::Refused(Refusal::Taken(field)) => format!("This {field} is taken already. Choose another."),
        Denied::Refused(Refusal::FieldInvalid(problem)) => problem.sentence.clone(),
        Denied::Refused(Refusal::LastAdministrator) => {
            "Nobody else administers this server. Make another administrator first.".to_owned()
        }
        Denied::Refused(Refusal::UserDisabled) => "This user is disabled. Enable them first.".to_owned(),
        Denied::Refused(refusal) => format!("It was refused: {}.", refusal.name()),
    }
}
