//! What is said about a person, and to whom (OpenID Connect Core, section 5).
//!
//! Scopes release claims by name: the built-in ones as section 5.4 says, the deployment's own as their definitions say. A
//! claim asked for by itself (section 5.5) is told only if a scope that the client may have would release it too.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::scope::{BUILT_IN, ScopeDefinition, Scopes, is_built_in};
use crate::model::user::{ExternalId, User};
use crate::store::Fault;

use super::Engine;
use super::mint::Act;

/// Every claim that this server can tell of a person by itself; what discovery lists.
pub const STANDARD: [&str; 23] = [
    "sub",
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
    "email",
    "email_verified",
    "address",
    "phone_number",
    "phone_number_verified",
    "groups",
    "roles",
    "external_ids",
];

/// Names with a meaning of their own in tokens; no attribute may take their place.
const RESERVED: [&str; 21] = [
    "iss",
    "sub",
    "act",
    "aud",
    "exp",
    "nbf",
    "iat",
    "jti",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
    "scope",
    "client_id",
    "cnf",
    "token_use",
];

/// Names of claims.
pub(super) type Names = BTreeSet<String>;

impl Engine {
    /// What the UserInfo endpoint tells `client` about `user`, `sub` included.
    pub(super) async fn claims_for_userinfo(
        &self,
        grant: &Grant,
        scopes: &Scopes,
        user: &User,
        client: &Client,
    ) -> Result<Map<String, Value>, Fault> {
        let mut names = self.names_released_by(scopes).await?;
        names.extend(self.names_asked(grant.claims.userinfo.keys(), client).await?);
        let mut claims = about(user, &names);
        claims.insert("sub".to_owned(), json!(user.id));
        if let Some(act) = Act::of(grant) {
            claims.insert("act".to_owned(), json!(act));
        }
        Ok(claims)
    }

    /// What was asked for the ID token claim by claim, as far as it may be told and is known.
    pub(super) async fn claims_asked_for_id_token(
        &self,
        grant: &Grant,
        user: &User,
        client: &Client,
    ) -> Result<Map<String, Value>, Fault> {
        Ok(about(user, &self.names_asked(grant.claims.id_token.keys(), client).await?))
    }

    /// Those of the claims asked for by themselves that `client` may be told.
    pub(super) async fn names_asked(
        &self,
        asked: impl Iterator<Item = &String>,
        client: &Client,
    ) -> Result<Names, Fault> {
        let asked: Vec<&String> = asked.collect();
        if asked.is_empty() {
            return Ok(Names::new());
        }
        let allowed = self.names_released_by(&client.scopes).await?;
        Ok(asked.into_iter().filter(|name| allowed.contains(*name)).cloned().collect())
    }

    /// The claims that these scopes release.
    async fn names_released_by(&self, scopes: &Scopes) -> Result<Names, Fault> {
        let built_in = BUILT_IN.iter().filter(|(scope, ..)| scopes.has(scope));
        let mut names: Names = built_in.flat_map(|(_, _, claims)| *claims).map(|name| (*name).to_owned()).collect();
        if scopes.has("profile") {
            names.insert("external_ids".to_owned());
        }
        let own: Vec<String> =
            scopes.iter().filter(|scope| !is_built_in(scope.as_str())).map(|scope| scope.as_str().to_owned()).collect();
        if !own.is_empty() {
            let definitions = self.ledger.find_all::<ScopeDefinition>(&own).await?;
            names.extend(definitions.into_iter().flatten().flat_map(|scope| scope.claims.clone()));
        }
        Ok(names)
    }
}

/// Those of the named claims that are known about `user`.
fn about(user: &User, names: &Names) -> Map<String, Value> {
    names.iter().filter_map(|name| Some((name.clone(), claim(user, name)?))).collect()
}

/// One claim, if it is known; an unknown one is left out, never empty (section 5.3.2).
pub(super) fn claim(user: &User, name: &str) -> Option<Value> {
    if RESERVED.contains(&name) {
        return None;
    }
    let profile = &user.profile;
    let text = |value: &Option<String>| value.as_ref().map(|text| json!(text));
    match name {
        "name" => profile.full_name().map(Value::from),
        "given_name" => text(&profile.given_name),
        "family_name" => text(&profile.family_name),
        "middle_name" => text(&profile.middle_name),
        "nickname" => text(&profile.nickname),
        "preferred_username" => Some(json!(user.username)),
        "profile" => text(&profile.profile),
        "picture" => text(&profile.picture),
        "website" => text(&profile.website),
        "gender" => text(&profile.gender),
        "birthdate" => text(&profile.birthdate),
        "zoneinfo" => text(&profile.zoneinfo),
        "locale" => text(&profile.locale),
        "updated_at" => Some(json!(user.updated_at)),
        "email" => text(&user.email),
        "email_verified" => user.email.as_ref().map(|_| json!(user.email_verified)),
        "address" => profile.address.as_ref().map(|address| json!(address)),
        "phone_number" => text(&profile.phone_number),
        "phone_number_verified" => {
            profile.phone_number.as_ref().map(|_| json!(profile.phone_number_verified.unwrap_or(false)))
        }
        "groups" => Some(json!(user.groups)),
        "roles" => Some(json!(user.roles)),
        "external_ids" => (!user.external_ids.is_empty()).then(|| user.external_ids.iter().map(external).collect()),
        attribute => user.attributes.get(attribute).map(|value| json!(value)),
    }
}

fn external(id: &ExternalId) -> Value {
    json!({
        "provider": id.provider,
        "user_id": id.user_id,
        "created_at": id.created_at,
        "updated_at": id.updated_at,
    })
}
