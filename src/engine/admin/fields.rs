//! Each noun as a list of fields, in the words and the order of the declared-state file. Audit records, the report of
//! `apply` and `export` all speak from these lists, so they never disagree about what a field is called.

use serde::Serialize;
use serde_json::{Value, json};

use crate::model::audit::AuditRecord;
use crate::model::client::{AccessKey, Client};
use crate::model::group::Group;
use crate::model::scope::ScopeDefinition;
use crate::model::settings::Settings;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;

/// The fields of one noun: key and value.
pub type Fields = Vec<(&'static str, Value)>;

/// One field that changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, serde::Deserialize)]
pub struct FieldChange {
    /// Its key in the declared-state file.
    pub field: String,
    /// What it was, in words; `None`: nothing.
    pub from: Option<String>,
    /// What it is now, in words; `None`: nothing.
    pub to: Option<String>,
}

/// The fields of a client, its secrets left out.
pub fn of_client(client: &Client) -> Fields {
    vec![
        ("id", text(&client.id)),
        ("client_key", text(&client.client_key)),
        ("name", text(&client.name)),
        ("type", text(client.kind.name())),
        ("disabled", json!(client.disabled_at.is_some())),
        ("dialects", client.faces.iter().map(|face| text(face.as_str())).collect()),
        ("redirect_uris", client.redirect_uris.iter().map(|uri| text(uri.as_str())).collect()),
        ("post_logout_redirect_uris", client.post_logout_redirect_uris.iter().map(|uri| text(uri.as_str())).collect()),
        ("origins", json!(client.origins)),
        ("grants", client.grants.iter().map(|grant| text(grant.name())).collect()),
        ("scopes", client.scopes.iter().map(|scope| text(scope.as_str())).collect()),
        ("groups", json!(client.groups)),
        ("consent", json!(client.consent)),
        ("required_factor", required(client.required_factor)),
        ("first_party", json!(client.first_party)),
        ("require_pkce", json!(client.needs_pkce())),
        ("require_device_id", json!(client.require_device_id)),
        ("released_attributes", released(client)),
        ("account_id", text(&client.account_id)),
        ("access_keys", client.access_keys.iter().map(access_key).collect()),
        ("id_token_alg", json!(client.id_token_alg)),
        ("access_token", json!(client.access_token)),
        ("access_token_alg", json!(client.access_token_alg)),
        ("claims_profile", json!(client.claims_profile)),
        ("audience", json!(client.audience)),
        ("code_ttl", json!(client.code_ttl)),
        ("access_ttl", json!(client.access_ttl)),
        ("refresh_ttl", json!(client.refresh_ttl)),
        ("refresh_grace", json!(client.refresh_grace)),
    ]
}

fn released(client: &Client) -> Value {
    let released = &client.released_attributes;
    if released.is_empty() {
        Value::Null
    } else {
        json!({ "consumer": released.consumer, "contact": released.contact })
    }
}

/// A public key as a JWK (RFC 7517, section 4).
fn access_key(key: &AccessKey) -> Value {
    json!({ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": key.kid, "x": key.x, "y": key.y })
}

/// The fields of a user, the password left out.
pub fn of_user(user: &User) -> Fields {
    let external = user.external_ids.iter().map(|id| json!({ "provider": id.provider, "user_id": id.user_id }));
    vec![
        ("id", text(&user.id)),
        ("username", text(&user.username)),
        ("email", json!(user.email)),
        ("email_verified", json!(user.email_verified)),
        ("disabled", json!(user.disabled_at.is_some())),
        ("admin", json!(user.admin)),
        ("may_register_clients", json!(user.may_register_clients)),
        ("auditor", json!(user.auditor)),
        ("roles", json!(user.roles)),
        ("groups", json!(user.groups)),
        ("profile", json!(user.profile)),
        ("attributes", json!(user.attributes)),
        ("external_ids", external.collect()),
    ]
}

/// The fields of a scope.
pub fn of_scope(scope: &ScopeDefinition) -> Fields {
    vec![
        ("name", text(scope.name.as_str())),
        ("description", text(&scope.description)),
        ("claims", json!(scope.claims)),
    ]
}

/// The fields of the settings that administrators decide.
pub fn of_settings(settings: &Settings) -> Fields {
    vec![
        ("name", text(&settings.name)),
        ("account_url", json!(settings.account_url)),
        ("self_registration", json!(settings.self_registration)),
        ("client_registration", json!(settings.client_registration)),
        ("password_min_length", json!(settings.password_min_length)),
        ("required_factor", required(settings.required_factor)),
        ("sign_in_by_mail", json!(settings.sign_in_by_mail)),
        ("user_verification", text(settings.user_verification.name())),
        ("impersonation", json!(settings.impersonation)),
        ("dialects", json!(settings.dialects)),
    ]
}

/// The fields of a group.
pub fn of_group(group: &Group) -> Fields {
    vec![("name", text(&group.name)), ("required_factor", required(group.required_factor))]
}

/// What is demanded of those who sign in; nothing where nothing is.
fn required(factor: RequiredFactor) -> Value {
    if factor == RequiredFactor::None { Value::Null } else { text(factor.name()) }
}

/// What differs between two lists of the same noun. An empty `before` makes everything that is not empty a change.
pub fn diff(before: &Fields, after: &Fields) -> Vec<FieldChange> {
    let was = |key: &str| before.iter().find(|(name, _)| *name == key).and_then(|(_, value)| in_words(value));
    let all =
        after.iter().map(|(key, value)| FieldChange { field: (*key).to_owned(), from: was(key), to: in_words(value) });
    all.filter(|change| change.from != change.to && !(before.is_empty() && change.to.as_deref() == Some("no")))
        .collect()
}

/// A value as people read it; `None` for nothing at all.
fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
        Value::String(text) if text.is_empty() => None,
        Value::String(text) => Some(text.clone()),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().filter_map(in_words).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => None,
        Value::Object(members) => {
            let each = members.iter().filter_map(|(name, value)| Some(format!("{name}: {}", in_words(value)?)));
            Some(each.collect::<Vec<_>>().join("; "))
        }
        Value::Number(number) => Some(number.to_string()),
    }
}

fn text(text: impl ToString) -> Value {
    Value::String(text.to_string())
}

/// The longest value an audit record carries, in characters.
const LONGEST_DETAIL: usize = 400;
/// What people say about themselves is named in the log when it changes, and not repeated there.
const PERSONAL: [&str; 3] = ["profile", "attributes", "external_ids"];

impl AuditRecord {
    /// The same record, with each change as a detail.
    pub(crate) fn with_changes(mut self, changes: &[FieldChange]) -> AuditRecord {
        for change in changes {
            let detail = match (&change.from, &change.to) {
                _ if PERSONAL.contains(&change.field.as_str()) => "changed".to_owned(),
                (None, Some(to)) => shortened(to),
                (Some(from), None) => format!("{} → nothing", shortened(from)),
                (Some(from), Some(to)) => format!("{} → {}", shortened(from), shortened(to)),
                (None, None) => continue,
            };
            self.details.insert(change.field.clone(), detail);
        }
        self
    }
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LONGEST_DETAIL {
        return text.to_owned();
    }
    text.chars().take(LONGEST_DETAIL).chain(['…']).collect()
}
