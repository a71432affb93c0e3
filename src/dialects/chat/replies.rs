//! Engine → wire: what success looks like. The two token answers spell `token_type` in two ways, as they were published.

use std::collections::BTreeMap;

use poem_openapi::Object;
use serde::Serialize;

use crate::engine::resource::AboutPerson;
use crate::engine::token::Issued;

/// What a code was redeemed for.
#[derive(Object, Serialize)]
#[oai(rename = "RedemptionResponse", skip_serializing_if_is_none)]
pub struct RedemptionBody {
    /// The access token.
    pub access_token: String,
    /// `bearer`.
    pub token_type: String,
    /// A refresh token, if the client gets one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// How many seconds the access token lives.
    pub expires_in: u64,
}

impl From<&Issued> for RedemptionBody {
    fn from(issued: &Issued) -> RedemptionBody {
        RedemptionBody {
            access_token: issued.access_token.expose().to_owned(),
            token_type: "bearer".to_owned(),
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            expires_in: issued.expires_in,
        }
    }
}

/// Renewed tokens.
#[derive(Object, Serialize)]
#[oai(rename = "RenewalResponse", skip_serializing_if_is_none)]
pub struct RenewalBody {
    /// The access token.
    pub access_token: String,
    /// The refresh token that takes the place of the one presented.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refresh_token: Option<String>,
    /// `Bearer`.
    pub token_type: String,
    /// How many seconds the access token lives.
    pub expires_in: u64,
}

impl From<&Issued> for RenewalBody {
    fn from(issued: &Issued) -> RenewalBody {
        RenewalBody {
            access_token: issued.access_token.expose().to_owned(),
            refresh_token: issued.refresh_token.as_ref().map(|token| token.expose().to_owned()),
            token_type: "Bearer".to_owned(),
            expires_in: issued.expires_in,
        }
    }
}

/// Who the visitor is.
#[derive(Object, Serialize)]
#[oai(rename = "VisitorResponse", skip_serializing_if_is_none)]
#[serde(rename_all = "camelCase")]
pub struct MeBody {
    /// The person.
    pub user: UserBody,
    /// What was released about them as a customer.
    #[oai(rename = "consumerCustomFields")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_custom_fields: Option<BTreeMap<String, String>>,
    /// What was released about how to reach them.
    #[oai(rename = "consumerContactCustomFields")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consumer_contact_custom_fields: Option<BTreeMap<String, String>>,
}

/// A person.
#[derive(Object, Serialize)]
#[oai(rename = "User", skip_serializing_if_is_none)]
#[serde(rename_all = "camelCase")]
pub struct UserBody {
    /// Their id.
    pub id: String,
    /// Their given name.
    #[oai(rename = "firstName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    /// Their family name.
    #[oai(rename = "lastName")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
}

impl From<AboutPerson> for MeBody {
    fn from(person: AboutPerson) -> MeBody {
        let told = |fields: BTreeMap<String, String>| (!fields.is_empty()).then_some(fields);
        MeBody {
            user: UserBody {
                id: person.id.as_str().to_owned(),
                first_name: person.given_name,
                last_name: person.family_name,
            },
            consumer_custom_fields: told(person.consumer),
            consumer_contact_custom_fields: told(person.contact),
        }
    }
}

/// A refusal.
#[derive(Object, Serialize)]
#[oai(rename = "ErrorResponse")]
pub struct ErrorBody {
    /// What is wrong, as far as it is said.
    pub message: String,
}
