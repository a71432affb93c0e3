//! How soon a password would be guessed, judged by what it is put together from.
//!
//! A guesser does not try characters but parts: common words, names, years, runs of keys, repetitions. The cheapest way to
//! put the password together from such parts and single characters is its price; one unit is worth about three bits.

use std::collections::HashSet;
use std::sync::LazyLock;

/// Common passwords and the words they are made of, one a line, in lower case.
static COMMON: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("common_words.txt").lines().collect());

/// Rows of keys, and the alphabet.
const ROWS: [&str; 14] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "!@#$%^&*()_+",
    "qwertyuiop[]",
    "asdfghjkl;'",
    "zxcvbnm,./",
    "qwertzuiopü",
    "azertyuiop",
    "qsdfghjklm",
    "yxcvbnm,.-",
    "qazwsxedcrfvtgbyhnujmikolp",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "q1w2e3r4t5y6u7i8o9p0",
];

/// The rows there and back; a walk along one of them is one part.
static WALKS: LazyLock<Vec<Vec<char>>> =
    LazyLock::new(|| ROWS.iter().flat_map(|row| [row.chars().collect(), row.chars().rev().collect()]).collect());

/// What one part costs, and what a password must cost at least.
mod price {
    pub const SYMBOL: u32 = 1;
    pub const CHARACTER: u32 = 2;
    pub const WORD: u32 = 3;
    pub const RUN: u32 = 2;
    pub const YEAR: u32 = 2;
    pub const AGAIN: u32 = 1;
    pub const ENOUGH: u32 = 12;
}

/// How much of a password is looked at; what comes later can only make it dearer.
const LOOKED_AT: usize = 96;
/// The longest common word.
const LONGEST_WORD: usize = 40;

/// How soon a password would be guessed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Guessed {
    /// Not by trying what people commonly choose.
    Hardly,
    /// By trying names that others know.
    FromContext,
    /// By trying common words, repetitions and sequences.
    Soon,
}

/// Judges a password in which the words of `context` (from [`context_words`]) are easy to guess too.
pub(super) fn judge(password: &str, context: &[String]) -> Guessed {
    let spellings = spellings(password);
    if spellings.iter().all(|text| cheapest(text, context) >= price::ENOUGH) {
        return Guessed::Hardly;
    }
    let texts: Vec<String> = spellings.iter().map(|text| text.iter().collect()).collect();
    let named = |word: &String| word.chars().count() >= 4 && texts.iter().any(|text| text.contains(word.as_str()));
    if context.iter().any(named) { Guessed::FromContext } else { Guessed::Soon }
}

/// The words of these names as [`judge`] takes them: each name run together, and each of its words of three letters or more.
pub(super) fn context_words<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut words = vec!["countersign".to_owned()];
    for name in names {
        let name = name.to_lowercase();
        let name = name.trim_start_matches("https://").trim_start_matches("http://");
        words.push(name.chars().filter(|c| c.is_alphanumeric()).collect());
        words.push(name.to_owned());
        words.extend(name.split(|c: char| !c.is_alphanumeric()).map(str::to_owned));
        words.extend(name.split('@').map(str::to_owned));
    }
    words.retain(|word| word.chars().count() >= 3);
    words.sort();
    words.dedup();
    words
}

/// The password in lower case, with look-alike characters read as the letters they stand for, and each of these with its
/// words run together.
fn spellings(password: &str) -> Vec<Vec<char>> {
    let plain: Vec<char> = password.chars().take(LOOKED_AT).flat_map(char::to_lowercase).collect();
    let read = |one: char| {
        let letter = move |c: &char| match c {
            '0' => 'o',
            '1' | '!' | '|' => one,
            '3' | '€' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            '8' => 'b',
            '9' => 'g',
            other => *other,
        };
        plain.iter().map(letter).collect::<Vec<char>>()
    };
    let (with_i, with_l) = (read('i'), read('l'));
    let apart = [mixed(&plain, &with_i), mixed(&plain, &with_l), plain];
    let separates = |c: &char| c.is_whitespace() || matches!(c, '-' | '_' | '.' | ',');
    let together = |text: &Vec<char>| text.iter().filter(|c| !separates(c)).copied().collect::<Vec<char>>();
    let mut all: Vec<Vec<char>> = apart.iter().map(together).chain(apart.iter().cloned()).collect();
    all.sort();
    all.dedup();
    all
}

/// Look-alikes are letters inside a word only: "p4ssw0rd2026" is a word and a year.
fn mixed(plain: &[char], read: &[char]) -> Vec<char> {
    let in_word = |at: usize| {
        let letter_at = |at: Option<usize>| at.and_then(|at| plain.get(at)).is_some_and(|c| c.is_alphabetic());
        letter_at(at.checked_sub(1)) || letter_at(at.checked_add(1)) && !letter_at(at.checked_sub(1))
    };
    let stands_apart = |at: usize| {
        let digits = |at: &usize| plain[*at].is_ascii_digit();
        let before = (0..at).rev().take_while(digits).count();
        let after = (at + 1..plain.len()).take_while(digits).count();
        plain[at].is_ascii_digit() && before + after + 1 >= 3
    };
    (0..plain.len()).map(|at| if in_word(at) && !stands_apart(at) { read[at] } else { plain[at] }).collect()
}

/// What the cheapest way to put `text` together costs.
fn cheapest(text: &[char], context: &[String]) -> u32 {
    let mut best = vec![u32::MAX; text.len() + 1];
    best[0] = 0;
    let offer = |best: &mut Vec<u32>, end: usize, price: u32| best[end] = best[end].min(price);
    for at in 0..text.len() {
        let so_far = best[at];
        offer(&mut best, at + 1, so_far + single(text, at));
        for length in runs(&text[at..]) {
            offer(&mut best, at + length, so_far + price::RUN);
        }
        if is_year(&text[at..]) {
            offer(&mut best, at + 4, so_far + price::YEAR);
        }
        for length in words(&text[at..], context) {
            offer(&mut best, at + length, so_far + price::WORD);
        }
        for length in 3..=repeated(text, at) {
            offer(&mut best, at + length, so_far + price::AGAIN);
        }
    }
    best[text.len()]
}

/// A character by itself. Space between words is free, and so is a symbol that comes again.
fn single(text: &[char], at: usize) -> u32 {
    let c = text[at];
    match () {
        () if c.is_whitespace() => 0,
        () if c.is_alphanumeric() || !c.is_ascii() => price::CHARACTER,
        () if text[..at].contains(&c) => 0,
        () => price::SYMBOL,
    }
}

/// Lengths of the runs that begin here: the same character, or a walk along a row of keys.
fn runs(text: &[char]) -> Vec<usize> {
    let same = text.iter().take_while(|c| **c == text[0]).count();
    let mut longest = same;
    for keys in WALKS.iter() {
        let from = keys.iter().position(|key| *key == text[0]);
        let walk = from.map_or(0, |from| keys[from..].iter().zip(text).take_while(|(key, c)| key == c).count());
        longest = longest.max(walk);
    }
    (3..=longest).collect()
}

fn is_year(text: &[char]) -> bool {
    text.len() >= 4
        && matches!(text[..2], ['1', '9'] | ['2', '0'])
        && text[2].is_ascii_digit()
        && text[3].is_ascii_digit()
}

/// Lengths of the common words, and words of the context, that begin here.
fn words(text: &[char], context: &[String]) -> Vec<usize> {
    let mut lengths: Vec<usize> = Vec::new();
    let mut word = String::new();
    for (nth, c) in text.iter().enumerate().take(LONGEST_WORD) {
        word.push(*c);
        if nth >= 2 && COMMON.contains(word.as_str()) {
            lengths.push(nth + 1);
        }
    }
    let begins = |word: &&String| {
        let mut rest = text.iter();
        word.chars().all(|c| rest.next() == Some(&c))
    };
    lengths.extend(context.iter().filter(begins).map(|word| word.chars().count()));
    lengths
}

/// How many characters from here on have come before in the same order.
fn repeated(text: &[char], at: usize) -> usize {
    let common = |from: usize| text[from..at].iter().zip(&text[at..]).take_while(|(a, b)| a == b).count();
    (0..at).map(common).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(password: &str) -> u32 {
        spellings(password).iter().map(|text| cheapest(text, &[])).min().unwrap()
    }

    #[test]
    fn the_list_is_plain_and_long_enough() {
        assert!(COMMON.len() >= 3_000, "{}", COMMON.len());
        for word in COMMON.iter() {
            assert!((3..=LONGEST_WORD).contains(&word.chars().count()), "{word}");
            assert_eq!(word.to_lowercase(), *word);
        }
    }

    /// What guessers try where fifteen characters are asked for: every word of the list, made long enough.
    #[test]
    fn common_words_made_long_enough_are_still_guessed_soon() {
        let mut words: Vec<&str> = COMMON.iter().copied().collect();
        words.sort_unstable();
        for (nth, word) in words.into_iter().enumerate() {
            let mut capital = word.chars();
            let capital: String = capital.next().into_iter().flat_map(char::to_uppercase).chain(capital).collect();
            let password = match nth % 3 {
                0 => word.repeat(15_usize.div_ceil(word.len())),
                1 => format!("{capital}123456789012"),
                _ => format!("{word}2026!!!!!!!!"),
            };
            assert_eq!(judge(&password, &[]), Guessed::Soon, "{password}");
        }
    }

    #[test]
    fn what_nobody_would_try_costs_enough() {
        for password in [
            "plum kettle orbits vase",
            "cobalt lantern harbour 27",
            "nxqrvbtwzkhmdplc",
            "dragon summer love michael",
            "x7$k-Q!2z)P&m+w",
            "0x6e2f9ab41c7d53",
            "ein zug nach nirgendwo",
        ] {
            assert!(price(password) >= price::ENOUGH, "{password}: {}", price(password));
        }
    }

    #[test]
    fn famous_sentences_are_words_too() {
        for password in
            ["correct horse battery staple", "To be, or not to be", "May-The-Force-Be-With-You!", "The quick brown fox"]
        {
            assert!(price(password) < price::ENOUGH, "{password}: {}", price(password));
        }
    }

    #[test]
    fn of_a_long_password_only_the_beginning_is_judged() {
        for text in ["a", "ab", "password", "qwertyuiop1234", "žluťoučký kůň"] {
            let long = text.repeat(1_000);
            let beginning: String = long.chars().take(LOOKED_AT).collect();
            assert_eq!(spellings(&long), spellings(&beginning), "{text}");
        }
    }
}
