//! A client's secrets: several may live at once, so that one can be replaced without a pause.

use crate::base::clock::Timestamp;
use crate::base::ids::{ClientId, SecretId};
use crate::base::rng::Rng;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::client::{Client, ClientSecret, SecretHash};
use crate::model::refusal::Refusal;
use crate::records::RecordChanges;
use crate::store::Changes;

use super::{Keeper, rules};

/// How many characters of a secret are kept to recognise it by. Of 43 random ones these tell nothing.
const HINT: usize = 7;

/// A secret that was just added; it is shown this once.
#[derive(Clone, Debug)]
pub struct AddedSecret {
    /// The secret.
    pub secret: Secret,
    /// What is kept of it.
    pub kept: ClientSecret,
}

impl Engine {
    /// Gives a client one more secret, until `expires_at` if that is said.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`]; [`Refusal::NotFound`]; [`Refusal::FieldInvalid`] for a client that keeps no
    /// secret, has too many, or when the end has passed.
    pub async fn add_secret(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
        expires_at: Option<Timestamp>,
    ) -> Result<AddedSecret, Denied> {
        self.settle(|| async {
            let now = self.now();
            if expires_at.is_some_and(|end| end <= now) {
                return Err(Refusal::field("expires_at", "Choose an end in the future, or none.").into());
            }
            by.as_ref().is_proved()?;
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            client.secrets.retain(|secret| secret.expires_at.is_none_or(|end| end > now));
            let secret = generate(&mut client, expires_at, now, &*self.rng);
            rules::refuse(rules::client(&client, &self.faces))?;
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            // `generate` has just pushed it.
            let Some(kept) = client.secrets.last().cloned() else { return Err(Refusal::NotFound("secret").into()) };
            let record = self.client_record(by, caller, AuditKind::SecretAdded, &client).with("hint", &kept.hint);
            changes.update(&was, &client);
            changes.create(&match expires_at {
                Some(end) => record.with("expires_at", end),
                None => record,
            });
            Ok(Decision { answer: Ok(AddedSecret { secret, kept }), changes })
        })
        .await
    }

    /// Removes one of a client's secrets: it is refused from this moment on.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`]; [`Refusal::NotFound`] for the client or the secret.
    pub async fn remove_secret(
        &self,
        by: &impl AsRef<Keeper>,
        caller: &Caller,
        id: &ClientId,
        secret: &SecretId,
    ) -> Result<Client, Denied> {
        self.settle(|| async {
            by.as_ref().is_proved()?;
            let was = self.seen_client(by.as_ref(), id).await?;
            let mut client = was.record().clone();
            let Some(at) = client.secrets.iter().position(|known| known.id == *secret) else {
                return Err(Refusal::NotFound("secret").into());
            };
            let gone = client.secrets.remove(at);
            let mut changes = Changes::new();
            self.permit(by, &[], &mut changes).await?;
            let record = self.client_record(by, caller, AuditKind::SecretRemoved, &client).with("hint", gone.hint);
            changes.update(&was, &client);
            changes.create(&record);
            Ok(Decision { answer: Ok(client), changes })
        })
        .await
    }
}

/// Gives the client a new secret of 256 random bits and says which.
pub(in crate::engine) fn generate(
    client: &mut Client,
    expires_at: Option<Timestamp>,
    now: Timestamp,
    rng: &dyn Rng,
) -> Secret {
    let secret = Kind::ClientSecret.generate(rng);
    let hash = SecretHash::Sha256(secret.digest());
    client.secrets.push(ClientSecret {
        id: SecretId::random(rng),
        hint: secret.expose().chars().take(HINT).collect(),
        hash,
        created_at: now,
        expires_at,
        declared: false,
    });
    secret
}
