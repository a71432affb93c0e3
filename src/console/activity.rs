//! `/admin/activity`: what happened, filtered by the address of the page.

use poem::Response;

use crate::base::ids::{ClientId, UserId};
use crate::engine::admin::activity::ActivityFilter;

use crate::http::page::Problems;
use crate::http::visit::Outcome;
use crate::model::audit::AuditKind;

use super::admin::Reading;
use super::events;
use super::views::{Activity, Choice};
use super::words::{PAGE, pager};

pub(super) async fn list(admin: Reading) -> Outcome {
    let (person, application, kind) = (admin.asked("person"), admin.asked("application"), admin.asked("kind"));
    let after = admin.asked("after");
    let (user, known) = someone(&admin, person).await?;
    let client = Some(application.trim()).filter(|id| !id.is_empty()).map(ClientId::from_text);
    let asked = admin.asked("reference").trim().to_ascii_uppercase();
    let reference = Some(asked.clone()).filter(|reference| !reference.is_empty());
    let filter = ActivityFilter { user, client, kind: AuditKind::parse(kind), reference };

    let from = Some(after).filter(|after| !after.is_empty());
    let listed = admin.need(admin.engine().activity(&admin.reader, &filter, from, PAGE).await).await?;
    let names = admin.need(admin.engine().names_in(&listed.items).await).await?;
    let events: Vec<_> = listed.items.iter().map(|record| events::row(record, &names, admin.now())).collect();
    let problems = match !known && events.is_empty() && after.is_empty() {
        true => Problems::of("person", "There is nobody with this username, address or subject."),
        false => Problems::none(),
    };

    let filters = [("person", person), ("application", application), ("kind", kind), ("reference", &asked)];
    let pager = pager("/admin/activity", &filters, after, &listed, "event", "events");
    let (frame, _) = admin.framed().await?;
    let (person, application) = (person.to_owned(), application.to_owned());
    Ok(admin.show(Activity {
        frame,
        person,
        application,
        reference: asked,
        kinds: kinds(kind),
        events,
        pager,
        problems,
    }))
}

/// Whom the filter names, and whether they are known. Who is deleted is still found by their id.
async fn someone(admin: &Reading, named: &str) -> Result<(Option<UserId>, bool), Response> {
    if named.trim().is_empty() {
        return Ok((None, true));
    }
    let found = admin.need(admin.engine().user_called(&admin.reader, named).await).await?;
    Ok(match found {
        Some(user) => (Some(user.id), true),
        None => (Some(UserId::from_text(named.trim())), false),
    })
}

fn kinds(chosen: &str) -> Vec<Choice> {
    let choice = |kind: &AuditKind| Choice {
        value: kind.name().to_owned(),
        words: events::kind_in_words(*kind).to_owned(),
        chosen: kind.name() == chosen,
    };
    AuditKind::ALL.iter().map(choice).collect()
}
