//! `[[clients]]`, compared with the clients there are.

use crate::base::ids;
use crate::engine::Denied;
use crate::model::audit::AuditKind;
use crate::model::client::{AccessKey, Client, ClientSecret};
use crate::records::{Kept, RecordChanges};

use super::super::declared::DeclaredClient;
use super::super::fields::{self, FieldChange, diff};
use super::super::groups::counted;
use super::super::registrar::IS_SOMEBODY;
use super::super::rules;
use super::surroundings::action;
use super::{Draft, unseen};

impl Draft<'_> {
    pub(super) async fn clients(&mut self) -> Result<(), Denied> {
        for declared in &self.declared.clients {
            self.client(declared).await?;
        }
        Ok(())
    }

    async fn client(&mut self, declared: &DeclaredClient) -> Result<(), Denied> {
        let place = &declared.place;
        let was = self.engine.ledger.find::<Client>(declared.client.id.as_str()).await?;
        let known = was.as_ref().map(|was| was.secrets.clone()).unwrap_or_default();
        let mut client = self.wanted_client(declared, was.as_ref());
        client.secrets = match &declared.secrets {
            Some(secrets) => self.secrets(&known, secrets).await?,
            None if client.is_public() => Vec::new(),
            None => known.clone(),
        };
        let unmet = self.engine.unmet(client.required_factor);
        for problem in rules::client(&client, &self.engine.faces).into_iter().chain(unmet) {
            self.wrong(place, problem.field, problem.sentence);
        }
        let holder = self.engine.ledger.find_unique::<Client>("key", &client.client_key).await?;
        if let Some(holder) = holder.filter(|holder| holder.id != client.id) {
            self.wrong(place, "client_key", format!("already belongs to the client {:?}", holder.id.as_str()));
        }
        if was.is_none() && self.engine.is_somebody(&client.id).await? {
            self.wrong(place, "id", IS_SOMEBODY);
        }
        self.rely_on_groups(place, &client.groups);
        self.rely_on_scopes(place, client.scopes.iter().map(|scope| scope.as_str()));
        self.put_client(was.as_ref(), &known, &client);
        Ok(())
    }

    /// The client as the file wants it; what it does not say stays.
    fn wanted_client(&self, declared: &DeclaredClient, was: Option<&Kept<Client>>) -> Client {
        let said = declared.client.clone();
        let key = || was.map_or_else(|| ids::random(&*self.engine.rng), |was| was.client_key.clone());
        let disabled_at = was.and_then(|was| was.disabled_at);
        let known = was.map(|was| was.access_keys.clone()).unwrap_or_default();
        Client {
            access_keys: if declared.access_keys { self.access_keys(&said.access_keys, &known) } else { known },
            client_key: declared.client_key.clone().unwrap_or_else(key),
            disabled_at: match declared.disabled {
                Some(true) => disabled_at.or(Some(self.now)),
                Some(false) => None,
                None => disabled_at,
            },
            created_at: was.map_or(self.now, |was| was.created_at),
            created_by: was.and_then(|was| was.created_by.clone()),
            // What the file declares is the operator's, whoever registered it.
            owner: None,
            owner_place: None,
            disabled_by_owner: false,
            managed: was.is_none_or(|was| was.managed),
            incarnation: was.map_or_else(|| ids::random(&*self.engine.rng), |was| was.incarnation.clone()),
            ..said
        }
    }

    /// The declared keys; those that are known were made when they were made.
    fn access_keys(&self, declared: &[AccessKey], known: &[AccessKey]) -> Vec<AccessKey> {
        let same = |key: &AccessKey, other: &AccessKey| (&key.kid, &key.x, &key.y) == (&other.kid, &other.x, &other.y);
        let made = |key: &AccessKey| known.iter().find(|known| same(key, known)).map_or(self.now, |it| it.created_at);
        declared.iter().map(|key| AccessKey { created_at: made(key), ..key.clone() }).collect()
    }

    fn put_client(&mut self, was: Option<&Kept<Client>>, known: &[ClientSecret], client: &Client) {
        let before = was.map(|was| fields::of_client(was)).unwrap_or_default();
        let mut differences = diff(&before, &fields::of_client(client));
        differences.extend(was.and_then(|was| taken_over(was)));
        let added: Vec<&ClientSecret> = client.secrets.iter().filter(|it| !known.contains(it)).collect();
        let removed: Vec<&ClientSecret> = known.iter().filter(|it| !client.secrets.contains(it)).collect();
        if differences.is_empty() && added.is_empty() && removed.is_empty() {
            return;
        }
        for kind in client_kinds(was.is_some(), &differences, client) {
            let record = self.record(kind).about_client(&client.id).with("name", &client.name);
            let told = matches!(kind, AuditKind::ClientCreated | AuditKind::ClientUpdated);
            self.audit(&if told { record.with_changes(&differences) } else { record });
        }
        let each = [(AuditKind::SecretAdded, &added), (AuditKind::SecretRemoved, &removed)];
        for (kind, secrets) in each {
            for secret in secrets.iter().filter(|_| was.is_some()) {
                let record = self.record(kind).about_client(&client.id).with("name", &client.name);
                self.audit(&record.with("hint", &secret.hint));
            }
        }
        match was {
            Some(was) => self.changes.update(was, client),
            None => self.changes.create(client),
        };
        let told = [(added.len(), "added"), (removed.len(), "removed")];
        let told = told.into_iter().filter(|(count, _)| *count > 0);
        let told: Vec<String> = told.map(|(count, what)| format!("{} {what}", counted(count, "secret"))).collect();
        differences.extend((!told.is_empty()).then(|| unseen("secret", &told.join(", "))));
        self.note("client", client.id.as_str(), action(was.is_some()), differences);
    }
}

/// That somebody's own client is theirs no more.
fn taken_over(was: &Client) -> Option<FieldChange> {
    let whose = was.created_by.clone().or_else(|| was.owner.as_ref().map(ToString::to_string));
    was.owner.is_some().then(|| FieldChange { field: "owner".to_owned(), from: whose, to: None })
}

/// What the log calls it.
fn client_kinds(was_there: bool, differences: &[FieldChange], client: &Client) -> Vec<AuditKind> {
    if !was_there {
        return vec![AuditKind::ClientCreated];
    }
    let mut kinds = Vec::new();
    if differences.iter().any(|change| change.field != "disabled") {
        kinds.push(AuditKind::ClientUpdated);
    }
    if differences.iter().any(|change| change.field == "disabled") {
        kinds.push(if client.disabled_at.is_some() { AuditKind::ClientDisabled } else { AuditKind::ClientEnabled });
    }
    kinds
}
