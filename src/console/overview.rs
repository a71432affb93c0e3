//! `/admin`: how things stand, the worst first, each with the way to mend it.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::engine::admin::overview::{Count, Overview as Facts, SigningNow};
use crate::engine::outbox::Outbox;
use crate::http::page::Link;
use crate::http::views::Tone;
use crate::http::visit::Outcome;
use crate::http::when::When;

use super::admin::Reading;
use super::views::{HealthRow, Overview};
use super::words::{at, counted, grouped};

/// How old a signing key may become before it is worth a word.
const OLD_KEY: Duration = Duration::from_secs(365 * 86_400);
/// How many failed sign-ins a day are nothing unusual.
const USUAL_FAILURES: usize = 100;
/// How many secrets that end soon are named one by one.
const NAMED: usize = 5;

pub(super) async fn show(admin: Reading) -> Outcome {
    let facts = admin.need(admin.engine().overview(&admin.reader).await).await?;
    let (frame, _) = admin.framed().await?;
    Ok(admin.show(Overview::of(frame, findings(&facts, admin.now()))))
}

fn findings(facts: &Facts, now: Timestamp) -> Vec<HealthRow> {
    let mut found = vec![applications(facts), administrators(facts.administrators)];
    found.extend(pkce(facts.clients_without_pkce));
    found.extend(secrets(facts, now));
    found.push(sign_ins(facts.failed_sign_ins));
    found.extend(keys(&facts.keys, now));
    found.extend(mail(&facts.outbox));
    let people = Link::new("People", "/admin/people");
    found.push(HealthRow::new(Tone::Good, &count(facts.users, "person", "people"), "", people));
    found
}

fn applications(facts: &Facts) -> HealthRow {
    if facts.clients.number == 0 {
        let link = Link::new("New application", "/admin/applications/new");
        return HealthRow::new(Tone::Warn, "There is no application yet", "Add the first one people sign in to.", link);
    }
    let words = count(facts.clients, "application", "applications");
    HealthRow::new(Tone::Good, &words, "", Link::new("Applications", "/admin/applications"))
}

fn administrators(count: usize) -> HealthRow {
    if count > 1 {
        let words = counted(count, "administrator", "administrators");
        return HealthRow::new(Tone::Good, &words, "", Link::new("People", "/admin/people"));
    }
    let detail = "If you lose the way in, only a command on the host helps.";
    HealthRow::new(Tone::Warn, "You are the only administrator", detail, Link::new("New person", "/admin/people/new"))
}

fn pkce(clients: usize) -> Option<HealthRow> {
    let words = format!("{} without PKCE", counted(clients, "application", "applications"));
    let detail = "Whoever steals a code on its way can use it. Require PKCE unless the program cannot do it.";
    let link = Link::new("Applications", "/admin/applications");
    (clients > 0).then(|| HealthRow::new(Tone::Warn, &words, detail, link))
}

fn secrets(facts: &Facts, now: Timestamp) -> Vec<HealthRow> {
    let row = |(id, name, end): &(String, String, Timestamp)| {
        let words = format!("A secret of {name} expires {}", When::at(*end, now).words);
        let detail = "Add a new one, move the application over, then remove the old one.";
        HealthRow::new(Tone::Warn, &words, detail, Link::new("Secrets", &at("applications", id, "#secrets")))
    };
    let mut rows: Vec<HealthRow> = facts.secrets_ending.iter().take(NAMED).map(row).collect();
    if let Some(more) = facts.secrets_ending.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let words =
            format!("{} with a secret that expires soon", counted(more, "more application", "more applications"));
        rows.push(HealthRow::new(Tone::Warn, &words, "", Link::new("Applications", "/admin/applications")));
    }
    rows
}

fn sign_ins(failed: Count) -> HealthRow {
    let words = match failed.number {
        0 => "No failed sign-in within a day".to_owned(),
        _ => format!("{} within a day", count(failed, "failed sign-in", "failed sign-ins")),
    };
    let tone = if failed.number > USUAL_FAILURES { Tone::Warn } else { Tone::Good };
    let detail = if failed.number > USUAL_FAILURES { "Somebody may be guessing passwords." } else { "" };
    HealthRow::new(tone, &words, detail, Link::new("Activity", "/admin/activity?kind=sign_in_failed"))
}

fn keys(keys: &[SigningNow], now: Timestamp) -> Option<HealthRow> {
    let oldest = keys.iter().map(|key| now.since(key.since)).max()?;
    let days = usize::try_from(oldest.as_secs() / 86_400).unwrap_or(usize::MAX);
    let words = match days {
        0 => "Signing keys are less than a day old".to_owned(),
        _ => format!("The oldest signing key has signed for {}", counted(days, "day", "days")),
    };
    let (tone, detail) = match oldest > OLD_KEY {
        true => (Tone::Warn, "Rotating it costs nothing and signs nobody out."),
        false => (Tone::Good, ""),
    };
    Some(HealthRow::new(tone, &words, detail, Link::new("Keys", "/admin/keys")))
}

fn mail(outbox: &Outbox) -> Option<HealthRow> {
    let link = || Link::new("Mail", "/admin/mail");
    let (refused, given_up) = (outbox.refused.len(), outbox.given_up.len());
    if refused > 0 {
        let words = format!(
            "{} refused and {} again",
            counted(refused, "letter was", "letters were"),
            if refused == 1 { "is tried" } else { "are tried" }
        );
        return Some(HealthRow::new(Tone::Warn, &words, "See what the mail server says.", link()));
    }
    if given_up > 0 {
        let words = format!("{} not delivered this week", counted(given_up, "letter was", "letters were"));
        return Some(HealthRow::new(Tone::Warn, &words, "See why, and whether the addresses are right.", link()));
    }
    let words = format!("{} for delivery", counted(outbox.waiting, "letter waits", "letters wait"));
    (outbox.waiting > 0).then(|| HealthRow::new(Tone::Good, &words, "", link()))
}

fn count(count: Count, one: &str, many: &str) -> String {
    match count.or_more {
        true => format!("More than {} {many}", grouped(count.number)),
        false => counted(count.number, one, many),
    }
}
