//! `/admin/settings`: what holds for the whole deployment.

use crate::http::page::{Frame, Problems};
use crate::http::params::Params;
use crate::http::visit::Outcome;
use crate::model::settings::{ClientRegistration, SelfRegistration, Settings as Kept};

use super::admin::Admin;
use super::views::Settings;
use super::words::{filled, typed};

/// Who may make an account, as far as this version has it.
const SELF_REGISTRATION: [(SelfRegistration, &str); 2] =
    [(SelfRegistration::Closed, "closed"), (SelfRegistration::Open, "open")];

/// What this version offers, as in the declared state: registration by everyone comes with what would make use of it.
const CLIENT_REGISTRATION: [(ClientRegistration, &str); 2] =
    [(ClientRegistration::Nobody, "nobody"), (ClientRegistration::Permitted, "permitted")];

pub(super) async fn show(admin: Admin) -> Outcome {
    let kept = admin.need(admin.engine().settings().await).await?;
    let (frame, _) = admin.framed().await?;
    let blank = blank(&admin, frame);
    Ok(admin.show(Settings {
        name: kept.name.clone(),
        account_url: kept.account_url.clone().unwrap_or_default(),
        password_min_length: kept.password_min_length.to_string(),
        self_registration: word(&SELF_REGISTRATION, &kept.self_registration),
        client_registration: word(&CLIENT_REGISTRATION, &kept.client_registration),
        ..blank
    }))
}

pub(super) async fn save(admin: Admin, form: Params) -> Outcome {
    let kept = admin.need(admin.engine().settings().await).await?;
    let problems = match wanted(&form, kept) {
        Ok(wanted) => match admin.engine().change_settings(&admin.actor, &admin.caller, &wanted).await {
            Ok(_) => return admin.done("/admin/settings", "The settings are saved."),
            Err(denied) => admin.problems(denied).await?,
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
        problems,
        ..blank
    })
}

fn blank(admin: &Admin, frame: Frame) -> Settings {
    let issuer = &admin.engine().identity().issuer;
    let account_url_hint = format!("What the worksection interface answers. Empty: {issuer}.");
    Settings { frame, account_url_hint, ..Settings::default() }
}

/// The settings as the form has them; what it does not name stays.
fn wanted(form: &Params, kept: Kept) -> Result<Kept, Problems> {
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
    match (length, client_registration.zip(self_registration)) {
        (Ok(password_min_length), Some((client_registration, self_registration))) => Ok(Kept {
            name: typed(form, "name").trim().to_owned(),
            account_url: filled(form, "account_url"),
            password_min_length,
            client_registration,
            self_registration,
            ..kept
        }),
        _ => Err(problems),
    }
}

fn word<T: PartialEq>(words: &[(T, &str)], value: &T) -> String {
    words.iter().find(|(known, _)| known == value).map(|(_, word)| (*word).to_owned()).unwrap_or_default()
}

fn value<T: Copy>(words: &[(T, &str)], sent: Option<&str>) -> Option<T> {
    words.iter().find(|(_, word)| Some(*word) == sent).map(|(value, _)| *value)
}
