//! The declared-state file: what shall be in the store, as TOML. Here a file is read and judged as far as that is possible
//! without the store; [`crate::engine::admin::apply`] compares it with what is and makes it true.
//!
//! Keys that belong to what this version does not have are refused with a sentence that says so, never ignored: a file
//! that was accepted is true.

mod clients;
mod users;
pub mod writing;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

use crate::dialects::FACES;
use crate::engine::admin::declared::{Declared, DeclaredGroup, DeclaredScope, DeclaredSettings, Place};
use crate::engine::admin::rules;
use crate::model::refusal::FieldProblem;
use crate::model::scope::{self, Scope, ScopeDefinition};
use crate::model::settings::{ClientRegistration, Placement, SelfRegistration, Settings};
use crate::model::sign_in::RequiredFactor;
use crate::model::verification::UserVerification;
use crate::toml_file::{self, Outside, Problems, Section};

/// Reads `text`, the content of `file`.
///
/// # Errors
/// Everything that is wrong with it, all at once.
pub fn read(file: &Path, text: &str, outside: &dyn Outside) -> Result<Declared, Problems> {
    toml_file::read(file, text, outside, |root| {
        let declared = Declared {
            settings: root.section("settings").map(|section| settings(&section)),
            scopes: root.sections("scopes").iter().filter_map(scope).collect(),
            groups: root.sections("groups").iter().filter_map(group).collect(),
            users: root.sections("users").iter().filter_map(users::user).collect(),
            clients: root.sections("clients").iter().filter_map(clients::client).collect(),
        };
        repeated(root, &declared);
        declared
    })
}

fn settings(section: &Section<'_>) -> DeclaredSettings {
    let default = Settings::default();
    let registering = [
        (SelfRegistration::Closed, "closed"),
        (SelfRegistration::Invited, "invited"),
        (SelfRegistration::Open, "open"),
    ];
    let registration = [
        (ClientRegistration::Nobody, "nobody"),
        (ClientRegistration::Permitted, "permitted"),
        (ClientRegistration::Everyone, "everyone"),
    ];
    let settings = Settings {
        name: section.string("name").unwrap_or(default.name),
        account_url: section.string("account_url").filter(|url| !url.is_empty()),
        self_registration: section.choice("self_registration", &registering).unwrap_or(default.self_registration),
        client_registration: section
            .choice("client_registration", &registration)
            .unwrap_or(default.client_registration),
        password_min_length: section
            .number("password_min_length", 8..=128)
            .and_then(|length| u32::try_from(length).ok())
            .unwrap_or(default.password_min_length),
        required_factor: section.choice("required_factor", &RequiredFactor::ALL).unwrap_or(default.required_factor),
        sign_in_by_mail: section.boolean("sign_in_by_mail").unwrap_or(default.sign_in_by_mail),
        user_verification: section
            .choice("user_verification", &UserVerification::ALL)
            .unwrap_or(default.user_verification),
        impersonation: section.boolean("impersonation").unwrap_or(default.impersonation),
        dialects: section.section("dialects").map(|section| placements(&section)).unwrap_or_default(),
        // What is not declared stays as it is when this is taken on.
        smtp: None,
        issuer: None,
        impersonation_ended: 0,
    };
    judge(section, rules::settings(&settings, &FACES, ""));
    section.close();
    DeclaredSettings { place: place(section), settings }
}

/// Each dialect is on, off, or below a prefix. What lies where it does by default is not kept, so that nothing changes when
/// the file says so.
fn placements(section: &Section<'_>) -> BTreeMap<String, Placement> {
    let mut placements = BTreeMap::new();
    for customs in FACES.all {
        let placement = match section.switch_or_text(customs.name) {
            None | Some(Ok(true)) => continue,
            Some(Ok(false)) => Placement::Switched(false),
            Some(Err(prefix)) if prefix == customs.prefix => continue,
            Some(Err(prefix)) => Placement::Below(prefix),
        };
        placements.insert(customs.name.to_owned(), placement);
    }
    section.close();
    placements
}

fn scope(section: &Section<'_>) -> Option<DeclaredScope> {
    section.required("name");
    let name = section.parsed("name", Scope::parse);
    let built_in = name.as_ref().and_then(|name| scope::BUILT_IN.iter().find(|(known, ..)| *known == name.as_str()));
    let description = section.required("description");
    let claims = section.strings("claims");
    let declared = name.map(|name| ScopeDefinition {
        name,
        description: description.clone().unwrap_or_default(),
        claims: match built_in {
            Some((_, _, fixed)) => claims.unwrap_or_else(|| fixed.iter().map(|claim| (*claim).to_owned()).collect()),
            None => claims.unwrap_or_default(),
        },
        managed: false,
    });
    if let Some(scope) = &declared {
        judge(section, rules::scope(scope));
    }
    section.close();
    declared.map(|scope| DeclaredScope { place: place(section), scope })
}

fn group(section: &Section<'_>) -> Option<DeclaredGroup> {
    let name = section.required("name");
    judge(section, name.as_deref().map(rules::group).unwrap_or_default());
    let required_factor = section.choice("required_factor", &RequiredFactor::ALL).unwrap_or_default();
    section.close();
    name.map(|name| DeclaredGroup { place: place(section), name, required_factor })
}

/// Names that stand for one thing only, declared twice.
fn repeated(root: &Section<'_>, declared: &Declared) {
    let mut seen: BTreeMap<(&str, String), usize> = BTreeMap::new();
    let mut once = |noun: &'static str, key: &str, place: &Place, name: &str| {
        let problem = place.problem(key, "");
        if let Some(first) = seen.insert((noun, name.to_owned()), problem.line) {
            root.report_at(problem.line, problem.key, format!("{name:?} is already declared in line {first}"));
        }
    };
    declared.scopes.iter().for_each(|it| once("scope", "name", &it.place, it.scope.name.as_str()));
    declared.groups.iter().for_each(|it| once("group", "name", &it.place, &it.name));
    declared.clients.iter().for_each(|it| once("client", "id", &it.place, it.client.id.as_str()));
    for it in &declared.clients {
        it.client_key.iter().for_each(|key| once("client_key", "client_key", &it.place, key));
    }
    for it in &declared.users {
        let login = crate::model::user::login_key;
        once("login", "username", &it.place, &login(&it.user.username));
        let email = it.user.email.as_ref().map(|email| login(email));
        let email = email.filter(|email| *email != login(&it.user.username));
        email.iter().for_each(|email| once("login", "email", &it.place, email));
        it.id.iter().for_each(|id| once("user id", "id", &it.place, id.as_str()));
    }
}

/// One of the `known` names; one of the `later` ones is refused honestly.
fn choice_or_later<T: Copy>(
    section: &Section<'_>,
    key: &'static str,
    known: &[(T, &str)],
    later: &[&str],
) -> Option<T> {
    section.parsed(key, |text| known_or_later(text, known, later))
}

fn known_or_later<T: Copy>(text: &str, known: &[(T, &str)], later: &[&str]) -> Result<T, String> {
    match later.contains(&text) {
        true => Err(format!("{text:?} is not available in this version")),
        false => toml_file::one_of(known)(text),
    }
}

/// Reports what is wrong by the rules. Of a key that could not be read, the rules have nothing to add.
fn judge(section: &Section<'_>, problems: Vec<FieldProblem>) {
    for problem in problems.into_iter().filter(|problem| !section.is_reported(problem.field)) {
        section.report(problem.field, problem.sentence);
    }
}

fn place(section: &Section<'_>) -> Place {
    Place { line: section.line(), path: section.path().to_owned(), lines: section.lines() }
}
