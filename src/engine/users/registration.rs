//! Somebody makes an account for themselves, through whatever interface.
//!
//! Who cannot be registered meets one refusal, whichever field it was and after the same time: a password is hashed in any
//! case, and a name is looked up in any case. That an address can be registered says that nobody has it; how often one
//! network may learn so much is for [`Arrivals`](super::arrivals::Arrivals) to say.

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::PasswordHash;
use crate::model::refusal::Refusal;
use crate::model::settings::SelfRegistration;
use crate::model::user::{Profile, User, UserKind};
use crate::records::RecordChanges;
use crate::store::Changes;

use super::names::Names;
use super::profile;

/// What somebody gives who makes an account.
#[derive(Clone, Debug)]
pub struct Registration {
    /// The e-mail address; also the name they sign in with. It is unverified.
    pub email: String,
    /// The password, as typed.
    pub password: Secret,
    /// What they say about themselves.
    pub profile: Profile,
}

/// Evidence: somebody who may have an account here if nobody took their address meanwhile. Only [`Engine::registrant`] makes
/// one.
#[derive(Clone, Debug)]
pub(crate) struct Registrant {
    names: Names,
    profile: Profile,
    password: PasswordHash,
}

impl Engine {
    /// Whether `wanted` may become an account: hashes the password, so it belongs before [`Engine::settle`].
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`] unless everybody may register; [`Refusal::TooManyTries`] for the caller's network;
    /// [`Refusal::RegistrationRefused`] for any field that will not do, a taken address included; [`Denied::Busy`] when too
    /// many passwords wait; the store's fault.
    pub(crate) async fn registrant(&self, caller: &Caller, wanted: &Registration) -> Result<Registrant, Denied> {
        self.registration_is_open().await?;
        self.gate.arrivals.register(&caller.network, self.now())?;
        let policy = self.password_policy(&wanted.email, Some(&wanted.email)).await?;
        let accepted = policy.accept(&wanted.password);
        let nothing = Secret::new("");
        let password = self.gate.hasher.hash(accepted.as_ref().unwrap_or(&nothing)).await?;
        let named = Names::parse(&wanted.email, Some(&wanted.email));
        let nobody = Names { username: String::new(), email: None };
        let taken = self.name_taken(None, named.as_ref().unwrap_or(&nobody)).await?;
        let found =
            accepted.and(taken.map_or(Ok(()), Err)).and_then(|()| Ok((named?, profile::accept(&wanted.profile)?)));
        match found {
            Ok((names, profile)) => Ok(Registrant { names, profile, password }),
            Err(cause) => {
                tracing::debug!(cause = cause.name(), request = %caller.request, "an account cannot be made");
                Err(Refusal::RegistrationRefused.into())
            }
        }
    }

    /// The account of `registrant`, to be created in the caller's own commit; `by` is whoever brought them, and `changed`
    /// says what else is so from the beginning. Of many at once with one address, one succeeds; none where registration is
    /// closed meanwhile.
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`]; the store's fault. An address that was taken meanwhile is a
    /// [`Refusal::RegistrationRefused`] in the decision.
    pub(crate) async fn register(
        &self,
        caller: &Caller,
        by: &AuditActor,
        registrant: &Registrant,
        changed: impl FnOnce(&mut User),
    ) -> Result<Decision<User>, Denied> {
        let Some(room) = self.room_for(registrant).await? else {
            return Ok(Decision::refuse(Refusal::RegistrationRefused));
        };
        let now = self.now();
        let mut user = User::named(UserId::random(&*self.rng), String::new(), now);
        registrant.become_of(&mut user, now);
        changed(&mut user);
        let record = caller.record(now, &*self.rng, by.clone(), AuditKind::UserCreated).about_user(&user.id);
        let record = record.with("username", &user.username);
        Ok(Decision::allow(user.clone()).with(|changes| _ = changes.extend(room).create(&user).create(&record)))
    }

    /// What the commit must expect that makes this account: that registration is open still. `None` if somebody has the
    /// address.
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`]; the store's fault.
    pub(in crate::engine) async fn room_for(&self, registrant: &Registrant) -> Result<Option<Changes>, Denied> {
        let open = self.registration_is_open().await?;
        Ok(self.name_taken(None, &registrant.names).await?.is_none().then_some(open))
    }

    /// What a commit must expect for registration to be open, as it is now.
    async fn registration_is_open(&self) -> Result<Changes, Denied> {
        let mut open = Changes::new();
        match self.settings_as_they_stay(&mut open).await?.self_registration {
            SelfRegistration::Open => Ok(open),
            SelfRegistration::Closed | SelfRegistration::Invited => Err(Refusal::RegistrationClosed.into()),
        }
    }
}

impl Registrant {
    /// Makes `user` the account of this person: a new one, or the guest they were until now.
    pub(in crate::engine) fn become_of(&self, user: &mut User, now: Timestamp) {
        user.username = self.names.username.clone();
        user.email = self.names.email.clone();
        user.email_verified = false;
        user.profile = self.profile.clone();
        user.password = Some(self.password.clone());
        user.password_changed_at = Some(now);
        user.updated_at = now;
        user.kind = UserKind::Person;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
    use crate::model::settings::Settings;

    fn wanted(email: &str, password: &str) -> Registration {
        Registration { email: email.to_owned(), password: Secret::new(password), profile: Profile::default() }
    }

    async fn open() -> House {
        let house = House::new().await;
        house.keep(&Settings { self_registration: SelfRegistration::Open, ..Settings::default() }).await;
        house
    }

    #[tokio::test]
    async fn nobody_registers_where_that_is_not_open() {
        let house = House::new().await;
        let asked = house.engine.registrant(&caller("192.0.2.1"), &wanted("eve@example.net", PASSWORD)).await;
        assert_eq!(refusal(asked), Refusal::RegistrationClosed);
    }

    #[tokio::test]
    async fn every_field_that_will_not_do_is_refused_alike() {
        let house = open().await;
        house.person("alice").await;
        let long = format!("eve@{}.net", "x".repeat(60));
        for (email, password) in [
            ("alice@example.net", PASSWORD),
            (" ALICE@example.NET ", PASSWORD),
            ("eve", PASSWORD),
            ("", PASSWORD),
            (&long, PASSWORD),
            ("eve@example.net", "short"),
            ("eve@example.net", ""),
            ("eve@example.net", "eve@example.net 1"),
        ] {
            let asked = house.engine.registrant(&caller("192.0.2.1"), &wanted(email, password)).await;
            assert_eq!(refusal(asked), Refusal::RegistrationRefused, "{email} {password}");
        }
    }

    #[tokio::test]
    async fn one_network_brings_about_so_many_accounts() {
        let house = open().await;
        let mut waits = 0;
        for n in 0..40 {
            let asked = wanted(&format!("p{n}@example.net"), PASSWORD);
            waits += u32::from(house.engine.registrant(&caller("192.0.2.1"), &asked).await.is_err());
        }
        assert_eq!(waits, 10);
        let elsewhere = house.engine.registrant(&caller("192.0.2.2"), &wanted("q@example.net", PASSWORD)).await;
        assert!(elsewhere.is_ok());
    }
}
