//! Tokens for a new account in the care of whoever is signed in.

use std::time::Duration;

use crate::base::secret::Secret;
use crate::model::audit::AuditActor;
use crate::model::refusal::Refusal;

use super::super::mint::Authorization;
use super::super::standing::Standing;
use super::super::users::registration::Registrant;
use super::super::{Decision, Denied, Engine};
use super::Asked;

/// How long ago, at most, the guardian proved who they are.
const FRESH: Duration = Duration::from_secs(600);

impl Engine {
    /// The whole law of the register_minor grant. The minor is in the care of whoever the guardian's token is about, as they
    /// stand when it is made.
    pub(super) async fn redeem_minor_registration(
        &self,
        asked: &Asked<'_>,
        registrant: &Registrant,
        guardian: &Secret,
    ) -> Result<Decision<super::super::mint::Authorization>, Denied> {
        let standing = match self.guardian(asked, guardian).await? {
            Ok(standing) => standing,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let by = AuditActor::Client(asked.client.client().id.clone());
        let in_care = |user: &mut crate::model::user::User| user.guardian = Some(standing.user().id.clone());
        let made = self.register(asked.caller, &by, registrant, in_care).await?;
        let right: Decision<Authorization> = self.welcome_new(asked, made).await?;
        // Somebody who ends all their access meanwhile is no guardian of anybody new.
        Ok(right.with(|changes| standing.expect(changes)))
    }

    /// Who the guardian is: a person of age by their own word, of the same client, who proved who they are just now.
    pub(super) async fn guardian(
        &self,
        asked: &Asked<'_>,
        token: &Secret,
    ) -> Result<Result<Box<Standing>, Refusal>, Denied> {
        let fit = |standing: &Standing| {
            let (user, proved) = (standing.user(), standing.grant().authentication.at);
            !user.is_guest() && !user.is_minor() && self.now().since(proved) < FRESH
        };
        let standing = self.standing_of(asked, token).await?.filter(|standing| fit(standing));
        Ok(standing.ok_or(Refusal::GuardianInvalid))
    }
}
