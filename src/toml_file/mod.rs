//! Reading what people write in TOML files, so that whatever is wrong is said at once and with its place: file, line, key
//! and what was expected.
//!
//! A reader asks a [`Section`] for the keys it knows; whatever was not asked for is unknown, and is refused with the key
//! that was probably meant. So the list of known keys is written down once: where each is read.

mod section;
mod text;

pub use section::{Section, one_of};
pub use text::{Outside, System};

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;
use std::path::{Path, PathBuf};

use toml::de::DeTable;

use crate::engine::admin::declared::Problem;

/// Everything that is wrong with one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// The file, as it was named.
    pub file: PathBuf,
    /// What is wrong, in the order of lines. Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Problems {
    /// One line each: `FILE:LINE: KEY: SENTENCE`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, problem) in self.problems.iter().enumerate() {
            let key = if problem.key.is_empty() { String::new() } else { format!("{}: ", problem.key) };
            let separator = if nth == 0 { "" } else { "\n" };
            write!(f, "{separator}{}:{}: {key}{}", self.file.display(), problem.line, problem.sentence)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// One file while it is read.
pub(crate) struct Sheet<'a> {
    /// The offsets at which lines end.
    line_ends: Vec<usize>,
    /// Where its relative paths begin.
    directory: PathBuf,
    outside: &'a dyn Outside,
    problems: RefCell<Vec<Problem>>,
}

impl Sheet<'_> {
    fn line(&self, offset: usize) -> usize {
        self.line_ends.partition_point(|end| *end < offset) + 1
    }

    fn is_reported(&self, key: &str) -> bool {
        let within = |rest: &str| rest.is_empty() || rest.starts_with(['[', '.']);
        self.problems.borrow().iter().any(|problem| problem.key.strip_prefix(key).is_some_and(within))
    }

    fn report(&self, line: usize, key: impl Into<String>, sentence: impl Into<String>) {
        self.problems.borrow_mut().push(Problem { line, key: key.into(), sentence: sentence.into() });
    }
}

/// Reads `text`, the content of `file`, with `read`. Environment variables and files that it names are looked up
/// `outside`; relative paths begin at the file's directory.
///
/// # Errors
/// Everything that is wrong, all at once.
pub fn read<T>(
    file: &Path,
    text: &str,
    outside: &dyn Outside,
    read: impl FnOnce(&Section<'_>) -> T,
) -> Result<T, Problems> {
    let line_ends = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
    let directory = file.parent().map(Path::to_owned).unwrap_or_default();
    let sheet = Sheet { line_ends, directory, outside, problems: RefCell::new(Vec::new()) };
    let (root, errors) = DeTable::parse_recoverable(text);
    let answer = if errors.is_empty() {
        let root = Section::of(&sheet, root.get_ref(), String::new(), 1);
        let answer = read(&root);
        root.close();
        Some(answer)
    } else {
        // What follows from the first mistake in a line tells nothing more.
        let mut told = BTreeSet::new();
        for error in errors {
            let line = sheet.line(error.span().map_or(0, |span| span.start));
            if told.insert(line) {
                sheet.report(line, "", error.message());
            }
        }
        None
    };
    let mut problems = sheet.problems.into_inner();
    problems.sort_by_key(|problem| problem.line);
    match answer {
        Some(answer) if problems.is_empty() => Ok(answer),
        _ => Err(Problems { file: file.to_owned(), problems }),
    }
}

/// Which of `known` was probably meant by `written`, if any comes close.
pub fn meant<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let begins = |name: &str| written.len() > 2 && name.starts_with(written);
    let distance = |name: &str| match begins(name) {
        true => 1,
        false => strsim::damerau_levenshtein(&written.to_lowercase(), &name.to_lowercase()),
    };
    let nearest = known.into_iter().map(|name| (distance(name), name)).min()?;
    (nearest.0 <= written.chars().count() / 3 + 1).then_some(nearest.1)
}

#[cfg(test)]
mod tests;
