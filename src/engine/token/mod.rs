//! The token endpoint's law (RFC 6749, section 3.2): one file for each grant type, one way through all of them.

mod client_credentials;
mod code;
mod device;
mod person;
mod refresh;
mod replay;
mod scope;
#[cfg(test)]
mod tests;

use crate::base::secret::Secret;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

use super::authenticate_client::Presented;
use super::mint::Authorization;
use super::{Caller, Decision, Denied, Engine};

pub use super::mint::Issued;

/// A token request, read and not yet believed.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// The interface it came through.
    pub face: Face,
    /// What the client presented to prove itself.
    pub client: Presented,
    /// What it asks tokens for.
    pub grant: GrantRequest,
    /// The parameter `scope`, separated by spaces; empty counts as absent.
    pub scope: Option<String>,
    /// The parameter `device_id`; empty counts as absent.
    pub device_id: Option<String>,
}

/// What tokens are asked for.
#[derive(Clone, Debug)]
pub enum GrantRequest {
    /// For a code (RFC 6749, section 4.1.3).
    AuthorizationCode {
        /// The code.
        code: Secret,
        /// Where it was sent to.
        redirect_uri: Option<String>,
        /// What its challenge was made from (RFC 7636, section 4.5).
        verifier: Option<Secret>,
    },
    /// For a refresh token (RFC 6749, section 6).
    RefreshToken {
        /// The refresh token.
        token: Secret,
    },
    /// For the client itself (RFC 6749, section 4.4).
    ClientCredentials,
}

impl GrantRequest {
    /// The grant type.
    pub fn kind(&self) -> GrantType {
        match self {
            GrantRequest::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            GrantRequest::RefreshToken { .. } => GrantType::RefreshToken,
            GrantRequest::ClientCredentials => GrantType::ClientCredentials,
        }
    }
}

impl Engine {
    /// One token request from start to finish. Whatever is refused, and why, is in [`Refusal`].
    ///
    /// # Errors
    /// The refusals of client authentication, of the grant type and of its scopes; [`Denied::Unavailable`] when the store
    /// or a key fails, in which case nothing was used up.
    pub async fn token(&self, caller: &Caller, request: &TokenRequest) -> Result<Issued, Denied> {
        let issued = self.settle(|| self.decide_token(caller, request)).await?;
        self.tally.issued(&issued.client, request.grant.kind(), self.now());
        Ok(issued)
    }

    async fn decide_token(&self, caller: &Caller, request: &TokenRequest) -> Result<Decision<Issued>, Denied> {
        // 1. Who asks?
        let client = self.authenticate_client(caller, &request.face, &request.client).await?;
        // 2. May it ask so?
        if !client.client().may(request.grant.kind()) {
            return Err(Refusal::GrantTypeNotAllowed.into());
        }
        // 3. For which device, if one is named?
        let device = device::read(request.device_id.as_deref(), client.client())?;
        // 4. What does the grant prove?
        let asked = Asked {
            caller,
            face: &request.face,
            client: &client,
            scope: scope::read(request.scope.as_deref())?,
            device,
        };
        let right: Decision<Authorization> = match &request.grant {
            GrantRequest::AuthorizationCode { code, redirect_uri, verifier } => {
                let presented =
                    code::Presented { code, redirect_uri: redirect_uri.as_deref(), verifier: verifier.as_ref() };
                self.redeem_code(&asked, &presented).await?
            }
            GrantRequest::RefreshToken { token } => self.redeem_refresh_token(&asked, token).await?,
            GrantRequest::ClientCredentials => client_credentials::decide(&asked),
        };
        // 5. The key must be kept for as long as what it signs.
        if let Ok(right) = &right.answer
            && let Some((key, life)) = self.mint(self.now()).unheard_of(right)
        {
            self.key_will_sign_for(&key, life).await?;
        }
        // 6. Tokens for it, to be shown once all of this is durable. Either answer holds for the client as it was
        // authenticated; where nothing else is written, that costs a look at the store and no wait for the disk.
        let issued = right.try_and_then(|right| self.mint(self.now()).issue(right))?;
        Ok(issued.with(|changes| client.expect(changes)))
    }
}

/// What every grant type needs to know of a request.
struct Asked<'r> {
    caller: &'r Caller,
    face: &'r Face,
    client: &'r super::authenticate_client::AuthenticatedClient,
    scope: Option<crate::model::scope::Scopes>,
    device: Option<String>,
}
