//! An administrator begins to act for somebody.

use std::time::Duration;

use crate::base::clock::Timestamp;
use crate::base::ids::UserId;
use crate::base::secret::Secret;
use crate::engine::admin::Actor;
use crate::engine::users::names::is_invisible;
use crate::engine::users::sessions::{Opening, Visitor};
use crate::engine::users::{Fresh, SignedIn};
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::acting::Acting;
use crate::model::audit::{AuditActor, AuditKind, AuditRecord};
use crate::model::mail::Letter;
use crate::model::refusal::Refusal;
use crate::model::session::Session;
use crate::model::user::User;
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::bar;

/// The longest name of an administrator that is kept with what they do, in characters.
const LONGEST_NAME: usize = 120;

/// For whom an administrator wants to act, why and for how long.
#[derive(Clone, Debug)]
pub struct ActAs {
    /// For whom.
    pub user: UserId,
    /// Why, as typed.
    pub reason: String,
    /// For how many minutes: one of [`Acting::MINUTES`].
    pub minutes: u32,
}

/// An administrator who has just begun to act for somebody.
#[derive(Clone, Debug)]
pub struct NewActing {
    /// What the browser shall keep instead of the administrator's own cookie. Shown once.
    pub cookie: Secret,
    /// For how long.
    pub life: Duration,
    /// The session and the person it is about.
    pub visitor: Visitor,
}

impl Engine {
    /// Opens a session in which the administrator `by`, who has just proved who they are (`fresh`), uses applications as
    /// somebody else. Whoever that is reads it in their activity, and is written to. The administrator's own session stays
    /// open; the browser that holds `browser` is where it goes on afterwards.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] for a reason or a time that will not do, and for whoever nobody acts for, in words;
    /// [`Refusal::NotFound`] for an unknown person; [`Refusal::NotPermitted`], [`Refusal::SessionEnded`],
    /// [`Refusal::TooManyTries`]; the store's fault.
    pub async fn act_for(
        &self,
        by: &Actor,
        caller: &Caller,
        fresh: &Fresh,
        browser: &Secret,
        wanted: &ActAs,
    ) -> Result<NewActing, Denied> {
        let reason = reason(&wanted.reason)?;
        if !Acting::MINUTES.contains(&wanted.minutes) {
            return Err(Refusal::field("minutes", "Choose for how long.").into());
        }
        if by.audited() != AuditActor::User(fresh.user().id.clone()) {
            return Err(Refusal::NotPermitted.into());
        }
        self.may_begin(caller, Some(&fresh.user().id), self.now())?;
        let life = Duration::from_secs(u64::from(wanted.minutes) * 60);
        self.settle(|| self.decide_acting(by, caller, fresh.signed_in(), browser, (&wanted.user, &reason, life))).await
    }

    async fn decide_acting(
        &self,
        by: &Actor,
        caller: &Caller,
        who: &SignedIn,
        browser: &Secret,
        (id, reason, life): (&UserId, &str, Duration),
    ) -> Result<Decision<NewActing>, Denied> {
        let Some((session, administrator)) = self.still_signed_in(who).await? else {
            return Ok(Decision::refuse(Refusal::SessionEnded));
        };
        let mut changes = Changes::new();
        self.permit(by, &[&administrator], &mut changes).await?;
        let settings = self.settings_as_they_stay(&mut changes).await?;
        let user: Option<Kept<User>> = self.ledger.find(id.as_str()).await?;
        let Some(user) = user else { return Ok(Decision::refuse(Refusal::NotFound("user"))) };
        if let Some(sentence) = bar(&settings, &administrator.id, &user) {
            return Ok(Decision::refuse(Refusal::field("", sentence)));
        }
        changes.expect(&session).expect(&user);
        let acting = Acting {
            administrator: administrator.id.clone(),
            name: one_line(&administrator.display_name()).chars().take(LONGEST_NAME).collect(),
            session: session.id.clone(),
            access_epoch: administrator.access_epoch,
            updated_at: administrator.updated_at,
            impersonation_ended: settings.impersonation_ended,
            reason: reason.to_owned(),
            browser: browser.digest(),
        };
        let until = self.now().plus(life);
        // Of how they proved who they are only the administrator's own proof is true.
        let how = session.authentication.clone();
        let new = self.open_session(caller, &user, how, &Opening::Acting { acting: &acting, until });
        changes.create(new.signed_in.session());
        self.announce(caller, &acting, &user, until, &mut changes).await?;
        let visitor = Visitor::from(new.signed_in);
        Ok(Decision { answer: Ok(NewActing { cookie: new.cookie, life, visitor }), changes })
    }

    /// In the activity log, and by mail.
    async fn announce(
        &self,
        caller: &Caller,
        acting: &Acting,
        user: &User,
        until: Timestamp,
        changes: &mut Changes,
    ) -> Result<(), Denied> {
        let (now, by) = (self.now(), AuditActor::User(acting.administrator.clone()));
        let record = caller.record(now, &*self.rng, by, AuditKind::ActingBegan).about_user(&user.id);
        let record = record.with("username", &user.username);
        let record = record.with("administrator", &acting.name).with("reason", &acting.reason);
        changes.create(&record.with("expires_at", until.0));
        let (by, reason) = (acting.name.clone(), acting.reason.clone());
        Ok(self.write_to(user, &Letter::ActingBegan { by, reason, at: now, until }, changes).await?)
    }

    /// The record of somebody signing out of `session`, or being signed out of it by a client.
    pub(in crate::engine) fn sign_out_record(&self, caller: &Caller, by: AuditActor, session: &Session) -> AuditRecord {
        match &session.acting {
            Some(_) => self.end_record(caller, by, session),
            None => caller.record(self.now(), &*self.rng, by, AuditKind::SignOut).about_user(&session.user),
        }
    }

    /// The record of the end of `session`, whoever ends it.
    pub(in crate::engine) fn end_record(&self, caller: &Caller, by: AuditActor, session: &Session) -> AuditRecord {
        let kind = if session.acting.is_some() { AuditKind::ActingEnded } else { AuditKind::SessionEnded };
        caller.record(self.now(), &*self.rng, by, kind).about_user(&session.user).with_acting(session)
    }
}

/// A reason that will do: something, not too long, on one line, without characters that cannot be seen or turn it around.
fn reason(typed: &str) -> Result<String, Refusal> {
    let reason = one_line(typed);
    match reason.chars().count() {
        0 => Err(Refusal::field("reason", "Say why: they read it.")),
        n if n > Acting::LONGEST_REASON => {
            Err(Refusal::field("reason", format!("Say it in at most {} characters.", Acting::LONGEST_REASON)))
        }
        _ => Ok(reason),
    }
}

/// Text on one line, without characters that cannot be seen or turn a line around.
fn one_line(text: &str) -> String {
    let shown: String = text.chars().map(|c| if is_invisible(c) { ' ' } else { c }).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}
