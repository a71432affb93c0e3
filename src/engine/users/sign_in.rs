//! Somebody signs in with a password: it is checked ([`super::check_password`]), then one commit begins what follows.

use std::time::Duration;

use crate::base::ids::InteractionId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::session::Authentication;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::check_password::Checked;
use super::familiar::Traces;
use super::proceed::{Proof, SignInStep};
use super::sessions::Visitor;

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
    /// Who uses this browser now.
    pub current: Option<Visitor>,
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

impl SignIn {
    fn traces(&self) -> Traces<'_> {
        let SignIn { current, familiar, known, .. } = self;
        Traces { current: current.as_ref(), familiar: familiar.as_ref(), session: known.as_ref() }
    }
}

impl Engine {
    /// Checks a name and a password and begins a session, or renews the one of the same person: its id stays, its cookie
    /// and authentication are new. Another person's session in this browser ends. An interaction that waits in this browser
    /// learns of the session in the same commit. Of whom more is demanded, nothing begins but an unfinished sign-in.
    ///
    /// # Errors
    /// [`Refusal::PasswordWrong`](crate::model::refusal::Refusal::PasswordWrong), the same for every cause;
    /// [`Refusal::TooManyTries`](crate::model::refusal::Refusal::TooManyTries), the same for every name;
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
        let known = match &user {
            Some(user) => self.knows_browser(user, ask.traces()).await?,
            None => false,
        };
        let checked = self.check_password(caller, &ask.username, &ask.password, user.as_deref(), known).await?;
        // 2. One commit: the session, the interaction, the hash, the record.
        self.settle(|| self.begin_signed_in(caller, ask, &checked, known)).await
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
        let (_, factors) = self.factors_as_they_stay(&user.id, &mut changes).await?;
        let proof = Proof {
            user: &user,
            factors: &factors,
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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::secret::Kind;
    use crate::engine::authorize::Step;
    use crate::engine::house::{CALLBACK, CHALLENGE, client, face};
    use crate::engine::users::testing::{House, PASSWORD, ask, caller};
    use crate::model::audit::AuditKind;
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
    async fn the_same_person_keeps_the_session_and_gets_a_new_cookie() {
        let house = House::new().await;
        house.person("alice").await;
        let first = house.sign_in("alice", PASSWORD).await.unwrap();
        house.clock.advance(Duration::from_secs(3_600));
        let again = SignIn { current: Some(first.signed_in.clone().into()), ..ask("alice", PASSWORD) };
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
        let his = SignIn { current: Some(hers.signed_in.clone().into()), ..ask("bob", PASSWORD) };
        let his = house.engine.sign_in(&caller("198.51.100.1"), &his).await.unwrap().done().unwrap();
        assert_ne!(his.signed_in.session().id, hers.signed_in.session().id);
        assert!(house.engine.session(&hers.cookie).await.unwrap().is_none());
        let ended = house.log().await.into_iter().find(|record| record.kind == AuditKind::SessionEnded).unwrap();
        assert_eq!(ended.user, Some(alice.id));
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
