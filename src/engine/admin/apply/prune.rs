//! Removing what an earlier apply created and the file no longer names. What was made in the console stays, always.

use std::collections::BTreeSet;

use crate::engine::Denied;
use crate::model::audit::AuditKind;
use crate::model::client::Client;
use crate::model::group::Group;
use crate::model::scope::ScopeDefinition;
use crate::model::user::{User, login_key};
use crate::records::{Kept, Record, RecordChanges};
use crate::store::Order;

use super::super::declared::Problem;
use super::{Action, Draft};

/// How many records are read at a time.
const AT_A_TIME: usize = 200;

impl Draft<'_> {
    pub(super) async fn prune(&mut self) -> Result<(), Denied> {
        let clients: BTreeSet<&str> = self.declared.clients.iter().map(|it| it.client.id.as_str()).collect();
        let users: BTreeSet<String> = self.declared.users.iter().map(|it| login_key(&it.user.username)).collect();
        for client in self.managed::<Client>(|client| !clients.contains(client.id.as_str())).await? {
            self.prune_client(&client).await?;
        }
        for user in self.managed::<User>(|user| !users.contains(&login_key(&user.username))).await? {
            self.prune_user(&user).await?;
        }
        for scope in self.managed::<ScopeDefinition>(|_| true).await? {
            if !self.surroundings.is_declared_scope(scope.name.as_str()) {
                self.prune_scope(&scope).await?;
            }
        }
        for group in self.managed::<Group>(|_| true).await? {
            if !self.surroundings.is_declared_group(&group.name) {
                self.prune_group(&group).await?;
            }
        }
        Ok(())
    }

    async fn managed<R: Record>(&self, gone: impl Fn(&R) -> bool) -> Result<Vec<Kept<R>>, Denied> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let ledger = &self.engine.ledger;
            let page = ledger.list_by::<R>("managed", "yes\0", Order::Ascending, after.as_deref(), AT_A_TIME).await?;
            found.extend(page.items.into_iter().filter(|kept| gone(kept)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(found),
            }
        }
    }

    async fn prune_client(&mut self, client: &Kept<Client>) -> Result<(), Denied> {
        let record = self.record(AuditKind::ClientDeleted).about_client(&client.id).with("name", &client.name);
        self.audit(&record);
        self.engine.client_ends(client, &mut self.changes).await?;
        self.removed_clients.push(client.id.clone());
        self.note("client", client.id.as_str(), Action::Remove, Vec::new());
        Ok(())
    }

    async fn prune_user(&mut self, user: &Kept<User>) -> Result<(), Denied> {
        let record = self.record(AuditKind::UserDeleted).about_user(&user.id).with("username", &user.username);
        self.audit(&record);
        self.changes.delete(user);
        self.engine.possessions_end(&user.id, &mut self.changes).await?;
        self.removed_users.push(user.id.clone());
        self.note("user", &user.username, Action::Remove, Vec::new());
        Ok(())
    }

    async fn prune_scope(&mut self, scope: &Kept<ScopeDefinition>) -> Result<(), Denied> {
        let name = scope.name.as_str();
        if let Some(client) = self.other_client("scope", name).await? {
            self.still_used("scopes", name, &client);
            return Ok(());
        }
        let record = self.record(AuditKind::ScopeDeleted).with("scope", name);
        self.audit(&record);
        self.changes.delete(scope);
        self.note("scope", name, Action::Remove, Vec::new());
        Ok(())
    }

    async fn prune_group(&mut self, group: &Kept<Group>) -> Result<(), Denied> {
        let user = self.other_user(&group.name).await?;
        let user_or_client = match user {
            Some(user) => Some(user),
            None => self.other_client("group", &group.name).await?,
        };
        if let Some(holder) = user_or_client {
            self.still_used("groups", &group.name, &holder);
            return Ok(());
        }
        let record = self.record(AuditKind::GroupDeleted).with("group", &group.name);
        self.audit(&record);
        self.changes.delete(group);
        self.note("group", &group.name, Action::Remove, Vec::new());
        Ok(())
    }

    fn still_used(&mut self, noun: &str, name: &str, holder: &str) {
        let sentence =
            format!("{name:?} would be pruned, but {holder} still uses it: declare it, or take it away there");
        self.problems.push(Problem { line: 1, key: noun.to_owned(), sentence });
    }

    /// A client that has this scope or group and that neither the file declares nor the prune removes.
    async fn other_client(&self, lookup: &str, name: &str) -> Result<Option<String>, Denied> {
        let mut after = None;
        loop {
            let value = format!("{name}\0");
            let ledger = &self.engine.ledger;
            let page = ledger.list_by::<Client>(lookup, &value, Order::Ascending, after.as_deref(), AT_A_TIME).await?;
            let declared = |id: &str| self.declared.clients.iter().any(|it| it.client.id.as_str() == id);
            let other =
                page.items.iter().find(|it| !declared(it.id.as_str()) && !self.removed_clients.contains(&it.id));
            if let Some(other) = other {
                return Ok(Some(format!("the client {:?}", other.id.as_str())));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// The same, among users.
    async fn other_user(&self, group: &str) -> Result<Option<String>, Denied> {
        let declared: BTreeSet<String> = self.declared.users.iter().map(|it| login_key(&it.user.username)).collect();
        let removed: BTreeSet<&str> = self.removed_users.iter().map(|id| id.as_str()).collect();
        let mut after = None;
        loop {
            let value = format!("{group}\0");
            let ledger = &self.engine.ledger;
            let page = ledger.list_by::<User>("group", &value, Order::Ascending, after.as_deref(), AT_A_TIME).await?;
            let stays = |it: &User| !declared.contains(&login_key(&it.username)) && !removed.contains(it.id.as_str());
            if let Some(other) = page.items.iter().find(|it| stays(it)) {
                return Ok(Some(format!("the user {:?}", other.username)));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }
}
