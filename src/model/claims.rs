//! The `claims` request parameter (OpenID Connect Core, section 5.5).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Claims asked for one by one, beside those that scopes release.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimsRequest {
    /// To be returned from the UserInfo endpoint.
    #[serde(default)]
    pub userinfo: BTreeMap<String, ClaimDemand>,
    /// To be returned in the ID token.
    #[serde(default)]
    pub id_token: BTreeMap<String, ClaimDemand>,
}

/// How a single claim is asked for (section 5.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimDemand {
    /// Whether the client says it cannot do without.
    #[serde(default)]
    pub essential: bool,
    /// The values it would accept; empty: any.
    #[serde(default)]
    pub values: Vec<Value>,
}

impl ClaimsRequest {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.userinfo.is_empty() && self.id_token.is_empty()
    }

    /// Reads the parameter: a JSON object whose members `userinfo` and `id_token` are objects of `null` or
    /// `{essential, value, values}`. Other members are ignored, as section 5.5 says. `None` if it is not that.
    pub fn parse(text: &str) -> Option<ClaimsRequest> {
        let Value::Object(mut members) = serde_json::from_str(text).ok()? else { return None };
        Some(ClaimsRequest {
            userinfo: demands(members.remove("userinfo"))?,
            id_token: demands(members.remove("id_token"))?,
        })
    }
}

fn demands(member: Option<Value>) -> Option<BTreeMap<String, ClaimDemand>> {
    match member {
        None | Some(Value::Null) => Some(BTreeMap::new()),
        Some(Value::Object(claims)) => {
            claims.into_iter().map(|(name, demand)| Some((name, one_demand(demand)?))).collect()
        }
        Some(_) => None,
    }
}

fn one_demand(demand: Value) -> Option<ClaimDemand> {
    let mut members = match demand {
        Value::Null => return Some(ClaimDemand::default()),
        Value::Object(members) => members,
        _ => return None,
    };
    let essential = match members.remove("essential") {
        None => false,
        Some(value) => value.as_bool()?,
    };
    let values = match (members.remove("value"), members.remove("values")) {
        (Some(one), None) => vec![one],
        (None, Some(Value::Array(many))) => many,
        (None, None) => Vec::new(),
        _ => return None,
    };
    Some(ClaimDemand { essential, values })
}
