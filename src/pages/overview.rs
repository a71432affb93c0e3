//! `/account`: everything about an account at a glance, each line with the page on which it is changed. No score.

use std::sync::Arc;

use poem::Route;

use crate::engine::Denied;
use crate::engine::users::SignedIn;
use crate::engine::users::factors::FactorsView;
use crate::http::desk::Desk;
use crate::http::page::Link;
use crate::http::routing::Methods;
use crate::http::views::Tone;
use crate::http::visit::{Outcome, Visit, page};
use crate::http::when::When;
use crate::model::user::User;

use super::views::{CheckRow, Overview};

/// So few recovery codes want a look.
const FEW: usize = 3;

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at("/account", Methods::new().get(page(desk, |visit, _| overview(visit))))
}

async fn overview(visit: Visit) -> Outcome {
    let person = visit.person()?;
    let (known, user) = (visit.need(gather(&visit, person).await).await?, person.user());
    let view = Overview {
        frame: visit.frame().await?.saying(visit.flash().sentence),
        name: user.display_name(),
        username: user.username.clone(),
        sign_in: sign_in(&visit, user, &known),
        others: others(&known),
        yours: yours(user),
        suggests_passkey: known.suggests_passkey,
    };
    Ok(visit.show(view))
}

/// What the lines speak of.
struct Known {
    factors: FactorsView,
    sessions: usize,
    applications: usize,
    programs: usize,
    in_care: usize,
    suggests_passkey: bool,
}

async fn gather(visit: &Visit, person: &SignedIn) -> Result<Known, Denied> {
    let engine = visit.engine();
    Ok(Known {
        factors: engine.enrolled(&person.user().id).await?,
        sessions: engine.sessions(person).await?.len(),
        applications: engine.applications(person).await?.len(),
        programs: engine.own_clients(person).await?.len(),
        in_care: engine.in_care(person).await?.len(),
        suggests_passkey: engine.suggests_passkey(person).await?,
    })
}

fn row(tone: Tone, headline: &str, detail: String, words: &str, url: &str) -> CheckRow {
    CheckRow { tone, headline: headline.to_owned(), detail, link: Link::new(words, url) }
}

fn sign_in(visit: &Visit, user: &User, known: &Known) -> Vec<CheckRow> {
    let (factors, now) = (&known.factors, visit.now());
    let password = match (user.password.is_some(), user.password_changed_at) {
        (true, Some(at)) => (Tone::Good, format!("Last changed {}", When::at(at, now).words)),
        (true, None) => (Tone::Good, "Set".to_owned()),
        (false, _) => (Tone::Plain, "None".to_owned()),
    };
    let authenticator = match &factors.authenticator {
        Some(one) => (Tone::Good, format!("On since {}", When::day(one.since, now))),
        None => (Tone::Plain, "None. With one a stolen password is not enough.".to_owned()),
    };
    let keys = || count(factors.security_keys, "security key", "security keys");
    let passkeys = match (factors.passkeys, factors.security_keys) {
        (0, 0) if factors.idle_keys > 0 => {
            (Tone::Warn, "None that is accepted. Your security key is not any more.".into())
        }
        (0, 0) => (Tone::Plain, "None. One signs you in without a password.".to_owned()),
        (0, _) => (Tone::Good, format!("{}, beside your password", keys())),
        (some, 0) => (Tone::Good, count(some, "passkey", "passkeys")),
        (some, _) => (Tone::Good, format!("{} and {}", count(some, "passkey", "passkeys"), keys())),
    };
    let codes = match &factors.recovery_codes {
        Some(codes) if codes.left <= FEW => (Tone::Warn, format!("{} of {} left; make new ones", codes.left, codes.of)),
        Some(codes) => (Tone::Good, format!("{} of {} left", codes.left, codes.of)),
        None if factors.has_second() => (Tone::Warn, "None; a lost device would lock you out".to_owned()),
        None => (Tone::Plain, "They come with your first second factor.".to_owned()),
    };
    let sessions = match known.sessions {
        0 | 1 => "Only here".to_owned(),
        more => format!("Here and in {}", count(more - 1, "other place", "other places")),
    };
    vec![
        row(password.0, "Password", password.1, "Change password", "/account/password"),
        row(passkeys.0, "Passkeys", passkeys.1, "See passkeys", "/account/passkeys"),
        row(authenticator.0, "Authenticator", authenticator.1, "See authenticator", "/account/authenticator"),
        row(codes.0, "Recovery codes", codes.1, "See recovery codes", "/account/recovery-codes"),
        row(Tone::Plain, "Signed in", sessions, "See sessions", "/account/sessions"),
    ]
}

fn others(known: &Known) -> Vec<CheckRow> {
    let mut access = match known.applications {
        0 => "None has access to your account".to_owned(),
        1 => "1 has access to your account".to_owned(),
        some => format!("{some} have access to your account"),
    };
    if known.programs > 0 {
        access.push_str(&format!("; you registered {}", count(known.programs, "program", "programs")));
    }
    let mut rows = vec![row(Tone::Plain, "Applications", access, "See applications", "/account/applications")];
    if known.in_care > 0 {
        let people = count(known.in_care, "person", "people");
        rows.push(row(Tone::Plain, "People in my care", people, "See them", "/account/care"));
    }
    let told = "What you did, and what was done to your account".to_owned();
    rows.push(row(Tone::Plain, "Activity", told, "See activity", "/account/activity"));
    rows
}

fn yours(user: &User) -> Vec<CheckRow> {
    let (tone, address) = match (&user.email, user.email_verified) {
        (Some(address), true) => (Tone::Good, format!("{address}, verified")),
        (Some(address), false) => (Tone::Warn, format!("{address}, not verified")),
        (None, _) => (Tone::Plain, "No e-mail address".to_owned()),
    };
    let chosen = "How pages look, and your language".to_owned();
    let data = "Take it along, or delete your account".to_owned();
    let told = "What applications may learn about you".to_owned();
    vec![
        row(tone, "Email address", address, "See your address", "/account/address"),
        row(Tone::Plain, "Profile", told, "See profile", "/account/profile"),
        row(Tone::Plain, "Preferences", chosen, "See preferences", "/account/preferences"),
        row(Tone::Plain, "Your data", data, "See your data", "/account/data"),
    ]
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}
