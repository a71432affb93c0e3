//! The first administrator: made once, by whoever holds the link printed at first start, and never again ([`stage`]).

mod stage;

use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::PasswordHash;
use crate::model::factors::Factors;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::settings::Settings;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::names::{Names, is_invisible};
use super::proceed::{Proof, SignInStep};
use stage::opened_by;

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

impl Engine {
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
            email: names.email.clone(),
            password: Some(password.clone()),
            password_changed_at: Some(now),
            admin: true,
            may_register_clients: true,
            ..User::named(UserId::random(&*self.rng), names.username.clone(), now)
        }
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
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
    use crate::store::Order;

    pub(super) fn ask(token: &Secret) -> SetUp {
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
