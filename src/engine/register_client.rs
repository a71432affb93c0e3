//! Somebody registers a client of their own: a program that acts for itself, proved by its owner's password.

use std::time::Duration;

use crate::base::ids::{self, ClientId};
use crate::base::secret::Secret;
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::client::{Client, ClientType};
use crate::model::face::Face;
use crate::model::refusal::Refusal;
use crate::model::scope::{ScopeDefinition, Scopes, by_name_only, is_built_in};
use crate::model::settings::{ClientRegistration, SelfRegistration, Settings};
use crate::model::sign_in::RequiredFactor;
use crate::model::user::{Profile, User};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Order};

use super::admin::client_change::customary;
use super::admin::clients::Registered;
use super::admin::secrets::generate;
use super::users::check_password::Checked;
use super::users::registration::{Registrant, Registration};
use super::{Caller, Decision, Denied, Engine};

use Refusal::{EnrolmentRequired, SecondFactorRequired, SecondFactorWrong};

/// How many clients somebody may have.
pub const MOST_CLIENTS: u8 = 20;
/// How often a password is checked again because its hash changed meanwhile.
const CHECKED_AGAIN: usize = 3;
/// How many of the deployment's scopes are looked at.
const MOST_SCOPES: usize = 1_000;

impl Engine {
    /// Registers a client for the interface `face` that belongs to whoever proves to be `username`; an unknown address
    /// becomes somebody new where that is open to everyone. It may use client credentials and renew them, and has every
    /// scope of the deployment's own that does not administer.
    ///
    /// # Errors
    /// [`Refusal::SecondFactorRequired`] and [`Refusal::SecondFactorWrong`], for those only who may register;
    /// [`Refusal::EnrolmentRequired`]; [`Refusal::PasswordWrong`], [`Refusal::ClientRegistrationNotPermitted`] and
    /// [`Refusal::TooManyClients`], which faces tell in the same words and which take the same time and count alike;
    /// [`Refusal::TooManyTries`]; [`Denied::Busy`]; the store's fault.
    pub async fn register_own_client(
        &self,
        caller: &Caller,
        face: &Face,
        username: &str,
        password: &Secret,
        otp: Option<&Secret>,
    ) -> Result<Registered, Denied> {
        for _ in 0..CHECKED_AGAIN {
            let user = self.find_login(username).await?;
            if let Some(newcomer) = self.newcomer(caller, username, password, user.as_deref()).await? {
                return self.settle(|| self.register_with(caller, face, &newcomer)).await;
            }
            let user = user.as_deref();
            let (checked, attempt) = self.try_password(caller, username, password, user, false).await?;
            let tried = match user {
                Some(user) => self.begin_sent_code(caller, user, otp).await?,
                None => None,
            };
            let settled = self.settle(|| self.register_for(caller, face, &checked, otp)).await;
            match self.end_sent_code(caller, tried, settled).await {
                Ok(None) => {}
                Ok(Some(registered)) => {
                    attempt.succeeded();
                    return Ok(registered);
                }
                Err(due @ Denied::Refused(SecondFactorRequired | SecondFactorWrong | EnrolmentRequired)) => {
                    attempt.succeeded();
                    return Err(due);
                }
                // To somebody who tries passwords, the right one must look like any other.
                Err(Denied::Refused(refusal)) => {
                    attempt.failed(self.now());
                    return Err(self.sign_in_failed(caller, user, refusal).await);
                }
                Err(other) => return Err(other),
            }
        }
        Err(Denied::Busy(Duration::from_secs(1)))
    }

    /// Somebody nobody knows, where whoever comes may have an account and register clients. What they give is looked at as
    /// the password of a known person would be: one that will not do is a wrong one.
    async fn newcomer(
        &self,
        caller: &Caller,
        username: &str,
        password: &Secret,
        user: Option<&User>,
    ) -> Result<Option<Registrant>, Denied> {
        let settings = self.settings().await?;
        let open = settings.self_registration == SelfRegistration::Open
            && settings.client_registration == ClientRegistration::Everyone;
        if user.is_some() || !open {
            return Ok(None);
        }
        let wanted =
            Registration { email: username.to_owned(), password: password.clone(), profile: Profile::default() };
        match self.registrant(caller, &wanted).await {
            Ok(registrant) => Ok(Some(registrant)),
            Err(Denied::Refused(Refusal::RegistrationRefused | Refusal::RegistrationClosed)) => {
                Err(self.sign_in_failed(caller, None, Refusal::PasswordWrong).await)
            }
            Err(other) => Err(other),
        }
    }

    /// The newcomer's account and their client, in one commit.
    async fn register_with(
        &self,
        caller: &Caller,
        face: &Face,
        newcomer: &Registrant,
    ) -> Result<Decision<Registered>, Denied> {
        let mut changes = Changes::new();
        let settings = self.settings_as_they_stay(&mut changes).await?;
        if settings.client_registration != ClientRegistration::Everyone {
            return Ok(Decision::refuse(Refusal::ClientRegistrationNotPermitted));
        }
        if settings.required_factor > RequiredFactor::None {
            return Ok(Decision::refuse(Refusal::EnrolmentRequired));
        }
        let made = self.register(caller, &AuditActor::Nobody, newcomer, |_| ()).await?;
        let owner = match made.answer {
            Ok(owner) => owner,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let registered = self.own_client(caller, face, &owner, &mut changes).await?;
        changes.extend(made.changes);
        Ok(Decision { answer: registered, changes })
    }

    /// `None` if the password was right and its hash changed before the client could be made.
    async fn register_for(
        &self,
        caller: &Caller,
        face: &Face,
        checked: &Checked,
        otp: Option<&Secret>,
    ) -> Result<Decision<Option<Registered>>, Denied> {
        let owner = match self.still_right(checked).await? {
            Ok(Some(owner)) => owner,
            Ok(None) => return Ok(Decision::allow(None)),
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        let mut changes = Changes::new();
        let settings = self.settings_as_they_stay(&mut changes).await?;
        if !may_register(&settings, &owner) {
            return Ok(Decision::refuse(Refusal::ClientRegistrationNotPermitted));
        }
        changes.update(&owner, &checked.brought_up_to_date(&owner));
        let registered = match self.own_client(caller, face, &owner, &mut changes).await? {
            Ok(registered) => registered,
            Err(refusal) => return Ok(Decision::refuse(refusal)),
        };
        // Only who may register hears of a second factor: to anybody else the right password looks like any other.
        let demanded = self.demanded_of(&owner, None).await?;
        if let Err(refusal) = self.proved_without_browser(&owner, demanded, otp, &mut changes).await? {
            return Ok(Decision::refuse(refusal));
        }
        Ok(Decision { answer: Ok(Some(registered)), changes })
    }

    /// The settings; the commit depends on them.
    pub(in crate::engine) async fn settings_as_they_stay(&self, changes: &mut Changes) -> Result<Settings, Denied> {
        let kept: Option<Kept<Settings>> = self.ledger.find("only").await?;
        match &kept {
            Some(kept) => changes.expect(kept),
            None => changes.expect_absent::<Settings>("only"),
        };
        Ok(kept.map(|kept| kept.record().clone()).unwrap_or_default())
    }

    /// A new client for `owner`, unless they have as many as anybody may have.
    async fn own_client(
        &self,
        caller: &Caller,
        face: &Face,
        owner: &User,
        changes: &mut Changes,
    ) -> Result<Result<Registered, Refusal>, Denied> {
        let now = self.now();
        let Some(place) = self.free_place(&owner.id).await? else { return Ok(Err(Refusal::TooManyClients)) };
        let id = ClientId::random(&*self.rng);
        let name = format!("Client of {}", owner.username).chars().take(100).collect();
        let mut client = Client {
            client_key: ids::random(&*self.rng),
            incarnation: ids::random(&*self.rng),
            scopes: self.scopes_for_anybody().await?,
            created_at: now,
            created_by: Some(owner.display_name()),
            owner: Some(owner.id.clone()),
            owner_place: Some(place),
            ..customary(ClientType::Service, id, name, std::slice::from_ref(face), &self.faces)
        };
        let secret = generate(&mut client, None, now, &*self.rng);
        self.judge_client(None, &client, changes).await?;
        let actor = AuditActor::User(owner.id.clone());
        let record = caller.record(now, &*self.rng, actor, AuditKind::ClientCreated);
        let record = record.about_client(&client.id).about_user(&owner.id).with("name", &client.name);
        changes.create(&client).create(&record);
        Ok(Ok(Registered { client, secret: Some(secret) }))
    }

    /// The deployment's own scopes, but for those that administer.
    async fn scopes_for_anybody(&self) -> Result<Scopes, Denied> {
        let known = self.ledger.list::<ScopeDefinition>(Order::Ascending, None, MOST_SCOPES).await?;
        let names = known.items.iter().map(|scope| scope.name.clone());
        Ok(names.filter(|name| !is_built_in(name.as_str()) && !by_name_only(name.as_str())).collect())
    }
}

/// Whether `user` may register clients.
fn may_register(settings: &Settings, user: &User) -> bool {
    match settings.client_registration {
        ClientRegistration::Nobody => false,
        ClientRegistration::Permitted => user.may_register_clients,
        ClientRegistration::Everyone => true,
    }
}
