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

/// The addresses in `text`: one a line, or several between commas or semicolons, each alone or as `Name <address>`.
///
/// # Errors
/// What is wrong with each line that is.
pub(super) fn read(text: &str) -> Result<Vec<Line>, Vec<LineProblem>> {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let parts = text.lines().zip(1..).flat_map(|(line, number)| {
        line.split([',', ';']).map(str::trim).filter(|part| !part.is_empty()).map(move |part| (number, part))
    });
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
    if problems.is_empty() { Ok(lines) } else { Err(problems) }
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
        let text = "sam@example.org\r\n\r\n Nia <nia@example.org>; \"Late, Max\" <max@example.org>\n";
        let problems = read(text).unwrap_err();
        assert_eq!((problems[0].number, problems[0].text.as_str()), (3, "\"Late"), "a comma ends an address");
        let text = "sam@example.org\r\n\r\nNia <nia@example.org>; max@example.org,eve@example.org";
        let read = read(text).unwrap();
        let read: Vec<_> = read.iter().map(|line| (line.number, line.address.as_str())).collect();
        let wanted = [(1, "sam@example.org"), (3, "nia@example.org"), (3, "max@example.org"), (3, "eve@example.org")];
        assert_eq!(read, wanted);
        assert_eq!(super::read(" \n ,; \n").unwrap(), []);
    }

    #[test]
    fn every_line_that_is_wrong_is_told() {
        let text = format!("sam@example.org\nnobody\n SAM@example.org\n{}", "x".repeat(500));
        let problems = read(&text).unwrap_err();
        let told: Vec<_> = problems.iter().map(|it| (it.number, it.text.chars().count())).collect();
        assert_eq!(told, [(2, 6), (3, 15), (4, 80)]);
        assert!(problems[1].sentence.contains("line 1"), "{problems:?}");
        let many: String = (0..=MOST).map(|n| format!("p{n}@example.org\n")).collect();
        assert_eq!(read(&many).unwrap_err()[0].number, MOST + 1);
    }
}
