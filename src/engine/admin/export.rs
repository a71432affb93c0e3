//! What is stored, in the words of the declared-state file: hashes, never secrets.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::base::clock::Timestamp;
use crate::engine::{Denied, Engine};
use crate::model::client::{Client, ClientSecret};
use crate::model::group::Group;
use crate::model::scope::{self, ScopeDefinition};
use crate::model::user::User;
use crate::records::Record;
use crate::store::Order;

use super::fields::{self, Fields};
use super::{Actor, Listed};

/// How many records are read at a time.
const AT_A_TIME: usize = 500;

/// The nouns of the declared-state file, in its order.
pub const NOUNS: [&str; 5] = ["settings", "scopes", "groups", "users", "clients"];

/// What is stored: each noun with its records, each record with its fields.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Exported {
    /// In the order of the file.
    pub nouns: Vec<(&'static str, Vec<Fields>)>,
}

impl Engine {
    /// Everything a declared-state file can say of what is stored; only the nouns in `only`, unless that is empty.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn export(&self, _: &Actor, only: &BTreeSet<String>) -> Result<Exported, Denied> {
        let mut exported = Exported::default();
        for noun in NOUNS.into_iter().filter(|noun| only.is_empty() || only.contains(*noun)) {
            let items = match noun {
                "settings" => vec![without_nothing(fields::of_settings(&self.settings().await?))],
                "scopes" => self.each(scope_fields).await?,
                "groups" => self.each(|group: &Group| Some(without_nothing(fields::of_group(group)))).await?,
                "users" => self.each(|user: &User| (!user.is_guest()).then(|| user_fields(user))).await?,
                _ => self.each(|client: &Client| Some(client_fields(client, self.now()))).await?,
            };
            exported.nouns.push((noun, items));
        }
        Ok(exported)
    }

    async fn each<R: Record>(&self, fields: impl Fn(&R) -> Option<Fields>) -> Result<Vec<Fields>, Denied> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.ledger.list::<R>(Order::Ascending, after.as_deref(), AT_A_TIME).await?;
            let page: Listed<R> = page.into();
            all.extend(page.items.iter().filter_map(&fields));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(all),
            }
        }
    }
}

/// A scope every deployment has is worth a word only when its sentence was changed.
fn scope_fields(scope: &ScopeDefinition) -> Option<Fields> {
    let built_in = scope::BUILT_IN.iter().find(|(name, ..)| *name == scope.name.as_str());
    match built_in {
        Some((_, sentence, _)) if *sentence == scope.description => None,
        Some(_) => Some(fields::of_scope(scope).into_iter().filter(|(key, _)| *key != "claims").collect()),
        None => Some(fields::of_scope(scope)),
    }
}

fn user_fields(user: &User) -> Fields {
    let mut fields = without_nothing(fields::of_user(user));
    if let Some(password) = &user.password {
        fields.push(("password_hash", json!(password.as_str())));
    }
    fields
}

fn client_fields(client: &Client, now: Timestamp) -> Fields {
    let mut fields = fields::of_client(client);
    fields.retain(|(key, value)| *key != "disabled" || *value == Value::Bool(true));
    fields.retain(|(key, value)| *key != "required_factor" || !value.is_null());
    let secrets: Vec<Value> = client.live_secrets(now).map(secret_field).collect();
    match <[Value; 1]>::try_from(secrets) {
        Ok([Value::String(only)]) => fields.push(("secret_hash", Value::String(only))),
        Ok([ending]) => fields.push(("secret_hash", Value::Array(vec![ending]))),
        Err(none) if none.is_empty() && client.is_public() => {}
        Err(several) => fields.push(("secret_hash", Value::Array(several))),
    }
    fields
}

fn secret_field(secret: &ClientSecret) -> Value {
    let hash = secret.hash.to_text();
    let end = secret.expires_at.and_then(|end| OffsetDateTime::from_unix_timestamp(end.0).ok());
    match end.and_then(|end| end.format(&Rfc3339).ok()) {
        Some(end) => json!({ "hash": hash, "expires_at": end }),
        None => Value::String(hash),
    }
}

/// What takes its default anyway is left out.
fn without_nothing(fields: Fields) -> Fields {
    let nothing = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    };
    fields.into_iter().filter(|(_, value)| !nothing(value)).collect()
}
