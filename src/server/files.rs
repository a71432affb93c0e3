//! How many files the process may have open, which bounds how many connections it can hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What the store, the logs, the listeners and the libraries need beside connections.
const RESERVE: u64 = 128;

/// Raises the process's soft limit on open files to its hard limit, and gives back how many connections fit below it.
///
/// Systems start processes with a soft limit of 1024 for the sake of programs that use `select`; this one does not.
pub fn room_for_connections() -> usize {
    let limit = getrlimit(Resource::Nofile);
    // A refusal leaves the soft limit as it is, which then is what counts.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    usize::try_from(files.saturating_sub(RESERVE).max(16)).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_room_for_some_connections() {
        assert!(super::room_for_connections() >= 16);
    }
}
