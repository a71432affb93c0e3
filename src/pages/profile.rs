//! `/account/profile`: what people say about themselves, every claim of OpenID Connect Core, section 5.1, that is theirs.

use std::sync::Arc;

use poem::http::StatusCode;
use poem::{IntoResponse, Request, Route};

use crate::engine::Denied;
use crate::engine::users::profile::problems;
use crate::http::desk::Desk;
use crate::http::flash::Flash;
use crate::http::page::{Page, Problems};
use crate::http::params::Params;
use crate::http::routing::Methods;
use crate::http::visit::{Outcome, Visit, page};
use crate::model::refusal::Refusal;
use crate::model::user::{Address, Profile};

use super::views::{Profile as ProfileView, ProfileFields};

pub(super) fn mount(app: Route, desk: &Arc<Desk>) -> Route {
    app.at("/account/profile", Methods::new().get(page(desk, |visit, _| profile(visit))).post(page(desk, save)))
}

async fn profile(visit: Visit) -> Outcome {
    let fields = fields_of(&visit.person()?.user().profile);
    profile_page(&visit, StatusCode::OK, fields, Problems::none()).await
}

async fn profile_page(visit: &Visit, status: StatusCode, profile: ProfileFields, problems: Problems) -> Outcome {
    let user = visit.person()?.user();
    let view = ProfileView {
        frame: visit.frame().await?.saying(visit.flash().sentence),
        username: user.username.clone(),
        email: user.email.clone().unwrap_or_default(),
        email_verified: user.email_verified,
        profile,
        problems,
    };
    Ok(Page::with_status(status, view).into_response())
}

async fn save(visit: Visit, mut request: Request) -> Outcome {
    let person = visit.person()?;
    let fields = visit.form(&mut request).await?;
    match visit.engine().update_profile(&visit.caller, person, &profile_of(&fields)).await {
        Ok(_) => Ok(visit.go_saying("/account/profile", Flash::saying("Your profile is saved."))),
        Err(Denied::Refused(Refusal::FieldInvalid(first))) => {
            let all = match problems(&profile_of(&fields)) {
                none if none.is_empty() => vec![first],
                all => all,
            };
            let problems = all.iter().fold(Problems::none(), |told, it| told.and(it.field, &it.sentence));
            profile_page(&visit, StatusCode::BAD_REQUEST, fields_of(&profile_of(&fields)), problems).await
        }
        Err(denied) => Ok(visit.deny(&denied).await),
    }
}

/// What was typed, as a profile; an empty field is no claim.
fn profile_of(fields: &Params) -> Profile {
    let text = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let address = Address {
        formatted: text("formatted"),
        street_address: text("street_address"),
        locality: text("locality"),
        region: text("region"),
        postal_code: text("postal_code"),
        country: text("country"),
    };
    Profile {
        name: text("name"),
        given_name: text("given_name"),
        family_name: text("family_name"),
        middle_name: text("middle_name"),
        nickname: text("nickname"),
        profile: text("profile"),
        gender: text("gender"),
        birthdate: text("birthdate"),
        zoneinfo: text("zoneinfo"),
        locale: text("locale"),
        website: text("website"),
        picture: text("picture"),
        phone_number: text("phone_number"),
        // Not theirs to say; the engine keeps what is known.
        phone_number_verified: None,
        address: (address != Address::default()).then_some(address),
    }
}

fn fields_of(profile: &Profile) -> ProfileFields {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let address = profile.address.clone().unwrap_or_default();
    ProfileFields {
        name: text(&profile.name),
        given_name: text(&profile.given_name),
        family_name: text(&profile.family_name),
        middle_name: text(&profile.middle_name),
        nickname: text(&profile.nickname),
        profile: text(&profile.profile),
        gender: text(&profile.gender),
        birthdate: text(&profile.birthdate),
        zoneinfo: text(&profile.zoneinfo),
        locale: text(&profile.locale),
        website: text(&profile.website),
        picture: text(&profile.picture),
        phone_number: text(&profile.phone_number),
        formatted: text(&address.formatted),
        street_address: text(&address.street_address),
        locality: text(&address.locality),
        region: text(&address.region),
        postal_code: text(&address.postal_code),
        country: text(&address.country),
    }
}
