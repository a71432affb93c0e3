//! `/admin/settings`: what holds for the whole deployment.

use std::collections::BTreeMap;

use crate::http::directory::Listing;
use crate::http::page::{Frame, Problems};
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::settings::{ClientRegistration, Placement, SelfRegistration, Settings as Kept};
use crate::model::sign_in::RequiredFactor;
use crate::model::verification::UserVerification;

use super::admin::{Admin, Reading};
use super::views::{PlacedDialect, Settings};
use super::words::{filled, renamed, typed};

/// Who may make an account.
const SELF_REGISTRATION: [(SelfRegistration, &str); 3] =
    [(SelfRegistration::Closed, "closed"), (SelfRegistration::Invited, "invited"), (SelfRegistration::Open, "open")];

/// Who may register clients, as in the declared state.
const CLIENT_REGISTRATION: [(ClientRegistration, &str); 3] = [
    (ClientRegistration::Nobody, "nobody"),
    (ClientRegistration::Permitted, "permitted"),
    (ClientRegistration::Everyone, "everyone"),
];

pub(super) async fn show(admin: Reading) -> Outcome {
    let kept = admin.need(admin.engine().settings().await).await?;
    let (frame, _) = admin.framed().await?;
    let blank = blank(&admin, frame);
    Ok(admin.show(Settings {
        name: kept.name.clone(),
        account_url: kept.account_url.clone().unwrap_or_default(),
        password_min_length: kept.password_min_length.to_string(),
        self_registration: word(&SELF_REGISTRATION, &kept.self_registration),
        client_registration: word(&CLIENT_REGISTRATION, &kept.client_registration),
        required_factor: kept.required_factor.name().to_owned(),
        sign_in_by_mail: kept.sign_in_by_mail,
        user_verification: kept.user_verification.name().to_owned(),
        impersonation: kept.impersonation,
        dialects: placed(&admin, &kept),
        ..blank
    }))
}

pub(super) async fn save(admin: Admin, form: Params) -> Outcome {
    let kept = admin.need(admin.engine().settings().await).await?;
    let problems = match wanted(&admin, &form, kept) {
        Ok(wanted) => match admin.engine().change_settings(&admin.actor, &admin.caller, &wanted).await {
            Ok(_) => return admin.done("/admin/settings", "The settings are saved."),
            Err(denied) => at_its_field(&admin, admin.problems(denied).await?),
        },
        Err(problems) => problems,
    };
    let (frame, _) = admin.framed().await?;
    let blank = blank(&admin, frame);
    admin.again(Settings {
        name: typed(&form, "name"),
        account_url: typed(&form, "account_url"),
        password_min_length: typed(&form, "password_min_length"),
        self_registration: typed(&form, "self_registration"),
        client_registration: typed(&form, "client_registration"),
        required_factor: typed(&form, "required_factor"),
        sign_in_by_mail: form.contains("sign_in_by_mail"),
        user_verification: typed(&form, "user_verification"),
        impersonation: form.contains("impersonation"),
        dialects: typed_places(&admin, &form),
        problems,
        ..blank
    })
}

fn blank(admin: &Reading, frame: Frame) -> Settings {
    let issuer = &admin.engine().identity().issuer;
    let account_url_hint = format!("What the worksection interface answers. Empty: {issuer}.");
    Settings { frame, account_url_hint, ..Settings::default() }
}

/// The settings as the form has them; what it does not name stays.
fn wanted(admin: &Reading, form: &Params, kept: Kept) -> Result<Kept, Problems> {
    let mut problems = Problems::none();
    let length = typed(form, "password_min_length").trim().parse();
    if length.is_err() {
        problems = problems.and("password_min_length", "Enter a number from 8 to 128.");
    }
    let client_registration = value(&CLIENT_REGISTRATION, form.get("client_registration"));
    if client_registration.is_none() {
        problems = problems.and("clients-nobody", "Choose who may register clients.");
    }
    // A form that does not speak of it leaves it as it is.
    let self_registration = match form.get("self_registration") {
        None => Some(kept.self_registration),
        sent => value(&SELF_REGISTRATION, sent),
    };
    if self_registration.is_none() {
        problems = problems.and("registration-closed", "Choose who may make an account.");
    }
    let required_factor = match form.get("required_factor") {
        None => Some(kept.required_factor),
        Some(sent) => RequiredFactor::parse(sent),
    };
    if required_factor.is_none() {
        problems = problems.and("factor-none", "Choose what people sign in with.");
    }
    let user_verification = match form.get("user_verification") {
        None => Some(kept.user_verification),
        Some(sent) => UserVerification::parse(sent),
    };
    if user_verification.is_none() {
        problems = problems.and("verification-required", "Choose which security keys are accepted.");
    }
    // A box that is not ticked is not sent; both stand on the page where people are told what they sign in with.
    let ticked = |field, was| if form.contains("required_factor") { form.contains(field) } else { was };
    match (length, client_registration.zip(self_registration), required_factor.zip(user_verification)) {
        (Ok(password_min_length), Some((client_registration, self_registration)), Some((factor, verification))) => {
            Ok(Kept {
                required_factor: factor,
                user_verification: verification,
                sign_in_by_mail: ticked("sign_in_by_mail", kept.sign_in_by_mail),
                impersonation: ticked("impersonation", kept.impersonation),
                name: typed(form, "name").trim().to_owned(),
                account_url: filled(form, "account_url"),
                password_min_length,
                client_registration,
                self_registration,
                dialects: wanted_places(admin, form, &kept),
                ..kept
            })
        }
        _ => Err(problems),
    }
}

/// Where each dialect lies.
fn placed(admin: &Reading, kept: &Kept) -> Vec<PlacedDialect> {
    places(admin, |name, default| {
        let customs = admin.engine().faces().find(name);
        let prefix = customs.and_then(|customs| kept.prefix_of(customs));
        (prefix.is_some(), prefix.unwrap_or_else(|| default.to_owned()))
    })
}

/// The same, as it was typed.
fn typed_places(admin: &Reading, form: &Params) -> Vec<PlacedDialect> {
    places(admin, |name, _| (switched_on(form, name), typed(form, &format!("prefix-{name}"))))
}

fn places(admin: &Reading, place: impl Fn(&str, &str) -> (bool, String)) -> Vec<PlacedDialect> {
    let listings = admin.directory().dialects.iter();
    let row = listings.map(|listing| {
        let (on, prefix) = place(listing.name, listing.default_prefix);
        let default = if listing.default_prefix.is_empty() { "nothing" } else { listing.default_prefix };
        PlacedDialect {
            name: listing.name.to_owned(),
            title: listing.title.to_owned(),
            sentence: listing.sentence.to_owned(),
            on,
            prefix,
            hint: format!("Before its paths. The default is {default}."),
        }
    });
    row.collect()
}

fn switched_on(form: &Params, name: &str) -> bool {
    form.get_all("dialect").any(|ticked| ticked == name)
}

/// Where the dialects shall lie. A form without any of them, such as an older page's, moves nothing.
fn wanted_places(admin: &Reading, form: &Params, kept: &Kept) -> BTreeMap<String, Placement> {
    let mut wanted = kept.dialects.clone();
    for listing in &admin.directory().dialects {
        let field = format!("prefix-{}", listing.name);
        if !form.contains(&field) && !form.contains("dialect") {
            continue;
        }
        let prefix = typed(form, &field);
        let prefix = prefix.trim().trim_end_matches('/');
        wanted.remove(listing.name);
        let placement = match () {
            () if !switched_on(form, listing.name) => Placement::Switched(false),
            () if prefix == listing.default_prefix => continue,
            () => Placement::Below(prefix.to_owned()),
        };
        wanted.insert(listing.name.to_owned(), placement);
    }
    wanted
}

/// Each sentence at the field it is about: one about where a dialect cannot lie at that dialect's.
fn at_its_field(admin: &Reading, problems: Problems) -> Problems {
    let mut moved = Problems::none();
    for problem in renamed(problems, &[("required_factor", "factor-none")]).list {
        let names = |listing: &&Listing| problem.sentence.split([' ', '"']).any(|word| word == listing.name);
        let about = admin.directory().dialects.iter().find(names).filter(|_| problem.field == "dialects");
        let field = about.map_or(problem.field.clone(), |listing| format!("prefix-{}", listing.name));
        moved = moved.and(&field, &problem.sentence);
    }
    moved
}

fn word<T: PartialEq>(words: &[(T, &str)], value: &T) -> String {
    words.iter().find(|(known, _)| known == value).map(|(_, word)| (*word).to_owned()).unwrap_or_default()
}

fn value<T: Copy>(words: &[(T, &str)], sent: Option<&str>) -> Option<T> {
    words.iter().find(|(_, word)| Some(*word) == sent).map(|(value, _)| *value)
}
