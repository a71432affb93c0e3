//! Administering users: the people who sign in.

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::engine::users::names::Names;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::group::Group;
use crate::model::mail::AccountChange;
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Order};

use super::fields::{self, diff};
use super::user_change::{NewUser, UserChange};
use super::{Actor, Listed, Reader, rules};

/// How many of a user's latest sessions are looked at to say when they were last seen.
const LATEST_SESSIONS: usize = 10;

/// Which users a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum UserFilter {
    /// All, by username.
    #[default]
    All,
    /// Those of whom a word of the name, the username or the address begins so.
    Search(String),
    /// The members of a group.
    Group(String),
    /// The administrators.
    Administrators,
}

impl Engine {
    /// Makes a user. They have no password until they choose one through a recovery link.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] for one with roles, groups or a verified address, from an actor who did not prove
    /// lately who they are;
    /// [`Refusal::Taken`] when the username or the address is somebody's, [`Refusal::FieldInvalid`] naming what is wrong.
    pub async fn create_user(&self, actor: &Actor, caller: &Caller, new: &NewUser) -> Result<User, Denied> {
        self.settle(|| async {
            let now = self.now();
            let mut user = User::named(UserId::random(&*self.rng), new.username.trim().to_owned(), now);
            new.changes.iter().for_each(|change| change.make(&mut user, now));
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            self.judge_user(None, &user, &mut changes).await?;
            let blank = User::named(user.id.clone(), String::new(), now);
            may_make(actor, &User { email: user.email.clone(), ..blank }, &user)?;
            self.close_set_up_for(&user, &mut changes).await?;
            let record = self.user_record(actor, caller, AuditKind::UserCreated, &user);
            changes.create(&user);
            changes.create(&record.with_changes(&diff(&Vec::new(), &fields::of_user(&user))));
            Ok(Decision { answer: Ok(user), changes })
        })
        .await
    }

    /// Makes `wanted` changes to a user, in order and all at once.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] for a change of roles, groups or address, from an actor who did not prove lately who
    /// they are;
    /// [`Refusal::NotFound`], [`Refusal::Taken`], [`Refusal::FieldInvalid`], [`Refusal::LastAdministrator`].
    pub async fn change_user(
        &self,
        actor: &Actor,
        caller: &Caller,
        id: &UserId,
        wanted: &[UserChange],
    ) -> Result<User, Denied> {
        self.settle(|| async {
            let was = self.kept_user(id).await?;
            let mut user = was.record().clone();
            wanted.iter().for_each(|change| change.make(&mut user, self.now()));
            let mut changes = Changes::new();
            self.permit(actor, &[&was], &mut changes).await?;
            self.judge_user(Some(&was), &user, &mut changes).await?;
            may_make(actor, &was, &user)?;
            if was.admin && !user.admin {
                self.another_administrator(&was, &mut changes).await?;
            }
            let differences = diff(&fields::of_user(&was), &fields::of_user(&user));
            if differences.is_empty() {
                return Ok(Decision { answer: Ok(user), changes });
            }
            self.close_set_up_for(&user, &mut changes).await?;
            user.updated_at = self.now();
            changes.update(&was, &user);
            changes.create(&self.user_record(actor, caller, AuditKind::UserUpdated, &user).with_changes(&differences));
            if was.email != user.email {
                self.tell_of_change(&was, AccountChange::AddressChanged, &mut changes).await?;
                self.end_mailed_access(id, &mut changes).await?;
            }
            Ok(Decision { answer: Ok(user), changes })
        })
        .await
    }

    /// The user `id`.
    ///
    /// # Errors
    /// [`Refusal::NotFound`], or the store's fault.
    pub async fn user_detail(&self, _: &Reader, id: &UserId) -> Result<User, Denied> {
        Ok(self.kept_user(id).await?.record().clone())
    }

    /// The user who signs in with this name or address, if there is one.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn user_called(&self, _: &Reader, login: &str) -> Result<Option<User>, Denied> {
        Ok(self.find_login(login).await?.map(|kept| kept.record().clone()))
    }

    /// Users, some at a time.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_users(
        &self,
        _: &Reader,
        filter: &UserFilter,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<User>, Denied> {
        let (lookup, prefix) = match filter {
            UserFilter::All => ("name", String::new()),
            UserFilter::Search(text) if login_key(text).is_empty() => ("name", String::new()),
            UserFilter::Search(text) => ("search", login_key(text)),
            UserFilter::Group(name) => ("group", format!("{name}\0")),
            UserFilter::Administrators => ("admin", "yes\0".to_owned()),
        };
        Ok(self.ledger.list_by::<User>(lookup, &prefix, Order::Ascending, after, limit).await?.into())
    }

    /// When each of these users was last seen, to within a few minutes, as far as their latest sessions tell; in the same
    /// order. `None`: they have not signed in for as long as sessions are kept.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn users_last_seen(&self, _: &Reader, ids: &[UserId]) -> Result<Vec<Option<Timestamp>>, Denied> {
        let mut seen = Vec::with_capacity(ids.len());
        for id in ids {
            let of_user = format!("{id}\0");
            let latest =
                self.ledger.list_by::<Session>("user", &of_user, Order::Descending, None, LATEST_SESSIONS).await?;
            let own = latest.items.iter().filter(|session| session.acting.is_none());
            seen.push(own.map(|session| session.last_seen_at).max());
        }
        Ok(seen)
    }

    pub(super) async fn kept_user(&self, id: &UserId) -> Result<Kept<User>, Denied> {
        self.ledger.find::<User>(id.as_str()).await?.ok_or_else(|| Refusal::NotFound("user").into())
    }

    /// Whether a user may become so: sound by themselves, name and address their own, groups known.
    async fn judge_user(&self, was: Option<&Kept<User>>, user: &User, changes: &mut Changes) -> Result<(), Denied> {
        rules::refuse(rules::user(user))?;
        let names = Names { username: user.username.clone(), email: user.email.clone() };
        if let Some(taken) = self.name_taken(was.map(|was| &was.id), &names).await? {
            return Err(taken.into());
        }
        let groups: Vec<String> = user.groups.iter().cloned().collect();
        for (group, known) in groups.iter().zip(self.ledger.find_all::<Group>(&groups).await?) {
            let unknown = || Refusal::field("groups", format!("There is no group {group:?}: make it first."));
            changes.expect(&known.ok_or_else(unknown)?);
        }
        Ok(())
    }

    /// Makes `changes` depend on another administrator who can sign in, so that of two who leave at once one stays.
    pub(in crate::engine) async fn another_administrator(
        &self,
        but: &Kept<User>,
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        if !but.can_administer() {
            return Ok(());
        }
        let mut after = None;
        loop {
            let page = self.ledger.list_by::<User>("admin", "yes\0", Order::Ascending, after.as_deref(), 50).await?;
            if let Some(other) = page.items.iter().find(|user| user.can_administer() && user.id != but.id) {
                changes.expect(other);
                return Ok(());
            }
            after = page.next;
            if after.is_none() {
                return Err(Refusal::LastAdministrator.into());
            }
        }
    }

    pub(super) fn user_record(&self, actor: &Actor, caller: &Caller, kind: AuditKind, user: &User) -> AuditRecord {
        let record = caller.record(self.now(), &*self.rng, actor.audited(), kind);
        record.about_user(&user.id).with("username", &user.username)
    }
}

/// Whether the actor may make `now` of `was`: what somebody may do, here and in applications, and the address that leads
/// into their account, changes whoever proved lately who they are.
fn may_make(actor: &Actor, was: &User, now: &User) -> Result<(), Refusal> {
    let here = |user: &User| (user.admin, user.may_register_clients, user.auditor);
    let elsewhere = |user: &User| (user.roles.clone(), user.groups.clone());
    let address = |user: &User| (user.email.clone(), user.email_verified);
    let same = here(was) == here(now) && elsewhere(was) == elsewhere(now) && address(was) == address(now);
    if same { Ok(()) } else { actor.is_proved() }
}
