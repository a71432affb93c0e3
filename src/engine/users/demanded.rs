//! Which proof is demanded of somebody: the strictest of what the deployment, their groups and the application say.

use crate::engine::{Denied, Engine};
use crate::model::client::Client;
use crate::model::group::Group;
use crate::model::session::Authentication;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::store::Fault;

use super::needs::{Demand, Need, missing_of_session};
use super::sessions::SignedIn;

impl Engine {
    /// What `user` must sign in with, for `client` if it is for one.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn demanded_of(&self, user: &User, client: Option<&Client>) -> Result<RequiredFactor, Fault> {
        let mut demanded = self.settings().await?.required_factor;
        let names: Vec<String> = user.groups.iter().cloned().collect();
        for group in self.ledger.find_all::<Group>(&names).await?.into_iter().flatten() {
            demanded = demanded.max(group.required_factor);
        }
        Ok(client.map_or(demanded, |client| demanded.max(client.required_factor)))
    }

    /// Whether the session of `who`, which may be older than the demand, lacks what the deployment and their groups demand
    /// of them now. Nothing of this server's own is shown to it until they have proved the rest.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn lacks_proof(&self, who: &SignedIn) -> Result<bool, Denied> {
        let policy = self.demanded_of(who.user(), None).await?;
        if who.session().authentication.reaches(policy.class()) {
            return Ok(false);
        }
        let factors = self.factors_of(&who.user().id).await?;
        let counted = factors.under(self.user_verification().await?);
        let demand = Demand { policy, ..Demand::default() };
        Ok(missing_of_session(counted, demand, who.session(), who.user(), self.now()) != Need::Nothing)
    }
}

impl RequiredFactor {
    /// The class of authentication that meets it (OpenID Connect Core, section 2: `acr`).
    pub(crate) fn class(self) -> &'static str {
        match self {
            RequiredFactor::None => Authentication::ACR_ONE_FACTOR,
            RequiredFactor::SecondFactor => Authentication::ACR_TWO_FACTORS,
            RequiredFactor::Passkey => Authentication::ACR_PASSKEY,
        }
    }

    /// What must be demanded for the class `acr`; `None` for a class nobody knows here.
    pub(crate) fn of_class(acr: &str) -> Option<RequiredFactor> {
        [RequiredFactor::None, RequiredFactor::SecondFactor, RequiredFactor::Passkey]
            .into_iter()
            .find(|factor| factor.class() == acr)
    }
}
