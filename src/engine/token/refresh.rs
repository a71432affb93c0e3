//! Renewing by refresh token (RFC 6749, section 6), rotated on every use (RFC 9700, section 4.14.2).

use crate::base::clock::Timestamp;
use crate::base::digest::sha256;
use crate::base::seal::SealingKey;
use crate::base::secret::Secret;
use crate::model::client::Client;
use crate::model::grant::GrantEnd;
use crate::model::refusal::Refusal;
use crate::model::token::{RefreshLife, RefreshToken};
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::super::mint::{Authorization, Renewal, refresh_locator};
use super::super::{Decision, Denied, Engine};
use super::Asked;
use super::person::Proof;

impl Engine {
    /// The whole law of the refresh token: used once; coming again ends its grant, unless the client has a grace and the
    /// answer may have been lost.
    pub(super) async fn redeem_refresh_token(
        &self,
        asked: &Asked<'_>,
        presented: &Secret,
    ) -> Result<Decision<Authorization>, Denied> {
        let Some(token) = self.find_refresh_token(presented).await? else {
            return Ok(Decision::refuse(Refusal::RefreshUnknown));
        };
        let (client, now) = (asked.client.client(), self.now());
        if token.client != client.id {
            return Ok(Decision::refuse(Refusal::RefreshOfAnotherClient));
        }
        match &token.life {
            RefreshLife::Revoked { .. } => Ok(Decision::refuse(Refusal::RefreshRevoked)),
            RefreshLife::Live if token.expires_at <= now => Ok(Decision::refuse(Refusal::RefreshExpired)),
            RefreshLife::Live => {
                let right = self.authorize_renewal(asked, &token, Proof::RefreshToken).await?;
                Ok(right.and_then(|right| rotate(right, &token, presented, client, now)))
            }
            RefreshLife::Rotated { .. } => self.presented_again(asked, &token, presented).await,
        }
    }

    /// The presented token's record; any other text finds nothing.
    pub(in crate::engine) async fn find_refresh_token(
        &self,
        presented: &Secret,
    ) -> Result<Option<Kept<RefreshToken>>, Denied> {
        let Some(locator) = refresh_locator(presented) else { return Ok(None) };
        let kept = self.ledger.find::<RefreshToken>(&locator).await?;
        Ok(kept.filter(|kept| kept.digest.is_of(presented.expose())))
    }

    /// A rotated token: yields the same successor while that is unused and young, and else ends the grant.
    async fn presented_again(
        &self,
        asked: &Asked<'_>,
        token: &Kept<RefreshToken>,
        presented: &Secret,
    ) -> Result<Decision<Authorization>, Denied> {
        let (client, now) = (asked.client.client(), self.now());
        let Some((locator, secret)) = given_before(token, presented, client, now) else {
            return self.replayed(asked, token).await;
        };
        match self.ledger.find::<RefreshToken>(&locator).await? {
            Some(successor) if successor.life == RefreshLife::Live && now < successor.expires_at => {
                let right = self.authorize_renewal(asked, token, Proof::RefreshTokenAgain).await?;
                Ok(right.and_then(|right| {
                    let again = Authorization { renewal: Renewal::Again(secret), ..right };
                    Decision::allow(again).with(|changes| _ = changes.expect(token).expect(&successor))
                }))
            }
            _ => self.replayed(asked, token).await,
        }
    }

    /// What the grant behind a refresh token allows now: a person's, or the client's own.
    async fn authorize_renewal(
        &self,
        asked: &Asked<'_>,
        token: &RefreshToken,
        proof: Proof,
    ) -> Result<Decision<Authorization>, Denied> {
        match token.of_service {
            true => self.renew_service(asked, &token.grant).await,
            false => self.authorize_by_grant(asked, &token.grant, proof).await,
        }
    }

    async fn replayed(&self, asked: &Asked<'_>, token: &RefreshToken) -> Result<Decision<Authorization>, Denied> {
        if token.of_service {
            return self.end_service_replayed(asked, &token.grant).await;
        }
        self.end_replayed(asked, &token.grant, GrantEnd::RefreshReplayed, Refusal::RefreshUsedBefore).await
    }
}

/// Uses `token` up; what is given out instead takes over.
fn rotate(
    right: Authorization,
    token: &Kept<RefreshToken>,
    presented: &Secret,
    client: &Client,
    now: Timestamp,
) -> Decision<Authorization> {
    // Whoever renews gets a new token or none at all.
    let Renewal::New { handle, .. } = &right.renewal else { return Decision::refuse(Refusal::RefreshExpired) };
    let keeps = !client.refresh_grace.is_zero();
    let again = keeps.then(|| lock_of(presented).seal(&handle.locator, handle.secret.expose().as_bytes()));
    let life = RefreshLife::Rotated { at: now, successor: handle.locator.clone(), again };
    let rotated = RefreshToken { life, ..token.record().clone() };
    let mut changes = Changes::new();
    changes.update(token, &rotated);
    Decision { answer: Ok(right), changes }
}

/// The successor that was given out for `token`, with its locator, if it may be given out again.
fn given_before(token: &RefreshToken, presented: &Secret, client: &Client, now: Timestamp) -> Option<(String, Secret)> {
    let RefreshLife::Rotated { at, successor, again: Some(again) } = &token.life else { return None };
    if now.since(*at) >= client.refresh_grace.duration() {
        return None;
    }
    let secret = String::from_utf8(lock_of(presented).open(successor, again).ok()?).ok()?;
    Some((successor.clone(), Secret::new(secret)))
}

/// What only the holder of a token can open. Not made from the token's plain digest: that is stored beside it.
fn lock_of(token: &Secret) -> SealingKey {
    SealingKey::from_bytes(&sha256(format!("successor of {}", token.expose()).as_bytes()))
}
