//! Why a password would be guessed soon, in words: a second opinion beside [`guessing`](super::guessing), from zxcvbn with its
//! lists of passwords, names and words in several languages.

use zxcvbn::feedback::Warning;
use zxcvbn::{Score, zxcvbn};

/// What zxcvbn says of a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Judged {
    /// Whether a million guesses would find it.
    pub soon: bool,
    /// What is weak about it, as a sentence that ends in a space; empty when nothing stands out.
    pub reason: &'static str,
}

/// Longer passwords are not judged here: the time it takes grows faster than the password.
const LONGEST: usize = 32;
/// What may stand for a letter. Each way of reading them is tried, so there may not be many of them.
const LOOK_ALIKES: &str = "4@8({[<369&#!1|0$5+7%2";
/// How many different ones; with more the time it takes doubles with each.
const MOST_LOOK_ALIKES: usize = 8;

/// Judges a password in which the words of `context` are easy to guess too. It takes no longer than hashing it: what would
/// take longer is too long, or too mixed, to be among the first things anybody tries.
pub(super) fn judge(password: &str, context: &[String]) -> Judged {
    if takes_long(password) {
        return Judged { soon: false, reason: "" };
    }
    let context: Vec<&str> = context.iter().map(String::as_str).collect();
    let judged = zxcvbn(password, &context);
    // Every random character counts as ten guesses there, so eight of them make a score of two. More would be a rule of
    // composition in disguise.
    let soon = judged.score() < Score::Two;
    Judged { soon, reason: judged.feedback().and_then(|feedback| feedback.warning()).map_or("", in_words) }
}

fn takes_long(password: &str) -> bool {
    let mixed = LOOK_ALIKES.chars().filter(|c| password.contains(*c)).count();
    mixed > MOST_LOOK_ALIKES || password.chars().count() > LONGEST
}

fn in_words(warning: Warning) -> &'static str {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess | Warning::ShortKeyboardPatternsAreEasyToGuess => {
            "Keys that lie side by side are tried early. "
        }
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            "What is repeated makes it hardly harder to guess. "
        }
        Warning::ThisIsATop10Password | Warning::ThisIsATop100Password | Warning::ThisIsACommonPassword => {
            "Many people have chosen the same. "
        }
        Warning::ThisIsSimilarToACommonlyUsedPassword => "Many people have chosen one that is almost the same. ",
        Warning::SequencesLikeAbcAreEasyToGuess => "Sequences such as abc or 6543 are tried early. ",
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => "Years and dates are tried early. ",
        Warning::AWordByItselfIsEasyToGuess => "A single word is tried early. ",
        Warning::NamesAndSurnamesByThemselvesAreEasyToGuess | Warning::CommonNamesAndSurnamesAreEasyToGuess => {
            "Names of people are tried early. "
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_weak_is_said_in_words() {
        for (password, word) in [
            ("password", "Many people"),
            ("qwertyuiop", "same"),
            ("aaaaaaaaaaa", "repeated"),
            ("abcdefghijk", "Sequences"),
            ("23/04/1987", "dates"),
        ] {
            let judged = judge(password, &[]);
            assert!(judged.soon && judged.reason.contains(word), "{password}: {judged:?}");
        }
    }

    #[test]
    fn names_that_others_know_are_worth_nothing() {
        let context = ["kumquatlane".to_owned()];
        assert!(judge("kumquatlane1", &context).soon && !judge("kumquatlane1", &[]).soon);
    }

    #[test]
    fn chance_is_enough_from_eight_characters_on() {
        for password in ["x7$kQ2zP", "gq7hm2xv", "plum kettle orbits vase", "žluťoučký kůň", "пароль совсем не простой"]
        {
            assert!(!judge(password, &[]).soon, "{password}");
        }
    }

    #[test]
    fn what_would_take_long_to_judge_is_not() {
        let is_soon = |password: &str| judge(password, &[]).soon;
        assert!(is_soon(&"a".repeat(LONGEST)) && !is_soon(&"a".repeat(LONGEST + 1)));
        assert!(!takes_long(&LOOK_ALIKES[..MOST_LOOK_ALIKES]) && takes_long(&LOOK_ALIKES[..=MOST_LOOK_ALIKES]));
    }
}
