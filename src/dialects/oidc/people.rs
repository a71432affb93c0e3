//! Wire → engine: what somebody says who makes an account.

use crate::base::secret::Secret;
use crate::dialects::extract::required;
use crate::engine::users::Registration;
use crate::http::params::Params;
use crate::model::refusal::Refusal;
use crate::model::user::{Address, Profile};

/// The account that `fields` describe.
///
/// # Errors
/// One of the four fields that every account has is missing.
pub fn registration(fields: &Params) -> Result<Box<Registration>, Refusal> {
    let text = |name: &str| fields.get(name).map(str::to_owned);
    let address = Address {
        formatted: None,
        street_address: text("street_address"),
        locality: text("locality"),
        region: text("region"),
        postal_code: text("postal_code"),
        country: text("country"),
    };
    let (email, password) = (required(fields, "email")?, required(fields, "password")?);
    let profile = Profile {
        given_name: Some(required(fields, "first_name")?.to_owned()),
        family_name: Some(required(fields, "last_name")?.to_owned()),
        middle_name: text("middle_name"),
        nickname: text("nickname"),
        gender: text("gender"),
        birthdate: text("birthdate"),
        zoneinfo: text("zoneinfo"),
        locale: text("locale"),
        phone_number: text("phone_number"),
        picture: text("picture"),
        website: text("website"),
        address: (address != Address::default()).then_some(address),
        ..Profile::default()
    };
    Ok(Box::new(Registration { email: email.to_owned(), password: Secret::new(password), profile }))
}
