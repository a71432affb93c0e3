//! Somebody signs in with a password.
//!
//! Who does not exist, has no password, is disabled or gives the wrong one meets the same refusal after the same time.

use std::time::Duration;

use crate::base::ids::{InteractionId, UserId};
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::PasswordHash;
use crate::model::factors::Factors;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::hasher::Turn;
use super::passwords;
use super::proceed::{Proof, SignInStep};
use super::sessions::SignedIn;
use super::tries::{Try, Who};

/// How often a password is checked again because its hash changed meanwhile: somebody else brought it up to date.
const CHECKED_AGAIN: usize = 3;

/// What somebody who signs in gives, and what their browser had already.
#[derive(Clone, Debug)]
pub struct SignIn {
    /// The username or e-mail address, as typed.
    pub username: String,
    /// The password, as typed.
    pub password: Secret,
    /// The authorization request that waits for this, if there is one.
    pub interaction: Option<InteractionId>,
    /// The cookie of the browser that began that request. Without the right one the request learns nothing.
    pub browser: Option<Secret>,
    /// Who is signed in in this browser now.
    pub current: Option<SignedIn>,
    /// A session cookie this browser holds from an earlier time, live or not: it shows that its person has signed in here
    /// before, and strangers' failures elsewhere do not keep them out.
    pub known: Option<Secret>,
    /// What an earlier sign-in left in this browser ([`super::NewSession::familiar`]); it says the same after signing out.
    pub familiar: Option<Secret>,
    /// What a browser holds that remembers the second factor ([`super::NewSession::device`]).
    pub device: Option<Secret>,
    /// Whether this is to be a proof of this very moment, for which nothing that is remembered counts.
    pub confirms: bool,
}

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
    /// Checks a name and a password and begins a session, or renews the one of the same person: its id stays, its cookie
    /// and authentication are new. Another person's session in this browser ends. An interaction that waits in this browser
    /// learns of the session in the same commit. Of whom more is demanded, nothing begins but an unfinished sign-in.
    ///
    /// # Errors
    /// [`Refusal::PasswordWrong`], the same for every cause; [`Refusal::TooManyTries`], the same for every name;
    /// [`Denied::Busy`] when too many passwords wait to be checked; the store's fault.
    pub async fn sign_in(&self, caller: &Caller, ask: &SignIn) -> Result<SignInStep, Denied> {
        for _ in 0..CHECKED_AGAIN {
            if let Some(new) = self.try_sign_in(caller, ask).await? {
                return Ok(new);
            }
        }
        Err(Denied::Busy(Duration::from_secs(1)))
    }

    /// `None` if the password was right and its hash changed before the session could begin.
    async fn try_sign_in(&self, caller: &Caller, ask: &SignIn) -> Result<Option<SignInStep>, Denied> {
        // 1. Who would that be, and may somebody try that name from here now?
        let user = self.find_login(&ask.username).await?;
        let known = self.knows_browser(ask, user.as_deref()).await?;
        let checked = self.check_password(caller, &ask.username, &ask.password, user.as_deref(), known).await?;
        // 2. One commit: the session, the interaction, the hash, the record.
        self.settle(|| self.begin_signed_in(caller, ask, &checked, known)).await
    }

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

    async fn begin_signed_in(
        &self,
        caller: &Caller,
        ask: &SignIn,
        checked: &Checked,
        known: bool,
    ) -> Result<Decision<Option<SignInStep>>, Denied> {
        let kept = match self.still_right(checked).await? {
            Ok(Some(kept)) => kept,
            Ok(None) => return Ok(Decision::allow(None)),
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let user = checked.brought_up_to_date(&kept);
        let mut changes = Changes::new();
        changes.update(&kept, &user);
        let factors = self.ledger.find::<Factors>(user.id.as_str()).await?;
        // Whoever enrols something meanwhile is asked for it.
        match &factors {
            Some(kept) => changes.expect(kept),
            None => changes.expect_absent::<Factors>(user.id.as_str()),
        };
        let proof = Proof {
            user: &user,
            factors: &factors.map_or_else(|| Factors::none(&user.id), |kept| kept.record().clone()),
            proved: Authentication::by_password(self.now()),
            browser: ask.browser.as_ref(),
            interaction: ask.interaction.as_ref(),
            current: ask.current.as_ref(),
            unfinished: None,
            device: ask.device.as_ref(),
            confirms: ask.confirms,
            known,
        };
        let step = self.proceed(caller, &proof, &mut changes).await?;
        Ok(Decision { answer: Ok(Some(step)), changes })
    }

    /// Whose password was checked, if what was checked is still so: `None` when their hash changed meanwhile.
    pub(in crate::engine) async fn still_right(
        &self,
        checked: &Checked,
    ) -> Result<Result<Option<Kept<User>>, Refusal>, Fault> {
        let kept = self.ledger.find::<User>(checked.user.as_str()).await?;
        let Some(kept) = kept.filter(|user| user.is_enabled()) else { return Ok(Err(Refusal::PasswordWrong)) };
        Ok(Ok((kept.password.as_ref() == Some(&checked.stored)).then_some(kept)))
    }

    /// Whether `user` has signed in with this browser before.
    async fn knows_browser(&self, ask: &SignIn, user: Option<&User>) -> Result<bool, Fault> {
        let Some(user) = user else { return Ok(false) };
        if ask.current.as_ref().is_some_and(|current| current.user().id == user.id) {
            return Ok(true);
        }
        if ask.familiar.as_ref().is_some_and(|token| self.is_familiar(token, user)) {
            return Ok(true);
        }
        let Some(cookie) = &ask.known else { return Ok(false) };
        Ok(self.session_of_cookie(cookie).await?.is_some_and(|session| session.user == user.id))
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

/// Why nobody was let in, for the activity log: tried too often.
const TOO_MANY: &str = "too many tries";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::base::secret::Kind;
    use crate::engine::authorize::Step;
    use crate::engine::house::{CALLBACK, CHALLENGE, client, face};
    use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal};
    use crate::model::client::Client;
    use crate::model::interaction::Interaction;
    use crate::model::redirect_uri::RedirectUri;

    #[tokio::test]
    async fn a_name_or_an_address_and_the_password_begin_a_session() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        for name in ["alice", " ALICE ", "alice@example.net", "Alice@EXAMPLE.net"] {
            let new = house.sign_in(name, PASSWORD).await.unwrap();
            let signed_in = house.engine.session(&new.cookie).await.unwrap().unwrap();
            assert_eq!(signed_in.user().id, alice.id);
            assert_eq!(signed_in.session().authentication, Authentication::by_password(house.engine.now()));
        }
        let log = house.log().await;
        assert!(log.iter().all(|record| record.kind == AuditKind::SignIn && record.user == Some(alice.id.clone())));
        assert_eq!(log[0].details["device"], "Firefox on Linux");
    }

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
        house.engine.sign_out(&caller("198.51.100.1"), &mine.signed_in).await.unwrap();
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
    async fn the_same_person_keeps_the_session_and_gets_a_new_cookie() {
        let house = House::new().await;
        house.person("alice").await;
        let first = house.sign_in("alice", PASSWORD).await.unwrap();
        house.clock.advance(Duration::from_secs(3_600));
        let again = SignIn { current: Some(first.signed_in.clone()), ..ask("alice", PASSWORD) };
        let second = house.engine.sign_in(&caller("198.51.100.1"), &again).await.unwrap().done().unwrap();
        assert_eq!(second.signed_in.session().id, first.signed_in.session().id);
        assert!(house.engine.session(&first.cookie).await.unwrap().is_none(), "the old cookie is dead");
        let signed_in = house.engine.session(&second.cookie).await.unwrap().unwrap();
        assert_eq!(signed_in.session().authentication.at, house.engine.now());
        assert_eq!(signed_in.session().created_at, first.signed_in.session().created_at);
    }

    #[tokio::test]
    async fn another_person_ends_the_session_that_was_there() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        house.person("bob").await;
        let hers = house.sign_in("alice", PASSWORD).await.unwrap();
        let his = SignIn { current: Some(hers.signed_in.clone()), ..ask("bob", PASSWORD) };
        let his = house.engine.sign_in(&caller("198.51.100.1"), &his).await.unwrap().done().unwrap();
        assert_ne!(his.signed_in.session().id, hers.signed_in.session().id);
        assert!(house.engine.session(&hers.cookie).await.unwrap().is_none());
        let ended = house.log().await.into_iter().find(|record| record.kind == AuditKind::SessionEnded).unwrap();
        assert_eq!(ended.user, Some(alice.id));
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

    #[tokio::test]
    async fn many_at_once_all_come_in_while_a_hash_is_brought_up_to_date() {
        let old = House::new().await;
        old.person("alice").await;
        let new = House::over(old.store.clone(), 2).await;
        let (from, ask) = (caller("198.51.100.1"), ask("alice", PASSWORD));
        let all = futures_util::future::join_all((0..16).map(|_| new.engine.sign_in(&from, &ask))).await;
        assert!(all.iter().all(Result::is_ok), "{all:?}");
    }

    #[tokio::test]
    async fn the_request_that_waits_in_this_browser_learns_of_it_and_no_other() {
        let house = House::new().await;
        house.person("alice").await;
        house.keep(&Client { redirect_uris: vec![RedirectUri::parse(CALLBACK).unwrap()], ..client("web") }).await;
        let browser = Kind::Browser.generate(&*house.engine.rng);
        let sent = [
            ("client_id", "web"),
            ("redirect_uri", CALLBACK),
            ("response_type", "code"),
            ("scope", "openid"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        let sent = sent.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let step = house.engine.authorize(&caller("198.51.100.1"), &face(), &sent, &browser, None).await;
        let Ok(Step::SignIn(id)) = step else { panic!("{step:?}") };

        let sign_in = async |browser: Option<Secret>| {
            let ask = SignIn { interaction: Some(id.clone()), browser, ..ask("alice", PASSWORD) };
            let new = house.engine.sign_in(&caller("198.51.100.1"), &ask).await.unwrap().done().unwrap();
            let told = house.find::<Interaction>(id.as_str()).await.unwrap().signed_in;
            (told, new.signed_in.session().id.clone())
        };
        for other in [None, Some(Kind::Browser.generate(&*house.engine.rng)), Some(Secret::new(""))] {
            assert_eq!(sign_in(other).await.0, None, "another browser's request learns nothing");
        }
        let (told, session) = sign_in(Some(browser.clone())).await;
        assert_eq!(told, Some(session.clone()));
        house.clock.advance(Interaction::LIFETIME);
        assert_eq!(sign_in(Some(browser)).await.0, Some(session), "what is over learns nothing more");
    }
}
