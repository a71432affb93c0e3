//! The first administrator: made once, by whoever holds the link printed at first start, and never again.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::UserId;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::{PasswordHash, Setup};
use crate::model::factors::Factors;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::settings::Settings;
use crate::model::user::{Profile, User, UserKind};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::names::{Names, is_invisible};
use super::proceed::{Proof, SignInStep};
use super::tries::Who;

/// The one record of its kind.
const ONLY: &str = "only";

/// What whoever sets up the server gives.
#[derive(Clone, Debug)]
pub struct SetUp {
    /// The secret of the printed link.
    pub token: Secret,
    /// The name on every page.
    pub name: String,
    /// The administrator's username.
    pub username: String,
    /// The administrator's e-mail address; may be empty.
    pub email: String,
    /// The administrator's password.
    pub password: Secret,
    /// The cookie of the browser, in which whatever else is demanded of the administrator is finished.
    pub browser: Option<Secret>,
}

/// How the set-up stands.
enum Stage {
    /// It is open, if the record is there already.
    Open(Option<Kept<Setup>>),
    /// An administrator came by another way; the record says otherwise still, or is absent.
    Overtaken(Option<Kept<Setup>>),
    /// It is closed for ever.
    Closed,
}

impl Engine {
    /// Opens the set-up at start, while there is no administrator, and gives the secret of its link; earlier links end.
    /// `None` once the server is set up; an administrator who came by another way closes the set-up for ever.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn open_set_up(&self) -> Result<Option<Secret>, Denied> {
        self.settle(|| async move {
            let was = match self.set_up_stage().await? {
                Stage::Closed => return Ok(Decision::allow(None)),
                Stage::Overtaken(was) => {
                    return Ok(Decision::allow(None).with(|changes| self.close(changes, was.as_ref())));
                }
                Stage::Open(was) => was,
            };
            let token = Kind::Setup.generate(&*self.rng);
            let open = Setup::Open { digest: token.digest() };
            Ok(Decision::allow(Some(token)).with(|changes| put(changes, was.as_ref(), &open)))
        })
        .await
    }

    /// Whether this secret opens the set-up now. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::SetUpBefore`] once the server is set up, [`Refusal::LinkGone`] for any other secret,
    /// [`Refusal::TooManyTries`] after many of those, the store's fault.
    pub async fn look_at_set_up(&self, caller: &Caller, token: &Secret) -> Result<(), Denied> {
        match opened_by(self.set_up_stage().await?, token) {
            Ok(_) => Ok(()),
            // Only wrong secrets are counted: whoever holds the link is never kept out by those who do not.
            Err(Refusal::LinkGone) => {
                let who = Who { name: "\0set-up", account: None, network: &caller.network, known: false };
                self.gate.tries.begin(&who, self.now())?.failed(self.now());
                Err(Refusal::LinkGone.into())
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Makes the first administrator, names the server, closes the set-up for ever and signs the administrator in: one
    /// commit. Of many at once, one succeeds.
    ///
    /// # Errors
    /// As for [`Engine::look_at_set_up`]; [`Refusal::FieldInvalid`] and [`Refusal::Taken`] for what was given;
    /// [`Denied::Busy`] when too many passwords wait.
    pub async fn set_up(&self, caller: &Caller, ask: &SetUp) -> Result<SignInStep, Denied> {
        self.look_at_set_up(caller, &ask.token).await?;
        let name = server_name(&ask.name)?;
        let names = Names::parse(&ask.username, Some(&ask.email))?;
        let min_length = self.shortest_password(None).await?;
        let policy = self.policy_under(&name, min_length, &names.username, names.email.as_deref());
        let password = self.gate.hasher.hash(&policy.accept(&ask.password)?).await?;
        self.settle(|| self.decide_set_up(caller, ask, &name, &names, &password)).await
    }

    async fn decide_set_up(
        &self,
        caller: &Caller,
        ask: &SetUp,
        name: &str,
        names: &Names,
        password: &PasswordHash,
    ) -> Result<Decision<SignInStep>, Denied> {
        let open = match opened_by(self.set_up_stage().await?, &ask.token) {
            Ok(open) => open,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        if let Some(taken) = self.name_taken(None, names).await? {
            return Ok(Decision::refuse(taken));
        }
        let user = self.first_administrator(names, password);
        let mut changes = Changes::new();
        self.close(&mut changes, Some(&open));
        changes.create(&user);
        let proof = Proof {
            user: &user,
            factors: &Factors::none(&user.id),
            proved: Authentication::by_password(self.now()),
            browser: ask.browser.as_ref(),
            interaction: None,
            current: None,
            unfinished: None,
            device: None,
            confirms: false,
            known: true,
        };
        let step = self.proceed(caller, &proof, &mut changes).await?;
        let settings = self.ledger.find::<Settings>(ONLY).await?;
        let named = |was: Settings| Settings { name: name.to_owned(), ..was };
        match settings {
            Some(kept) => changes.update(&kept, &named(kept.record().clone())),
            None => changes.create(&named(Settings::default())),
        };
        let actor = AuditActor::User(user.id.clone());
        changes.create(&caller.record(self.now(), &*self.rng, actor, AuditKind::SetUp).about_user(&user.id));
        Ok(Decision { answer: Ok(step), changes })
    }

    fn first_administrator(&self, names: &Names, password: &PasswordHash) -> User {
        let now = self.now();
        User {
            auditor: false,
            roles: Default::default(),
            id: UserId::random(&*self.rng),
            username: names.username.clone(),
            email: names.email.clone(),
            email_verified: false,
            password: Some(password.clone()),
            declared_password: None,
            password_changed_at: Some(now),
            admin: true,
            may_register_clients: true,
            groups: BTreeSet::new(),
            profile: Profile::default(),
            attributes: BTreeMap::new(),
            external_ids: Vec::new(),
            disabled_at: None,
            created_at: now,
            updated_at: now,
            managed: false,
            access_epoch: 0,
            kind: UserKind::Person,
            guardian: None,
        }
    }

    async fn set_up_stage(&self) -> Result<Stage, Fault> {
        let kept = self.ledger.find::<Setup>(ONLY).await?;
        if matches!(kept.as_deref(), Some(Setup::Closed { .. })) {
            return Ok(Stage::Closed);
        }
        let mut after: Option<String> = None;
        loop {
            let page = self.ledger.list_by::<User>("admin", "yes\0", Order::Ascending, after.as_deref(), 50).await?;
            // One who is disabled counts too: switching somebody off must not open the set-up.
            if page.items.iter().any(|user| user.password.is_some()) {
                return Ok(Stage::Overtaken(kept));
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(Stage::Open(kept)),
            }
        }
    }

    /// What closing the set-up for ever changes, for verbs after which `user` may be an administrator by another way: nothing
    /// unless they can sign in. Whoever has no password yet closes it by choosing one.
    pub(crate) async fn close_set_up_for(&self, user: &User, changes: &mut Changes) -> Result<(), Fault> {
        if user.admin && user.password.is_some() {
            self.close_set_up_changes(changes).await?;
        }
        Ok(())
    }

    /// What closing the set-up for ever changes.
    pub(crate) async fn close_set_up_changes(&self, changes: &mut Changes) -> Result<(), Fault> {
        match self.set_up_stage().await? {
            Stage::Closed => {}
            Stage::Open(was) | Stage::Overtaken(was) => self.close(changes, was.as_ref()),
        }
        Ok(())
    }

    fn close(&self, changes: &mut Changes, was: Option<&Kept<Setup>>) {
        put(changes, was, &Setup::Closed { at: self.now() });
    }
}

fn put(changes: &mut Changes, was: Option<&Kept<Setup>>, now: &Setup) {
    match was {
        Some(was) => changes.update(was, now),
        None => changes.create(now),
    };
}

fn opened_by(stage: Stage, token: &Secret) -> Result<Kept<Setup>, Refusal> {
    match stage {
        Stage::Closed | Stage::Overtaken(_) => Err(Refusal::SetUpBefore),
        Stage::Open(Some(kept)) => match kept.record() {
            Setup::Open { digest } if digest.is_of(token.expose()) => Ok(kept),
            _ => Err(Refusal::LinkGone),
        },
        Stage::Open(None) => Err(Refusal::LinkGone),
    }
}

fn server_name(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let wrong = |sentence: &str| Err(Refusal::field("name", sentence));
    match text.chars().count() {
        0 => wrong("Enter a name for this server. People see it when they sign in."),
        65.. => wrong("Use at most 64 characters."),
        _ if text.chars().any(is_invisible) => {
            wrong("The name has a character in it that cannot be seen. Type it again.")
        }
        _ => Ok(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::admin::Actor;
    use crate::engine::admin::user_change::{NewUser, UserChange};
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};

    fn ask(token: &Secret) -> SetUp {
        SetUp {
            token: token.clone(),
            name: "Example ID".to_owned(),
            username: "alice".to_owned(),
            email: "alice@example.net".to_owned(),
            password: Secret::new(PASSWORD),
            browser: None,
        }
    }

    #[tokio::test]
    async fn the_link_makes_one_administrator_and_then_never_works_again() {
        let house = House::new().await;
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        house.engine.look_at_set_up(&caller("192.0.2.1"), &token).await.unwrap();
        let new = house.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await.unwrap().done().unwrap();
        let signed_in = house.engine.session(&new.cookie).await.unwrap().unwrap();
        assert!(signed_in.user().admin && signed_in.user().username == "alice");
        assert_eq!(house.engine.settings().await.unwrap().name, "Example ID");
        assert_eq!(house.logged(AuditKind::SetUp).await, 1);

        let again = house.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await;
        assert_eq!(refusal(again), Refusal::SetUpBefore);
        assert!(house.engine.open_set_up().await.unwrap().is_none());
        let restarted = House::over(house.store.clone(), 2).await;
        assert!(restarted.engine.open_set_up().await.unwrap().is_none());
        // Not even when the last administrator is gone.
        house.change::<User>(signed_in.user().id.as_str(), |user| user.admin = false).await;
        assert!(restarted.engine.open_set_up().await.unwrap().is_none());
        let late = restarted.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await;
        assert_eq!(refusal(late), Refusal::SetUpBefore);
    }

    #[tokio::test]
    async fn every_start_prints_a_link_of_its_own_and_only_the_latest_works() {
        let house = House::new().await;
        let first = house.engine.open_set_up().await.unwrap().unwrap();
        let second = house.engine.open_set_up().await.unwrap().unwrap();
        let look = async |token: &Secret| house.engine.look_at_set_up(&caller("192.0.2.1"), token).await;
        assert_eq!(refusal(look(&first).await), Refusal::LinkGone);
        assert_eq!(refusal(look(&Secret::new("")).await), Refusal::LinkGone);
        let cut = Secret::new(&second.expose()[..second.expose().len() - 1]);
        assert_eq!(refusal(look(&cut).await), Refusal::LinkGone);
        look(&second).await.unwrap();
        for _ in 0..4 {
            let _ = look(&first).await;
        }
        assert!(matches!(refusal(look(&first).await), Refusal::TooManyTries(_)));
        look(&second).await.expect("wrong secrets keep out nobody who has the right one");
    }

    #[tokio::test]
    async fn sixty_four_at_once_make_one_administrator() {
        let house = House::new().await;
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let caller = caller("192.0.2.1");
        let asks: Vec<SetUp> =
            (0..64).map(|n| SetUp { username: format!("admin {n}"), email: String::new(), ..ask(&token) }).collect();
        let all = futures_util::future::join_all(asks.iter().map(|ask| house.engine.set_up(&caller, ask))).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1);
        let users = house.engine.ledger.list::<User>(Order::Ascending, None, 100).await.unwrap();
        assert_eq!(users.items.len(), 1);
        assert_eq!(house.logged(AuditKind::SetUp).await, 1);
    }

    #[tokio::test]
    async fn an_administrator_who_came_by_another_way_closes_it() {
        let house = House::new().await;
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let bob = house.person("bob").await;
        house.change::<User>(bob.id.as_str(), |user| user.admin = true).await;
        let late = house.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await;
        assert_eq!(refusal(late), Refusal::SetUpBefore);
        assert!(house.engine.open_set_up().await.unwrap().is_none());
        assert!(matches!(house.find::<Setup>(ONLY).await, Some(Setup::Closed { .. })));
    }

    /// An administrator without a password cannot sign in, so the link goes on working; with their first password it ends.
    #[tokio::test]
    async fn an_administrator_who_cannot_sign_in_yet_does_not_close_it() {
        let (house, host) = (House::new().await, Actor::host());
        let from = caller("192.0.2.1");
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let bob = NewUser { username: "bob".to_owned(), changes: vec![UserChange::Admin(true)] };
        let bob = house.engine.create_user(&host, &from, &bob).await.unwrap();
        let ann = NewUser { username: "ann".to_owned(), changes: Vec::new() };
        let ann = house.engine.create_user(&host, &from, &ann).await.unwrap();
        house.engine.change_user(&host, &from, &ann.id, &[UserChange::Admin(true)]).await.unwrap();
        house.engine.look_at_set_up(&from, &token).await.unwrap();
        let token = house.engine.open_set_up().await.unwrap().expect("also after a restart");

        let link = house.engine.start_recovery(&host, &from, &bob.id).await.unwrap();
        house.engine.finish_recovery(&from, &link, &Secret::new(PASSWORD)).await.unwrap();
        assert!(matches!(house.find::<Setup>(ONLY).await, Some(Setup::Closed { .. })));
        assert_eq!(refusal(house.engine.set_up(&from, &ask(&token)).await), Refusal::SetUpBefore);
        house.change::<User>(bob.id.as_str(), |user| user.admin = false).await;
        assert!(house.engine.open_set_up().await.unwrap().is_none(), "closed is closed");
    }

    #[tokio::test]
    async fn what_cannot_be_is_said_field_by_field_and_changes_nothing() {
        let house = House::new().await;
        house.person("carol").await;
        let token = house.engine.open_set_up().await.unwrap().unwrap();
        let field = async |ask: SetUp| match refusal(house.engine.set_up(&caller("192.0.2.1"), &ask).await) {
            Refusal::FieldInvalid(problem) => problem.field,
            Refusal::Taken(field) => field,
            other => panic!("{other:?}"),
        };
        assert_eq!(field(SetUp { name: " ".to_owned(), ..ask(&token) }).await, "name");
        assert_eq!(field(SetUp { username: String::new(), ..ask(&token) }).await, "username");
        assert_eq!(field(SetUp { email: "alice".to_owned(), ..ask(&token) }).await, "email");
        assert_eq!(field(SetUp { password: Secret::new("short"), ..ask(&token) }).await, "password");
        assert_eq!(field(SetUp { password: Secret::new("Example ID 2026!!"), ..ask(&token) }).await, "password");
        assert_eq!(field(SetUp { username: "CAROL".to_owned(), ..ask(&token) }).await, "username");
        assert_eq!(field(SetUp { email: "carol@EXAMPLE.net".to_owned(), ..ask(&token) }).await, "email");
        assert!(house.engine.set_up(&caller("192.0.2.1"), &ask(&token)).await.is_ok());
    }
}
