//! What somebody is given who came in by a grant of one of our own clients: a session of its own kind, one grant that hangs
//! on it, and tokens. Whoever ends the session ends them.

use crate::base::ids::GrantId;
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{Client, ConsentPolicy, GrantType};
use crate::model::consent::Consent;
use crate::model::grant::{Grant, GrantLife};
use crate::model::refusal::Refusal;
use crate::model::scope::Scopes;
use crate::model::session::Authentication;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault};

use super::super::access::Holder;
use super::super::mint::{Authorization, Person, Renewal, Subject, grant_end, refresh_end};
use super::super::standing::Standing;
use super::super::users::device::in_words;
use super::super::users::sessions::Opening;
use super::super::{Decision, Denied, Engine};
use super::{Asked, scope};

impl Engine {
    /// Lets `user` in, who proved who they are so, and gives the client these scopes.
    pub(super) async fn welcome(
        &self,
        asked: &Asked<'_>,
        user: &User,
        how: Authentication,
        scopes: Scopes,
    ) -> Result<Decision<Authorization>, Denied> {
        let (client, now) = (asked.client.client(), self.now());
        // Whoever comes by whatever grant: nobody gets past a factor that is due.
        let demanded = self.demanded_of(user, Some(client)).await?;
        if let Err(refusal) = self.is_enough(user, demanded, &how).await? {
            return Ok(Decision::refuse(refusal));
        }
        let until = grant_end(client, now);
        let new = self.open_session(asked.caller, user, how.clone(), &Opening::Grant { client, until });
        let grant = Grant {
            id: GrantId::ordered(now, &*self.rng),
            client: client.id.clone(),
            user: user.id.clone(),
            face: asked.face.clone(),
            session: new.signed_in.session().id.clone(),
            // The session is the grant's own and lives as long: ending it is how a person ends this.
            offline: false,
            scopes: scopes.clone(),
            claims: Default::default(),
            audience: match client.audience.is_empty() {
                true => vec![self.identity.issuer.clone()],
                false => client.audience.clone(),
            },
            authentication: how,
            remembered: None,
            actor: None,
            device_id: asked.device.clone(),
            created_at: now,
            expires_at: until,
            life: GrantLife::Live,
            client_incarnation: client.incarnation.clone(),
            access_epoch: user.access_epoch,
        };
        let end = refresh_end(client, &self.faces.law(asked.face), &grant, now);
        let (renewal, access_jti) = match client.may(GrantType::RefreshToken) && now < end {
            true => self.new_renewal(client, &grant, end).await?,
            false => (Renewal::Nothing, None),
        };
        let person = Person { user: user.clone(), grant: grant.clone(), asked: Default::default(), access_jti };
        let right = Authorization {
            client: client.clone(),
            audience: grant.audience.clone(),
            subject: Subject::Person(Box::new(person)),
            scopes: scope::issued(scopes, client, user),
            nonce: None,
            renewal,
        };
        let record = asked.caller.record(now, &*self.rng, AuditActor::User(user.id.clone()), AuditKind::SignIn);
        let record = record.about_user(&user.id).about_client(&client.id);
        let record = record.with("device", in_words(&asked.caller.user_agent));
        let mut room = Changes::new();
        self.make_room_for_session(user, client, &mut room).await?;
        Ok(Decision::allow(right).with(|changes| {
            changes.extend(room).create(new.signed_in.session()).create(&grant);
            // Guests come without anybody's doing; their coming and going is no event.
            if !user.is_guest() {
                changes.create(&record);
            }
        }))
    }

    /// Remembers, where the client asks people, that this person agreed to `scopes`: they made their account through this very
    /// client, and all that is known of them here is what they told it.
    pub(super) async fn agreed_by_coming(
        &self,
        client: &Client,
        user: &User,
        scopes: &Scopes,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        if client.consent != ConsentPolicy::Ask {
            return Ok(());
        }
        let now = self.now();
        let before = self.ledger.find::<Consent>(&format!("{}/{}", user.id, client.id)).await?;
        let consent = Consent {
            user: user.id.clone(),
            client: client.id.clone(),
            scopes: before.as_ref().map_or(scopes.clone(), |before| before.scopes.union(scopes)),
            claims: before.as_ref().map(|before| before.claims.clone()).unwrap_or_default(),
            since: before.as_ref().map_or(now, |before| before.since),
            updated_at: now,
        };
        match &before {
            Some(before) => changes.update(before, &consent),
            None => changes.create(&consent),
        };
        Ok(())
    }

    /// What an access token of the asking client rests on, if it is about a person, holds, and was given to them in their own
    /// hands: nobody makes or takes over accounts while acting for them.
    pub(super) async fn standing_of(&self, asked: &Asked<'_>, token: &Secret) -> Result<Option<Box<Standing>>, Fault> {
        let Some(facts) = self.read_access_token(token).await? else { return Ok(None) };
        if facts.client != asked.client.client().id {
            return Ok(None);
        }
        Ok(match self.holds(&facts).await? {
            Ok(Holder::Person(standing)) => Some(standing).filter(|standing| standing.grant().actor.is_none()),
            _ => None,
        })
    }
}

/// Refuses a person the client is not for.
pub(super) fn may_use(client: &Client, user: &User) -> Result<(), Refusal> {
    if client.is_for(user) { Ok(()) } else { Err(Refusal::UserNotAllowed) }
}
