//! Why a store was not opened, each with the way on.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::holder::Holder;

/// Why a store was not opened. Each says what is where, and what you can do.
#[derive(Debug)]
pub enum OpenError {
    /// There is no store, and none was asked to be created.
    Missing {
        /// Where the store would be.
        path: PathBuf,
    },
    /// There is no store, but there has been one.
    Gone {
        /// Where the store was.
        path: PathBuf,
        /// The file that says so.
        marker: PathBuf,
    },
    /// The file holds no byte.
    Empty {
        /// The file.
        path: PathBuf,
    },
    /// The file is another program's.
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file is ours and altered.
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found, for the log.
        detail: String,
    },
    /// A newer version of this program wrote the file.
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// The schema it has.
        found: u32,
        /// The newest schema this program knows.
        known: u32,
    },
    /// Another process has the store open.
    Held {
        /// The file.
        path: PathBuf,
        /// Who, if the lock file says it.
        by: Option<Holder>,
    },
    /// The file system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What it said.
        error: io::Error,
    },
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            OpenError::Missing { path } => {
                write!(f, "{} does not exist. Check the data directory; `serve` creates a new one.", path.display())
            }
            OpenError::Gone { path, marker } => write!(
                f,
                "{} is gone, although this directory has held a store before. Restore a backup. If you mean to start \
                 from nothing, remove {} first.",
                path.display(),
                marker.display()
            ),
            OpenError::Empty { path } => write!(
                f,
                "{} is empty. An existing file is never filled anew: restore a backup, or move the file away.",
                path.display()
            ),
            OpenError::Foreign { path } => write!(
                f,
                "{} was not written by Countersign. It was left as it is; check the data directory.",
                path.display()
            ),
            OpenError::Damaged { path, detail } => write!(
                f,
                "{} is damaged ({detail}). It was left as it is: restore a backup, and keep this file to examine it.",
                path.display()
            ),
            OpenError::NewerSchema { path, found, known } => write!(
                f,
                "{} was written with schema {found}, and this program knows schemas up to {known}. Run the newer \
                 version, or restore a backup made with this one.",
                path.display()
            ),
            OpenError::Held { path, by: Some(holder) } => {
                write!(f, "{} is in use by {holder}. Stop it first, or name another data directory.", path.display())
            }
            OpenError::Held { path, by: None } => write!(
                f,
                "{} is in use by another process. Stop it first, or name another data directory.",
                path.display()
            ),
            OpenError::Io { path, error } => {
                write!(f, "{} cannot be used: {error}. Check that it exists and who owns it.", path.display())
            }
        }
    }
}

impl std::error::Error for OpenError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            OpenError::Io { error, .. } => Some(error),
            _ => None,
        }
    }
}
