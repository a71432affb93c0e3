//! Inviting people: a link for each, made once, mailed where mail is set up, and shown this once in any case.
//!
//! Many can be invited at once. Either all of them are, in one commit, or nobody is, and every line that stands in the way is
//! told.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::ids::InvitationId;
use crate::base::secret::{Handle, Kind, Secret};
use crate::engine::post::Addressee;
use crate::engine::users::arriving::Way;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::group::Group;
use crate::model::invitation::{Invitation, InvitationState};
use crate::model::mail::Letter;
use crate::model::refusal::Refusal;
use crate::model::settings::SelfRegistration;
use crate::model::user::login_key;
use crate::records::{Kept, RecordChanges};
use crate::store::{Changes, Fault, Order};

use super::addresses::{self, LineProblem};
use super::{Actor, Listed, Reader};

/// Who shall be invited.
#[derive(Clone, Debug)]
pub struct NewInvitations {
    /// Their addresses as they were pasted: one a line, or between commas. Empty: one link for whoever holds it.
    pub addresses: String,
    /// The groups their accounts begin in.
    pub groups: BTreeSet<String>,
    /// How long the links work: one of [`Invitation::LIFETIMES`].
    pub lifetime: Duration,
}

/// What came of it.
#[derive(Clone, Debug)]
pub enum Invited {
    /// The secrets of the links, in the order of the addresses.
    All(Vec<Secret>),
    /// Nobody was: these lines have to be mended first.
    Nobody(Vec<LineProblem>),
}

impl Engine {
    /// Invites one or many.
    ///
    /// # Errors
    /// [`Refusal::FreshSignInRequired`] from an actor who did not prove lately who they are: each link is an account.
    /// [`Refusal::FieldInvalid`] for a group there is not, another lifetime, or where nobody may make an account by
    /// themselves; the store's fault.
    pub async fn invite(&self, actor: &Actor, caller: &Caller, wanted: &NewInvitations) -> Result<Invited, Denied> {
        if !Invitation::LIFETIMES.contains(&wanted.lifetime) {
            return Err(Refusal::field("lifetime", "Choose how long the links shall work.").into());
        }
        let (read, wrong) = addresses::read(&wanted.addresses);
        self.settle(|| async {
            actor.is_proved()?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            self.somebody_can_accept(&mut changes).await?;
            self.expect_groups(&wanted.groups, &mut changes).await?;
            let mut problems = wrong.clone();
            problems.extend(self.already_here(&read).await?);
            problems.sort_by_key(|problem| problem.number);
            if !problems.is_empty() {
                return Ok(Decision::allow(Invited::Nobody(problems)));
            }
            let whom: Vec<Option<&str>> = match read.is_empty() {
                true => vec![None],
                false => read.iter().map(|line| Some(line.address.as_str())).collect(),
            };
            let mut links = Vec::with_capacity(whom.len());
            for email in whom {
                let (mut invitation, secret) = self.new_invitation(actor, email, wanted);
                self.write_to_invited(&mut invitation, &mut changes).await?;
                changes.create(&invitation);
                changes.create(&self.invitation_record(actor, caller, AuditKind::InvitationMade, &invitation));
                links.push(secret);
            }
            Ok(Decision { answer: Ok(Invited::All(links)), changes })
        })
        .await
    }

    /// Invitations, the latest first, some at a time.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn list_invitations(
        &self,
        _: &Reader,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Listed<Invitation>, Denied> {
        Ok(self.ledger.list::<Invitation>(Order::Descending, after, limit).await?.into())
    }

    /// Makes another link for an invitation nobody has accepted, also when it is too old, and gives its secret; the one before
    /// ends.
    ///
    /// # Errors
    /// As [`Engine::invite`]; [`Refusal::NotFound`] for one that does not exist, was accepted or was revoked.
    pub async fn resend_invitation(&self, actor: &Actor, caller: &Caller, id: &InvitationId) -> Result<Secret, Denied> {
        self.settle(|| async {
            actor.is_proved()?;
            let was = self.open_invitation(id).await?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            self.somebody_can_accept(&mut changes).await?;
            let now = self.now();
            let Handle { locator, secret } = Way::Invitation.kind().generate_handle(now, &*self.rng);
            let expires_at = now.plus(lifetime_of(&was));
            let digest = secret.digest();
            let mut again = Invitation { locator, digest, sent_at: now, expires_at, ..was.record().clone() };
            self.write_to_invited(&mut again, &mut changes).await?;
            let record = self.invitation_record(actor, caller, AuditKind::InvitationMade, &again);
            changes.update(&was, &again).create(&record.with("again", "yes"));
            Ok(Decision { answer: Ok(secret), changes })
        })
        .await
    }

    /// Has the commit depend on settings under which invitations can be accepted.
    async fn somebody_can_accept(&self, changes: &mut Changes) -> Result<(), Denied> {
        if self.settings_as_they_stay(changes).await?.self_registration != SelfRegistration::Closed {
            return Ok(());
        }
        let sentence = "Nobody may make an account by themselves here, and so nobody can accept. Choose “Whoever was \
                        invited” in the settings first.";
        Err(Refusal::field("", sentence).into())
    }

    /// Takes an invitation back: its link opens nothing any more.
    ///
    /// # Errors
    /// [`Refusal::NotFound`] for one that does not exist, was accepted or was revoked before; the store's fault.
    pub async fn revoke_invitation(
        &self,
        actor: &Actor,
        caller: &Caller,
        id: &InvitationId,
    ) -> Result<Invitation, Denied> {
        self.settle(|| async {
            let was = self.open_invitation(id).await?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            let revoked = Invitation { state: InvitationState::Revoked { at: self.now() }, ..was.record().clone() };
            let record = self.invitation_record(actor, caller, AuditKind::InvitationRevoked, &revoked);
            changes.update(&was, &revoked).create(&record);
            Ok(Decision { answer: Ok(revoked), changes })
        })
        .await
    }

    async fn open_invitation(&self, id: &InvitationId) -> Result<Kept<Invitation>, Denied> {
        let kept = self.ledger.find::<Invitation>(id.as_str()).await?;
        let open = kept.filter(|invitation| invitation.state == InvitationState::Open);
        open.ok_or_else(|| Refusal::NotFound("invitation").into())
    }

    fn new_invitation(&self, actor: &Actor, email: Option<&str>, wanted: &NewInvitations) -> (Invitation, Secret) {
        let now = self.now();
        let Handle { locator, secret } = Kind::Invitation.generate_handle(now, &*self.rng);
        let invitation = Invitation {
            id: InvitationId::in_order(now, &*self.rng),
            locator,
            digest: secret.digest(),
            mailed: None,
            email: email.map(str::to_owned),
            groups: wanted.groups.clone(),
            by: actor.in_words().unwrap_or_default(),
            created_at: now,
            sent_at: now,
            expires_at: now.plus(wanted.lifetime),
            state: InvitationState::Open,
        };
        (invitation, secret)
    }

    /// The letter to whoever is invited by their address. Its secret is nowhere else: with it, the address is proved.
    async fn write_to_invited(&self, to: &mut Invitation, changes: &mut Changes) -> Result<(), Fault> {
        to.mailed = None;
        let Some(email) = to.email.clone() else { return Ok(()) };
        if !self.has_mail().await? {
            return Ok(());
        }
        let secret = Way::Invitation.kind().generate_at(&to.locator, &*self.rng);
        to.mailed = Some(secret.digest());
        let link = self.page_link(Way::Invitation.page(), &secret);
        let letter = Letter::Invitation { by: to.by.clone(), link, until: to.expires_at };
        self.post(&Addressee { to: &email, name: "", user: None }, &letter, changes).await?;
        Ok(())
    }

    async fn expect_groups(&self, groups: &BTreeSet<String>, changes: &mut Changes) -> Result<(), Denied> {
        let names: Vec<String> = groups.iter().cloned().collect();
        for (group, known) in names.iter().zip(self.ledger.find_all::<Group>(&names).await?) {
            let unknown = || Refusal::field("groups", format!("There is no group {group:?}: make it first."));
            changes.expect(&known.ok_or_else(unknown)?);
        }
        Ok(())
    }

    /// Which of these have an account already, or an invitation that works.
    async fn already_here(&self, read: &[addresses::Line]) -> Result<Vec<LineProblem>, Fault> {
        let mut problems = Vec::new();
        for line in read {
            let sentence = match self.find_login(&line.address).await?.is_some() {
                true => "has an account here already.",
                false if self.is_invited(&line.address).await? => {
                    "is invited already: resend that, or revoke it first."
                }
                false => continue,
            };
            problems.push(line.problem(sentence));
        }
        Ok(problems)
    }

    async fn is_invited(&self, address: &str) -> Result<bool, Fault> {
        let exactly = format!("{}\0", login_key(address));
        let known = self.ledger.list_by::<Invitation>("email", &exactly, Order::Descending, None, 50).await?;
        Ok(known.items.iter().any(|invitation| invitation.is_live(self.now())))
    }

    fn invitation_record(
        &self,
        actor: &Actor,
        caller: &Caller,
        kind: AuditKind,
        invitation: &Invitation,
    ) -> AuditRecord {
        let record = caller.record(self.now(), &*self.rng, actor.audited(), kind);
        let record = record.with("invitation", &invitation.id);
        let groups: Vec<&str> = invitation.groups.iter().map(String::as_str).collect();
        let record = if groups.is_empty() { record } else { record.with("groups", groups.join(", ")) };
        match &invitation.email {
            Some(email) => record.with("email", email),
            None => record,
        }
    }
}

/// For how long its last link was to work.
fn lifetime_of(invitation: &Invitation) -> Duration {
    let Timestamp(until) = invitation.expires_at;
    Duration::from_secs(u64::try_from(until - invitation.sent_at.0).unwrap_or_default())
}
