//! Whether a grant still stands: its client, user, session and consent as they are now, and whoever acts for the user.
//!
//! Redeeming, renewing, introspection and userinfo all ask here, so that disabling somebody ends access everywhere at once.

#[cfg(test)]
mod tests;

use crate::base::clock::Timestamp;
use crate::base::ids::GrantId;
use crate::engine::users::acting::Grounds;
use crate::model::client::{Client, ConsentPolicy};
use crate::model::consent::Consent;
use crate::model::grant::Grant;
use crate::model::refusal::Refusal;
use crate::model::scope::Scopes;
use crate::model::session::Session;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::Engine;

/// A grant of which everything it rests on was found to hold. Only [`Engine::standing`] makes one.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    grant: Kept<Grant>,
    client: Kept<Client>,
    owner: Option<Kept<User>>,
    user: Kept<User>,
    session: Option<Kept<Session>>,
    consent: Option<Kept<Consent>>,
    grounds: Option<Grounds>,
}

impl Standing {
    /// The grant.
    pub fn grant(&self) -> &Kept<Grant> {
        &self.grant
    }

    /// Who may use it.
    pub fn client(&self) -> &Client {
        self.client.record()
    }

    /// Whom it is about.
    pub fn user(&self) -> &User {
        self.user.record()
    }

    /// The person as they were read, to be changed or expected.
    pub fn kept_user(&self) -> &Kept<User> {
        &self.user
    }

    /// The session it hangs on, if it does on one.
    pub fn session(&self) -> Option<&Kept<Session>> {
        self.session.as_ref()
    }

    /// Whether the client may still have these scopes.
    pub fn allows(&self, scopes: &Scopes) -> Result<(), Refusal> {
        if scopes.within(&self.client.scopes) { Ok(()) } else { Err(Refusal::ScopeNotAllowed) }
    }

    /// Makes a commit depend on all of this being so still.
    pub fn expect(&self, changes: &mut Changes) {
        changes.expect(&self.grant).expect(&self.client).expect(&self.user);
        if let Some(owner) = &self.owner {
            changes.expect(owner);
        }
        if let Some(session) = &self.session {
            changes.expect(session);
        }
        if let Some(consent) = &self.consent {
            changes.expect(consent);
        }
        if let Some(grounds) = &self.grounds {
            grounds.expect(changes);
        }
    }
}

impl Engine {
    /// Looks at a grant and all it rests on; the inner error is why it does not stand any more.
    ///
    /// # Errors
    /// The store's fault.
    pub(crate) async fn standing(&self, grant: &GrantId) -> Result<Result<Standing, Refusal>, Fault> {
        let Some(grant) = self.ledger.find::<Grant>(grant.as_str()).await? else {
            return Ok(Err(Refusal::GrantEnded));
        };
        let client = self.ledger.find::<Client>(grant.client.as_str()).await?;
        let user = self.ledger.find::<User>(grant.user.as_str()).await?;
        let session = match grant.offline {
            true => None,
            false => self.ledger.find::<Session>(grant.session.as_str()).await?,
        };
        let consent = match &client {
            Some(client) if client.consent == ConsentPolicy::Ask => {
                self.ledger.find::<Consent>(&format!("{}/{}", grant.user, grant.client)).await?
            }
            _ => None,
        };
        let owner = match &client {
            Some(client) => self.owner_of(client).await?,
            None => Ok(None),
        };
        let standing = match stands(grant, client, user, session, consent, self.now()) {
            Ok(standing) => standing,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let grounds = match &standing.session {
            Some(session) => self.grounds(session, &standing.user).await?,
            None => Ok(None),
        };
        Ok(owner.and_then(|owner| Ok(Standing { owner, grounds: grounds?, ..standing })))
    }
}

fn stands(
    grant: Kept<Grant>,
    client: Option<Kept<Client>>,
    user: Option<Kept<User>>,
    session: Option<Kept<Session>>,
    consent: Option<Kept<Consent>>,
    now: Timestamp,
) -> Result<Standing, Refusal> {
    if !grant.is_live(now) {
        return Err(Refusal::GrantEnded);
    }
    let client = client.ok_or(Refusal::ClientUnknown)?;
    if client.disabled_at.is_some() {
        return Err(Refusal::ClientDisabled);
    }
    if !grant.is_to(&client) {
        return Err(Refusal::GrantEnded);
    }
    let user = user.ok_or(Refusal::UserGone)?;
    if !user.is_enabled() {
        return Err(Refusal::UserDisabled);
    }
    if !client.is_for(&user) {
        return Err(Refusal::UserNotAllowed);
    }
    if !grant.is_of(&user) {
        return Err(Refusal::GrantEnded);
    }
    let open = |session: &Kept<Session>| session.is_open(now) && session.is_of(&user);
    if !grant.offline && !session.as_ref().is_some_and(open) {
        return Err(Refusal::SessionEnded);
    }
    // What was given while somebody acted for the person lives in that session alone, and names whoever did.
    let acted = session.as_ref().and_then(|session| session.acting.as_ref()).map(|acting| &acting.administrator);
    if acted != grant.actor.as_ref() {
        return Err(Refusal::SessionEnded);
    }
    if client.consent == ConsentPolicy::Ask && !consent.as_ref().is_some_and(|consent| agreed(consent, &grant)) {
        return Err(Refusal::ConsentWithdrawn);
    }
    Ok(Standing { grant, client, owner: None, user, session, consent, grounds: None })
}

/// Whether what the person agreed to covers the grant. Agreeing anew does not bring back what was withdrawn before.
fn agreed(consent: &Consent, grant: &Grant) -> bool {
    let single = grant.claims.userinfo.keys().chain(grant.claims.id_token.keys());
    consent.covers(&grant.scopes, single) && consent.since <= grant.created_at
}
