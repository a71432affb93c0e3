//! `/admin/invitations`: inviting people, and what became of it.

use std::collections::BTreeSet;
use std::time::Duration;

use poem::Response;

use crate::base::ids::InvitationId;
use crate::base::secret::Secret;
use crate::engine::admin::addresses::LineProblem;
use crate::engine::admin::invitations::{Invited, NewInvitations};
use crate::engine::users::arriving::Way;
use crate::engine::users::authenticator::Picture;
use crate::http::flash::Flash;
use crate::http::page::Problems;
use crate::http::params::Params;
use crate::http::views::{State, Tone};
use crate::http::visit::Outcome;
use crate::http::when::When;
use crate::model::invitation::{Invitation, InvitationState};
use crate::model::settings::SelfRegistration;

use super::admin::{Admin, Reading};
use super::application::group_choices;
use super::views::{Choice, InvitationRow, Invitations, NewLink};
use super::words::{PAGE, at, counted, pager, some_of, typed};

const HERE: &str = "/admin/invitations";
/// How many new links are shown as QR codes too.
const PICTURED: usize = 12;
/// What a reload says where the links were.
const GONE: &str = "The links were shown once and cannot be shown again. If one did not arrive, resend its invitation.";

pub(super) async fn list(admin: Reading) -> Outcome {
    let flash = admin.flash();
    let mut view = view(&admin, &BTreeSet::new(), "7").await?;
    view.frame.flash = flash.sentence;
    match flash.secret {
        Some(tokens) => view.links = links(&admin, &tokens).await?,
        None if admin.asked("once") == "links" => view.frame.flash = Some(GONE.to_owned()),
        None => {}
    }
    Ok(admin.show(view))
}

async fn view(admin: &Reading, groups: &BTreeSet<String>, lifetime: &str) -> Result<Invitations, Response> {
    let after = admin.query.get("after");
    let listed = admin.need(admin.engine().list_invitations(&admin.reader, after, PAGE).await).await?;
    let settings = admin.need(admin.engine().settings().await).await?;
    let mut rows = Vec::with_capacity(listed.items.len());
    for invitation in &listed.items {
        rows.push(row(admin, invitation).await);
    }
    Ok(Invitations {
        frame: admin.frame().await?,
        closed: settings.self_registration == SelfRegistration::Closed,
        mailed: admin.need(admin.engine().has_mail().await).await?,
        groups: group_choices(admin, groups).await?,
        lifetimes: lifetimes(lifetime),
        rows,
        pager: pager(HERE, &[], after.unwrap_or_default(), &listed, "invitation", "invitations"),
        ..Invitations::default()
    })
}

async fn row(admin: &Reading, invitation: &Invitation) -> InvitationRow {
    let now = admin.now();
    let when = |at| When::at(at, now).words;
    let mut person = String::new();
    let state = match &invitation.state {
        InvitationState::Open if invitation.is_live(now) => {
            State::new(Tone::Next, &format!("Waits until {}", When::exactly(invitation.expires_at).exact))
        }
        InvitationState::Open => State::new(Tone::Warn, &format!("Expired {}", when(invitation.expires_at))),
        InvitationState::Revoked { at } => State::new(Tone::Bad, &format!("Revoked {}", when(*at))),
        InvitationState::Accepted { user, at: accepted } => {
            let known = admin.engine().user_detail(&admin.reader, user).await.ok();
            person = known.as_ref().map_or_else(String::new, |_| at("people", user.as_str(), ""));
            let by = known.map_or_else(|| "somebody who is gone".to_owned(), |user| user.display_name());
            State::new(Tone::Good, &format!("Accepted {} by {by}", when(*accepted)))
        }
    };
    InvitationRow {
        id: invitation.id.to_string(),
        email: invitation.email.clone().unwrap_or_default(),
        by: invitation.by.clone(),
        groups: some_of(invitation.groups.iter()),
        state,
        person,
        made: When::at(invitation.sent_at, now),
        open: invitation.state == InvitationState::Open,
    }
}

/// How long links may work, in days.
fn lifetimes(chosen: &str) -> Vec<Choice> {
    let choice = |lifetime: Duration| {
        let days = lifetime.as_secs() / 86_400;
        let words = match days {
            1 => "One day".to_owned(),
            days => format!("{days} days"),
        };
        Choice { value: days.to_string(), words, chosen: days.to_string() == chosen }
    };
    Invitation::LIFETIMES.into_iter().map(choice).collect()
}

/// The links of these secrets, each with whom it is for.
async fn links(admin: &Reading, tokens: &Secret) -> Result<Vec<NewLink>, Response> {
    let tokens: Vec<&str> = tokens.expose().lines().collect();
    let mut links = Vec::with_capacity(tokens.len());
    for token in &tokens {
        let view = admin.need(admin.engine().look_at_arrival(Way::Invitation, &Secret::new(*token)).await).await?;
        let url = format!("{}{}?token={token}", admin.desk.origin(), Way::Invitation.page());
        let qr = (tokens.len() <= PICTURED).then(|| Picture::of(&url).ok()).flatten();
        links.push(NewLink { email: view.email.unwrap_or_default(), url, qr });
    }
    Ok(links)
}

pub(super) async fn invite(admin: Admin, form: Params) -> Outcome {
    let groups: BTreeSet<String> = form.get_all("group").map(str::to_owned).collect();
    let days: u64 = typed(&form, "lifetime").parse().unwrap_or_default();
    let wanted = NewInvitations {
        addresses: typed(&form, "addresses"),
        groups: groups.clone(),
        lifetime: Duration::from_secs(days.saturating_mul(86_400)),
    };
    let problems = match admin.engine().invite(&admin.actor, &admin.caller, &wanted).await {
        Ok(Invited::All(secrets)) => {
            let said = format!("{} made.", counted(secrets.len(), "invitation is", "invitations are"));
            return Ok(show_once(&admin, &said, &secrets));
        }
        Ok(Invited::Nobody(problems)) => told(&problems),
        Err(denied) => admin.problems(denied).await?,
    };
    let view = view(&admin, &groups, &days.to_string()).await?;
    admin.again(Invitations { addresses: wanted.addresses, problems, ..view })
}

/// Each line that stands in the way, at the field.
fn told(problems: &[LineProblem]) -> Problems {
    let sentence = |it: &LineProblem| format!("Line {}: “{}” {}", it.number, it.text, it.sentence);
    problems.iter().fold(Problems::none(), |told, it| told.and("addresses", &sentence(it)))
}

/// On to the list, which shows these links this once.
fn show_once(admin: &Admin, said: &str, secrets: &[Secret]) -> Response {
    let tokens: Vec<&str> = secrets.iter().map(Secret::expose).collect();
    let flash = Flash::showing(said, Secret::new(tokens.join("\n")));
    admin.go_saying(&format!("{HERE}?once=links"), flash)
}

pub(super) async fn resend(admin: Admin, _: Params) -> Outcome {
    let id = InvitationId::from_text(&admin.about);
    let secret = admin.need(admin.engine().resend_invitation(&admin.actor, &admin.caller, &id).await).await?;
    Ok(show_once(&admin, "The link before has ended. Here is the new one.", &[secret]))
}

pub(super) async fn revoke(admin: Admin, _: Params) -> Outcome {
    let id = InvitationId::from_text(&admin.about);
    admin.need(admin.engine().revoke_invitation(&admin.actor, &admin.caller, &id).await).await?;
    admin.done(HERE, "The invitation is revoked. Its link opens nothing any more.")
}
