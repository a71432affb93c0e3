//! Who has the store open: a lock file beside it, held for as long as the store, with the holder's process id.

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::Duration;

use time::OffsetDateTime;
use time::macros::format_description;

/// The process that has a store open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub process: u32,
    /// Since when, in UTC.
    pub since: Option<String>,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "process {}", self.process)?;
        self.since.iter().try_for_each(|since| write!(f, " since {since}"))
    }
}

/// The right to open the store; the operating system takes it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

/// Why there is no [`Lock`].
pub(super) enum NoLock {
    /// Somebody else has it.
    Held(Option<Holder>),
    /// The file system refused.
    Io(io::Error),
}

impl Lock {
    /// Takes the lock at `path` and writes down who has it.
    pub(super) fn take(path: &Path) -> Result<Lock, NoLock> {
        let open = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path);
        let mut file = open.map_err(NoLock::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(NoLock::Held(holder(path))),
            Err(TryLockError::Error(error)) => return Err(NoLock::Io(error)),
        }
        let written = file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id()));
        written.map_err(NoLock::Io)?;
        Ok(Lock { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Nobody holds the store now; a name that stays behind would only be stale.
        let _ = self.file.set_len(0);
    }
}

/// Who wrote their process id at `path`. The lock is taken a moment before the name is written: wait for it.
fn holder(path: &Path) -> Option<Holder> {
    for _ in 0..10 {
        let mut text = String::new();
        let read = File::open(path).and_then(|mut file| file.read_to_string(&mut text));
        if let (Ok(_), Ok(process)) = (read, text.trim().parse()) {
            return Some(Holder { process, since: since(path) });
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    None
}

fn since(path: &Path) -> Option<String> {
    let written = OffsetDateTime::from(path.metadata().and_then(|metadata| metadata.modified()).ok()?);
    written.format(format_description!("[year]-[month]-[day] [hour]:[minute] UTC")).ok()
}
