//! Where interfaces may lie: each path belongs to one endpoint.

use std::collections::BTreeMap;

use crate::model::face::Faces;
use crate::model::refusal::FieldProblem;
use crate::model::settings::Settings;

/// What is wrong with where the interfaces lie.
pub(super) fn problems(settings: &Settings, faces: &Faces) -> Vec<FieldProblem> {
    let mut sentences = Vec::new();
    for name in settings.dialects.keys().filter(|name| faces.find(name).is_none()) {
        sentences.push(format!("There is no dialect {name:?}."));
    }
    let mut holders: BTreeMap<String, &str> = BTreeMap::new();
    for customs in faces.all {
        let Some(prefix) = settings.prefix_of(customs) else { continue };
        if !is_prefix(&prefix) {
            sentences.push(format!(
                "The prefix of {} must be empty, or segments of letters, digits, or any of . _ ~ -, each after a slash.",
                customs.name
            ));
            continue;
        }
        for (path, _) in customs.paths {
            let path = format!("{prefix}{path}");
            if let Some(holder) = taken(&path, faces) {
                sentences.push(format!("{} cannot lie at {prefix:?}: {holder} is taken.", customs.name));
                break;
            }
            if let Some(other) = holders.insert(path.clone(), customs.name) {
                sentences.push(format!("{} and {other} both want {path}.", customs.name));
                break;
            }
        }
    }
    sentences.into_iter().map(|sentence| FieldProblem { field: "dialects", sentence }).collect()
}

/// What of the server's own lies at `path`, or above it.
fn taken<'f>(path: &str, faces: &'f Faces) -> Option<&'f str> {
    let covers = |own: &str| path == own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    faces.taken.iter().copied().find(|own| covers(own))
}

fn is_prefix(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    let segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    text.is_empty() || (text.len() <= 128 && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment)))
}
