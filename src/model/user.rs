//! Users: the people who sign in.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;

use super::credential::PasswordHash;

/// A person with an account here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Never changes; the `sub` of every token about them.
    pub id: UserId,
    /// The name they sign in with, as they write it.
    pub username: String,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Whether they proved that it is theirs.
    pub email_verified: bool,
    /// Their password, if they have one.
    pub password: Option<PasswordHash>,
    /// What was made of the password that the declared-state file said last, while it says one: only another one there is
    /// set anew, so that what the person chooses instead stays theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_password: Option<PasswordHash>,
    /// When the password was last set.
    pub password_changed_at: Option<Timestamp>,
    /// Whether they administer this server.
    pub admin: bool,
    /// Whether they may register clients themselves.
    pub may_register_clients: bool,
    /// Whether they may read everything in the console and change nothing.
    #[serde(default)]
    pub auditor: bool,
    /// Roles of the deployment's own, as tokens carry them.
    #[serde(default)]
    pub roles: BTreeSet<String>,
    /// The groups they are in.
    pub groups: BTreeSet<String>,
    /// What they say about themselves.
    pub profile: Profile,
    /// What administrators say about them; custom scopes can release it.
    pub attributes: BTreeMap<String, String>,
    /// Their ids in other systems.
    pub external_ids: Vec<ExternalId>,
    /// When they were switched off, if they are.
    pub disabled_at: Option<Timestamp>,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When anything above last changed; the claim `updated_at`.
    pub updated_at: Timestamp,
    /// Whether the declared-state file manages them.
    #[serde(default)]
    pub managed: bool,
    /// Counts the events that end all their access at once. A session or grant of an earlier count holds nothing any more.
    #[serde(default)]
    pub access_epoch: u32,
    /// What kind of account it is.
    #[serde(default, skip_serializing_if = "UserKind::is_person")]
    pub kind: UserKind,
    /// In whose care they are, if they are a minor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guardian: Option<UserId>,
}

/// What kind of account somebody has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserKind {
    /// A person's.
    #[default]
    Person,
    /// A device's whose owner has not said who they are. It has no name to sign in with, is in no list, and ends with the
    /// last of its grants.
    Guest {
        /// The device it was made for; no secret.
        device_id: String,
    },
}

impl UserKind {
    fn is_person(&self) -> bool {
        *self == UserKind::Person
    }
}

impl User {
    /// A person of whom only the name is known yet.
    pub fn named(id: UserId, username: String, now: Timestamp) -> User {
        User {
            id,
            username,
            email: None,
            email_verified: false,
            password: None,
            declared_password: None,
            password_changed_at: None,
            admin: false,
            may_register_clients: false,
            auditor: false,
            roles: BTreeSet::new(),
            groups: BTreeSet::new(),
            profile: Profile::default(),
            attributes: BTreeMap::new(),
            external_ids: Vec::new(),
            disabled_at: None,
            created_at: now,
            updated_at: now,
            managed: false,
            access_epoch: 0,
            kind: UserKind::Person,
            guardian: None,
        }
    }

    /// The name to address them by: full name, else username.
    pub fn display_name(&self) -> String {
        self.profile.full_name().unwrap_or_else(|| self.username.clone())
    }

    /// Whether it is a guest, of whom only a device is known.
    pub fn is_guest(&self) -> bool {
        matches!(self.kind, UserKind::Guest { .. })
    }

    /// Whether they are in somebody's care.
    pub fn is_minor(&self) -> bool {
        self.guardian.is_some()
    }

    /// Whether they may use the server now.
    pub fn is_enabled(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Whether they can administer the server now: an administrator without a password cannot even sign in.
    pub fn can_administer(&self) -> bool {
        self.admin && self.is_enabled() && self.password.is_some()
    }

    /// Ends every session and grant they have, in the commit that writes them.
    pub fn end_access(&mut self) {
        self.access_epoch = self.access_epoch.wrapping_add(1);
    }
}

/// How two names or addresses are compared: NFKC, lower case, no surrounding space. Two users never share one.
pub fn login_key(text: &str) -> String {
    text.trim().nfkc().flat_map(char::to_lowercase).nfkc().collect()
}

/// The standard claims a person fills in (OpenID Connect Core, section 5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is the claim of the same name")]
pub struct Profile {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub given_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub family_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub middle_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gender: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zoneinfo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_number_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
}

impl Profile {
    /// `name`, or what its parts make together.
    pub fn full_name(&self) -> Option<String> {
        if self.name.is_some() {
            return self.name.clone();
        }
        let parts = [&self.given_name, &self.middle_name, &self.family_name];
        let name = parts.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        (!name.is_empty()).then_some(name)
    }
}

/// A postal address (OpenID Connect Core, section 5.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "each field is the member of the same name")]
pub struct Address {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
}

/// A person's id in another system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalId {
    /// The system.
    pub provider: String,
    /// Their id there.
    pub user_id: String,
    /// When it was noted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
