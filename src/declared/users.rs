//! `[[users]]`.

use std::collections::BTreeSet;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::admin::declared::{DeclaredPassword, DeclaredUser};
use crate::engine::admin::rules;
use crate::model::credential::PasswordHash;
use crate::model::user::{Address, ExternalId, Profile, User};
use crate::toml_file::Section;

use super::{judge, place};

pub(super) fn user(section: &Section<'_>) -> Option<DeclaredUser> {
    let username = section.required("username");
    let id = section.string("id").map(UserId::from_text);
    let profile = section.section("profile");
    let user = User {
        email: section.string("email").filter(|email| !email.is_empty()),
        email_verified: section.boolean("email_verified").unwrap_or(false),
        admin: section.boolean("admin").unwrap_or(false),
        may_register_clients: section.boolean("may_register_clients").unwrap_or(false),
        auditor: section.boolean("auditor").unwrap_or(false),
        roles: section.strings("roles").unwrap_or_default().into_iter().collect::<BTreeSet<_>>(),
        groups: section.strings("groups").unwrap_or_default().into_iter().collect::<BTreeSet<_>>(),
        profile: profile.as_ref().map(in_profile).unwrap_or_default(),
        attributes: section.string_map("attributes").unwrap_or_default(),
        external_ids: section.sections("external_ids").iter().filter_map(external_id).collect(),
        ..User::named(
            id.clone().unwrap_or_else(|| UserId::from_text("later")),
            username.clone().unwrap_or_default(),
            Timestamp(0),
        )
    };
    let declared = DeclaredUser {
        place: place(section),
        id,
        password: password(section),
        profile: profile.is_some(),
        disabled: section.boolean("disabled"),
        user,
    };
    judge(section, rules::user(&declared.user));
    section.close();
    username.map(|_| declared)
}

fn password(section: &Section<'_>) -> Option<DeclaredPassword> {
    let plain = section.string("password");
    let hash = section
        .parsed("password_hash", |text| PasswordHash::parse(text).ok_or(r#"expected an Argon2id hash, "$argon2id$…""#));
    match (plain, hash) {
        (Some(_), Some(_)) => {
            section.report("password_hash", "give password or password_hash, not both");
            None
        }
        (Some(plain), None) => Some(DeclaredPassword::Plain(Secret::new(plain))),
        (None, hash) => hash.map(DeclaredPassword::Hash),
    }
}

fn external_id(section: &Section<'_>) -> Option<ExternalId> {
    let (provider, user_id) = (section.required("provider"), section.required("user_id"));
    section.close();
    let at = Timestamp(0);
    Some(ExternalId { provider: provider?, user_id: user_id?, created_at: at, updated_at: at })
}

fn in_profile(section: &Section<'_>) -> Profile {
    let profile = Profile {
        name: section.string("name"),
        given_name: section.string("given_name"),
        family_name: section.string("family_name"),
        middle_name: section.string("middle_name"),
        nickname: section.string("nickname"),
        profile: section.string("profile"),
        picture: section.string("picture"),
        website: section.string("website"),
        gender: section.string("gender"),
        birthdate: section.string("birthdate"),
        zoneinfo: section.string("zoneinfo"),
        locale: section.string("locale"),
        phone_number: section.string("phone_number"),
        phone_number_verified: section.boolean("phone_number_verified"),
        address: section.section("address").map(|section| address(&section)),
    };
    section.close();
    profile
}

fn address(section: &Section<'_>) -> Address {
    let address = Address {
        formatted: section.string("formatted"),
        street_address: section.string("street_address"),
        locality: section.string("locality"),
        region: section.string("region"),
        postal_code: section.string("postal_code"),
        country: section.string("country"),
    };
    section.close();
    address
}
