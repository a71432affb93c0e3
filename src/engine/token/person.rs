//! What codes and refresh tokens have in common: a grant of a person that must stand still.

use crate::base::clock::Timestamp;
use crate::base::ids::GrantId;
use crate::model::client::{Client, GrantType};
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::model::session::{Session, SessionKind};
use crate::model::sign_in::RequiredFactor;
use crate::records::RecordChanges;

use super::super::mint::{
    Authorization, NewRefresh, Person, Renewal, Subject, grant_end, refresh_end, tells_refresh_tokens,
};
use super::super::standing::Standing;
use super::super::{Decision, Denied, Engine};
use super::{Asked, device, scope};

/// What was presented for the grant.
pub(super) enum Proof {
    /// A code, with the nonce it was asked for with.
    Code { nonce: Option<String> },
    /// A refresh token; ID tokens it leads to carry no nonce (OpenID Connect Core, section 12.2).
    RefreshToken,
    /// One that comes again, whose successor was given out before.
    RefreshTokenAgain,
}

impl Proof {
    fn nonce(self) -> Option<String> {
        match self {
            Proof::Code { nonce } => nonce,
            Proof::RefreshToken | Proof::RefreshTokenAgain => None,
        }
    }
}

impl Engine {
    /// What the grant allows now, bound to the device that was named. The commit depends on everything that was looked at.
    pub(super) async fn authorize_by_grant(
        &self,
        asked: &Asked<'_>,
        grant: &GrantId,
        proof: Proof,
    ) -> Result<Decision<Authorization>, Denied> {
        let standing = match self.standing(grant).await? {
            Ok(standing) => standing,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        match self.authorization(asked, &standing, proof).await {
            Ok(right) => Ok(bind(right, &standing, self.now())),
            Err(Denied::Refused(refusal)) => Ok(Decision::refuse(refusal)),
            Err(other) => Err(other),
        }
    }

    async fn authorization(
        &self,
        asked: &Asked<'_>,
        standing: &Standing,
        proof: Proof,
    ) -> Result<Authorization, Denied> {
        let (client, now) = (standing.client(), self.now());
        if standing.grant().client != asked.client.client().id {
            return Err(Refusal::GrantEnded.into());
        }
        self.is_met_still(standing).await?;
        let grant = self.held(asked, device::bind(standing.grant(), asked.device.as_ref())?, client, &proof);
        let wanted = scope::wanted(asked.scope.as_ref(), client);
        let scopes = scope::narrow(wanted.as_ref(), &grant.scopes, &client.scopes)?;
        let until = refresh_end(client, &self.faces.law(&grant.face), &grant, now);
        // Whoever acts for somebody is given nothing that renews itself.
        let renewable = client.may(GrantType::RefreshToken) && now < until && grant.actor.is_none();
        let (renewal, access_jti) = match (renewable, &proof) {
            (true, Proof::RefreshTokenAgain) => (Renewal::Nothing, None),
            (true, _) => self.new_renewal(client, &grant, until).await?,
            (false, Proof::Code { .. }) => (Renewal::Nothing, None),
            // The lifetime the client has now is shorter than when the grant began.
            (false, _) => return Err(Refusal::RefreshExpired.into()),
        };
        let asked = self.claims_asked_for_id_token(&grant, standing.user(), client).await?;
        Ok(Authorization {
            client: client.clone(),
            audience: grant.audience.clone(),
            scopes: scope::issued(scopes, client, standing.user()),
            subject: Subject::Person(Box::new(Person { user: standing.user().clone(), grant, asked, access_jti })),
            nonce: proof.nonce(),
            renewal,
        })
    }
}

impl Engine {
    /// Whether the person proved then what is demanded of them now. That they have enrolled more since is no reason to end
    /// what they gave before; that more is demanded is.
    async fn is_met_still(&self, standing: &Standing) -> Result<(), Denied> {
        let (grant, user) = (standing.grant(), standing.user());
        let demanded = self.demanded_of(user, Some(standing.client())).await?;
        let remembered = match &grant.remembered {
            Some(note) if demanded == RequiredFactor::SecondFactor => {
                let factors = self.factors_of(&user.id).await?;
                factors.under(self.user_verification().await?).spares(note, user.access_epoch, self.now())
            }
            _ => false,
        };
        let guest = user.is_guest() && demanded == RequiredFactor::None;
        match guest || remembered || grant.authentication.reaches(demanded.class()) {
            true => Ok(()),
            false => Err(Refusal::FactorUnmet.into()),
        }
    }

    /// A new refresh token of `grant`, good `until` then, and the name of the access token beside it where it tells.
    pub(super) async fn new_renewal(
        &self,
        client: &Client,
        grant: &Grant,
        until: Timestamp,
    ) -> Result<(Renewal, Option<String>), Denied> {
        let endpoint = match self.faces.token_endpoint {
            Some(endpoint) if tells_refresh_tokens(client) => endpoint(&self.identity.issuer, &self.settings().await?),
            _ => None,
        };
        let audience = endpoint.as_ref().unwrap_or(&self.identity.issuer);
        let NewRefresh { handle, access_jti } =
            self.mint(self.now()).new_refresh_token(client, grant, until, audience)?;
        Ok((Renewal::New { handle, until }, access_jti))
    }

    /// The grant under the law of the interface through which its code is redeemed; where lives are counted from each
    /// rotation, it lives on with them.
    fn held(&self, asked: &Asked<'_>, grant: Grant, client: &Client, proof: &Proof) -> Grant {
        let grant = match proof {
            Proof::Code { .. } => grant.through(asked.face, &self.faces.law(asked.face), client),
            Proof::RefreshToken | Proof::RefreshTokenAgain => grant,
        };
        let slides = self.faces.law(&grant.face).slides_for(client);
        let end = grant_end(client, self.now());
        if slides && end > grant.expires_at && grant.actor.is_none() {
            Grant { expires_at: end, ..grant }
        } else {
            grant
        }
    }
}

fn bind(right: Authorization, standing: &Standing, now: Timestamp) -> Decision<Authorization> {
    let bound: Option<Grant> = match &right.subject {
        Subject::Person(person) => Some(person.grant.clone()),
        Subject::Client(_) => None,
    };
    Decision::allow(right).with(|changes| {
        standing.expect(changes);
        if let Some(bound) = &bound {
            changes.update(standing.grant(), bound);
            if let Some(session) = standing.session()
                && let Some(used) = used(session, bound, now)
            {
                changes.update(session, &used);
            }
        }
    })
}

/// The session of a client of ours, which lives as long as its grant and is used whenever that is.
fn used(session: &Session, grant: &Grant, now: Timestamp) -> Option<Session> {
    let SessionKind::Grant { client, .. } = &session.kind else { return None };
    let expires_at =
        if *client == grant.client { grant.expires_at.max(session.expires_at) } else { session.expires_at };
    Some(Session { last_seen_at: now, expires_at, ..session.clone() })
}
