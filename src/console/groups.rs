//! `/admin/groups`: which groups there are, and whom they hold.

use crate::engine::admin::Listed;
use crate::engine::admin::groups::COUNTED;
use crate::http::page::{Link, Problems};
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::group::Group;
use crate::model::sign_in::RequiredFactor;

use super::admin::{Admin, Reading};
use super::views::{Confirm, GroupRow, Groups};
use super::words::{PAGE, at, confirmation, counted, pager, typed};

const HERE: &str = "/admin/groups";

pub(super) async fn list(admin: Reading) -> Outcome {
    let view = view(&admin, String::new(), Problems::none()).await?;
    Ok(admin.show(view))
}

async fn view(admin: &Reading, name: String, problems: Problems) -> Result<Groups, poem::Response> {
    let after = admin.query.get("after");
    let listed: Listed<Group> = admin.need(admin.engine().list_groups(&admin.reader, after, PAGE).await).await?;
    let mut rows = Vec::with_capacity(listed.items.len());
    for group in &listed.items {
        let (members, applications) = admin.need(admin.engine().group_use(&group.name).await).await?;
        let (members, applications) = (so_far(members), so_far(applications));
        let required_factor = group.required_factor.name().to_owned();
        let (name, managed) = (group.name.clone(), group.managed);
        rows.push(GroupRow { name, members, applications, required_factor, managed });
    }
    let (frame, _) = admin.framed().await?;
    let pager = pager(HERE, &[], after.unwrap_or_default(), &listed, "group", "groups");
    Ok(Groups { frame, name, rows, pager, problems })
}

pub(super) async fn add(admin: Admin, form: Params) -> Outcome {
    let name = typed(&form, "name").trim().to_owned();
    match admin.engine().create_group(&admin.actor, &admin.caller, &name).await {
        Ok(group) => admin.done(HERE, &format!("The group {} is added.", group.name)),
        Err(denied) => {
            let problems = admin.problems(denied).await?;
            let view = view(&admin, name, problems).await?;
            admin.again(view)
        }
    }
}

pub(super) async fn factor(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    let Some(factor) = RequiredFactor::parse(&typed(&form, "required_factor")) else {
        let problems = Problems::of("", "Choose what its members sign in with.");
        let view = view(&admin, String::new(), problems).await?;
        return admin.again(view);
    };
    admin.need(admin.engine().change_group(&admin.actor, &admin.caller, &name, factor).await).await?;
    admin.done(HERE, &format!("The group {name} is changed."))
}

pub(super) async fn ask_delete(admin: Reading) -> Outcome {
    let view = question(&admin, Problems::none()).await?;
    Ok(admin.show(view))
}

async fn question(admin: &Reading, problems: Problems) -> Result<Confirm, poem::Response> {
    let group = existing(admin).await?;
    let (members, applications) = admin.need(admin.engine().group_use(&group.name).await).await?;
    let in_use = members + applications > 0;
    let consequences = if in_use {
        let (people, applications) =
            (counted_so_far(members, "person", "people"), counted_so_far(applications, "application", "applications"));
        vec![format!("It still holds {people} and limits {applications}: take it from them first.")]
    } else {
        vec!["Nobody is in it and no application asks for it, so nothing else changes.".to_owned()]
    };
    let (frame, _) = admin.framed().await?;
    Ok(Confirm {
        frame,
        here: "Groups".to_owned(),
        back: Link::new("Groups", HERE),
        headline: format!("Delete the group {}?", group.name),
        consequences,
        typed: group.name.clone(),
        action: at("groups", &group.name, "/delete"),
        fields: Vec::new(),
        button: "Delete group".to_owned(),
        problems,
    })
}

/// `38`, or `100+` where nobody counted on.
fn so_far(count: usize) -> String {
    if count > COUNTED { format!("{COUNTED}+") } else { count.to_string() }
}

fn counted_so_far(count: usize, one: &str, many: &str) -> String {
    if count > COUNTED { format!("{} {many}", so_far(count)) } else { counted(count, one, many) }
}

/// The group the page is about.
async fn existing(admin: &Reading) -> Result<Group, poem::Response> {
    admin.need(admin.engine().group_detail(&admin.reader, &admin.about).await).await
}

pub(super) async fn delete(admin: Admin, form: Params) -> Outcome {
    let name = existing(&admin).await?.name;
    let mut problems = confirmation(&form, &name);
    if !problems.any() {
        match admin.engine().delete_group(&admin.actor, &admin.caller, &name).await {
            Ok(()) => return admin.done(HERE, &format!("The group {name} is deleted.")),
            Err(denied) => problems = in_general(admin.problems(denied).await?),
        }
    }
    let view = question(&admin, problems).await?;
    admin.again(view)
}

/// A question has no field for what else stands in the way.
pub(super) fn in_general(problems: Problems) -> Problems {
    let mut problems = problems;
    problems.list.iter_mut().for_each(|problem| problem.field.clear());
    problems
}
