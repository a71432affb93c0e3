//! What a scope or claim would tell about a person today, in words for that person.

use serde_json::Value;

use crate::engine::claims::claim;
use crate::model::scope::Scope;
use crate::model::user::User;

/// The value people read beside a scope; `None` when there is nothing to tell.
pub(super) fn of_scope(user: &User, scope: &str, claims: &[String]) -> Option<String> {
    match scope {
        Scope::PROFILE => Some(user.display_name()),
        Scope::EMAIL => of_claim(user, "email"),
        Scope::PHONE => of_claim(user, "phone_number"),
        _ => joined(claims.iter().filter_map(|claim| of_claim(user, claim)), " · "),
    }
}

/// The value people read beside a claim; `None` when it is not known.
pub(super) fn of_claim(user: &User, name: &str) -> Option<String> {
    claim(user, name).and_then(|value| in_words(&value))
}

fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => joined(text.lines().map(str::to_owned), ", "),
        Value::Array(items) => joined(items.iter().filter_map(in_words), ", "),
        Value::Object(members) => match members.get("formatted") {
            Some(formatted) => in_words(formatted),
            None => joined(members.values().filter_map(in_words), ", "),
        },
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> Option<String> {
    let parts: Vec<String> = parts.filter(|part| !part.trim().is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(between))
}

/// The sentence people read about a claim that is asked for by itself.
pub(super) fn sentence_of_claim(claim: &str) -> Option<String> {
    let what = match claim {
        "name" => "your full name",
        "given_name" => "your given name",
        "family_name" => "your family name",
        "middle_name" => "your middle name",
        "nickname" => "your nickname",
        "preferred_username" => "your username",
        "profile" => "your profile page",
        "picture" => "your picture",
        "website" => "your website",
        "gender" => "your gender",
        "birthdate" => "your date of birth",
        "zoneinfo" => "your time zone",
        "locale" => "your language",
        "updated_at" => "when your profile last changed",
        "email" => "your e-mail address",
        "email_verified" => "whether your e-mail address is verified",
        "address" => "your postal address",
        "phone_number" => "your telephone number",
        "phone_number_verified" => "whether your telephone number is verified",
        "groups" => "the groups you are in",
        "external_ids" => "your ids in other systems",
        _ => return None,
    };
    Some(format!("See {what}"))
}
