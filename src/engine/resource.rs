//! What interfaces with a resource endpoint of their own tell about the person behind an access token, and where that
//! person's account lies.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::ids::{ClientId, UserId};
use crate::base::secret::Secret;
use crate::model::face::Face;
use crate::model::refusal::Refusal;
use crate::model::user::User;

use super::access::Holder;
use super::authenticate_client::Presented;
use super::token::{Issued, TokenRequest};
use super::{Caller, Denied, Engine};

/// The attribute that says where a person's account lies, if that is elsewhere than the deployment says.
const ACCOUNT_URL: &str = "account_url";

/// The person behind an access token, as they are now.
///
/// What it says does not depend on scopes: whoever gives a client one of these interfaces means it to know its users.
#[derive(Clone, Debug)]
pub struct AboutPerson {
    /// Whose access token it was.
    pub client: ClientId,
    /// Who it is about.
    pub id: UserId,
    /// Their given name.
    pub given_name: Option<String>,
    /// Their family name.
    pub family_name: Option<String>,
    /// Their e-mail address.
    pub email: Option<String>,
    /// Where their account lies.
    pub account_url: String,
    /// The attributes an administrator released to the client, about the person as a customer.
    pub consumer: BTreeMap<String, String>,
    /// The released attributes about how to reach them.
    pub contact: BTreeMap<String, String>,
}

impl Engine {
    /// The person behind `token`.
    ///
    /// # Errors
    /// [`Refusal::TokenInvalid`] for anything but an access token of ours that still holds and is about a person, or whose
    /// client was not given the interface; [`Refusal::TokenAudience`]; the store's fault.
    pub async fn person_of(&self, face: &Face, token: &Secret) -> Result<AboutPerson, Denied> {
        let bearer = self.bearer(face, token).await?;
        let Holder::Person(standing) = &bearer.holder else { return Err(Refusal::TokenInvalid.into()) };
        let (user, released) = (standing.user(), &standing.client().released_attributes);
        Ok(AboutPerson {
            client: bearer.facts.client,
            id: user.id.clone(),
            given_name: user.profile.given_name.clone(),
            family_name: user.profile.family_name.clone(),
            email: user.email.clone(),
            account_url: match own_account_url(user) {
                Some(own) => own,
                None => self.account_url().await?,
            },
            consumer: attributes(user, &released.consumer),
            contact: attributes(user, &released.contact),
        })
    }

    /// The person behind `token`, for a client that proves itself and may only ask about tokens of its own.
    ///
    /// # Errors
    /// The refusals of client authentication and of [`Engine::person_of`]; another client's token is
    /// [`Refusal::TokenInvalid`].
    pub async fn person_of_own_token(
        &self,
        caller: &Caller,
        face: &Face,
        client: &Presented,
        token: &Secret,
    ) -> Result<AboutPerson, Denied> {
        let client = self.authenticate_client(caller, face, client).await?;
        let person = self.person_of(face, token).await?;
        if person.client == client.client().id { Ok(person) } else { Err(Refusal::TokenInvalid.into()) }
    }

    /// Tokens as [`Engine::token`] gives them, and where the account they are for lies.
    ///
    /// # Errors
    /// As [`Engine::token`]; nothing is used up when the store cannot say where the account lies.
    pub async fn token_with_account_url(
        &self,
        caller: &Caller,
        request: &TokenRequest,
    ) -> Result<(Issued, String), Denied> {
        let everybodys = self.account_url().await?;
        let issued = self.token(caller, request).await?;
        let own = issued.account_url.clone();
        Ok((issued, own.unwrap_or(everybodys)))
    }

    /// Where accounts lie: the deployment's setting, or the issuer.
    async fn account_url(&self) -> Result<String, Denied> {
        let set = self.settings().await?.account_url;
        Ok(set.unwrap_or_else(|| self.identity.issuer.clone()))
    }
}

/// Where this person's account lies, if an administrator said so.
pub(super) fn own_account_url(user: &User) -> Option<String> {
    user.attributes.get(ACCOUNT_URL).filter(|url| !url.is_empty()).cloned()
}

fn attributes(user: &User, released: &BTreeSet<String>) -> BTreeMap<String, String> {
    let known = |name: &String| user.attributes.get(name).map(|value| (name.clone(), value.clone()));
    released.iter().filter_map(known).collect()
}
