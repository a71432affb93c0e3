//! `countersign apply`: make the declared state true.

use std::fmt::Write;

use crate::engine::admin::apply::{Action, ItemChange};

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
