//! Somebody makes their account themselves: with an invitation, or with a link that proves the address they register with.
//!
//! Looking at a link uses nothing up: mail scanners follow links. A link works once, for one purpose, which the beginning of
//! its secret names, and until its moment, which is looked at when it is used. Nobody has an account, and no name is taken,
//! before that commit.

use std::collections::BTreeSet;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::{Kind, Secret};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::credential::PasswordHash;
use crate::model::factors::Factors;
use crate::model::group::Group;
use crate::model::invitation::{Invitation, InvitationState, PendingRegistration};
use crate::model::refusal::Refusal;
use crate::model::session::Authentication;
use crate::model::settings::SelfRegistration;
use crate::model::user::{Profile, User};
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault};

use super::names::Names;
use super::proceed::{Proof, SignInStep};
use super::profile;
use super::sessions::Visitor;

/// By which kind of link somebody comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// They were invited.
    Invitation,
    /// They proved the address they register with.
    Registration,
}

/// What somebody gives who comes by a link.
#[derive(Clone, Debug)]
pub struct Arrival {
    /// The link's secret.
    pub token: Secret,
    /// The name they want to sign in with.
    pub username: String,
    /// What they say about themselves.
    pub profile: Profile,
    /// The password they chose.
    pub password: Secret,
    /// Where they are.
    pub seat: Seat,
}

/// The browser in which somebody makes their account.
#[derive(Clone, Debug, Default)]
pub struct Seat {
    /// Its cookie: where more than a password is demanded, the rest is given in the same browser.
    pub browser: Option<Secret>,
    /// Who uses it until now.
    pub current: Option<Visitor>,
}

/// What a link that works says before it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrivalView {
    /// Who invites, in words; empty when nobody does.
    pub by: String,
    /// The address the account will have.
    pub email: Option<String>,
    /// When the link stops working.
    pub until: Timestamp,
}

/// A link that works.
enum Link {
    /// And whether it is the one that was mailed.
    Invitation(Kept<Invitation>, bool),
    Registration(Kept<PendingRegistration>),
}

/// Somebody whose name and password will do, unless the name is taken meanwhile.
struct Newcomer {
    names: Names,
    profile: Profile,
    password: PasswordHash,
}

impl Engine {
    /// What the link `token` says, if it works. Looking changes nothing.
    ///
    /// # Errors
    /// [`Refusal::LinkGone`] for a link that was used, revoked or replaced, is too old, serves another purpose, or never
    /// existed; [`Refusal::RegistrationClosed`] where nobody may come by it any more; the store's fault.
    pub async fn look_at_arrival(&self, way: Way, token: &Secret) -> Result<ArrivalView, Denied> {
        let link = self.link_of(way, token).await?.ok_or(Refusal::LinkGone)?;
        self.may_come(way, &mut Changes::new()).await?;
        Ok(link.view())
    }

    /// Makes the account, uses the link up and signs the person in as far as that goes with a password, in one commit. Of
    /// many at once, one succeeds.
    ///
    /// # Errors
    /// As for [`Engine::look_at_arrival`]; [`Refusal::FieldInvalid`] and [`Refusal::Taken`] for what was given, which leave
    /// the link as it is; [`Refusal::TooManyTries`] for the caller's network; [`Denied::Busy`] when too many passwords wait.
    pub async fn arrive(&self, caller: &Caller, way: Way, ask: &Arrival) -> Result<SignInStep, Denied> {
        let view = self.look_at_arrival(way, &ask.token).await?;
        self.gate.arrivals.register(&caller.network, self.now())?;
        let names = Names::parse(&ask.username, view.email.as_deref())?;
        if let Some(taken) = self.name_taken(None, &names).await? {
            return Err(taken.into());
        }
        let profile = profile::accept(&ask.profile)?;
        let policy = self.password_policy(&names.username, names.email.as_deref()).await?;
        let password = self.gate.hasher.hash(&policy.accept(&ask.password)?).await?;
        let newcomer = Newcomer { names, profile, password };
        self.settle(|| self.decide_arrival(caller, way, ask, &newcomer)).await
    }

    async fn decide_arrival(
        &self,
        caller: &Caller,
        way: Way,
        ask: &Arrival,
        newcomer: &Newcomer,
    ) -> Result<Decision<SignInStep>, Denied> {
        let Some(link) = self.link_of(way, &ask.token).await? else { return Ok(Decision::refuse(Refusal::LinkGone)) };
        let mut changes = Changes::new();
        self.may_come(way, &mut changes).await?;
        if let Some(taken) = self.name_taken(None, &newcomer.names).await? {
            return Ok(Decision::refuse(taken));
        }
        let now = self.now();
        let mut user = newcomer.account(UserId::random(&*self.rng), now, link.proves_the_address());
        user.groups = self.groups_still_there(link.groups(), &mut changes).await?;
        link.use_up(&user.id, now, &mut changes);
        changes.create(&user);
        let by = AuditActor::User(user.id.clone());
        let record = caller.record(now, &*self.rng, by, way.audited()).about_user(&user.id);
        changes.create(&link.told(record.with("username", &user.username)));
        let step = self.let_in_newcomer(caller, &user, &ask.seat, &mut changes).await?;
        Ok(Decision { answer: Ok(step), changes })
    }

    /// Signs in somebody whose account the same commit makes, as far as that goes with their password.
    ///
    /// # Errors
    /// Those of [`Engine::proceed`].
    pub(super) async fn let_in_newcomer(
        &self,
        caller: &Caller,
        user: &User,
        seat: &Seat,
        changes: &mut Changes,
    ) -> Result<SignInStep, Denied> {
        let proof = Proof {
            user,
            factors: &Factors::none(&user.id),
            proved: Authentication::by_password(self.now()),
            browser: seat.browser.as_ref(),
            interaction: None,
            current: seat.current.as_ref(),
            unfinished: None,
            device: None,
            confirms: false,
            known: true,
        };
        self.proceed(caller, &proof, changes).await
    }

    async fn link_of(&self, way: Way, token: &Secret) -> Result<Option<Link>, Fault> {
        let Some(handle) = way.kind().read_handle(token.expose()) else { return Ok(None) };
        let now = self.now();
        Ok(match way {
            Way::Invitation => {
                let kept = self.ledger.find_unique::<Invitation>("link", &handle.locator).await?;
                kept.filter(|it| it.is_live(now)).and_then(|it| {
                    let handed = it.digest.is_of(token.expose());
                    let mailed = it.mailed.as_ref().is_some_and(|mailed| mailed.is_of(token.expose()));
                    (handed || mailed).then_some(Link::Invitation(it, mailed))
                })
            }
            Way::Registration => {
                let kept = self.ledger.find::<PendingRegistration>(&handle.locator).await?;
                let works = |it: &Kept<PendingRegistration>| it.digest.is_of(token.expose()) && now < it.expires_at;
                kept.filter(works).map(Link::Registration)
            }
        })
    }

    /// Whether people may come by such links at all; the commit depends on it.
    async fn may_come(&self, way: Way, changes: &mut Changes) -> Result<(), Denied> {
        let settings = self.settings_as_they_stay(changes).await?;
        let may = match way {
            Way::Invitation => settings.self_registration != SelfRegistration::Closed,
            Way::Registration => settings.self_registration == SelfRegistration::Open,
        };
        if may { Ok(()) } else { Err(Refusal::RegistrationClosed.into()) }
    }

    /// Those of `groups` that were not deleted meanwhile.
    async fn groups_still_there(
        &self,
        groups: &BTreeSet<String>,
        changes: &mut Changes,
    ) -> Result<BTreeSet<String>, Fault> {
        let names: Vec<String> = groups.iter().cloned().collect();
        let known = self.ledger.find_all::<Group>(&names).await?;
        Ok(known
            .into_iter()
            .flatten()
            .map(|group| {
                changes.expect(&group);
                group.name.clone()
            })
            .collect())
    }
}

impl Newcomer {
    /// Their account. Whether the address is theirs has been `proved` by a secret that travelled there and nowhere else, or
    /// nobody knows.
    fn account(&self, id: UserId, now: Timestamp, proved: bool) -> User {
        User {
            email: self.names.email.clone(),
            email_verified: proved && self.names.email.is_some(),
            profile: self.profile.clone(),
            password: Some(self.password.clone()),
            password_changed_at: Some(now),
            ..User::named(id, self.names.username.clone(), now)
        }
    }
}

impl Way {
    /// The kind of secret its links have: no other opens them.
    pub(in crate::engine) fn kind(self) -> Kind {
        match self {
            Way::Invitation => Kind::Invitation,
            Way::Registration => Kind::Registration,
        }
    }

    /// The page its links lead to.
    pub fn page(self) -> &'static str {
        match self {
            Way::Invitation => "/invitation",
            Way::Registration => "/register/confirm",
        }
    }

    fn audited(self) -> AuditKind {
        match self {
            Way::Invitation => AuditKind::InvitationAccepted,
            Way::Registration => AuditKind::UserCreated,
        }
    }
}

impl Link {
    /// Whether whoever has it reads at the address it is for.
    fn proves_the_address(&self) -> bool {
        match self {
            Link::Invitation(_, mailed) => *mailed,
            Link::Registration(_) => true,
        }
    }

    fn view(&self) -> ArrivalView {
        match self {
            Link::Invitation(it, _) => ArrivalView { by: it.by.clone(), email: it.email.clone(), until: it.expires_at },
            Link::Registration(it) => {
                ArrivalView { by: String::new(), email: Some(it.email.clone()), until: it.expires_at }
            }
        }
    }

    fn groups(&self) -> &BTreeSet<String> {
        static NONE: BTreeSet<String> = BTreeSet::new();
        match self {
            Link::Invitation(it, _) => &it.groups,
            Link::Registration(_) => &NONE,
        }
    }

    fn use_up(&self, user: &UserId, at: Timestamp, changes: &mut Changes) {
        match self {
            Link::Invitation(was, _) => {
                let state = InvitationState::Accepted { user: user.clone(), at };
                changes.update(was, &Invitation { state, ..was.record().clone() });
            }
            Link::Registration(was) => _ = changes.delete(was),
        }
    }

    fn told(&self, record: AuditRecord) -> AuditRecord {
        match self {
            Link::Invitation(it, _) => record.with("invitation", &it.id).with("by", &it.by),
            Link::Registration(_) => record,
        }
    }
}

#[cfg(test)]
#[path = "arriving_tests.rs"]
mod tests;
