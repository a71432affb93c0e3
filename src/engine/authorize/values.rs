//! What a scope or claim would tell about a person today, in words for that person.

use serde_json::Value;
use time::OffsetDateTime;
use time::macros::format_description;

use crate::engine::claims::claim;
use crate::model::user::User;

/// One thing that would be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What it is, in a word or two: "Date of birth".
    pub what: String,
    /// The value itself.
    pub value: String,
}

/// Everything these claims would tell, in their order. What is not known is left out, here as in the answers.
pub(super) fn of_claims(user: &User, claims: &[String]) -> Vec<Told> {
    let told = |name: &String| Some(Told { what: label(name), value: of_claim(user, name)? });
    claims.iter().filter_map(told).collect()
}

/// The value people read beside a claim; `None` when it is not known.
fn of_claim(user: &User, name: &str) -> Option<String> {
    match name {
        "updated_at" => day(user.updated_at.0),
        "external_ids" => {
            let ids = user.external_ids.iter().map(|id| {
                let times = [("since", id.created_at.0), ("changed", id.updated_at.0)];
                let times = times.into_iter().filter_map(|(word, at)| Some(format!("{word} {}", day(at)?)));
                format!("{} {} ({})", id.provider, id.user_id, times.collect::<Vec<_>>().join(", "))
            });
            joined(ids, ", ")
        }
        _ => claim(user, name).and_then(|value| in_words(&value)),
    }
}

fn day(at: i64) -> Option<String> {
    let at = OffsetDateTime::from_unix_timestamp(at).ok()?;
    at.format(format_description!("[day padding:none] [month repr:long] [year]")).ok()
}

fn in_words(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::Bool(true) => Some("yes".to_owned()),
        Value::Bool(false) => Some("no".to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => joined(text.lines().map(str::to_owned), ", "),
        Value::Array(items) => joined(items.iter().filter_map(in_words), ", "),
        Value::Object(members) => {
            let formatted = members.get("formatted").and_then(in_words).unwrap_or_default();
            // An address is told whole and in parts; a part that the whole shows already is not shown twice.
            let parts = members.iter().filter(|(name, _)| *name != "formatted").filter_map(|(_, part)| in_words(part));
            let news = parts.filter(|part| !formatted.contains(part.as_str())).collect::<Vec<_>>();
            joined([formatted.clone()].into_iter().chain(news), ", ")
        }
    }
}

/// What a claim is called where its value stands beside it. A claim of the deployment's own is called by its name.
fn label(claim: &str) -> String {
    let words = match claim {
        "name" => "Full name",
        "preferred_username" => "Username",
        "profile" => "Profile page",
        "birthdate" => "Date of birth",
        "zoneinfo" => "Time zone",
        "locale" => "Language",
        "updated_at" => "Last changed",
        "email" => "E-mail address",
        "address" => "Postal address",
        "phone_number" => "Telephone",
        "email_verified" | "phone_number_verified" => "Verified",
        "external_ids" => "Ids elsewhere",
        _ => {
            let words = claim.replace('_', " ");
            let mut letters = words.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            return first + letters.as_str();
        }
    };
    words.to_owned()
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
        "roles" => "the roles you have",
        "external_ids" => "your ids in other systems",
        _ => return None,
    };
    Some(format!("See {what}"))
}
