//! Declared secrets and passwords, compared with what is kept of those there are. They are hashed anew only when they are
//! not known already, so that applying twice changes nothing.

use crate::base::ids::SecretId;
use crate::base::secret::Secret;
use crate::engine::users::passwords::{Policy, as_compared};
use crate::engine::{Denied, Engine};
use crate::model::client::{ClientSecret, SecretHash};
use crate::model::credential::PasswordHash;
use crate::model::refusal::Refusal;
use crate::model::settings::Settings;
use crate::model::user::User;

use super::super::declared::{DeclaredSecret, DeclaredSecretValue};
use super::Draft;

/// A declared secret of at least so many characters is random enough for SHA-256; a shorter one goes through Argon2id.
const LONG: usize = 32;

impl Engine {
    /// Whether this is the password whose hash that is.
    pub(super) async fn is_password(&self, plain: &Secret, hash: Option<&PasswordHash>) -> Result<bool, Denied> {
        match (as_compared(plain), hash) {
            (Some(password), Some(hash)) => Ok(self.gate.hasher.verify(&password, Some(hash)).await?.matches),
            _ => Ok(false),
        }
    }

    /// The password as it is hashed, if somebody may have it under these settings; else why not.
    pub(super) fn accepted_password(&self, plain: &Secret, settings: &Settings, user: &User) -> Result<Secret, String> {
        let email = user.email.as_deref().unwrap_or_default();
        let context = [settings.name.as_str(), &self.identity.issuer, &user.username, email];
        Policy::new(settings.password_min_length, context).accept(plain).map_err(|refusal| match refusal {
            Refusal::FieldInvalid(problem) => problem.sentence,
            other => other.name().to_owned(),
        })
    }
}

impl Draft<'_> {
    /// The secrets a client shall have: those declared, as they are kept if they are known, those that somebody added by
    /// hand, and what has expired anyway.
    pub(super) async fn secrets(
        &self,
        known: &[ClientSecret],
        declared: &[DeclaredSecret],
    ) -> Result<Vec<ClientSecret>, Denied> {
        let mut kept: Vec<ClientSecret> = Vec::new();
        let mut new = Vec::new();
        for wanted in declared {
            match self.known_secret(known, &kept, wanted).await? {
                Some(secret) => kept.push(secret),
                None => new.push(self.new_secret(wanted).await?),
            }
        }
        let expired = |secret: &ClientSecret| secret.expires_at.is_some_and(|end| end <= self.now);
        let stays = |secret: &&ClientSecret| {
            !secret.declared || expired(secret) || kept.iter().any(|kept| kept.id == secret.id)
        };
        Ok(known.iter().filter(stays).cloned().chain(new).collect())
    }

    async fn known_secret(
        &self,
        known: &[ClientSecret],
        taken: &[ClientSecret],
        wanted: &DeclaredSecret,
    ) -> Result<Option<ClientSecret>, Denied> {
        for secret in known.iter().filter(|secret| secret.expires_at == wanted.expires_at) {
            let same = match (&wanted.value, &secret.hash) {
                (DeclaredSecretValue::Hash(hash), kept) => hash == kept,
                (DeclaredSecretValue::Plain(plain), SecretHash::Sha256(digest)) => digest.is_of(plain.expose()),
                (DeclaredSecretValue::Plain(plain), SecretHash::Argon2id(phc)) => {
                    let hash = PasswordHash::parse(phc);
                    self.engine.gate.hasher.verify(plain, hash.as_ref()).await?.matches
                }
            };
            if same && !taken.iter().any(|taken| taken.id == secret.id) {
                return Ok(Some(secret.clone()));
            }
        }
        Ok(None)
    }

    async fn new_secret(&self, wanted: &DeclaredSecret) -> Result<ClientSecret, Denied> {
        let (hash, hint) = match &wanted.value {
            DeclaredSecretValue::Hash(hash) => (hash.clone(), String::new()),
            DeclaredSecretValue::Plain(plain) if plain.expose().chars().count() >= LONG => {
                (SecretHash::Sha256(plain.digest()), plain.expose().chars().take(4).collect())
            }
            DeclaredSecretValue::Plain(plain) => {
                let hash = self.engine.gate.hasher.hash(plain).await?;
                (SecretHash::Argon2id(hash.as_str().to_owned()), String::new())
            }
        };
        let id = SecretId::random(&*self.engine.rng);
        Ok(ClientSecret { id, hint, hash, created_at: self.now, expires_at: wanted.expires_at, declared: true })
    }
}
