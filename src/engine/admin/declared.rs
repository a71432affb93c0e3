//! What a declared-state file says, read but not yet compared with what is. The roof reads files; this is what it hands on.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::model::client::{Client, SecretHash};
use crate::model::credential::PasswordHash;
use crate::model::scope::ScopeDefinition;
use crate::model::settings::Settings;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;

/// One thing that is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The line, counted from one.
    pub line: usize,
    /// The key, as in `clients[0].grants[1]`; empty when the file is no TOML there.
    pub key: String,
    /// What is wrong, and what was expected.
    pub sentence: String,
}

/// Where in a file something stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its line.
    pub line: usize,
    /// Its name, as in `clients[0]`.
    pub path: String,
    /// The lines of its keys.
    pub lines: BTreeMap<String, usize>,
}

impl Place {
    /// A problem with one key of it.
    pub fn problem(&self, key: &str, sentence: impl Into<String>) -> Problem {
        let line = self.lines.get(key).copied().unwrap_or(self.line);
        Problem { line, key: format!("{}.{key}", self.path), sentence: sentence.into() }
    }
}

/// Everything a file declares.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Declared {
    /// The settings, if it has any.
    pub settings: Option<DeclaredSettings>,
    /// The scopes.
    pub scopes: Vec<DeclaredScope>,
    /// The groups.
    pub groups: Vec<DeclaredGroup>,
    /// The users.
    pub users: Vec<DeclaredUser>,
    /// The clients.
    pub clients: Vec<DeclaredClient>,
}

/// The settings, with their defaults where the file says nothing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredSettings {
    /// Where they stand.
    pub place: Place,
    /// What they shall be; the issuer counts for nothing here.
    pub settings: Settings,
}

/// A scope.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredScope {
    /// Where it stands.
    pub place: Place,
    /// What it shall be.
    pub scope: ScopeDefinition,
}

/// A group.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredGroup {
    /// Where it stands.
    pub place: Place,
    /// Its name.
    pub name: String,
    /// What its members must sign in with.
    #[serde(default)]
    pub required_factor: RequiredFactor,
}

/// A user, known by their username.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredUser {
    /// Where they stand.
    pub place: Place,
    /// What they shall be; id, password, times and what is `None` below count for nothing here.
    pub user: User,
    /// Their id, if the file says it.
    pub id: Option<UserId>,
    /// Their password, if the file says it; left alone otherwise.
    pub password: Option<DeclaredPassword>,
    /// Whether the file says what is in their profile; what they wrote themselves is left alone otherwise.
    pub profile: bool,
    /// Whether they are switched off, if the file says so; left alone otherwise.
    pub disabled: Option<bool>,
}

/// A client, known by its id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredClient {
    /// Where it stands.
    pub place: Place,
    /// What it shall be; secrets, times and what is `None` below count for nothing here.
    pub client: Client,
    /// Its client key, if the file says it; left alone or generated otherwise.
    pub client_key: Option<String>,
    /// Whether the file says its access keys: these and no others. Left alone otherwise.
    pub access_keys: bool,
    /// Its secrets, if the file says them: these and no others. Left alone otherwise.
    pub secrets: Option<Vec<DeclaredSecret>>,
    /// Whether it is switched off, if the file says so; left alone otherwise.
    pub disabled: Option<bool>,
}

/// A password as a file says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DeclaredPassword {
    /// The password itself.
    Plain(#[serde(with = "exposed")] Secret),
    /// What is kept of it.
    Hash(PasswordHash),
}

/// A client secret as a file says it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeclaredSecret {
    /// The secret, or what is kept of it.
    pub value: DeclaredSecretValue,
    /// When it ends, if ever.
    pub expires_at: Option<Timestamp>,
}

/// The secret, or what is kept of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum DeclaredSecretValue {
    /// The secret itself.
    Plain(#[serde(with = "exposed")] Secret),
    /// What is kept of it.
    Hash(SecretHash),
}

/// How a declared secret crosses the socket between the command line and a running server of the same user; it is never
/// stored so.
mod exposed {
    use serde::{Deserialize, Deserializer, Serializer};

    use crate::base::secret::Secret;

    pub(super) fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}
