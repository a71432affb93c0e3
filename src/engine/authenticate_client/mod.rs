//! The one place that authenticates clients (RFC 6749, section 2.3).
//!
//! [`credentials`] reads what was presented; here it is compared with the client it names. Every refusal costs the same
//! work, is counted by client and network, and is written to the activity log up to a cap.

mod credentials;
mod secrets;
#[cfg(test)]
mod tests;
mod tries;

use crate::base::ids::{ClientId, SecretId};
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::Client;
use crate::model::face::Face;
use crate::model::refusal::Refusal;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::{Caller, Denied, Engine};
use credentials::{Claim, Credentials};

pub(crate) use tries::ClientTries;

/// What a client presented to prove itself, as it came over the wire. Empty values count as absent.
#[derive(Clone, Debug, Default)]
pub struct Presented {
    /// The value of the `Authorization` header; several such headers joined by a comma, which is never accepted.
    pub authorization: Option<Secret>,
    /// The parameter `client_id`.
    pub client_id: Option<String>,
    /// The parameter `client_secret`.
    pub client_secret: Option<Secret>,
}

/// A client that proved itself, or a public one that named itself. Only [`Engine::authenticate_client`] makes one.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Kept<Client>,
    proved_by: Option<SecretId>,
}

impl AuthenticatedClient {
    /// The client as it was read.
    pub fn client(&self) -> &Client {
        self.client.record()
    }

    /// Makes a commit depend on the client being as it was authenticated: a secret, a grant type or an interface that was
    /// taken away meanwhile is noticed.
    pub(super) fn expect(&self, changes: &mut Changes) {
        changes.expect(&self.client);
    }

    /// Whether it gave a secret; a public client only says its name.
    pub fn has_proved(&self) -> bool {
        self.proved_by.is_some()
    }
}

impl Engine {
    /// Authenticates a client for an interface.
    ///
    /// # Errors
    /// The refusals of client authentication; [`Refusal::TooManyTries`] after too many wrong secrets for this client from
    /// this network; the store's fault.
    pub async fn authenticate_client(
        &self,
        caller: &Caller,
        face: &Face,
        presented: &Presented,
    ) -> Result<AuthenticatedClient, Denied> {
        self.authenticate(caller, Some(face), presented).await
    }

    /// Authenticates a client where clients of every interface may come.
    ///
    /// # Errors
    /// As [`Engine::authenticate_client`].
    pub(super) async fn authenticate_any_client(
        &self,
        caller: &Caller,
        presented: &Presented,
    ) -> Result<AuthenticatedClient, Denied> {
        self.authenticate(caller, None, presented).await
    }

    async fn authenticate(
        &self,
        caller: &Caller,
        face: Option<&Face>,
        presented: &Presented,
    ) -> Result<AuthenticatedClient, Denied> {
        let credentials = Credentials::read(presented)?;
        let now = self.now();
        self.client_tries.check(caller, credentials.name(), now)?;
        match self.prove(face, &credentials).await {
            Ok(client) => {
                if let Some(secret) = &client.proved_by {
                    self.tally.accepted(&client.client.id, secret, now);
                }
                Ok(client)
            }
            Err(Denied::Refused(refusal)) => {
                self.client_tries.failed(caller, credentials.name(), now);
                self.note_client_failure(caller, &credentials, &refusal).await;
                Err(refusal.into())
            }
            Err(other) => Err(other),
        }
    }

    /// The first reading of the credentials that fits a client; the refusal of the first reading if none does.
    async fn prove(&self, face: Option<&Face>, credentials: &Credentials) -> Result<AuthenticatedClient, Denied> {
        let mut first = None;
        for claim in credentials.readings() {
            match self.prove_claim(face, claim).await {
                Err(Denied::Refused(refusal)) => first = first.or(Some(refusal)),
                settled => return settled,
            }
        }
        Err(first.unwrap_or(Refusal::ClientMissing).into())
    }

    async fn prove_claim(&self, face: Option<&Face>, claim: &Claim) -> Result<AuthenticatedClient, Denied> {
        let Some(client) = self.ledger.find::<Client>(&claim.id).await? else {
            secrets::waste_time(claim.secret.as_ref());
            return Err(Refusal::ClientUnknown.into());
        };
        let proved_by = match &claim.secret {
            Some(secret) => Some(self.matching_secret(&client, secret).await?.ok_or(Refusal::ClientSecretWrong)?),
            None if client.is_public() => None,
            None => return Err(Refusal::ClientSecretMissing.into()),
        };
        if face.is_some_and(|face| !client.has_face(face)) {
            return Err(Refusal::ClientOfAnotherFace.into());
        }
        if client.disabled_at.is_some() {
            return Err(Refusal::ClientDisabled.into());
        }
        Ok(AuthenticatedClient { client, proved_by })
    }

    /// Writes the failure down. A name that was made up must not fill the log, so only its beginning is kept.
    async fn note_client_failure(&self, caller: &Caller, credentials: &Credentials, refusal: &Refusal) {
        let name: String = credentials.name().chars().take(128).collect();
        let kind = AuditKind::ClientAuthenticationFailed;
        let record = caller.record(self.now(), &*self.rng, AuditActor::Nobody, kind);
        self.note_failure(record.about_client(&ClientId::from_text(name)).with("cause", refusal.name())).await;
    }
}
