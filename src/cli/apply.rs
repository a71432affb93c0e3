//! `countersign apply FILE`: make the declared state true; print what changed, field by field.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde::{Deserialize, Serialize};

use crate::declared;
use crate::engine::Denied;
use crate::engine::admin::apply::{Action, ApplyOptions, ItemChange, Outcome};
use crate::engine::admin::declared::Declared;
use crate::toml_file::{Problems, System};

use super::place::{Place, WithoutStore};
use super::reply::Reply;
use super::request::{Host, Request};

/// Make the declared state in a file true.
#[derive(Args)]
pub struct Apply {
    /// The file
    file: PathBuf,
    /// Only say what would change
    #[arg(long)]
    dry_run: bool,
    /// Remove what an earlier apply created and the file no longer names
    #[arg(long)]
    prune: bool,
}

/// What is asked for.
#[derive(Debug, Serialize, Deserialize)]
pub struct Ask {
    file: PathBuf,
    declared: Declared,
    options: ApplyOptions,
    only_removals: bool,
}

impl Apply {
    /// Applies the file. What will be removed is listed before it goes.
    pub fn run(&self, place: &Place) -> Reply {
        if self.prune && !self.dry_run {
            let list = self.ask(place, true);
            if list.code != 0 {
                return list;
            }
            eprint!("{}", list.out);
        }
        self.ask(place, false)
    }

    fn ask(&self, place: &Place, only_removals: bool) -> Reply {
        let declared = match read(&self.file, false) {
            Ok(declared) => declared,
            Err(reason) => return Reply::refused(reason),
        };
        let options = ApplyOptions { dry_run: self.dry_run || only_removals, prune: self.prune };
        let ask = Ask { file: self.file.clone(), declared, options, only_removals };
        let without = if options.dry_run { WithoutStore::Rehearse } else { WithoutStore::Create };
        place.carry_out_with(Request::Apply(Box::new(ask)), without)
    }
}

/// Reads the declared-state file at `path`. What there is to warn of is said on standard error, with `as_json` as JSON.
///
/// # Errors
/// Everything that is wrong with it, or that it cannot be read.
pub(super) fn read(path: &Path, as_json: bool) -> Result<Declared, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}.", path.display()))?;
    let declared = declared::read(path, &text, &System).map_err(|problems| problems.to_string())?;
    super::exposed::warn(path, &text, as_json);
    Ok(declared)
}

pub(super) async fn carry_out(host: &Host<'_>, ask: &Ask) -> Result<Reply, Denied> {
    Ok(match host.engine.apply(&host.caller, &ask.declared, ask.options).await? {
        Outcome::Wrong(problems) => Reply::refused(Problems { file: ask.file.clone(), problems }),
        Outcome::Done(changes) if ask.only_removals => Reply::done(going(&changes)),
        Outcome::Done(changes) => Reply::done(told(&changes, ask.options.dry_run)),
    })
}

/// What will be removed.
fn going(changes: &[ItemChange]) -> String {
    let removed = changes.iter().filter(|change| change.action == Action::Remove);
    let lines: Vec<String> = removed.map(|change| format!("- {} {}\n", change.noun, change.name)).collect();
    if lines.is_empty() { String::new() } else { format!("To be removed:\n{}", lines.concat()) }
}

/// What changed, field by field; with `rehearsed`, what would.
pub(super) fn told(changes: &[ItemChange], rehearsed: bool) -> String {
    let mut out = String::new();
    for change in changes {
        let sign = match change.action {
            Action::Create => '+',
            Action::Update => '~',
            Action::Remove => '-',
        };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{}", format!("{sign} {} {}", change.noun, change.name).trim_end());
        for field in &change.fields {
            let _ = match (&field.from, &field.to) {
                (Some(from), Some(to)) => writeln!(out, "    {}: {from} → {to}", field.field),
                (Some(from), None) => writeln!(out, "    {}: {from} → nothing", field.field),
                (None, to) => writeln!(out, "    {}: {}", field.field, to.as_deref().unwrap_or("nothing")),
            };
        }
    }
    let count = changes.len();
    let plural = if count == 1 { "" } else { "s" };
    out.push_str(&match (count, rehearsed) {
        (0, _) => "Nothing to change.\n".to_owned(),
        (_, false) => format!("{count} thing{plural} changed.\n"),
        (_, true) => format!("{count} thing{plural} would change; nothing was changed.\n"),
    });
    out
}
