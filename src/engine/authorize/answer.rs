//! Nothing is missing: the grant, its code, and what is remembered, in one commit.

use crate::base::ids::GrantId;
use crate::base::secret::{Handle, Kind};
use crate::engine::mint::grant_end;
use crate::engine::{Decision, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{Client, ConsentPolicy};
use crate::model::code::{Code, CodeLife};
use crate::model::grant::{Grant, GrantLife};
use crate::model::refusal::Refusal;
use crate::model::scope::Scope;
use crate::model::session::Session;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::response::AuthorizationResponse;
use super::steps::{Position, close};
use super::{Outcome, Step, ask};

impl Engine {
    /// Hands over a code (RFC 6749, section 4.1.2). The commit expects client, person, session and consent to be as they were
    /// read: who was switched off or signed out meanwhile yields no code.
    pub(super) fn hand_over(&self, at: &Position<'_>) -> Decision<Outcome> {
        let Some((user, session)) = &at.present.person else { return Decision::refuse(Refusal::LoginRequired) };
        let grant = self.grant(at, user, session);
        let handle = Kind::AuthorizationCode.generate_handle(at.now, &*self.rng);
        let code = code(at, &grant, &handle);
        let response = AuthorizationResponse::success(&self.identity, at.request, handle.secret.expose());
        let record = at.caller.record(at.now, &*self.rng, session.audited(), AuditKind::Authorized);
        let record = record.about_user(&user.id).about_client(&grant.client).with("scopes", &grant.scopes);
        let record = record.with_acting(session);
        Decision::allow(Ok(Step::Done(response))).with(|changes| {
            changes.expect(at.client).expect(user).expect(session);
            if let Some(grounds) = &at.present.grounds {
                grounds.expect(changes);
            }
            changes.create(&grant).create(&code).create(&record);
            if let Some(kept) = at.kept {
                close(changes, kept, at.now);
            }
            self.remember(at, user, changes);
        })
    }

    fn grant(&self, at: &Position<'_>, user: &User, session: &Session) -> Grant {
        let client: &Client = at.client;
        let request = at.request;
        let acts = session.acting.is_some();
        let end = grant_end(client, at.now);
        // Nothing outlives the time for which somebody acts.
        let scopes = request.scopes.filter(|scope| !acts || scope.as_str() != Scope::OFFLINE_ACCESS);
        Grant {
            id: GrantId::ordered(at.now, &*self.rng),
            client: client.id.clone(),
            user: user.id.clone(),
            face: request.face.clone(),
            session: session.id.clone(),
            offline: scopes.has(Scope::OFFLINE_ACCESS),
            scopes,
            claims: request.claims.clone(),
            audience: if client.audience.is_empty() {
                vec![self.identity.issuer.clone()]
            } else {
                client.audience.clone()
            },
            authentication: at.proved.unwrap_or(&session.authentication).clone(),
            remembered: session.remembered.clone(),
            device_id: None,
            created_at: at.now,
            expires_at: if acts { end.min(session.expires_at) } else { end },
            life: GrantLife::Live,
            client_incarnation: client.incarnation.clone(),
            access_epoch: user.access_epoch,
            actor: session.acting.as_ref().map(|acting| acting.administrator.clone()),
        }
    }

    /// Remembers what the person agreed to, or expects what they agreed to before to be so still.
    fn remember(&self, at: &Position<'_>, user: &User, changes: &mut Changes) {
        let before = at.present.consent.as_ref();
        let acts = at.present.person.as_ref().is_some_and(|(_, session)| session.acting.is_some());
        if acts {
            // Consent is the person's alone to give. That it covers all of this was seen before.
            if let Some(kept) = before {
                changes.expect(kept);
            }
            return;
        }
        let agreed_now = at.progress().consented == Some(&user.id);
        let every = ask::every_claim(at.request);
        let covered = before.is_some_and(|consent| consent.covers(&at.request.scopes, every.iter()));
        let asks = at.client.consent == ConsentPolicy::Ask;
        if agreed_now || (asks && !covered) {
            let consent = ask::grown(before.map(|kept| kept.record()), &user.id, at.request, at.now);
            match before {
                Some(kept) => changes.update(kept, &consent),
                None => changes.create(&consent),
            };
        } else if let Some(kept) = before {
            changes.expect(kept);
        }
        if agreed_now {
            let actor = AuditActor::User(user.id.clone());
            let record = at.caller.record(at.now, &*self.rng, actor, AuditKind::ConsentGiven);
            let record = record.about_user(&user.id).about_client(&at.client.id);
            changes.create(&record.with("scopes", &at.request.scopes));
        }
    }
}

/// The code, bound to everything it was asked for with. It is kept until the end its grant has now, so that a replay is
/// recognised. A grant whose end moves with each use may outlive it: then the code is unknown, which opens nothing either.
fn code(at: &Position<'_>, grant: &Grant, handle: &Handle) -> Code {
    Code {
        locator: handle.locator.clone(),
        digest: handle.secret.digest(),
        grant: grant.id.clone(),
        client: grant.client.clone(),
        redirect_uri: at.request.redirect_uri.as_str().to_owned(),
        challenge: at.request.challenge.clone(),
        nonce: at.request.nonce.clone(),
        expires_at: at.now.plus(at.client.code_ttl.duration()),
        kept_until: grant.expires_at,
        life: CodeLife::Live,
    }
}
