//! Reading pasted addresses, so that every line that is wrong is told and none is lost.

use std::collections::BTreeMap;

use crate::engine::users::names::Names;
use crate::model::user::login_key;

/// How many can be invited at once.
pub const MOST: usize = 100;
/// How much of what was pasted is repeated in a sentence, in characters.
const REPEATED: usize = 80;

/// One address, and where it stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// The line, counted from one.
    pub number: usize,
    /// The address.
    pub address: String,
}

/// What is wrong with one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineProblem {
    /// The line, counted from one.
    pub number: usize,
    /// What stands there, at most eighty characters of it.
    pub text: String,
    /// What is wrong, as the rest of a sentence that begins with the text.
    pub sentence: String,
}

impl Line {
    pub(super) fn problem(&self, sentence: &str) -> LineProblem {
        problem(self.number, &self.address, sentence)
    }
}

/// The addresses in `text`: one a line, or several between commas, semicolons, tabs or spaces, each alone or as
/// `Name <address>`, as mail programs write it; and what is wrong with each line that is.
pub(super) fn read(text: &str) -> (Vec<Line>, Vec<LineProblem>) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let parts = text
        .lines()
        .zip(1..)
        .flat_map(|(line, number)| parts(line).into_iter().flat_map(words).map(move |part| (number, part)));
    for (number, part) in parts {
        let address = bare(part);
        let Ok(Names { email: Some(address), .. }) = Names::parse("x", Some(address)) else {
            problems.push(problem(number, part, "is no whole e-mail address, such as name@example.org."));
            continue;
        };
        if let Some(first) = seen.insert(login_key(&address), number) {
            problems.push(problem(number, part, &format!("stands in line {first} already.")));
            continue;
        }
        lines.push(Line { number, address });
    }
    if lines.len() > MOST {
        let sentence = format!("is one more than can be invited at once: {MOST}. Invite the rest after these.");
        problems.push(lines[MOST].problem(&sentence));
    }
    (lines, problems)
}

/// What stands between commas, semicolons and tabs that are neither in quotes nor in angle brackets; a `>` ends one too.
fn parts(line: &str) -> Vec<&str> {
    let (mut parts, mut start, mut at) = (Vec::new(), 0, 0);
    while let Some(c) = line[at..].chars().next() {
        let rest = &line[at + c.len_utf8()..];
        let (end, next) = match c {
            ',' | ';' | '\t' => (Some(at), at + 1),
            // A quote or a bracket that nothing closes is a character like any other.
            '"' => (None, at + 1 + rest.find('"').map_or(0, |closed| closed + 1)),
            '<' => match rest.find('>') {
                Some(closed) => (Some(at + closed + 2), at + closed + 2),
                None => (None, at + 1),
            },
            c => (None, at + c.len_utf8()),
        };
        if let Some(end) = end {
            parts.push(&line[start..end]);
            start = next;
        }
        at = next;
    }
    parts.push(&line[start..]);
    parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// A part, or its words where several of them are addresses.
fn words(part: &str) -> Vec<&str> {
    let words: Vec<&str> = part.split_whitespace().collect();
    let several = words.iter().filter(|word| word.contains('@')).count() > 1;
    if several && !part.ends_with('>') { words } else { vec![part] }
}

/// The address of `Name <address>`.
fn bare(part: &str) -> &str {
    let inner = part.strip_suffix('>').and_then(|part| part.rsplit_once('<'));
    inner.map_or(part, |(_, address)| address.trim())
}

fn problem(number: usize, text: &str, sentence: &str) -> LineProblem {
    LineProblem { number, text: text.chars().take(REPEATED).collect(), sentence: sentence.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_however_they_are_pasted() {
        let all = |text: &str| match read(text) {
            (lines, problems) if problems.is_empty() => lines
                .into_iter()
                .map(|line| (line.number, line.address.replace("@example.org", "")))
                .collect::<Vec<_>>(),
            (_, problems) => panic!("{text:?}: {problems:?}"),
        };
        let named = |all: &[(usize, &str)]| all.iter().map(|(at, name)| (*at, (*name).to_owned())).collect::<Vec<_>>();
        let text = "sam@example.org\r\n\r\nNia <nia@example.org>; max@example.org,eve@example.org";
        assert_eq!(all(text), named(&[(1, "sam"), (3, "nia"), (3, "max"), (3, "eve")]));
        let text = "\"Late, Max\" <max@example.org>; \"A; \tB\" <ab@example.org>, Nia Nox <nia@example.org>";
        assert_eq!(all(text), named(&[(1, "max"), (1, "ab"), (1, "nia")]), "as mail programs write them");
        assert_eq!(all("a@example.org\tb@example.org  c@example.org"), named(&[(1, "a"), (1, "b"), (1, "c")]));
        assert_eq!(all("Nia <nia@example.org> Sam <sam@example.org> <eve@example.org>").len(), 3);
        assert_eq!(all("O\"Neill <on@example.org>, <max@example.org>").len(), 2, "a quote that nothing closes");
        assert_eq!(all(" \n ,; \t\n"), []);
    }

    #[test]
    fn every_line_that_is_wrong_is_told() {
        let text = format!("sam@example.org\nnobody\n SAM@example.org\n{}", "x".repeat(500));
        let (fine, problems) = read(&text);
        assert_eq!(fine.len(), 1);
        let told: Vec<_> = problems.iter().map(|it| (it.number, it.text.chars().count())).collect();
        assert_eq!(told, [(2, 6), (3, 15), (4, 80)]);
        assert!(problems[1].sentence.contains("line 1"), "{problems:?}");
        let wrong = |text: &str| read(text).1.into_iter().map(|it| it.text).collect::<Vec<_>>();
        assert_eq!(wrong("not an address"), ["not an address"]);
        assert_eq!(wrong("a@example.org nobody b@example.org"), ["nobody"]);
        assert_eq!(wrong("Late, Max <max@example.org>"), ["Late"], "without quotes a comma ends an address");
        let many: String = (0..=MOST).map(|n| format!("p{n}@example.org\n")).collect();
        assert_eq!(read(&many).1[0].number, MOST + 1);
    }
}
