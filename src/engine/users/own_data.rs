//! Everything that is kept about a person, for themselves to take along. No secrets: what opens an account is no data about
//! its owner.

use serde_json::{Map, Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::base::clock::Timestamp;
use crate::engine::{Denied, Engine};
use crate::model::audit::{AuditActor, AuditRecord};
use crate::model::factors::Factors;
use crate::model::session::Session;
use crate::model::user::User;
use crate::store::{Fault, Order};

use super::device;
use super::fresh::Fresh;

/// How many events are taken along at the most: the newest.
pub const MOST_EVENTS: usize = 20_000;
/// How many records are read at once.
const PAGE: usize = 500;

impl Engine {
    /// Everything that is kept about `who`, as one JSON object. Moments are written as in RFC 3339.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn own_data(&self, who: &Fresh) -> Result<Value, Denied> {
        let (signed_in, user) = (who.signed_in(), who.user());
        let (_, factors) = self.factors_kept(&user.id).await?;
        let (events, complete) = self.own_events(user).await?;
        Ok(json!({
            "made_at": moment(self.now()),
            "issuer": self.identity.issuer,
            "account": account(user),
            "unconfirmed_email": self.address_to_confirm(user).await?.map(|link| json!({
                "email": link.email, "until": moment(link.expires_at),
            })),
            "factors": factors_without_secrets(&factors),
            "sessions": self.open_sessions(&user.id).await?.iter().map(|kept| session(kept)).collect::<Vec<_>>(),
            "consents": self.own_consents(user).await?,
            "grants": self.own_grants(user).await?,
            "programs": self.own_clients(signed_in).await?.into_iter().map(|one| json!({
                "client_id": one.id, "name": one.name, "registered_at": moment(one.created_at),
                "last_used_at": one.last_used_at.map(moment), "disabled": one.disabled,
            })).collect::<Vec<_>>(),
            "in_care": self.in_care(signed_in).await?.into_iter().map(|one| json!({
                "id": one.id, "name": one.name, "username": one.username, "since": moment(one.since),
            })).collect::<Vec<_>>(),
            "activity": events,
            "activity_is_complete": complete,
        }))
    }

    async fn own_consents(&self, user: &User) -> Result<Vec<Value>, Fault> {
        let consents = self.consents_of(&user.id).await?;
        let names = self.names_of_clients(consents.iter().map(|one| &one.client)).await?;
        let told = consents.iter().map(|one| {
            json!({
                "client_id": one.client, "application": names.get(&one.client), "scopes": one.scopes, "claims": one.claims,
                "since": moment(one.since), "updated_at": moment(one.updated_at),
            })
        });
        Ok(told.collect())
    }

    async fn own_grants(&self, user: &User) -> Result<Vec<Value>, Fault> {
        let (now, grants) = (self.now(), self.grants_of(&user.id, None).await?);
        let names = self.names_of_clients(grants.iter().map(|one| &one.client)).await?;
        let told = grants.iter().map(|one| {
            json!({
                "client_id": one.client, "application": names.get(&one.client), "scopes": one.scopes,
                "given_at": moment(one.created_at), "until": moment(one.expires_at), "while_away": one.offline,
                "live": one.is_live(now) && one.is_of(user), "device_id": one.device_id,
                "while_an_administrator_acted": one.actor.is_some(),
            })
        });
        Ok(told.collect())
    }

    /// The activity about `user`, the newest first, and whether it is all of it.
    async fn own_events(&self, user: &User) -> Result<(Vec<Value>, bool), Fault> {
        let (mine, mut all, mut after) = (format!("{}\0", user.id), Vec::new(), None::<String>);
        while all.len() < MOST_EVENTS {
            let page =
                self.ledger.list_by::<AuditRecord>("user", &mine, Order::Descending, after.as_deref(), PAGE).await?;
            all.extend(page.items.iter().map(|kept| event(kept, user)));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok((all, true)),
            }
        }
        Ok((all, false))
    }
}

fn account(user: &User) -> Value {
    json!({
        "sub": user.id,
        "username": user.username,
        "email": user.email,
        "email_verified": user.email_verified,
        "profile": user.profile,
        "groups": user.groups,
        "roles": user.roles,
        "administrator": user.admin,
        "auditor": user.auditor,
        "may_register_clients": user.may_register_clients,
        "attributes": user.attributes,
        "external_ids": user.external_ids.iter().map(|one| json!({
            "provider": one.provider, "user_id": one.user_id,
            "created_at": moment(one.created_at), "updated_at": moment(one.updated_at),
        })).collect::<Vec<_>>(),
        "guardian": user.guardian,
        "managed_by_a_file": user.managed,
        "password": { "set": user.password.is_some(), "changed_at": user.password_changed_at.map(moment) },
        "created_at": moment(user.created_at),
        "updated_at": moment(user.updated_at),
    })
}

fn factors_without_secrets(factors: &Factors) -> Value {
    json!({
        "authenticator": factors.totp.as_ref().map(|one| json!({
            "since": moment(one.since), "last_used_at": one.last_used_at.map(moment),
        })),
        "recovery_codes": factors.recovery_codes.as_ref().map(|codes| json!({
            "made_at": moment(codes.made_at), "made": codes.codes.len(), "left": factors.recovery_codes_left(),
        })),
        "passkeys": factors.passkeys.iter().map(|one| json!({
            "name": one.name, "created_at": moment(one.created_at), "last_used_at": one.last_used_at.map(moment),
            "backed_up": one.backed_up, "verifies_owner": one.verifies, "discoverable": one.discoverable,
        })).collect::<Vec<_>>(),
        "passkey_suggested": factors.passkey_suggested,
        "remembered_browsers": factors.devices.iter().map(|one| json!({
            "device": one.device, "since": moment(one.since), "until": moment(one.expires_at),
        })).collect::<Vec<_>>(),
    })
}

fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "device": device::of(session),
        // Where an administrator was who acted for them is that one's affair.
        "user_agent": session.acting.is_none().then_some(&session.user_agent),
        "address": session.acting.is_none().then_some(&session.address),
        "began_at": moment(session.created_at),
        "last_seen_at": moment(session.last_seen_at),
        "until": moment(session.expires_at),
        "proved": { "at": moment(session.authentication.at), "by": session.authentication.amr },
        "acting": session.acting.as_ref().map(|acting| json!({
            "administrator": acting.name, "reason": acting.reason,
        })),
    })
}

fn event(record: &AuditRecord, user: &User) -> Value {
    // Who else did it is their affair; that it was somebody else is not.
    let by = match &record.actor {
        AuditActor::User(id) if *id == user.id => "you",
        AuditActor::User(_) => "another person",
        AuditActor::Client(_) => "an application",
        AuditActor::Host | AuditActor::File | AuditActor::Server => "this server",
        AuditActor::Nobody => "nobody signed in",
    };
    let mut told = Map::new();
    told.insert("at".into(), moment(record.at).into());
    told.insert("what".into(), record.kind.name().into());
    told.insert("by".into(), by.into());
    told.insert("client_id".into(), json!(record.client));
    // Where somebody else was when they did it is their affair too.
    let theirs = matches!(&record.actor, AuditActor::User(id) if *id != user.id);
    told.insert("address".into(), json!(record.address.as_ref().filter(|_| !theirs)));
    told.insert("details".into(), json!(record.details));
    Value::Object(told)
}

/// `at` as in RFC 3339; the bare number of a moment beyond its reach.
fn moment(at: Timestamp) -> String {
    let written = OffsetDateTime::from_unix_timestamp(at.0).ok().and_then(|at| at.format(&Rfc3339).ok());
    written.unwrap_or_else(|| at.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, relay};
    use crate::model::settings::Settings;

    #[tokio::test]
    async fn an_address_that_waits_to_be_confirmed_is_in_it() {
        let house = House::new().await;
        house.keep(&Settings { smtp: Some(relay()), ..Settings::default() }).await;
        house.person("alice").await;
        let alice = house.sign_in("alice", PASSWORD).await.unwrap().signed_in;
        let fresh = house.engine.fresh(&alice).await.unwrap();
        assert!(house.engine.own_data(&fresh).await.unwrap()["unconfirmed_email"].is_null());
        house.engine.change_my_address(&caller("192.0.2.1"), &fresh, "new@example.net").await.unwrap();
        let data = house.engine.own_data(&fresh).await.unwrap();
        assert_eq!(data["unconfirmed_email"]["email"], "new@example.net");
        assert_eq!(data["unconfirmed_email"]["until"], "2027-01-16T08:00:00Z");
        assert!(!data.to_string().contains("ea_"), "the link is not in it");
    }

    #[tokio::test]
    async fn all_that_is_kept_is_in_it_and_no_secret() {
        let house = House::new().await;
        let alice = house.person("alice").await;
        let new = house.sign_in("alice", PASSWORD).await.unwrap();
        let fresh = house.engine.fresh(&new.signed_in).await.unwrap();
        house.engine.begin_authenticator(&fresh).await.unwrap();
        house.engine.end_other_sessions(&caller("192.0.2.1"), &new.signed_in).await.unwrap();
        let data = house.engine.own_data(&fresh).await.unwrap();
        assert_eq!(data["account"]["email"], "alice@example.net");
        assert_eq!(data["sessions"][0]["device"], "Firefox on Linux");
        assert_eq!((&data["activity"][0]["what"], &data["activity"][0]["by"]), (&"sign_in".into(), &"you".into()));
        assert_eq!(data["made_at"], "2027-01-15T08:00:00Z");
        let text = data.to_string();
        let (kept, factors) = (new.signed_in.session(), house.find::<Factors>(alice.id.as_str()).await.unwrap());
        let seed = serde_json::to_value(factors.enrolling.unwrap().seed).unwrap();
        for secret in
            [alice.password.unwrap().as_str(), kept.digest.as_str(), new.cookie.expose(), seed.as_str().unwrap()]
        {
            assert!(!text.contains(secret), "{secret}");
        }
    }
}
