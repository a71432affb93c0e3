//! Tokens for a client that acts for itself (RFC 6749, section 4.4), and renewing them where its interface lets it.

use crate::base::ids::GrantId;
use crate::base::secret::Kind;
use crate::model::client::{Client, GrantType};
use crate::model::grant::GrantLife;
use crate::model::refusal::Refusal;
use crate::model::scope::{self as scopes, Scopes};
use crate::model::service_grant::ServiceGrant;
use crate::records::{Kept, RecordChanges};

use super::super::mint::{Authorization, Renewal, Subject, grant_end, service_end};
use super::super::{Decision, Denied, Engine};
use super::{Asked, device, scope};

impl Engine {
    /// The whole law of client credentials: only for whoever proved itself, nothing about people; something to renew only
    /// where the interface has it so.
    pub(super) fn authorize_service(&self, asked: &Asked<'_>) -> Decision<Authorization> {
        let client = asked.client.client();
        if client.is_public() || !asked.client.has_proved() {
            return Decision::refuse(Refusal::GrantTypeNotAllowed);
        }
        let own = own_scopes(client);
        let scopes = match &asked.scope {
            None => own.filter(|scope| !scopes::by_name_only(scope.as_str())),
            Some(scopes) if scopes.within(&own) => scopes.clone(),
            Some(_) => return Decision::refuse(Refusal::ScopeNotAllowed),
        };
        let renews = self.faces.law(asked.face).renews_services && client.may(GrantType::RefreshToken);
        if !renews {
            return Decision::allow(self.service(asked, scopes, client.audience.clone(), None));
        }
        let now = self.now();
        let grant = ServiceGrant {
            id: GrantId::ordered(now, &*self.rng),
            client: client.id.clone(),
            client_incarnation: client.incarnation.clone(),
            face: asked.face.clone(),
            scopes: scopes.clone(),
            audience: client.audience.clone(),
            device_id: asked.device.clone(),
            created_at: now,
            expires_at: grant_end(client, now),
            life: GrantLife::Live,
        };
        let right = self.service(asked, scopes, grant.audience.clone(), Some(&grant));
        Decision::allow(right).with(|changes| _ = changes.create(&grant))
    }

    /// What the client's own grant allows now. That it stands still until then is part of the commit.
    pub(super) async fn renew_service(
        &self,
        asked: &Asked<'_>,
        grant: &GrantId,
    ) -> Result<Decision<Authorization>, Denied> {
        let Some(grant) = self.ledger.find::<ServiceGrant>(grant.as_str()).await? else {
            return Ok(Decision::refuse(Refusal::GrantEnded));
        };
        Ok(match self.renewed(asked, &grant) {
            Ok((scopes, renewed)) => {
                let right = self.service(asked, scopes, renewed.audience.clone(), Some(&renewed));
                Decision::allow(right).with(|changes| _ = changes.update(&grant, &renewed))
            }
            Err(refusal) => Decision::refuse(refusal),
        })
    }

    /// The grant as it is from now on, and the scopes of the new access token.
    fn renewed(&self, asked: &Asked<'_>, grant: &Kept<ServiceGrant>) -> Result<(Scopes, ServiceGrant), Refusal> {
        let (client, now) = (asked.client.client(), self.now());
        let for_itself = client.may(GrantType::ClientCredentials) && asked.client.has_proved();
        if !grant.is_live(now) || !grant.is_to(client) || !for_itself {
            return Err(Refusal::GrantEnded);
        }
        let law = self.faces.law(&grant.face);
        let scopes = scope::narrow(asked.scope.as_ref(), &grant.scopes, &own_scopes(client))?;
        let device_id = device::bound(grant.device_id.as_ref(), asked.device.as_ref())?;
        let slid = if law.slides_for(client) { grant_end(client, now) } else { grant.expires_at };
        let renewed = ServiceGrant { device_id, expires_at: grant.expires_at.max(slid), ..grant.record().clone() };
        // The lifetime the client has now may be shorter than when the grant began.
        if service_end(client, &law, &renewed, now) <= now {
            return Err(Refusal::RefreshExpired);
        }
        Ok((scopes, renewed))
    }

    fn service(
        &self,
        asked: &Asked<'_>,
        scopes: Scopes,
        audience: Vec<String>,
        grant: Option<&ServiceGrant>,
    ) -> Authorization {
        let (client, now) = (asked.client.client(), self.now());
        let renewal = grant.map_or(Renewal::Nothing, |grant| Renewal::New {
            handle: Kind::RefreshToken.generate_handle(now, &*self.rng),
            until: service_end(client, &self.faces.law(&grant.face), grant, now),
        });
        Authorization {
            client: client.clone(),
            subject: Subject::Client(grant.cloned().map(Box::new)),
            scopes,
            audience,
            nonce: None,
            renewal,
        }
    }
}

/// What a client may ask for by itself: every built-in scope is about a person.
fn own_scopes(client: &Client) -> Scopes {
    client.scopes.filter(|scope| !scopes::is_built_in(scope.as_str()))
}
