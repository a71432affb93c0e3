//! Whether an address is somebody's: a one-time link is mailed to it, and whoever opens it there says so.
//!
//! Whoever shows that they read there without being signed in as the person, before the person has shown it for any address,
//! has the account to themselves: what let anybody in until then ends, so that nobody keeps a foot in an account they made
//! with somebody else's address.
//!
//! Where mail is set up, a new address becomes theirs only then; until then nothing changes, and nobody learns whether somebody
//! else has it already. A link lasts a day and works once. It is bound to the account, the address it was mailed to, and
//! the address and password the account had: what a thief asked for ends with the password that let them in. Looking at it
//! uses nothing up. Whoever reads at the old address is told when another is asked for, and when it counts.

use std::time::Duration;

use crate::base::secret::{Kind, Secret};
use crate::engine::post::Addressee;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind};
use crate::model::credential::AddressLink;
use crate::model::mail::{AccountChange, Letter};
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::fresh::Fresh;
use super::names::Names;
use super::recovery::state;
use super::sessions::SignedIn;

/// How long a link works.
pub const LIFETIME: Duration = Duration::from_secs(86_400);
/// Where the link leads.
const PAGE: &str = "/verify";

/// What became of a new address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewAddress {
    /// A link was mailed there; it becomes theirs when the link is confirmed.
    Mailed(String),
    /// It is theirs, unverified: mail is not set up.
    Taken(String),
    /// It was theirs already.
    Same,
}

/// What confirming an address by its link means in the browser it was opened in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirming {
    /// Nothing but the address changes: they are signed in there, or had shown before that an address is theirs.
    AddressOnly,
    /// It is the first proof of whose account this is: its password, sessions and tokens end.
    EndsAccess,
    /// More than a password guards the account, which mail alone does not undo: they have to sign in there first.
    AfterSignIn,
}

/// What a link that works says before it is used.
#[derive(Clone, Debug)]
pub struct AddressView {
    /// Whose address it is going to be.
    pub user: User,
    /// The address.
    pub email: String,
    /// What confirming it means here.
    pub confirming: Confirming,
}

/// What became of an address that was confirmed.
#[derive(Clone, Debug)]
pub struct Confirmed {
    /// Whose it is.
    pub user: User,
    /// Whether their password and sessions have ended.
    pub ended: bool,
}

impl Engine {
    /// Mails a link to the address somebody has, for them to confirm that it is theirs. Gives the address.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] where mail is not set up, or there is nothing to verify; [`Refusal::TooManyTries`];
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn verify_my_address(&self, who: &SignedIn) -> Result<String, Denied> {
        if !self.has_mail().await? {
            return Err(Refusal::NotFound("page").into());
        }
        self.gate.arrivals.address(&who.user().id, self.now())?;
        self.settle(|| async move {
            let Some((session, user)) = self.still_signed_in(who).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let Some(email) = user.email.clone().filter(|_| !user.email_verified) else {
                return Ok(Decision::refuse(Refusal::NotFound("address")));
            };
            let mut changes = Changes::new();
            changes.expect(&session);
            self.mail_address_link(&user, &email, &mut changes).await?;
            Ok(Decision { answer: Ok(email), changes })
        })
        .await
    }

    /// Gives somebody another address: once its mailed link is confirmed, or at once and unverified where mail is not set up.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for `email`; [`Refusal::Taken`], only where mail is not set up; [`Refusal::TooManyTries`];
    /// [`Refusal::SessionEnded`]; the store's fault.
    pub async fn change_my_address(&self, caller: &Caller, who: &Fresh, email: &str) -> Result<NewAddress, Denied> {
        let mailed = self.has_mail().await?;
        let asked = names_with(who.user(), email)?.email;
        // Only what is mailed counts, never what cannot be read or was theirs already.
        if mailed && asked.is_some() && asked != who.user().email {
            self.gate.arrivals.address(&who.user().id, self.now())?;
        }
        self.settle(|| async move {
            let Some((session, user)) = self.still_signed_in(who.signed_in()).await? else {
                return Ok(Decision::refuse(Refusal::SessionEnded));
            };
            let Some(wanted) = names_with(&user, email)?.email else {
                return Ok(Decision::refuse(Refusal::field(
                    "email",
                    "Enter an email address, such as you@example.org.",
                )));
            };
            if user.email.as_deref() == Some(&*wanted) {
                return Ok(Decision::allow(NewAddress::Same));
            }
            let mut changes = Changes::new();
            changes.expect(&session);
            if mailed {
                self.mail_address_link(&user, &wanted, &mut changes).await?;
                self.tell_of_change(&user, AccountChange::AddressAsked, &mut changes).await?;
                return Ok(Decision { answer: Ok(NewAddress::Mailed(wanted)), changes });
            }
            if let Some(taken) = self.name_taken(Some(&user.id), &names_with(&user, &wanted)?).await? {
                return Ok(Decision::refuse(taken));
            }
            let taking = Taking { email: &wanted, verified: false, ends: false };
            self.take_address(caller, &user, &taking, &mut changes).await?;
            Ok(Decision { answer: Ok(NewAddress::Taken(wanted)), changes })
        })
        .await
    }

    /// Who would have which address by this link, if it still works, and what confirming it means where `current` is signed
    /// in. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::LinkGone`]; the store's fault.
    pub async fn look_at_address(&self, token: &Secret, current: Option<&SignedIn>) -> Result<AddressView, Denied> {
        let Some((link, user)) = self.live_address(token).await? else { return Err(Refusal::LinkGone.into()) };
        let confirming = self.confirming(&user, current, &mut Changes::new()).await?;
        Ok(AddressView { user: user.record().clone(), email: link.email.clone(), confirming })
    }

    /// Uses the link up, where `current` is signed in: the address is theirs, and verified. Nobody is signed in by it.
    ///
    /// # Errors
    /// [`Refusal::LinkGone`]; [`Refusal::Taken`] when somebody else has the address, and [`Refusal::FreshSignInRequired`] for
    /// [`Confirming::AfterSignIn`], which leave everything as it is; the store's fault.
    pub async fn confirm_address(
        &self,
        caller: &Caller,
        token: &Secret,
        current: Option<&SignedIn>,
    ) -> Result<Confirmed, Denied> {
        self.settle(|| async move {
            let Some((link, user)) = self.live_address(token).await? else {
                return Ok(Decision::refuse(Refusal::LinkGone));
            };
            if let Some(taken) = self.name_taken(Some(&user.id), &names_with(&user, &link.email)?).await? {
                return Ok(Decision::refuse(taken));
            }
            let mut changes = Changes::new();
            let ends = match self.confirming(&user, current, &mut changes).await? {
                Confirming::AddressOnly => false,
                Confirming::EndsAccess => true,
                Confirming::AfterSignIn => return Ok(Decision::refuse(Refusal::FreshSignInRequired)),
            };
            let taking = Taking { email: &link.email, verified: true, ends };
            let user = self.take_address(caller, &user, &taking, &mut changes).await?;
            Ok(Decision { answer: Ok(Confirmed { user, ended: ends }), changes })
        })
        .await
    }

    /// What confirming means for `user` where `current` is signed in; the commit depends on it.
    async fn confirming(
        &self,
        user: &Kept<User>,
        current: Option<&SignedIn>,
        changes: &mut Changes,
    ) -> Result<Confirming, Denied> {
        if user.email_verified {
            return Ok(Confirming::AddressOnly);
        }
        if let Some(who) = current.filter(|who| who.user().id == user.id)
            && let Some((session, _)) = self.still_signed_in(who).await?
        {
            changes.expect(&session);
            return Ok(Confirming::AddressOnly);
        }
        // Whoever enrols something meanwhile does so in a session, which ends in the same commit.
        let factors = self.enrolled(&user.id).await?;
        Ok(if factors.has_second() { Confirming::AfterSignIn } else { Confirming::EndsAccess })
    }

    /// What making an address theirs changes: links to the old one end, and whoever reads there is told.
    async fn take_address(
        &self,
        caller: &Caller,
        was: &Kept<User>,
        taking: &Taking<'_>,
        changes: &mut Changes,
    ) -> Result<User, Fault> {
        let now = self.now();
        let mut user = was.record().clone();
        user.email = Some(taking.email.to_owned());
        user.email_verified = taking.verified;
        user.updated_at = now;
        if taking.ends {
            user.password = None;
            user.end_access();
            self.end_sessions_changes(&user.id, None, changes).await?;
            // Also what counts for nothing now, and might again: nobody's foot stays in the door.
            self.drop_factors(caller, &AuditActor::User(user.id.clone()), &user, false, changes).await?;
        }
        let moved = was.email != user.email;
        let kind = if moved { AuditKind::EmailChanged } else { AuditKind::EmailVerified };
        let record = caller.record(now, &*self.rng, AuditActor::User(user.id.clone()), kind).about_user(&user.id);
        let record = if taking.ends { record.with("ended", "password and sessions") } else { record };
        changes.update(was, &user).create(&record);
        self.end_address_links(&user, changes).await?;
        if moved || taking.ends {
            self.end_links_changes(&user.id, changes).await?;
        }
        if moved {
            self.tell_of_change(was, AccountChange::AddressChanged, changes).await?;
        }
        if moved && !taking.ends {
            self.end_mailed_access(&user.id, changes).await?;
        }
        Ok(user)
    }

    async fn mail_address_link(&self, user: &Kept<User>, email: &str, changes: &mut Changes) -> Result<(), Fault> {
        let now = self.now();
        let handle = Kind::Address.generate_handle(now, &*self.rng);
        let until = now.plus(LIFETIME);
        self.end_address_links(user, changes).await?;
        changes.expect(user).create(&AddressLink {
            locator: handle.locator,
            digest: handle.secret.digest(),
            user: user.id.clone(),
            email: email.to_owned(),
            state: state(user),
            access_epoch: user.access_epoch,
            expires_at: until,
        });
        let letter = Letter::VerifyAddress { link: self.page_link(PAGE, &handle.secret), until };
        // Nobody is greeted by a name that is somebody's own words: the address may be a stranger's.
        let to = Addressee { to: email, name: "", user: Some(&user.id) };
        self.post(&to, &letter, changes).await?;
        Ok(())
    }

    async fn end_address_links(&self, user: &User, changes: &mut Changes) -> Result<(), Fault> {
        // Every new link ends those before it: there is never more than one.
        let of_user = format!("{}\0", user.id);
        let links = self.ledger.list_by::<AddressLink>("user", &of_user, Order::Ascending, None, 100).await?;
        links.items.iter().for_each(|link| _ = changes.delete(link));
        Ok(())
    }

    /// The link that would give `user` an address or verify the one they have, if there is one that works.
    pub(super) async fn address_to_confirm(&self, user: &User) -> Result<Option<AddressLink>, Fault> {
        let of_user = format!("{}\0", user.id);
        let links = self.ledger.list_by::<AddressLink>("user", &of_user, Order::Ascending, None, 100).await?;
        let works = |link: &&Kept<AddressLink>| {
            link.expires_at > self.now() && user.access_epoch == link.access_epoch && state(user) == link.state
        };
        Ok(links.items.iter().rfind(works).map(|link| link.record().clone()))
    }

    async fn live_address(&self, token: &Secret) -> Result<Option<(Kept<AddressLink>, Kept<User>)>, Fault> {
        let Some(handle) = Kind::Address.read_handle(token.expose()) else { return Ok(None) };
        let Some(link) = self.ledger.find::<AddressLink>(&handle.locator).await? else { return Ok(None) };
        if !link.digest.is_of(token.expose()) || link.expires_at <= self.now() {
            return Ok(None);
        }
        let user = self.ledger.find::<User>(link.user.as_str()).await?;
        let stands = |user: &Kept<User>| {
            user.is_enabled() && user.access_epoch == link.access_epoch && state(user) == link.state
        };
        Ok(user.filter(stands).map(|user| (link, user)))
    }
}

/// An address that becomes somebody's.
struct Taking<'a> {
    email: &'a str,
    /// Whether somebody showed that they read there.
    verified: bool,
    /// Whether what let anybody in until now ends.
    ends: bool,
}

/// What somebody would be called with another address.
fn names_with(user: &User, email: &str) -> Result<Names, Refusal> {
    Names::parse(&user.username, Some(email)).map_err(|refusal| match refusal {
        Refusal::FieldInvalid(problem) if problem.field == "username" => {
            Refusal::field("email", "Your username is your address. An administrator can change both.")
        }
        other => other,
    })
}

#[cfg(test)]
#[path = "verify_address_tests.rs"]
mod tests;
