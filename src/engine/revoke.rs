//! Ending a token before its time (RFC 7009).

#[cfg(test)]
mod tests;

use crate::base::ids::GrantId;
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::client::Client;
use crate::model::grant::{Grant, GrantEnd};
use crate::model::service_grant::ServiceGrant;
use crate::model::token::{AccessToken, RefreshToken, RevokedJwt};
use crate::records::RecordChanges;
use crate::store::Changes;

use super::access::AccessFacts;
use super::authenticate_client::Presented;
use super::{Caller, Decision, Denied, Engine};

impl Engine {
    /// Ends one of the client's own tokens. A refresh token takes its whole grant along, access tokens included; an access
    /// token goes alone. What is unknown, somebody else's or over already is no error, and nothing happens. Open to clients
    /// of every interface, public ones included.
    ///
    /// # Errors
    /// The refusals of client authentication, or the store's fault: never silence when the token may still be good.
    pub async fn revoke(&self, caller: &Caller, presented: &Presented, token: &Secret) -> Result<(), Denied> {
        self.settle(|| async {
            let asking = self.authenticate_any_client(caller, presented).await?;
            let client = asking.client();
            if let Some(token) = self.find_refresh_token(token).await? {
                return self.end_grant_of(caller, client, &token).await;
            }
            match self.read_access_token(token).await? {
                Some(facts) if facts.client == client.id || asking.has_proved() && facts.is_for(client.id.as_str()) => {
                    self.end_access_token(caller, client, &facts).await
                }
                _ => Ok(Decision::allow(())),
            }
        })
        .await
    }

    async fn end_grant_of(
        &self,
        caller: &Caller,
        client: &Client,
        token: &RefreshToken,
    ) -> Result<Decision<()>, Denied> {
        if token.client != client.id {
            return Ok(Decision::allow(()));
        }
        if token.of_service {
            return self.end_service_grant(caller, client, &token.grant).await;
        }
        let Some(grant) = self.ledger.find::<Grant>(token.grant.as_str()).await? else {
            return Ok(Decision::allow(()));
        };
        let mut changes = Changes::new();
        if self.end_grants(&[&grant], GrantEnd::RevokedByClient, &mut changes).await? > 0 {
            changes.create(&self.revocation(caller, client, "refresh_token").about_user(&grant.user));
        }
        Ok(Decision { answer: Ok(()), changes })
    }

    async fn end_service_grant(
        &self,
        caller: &Caller,
        client: &Client,
        grant: &GrantId,
    ) -> Result<Decision<()>, Denied> {
        let done = Decision::allow(());
        let Some(grant) = self.ledger.find::<ServiceGrant>(grant.as_str()).await? else { return Ok(done) };
        let Some(ended) = grant.ended(self.now(), GrantEnd::RevokedByClient) else { return Ok(done) };
        let audit = self.revocation(caller, client, "refresh_token");
        Ok(done.with(|changes| _ = changes.update(&grant, &ended).create(&audit)))
    }

    async fn end_access_token(
        &self,
        caller: &Caller,
        client: &Client,
        facts: &AccessFacts,
    ) -> Result<Decision<()>, Denied> {
        let audit = self.revocation(caller, client, "access_token").with("jti", &facts.jti);
        let done = Decision::allow(());
        match &facts.stored {
            Some(stored) if stored.revoked_at.is_some() => Ok(done),
            Some(stored) => {
                let revoked = AccessToken { revoked_at: Some(self.now()), ..stored.record().clone() };
                Ok(done.with(|changes| _ = changes.update(stored, &revoked).create(&audit)))
            }
            None if self.ledger.find::<RevokedJwt>(&facts.jti).await?.is_some() => Ok(done),
            None => {
                let revoked = RevokedJwt { jti: facts.jti.clone(), expires_at: facts.expires_at };
                Ok(done.with(|changes| _ = changes.create(&revoked).create(&audit)))
            }
        }
    }

    fn revocation(&self, caller: &Caller, client: &Client, what: &str) -> AuditRecord {
        let actor = AuditActor::Client(client.id.clone());
        let record = caller.record(self.now(), &*self.rng, actor, AuditKind::GrantRevoked);
        record.about_client(&client.id).with("token", what)
    }
}
