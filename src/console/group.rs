//! `/admin/groups/{name}`: who is in a group, and which applications it opens.

use poem::Response;

use crate::base::ids::{ClientId, UserId};
use crate::engine::Denied;
use crate::engine::admin::client_change::ClientChange;
use crate::engine::admin::user_change::UserChange;
use crate::engine::admin::users::UserFilter;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::client::{Client, ClientType};
use crate::model::group::Group;
use crate::model::user::User;

use super::admin::{Admin, Reading};
use super::groups::in_general;
use super::views::{Choice, GroupApplication, GroupMember, OneGroup};
use super::words::{OFFERED, PAGE, at, pager, typed};

/// How many people are found at once to be added.
const FOUND: usize = 20;

pub(super) async fn show(admin: Reading) -> Outcome {
    let view = view(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

/// The group the page is about.
async fn existing(admin: &Reading) -> Result<Group, Response> {
    admin.need(admin.engine().group_detail(&admin.reader, &admin.about).await).await
}

async fn view(admin: &Reading, problems: Problems) -> Result<OneGroup, Response> {
    let group = existing(admin).await?;
    let (name, after, q) = (group.name.clone(), admin.query.get("after"), admin.asked("q"));
    let here = at("groups", &name, "");
    let of_group = UserFilter::Group(name.clone());
    let members = admin.need(admin.engine().list_users(&admin.reader, &of_group, after, PAGE).await).await?;
    let open = admin.need(admin.engine().list_group_clients(&admin.reader, &name).await).await?;
    let (frame, _) = admin.framed().await?;
    Ok(OneGroup {
        frame,
        pager: pager(&here, &[("q", q)], after.unwrap_or_default(), &members, "person", "people"),
        members: members.items.iter().map(member).collect(),
        q: q.to_owned(),
        found: found(admin, &name, q).await?,
        applications: open.iter().map(application).collect(),
        offered: offered(admin, &open).await?,
        managed: group.managed,
        name,
        problems,
    })
}

/// Those who can be added: whoever is searched for and is not in it.
async fn found(admin: &Reading, group: &str, q: &str) -> Result<Vec<GroupMember>, Response> {
    if q.trim().is_empty() {
        return Ok(Vec::new());
    }
    let filter = UserFilter::Search(q.to_owned());
    let found = admin.need(admin.engine().list_users(&admin.reader, &filter, None, FOUND).await).await?;
    Ok(found.items.iter().filter(|user| !user.groups.contains(group)).map(member).collect())
}

fn member(user: &User) -> GroupMember {
    GroupMember {
        id: user.id.to_string(),
        name: user.display_name(),
        username: user.username.clone(),
        email: user.email.clone().unwrap_or_default(),
        disabled: !user.is_enabled(),
    }
}

fn application(client: &Client) -> GroupApplication {
    GroupApplication {
        id: client.id.to_string(),
        name: client.name.clone(),
        others: client.groups.len().saturating_sub(1),
    }
}

/// The applications that could be opened to it.
async fn offered(admin: &Reading, open: &[Client]) -> Result<Vec<Choice>, Response> {
    let known = admin.need(admin.engine().list_clients(&admin.viewer, "", None, OFFERED).await).await?;
    let others = known.items.into_iter().filter(|client| client.kind != ClientType::Service);
    let others = others.filter(|client| !open.iter().any(|known| known.id == client.id));
    Ok(others
        .map(|client| Choice {
            words: match client.groups.is_empty() {
                true => format!("{}, which everyone may use until now", client.name),
                false => client.name.clone(),
            },
            value: client.id.to_string(),
            chosen: false,
        })
        .collect())
}

pub(super) async fn add_member(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    change_member(admin, &form, UserChange::AddGroup(name), "is in the group now.").await
}

pub(super) async fn remove_member(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    change_member(admin, &form, UserChange::RemoveGroup(name), "is no longer in the group.").await
}

async fn change_member(admin: Admin, form: &Params, change: UserChange, said: &str) -> Outcome {
    let id = UserId::from_text(typed(form, "user"));
    match admin.engine().change_user(&admin.actor, &admin.caller, &id, &[change]).await {
        Ok(user) => admin.done(&at("groups", &admin.about, "#members"), &format!("{} {said}", user.display_name())),
        Err(denied) => refused(&admin, denied).await,
    }
}

pub(super) async fn add_application(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    change_application(admin, &form, ClientChange::AddGroup(name), "is open to the group now.").await
}

pub(super) async fn remove_application(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    change_application(admin, &form, ClientChange::RemoveGroup(name), "is no longer open to the group.").await
}

async fn change_application(admin: Admin, form: &Params, change: ClientChange, said: &str) -> Outcome {
    let id = ClientId::from_text(typed(form, "application"));
    match admin.engine().change_client(&admin.actor, &admin.caller, &id, &[change]).await {
        Ok(client) => admin.done(&at("groups", &admin.about, "#applications"), &format!("{} {said}", client.name)),
        Err(denied) => refused(&admin, denied).await,
    }
}

async fn refused(admin: &Admin, denied: Denied) -> Outcome {
    let problems = in_general(admin.problems(denied).await?);
    let view = view(admin, problems).await?;
    admin.again(view)
}
