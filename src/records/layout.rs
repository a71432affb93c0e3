//! Each record with its key and secondary keys. Read this page to know what the database holds.

use bytes::Bytes;

use crate::base::clock::Timestamp;
use crate::model::audit::{AuditActor, AuditRecord};
use crate::model::client::{Client, ClientUsage};
use crate::model::code::Code;
use crate::model::consent::Consent;
use crate::model::credential::{AddressLink, RecoveryLink, Setup};
use crate::model::factors::{Factors, PasskeyChallenge};
use crate::model::grant::Grant;
use crate::model::group::Group;
use crate::model::interaction::{Interaction, SignOutRequest};
use crate::model::invitation::{Invitation, PendingRegistration};
use crate::model::mail::OutboxLetter;
use crate::model::scope::ScopeDefinition;
use crate::model::service_grant::ServiceGrant;
use crate::model::session::Session;
use crate::model::settings::Settings;
use crate::model::sign_in::{MailedSignIn, UnfinishedSignIn};
use crate::model::signing_key::SigningKeyRecord;
use crate::model::token::{AccessToken, RefreshToken, RevokedJwt};
use crate::model::user::{User, login_key};
use crate::store::{Changes, Fault};

use super::ledger::{Kept, Ledger};
use super::{Record, RecordChanges};

/// How long the activity log is kept.
const AUDIT_KEPT: std::time::Duration = std::time::Duration::from_secs(400 * 86_400);
/// How long a letter that nobody needs any more may lie in the outbox until somebody notes that.
const LETTER_LEFT: std::time::Duration = std::time::Duration::from_secs(86_400);

// ── the deployment ──────────────────────────────────────────────────────────────────────────────────────────────────

impl Record for Settings {
    const NAME: &'static str = "settings";
    fn id(&self) -> String {
        "only".to_owned()
    }
}

impl Record for Setup {
    const NAME: &'static str = "setup";
    fn id(&self) -> String {
        "only".to_owned()
    }
}

impl Record for SigningKeyRecord {
    const NAME: &'static str = "key";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn unique(&self) -> Vec<(&'static str, String)> {
        vec![("generation", format!("{}/{}", self.algorithm, self.generation))]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        self.gone_at
    }
}

// ── clients, scopes, groups, users ──────────────────────────────────────────────────────────────────────────────────

impl Record for Client {
    const NAME: &'static str = "client";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn unique(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![("key", self.client_key.clone())];
        let place = self.owner.as_ref().zip(self.owner_place);
        keys.extend(place.map(|(owner, place)| ("place", format!("{owner}/{place}"))));
        keys
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut keys = words(&[&self.name, self.id.as_str()]);
        keys.push(("name", login_key(&self.name)));
        keys.extend(self.redirect_uris.iter().filter_map(|uri| uri.origin()).flat_map(|origin| {
            let host = origin.split_once("://").map(|(_, host)| host.to_owned());
            host.map(|host| ("search", host))
        }));
        keys.extend(self.origins.iter().map(|origin| ("origin", origin.clone())));
        keys.extend(self.owner.as_ref().map(|owner| ("owner", owner.to_string())));
        keys.extend(self.groups.iter().map(|group| ("group", group.clone())));
        keys.extend(self.scopes.iter().map(|scope| ("scope", scope.as_str().to_owned())));
        keys.extend((!self.needs_pkce()).then(|| ("without", "pkce".to_owned())));
        keys.extend(managed(self.managed));
        unrepeated(keys)
    }
}

impl Record for ClientUsage {
    const NAME: &'static str = "client-usage";
    fn id(&self) -> String {
        self.client.clone()
    }
}

impl Record for ScopeDefinition {
    const NAME: &'static str = "scope";
    fn id(&self) -> String {
        self.name.as_str().to_owned()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        managed(self.managed).into_iter().collect()
    }
}

impl Record for Group {
    const NAME: &'static str = "group";
    fn id(&self) -> String {
        self.name.clone()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        managed(self.managed).into_iter().collect()
    }
}

impl Record for User {
    const NAME: &'static str = "user";
    fn id(&self) -> String {
        self.id.to_string()
    }
    /// A username and an address never name two people, so both share one look-up: `login`. A guest cannot be named.
    fn unique(&self) -> Vec<(&'static str, String)> {
        if self.is_guest() {
            return Vec::new();
        }
        let mut keys = vec![("login", login_key(&self.username))];
        keys.extend(self.email.as_ref().map(|email| ("login", login_key(email))));
        unrepeated(keys)
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        if self.is_guest() {
            return vec![("guest", "yes".to_owned())];
        }
        let profile = &self.profile;
        let named = [&profile.name, &profile.given_name, &profile.family_name, &profile.nickname, &self.email];
        let named: Vec<&str> = named.into_iter().flatten().map(String::as_str).chain([&*self.username]).collect();
        let mut keys = words(&named);
        keys.push(("name", login_key(&self.username)));
        keys.extend(self.groups.iter().map(|group| ("group", group.clone())));
        if self.admin {
            keys.push(("admin", "yes".to_owned()));
        }
        keys.extend(self.guardian.as_ref().map(|guardian| ("guardian", guardian.to_string())));
        keys.extend(managed(self.managed));
        unrepeated(keys)
    }
}

impl Record for Factors {
    const NAME: &'static str = "factors";
    fn id(&self) -> String {
        self.user.to_string()
    }
    /// No passkey is ever two people's.
    fn unique(&self) -> Vec<(&'static str, String)> {
        self.passkeys.iter().map(|passkey| ("passkey", passkey.id.clone())).collect()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        (!self.is_bare()).then(|| ("has", "second".to_owned())).into_iter().collect()
    }
}

impl Record for RecoveryLink {
    const NAME: &'static str = "recovery";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user.to_string())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for AddressLink {
    const NAME: &'static str = "address";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user.to_string())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for Invitation {
    const NAME: &'static str = "invitation";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn unique(&self) -> Vec<(&'static str, String)> {
        vec![("link", self.locator.clone())]
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        self.email.iter().map(|email| ("email", login_key(email))).collect()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at.plus(Invitation::KEPT))
    }
}

impl Record for PendingRegistration {
    const NAME: &'static str = "registration";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("email", login_key(&self.email))]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

// ── browsers ────────────────────────────────────────────────────────────────────────────────────────────────────────

impl Record for Session {
    const NAME: &'static str = "session";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn unique(&self) -> Vec<(&'static str, String)> {
        vec![("cookie", self.cookie.clone())]
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user.to_string())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for OutboxLetter {
    const NAME: &'static str = "letter";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("due", format!("{:010}", self.next_at.0.max(0)))]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        // Whoever delivers it gives it up and says so; sweeping is for a store that nobody delivers from.
        Some(self.expires_at.plus(LETTER_LEFT))
    }
}

impl Record for UnfinishedSignIn {
    const NAME: &'static str = "sign-in";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for MailedSignIn {
    const NAME: &'static str = "mailed-sign-in";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("user", self.user.to_string())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for PasskeyChallenge {
    const NAME: &'static str = "passkey-challenge";
    fn id(&self) -> String {
        self.id.clone()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for Interaction {
    const NAME: &'static str = "interaction";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for SignOutRequest {
    const NAME: &'static str = "sign-out";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

// ── what people allowed, and what came of it ────────────────────────────────────────────────────────────────────────

impl Record for Consent {
    const NAME: &'static str = "consent";
    fn id(&self) -> String {
        format!("{}/{}", self.user, self.client)
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("client", self.client.to_string())]
    }
}

impl Record for Grant {
    const NAME: &'static str = "grant";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        vec![("user", format!("{}/{}", self.user, self.client)), ("session", self.session.to_string())]
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for ServiceGrant {
    const NAME: &'static str = "service-grant";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for Code {
    const NAME: &'static str = "code";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.kept_until)
    }
}

impl Record for RefreshToken {
    const NAME: &'static str = "refresh";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for AccessToken {
    const NAME: &'static str = "access";
    fn id(&self) -> String {
        self.locator.clone()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

impl Record for RevokedJwt {
    const NAME: &'static str = "revoked";
    fn id(&self) -> String {
        self.jti.clone()
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.expires_at)
    }
}

// ── the activity log ────────────────────────────────────────────────────────────────────────────────────────────────

impl Record for AuditRecord {
    const NAME: &'static str = "audit";
    fn id(&self) -> String {
        self.id.to_string()
    }
    fn indexes(&self) -> Vec<(&'static str, String)> {
        let mut keys = vec![("kind", self.kind.name().to_owned())];
        keys.extend(self.user.as_ref().map(|user| ("user", user.to_string())));
        if let AuditActor::User(actor) = &self.actor {
            keys.push(("user", actor.to_string()));
        }
        keys.extend(self.client.as_ref().map(|client| ("client", client.to_string())));
        keys.extend(self.request.as_ref().filter(|_| self.by_request).map(|request| ("request", request.clone())));
        unrepeated(keys)
    }
    fn expires_at(&self) -> Option<Timestamp> {
        Some(self.at.plus(AUDIT_KEPT))
    }
}

/// Deletes the record behind an expiry key, if it is still due; names every kind that expires.
pub(super) async fn sweep_one(ledger: &Ledger, name: &str, id: &str, now: Timestamp) -> Result<Changes, Fault> {
    match name {
        "key" => due::<SigningKeyRecord>(ledger, id, now).await,
        "recovery" => due::<RecoveryLink>(ledger, id, now).await,
        "address" => due::<AddressLink>(ledger, id, now).await,
        "session" => due::<Session>(ledger, id, now).await,
        "invitation" => due::<Invitation>(ledger, id, now).await,
        "registration" => due::<PendingRegistration>(ledger, id, now).await,
        "letter" => due::<OutboxLetter>(ledger, id, now).await,
        "sign-in" => due::<UnfinishedSignIn>(ledger, id, now).await,
        "mailed-sign-in" => due::<MailedSignIn>(ledger, id, now).await,
        "passkey-challenge" => due::<PasskeyChallenge>(ledger, id, now).await,
        "interaction" => due::<Interaction>(ledger, id, now).await,
        "sign-out" => due::<SignOutRequest>(ledger, id, now).await,
        "grant" => due::<Grant>(ledger, id, now).await,
        "service-grant" => due::<ServiceGrant>(ledger, id, now).await,
        "code" => due::<Code>(ledger, id, now).await,
        "refresh" => due::<RefreshToken>(ledger, id, now).await,
        "access" => due::<AccessToken>(ledger, id, now).await,
        "revoked" => due::<RevokedJwt>(ledger, id, now).await,
        "audit" => due::<AuditRecord>(ledger, id, now).await,
        other => Err(Fault::new(format_args!("an expiry key names the unknown record {other}"))),
    }
}

async fn due<R: Record>(ledger: &Ledger, id: &str, now: Timestamp) -> Result<Changes, Fault> {
    let mut changes = Changes::new();
    if let Some(kept) = ledger.find::<R>(id).await? {
        let kept: Kept<R> = kept;
        if kept.expires_at().is_some_and(|end| end <= now) {
            changes.delete(&kept);
        }
    }
    Ok(changes)
}

/// The names themselves and each of their words, for look-ups by the beginning of a word.
fn words(names: &[&str]) -> Vec<(&'static str, String)> {
    let mut out = Vec::new();
    for name in names {
        let key = login_key(name);
        out.extend(key.split_whitespace().skip(1).take(8).map(|word| ("search", cut(word))));
        out.push(("search", cut(&key)));
    }
    out
}

/// What the declared-state file manages can be found together.
fn managed(yes: bool) -> Option<(&'static str, String)> {
    yes.then(|| ("managed", "yes".to_owned()))
}

/// At most 64 characters: enough to search by, and a bound on the size of a key.
fn cut(text: &str) -> String {
    text.chars().take(64).collect()
}

fn unrepeated(mut keys: Vec<(&'static str, String)>) -> Vec<(&'static str, String)> {
    keys.sort();
    keys.dedup();
    keys
}

/// `<name>/<id>`.
pub(super) fn record_key(name: &str, id: &str) -> Bytes {
    format!("{name}/{id}").into()
}

/// `<name>.<look-up>/<value>`.
pub(super) fn unique_key(name: &str, lookup: &str, value: &str) -> Bytes {
    format!("{name}.{lookup}/{value}").into()
}

/// `<name>:<look-up>/<value>\0<id>`.
pub(super) fn index_key(name: &str, lookup: &str, value: &str, id: &str) -> Bytes {
    format!("{name}:{lookup}/{value}\0{id}").into()
}

/// `~<time>/<name>/<id>`.
pub(super) fn expiry_key(at: Timestamp, name: &str, id: &str) -> Bytes {
    format!("~{:010}/{name}/{id}", at.0.clamp(0, 9_999_999_999)).into()
}
