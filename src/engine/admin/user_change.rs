//! A user as they are first made, and each thing about them that an administrator can change. Never the password: an
//! administrator starts a recovery, and the person chooses.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::clock::Timestamp;
use crate::model::user::{ExternalId, Profile, User};

/// A user to be made.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// The name they sign in with.
    pub username: String,
    /// What else is known of them, applied in order.
    pub changes: Vec<UserChange>,
}

/// One thing to change about a user.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "each is the field of `User` of the same name")]
pub enum UserChange {
    Username(String),
    /// The address; a new one is unverified until said otherwise.
    Email(Option<String>),
    EmailVerified(bool),
    Admin(bool),
    MayRegisterClients(bool),
    Auditor(bool),
    /// The roles applications are told of.
    Roles(BTreeSet<String>),
    Groups(BTreeSet<String>),
    /// Adds them to one group.
    AddGroup(String),
    /// Removes them from one group.
    RemoveGroup(String),
    Profile(Box<Profile>),
    GivenName(Option<String>),
    FamilyName(Option<String>),
    Attributes(BTreeMap<String, String>),
    /// Their ids in other systems: provider and id.
    ExternalIds(Vec<(String, String)>),
}

impl UserChange {
    /// Makes the change; whether the result is sound is for [`super::rules`] to say.
    pub(super) fn make(&self, user: &mut User, now: Timestamp) {
        match self.clone() {
            UserChange::Username(username) => user.username = username.trim().to_owned(),
            UserChange::Email(email) => {
                let email = email.map(|email| email.trim().to_owned()).filter(|email| !email.is_empty());
                user.email_verified &= user.email == email;
                user.email = email;
            }
            UserChange::EmailVerified(yes) => user.email_verified = yes,
            UserChange::Admin(yes) => user.admin = yes,
            UserChange::MayRegisterClients(yes) => user.may_register_clients = yes,
            UserChange::Auditor(yes) => user.auditor = yes,
            UserChange::Roles(roles) => user.roles = roles,
            UserChange::Groups(groups) => user.groups = groups,
            UserChange::AddGroup(group) => drop(user.groups.insert(group)),
            UserChange::RemoveGroup(group) => drop(user.groups.remove(&group)),
            UserChange::Profile(profile) => user.profile = *profile,
            UserChange::GivenName(name) => user.profile.given_name = name,
            UserChange::FamilyName(name) => user.profile.family_name = name,
            UserChange::Attributes(attributes) => user.attributes = attributes,
            UserChange::ExternalIds(ids) => user.external_ids = external_ids(&user.external_ids, ids, now),
        }
    }
}

/// The same ids keep their times; new ones begin now.
fn external_ids(known: &[ExternalId], wanted: Vec<(String, String)>, now: Timestamp) -> Vec<ExternalId> {
    let same =
        |provider: &str, id: &str| known.iter().find(|old| old.provider == provider && old.user_id == id).cloned();
    let new = |provider, user_id| ExternalId { provider, user_id, created_at: now, updated_at: now };
    wanted.into_iter().map(|(provider, id)| same(&provider, &id).unwrap_or_else(|| new(provider, id))).collect()
}
