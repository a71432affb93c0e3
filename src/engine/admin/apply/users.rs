//! `[[users]]`, compared with the users there are.

use crate::base::ids::UserId;
use crate::engine::Denied;
use crate::model::audit::AuditKind;
use crate::model::credential::PasswordHash;
use crate::model::user::{User, login_key};
use crate::records::{Kept, RecordChanges};
use crate::store::Order;

use super::super::declared::{DeclaredPassword, DeclaredUser, Problem};
use super::super::fields::{self, FieldChange, diff};
use super::super::rules;
use super::super::user_change::UserChange;
use super::surroundings::action;
use super::{Draft, unseen};

impl Draft<'_> {
    pub(super) async fn users(&mut self) -> Result<(), Denied> {
        for declared in &self.declared.users {
            self.user(declared).await?;
        }
        Ok(())
    }

    async fn user(&mut self, declared: &DeclaredUser) -> Result<(), Denied> {
        let place = &declared.place;
        let was = self.who_is_called(&declared.user.username).await?;
        if was.as_ref().is_some_and(|was| login_key(&was.username) != login_key(&declared.user.username)) {
            self.wrong(place, "username", "this is the address of another user: choose another name");
            return Ok(());
        }
        let mut user = self.wanted(declared, was.as_ref());
        for problem in rules::user(&user) {
            self.wrong(place, problem.field, problem.sentence);
        }
        self.names(declared, &user, was.as_ref()).await?;
        self.rely_on_groups(place, &user.groups);
        let password = self.password(declared, &mut user).await?;
        self.put_user(was.as_ref(), user, password).await
    }

    async fn who_is_called(&self, login: &str) -> Result<Option<Kept<User>>, Denied> {
        Ok(self.engine.ledger.find_unique::<User>("login", &login_key(login)).await?)
    }

    /// The user as the file wants them; what it does not say stays.
    fn wanted(&self, declared: &DeclaredUser, was: Option<&Kept<User>>) -> User {
        let fresh = || {
            let id = declared.id.clone().unwrap_or_else(|| UserId::random(&*self.engine.rng));
            User { managed: true, ..User::named(id, declared.user.username.clone(), self.now) }
        };
        let mut user = was.map_or_else(fresh, |was| was.record().clone());
        let said = &declared.user;
        let ids = said.external_ids.iter().map(|id| (id.provider.clone(), id.user_id.clone()));
        let mut changes = vec![
            UserChange::Username(said.username.clone()),
            UserChange::Email(said.email.clone()),
            UserChange::EmailVerified(said.email_verified),
            UserChange::Admin(said.admin),
            UserChange::MayRegisterClients(said.may_register_clients),
            UserChange::Auditor(said.auditor),
            UserChange::Roles(said.roles.clone()),
            UserChange::Groups(said.groups.clone()),
            UserChange::Attributes(said.attributes.clone()),
            UserChange::ExternalIds(ids.collect()),
        ];
        changes.extend(declared.profile.then(|| UserChange::Profile(Box::new(said.profile.clone()))));
        changes.iter().for_each(|change| change.make(&mut user, self.now));
        match declared.disabled {
            Some(true) if user.is_enabled() => user.disabled_at = Some(self.now),
            Some(false) => user.disabled_at = None,
            _ => {}
        }
        user
    }

    /// Whether id, name and address are theirs alone.
    async fn names(&mut self, declared: &DeclaredUser, user: &User, was: Option<&Kept<User>>) -> Result<(), Denied> {
        let place = &declared.place;
        match (&declared.id, was) {
            (Some(id), Some(was)) if *id != was.id => {
                self.wrong(place, "id", format!("this user has the id {}, and ids never change", was.id));
            }
            (Some(id), None) if self.engine.ledger.find::<User>(id.as_str()).await?.is_some() => {
                self.wrong(place, "id", "another user has this id");
            }
            _ => {}
        }
        if let Some(email) = &user.email {
            let holder = self.who_is_called(email).await?.filter(|holder| holder.id != user.id);
            if let Some(holder) = holder {
                self.wrong(place, "email", format!("already belongs to the user {:?}", holder.username));
            }
        }
        Ok(())
    }

    /// Sets the declared password when the file says another one than before; returns whether it was set. What somebody
    /// chose instead of the one it still says is theirs.
    async fn password(&mut self, declared: &DeclaredUser, user: &mut User) -> Result<bool, Denied> {
        let Some(said) = &declared.password else { return Ok(false) };
        if user.password.is_some() && self.is_made_of(user.declared_password.as_ref(), said).await? {
            return Ok(false);
        }
        if self.is_made_of(user.password.as_ref(), said).await? {
            user.declared_password.clone_from(&user.password);
            return Ok(false);
        }
        let Some(hash) = self.accepted(declared, said, user).await? else { return Ok(false) };
        user.password = Some(hash.clone());
        user.declared_password = Some(hash);
        user.password_changed_at = Some(self.now);
        Ok(true)
    }

    /// Whether this hash was made of what the file says.
    async fn is_made_of(&self, hash: Option<&PasswordHash>, said: &DeclaredPassword) -> Result<bool, Denied> {
        match said {
            DeclaredPassword::Hash(said) => Ok(hash == Some(said)),
            DeclaredPassword::Plain(plain) => self.engine.is_password(plain, hash).await,
        }
    }

    /// What is kept of the declared password; `None` if nobody may have it, which is then said.
    async fn accepted(
        &mut self,
        declared: &DeclaredUser,
        said: &DeclaredPassword,
        user: &User,
    ) -> Result<Option<PasswordHash>, Denied> {
        match said {
            DeclaredPassword::Hash(hash) if crate::engine::users::is_checkable(hash) => Ok(Some(hash.clone())),
            DeclaredPassword::Hash(_) => {
                let sentence = "costs too much or too little to check: expected Argon2id with usual parameters";
                self.wrong(&declared.place, "password_hash", sentence);
                Ok(None)
            }
            DeclaredPassword::Plain(plain) => {
                match self.engine.accepted_password(plain, &self.surroundings.settings, user) {
                    Ok(password) => Ok(Some(self.engine.gate.hasher.hash(&password).await?)),
                    Err(sentence) => {
                        self.wrong(&declared.place, "password", sentence);
                        Ok(None)
                    }
                }
            }
        }
    }

    async fn put_user(&mut self, was: Option<&Kept<User>>, mut user: User, password: bool) -> Result<(), Denied> {
        let before = was.map(|was| fields::of_user(was)).unwrap_or_default();
        let mut differences = diff(&before, &fields::of_user(&user));
        if differences.is_empty() && !password {
            // What the file says is theirs already: that it was said is remembered without a word.
            if let Some(was) = was.filter(|was| was.declared_password != user.declared_password) {
                self.changes.update(was, &user);
            }
            return Ok(());
        }
        user.updated_at = self.now;
        let turned_off = was.is_some_and(|was| was.is_enabled()) && !user.is_enabled();
        if was.is_some() && (password || turned_off) {
            user.end_access();
            self.engine.end_sessions_changes(&user.id, None, &mut self.changes).await?;
        } else if was.is_some_and(|was| was.email != user.email) {
            self.engine.end_mailed_access(&user.id, &mut self.changes).await?;
        }
        for kind in user_kinds(was.is_some(), &differences, &user, password) {
            let record = self.record(kind).about_user(&user.id).with("username", &user.username);
            let told = matches!(kind, AuditKind::UserCreated | AuditKind::UserUpdated);
            self.audit(&if told { record.with_changes(&differences) } else { record });
        }
        match was {
            Some(was) => self.changes.update(was, &user),
            None => self.changes.create(&user),
        };
        differences.retain(|change| was.is_some() || change.field != "id");
        differences.extend(password.then(|| unseen("password", "set")));
        self.note("user", &user.username, action(was.is_some()), differences);
        Ok(())
    }

    /// Somebody must administer the server as long as somebody did, and with an administrator who can sign in there is
    /// nothing left to set up.
    pub(super) async fn administrators(&mut self) -> Result<(), Denied> {
        let declared: Vec<&DeclaredUser> = self.declared.users.iter().collect();
        let (mut somebody, mut set_up) = (false, false);
        for it in &declared {
            let was = self.who_is_called(&it.user.username).await?;
            let enabled = match (it.disabled, &was) {
                (Some(disabled), _) => !disabled,
                (None, Some(was)) => was.is_enabled(),
                (None, None) => true,
            };
            let enters = it.password.is_some() || was.is_some_and(|was| was.password.is_some());
            somebody |= it.user.admin && enabled && enters;
            set_up |= it.user.admin && enters;
        }
        if set_up {
            self.engine.close_set_up_changes(&mut self.changes).await?;
        }
        if somebody {
            return Ok(());
        }
        let (mut lost, mut after) = (false, None);
        loop {
            let ledger = &self.engine.ledger;
            let page = ledger.list_by::<User>("admin", "yes\0", Order::Ascending, after.as_deref(), 50).await?;
            for user in page.items.iter().filter(|user| user.can_administer()) {
                let named = declared.iter().any(|it| login_key(&it.user.username) == login_key(&user.username));
                if !named && !self.removed_users.contains(&user.id) {
                    // One who stays is enough; the commit depends on them only when somebody else goes.
                    if lost {
                        self.changes.expect(user);
                    }
                    return Ok(());
                }
                lost = true;
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        if lost {
            let sentence =
                "would leave the server without an administrator: declare one with admin = true and a password";
            self.problems.push(Problem { line: 1, key: "users".to_owned(), sentence: sentence.to_owned() });
        }
        Ok(())
    }
}

/// What the log calls it.
fn user_kinds(was_there: bool, differences: &[FieldChange], user: &User, password: bool) -> Vec<AuditKind> {
    if !was_there {
        return vec![AuditKind::UserCreated];
    }
    let mut kinds = Vec::new();
    if differences.iter().any(|change| change.field != "disabled") {
        kinds.push(AuditKind::UserUpdated);
    }
    if differences.iter().any(|change| change.field == "disabled") {
        kinds.push(if user.is_enabled() { AuditKind::UserEnabled } else { AuditKind::UserDisabled });
    }
    kinds.extend(password.then_some(AuditKind::PasswordChanged));
    kinds
}
