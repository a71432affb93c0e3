//! Two addresses side by side, so that the one wrong character is seen.

/// A redirect address as it was sent, beside the registered one that is nearest to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressDiff {
    /// "sent", and "registered" if that is shown.
    pub lines: Vec<DiffLine>,
    /// What the difference is, in a sentence; empty when it is large.
    pub sentence: String,
}

/// One address in pieces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiffLine {
    /// "sent" or "registered".
    pub label: String,
    /// The address, cut where the two begin or cease to differ.
    pub pieces: Vec<Piece>,
}

/// A run of characters that all differ, or all do not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Piece {
    /// The characters.
    pub text: String,
    /// Whether they differ from the other address.
    pub differs: bool,
}

/// Longer addresses are cut here: enough to see where they differ, not enough to fill a page.
const LONGEST: usize = 300;

impl AddressDiff {
    /// Only what was sent, as far as it is shown to anybody; `None` when nothing was sent.
    pub fn only(sent: &str) -> Option<AddressDiff> {
        let pieces = vec![Piece { text: shown(sent), differs: false }];
        let line = DiffLine { label: "sent".to_owned(), pieces };
        (!sent.is_empty()).then(|| AddressDiff { lines: vec![line], sentence: String::new() })
    }

    /// Compares `sent` with the nearest of `registered`; `None` when nothing is registered.
    ///
    /// Query and fragment stay out of what is shown: they may carry what is not for the page's reader.
    pub fn between(sent: &str, registered: &[String]) -> Option<AddressDiff> {
        let nearest = registered.iter().min_by_key(|known| strsim::levenshtein(&shown(sent), &shown(known)))?;
        let (a, b) = (shown(sent), shown(nearest));
        let (left, right) = cut(&a, &b);
        let line = |label: &str, pieces| DiffLine { label: label.to_owned(), pieces };
        let sentence = explain(sent, nearest, &a, &b);
        Some(AddressDiff { lines: vec![line("sent", left), line("registered", right)], sentence })
    }
}

/// Scheme, host and path; nothing after `?` or `#`, nothing before `@`, and no character that could disturb the line.
fn shown(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let without_user = match address.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            format!("{scheme}://{}{path}", authority.rsplit('@').next().unwrap_or_default())
        }
        None => address.to_owned(),
    };
    without_user
        .chars()
        .map(|c| if c.is_control() || is_directional(c) { '\u{fffd}' } else { c })
        .take(LONGEST)
        .collect()
}

/// The marks that turn the direction of text around (UAX 9) and could make two addresses look alike.
fn is_directional(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// More pieces than this are confetti: then only the whole stretch that differs is marked.
const MOST_PIECES: usize = 9;

/// Cuts both into runs that agree and runs that differ.
fn cut(a: &str, b: &str) -> (Vec<Piece>, Vec<Piece>) {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let (kept_a, kept_b) = common(&a, &b);
    let (left, right) = (pieces(&a, &kept_a), pieces(&b, &kept_b));
    if left.len().max(right.len()) <= MOST_PIECES {
        return (left, right);
    }
    let shorter = a.len().min(b.len());
    let head = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    let tail = a.iter().rev().zip(b.iter().rev()).take(shorter - head).take_while(|(x, y)| x == y).count();
    let ends = |length: usize| (0..length).map(|i| i < head || i >= length - tail).collect::<Vec<_>>();
    (pieces(&a, &ends(a.len())), pieces(&b, &ends(b.len())))
}

/// For every character of both, whether it belongs to their longest common subsequence.
fn common(a: &[char], b: &[char]) -> (Vec<bool>, Vec<bool>) {
    // longest[i][j]: the length of the longest common subsequence of a[i..] and b[j..]
    let mut longest = vec![vec![0_u16; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i][j] =
                if a[i] == b[j] { longest[i + 1][j + 1] + 1 } else { longest[i + 1][j].max(longest[i][j + 1]) };
        }
    }
    let (mut kept_a, mut kept_b) = (vec![false; a.len()], vec![false; b.len()]);
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            (kept_a[i], kept_b[j]) = (true, true);
            (i, j) = (i + 1, j + 1);
        } else if longest[i + 1][j] >= longest[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (kept_a, kept_b)
}

/// The characters joined into runs of the same kind.
fn pieces(chars: &[char], kept: &[bool]) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    for (&c, &kept) in chars.iter().zip(kept) {
        match pieces.last_mut() {
            Some(last) if last.differs != kept => last.text.push(c),
            _ => pieces.push(Piece { text: c.into(), differs: !kept }),
        }
    }
    pieces
}

fn explain(sent: &str, registered: &str, a: &str, b: &str) -> String {
    let sentence = if a == b && sent != registered {
        "They differ only after the path, which is not shown here."
    } else if a.trim_end_matches('/') == b.trim_end_matches('/') {
        "They differ by a final slash."
    } else if a.eq_ignore_ascii_case(b) {
        "They differ in capital letters."
    } else if a.replacen("http://", "https://", 1) == b.replacen("http://", "https://", 1) {
        "They differ in http and https."
    } else {
        ""
    };
    sentence.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(diff: &AddressDiff, line: usize) -> String {
        diff.lines[line].pieces.iter().filter(|p| p.differs).map(|p| p.text.as_str()).collect()
    }

    fn between(sent: &str, registered: &[&str]) -> AddressDiff {
        let registered: Vec<String> = registered.iter().map(|&r| r.to_owned()).collect();
        AddressDiff::between(sent, &registered).unwrap()
    }

    #[test]
    fn a_final_slash_is_marked_and_named() {
        let diff = between("https://wiki.example.org/cb/", &["https://other.example/x", "https://wiki.example.org/cb"]);
        assert_eq!((marked(&diff, 0).as_str(), marked(&diff, 1).as_str()), ("/", ""));
        assert_eq!(diff.sentence, "They differ by a final slash.");
    }

    #[test]
    fn a_scheme_and_capitals_are_named() {
        let diff = between("http://wiki.example.org/cb", &["https://wiki.example.org/cb"]);
        assert_eq!((marked(&diff, 1).as_str(), diff.sentence.as_str()), ("s", "They differ in http and https."));
        assert_eq!(
            between("https://a.example/CB", &["https://a.example/cb"]).sentence,
            "They differ in capital letters."
        );
    }

    #[test]
    fn two_small_differences_are_marked_apart() {
        let diff = between("http://wiki.example.org/Cb", &["https://wiki.example.org/cb"]);
        assert_eq!((marked(&diff, 0).as_str(), marked(&diff, 1).as_str()), ("C", "sc"));
    }

    #[test]
    fn quite_different_addresses_are_not_cut_to_confetti() {
        let diff = between("https://zoo.test/a/b/c/d/e/f/g", &["https://wiki.example.org/callback/oidc/return"]);
        assert!(diff.lines.iter().all(|line| line.pieces.len() <= MOST_PIECES));
    }

    #[test]
    fn queries_users_and_direction_marks_are_not_shown() {
        let diff = between("https://u:p@a.example/c\u{202e}b?code=1#x", &["https://a.example/cb"]);
        let sent: String = diff.lines[0].pieces.iter().map(|p| p.text.as_str()).collect();
        assert_eq!(sent, "https://a.example/c\u{fffd}b");
        assert!(between("https://a.example/cb?x=1", &["https://a.example/cb"]).sentence.contains("after the path"));
    }

    #[test]
    fn nothing_registered_gives_nothing() {
        assert_eq!(AddressDiff::between("https://a.example/cb", &[]), None);
    }

    #[test]
    fn a_very_long_address_is_cut() {
        let long = format!("https://a.example/{}", "x".repeat(5000));
        let diff = between(&long, &["https://a.example/cb"]);
        assert!(diff.lines[0].pieces.iter().map(|p| p.text.len()).sum::<usize>() <= LONGEST);
    }
}
