//! `/admin/people/{id}`: everything about one person, and what can be done about it.

use std::collections::BTreeSet;

use poem::Response;

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, SessionId, UserId};
use crate::engine::admin::user_change::UserChange;
use crate::engine::users::{applications, device};
use crate::http::flash::Flash;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::paths;
use crate::http::views::{Fact, GrantRow, SessionRow, State, Tone};
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::session::Session;
use crate::model::user::User;

use super::acting;
use super::admin::{Admin, Reading};
use super::application::group_choices;
use super::second_factors;
use super::views::{OneTimeLink, Person};
use super::words::{at, counted, filled, lines, renamed, typed};

/// A page's own name for a field, where the engine has another.
pub(super) const NAMES: &[(&str, &str)] = &[("profile", "given_name"), ("groups", "groups")];
/// What a reload says where the link was.
const GONE: &str = "The link was shown once and cannot be shown again. If it did not arrive, make another.";

pub(super) async fn show(admin: Reading) -> Outcome {
    let user = existing(&admin).await?;
    let (frame, flash) = admin.framed().await?;
    let mut view = view(&admin, &user).await?;
    view.frame = frame;
    match flash.secret {
        Some(token) => {
            let url = format!("{}{}?token={}", admin.desk.origin(), paths::RECOVER, token.expose());
            view.recovery = Some(OneTimeLink { url, until: "within an hour".to_owned() });
        }
        None if admin.asked("once") == "link" => view.frame.flash = Some(GONE.to_owned()),
        None => {}
    }
    Ok(admin.show(view))
}

/// Whom the page is about.
pub(super) async fn existing(admin: &Reading) -> Result<User, Response> {
    let id = UserId::from_text(&admin.about);
    admin.need(admin.engine().user_detail(&admin.reader, &id).await).await
}

pub(super) async fn view(admin: &Reading, user: &User) -> Result<Person, Response> {
    let now = admin.now();
    let sessions = admin.need(admin.engine().user_sessions(&admin.reader, &user.id).await).await?;
    let grants = admin.need(admin.engine().user_applications(&admin.reader, &user.id).await).await?;
    let current = admin.signed_in().map(|signed_in| &signed_in.session().id);
    let second_factors = second_factors::lines(admin, user).await?;
    Ok(Person {
        frame: admin.frame().await?,
        id: user.id.to_string(),
        name: user.display_name(),
        username: user.username.clone(),
        state: state(user, sessions.iter().find(|one| one.acting.is_none()), !second_factors.is_empty(), now),
        disabled: !user.is_enabled(),
        managed: user.managed,
        is_self: admin.signed_in().is_some_and(|signed_in| signed_in.user().id == user.id),
        act: acting::form(admin, user).await?,
        facts: facts(user, now),
        email: user.email.clone().unwrap_or_default(),
        email_verified: user.email_verified,
        given_name: user.profile.given_name.clone().unwrap_or_default(),
        family_name: user.profile.family_name.clone().unwrap_or_default(),
        groups: group_choices(admin, &user.groups).await?,
        admin: user.admin,
        may_register_clients: user.may_register_clients,
        auditor: user.auditor,
        roles: user.roles.iter().cloned().collect::<Vec<_>>().join("\n"),
        sessions: sessions.iter().map(|session| session_row(session, current, now)).collect(),
        grants: grants.iter().map(|application| grant_row(application, now)).collect(),
        second_factors,
        recovery: None,
        problems: Problems::none(),
    })
}

fn state(user: &User, latest: Option<&Session>, has_factors: bool, now: Timestamp) -> State {
    if let Some(at) = user.disabled_at {
        let when = When::at(at, now);
        return State::new(Tone::Bad, &format!("Disabled{} {}", if when.ago { "" } else { " since" }, when.words));
    }
    match latest {
        Some(session) => {
            let (when, from) = (When::at(session.last_seen_at, now), device::of(session));
            State::new(Tone::Good, &format!("Active, last seen {} in {from}", when.words))
        }
        None if user.password.is_none() && !has_factors => {
            State::new(Tone::Next, "No password yet: they need a way in")
        }
        None => State::new(Tone::Good, "Active, not signed in"),
    }
}

fn facts(user: &User, now: Timestamp) -> Vec<Fact> {
    let mut facts = vec![Fact::new("Added", &When::at(user.created_at, now).exact)];
    facts.extend(user.password_changed_at.map(|at| Fact::new("Password set", &When::at(at, now).exact)));
    facts.extend(user.attributes.iter().map(|(name, value)| Fact::new(name, value)));
    facts.extend(user.external_ids.iter().map(|id| Fact::new(&id.provider, &id.user_id)));
    facts
}

fn session_row(session: &Session, current: Option<&SessionId>, now: Timestamp) -> SessionRow {
    SessionRow {
        id: session.id.to_string(),
        device: device::of(session),
        address: session.address.clone(),
        since: When::at(session.created_at, now),
        seen: When::at(session.last_seen_at, now),
        current: Some(&session.id) == current,
        acting: acting::in_words(session),
    }
}

fn grant_row(application: &applications::Application, now: Timestamp) -> GrantRow {
    GrantRow {
        client: application.client.to_string(),
        name: application.name.clone(),
        sees: application.sees.clone(),
        since: When::at(application.since, now),
        last_used: application.last.map(|at| When::at(at, now)),
        offline: application.offline,
    }
}

pub(super) async fn profile(admin: Admin, form: Params) -> Outcome {
    let wanted = vec![
        UserChange::Email(filled(&form, "email")),
        UserChange::EmailVerified(form.contains("email_verified")),
        UserChange::GivenName(filled(&form, "given_name")),
        UserChange::FamilyName(filled(&form, "family_name")),
    ];
    save(admin, "#profile", &wanted, |view| {
        view.email = typed(&form, "email");
        view.email_verified = form.contains("email_verified");
        view.given_name = typed(&form, "given_name");
        view.family_name = typed(&form, "family_name");
    })
    .await
}

pub(super) async fn groups(admin: Admin, form: Params) -> Outcome {
    let groups: BTreeSet<String> = form.get_all("group").map(str::to_owned).collect();
    save(admin, "#groups", &[UserChange::Groups(groups.clone())], |view| {
        view.groups.iter_mut().for_each(|group| group.chosen = groups.contains(&group.name));
    })
    .await
}

pub(super) async fn roles(mut admin: Admin, form: Params) -> Outcome {
    let user = existing(&admin).await?;
    admin.actor = admin.proved(&at("people", user.id.as_str(), "")).await?;
    let wanted = vec![
        UserChange::Admin(form.contains("admin")),
        UserChange::MayRegisterClients(form.contains("may_register_clients")),
        UserChange::Auditor(form.contains("auditor")),
        UserChange::Roles(lines(&form, "roles").into_iter().collect()),
    ];
    save(admin, "#rights", &wanted, |view| {
        view.admin = form.contains("admin");
        view.may_register_clients = form.contains("may_register_clients");
        view.auditor = form.contains("auditor");
        view.roles = typed(&form, "roles");
    })
    .await
}

/// Makes the wanted changes; what does not succeed is shown with what `put_back` puts into the page.
async fn save(admin: Admin, section: &str, wanted: &[UserChange], put_back: impl FnOnce(&mut Person)) -> Outcome {
    let user = existing(&admin).await?;
    match admin.engine().change_user(&admin.actor, &admin.caller, &user.id, wanted).await {
        Ok(user) => admin.done(&at("people", user.id.as_str(), section), "Saved."),
        Err(denied) => {
            let problems = renamed(admin.problems(denied).await?, NAMES);
            let mut view = view(&admin, &user).await?;
            put_back(&mut view);
            admin.again(Person { problems, ..view })
        }
    }
}

pub(super) async fn end_session(admin: Admin, form: Params) -> Outcome {
    let user = existing(&admin).await?;
    let session = SessionId::from_text(typed(&form, "session"));
    admin.need(admin.engine().end_user_session(&admin.actor, &admin.caller, &user.id, &session).await).await?;
    admin.done(&at("people", user.id.as_str(), "#sessions"), "The session has ended.")
}

pub(super) async fn end_sessions(admin: Admin, _: Params) -> Outcome {
    let user = existing(&admin).await?;
    let ended = admin.need(admin.engine().end_user_sessions(&admin.actor, &admin.caller, &user.id).await).await?;
    let said = format!("{} ended.", counted(ended, "session has", "sessions have"));
    admin.done(&at("people", user.id.as_str(), "#sessions"), &said)
}

pub(super) async fn revoke(admin: Admin, form: Params) -> Outcome {
    let user = existing(&admin).await?;
    let client = ClientId::from_text(typed(&form, "client"));
    let revoked = admin.engine().revoke_user_application(&admin.actor, &admin.caller, &user.id, &client).await;
    admin.need(revoked).await?;
    admin.done(&at("people", user.id.as_str(), "#applications"), "Its access has ended.")
}

pub(super) async fn recover(admin: Admin, _: Params) -> Outcome {
    let user = existing(&admin).await?;
    match admin.engine().start_recovery(&admin.actor, &admin.caller, &user.id).await {
        Ok(token) => {
            let path = at("people", user.id.as_str(), "?once=link#link");
            Ok(admin.go_saying(&path, Flash::showing("The link is made.", token)))
        }
        Err(denied) => refused(&admin, &user, admin.problems(denied).await?).await,
    }
}

pub(super) async fn disable(admin: Admin, _: Params) -> Outcome {
    switch(admin, true, "They are disabled. Their sessions and all access have ended.").await
}

pub(super) async fn enable(admin: Admin, _: Params) -> Outcome {
    switch(admin, false, "They are enabled again.").await
}

async fn switch(admin: Admin, off: bool, said: &str) -> Outcome {
    let user = existing(&admin).await?;
    match admin.engine().disable_user(&admin.actor, &admin.caller, &user.id, off).await {
        Ok(_) => admin.done(&at("people", user.id.as_str(), ""), said),
        Err(denied) => refused(&admin, &user, admin.problems(denied).await?).await,
    }
}

async fn refused(admin: &Reading, user: &User, problems: Problems) -> Outcome {
    let view = view(admin, user).await?;
    admin.again(Person { problems, ..view })
}
