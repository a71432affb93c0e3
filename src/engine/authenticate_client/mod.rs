//! The one place that authenticates clients (RFC 6749, section 2.3).
//!
//! [`credentials`] reads what was presented; here it is compared with the client it names, by one of its [`secrets`] or by an
//! [`assertion`] that one of its access keys signed. Every refusal costs the same work, is counted by client and network, and
//! is written to the activity log up to a cap.

mod assertion;
#[cfg(test)]
mod assertion_tests;
mod credentials;
mod secrets;
#[cfg(test)]
mod tests;
mod tries;

use crate::base::ids::{ClientId, SecretId};
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::Client;
use crate::model::face::{Face, Law};
use crate::model::refusal::Refusal;
use crate::model::user::User;
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
    /// The parameter `account_id`, where the interface has one.
    pub account_id: Option<String>,
    /// By which audiences an assertion may mean this server, besides the issuer.
    pub audiences: Vec<String>,
}

/// A client that proved itself, or a public one that named itself. Only [`Engine::authenticate_client`] makes one.
#[derive(Clone, Debug)]
pub struct AuthenticatedClient {
    client: Kept<Client>,
    /// Whom it belongs to, if it is somebody's own.
    owner: Option<Kept<User>>,
    proved_by: Option<SecretId>,
    scope: Option<String>,
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
        if let Some(owner) = &self.owner {
            changes.expect(owner);
        }
    }

    /// Whether it gave a secret; a public client only says its name.
    pub fn has_proved(&self) -> bool {
        self.proved_by.is_some()
    }

    /// The scopes its assertion asks for, if that does.
    pub(super) fn asserted_scope(&self) -> Option<&str> {
        self.scope.as_deref()
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
        let law = self.law_of(face);
        let read = match Credentials::read(presented, &law) {
            // The header may name it by its key, and the body by its id.
            Err(Refusal::ClientMismatch) => Credentials::read(&self.by_key(face, presented).await?, &law),
            read => read,
        };
        let credentials = match read {
            Ok(credentials) => credentials,
            Err(refusal) => {
                self.note_client_failure(caller, presented.client_id.as_deref(), &refusal).await;
                return Err(refusal.into());
            }
        };
        let now = self.now();
        self.client_tries.check(caller, credentials.name(), now)?;
        match self.prove(face, presented, &credentials).await {
            Ok(client) => {
                if let Some(secret) = &client.proved_by {
                    self.tally.accepted(&client.client.id, secret, now);
                }
                Ok(client)
            }
            Err(Denied::Refused(refusal)) => {
                self.client_tries.failed(caller, credentials.name(), now);
                self.note_client_failure(caller, Some(credentials.name()), &refusal).await;
                Err(refusal.into())
            }
            Err(other) => Err(other),
        }
    }

    fn law_of(&self, face: Option<&Face>) -> Law {
        face.map_or(Law::CANONICAL, |face| self.faces.law(face))
    }

    /// The client that a request names, before anything is known to hold.
    pub(super) fn named_client(&self, face: &Face, presented: &Presented) -> Option<ClientId> {
        let credentials = Credentials::read(presented, &self.faces.law(face)).ok();
        credentials.map(|credentials| as_named(credentials.name())).or(presented.client_id.as_deref().map(as_named))
    }

    /// The first reading of the credentials that fits a client; the refusal of the first reading if none does.
    async fn prove(
        &self,
        face: Option<&Face>,
        presented: &Presented,
        credentials: &Credentials,
    ) -> Result<AuthenticatedClient, Denied> {
        let mut first = None;
        for claim in credentials.readings() {
            match self.prove_claim(face, presented, claim).await {
                Err(Denied::Refused(refusal)) => first = first.or(Some(refusal)),
                settled => return settled,
            }
        }
        Err(first.unwrap_or(Refusal::ClientMissing).into())
    }

    async fn prove_claim(
        &self,
        face: Option<&Face>,
        presented: &Presented,
        claim: &Claim,
    ) -> Result<AuthenticatedClient, Denied> {
        let by_id = self.ledger.find::<Client>(&claim.id).await?;
        let by_key = self.ledger.find_unique::<Client>("key", &claim.id).await?;
        let by_key = by_key.filter(|client| self.goes_by_key(face, client));
        let mut first = None;
        for client in by_id.into_iter().chain(by_key) {
            match self.prove_client(face, presented, claim, client).await {
                Err(Denied::Refused(refusal)) => first = first.or(Some(refusal)),
                settled => return settled,
            }
        }
        if first.is_none() {
            secrets::waste_time(claim.secret.as_ref());
        }
        Err(first.unwrap_or(Refusal::ClientUnknown).into())
    }

    /// Whether a client may be named by its key here.
    fn goes_by_key(&self, face: Option<&Face>, client: &Client) -> bool {
        match face {
            Some(face) => self.faces.law(face).takes_client_keys,
            None => client.faces.iter().any(|face| self.faces.law(face).takes_client_keys),
        }
    }

    /// The same credentials, with the client's key in the place of its id.
    async fn by_key(&self, face: Option<&Face>, presented: &Presented) -> Result<Presented, Denied> {
        let id = presented.client_id.as_deref().unwrap_or_default();
        let client = self.ledger.find::<Client>(id).await?.filter(|client| self.goes_by_key(face, client));
        let key = client.map(|client| client.client_key.clone());
        Ok(Presented { client_id: key.or(presented.client_id.clone()), ..presented.clone() })
    }

    async fn prove_client(
        &self,
        face: Option<&Face>,
        presented: &Presented,
        claim: &Claim,
        client: Kept<Client>,
    ) -> Result<AuthenticatedClient, Denied> {
        let (proved_by, scope) = self.proof(&client, presented, claim).await?;
        if face.is_some_and(|face| !client.has_face(face)) {
            return Err(Refusal::ClientOfAnotherFace.into());
        }
        if client.disabled_at.is_some() {
            return Err(Refusal::ClientDisabled.into());
        }
        let account = presented.account_id.as_deref().filter(|account| !account.is_empty());
        if account.is_some_and(|account| !client.account_id.is_empty() && client.account_id != account) {
            return Err(Refusal::AccountDiffers.into());
        }
        let owner = self.owner_of(&client).await??;
        Ok(AuthenticatedClient { client, owner, proved_by, scope })
    }

    /// Which of its secrets it knows, and which scopes it asks for in its assertion; a public client knows none.
    async fn proof(
        &self,
        client: &Client,
        presented: &Presented,
        claim: &Claim,
    ) -> Result<(Option<SecretId>, Option<String>), Denied> {
        let Some(secret) = &claim.secret else {
            return if client.is_public() { Ok((None, None)) } else { Err(Refusal::ClientSecretMissing.into()) };
        };
        let (secret, scope) = if claim.signed {
            let audiences = [&presented.audiences[..], std::slice::from_ref(&self.identity.issuer)].concat();
            let held = assertion::hold(secret, client, &audiences, self.now())?;
            (held.secret, held.scope)
        } else {
            (secret.clone(), None)
        };
        let known = self.matching_secret(client, &secret).await?.ok_or(Refusal::ClientSecretWrong)?;
        Ok((Some(known), scope))
    }

    /// Writes the failure down.
    async fn note_client_failure(&self, caller: &Caller, named: Option<&str>, refusal: &Refusal) {
        let kind = AuditKind::ClientAuthenticationFailed;
        let record = caller.record(self.now(), &*self.rng, AuditActor::Nobody, kind).with("cause", refusal.name());
        self.note_failure(match named {
            Some(name) => record.about_client(&as_named(name)),
            None => record,
        })
        .await;
    }
}

/// A name that was made up must not fill the log, so only its beginning is kept.
fn as_named(name: &str) -> ClientId {
    ClientId::from_text(name.chars().take(128).collect::<String>())
}

/// Whether this refusal is one of client authentication, and so was written down when it was found.
pub(super) fn is_of_authentication(refusal: &Refusal) -> bool {
    matches!(
        refusal,
        Refusal::ClientMissing
            | Refusal::ClientUnknown
            | Refusal::ClientDisabled
            | Refusal::ClientOfAnotherFace
            | Refusal::ClientSecretMissing
            | Refusal::ClientSecretWrong
            | Refusal::CredentialsMalformed
            | Refusal::CredentialsTwice
            | Refusal::ClientMismatch
            | Refusal::AssertionInvalid
            | Refusal::AssertionKeyUnknown
            | Refusal::AssertionUntimely
            | Refusal::AssertionAudience
            | Refusal::AccountDiffers
    )
}
