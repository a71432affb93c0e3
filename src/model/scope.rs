//! Scopes: what a client may ask for (RFC 6749, section 3.3), and the sentence people read about each.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// One scope token: 1 to 128 characters of `%x21 / %x23-5B / %x5D-7E`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Scope(String);

/// The text is not a scope token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAScope;

impl fmt::Display for NotAScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected a scope: visible ASCII characters without space, quotation mark and backslash")
    }
}

impl std::error::Error for NotAScope {}

impl Scope {
    /// Asks for an ID token (OpenID Connect Core, section 3.1.2.1).
    pub const OPENID: &str = "openid";
    /// Name, picture and the like (OpenID Connect Core, section 5.4).
    pub const PROFILE: &str = "profile";
    /// The e-mail address (section 5.4).
    pub const EMAIL: &str = "email";
    /// The postal address (section 5.4).
    pub const ADDRESS: &str = "address";
    /// The telephone number (section 5.4).
    pub const PHONE: &str = "phone";
    /// The groups the person is in.
    pub const GROUPS: &str = "groups";
    /// The roles the person has.
    pub const ROLES: &str = "roles";
    /// A refresh token that outlives the browser session (section 11).
    pub const OFFLINE_ACCESS: &str = "offline_access";
    /// Signing its person in elsewhere; for clients of ours, which are granted it without asking.
    pub const AUTHORIZE: &str = "authorize";

    /// Reads one scope token.
    pub fn parse(text: &str) -> Result<Scope, NotAScope> {
        let plain = |b: u8| matches!(b, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        let fits = (1..=128).contains(&text.len()) && text.bytes().all(plain);
        if fits { Ok(Scope(text.to_owned())) } else { Err(NotAScope) }
    }

    /// The token as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for Scope {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Scope, D::Error> {
        Scope::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// A set of scopes, written with single spaces in alphabetical order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads a space-delimited list; repeated scopes count once.
    pub fn parse(text: &str) -> Result<Scopes, NotAScope> {
        text.split(' ').filter(|part| !part.is_empty()).map(Scope::parse).collect()
    }

    /// Whether `scope` is among them.
    pub fn has(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether all of these are among `other`.
    pub fn within(&self, other: &Scopes) -> bool {
        self.0.is_subset(&other.0)
    }

    /// Those that are also in `other`.
    pub fn common(&self, other: &Scopes) -> Scopes {
        self.0.intersection(&other.0).cloned().collect()
    }

    /// Those of both.
    pub fn union(&self, other: &Scopes) -> Scopes {
        self.0.union(&other.0).cloned().collect()
    }

    /// Those for which `keep` holds.
    pub fn filter(&self, keep: impl Fn(&Scope) -> bool) -> Scopes {
        self.0.iter().filter(|scope| keep(scope)).cloned().collect()
    }

    /// Each of them, in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &Scope> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromIterator<Scope> for Scopes {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Scopes {
        Scopes(scopes.into_iter().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (nth, scope) in self.0.iter().enumerate() {
            write!(f, "{}{}", if nth == 0 { "" } else { " " }, scope.as_str())?;
        }
        Ok(())
    }
}

impl Serialize for Scopes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scopes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Scopes, D::Error> {
        Scopes::parse(&String::deserialize(from)?).map_err(de::Error::custom)
    }
}

/// A scope as the deployment knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeDefinition {
    /// The token clients ask with.
    pub name: Scope,
    /// The sentence on the consent page, from the person's side: "See your projects".
    pub description: String,
    /// Claims it releases, by their names; for user attributes, the attribute's name.
    pub claims: Vec<String>,
    /// Whether the declared-state file manages it.
    #[serde(default)]
    pub managed: bool,
}

/// The scopes every deployment has, in the order people read them. Their claims are fixed by OpenID Connect Core,
/// section 5.4; an administrator may change only the sentence.
pub const BUILT_IN: [(&str, &str, &[&str]); 9] = [
    (Scope::OPENID, "Know that it is you", &[]),
    (
        Scope::PROFILE,
        "See your name and picture",
        &[
            "name",
            "given_name",
            "family_name",
            "middle_name",
            "nickname",
            "preferred_username",
            "profile",
            "picture",
            "website",
            "gender",
            "birthdate",
            "zoneinfo",
            "locale",
            "updated_at",
        ],
    ),
    (Scope::EMAIL, "See your e-mail address", &["email", "email_verified"]),
    (Scope::ADDRESS, "See your postal address", &["address"]),
    (Scope::PHONE, "See your telephone number", &["phone_number", "phone_number_verified"]),
    (Scope::GROUPS, "See the groups you are in", &["groups"]),
    (Scope::ROLES, "See the roles you have", &["roles"]),
    (Scope::OFFLINE_ACCESS, "Stay signed in without asking you again", &[]),
    (Scope::AUTHORIZE, "Sign you in to other applications", &[]),
];

/// Scopes nobody receives without naming them: identity, standing access, and those that administer.
pub fn by_name_only(scope: &str) -> bool {
    let named = matches!(scope, Scope::OPENID | Scope::OFFLINE_ACCESS | Scope::AUTHORIZE | "admin" | "administrative");
    named || scope.starts_with("admin:") || scope.starts_with("admin.")
}

/// Whether every deployment has this scope of itself.
pub fn is_built_in(name: &str) -> bool {
    BUILT_IN.iter().any(|(built_in, ..)| *built_in == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_a_set() {
        let scopes = Scopes::parse("profile openid  openid").unwrap();
        assert_eq!(scopes.to_string(), "openid profile");
        assert!(scopes.has("openid") && !scopes.has("OpenID"));
        assert!(Scopes::parse("open\"id").is_err() && Scopes::parse("tab\there").is_err());
        assert!(Scopes::parse("").unwrap().is_empty());
    }
}
