//! Settings, scopes and groups: what users and clients refer to.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::group::Group;
use crate::model::scope::ScopeDefinition;
use crate::model::settings::Settings;
use crate::records::{Kept, RecordChanges};

use super::super::declared::{Declared, Place};
use super::super::fields::{self, diff};
use super::super::{rules, settings};
use super::{Action, Draft};

/// What users and clients may refer to once the file is true.
pub(super) struct Surroundings {
    declared_scopes: BTreeSet<String>,
    declared_groups: BTreeSet<String>,
    stored_scopes: BTreeMap<String, Kept<ScopeDefinition>>,
    stored_groups: BTreeMap<String, Kept<Group>>,
    /// The settings as they will be.
    pub(super) settings: Settings,
}

impl Surroundings {
    /// Reads every scope and group that the file names anywhere. With `prune`, what would go away does not count.
    pub(super) async fn of(engine: &Engine, declared: &Declared, prune: bool) -> Result<Surroundings, Denied> {
        let declared_scopes: BTreeSet<String> =
            declared.scopes.iter().map(|it| it.scope.name.as_str().to_owned()).collect();
        let declared_groups: BTreeSet<String> = declared.groups.iter().map(|it| it.name.clone()).collect();
        let asked = declared.clients.iter().flat_map(|it| it.client.scopes.iter().map(|it| it.as_str().to_owned()));
        let scopes: Vec<String> =
            asked.chain(declared_scopes.iter().cloned()).collect::<BTreeSet<_>>().into_iter().collect();
        let of_users = declared.users.iter().flat_map(|it| it.user.groups.iter().cloned());
        let of_clients = declared.clients.iter().flat_map(|it| it.client.groups.iter().cloned());
        let groups: BTreeSet<String> = of_users.chain(of_clients).chain(declared_groups.iter().cloned()).collect();
        let groups: Vec<String> = groups.into_iter().collect();
        let stays = |managed: bool, is_declared: bool| is_declared || !(prune && managed);
        let stored_scopes = scopes.iter().cloned().zip(engine.ledger.find_all::<ScopeDefinition>(&scopes).await?);
        let stored_groups = groups.iter().cloned().zip(engine.ledger.find_all::<Group>(&groups).await?);
        let stored_scopes = stored_scopes.filter_map(|(name, kept)| Some((name, kept?)));
        let stored_groups = stored_groups.filter_map(|(name, kept)| Some((name, kept?)));
        Ok(Surroundings {
            stored_scopes: stored_scopes.filter(|(n, it)| stays(it.managed, declared_scopes.contains(n))).collect(),
            stored_groups: stored_groups.filter(|(n, it)| stays(it.managed, declared_groups.contains(n))).collect(),
            settings: match &declared.settings {
                Some(declared) => declared.settings.clone(),
                None => engine.settings().await?,
            },
            declared_scopes,
            declared_groups,
        })
    }

    pub(super) fn is_declared_group(&self, name: &str) -> bool {
        self.declared_groups.contains(name)
    }

    pub(super) fn is_declared_scope(&self, name: &str) -> bool {
        self.declared_scopes.contains(name)
    }
}

impl Draft<'_> {
    /// Whether these groups will be there; what is relied on is expected to stay.
    pub(super) fn rely_on_groups(&mut self, place: &Place, groups: &BTreeSet<String>) {
        for name in groups {
            if self.surroundings.declared_groups.contains(name) {
                continue;
            }
            match self.surroundings.stored_groups.get(name) {
                Some(kept) => {
                    self.changes.expect(kept);
                }
                None => self.wrong(place, "groups", format!("there is no group {name:?}: declare it under [[groups]]")),
            }
        }
    }

    /// Whether these scopes will be there; what is relied on is expected to stay.
    pub(super) fn rely_on_scopes<'n>(&mut self, place: &Place, scopes: impl Iterator<Item = &'n str>) {
        for name in scopes {
            if self.surroundings.declared_scopes.contains(name) {
                continue;
            }
            match self.surroundings.stored_scopes.get(name) {
                Some(kept) => {
                    self.changes.expect(kept);
                }
                None => self.wrong(place, "scopes", format!("there is no scope {name:?}: declare it under [[scopes]]")),
            }
        }
    }

    pub(super) async fn settings(&mut self) -> Result<(), Denied> {
        let Some(declared) = &self.declared.settings else { return Ok(()) };
        let was: Option<Kept<Settings>> = self.engine.ledger.find("only").await?;
        let before = was.as_ref().map(|kept| kept.record().clone()).unwrap_or_default();
        let wanted = before.changed_to(&declared.settings);
        let unmet = self.engine.unmet(wanted.required_factor);
        let problems = rules::settings(&wanted, &self.engine.faces, &self.engine.identity.issuer);
        for problem in problems.into_iter().chain(unmet) {
            self.wrong(&declared.place, problem.field, problem.sentence);
        }
        let differences = diff(&fields::of_settings(&before), &fields::of_settings(&wanted));
        if !differences.is_empty() {
            let record = self.record(AuditKind::SettingsUpdated).with_changes(&differences);
            self.audit(&record);
            settings::put(&mut self.changes, was.as_ref(), &wanted);
            self.note("settings", "", Action::Update, differences);
        }
        Ok(())
    }

    pub(super) async fn scopes(&mut self) -> Result<(), Denied> {
        for declared in &self.declared.scopes {
            let name = declared.scope.name.as_str();
            for problem in rules::scope(&declared.scope) {
                self.wrong(&declared.place, problem.field, problem.sentence);
            }
            let was = self.surroundings.stored_scopes.get(name).cloned();
            let before = was.as_ref().map(|was| fields::of_scope(was)).unwrap_or_default();
            let differences = diff(&before, &fields::of_scope(&declared.scope));
            if differences.is_empty() {
                continue;
            }
            let kind = if was.is_some() { AuditKind::ScopeUpdated } else { AuditKind::ScopeCreated };
            let record = self.record(kind).with("scope", name).with_changes(&differences);
            self.audit(&record);
            let managed = was.as_ref().is_none_or(|was| was.managed);
            let scope = ScopeDefinition { managed, ..declared.scope.clone() };
            match &was {
                Some(was) => self.changes.update(was, &scope),
                None => self.changes.create(&scope),
            };
            self.note("scope", name, action(was.is_some()), differences);
        }
        Ok(())
    }

    pub(super) async fn groups(&mut self) -> Result<(), Denied> {
        for declared in &self.declared.groups {
            let unmet = self.engine.unmet(declared.required_factor);
            for problem in rules::group(&declared.name).into_iter().chain(unmet) {
                self.wrong(&declared.place, problem.field, problem.sentence);
            }
            let Some(was) = self.surroundings.stored_groups.get(&declared.name).cloned() else {
                let record = self.record(AuditKind::GroupCreated).with("group", &declared.name);
                self.audit(&record);
                self.changes.create(&Group {
                    name: declared.name.clone(),
                    required_factor: declared.required_factor,
                    created_at: self.now,
                    managed: true,
                });
                self.note("group", &declared.name, Action::Create, Vec::new());
                continue;
            };
            let group = Group { required_factor: declared.required_factor, ..was.record().clone() };
            let differences = diff(&fields::of_group(&was), &fields::of_group(&group));
            if differences.is_empty() {
                continue;
            }
            let record = self.record(AuditKind::GroupUpdated).with("group", &declared.name);
            self.audit(&record.with_changes(&differences));
            self.changes.update(&was, &group);
            self.note("group", &declared.name, Action::Update, differences);
        }
        Ok(())
    }
}

pub(super) fn action(was_there: bool) -> Action {
    if was_there { Action::Update } else { Action::Create }
}
