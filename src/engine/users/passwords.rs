//! What may be a password (NIST SP 800-63B-4, section 3.1.1.2; OWASP ASVS 5.0, section 6.2).
//!
//! Long enough, not longer than a kilobyte, and not among the first things a guesser tries. Any character, no rules of
//! composition, nothing cut off. How long is enough depends on what else is asked for: beside a second factor, eight
//! characters are.

use unicode_normalization::UnicodeNormalization;

use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::{Denied, Engine};
use crate::model::credential::PasswordHash;
use crate::model::factors::Factors;
use crate::model::refusal::Refusal;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::store::{Changes, Fault};

use super::guessing::{self, Guessed};
use super::reasons;

/// The longest password, in bytes, as it is hashed.
pub const LONGEST: usize = 1_024;
/// The shortest one that will do beside a second factor (NIST SP 800-63B-4, section 3.1.1.2), unless even shorter ones will.
pub const BESIDE_A_FACTOR: u32 = 8;
/// The longest one that is looked at at all: the same text can be written with more bytes than it is hashed with.
const LONGEST_TYPED: usize = 4 * LONGEST;

/// A password as it is hashed and compared: in Unicode's composed form (NFC), once, however it was typed. `None` if it is
/// longer than any password.
pub(crate) fn as_compared(typed: &Secret) -> Option<Secret> {
    if typed.expose().len() > LONGEST_TYPED {
        return None;
    }
    let composed = Secret::new(typed.expose().nfc().collect::<String>());
    (composed.expose().len() <= LONGEST).then_some(composed)
}

/// A password that was accepted.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    /// What is kept of it.
    pub hash: PasswordHash,
    /// Whether it is long enough only beside a second factor.
    pub short: bool,
}

/// Why the last factor stays.
pub(in crate::engine) const NEEDS_MORE: &str =
    "Your password is long enough only beside a second factor. Choose a longer one first.";

/// What to do instead.
const ADVICE: &str = "Use a few unrelated words, or let a password manager choose.";

/// What decides whether a password may be chosen.
#[derive(Clone, Debug)]
pub struct Policy {
    min_length: usize,
    context: Vec<String>,
}

impl Policy {
    /// At least `min_length` characters, and not built around one of `context`: the names of the server and the person.
    pub fn new<'a>(min_length: u32, context: impl IntoIterator<Item = &'a str>) -> Policy {
        let context = guessing::context_words(context);
        Policy { min_length: usize::try_from(min_length).unwrap_or(usize::MAX), context }
    }

    /// The password as it is to be hashed.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `password`, with a sentence that says why and what to do.
    pub fn accept(&self, typed: &Secret) -> Result<Secret, Refusal> {
        let no = |sentence: String| Err(Refusal::field("password", sentence));
        let Some(password) = as_compared(typed) else {
            return no(format!("This password is too long. Use at most {LONGEST} bytes, about {LONGEST} letters."));
        };
        let length = password.expose().chars().count();
        if length < self.min_length {
            return no(format!(
                "Use at least {} characters; this password has {length}. A few unrelated words make a good one.",
                self.min_length
            ));
        }
        match guessing::judge(password.expose(), &self.context) {
            Guessed::FromContext => {
                no(format!("This password is built around a name that others know: yours, or this server's. {ADVICE}"))
            }
            Guessed::Soon => {
                let reason = reasons::judge(password.expose(), &self.context).reason;
                no(format!(
                    "This password is made of common words, repetitions or sequences and would be guessed soon. \
                     {reason}{ADVICE}"
                ))
            }
            // A second opinion, with other lists.
            Guessed::Hardly => match reasons::judge(password.expose(), &self.context) {
                judged if judged.soon => no(format!("This password would be guessed soon. {}{ADVICE}", judged.reason)),
                _ => Ok(password),
            },
        }
    }
}

impl Engine {
    /// The policy for the password of somebody of this name and address who has no account yet, by the settings as they are
    /// now.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn password_policy(&self, username: &str, email: Option<&str>) -> Result<Policy, Fault> {
        let settings = self.settings().await?;
        Ok(self.policy_under(&settings.name, self.shortest_password(None).await?, username, email))
    }

    /// The policy for the password of `user`.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn password_policy_of(&self, user: &User) -> Result<Policy, Fault> {
        let shortest = self.shortest_password(Some(user)).await?;
        self.policy_from(shortest, user).await
    }

    /// The policy for the password of `user`, who is about to lose every second factor.
    pub(super) async fn password_policy_without_factors(&self, user: &User) -> Result<Policy, Fault> {
        let beside_a_factor = self.demanded_of(user, None).await? > RequiredFactor::None;
        let shortest = self.shortest(beside_a_factor).await?;
        self.policy_from(shortest, user).await
    }

    async fn policy_from(&self, shortest: u32, user: &User) -> Result<Policy, Fault> {
        let settings = self.settings().await?;
        Ok(self.policy_under(&settings.name, shortest, &user.username, user.email.as_deref()))
    }

    /// How many characters a password has at least: what the settings say, or eight where it never stands alone because
    /// `user` has a second factor, or one is demanded of them; of everybody, where nobody is named.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn shortest_password(&self, user: Option<&User>) -> Result<u32, Fault> {
        let beside_a_factor = match user {
            Some(user) => {
                let factors = self.factors_of(&user.id).await?;
                self.demanded_of(user, None).await? > RequiredFactor::None
                    || factors.under(self.user_verification().await?).has_second()
            }
            None => self.settings().await?.required_factor > RequiredFactor::None,
        };
        self.shortest(beside_a_factor).await
    }

    async fn shortest(&self, beside_a_factor: bool) -> Result<u32, Fault> {
        let alone = self.settings().await?.password_min_length;
        Ok(if beside_a_factor { alone.min(BESIDE_A_FACTOR) } else { alone })
    }

    /// The password somebody chose, if `policy` lets them, as it is kept.
    ///
    /// # Errors
    /// Those of [`Policy::accept`]; [`Denied::Busy`]; the store's fault.
    pub(super) async fn choose_password(&self, policy: &Policy, typed: &Secret) -> Result<Chosen, Denied> {
        let password = policy.accept(typed)?;
        let alone = usize::try_from(self.settings().await?.password_min_length).unwrap_or(usize::MAX);
        let short = password.expose().chars().count() < alone;
        Ok(Chosen { hash: self.gate.hasher.hash(&password).await?, short })
    }

    /// Writes down whether the password `user` gets may stand alone: the last of their factors stays as long as it may not.
    ///
    /// # Errors
    /// The store's fault.
    pub(super) async fn note_short(&self, user: &UserId, short: bool, changes: &mut Changes) -> Result<(), Fault> {
        let (kept, mut factors) = self.factors_kept(user).await?;
        if factors.short_password != short {
            factors.short_password = short;
            self.keep_factors(kept.as_ref(), &factors, changes);
        }
        Ok(())
    }

    /// Whether `factors`, as they are about to be, leave `user` with a password that is too short to stand alone.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn password_needs_more(&self, user: &User, factors: &Factors) -> Result<bool, Fault> {
        let second = factors.under(self.user_verification().await?).has_second();
        let alone = factors.short_password && user.password.is_some() && !second;
        Ok(alone && self.demanded_of(user, None).await? == RequiredFactor::None)
    }

    /// The same, on a server of this name.
    pub(super) fn policy_under(&self, server: &str, min_length: u32, username: &str, email: Option<&str>) -> Policy {
        Policy::new(min_length, [server, &self.identity.issuer, username, email.unwrap_or_default()])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(password: &str) -> Result<String, String> {
        let policy = Policy::new(15, ["Example ID", "https://id.example.org", "alice.smith", "alice.smith@mail.test"]);
        match policy.accept(&Secret::new(password)) {
            Ok(password) => Ok(password.expose().to_owned()),
            Err(Refusal::FieldInvalid(problem)) => {
                assert_eq!(problem.field, "password");
                Err(problem.sentence)
            }
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn length_is_counted_in_characters_and_bounded_in_bytes() {
        assert_eq!(
            accept("fjord vox quip"),
            Err("Use at least 15 characters; this password has 14. A few unrelated words make a good one.".to_owned())
        );
        assert!(accept("fjord vox quips").is_ok());
        assert!(accept("žluťoučký kůň ú").is_ok());
        assert!(accept(&"xk7 fjord ".repeat(3)).is_ok());
        let long = |bytes: usize| "fjord vox quips zephyr ".chars().cycle().take(bytes).collect::<String>();
        assert_eq!(accept(&long(1_024)), Ok(long(1_024)), "nothing is cut off");
        assert!(accept(&long(1_025)).unwrap_err().starts_with("This password is too long."));
    }

    #[test]
    fn any_character_will_do_and_no_kind_is_asked_for() {
        for password in [
            "plum kettle orbits vase",
            "\0 null \0 bytes \0 too",
            "пароль совсем не простой",
            "🦊 🐝 🌵 🚲 🧊 🪁 🧵 🪐 🧩",
            "nxqrvbtwzkhmdplc",
        ] {
            assert!(accept(password).is_ok(), "{password}");
        }
    }

    #[test]
    fn one_text_is_one_password_however_it_was_typed() {
        let (composed, apart) = ("caf\u{e9} au lait matin", "cafe\u{301} au lait matin");
        assert_eq!(accept(composed), accept(apart));
        let compared = |text: &str| as_compared(&Secret::new(text)).unwrap().expose().to_owned();
        assert_eq!(compared(composed), compared(apart));
        assert_ne!(compared("ﬁnd the door now"), compared("find the door now"), "only what is the same text");
    }

    #[test]
    fn what_guessers_try_first_is_refused_with_a_reason() {
        for password in [
            "aaaaaaaaaaaaaaa",
            "123456789012345",
            "abcdefghijklmnop",
            "qwertyuiopasdfgh",
            "1q2w3e4r5t6y7u8i",
            "passwordpassword",
            "Password123456!",
            "P@ssw0rd20262026",
            "letmeinletmein123",
            "iloveyouiloveyou",
            "Summer2026Winter",
            "xkcdxkcdxkcdxkcd",
            "                    ",
            "administrator123",
        ] {
            let sentence = accept(password).expect_err(password);
            assert!(sentence.contains("common words, repetitions or sequences"), "{password}: {sentence}");
        }
    }

    #[test]
    fn names_that_others_know_are_no_passwords() {
        for password in [
            "ExampleID2026!...",
            "Example ID Example ID",
            "alicesmith123456",
            "Smith-Alice-2026!",
            "alice.smith@mail.test",
            "countersign2026!",
            "C0untersign2026!!",
            "id.example.org12",
        ] {
            let sentence = accept(password).expect_err(password);
            assert!(sentence.contains("a name that others know"), "{password}: {sentence}");
        }
        assert!(accept("alice keeps 7 brown hens").is_ok(), "a name among other things is no harm");
    }

    #[tokio::test]
    async fn eight_characters_will_do_beside_a_second_factor_and_keep_it_there() {
        use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
        use crate::model::factors::Totp;

        let house = House::new().await;
        let alice = house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        let mine = house.engine.fresh(&mine).await.unwrap();
        assert_eq!(house.engine.shortest_password(Some(&alice)).await.unwrap(), 15);
        let seed = house.engine.seal_seed(&alice.id, &[7; 20]);
        let totp = Totp { seed, since: house.engine.now(), last_step: 0, last_used_at: None };
        house.keep(&Factors { totp: Some(totp), ..Factors::none(&alice.id) }).await;
        assert_eq!(house.engine.shortest_password(Some(&alice)).await.unwrap(), 8);
        assert_eq!(house.engine.shortest_password(None).await.unwrap(), 15);

        let change = async |current: &str, new: &str| {
            let (current, new) = (Secret::new(current), Secret::new(new));
            house.engine.change_password(&caller("192.0.2.1"), &mine, &current, &new).await.map(|_| ())
        };
        let too_short = refusal(change(PASSWORD, "x7$kQ2z").await);
        assert!(matches!(too_short, Refusal::FieldInvalid(problem) if problem.sentence.contains("at least 8")));
        change(PASSWORD, "x7$kQ2zP").await.unwrap();
        let without = |factors: &Factors| Factors { totp: None, ..factors.clone() };
        let needs_more = async || {
            let (_, factors) = house.engine.factors_kept(&alice.id).await.unwrap();
            house.engine.password_needs_more(&alice, &without(&factors)).await.unwrap()
        };
        assert!(needs_more().await, "alone it would be too short");
        change("x7$kQ2zP", "four quiet otters skate").await.unwrap();
        assert!(!needs_more().await);
    }
}
