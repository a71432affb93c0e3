//! What codes and refresh tokens have in common: a grant of a person that must stand still.

use crate::base::ids::GrantId;
use crate::base::secret::Kind;
use crate::model::client::GrantType;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::records::RecordChanges;

use super::super::mint::{Authorization, Person, Renewal, Subject, refresh_end};
use super::super::standing::Standing;
use super::super::{Decision, Denied, Engine};
use super::{Asked, device, scope};

impl Engine {
    /// What the grant allows now, bound to the device that was named. The commit depends on everything that was looked at.
    pub(super) async fn authorize_by_grant(
        &self,
        asked: &Asked<'_>,
        grant: &GrantId,
        nonce: Option<String>,
    ) -> Result<Decision<Authorization>, Denied> {
        let standing = match self.standing(grant).await? {
            Ok(standing) => standing,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        match self.authorization(asked, &standing, nonce).await {
            Ok(right) => Ok(bind(right, &standing)),
            Err(Denied::Refused(refusal)) => Ok(Decision::refuse(refusal)),
            Err(other) => Err(other),
        }
    }

    async fn authorization(
        &self,
        asked: &Asked<'_>,
        standing: &Standing,
        nonce: Option<String>,
    ) -> Result<Authorization, Denied> {
        let (client, now) = (standing.client(), self.now());
        if standing.grant().client != asked.client.client().id {
            return Err(Refusal::GrantEnded.into());
        }
        let grant = device::bind(standing.grant(), asked.device.as_ref())?;
        let scopes = scope::narrow(asked.scope.as_ref(), &grant.scopes, &client.scopes)?;
        let renewable = client.may(GrantType::RefreshToken) && now < refresh_end(client, &grant);
        let renewal = match renewable {
            true => Renewal::New(Kind::RefreshToken.generate_handle(now, &*self.rng)),
            false => Renewal::Nothing,
        };
        let asked = self.claims_asked_for_id_token(&grant, standing.user(), client).await?;
        Ok(Authorization {
            client: client.clone(),
            audience: grant.audience.clone(),
            subject: Subject::Person(Box::new(Person { user: standing.user().clone(), grant, asked })),
            scopes,
            nonce,
            renewal,
        })
    }
}

fn bind(right: Authorization, standing: &Standing) -> Decision<Authorization> {
    let bound: Option<Grant> = match &right.subject {
        Subject::Person(person) => Some(person.grant.clone()),
        Subject::Client => None,
    };
    Decision::allow(right).with(|changes| {
        standing.expect(changes);
        if let Some(bound) = &bound {
            changes.update(standing.grant(), bound);
        }
    })
}
