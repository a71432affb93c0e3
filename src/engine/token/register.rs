//! Tokens for somebody who makes an account: a new person, or the guest they were until now.

use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::Client;
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::records::RecordChanges;

use super::super::mint::Authorization;
use super::super::users::registration::{Registrant, Registration};
use super::super::{Caller, Decision, Denied, Engine};
use super::{Asked, scope};

impl Engine {
    /// Looks at what was sent, for a client that may be used by whoever registers.
    pub(super) async fn ready_registration(
        &self,
        caller: &Caller,
        client: &Client,
        wanted: &Registration,
    ) -> Result<Registrant, Denied> {
        // Whoever is new is in no group.
        if !client.groups.is_empty() {
            return Err(Refusal::UserNotAllowed.into());
        }
        // There is no page here on which a factor could be enrolled.
        if self.settings().await?.required_factor.max(client.required_factor) > RequiredFactor::None {
            return Err(Refusal::EnrolmentRequired.into());
        }
        self.registrant(caller, wanted).await
    }

    /// The whole law of the register grant: a new person.
    pub(super) async fn redeem_registration(
        &self,
        asked: &Asked<'_>,
        registrant: &Registrant,
    ) -> Result<Decision<Authorization>, Denied> {
        let by = AuditActor::Client(asked.client.client().id.clone());
        let made = self.register(asked.caller, &by, registrant, |_| {}).await?;
        self.welcome_new(asked, made).await
    }

    /// The register grant with a guest's token: the same subject, from now on a person. What the guest was given ends, so
    /// that nobody who holds it is that person.
    pub(super) async fn redeem_guest_registration(
        &self,
        asked: &Asked<'_>,
        registrant: &Registrant,
        guest: &Secret,
    ) -> Result<Decision<Authorization>, Denied> {
        let standing = self.standing_of(asked, guest).await?.filter(|standing| standing.user().is_guest());
        let Some(standing) = standing else { return Ok(Decision::refuse(Refusal::GuestInvalid)) };
        let Some(mut changes) = self.room_for(registrant).await? else {
            return Ok(Decision::refuse(Refusal::RegistrationRefused));
        };
        let now = self.now();
        let mut user = standing.user().clone();
        registrant.become_of(&mut user, now);
        user.end_access();
        let by = AuditActor::Client(asked.client.client().id.clone());
        let record = asked.caller.record(now, &*self.rng, by, AuditKind::UserCreated).about_user(&user.id);
        let record = record.with("username", &user.username).with("before", "guest");
        standing.expect(&mut changes);
        changes.update(standing.kept_user(), &user).create(&record);
        self.welcome_new(asked, Decision { answer: Ok(user), changes }).await
    }

    /// Tokens for whoever has just been made.
    pub(super) async fn welcome_new(
        &self,
        asked: &Asked<'_>,
        made: Decision<User>,
    ) -> Result<Decision<Authorization>, Denied> {
        let Decision { answer, mut changes } = made;
        let user = match answer {
            Ok(user) => user,
            Err(refusal) => return Ok(Decision { answer: Err(refusal), changes }),
        };
        let client = asked.client.client();
        let scopes = scope::of_newcomer(asked.scope.as_ref(), client)?;
        self.agreed_by_coming(client, &user, &scopes, &mut changes).await?;
        let how = Authentication::by_password(self.now());
        let right = self.welcome(asked, &user, how, scopes).await?;
        Ok(right.with(|all| _ = all.extend(changes)))
    }
}
