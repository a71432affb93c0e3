//! What people have enrolled, as it is read, written and shown.

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::engine::Engine;
use crate::model::factors::Factors;
use crate::model::verification::UserVerification;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

/// What somebody has enrolled, without its secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FactorsView {
    /// Their authenticator.
    pub authenticator: Option<AuthenticatorView>,
    /// How many passkeys they have that sign them in with nothing else.
    pub passkeys: usize,
    /// How many security keys they have that serve beside their password.
    pub security_keys: usize,
    /// How many they have that count for nothing, since this server asks for more of them by now.
    pub idle_keys: usize,
    /// Their recovery codes.
    pub recovery_codes: Option<RecoveryCodesView>,
    /// How many browsers remember the second factor now.
    pub remembered: usize,
}

/// An authenticator that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthenticatorView {
    /// Since when.
    pub since: Timestamp,
    /// When it last signed somebody in.
    pub last_used_at: Option<Timestamp>,
}

/// Recovery codes, by number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecoveryCodesView {
    /// How many are unused.
    pub left: usize,
    /// How many there were.
    pub of: usize,
    /// When they were made.
    pub made_at: Timestamp,
}

impl FactorsView {
    /// Whether anything is asked for beside the password.
    pub fn has_second(&self) -> bool {
        self.authenticator.is_some() || self.passkeys + self.security_keys > 0
    }
}

impl Engine {
    /// What somebody has enrolled, for them to see.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn enrolled(&self, user: &UserId) -> Result<FactorsView, Fault> {
        let (_, factors) = self.factors_kept(user).await?;
        let (now, verification) = (self.now(), self.user_verification().await?);
        let counting = |alone: bool| {
            let keys = factors.passkeys.iter().filter(|key| key.counts(verification));
            keys.filter(|key| key.signs_in_alone() == alone).count()
        };
        let (passkeys, security_keys) = (counting(true), counting(false));
        Ok(FactorsView {
            authenticator: factors
                .totp
                .as_ref()
                .map(|totp| AuthenticatorView { since: totp.since, last_used_at: totp.last_used_at }),
            passkeys,
            security_keys,
            idle_keys: factors.passkeys.len() - passkeys - security_keys,
            recovery_codes: factors.recovery_codes.as_ref().map(|codes| RecoveryCodesView {
                left: factors.recovery_codes_left(),
                of: codes.codes.len(),
                made_at: codes.made_at,
            }),
            remembered: factors.devices.iter().filter(|device| device.expires_at > now).count(),
        })
    }

    /// Whether passkeys must check their owners, as things are set now.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn user_verification(&self) -> Result<UserVerification, Fault> {
        Ok(self.settings().await?.user_verification)
    }

    /// What somebody has enrolled; nothing if nothing is kept.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn factors_of(&self, user: &UserId) -> Result<Factors, Fault> {
        Ok(self.factors_kept(user).await?.1)
    }

    /// The same, for a commit that depends on their enrolling nothing meanwhile: whoever does is asked for it.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn factors_as_they_stay(
        &self,
        user: &UserId,
        changes: &mut Changes,
    ) -> Result<(Option<Kept<Factors>>, Factors), Fault> {
        let (kept, factors) = self.factors_kept(user).await?;
        match &kept {
            Some(kept) => changes.expect(kept),
            None => changes.expect_absent::<Factors>(user.as_str()),
        };
        Ok((kept, factors))
    }

    /// The record of what somebody has enrolled, and what is in it; nothing where there is none.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn factors_kept(
        &self,
        user: &UserId,
    ) -> Result<(Option<Kept<Factors>>, Factors), Fault> {
        let kept = self.ledger.find::<Factors>(user.as_str()).await?;
        let factors = kept.as_ref().map_or_else(|| Factors::none(user), |kept| kept.record().clone());
        Ok((kept, factors))
    }

    /// Writes what [`Engine::factors_kept`] read, as it is now.
    pub(in crate::engine) fn keep_factors(&self, was: Option<&Kept<Factors>>, now: &Factors, changes: &mut Changes) {
        match was {
            Some(was) => changes.update(was, now),
            None => changes.create(now),
        };
    }
}
