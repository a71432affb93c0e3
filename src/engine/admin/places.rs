//! Where interfaces may lie: each path belongs to one endpoint.

use std::collections::BTreeMap;

use crate::model::face::Faces;
use crate::model::refusal::FieldProblem;
use crate::model::settings::Settings;

/// What is wrong with where the interfaces lie. Under an issuer with a path each has its place twice: at the root, and below
/// that path.
pub(super) fn problems(settings: &Settings, faces: &Faces, issuer: &str) -> Vec<FieldProblem> {
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
            let both = [path.clone(), format!("{}{path}", path_of(issuer))];
            let other = both.iter().find_map(|at| holders.get(at)).filter(|other| **other != customs.name);
            if let Some(other) = other {
                sentences.push(format!("{} and {other} both want {path}.", customs.name));
                break;
            }
            holders.extend(both.map(|at| (at, customs.name)));
        }
    }
    sentences.into_iter().map(|sentence| FieldProblem { field: "dialects", sentence }).collect()
}

/// What of the server's own lies at `path`, or above it.
fn taken<'f>(path: &str, faces: &'f Faces) -> Option<&'f str> {
    let covers = |own: &str| path == own || path.strip_prefix(own).is_some_and(|rest| rest.starts_with('/'));
    faces.taken.iter().copied().find(|own| covers(own))
}

/// The path of an issuer; empty when it has none.
fn path_of(issuer: &str) -> &str {
    let after_scheme = issuer.find("://").map_or(issuer.len(), |at| at + 3);
    issuer[after_scheme..].find('/').map_or("", |at| &issuer[after_scheme + at..])
}

fn is_prefix(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'~' | b'-');
    let segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(plain);
    text.is_empty() || (text.len() <= 128 && text.strip_prefix('/').is_some_and(|rest| rest.split('/').all(segment)))
}
