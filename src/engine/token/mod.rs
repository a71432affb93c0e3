//! The token endpoint's law (RFC 6749, section 3.2): one file for each grant type, one way through all of them.

mod anonymous;
mod code;
mod device;
mod newcomer;
mod password;
mod person;
mod refresh;
mod refused;
mod register;
mod register_minor;
mod replay;
mod scope;
mod service;
#[cfg(test)]
mod tests;

use std::sync::{Mutex, PoisonError};

use crate::base::secret::Secret;
use crate::model::client::GrantType;
use crate::model::face::Face;
use crate::model::refusal::Refusal;

use super::authenticate_client::{AuthenticatedClient, Presented};
use super::mint::Authorization;
use super::users::check_password::Checked;
use super::users::registration::{Registrant, Registration};
use super::users::without_browser::TriedCode;
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
    /// For a person's own name and password (RFC 6749, section 4.3).
    Password {
        /// The username or e-mail address, as typed.
        username: String,
        /// The password, as typed.
        password: Secret,
        /// The code of a second factor, if one was sent.
        otp: Option<Secret>,
    },
    /// For making an account.
    Register {
        /// Whose.
        who: Box<Registration>,
        /// The access token of the guest they were until now.
        guest: Option<Secret>,
    },
    /// For making an account in somebody's care.
    RegisterMinor {
        /// Whose.
        who: Box<Registration>,
        /// An access token of whoever takes care of them.
        guardian: Secret,
    },
    /// For nothing but a device.
    Anonymous,
}

impl GrantRequest {
    /// The grant type.
    pub fn kind(&self) -> GrantType {
        match self {
            GrantRequest::AuthorizationCode { .. } => GrantType::AuthorizationCode,
            GrantRequest::RefreshToken { .. } => GrantType::RefreshToken,
            GrantRequest::ClientCredentials => GrantType::ClientCredentials,
            GrantRequest::Password { .. } => GrantType::Password,
            GrantRequest::Register { .. } => GrantType::Register,
            GrantRequest::RegisterMinor { .. } => GrantType::RegisterMinor,
            GrantRequest::Anonymous => GrantType::Anonymous,
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
        let issued = match self.redeem(caller, request).await {
            Err(Denied::Refused(refusal)) => {
                self.note_token_refused(caller, &request.face, &request.client, &refusal).await;
                return Err(refusal.into());
            }
            settled => settled?,
        };
        self.tally.issued(&issued.client, request.grant.kind(), self.now());
        Ok(issued)
    }

    async fn redeem(&self, caller: &Caller, request: &TokenRequest) -> Result<Issued, Denied> {
        let (ready, tried) = self.make_ready(caller, request).await?;
        let settled = self.settle(|| self.decide_token(caller, request, &ready)).await;
        self.end_sent_code(caller, tried, settled).await
    }

    /// What takes long and counts against limits is done once, however often the rest is decided: passwords are checked and
    /// hashed, but for nobody who may not ask.
    async fn make_ready(
        &self,
        caller: &Caller,
        request: &TokenRequest,
    ) -> Result<(Ready, Option<TriedCode<'_>>), Denied> {
        if !request.grant.kind().is_first_party() {
            return Ok((Ready { client: Mutex::default(), done: Done::Nothing }, None));
        }
        let mut tried = None;
        let client = self.authenticate_client(caller, &request.face, &request.client).await?;
        let asked = asked(caller, request, &client)?;
        let done = match &request.grant {
            GrantRequest::Password { username, password, otp } => {
                let checked;
                (checked, tried) = self.ready_password(caller, username, password, otp.as_ref()).await?;
                Done::Password(checked)
            }
            GrantRequest::RegisterMinor { who, guardian } => {
                self.guardian(&asked, guardian).await??;
                Done::Registration(Box::new(self.ready_registration(caller, client.client(), who).await?))
            }
            GrantRequest::Register { who, .. } => {
                Done::Registration(Box::new(self.ready_registration(caller, client.client(), who).await?))
            }
            _ => {
                self.ready_guest(caller, asked.device.as_ref())?;
                Done::Nothing
            }
        };
        drop(asked);
        Ok((Ready { client: Mutex::new(Some(client)), done }, tried))
    }

    async fn decide_token(
        &self,
        caller: &Caller,
        request: &TokenRequest,
        ready: &Ready,
    ) -> Result<Decision<Issued>, Denied> {
        // 1. Who asks? Once overtaken, the client may be another by now and proves itself again.
        let proved = ready.client.lock().unwrap_or_else(PoisonError::into_inner).take();
        let client = match proved {
            Some(client) => client,
            None => self.authenticate_client(caller, &request.face, &request.client).await?,
        };
        // 2. May it ask so, and for which device, if one is named?
        let asked = asked(caller, request, &client)?;
        // 3. What does the grant prove?
        let right: Decision<Authorization> = match (&request.grant, &ready.done) {
            (GrantRequest::AuthorizationCode { code, redirect_uri, verifier }, _) => {
                let presented =
                    code::Presented { code, redirect_uri: redirect_uri.as_deref(), verifier: verifier.as_ref() };
                self.redeem_code(&asked, &presented).await?
            }
            (GrantRequest::RefreshToken { token }, _) => self.redeem_refresh_token(&asked, token).await?,
            (GrantRequest::ClientCredentials, _) => self.authorize_service(&asked),
            (GrantRequest::Password { otp, .. }, Done::Password(checked)) => {
                self.redeem_password(&asked, checked, otp.as_ref()).await?
            }
            (GrantRequest::Register { guest: None, .. }, Done::Registration(who)) => {
                self.redeem_registration(&asked, who).await?
            }
            (GrantRequest::Register { guest: Some(guest), .. }, Done::Registration(who)) => {
                self.redeem_guest_registration(&asked, who, guest).await?
            }
            (GrantRequest::RegisterMinor { guardian, .. }, Done::Registration(who)) => {
                self.redeem_minor_registration(&asked, who, guardian).await?
            }
            (GrantRequest::Anonymous, _) => self.redeem_anonymous(&asked).await?,
            // What was not made ready is not allowed.
            _ => Decision::refuse(Refusal::GrantTypeNotAllowed),
        };
        // 4. The key must be kept for as long as what it signs.
        if let Ok(right) = &right.answer
            && let Some((key, life)) = self.mint(self.now()).unheard_of(right)
        {
            self.key_will_sign_for(&key, life).await?;
        }
        // 5. Tokens for it, to be shown once all of this is durable. Either answer holds for the client as it was
        // authenticated; where nothing else is written, that costs a look at the store and no wait for the disk.
        let issued = right.try_and_then(|right| self.mint(self.now()).issue(right))?;
        Ok(issued.with(|changes| client.expect(changes)))
    }
}

/// The scopes a request asks for: a client that acts for itself may say them where it proves who it is.
fn asked_scope<'r>(request: &'r TokenRequest, client: &'r AuthenticatedClient) -> Option<&'r str> {
    let said = request.scope.as_deref().filter(|scope| !scope.is_empty());
    match request.grant {
        GrantRequest::ClientCredentials => said.or(client.asserted_scope()),
        _ => said,
    }
}

/// What every grant type needs to know of a request.
struct Asked<'r> {
    caller: &'r Caller,
    face: &'r Face,
    client: &'r AuthenticatedClient,
    scope: Option<crate::model::scope::Scopes>,
    device: Option<String>,
}

/// Reads what all grant types have in common, for a client that may use this one.
fn asked<'r>(
    caller: &'r Caller,
    request: &'r TokenRequest,
    client: &'r AuthenticatedClient,
) -> Result<Asked<'r>, Refusal> {
    if !client.client().may(request.grant.kind()) {
        return Err(Refusal::GrantTypeNotAllowed);
    }
    let device = device::read(request.device_id.as_deref(), client.client())?;
    Ok(Asked { caller, face: &request.face, client, scope: scope::read(asked_scope(request, client))?, device })
}

/// What was done once, before anything is decided.
struct Ready {
    /// The client, if it had to prove itself for that: good for the first decision.
    client: Mutex<Option<AuthenticatedClient>>,
    done: Done,
}

/// What takes long.
enum Done {
    /// Nothing had to be.
    Nothing,
    /// A password was right.
    Password(Checked),
    /// Somebody may have an account.
    Registration(Box<Registrant>),
}
