//! Everybody may make an account where registration is open. Where mail is set up, only with an address that is proved to be
//! theirs: the account is made with the link they are mailed ([`super::arriving`]), and nothing is before.
//!
//! Nobody learns whether an address has an account: the answer is the same, and so is the work. Whoever has one already is
//! written that.

use crate::base::clock::Timestamp;
use crate::base::digest::Digest;
use crate::base::secret::Handle;
use crate::engine::post::Addressee;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditActor;
use crate::model::invitation::PendingRegistration;
use crate::model::mail::Letter;
use crate::model::refusal::Refusal;
use crate::model::settings::SelfRegistration;
use crate::model::user::login_key;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault, Order};

use super::arrivals::Asked;
use super::arriving::{Seat, Way};
use super::names::Names;
use super::proceed::SignInStep;
use super::registration::Registration;

/// How many links that work one address may have before no more are mailed: nobody's letter box is filled from here.
const MOST_LINKS: usize = 3;

/// How somebody can make an account by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Open {
    /// Not at all, or with an invitation only.
    No,
    /// With an address, to which a link is mailed.
    ByMail,
    /// At once.
    AtOnce,
}

impl Engine {
    /// How somebody can make an account now.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn registration(&self) -> Result<Open, Fault> {
        if self.settings().await?.self_registration != SelfRegistration::Open {
            return Ok(Open::No);
        }
        Ok(if self.has_mail().await? { Open::ByMail } else { Open::AtOnce })
    }

    /// Has a link mailed to `address` with which its owner makes an account. Says nothing about whether they have one.
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`] unless registration is open and mail set up; [`Refusal::FieldInvalid`] for what is no
    /// address; [`Refusal::TooManyTries`] for the caller's network; the store's fault.
    pub async fn ask_to_register(&self, caller: &Caller, address: &str) -> Result<(), Denied> {
        if self.registration().await? != Open::ByMail {
            return Err(Refusal::RegistrationClosed.into());
        }
        let Names { email: Some(address), .. } = Names::parse("x", Some(address))? else {
            return Err(Refusal::field("email", "Enter your email address.").into());
        };
        self.gate.arrivals.register_by_mail(&caller.network, self.now())?;
        let room = self.gate.arrivals.has_room(Asked::Registration, &login_key(&address), self.now());
        self.settle(|| self.decide_asking(&address, room)).await
    }

    async fn decide_asking(&self, address: &str, room: bool) -> Result<Decision<()>, Denied> {
        let now = self.now();
        let known = self.find_login(address).await?.is_some();
        let enough = !room || self.links_for(address, now).await? >= MOST_LINKS;
        let Handle { locator, secret } = Way::Registration.kind().generate_handle(now, &*self.rng);
        let until = now.plus(PendingRegistration::LIFETIME);
        let letter = match known {
            true => Letter::AccountThere { until },
            false => Letter::Registration { link: self.page_link(Way::Registration.page(), &secret), until },
        };
        let letter = self.written(&Addressee { to: address, name: "", user: None }, &letter)?;
        let mut changes = Changes::new();
        // For a known address it is a link that opens nothing, and counts like one that does.
        let digest = if known { Digest::of(&locator) } else { secret.digest() };
        changes.create(&PendingRegistration { locator, digest, email: address.to_owned(), expires_at: until });
        if !enough {
            changes.create(&letter);
        }
        Ok(Decision { answer: Ok(()), changes })
    }

    /// How many of the latest links to `address` still work, up to [`MOST_LINKS`].
    async fn links_for(&self, address: &str, now: Timestamp) -> Result<usize, Fault> {
        let exactly = format!("{}\0", login_key(address));
        let links =
            self.ledger.list_by::<PendingRegistration>("email", &exactly, Order::Descending, None, MOST_LINKS).await?;
        Ok(links.items.iter().filter(|link| link.expires_at > now).count())
    }

    /// Makes an account at once, with an address that nobody has verified, and signs its person in.
    ///
    /// # Errors
    /// [`Refusal::RegistrationClosed`] unless registration is open and mail is not set up; else those of
    /// [`Engine::registrant`].
    pub async fn register_at_once(
        &self,
        caller: &Caller,
        wanted: &Registration,
        seat: &Seat,
    ) -> Result<SignInStep, Denied> {
        if self.registration().await? != Open::AtOnce {
            return Err(Refusal::RegistrationClosed.into());
        }
        let registrant = self.registrant(caller, wanted).await?;
        self.settle(|| async {
            let made = self.register(caller, &AuditActor::Nobody, &registrant, |_| ()).await?;
            let Decision { answer, mut changes } = made;
            let user = match answer {
                Ok(user) => user,
                Err(refusal) => return Ok(Decision { answer: Err(refusal), changes }),
            };
            let step = self.let_in_newcomer(caller, &user, seat, &mut changes).await?;
            Ok(Decision { answer: Ok(step), changes })
        })
        .await
    }
}
