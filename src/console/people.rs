//! `/admin/people`: the list, somebody new, and the end of somebody's account.

use poem::Response;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::engine::admin::user_change::{NewUser, UserChange};
use crate::engine::admin::users::UserFilter;
use crate::http::flash::Flash;
use crate::http::page::{Link, Problems};
use crate::http::params::Params;
use crate::http::views::{State, Tone};
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::user::User;

use super::admin::{Admin, Reading};
use super::application::group_choices;
use super::person::existing;
use super::views::{Confirm, NewPerson, People, PersonRow};
use super::words::{PAGE, at, confirmation, counted, filled, pager, renamed, some_of, typed};

const HERE: &str = "/admin/people";
/// Where somebody is added.
const NEW: &str = "/admin/people/new";

pub(super) async fn list(admin: Reading) -> Outcome {
    let (q, after) = (admin.asked("q"), admin.query.get("after"));
    let filter = UserFilter::Search(q.to_owned());
    let listed = admin.need(admin.engine().list_users(&admin.reader, &filter, after, PAGE).await).await?;
    let ids: Vec<UserId> = listed.items.iter().map(|user| user.id.clone()).collect();
    let seen = admin.need(admin.engine().users_last_seen(&admin.reader, &ids).await).await?;
    let rows = listed.items.iter().zip(seen).map(|(user, seen)| row(user, seen, admin.now())).collect();
    let pager = pager(HERE, &[("q", q)], after.unwrap_or_default(), &listed, "person", "people");
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(People { frame, q: q.to_owned(), rows, pager }))
}

fn row(user: &User, seen: Option<Timestamp>, now: Timestamp) -> PersonRow {
    let state = match (user.is_enabled(), &user.password) {
        (false, _) => State::new(Tone::Bad, "Disabled"),
        (true, None) => State::new(Tone::Next, "No password yet"),
        (true, Some(_)) => State::new(Tone::Good, "Active"),
    };
    PersonRow {
        id: user.id.to_string(),
        name: user.display_name(),
        username: user.username.clone(),
        email: user.email.clone().unwrap_or_default(),
        groups: some_of(user.groups.iter()),
        state,
        admin: user.admin,
        seen: seen.map(|at| When::at(at, now)),
    }
}

pub(super) async fn ask(admin: Reading) -> Outcome {
    // It ends in a link that is a way in: they prove who they are before they type anything.
    admin.fresh(NEW).await?;
    let groups = group_choices(&admin, &Default::default()).await?;
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(NewPerson { frame, groups, ..NewPerson::default() }))
}

pub(super) async fn add(admin: Admin, form: Params) -> Outcome {
    admin.fresh(NEW).await?;
    let new = NewUser {
        username: typed(&form, "username").trim().to_owned(),
        changes: vec![
            UserChange::Email(filled(&form, "email")),
            UserChange::GivenName(filled(&form, "given_name")),
            UserChange::FamilyName(filled(&form, "family_name")),
            UserChange::Groups(form.get_all("group").map(str::to_owned).collect()),
        ],
    };
    let problems = match admin.engine().create_user(&admin.actor, &admin.caller, &new).await {
        Ok(user) => return welcome(&admin, &user).await,
        Err(denied) => renamed(admin.problems(denied).await?, super::person::NAMES),
    };
    let chosen = form.get_all("group").map(str::to_owned).collect();
    let groups = group_choices(&admin, &chosen).await?;
    let (frame, _) = admin.framed().await?;
    admin.again(NewPerson {
        frame,
        username: typed(&form, "username"),
        email: typed(&form, "email"),
        given_name: typed(&form, "given_name"),
        family_name: typed(&form, "family_name"),
        groups,
        problems,
    })
}

/// On to the page of somebody new, which shows their way in this once.
async fn welcome(admin: &Admin, user: &User) -> Outcome {
    let link = admin.need(admin.engine().start_recovery(&admin.actor, &admin.caller, &user.id).await).await?;
    let said = Flash::showing(&format!("{} is added.", user.display_name()), link);
    Ok(admin.go_saying(&at("people", user.id.as_str(), "?once=link#link"), said))
}

pub(super) async fn ask_delete(admin: Reading) -> Outcome {
    let view = question(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

async fn question(admin: &Reading, problems: Problems) -> Result<Confirm, Response> {
    let user = existing(admin).await?;
    let sessions = admin.need(admin.engine().user_sessions(&admin.reader, &user.id).await).await?.len();
    let applications = admin.need(admin.engine().user_applications(&admin.reader, &user.id).await).await?.len();
    let mut consequences = vec!["They can no longer sign in anywhere with this account.".to_owned()];
    if sessions > 0 {
        consequences.push(format!("{}.", counted(sessions, "session ends", "sessions end")));
    }
    if applications > 0 {
        consequences.push(format!("The access of {} ends.", counted(applications, "application", "applications")));
    }
    consequences.push("Applications keep what they already know of them.".to_owned());
    let undone = "It cannot be undone, and a new account of the same name is somebody else to every application.";
    consequences.push(undone.to_owned());
    let (frame, _) = admin.framed().await?;
    Ok(Confirm {
        frame,
        here: "People".to_owned(),
        back: Link::new(&user.display_name(), &at("people", user.id.as_str(), "")),
        headline: format!("Delete {}?", user.display_name()),
        consequences,
        typed: user.username.clone(),
        action: at("people", user.id.as_str(), "/delete"),
        fields: Vec::new(),
        button: "Delete person".to_owned(),
        problems,
    })
}

pub(super) async fn delete(admin: Admin, form: Params) -> Outcome {
    let user = existing(&admin).await?;
    let mut problems = confirmation(&form, &user.username);
    if !problems.any() {
        match admin.engine().delete_user(&admin.actor, &admin.caller, &user.id).await {
            Ok(()) => return admin.done(HERE, &format!("{} is deleted.", user.display_name())),
            Err(denied) => problems = admin.problems(denied).await?,
        }
    }
    let view = question(&admin, problems).await?;
    admin.again(view)
}
