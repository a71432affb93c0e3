//! Who acts: evidence of what somebody may do in this server's administration.
//!
//! | evidence | who has it | what it opens |
//! |---|---|---|
//! | [`Actor`] | administrators, the host, the declared-state file | everything |
//! | [`Reader`] | the same, and auditors | everything, to look at |
//! | [`Keeper`] | the same as [`Actor`], and registrars | changing applications; a registrar's are their own |
//! | [`Viewer`] | whoever has any of these | looking at applications; a registrar's are their own |
//!
//! What is more gives what is less by a reference, never the other way round: no verb that changes anything takes evidence
//! that an auditor could have.

use std::ops::Deref;

use crate::base::ids::UserId;
use crate::engine::users::{Fresh, SignedIn};
use crate::engine::{Denied, Engine};
use crate::model::audit::AuditActor;
use crate::model::client::Client;
use crate::model::refusal::Refusal;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

/// Somebody who may administer this server: a signed-in administrator, whoever commands the host, or the declared-state
/// file. Only these constructors make one.
#[derive(Clone, Debug)]
pub struct Actor {
    keeper: Keeper,
    reader: Reader,
}

/// Somebody who may look at everything.
#[derive(Clone, Debug)]
pub struct Reader(Viewer);

/// Somebody who may change applications: all of them, or those they registered.
#[derive(Clone, Debug)]
pub struct Keeper {
    who: Who,
    viewer: Viewer,
    /// Whether they proved a moment ago who they are.
    proved: bool,
}

/// Somebody who may look at applications: all of them, or those they registered.
#[derive(Clone, Debug)]
pub struct Viewer {
    only_of: Option<UserId>,
}

#[derive(Clone, Debug)]
enum Who {
    Administrator { id: UserId, name: String },
    Registrar { id: UserId, name: String },
    Host,
    File,
}

/// Everything, as whoever sees it all does.
const ALL: Viewer = Viewer { only_of: None };

impl Actor {
    /// Whoever is signed in, if they are an administrator.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everybody else.
    pub fn administrator(who: &SignedIn) -> Result<Actor, Refusal> {
        Actor::of_user(who.user())
    }

    pub(super) fn of_user(user: &User) -> Result<Actor, Refusal> {
        if !(user.admin && user.is_enabled()) {
            return Err(Refusal::NotPermitted);
        }
        Ok(Actor::of(Who::Administrator { id: user.id.clone(), name: user.display_name() }))
    }

    /// Whoever can run commands on the host, and so holds the data directory anyway.
    pub fn host() -> Actor {
        Actor::of(Who::Host)
    }

    /// The declared-state file.
    pub fn file() -> Actor {
        Actor::of(Who::File)
    }

    fn of(who: Who) -> Actor {
        let proved = matches!(who, Who::Host | Who::File);
        Actor { keeper: Keeper { who, viewer: ALL, proved }, reader: Reader(ALL) }
    }

    /// The same, who has just proved who they are; without that nobody changes roles.
    #[must_use]
    pub fn proved_by(mut self, fresh: &Fresh) -> Actor {
        self.keeper = self.keeper.proved_by(fresh);
        self
    }

    /// Whether they proved a moment ago who they are. The host and the file need not.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`].
    pub(in crate::engine) fn is_proved(&self) -> Result<(), Refusal> {
        self.keeper.is_proved()
    }

    /// Who the activity log names.
    pub(crate) fn audited(&self) -> AuditActor {
        self.keeper.audited()
    }

    /// Who it is, in words for people; `None`: the declared-state file.
    pub(crate) fn in_words(&self) -> Option<String> {
        self.keeper.in_words()
    }
}

impl Reader {
    /// Whoever is signed in, if they are an administrator or an auditor.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everybody else.
    pub fn of(who: &SignedIn) -> Result<Reader, Refusal> {
        let user = who.user();
        let reads = user.is_enabled() && (user.admin || user.auditor);
        if reads { Ok(Reader(ALL)) } else { Err(Refusal::NotPermitted) }
    }
}

impl Keeper {
    /// Whoever is signed in, if they are an administrator or a registrar.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everybody else.
    pub fn of(who: &SignedIn) -> Result<Keeper, Refusal> {
        let user = who.user();
        if let Ok(administrator) = Actor::of_user(user) {
            return Ok(administrator.keeper);
        }
        if !is_registrar(user) {
            return Err(Refusal::NotPermitted);
        }
        let who = Who::Registrar { id: user.id.clone(), name: user.display_name() };
        Ok(Keeper { who, viewer: Viewer { only_of: Some(user.id.clone()) }, proved: false })
    }

    /// The same, who has just proved who they are; without that nobody changes secrets.
    #[must_use]
    pub fn proved_by(mut self, fresh: &Fresh) -> Keeper {
        self.proved |= self.person() == Some(&fresh.user().id);
        self
    }

    /// Whether they proved a moment ago who they are. The host and the file need not.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`].
    pub(super) fn is_proved(&self) -> Result<(), Refusal> {
        if self.proved { Ok(()) } else { Err(Refusal::FreshSignInRequired) }
    }

    fn person(&self) -> Option<&UserId> {
        match &self.who {
            Who::Administrator { id, .. } | Who::Registrar { id, .. } => Some(id),
            Who::Host | Who::File => None,
        }
    }

    /// The registrar whose applications these are; `None` for whoever may change all of them.
    pub(super) fn registrar(&self) -> Option<&UserId> {
        self.viewer.only_of.as_ref()
    }

    /// Who the activity log names.
    pub(crate) fn audited(&self) -> AuditActor {
        match &self.who {
            Who::Administrator { id, .. } | Who::Registrar { id, .. } => AuditActor::User(id.clone()),
            Who::Host => AuditActor::Host,
            Who::File => AuditActor::File,
        }
    }

    /// Who registered a client, in words for the consent page; `None`: the declared-state file.
    pub(crate) fn in_words(&self) -> Option<String> {
        match &self.who {
            Who::Administrator { name, .. } | Who::Registrar { name, .. } => Some(name.clone()),
            Who::Host => Some("whoever runs this server".to_owned()),
            Who::File => None,
        }
    }
}

impl Viewer {
    /// Whoever is signed in, if they may look at any applications.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] for everybody else.
    pub fn of(who: &SignedIn) -> Result<Viewer, Refusal> {
        Reader::of(who).map(|reader| reader.0).or_else(|_| Ok(Keeper::of(who)?.viewer))
    }

    /// Whose applications these are alone; `None`: everybody's.
    pub fn only_of(&self) -> Option<&UserId> {
        self.only_of.as_ref()
    }

    /// Whether they may look at `client`.
    pub(super) fn sees(&self, client: &Client) -> bool {
        self.only_of.is_none() || client.owner == self.only_of
    }
}

fn is_registrar(user: &User) -> bool {
    user.may_register_clients && user.is_enabled()
}

impl Deref for Actor {
    type Target = Reader;
    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Deref for Reader {
    type Target = Viewer;
    fn deref(&self) -> &Viewer {
        &self.0
    }
}

impl Deref for Keeper {
    type Target = Viewer;
    fn deref(&self) -> &Viewer {
        &self.viewer
    }
}

impl AsRef<Keeper> for Actor {
    fn as_ref(&self) -> &Keeper {
        &self.keeper
    }
}

impl AsRef<Keeper> for Keeper {
    fn as_ref(&self) -> &Keeper {
        self
    }
}

impl Engine {
    /// Makes `changes` depend on the actor still being what they were. `at_hand` are users read before: the same record
    /// read twice could differ, and no batch may expect two things of one key.
    ///
    /// # Errors
    /// [`Refusal::NotPermitted`] when they are not any more, or the store's fault.
    pub(in crate::engine) async fn permit(
        &self,
        by: &impl AsRef<Keeper>,
        at_hand: &[&Kept<User>],
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        let (id, holds): (_, fn(&User) -> bool) = match &by.as_ref().who {
            Who::Administrator { id, .. } => (id, |user| user.admin && user.is_enabled()),
            Who::Registrar { id, .. } => (id, is_registrar),
            Who::Host | Who::File => return Ok(()),
        };
        let read;
        let user = match at_hand.iter().find(|kept| kept.id == *id) {
            Some(kept) => Some(*kept),
            None => {
                read = self.ledger.find::<User>(id.as_str()).await?;
                read.as_ref()
            }
        };
        match user {
            Some(user) if holds(user) => {
                changes.expect(user);
                Ok(())
            }
            _ => Err(Refusal::NotPermitted.into()),
        }
    }
}
