//! Whether that is their password, as far as anybody may try.
//!
//! Who does not exist, has no password, is disabled or gives the wrong one meets the same refusal after the same time.

use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::PasswordHash;
use crate::model::refusal::Refusal;
use crate::model::user::{User, login_key};
use crate::records::Kept;
use crate::store::Fault;

use super::hasher::Turn;
use super::passwords;
use super::tries::{Try, Who};

/// Why nobody was let in, for the activity log: tried too often.
const TOO_MANY: &str = "too many tries";

/// A password that was right a moment ago.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Checked {
    /// Whose it is.
    user: UserId,
    /// What it was compared with.
    stored: PasswordHash,
    /// The same, hashed the way it is done now, if that is another.
    rehash: Option<PasswordHash>,
}

impl Checked {
    /// Whose it is.
    pub(in crate::engine) fn user(&self) -> &UserId {
        &self.user
    }

    /// The person, their hash made the way it is done now.
    pub(in crate::engine) fn brought_up_to_date(&self, user: &User) -> User {
        User { password: self.rehash.clone().or_else(|| user.password.clone()), ..user.clone() }
    }
}

impl Engine {
    /// Whether `password` is that of `user`, whom `typed` names, as far as anybody may try that now. Nobody has one that
    /// takes as long to be wrong.
    ///
    /// # Errors
    /// As [`Engine::sign_in`].
    pub(in crate::engine) async fn check_password(
        &self,
        caller: &Caller,
        typed: &str,
        password: &Secret,
        user: Option<&User>,
        known: bool,
    ) -> Result<Checked, Denied> {
        let (checked, attempt) = self.try_password(caller, typed, password, user, known).await?;
        attempt.succeeded();
        Ok(checked)
    }

    /// The same, for those whose right password may still not be enough: they say how the try went.
    ///
    /// # Errors
    /// As [`Engine::sign_in`].
    pub(in crate::engine) async fn try_password(
        &self,
        caller: &Caller,
        typed: &str,
        password: &Secret,
        user: Option<&User>,
        known: bool,
    ) -> Result<(Checked, Try<'_>), Denied> {
        // 1. May somebody try that name from here now? Pauses that are announced go by what was typed.
        let who = Who { name: &login_key(typed), account: user.map(|user| &user.id), network: &caller.network, known };
        let attempt = match self.gate.tries.begin(&who, self.now()) {
            Ok(attempt) => attempt,
            Err(refusal) => return Err(self.sign_in_failed(caller, user, refusal).await),
        };

        // 2. Is it their password?
        let stored = user.and_then(|user| user.password.as_ref());
        let (password, stored) = match passwords::as_compared(password) {
            Some(password) => (password, stored),
            None => (Secret::new(""), None),
        };
        let turn = if known { Turn::Known } else { Turn::Ordinary };
        let verified = self.gate.hasher.verify_at(turn, &password, stored).await?;
        let right = user.filter(|user| verified.matches && user.is_enabled() && !attempt.is_in_vain());
        let Some((user, stored)) = right.zip(stored) else {
            let in_vain = attempt.is_in_vain();
            attempt.failed(self.now());
            return Err(match in_vain {
                true => self.sign_in_failed_by(caller, user, Refusal::PasswordWrong, TOO_MANY).await,
                false => self.sign_in_failed(caller, user, Refusal::PasswordWrong).await,
            });
        };

        // 3. Whoever comes in brings the hash up to date, unless too many wait.
        let rehash = match verified.needs_rehash {
            true => self.gate.hasher.hash(&password).await.ok(),
            false => None,
        };
        Ok((Checked { user: user.id.clone(), stored: stored.clone(), rehash }, attempt))
    }

    /// Whose password was checked, if what was checked is still so: `None` when their hash changed meanwhile.
    ///
    /// # Errors
    /// The store's fault. The inner error is [`Refusal::PasswordWrong`], for somebody who was disabled or deleted
    /// meanwhile.
    pub(in crate::engine) async fn still_right(
        &self,
        checked: &Checked,
    ) -> Result<Result<Option<Kept<User>>, Refusal>, Fault> {
        let kept = self.ledger.find::<User>(checked.user.as_str()).await?;
        let Some(kept) = kept.filter(|user| user.is_enabled()) else { return Ok(Err(Refusal::PasswordWrong)) };
        Ok(Ok((kept.password.as_ref() == Some(&checked.stored)).then_some(kept)))
    }

    /// Notes a failed sign-in and gives its refusal back. Names nobody has are not kept: they may be mistyped passwords.
    pub(in crate::engine) async fn sign_in_failed(
        &self,
        caller: &Caller,
        user: Option<&User>,
        refusal: Refusal,
    ) -> Denied {
        let cause = match user {
            _ if matches!(refusal, Refusal::TooManyTries(_)) => TOO_MANY,
            _ if refusal == Refusal::ClientRegistrationNotPermitted => "may not register clients",
            _ if refusal == Refusal::TooManyClients => "has too many clients",
            None => "no such user",
            Some(user) if !user.is_enabled() => "disabled",
            Some(user) if user.password.is_none() => "no password",
            Some(_) => "wrong password",
        };
        self.sign_in_failed_by(caller, user, refusal, cause).await
    }

    /// The same, by this cause.
    pub(in crate::engine) async fn sign_in_failed_by(
        &self,
        caller: &Caller,
        user: Option<&User>,
        refusal: Refusal,
        cause: &str,
    ) -> Denied {
        let record = caller.record(self.now(), &*self.rng, AuditActor::Nobody, AuditKind::SignInFailed);
        let record = record.with("cause", cause);
        let record = match user {
            Some(user) => record.about_user(&user.id),
            None => record,
        };
        self.note_failure(record).await;
        Denied::Refused(refusal)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::*;
    use crate::engine::users::SignIn;
    use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal};

    #[tokio::test]
    async fn whatever_is_wrong_the_answer_is_the_same() {
        let house = House::new().await;
        house.person("alice").await;
        let off = house.person("off").await;
        house.change::<User>(off.id.as_str(), |user| user.disabled_at = Some(user.created_at)).await;
        let bare = house.person("bare").await;
        house.change::<User>(bare.id.as_str(), |user| user.password = None).await;
        let endless = "x".repeat(100_000);
        for (name, password) in [
            ("alice", "plum kettle orbits vas"),
            ("alice", "plum kettle orbits vase\0"),
            ("alice", ""),
            ("alice", &endless),
            ("nobody", PASSWORD),
            ("off", PASSWORD),
            ("bare", PASSWORD),
            ("bare", ""),
            ("", PASSWORD),
            (&endless, PASSWORD),
        ] {
            assert_eq!(refusal(house.sign_in(name, password).await), Refusal::PasswordWrong);
            house.clock.advance(Duration::from_secs(1));
        }
        let causes: Vec<_> = house.log().await.iter().map(|record| record.details["cause"].clone()).collect();
        assert_eq!(causes[..3], ["wrong password"; 3]);
        assert_eq!(causes[4..8], ["no such user", "disabled", "no password", "no password"]);
        let log = format!("{:?}", house.log().await);
        assert!(!log.contains("nobody"), "what may be a mistyped password is not kept");
    }

    #[tokio::test]
    async fn strangers_slow_down_but_never_lock_out_somebody_whose_browser_is_known() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        house.engine.sign_out(&caller("198.51.100.1"), &mine.signed_in.clone().into()).await.unwrap();
        let mut words = BTreeSet::new();
        for n in 0..200 {
            let (alice, nobody) = (ask("alice", "guess"), ask("nobody", "guess"));
            let from = caller(&format!("203.0.113.{}", n % 50));
            let answers = [house.engine.sign_in(&from, &alice).await, house.engine.sign_in(&from, &nobody).await];
            let [alice, nobody] = answers.map(refusal);
            assert_eq!(alice, nobody, "the same for any name");
            words.insert(alice.name());
        }
        assert_eq!(words.into_iter().collect::<Vec<_>>(), ["password_wrong", "too_many_tries"]);
        let elsewhere = house.engine.sign_in(&caller("192.0.2.8"), &ask("alice", PASSWORD)).await;
        assert!(matches!(refusal(elsewhere), Refusal::TooManyTries(_)));
        let known = SignIn { known: Some(mine.cookie.clone()), ..ask("alice", PASSWORD) };
        house.engine.sign_in(&caller("192.0.2.8"), &known).await.unwrap();
        let forged = format!("{}A", &mine.cookie.expose()[..mine.cookie.expose().len() - 1]);
        let forged = SignIn { known: Some(Secret::new(forged)), ..ask("alice", PASSWORD) };
        assert!(house.engine.sign_in(&caller("192.0.2.8"), &forged).await.is_err());
        house.clock.advance(Duration::from_secs(901));
        house.engine.sign_in(&caller("192.0.2.8"), &ask("alice", PASSWORD)).await.unwrap();
    }

    #[tokio::test]
    async fn a_name_and_an_address_of_one_person_are_guessed_at_as_one_and_answered_as_two() {
        let house = House::new().await;
        house.person("alice").await;
        let names = |who: &str| [who.to_owned(), format!("{who}@example.net"), format!(" {}", who.to_uppercase())];
        let mut answers = Vec::new();
        for who in ["alice", "nobody"] {
            let mut each = Vec::new();
            for name in names(who).iter().cycle().take(40) {
                each.push(refusal(house.sign_in(name, "guess").await));
            }
            answers.push(each);
        }
        assert_eq!(answers[0], answers[1], "whether both lead to one account, or to any, shows to nobody");
        let wrong = answers[0].iter().filter(|answer| **answer == Refusal::PasswordWrong).count();
        assert_eq!(wrong, 10, "five for each of two names");
        let causes = house.log().await.iter().filter(|one| one.details["cause"] == "wrong password").count();
        assert_eq!(causes, 5, "and five passwords were tried");
    }

    #[tokio::test]
    async fn an_exhausted_account_refuses_the_right_password_under_its_other_name_but_not_in_its_own_browser() {
        let house = House::new().await;
        house.person("alice").await;
        let mine = house.sign_in("alice", PASSWORD).await.unwrap();
        for _ in 0..6 {
            let _ = house.sign_in("alice", "guess").await;
        }
        let other = house.sign_in("alice@example.net", PASSWORD).await;
        assert_eq!(refusal(other), Refusal::PasswordWrong, "not that there were too many tries");
        let own = SignIn { familiar: Some(mine.familiar.clone()), ..ask("alice@example.net", PASSWORD) };
        house.engine.sign_in(&caller("192.0.2.1"), &own).await.unwrap();
        house.clock.advance(Duration::from_secs(60));
        house.sign_in("alice@example.net", PASSWORD).await.unwrap();
    }

    #[tokio::test]
    async fn failures_are_recorded_up_to_a_number_a_minute_and_counted_beyond() {
        let house = House::new().await;
        for n in 0..100 {
            let from = caller(&format!("203.0.113.{n}"));
            let _ = house.engine.sign_in(&from, &ask(&format!("name {n}"), "guess")).await;
        }
        assert_eq!(house.logged(AuditKind::SignInFailed).await, 30);
        assert_eq!(house.engine.tally.take_failures(), [(AuditKind::SignInFailed, 70)].into());
    }

    #[tokio::test]
    async fn raised_costs_reach_a_hash_with_the_next_sign_in() {
        let old = House::new().await;
        let alice = old.person("alice").await;
        let new = House::over(old.store.clone(), 2).await;
        assert!(alice.password.unwrap().as_str().contains("t=1"));
        new.sign_in("alice", PASSWORD).await.unwrap();
        let kept = new.find::<User>(alice.id.as_str()).await.unwrap();
        assert!(kept.password.unwrap().as_str().contains("t=2"));
        assert_eq!(kept.updated_at, alice.updated_at, "nothing that others see has changed");
        new.sign_in("alice", PASSWORD).await.unwrap();
    }
}
