//! Writes to people: a letter is put into the outbox in the commit of what it speaks of, and delivered later by the roof.

use std::time::Duration;

use crate::base::ids::{LetterId, UserId};
use crate::base::secret::Secret;
use crate::engine::users::device;
use crate::engine::{Caller, Engine};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::mail::{AccountChange, Letter, MailServer, OutboxLetter};
use crate::model::settings::Smtp;
use crate::model::user::User;
use crate::records::RecordChanges;
use crate::store::{Changes, Fault, Order};

/// How long a letter is tried to be delivered.
const KEPT: Duration = Duration::from_secs(2 * 86_400);
/// What the password of the mail server is sealed for.
pub(in crate::engine) const SMTP_PASSWORD: &str = "settings/smtp";
/// How many of somebody's latest records are looked through for a sign-in.
const LOOKED_THROUGH: usize = 200;

/// Who a letter goes to.
#[derive(Clone, Copy, Debug)]
pub struct Addressee<'a> {
    /// The address.
    pub to: &'a str,
    /// How to address them.
    pub name: &'a str,
    /// Who they are, if they have an account.
    pub user: Option<&'a UserId>,
}

impl Engine {
    /// Puts a letter into the outbox with `changes`, where mail is set up; says whether it is.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn post(
        &self,
        to: &Addressee<'_>,
        letter: &Letter,
        changes: &mut Changes,
    ) -> Result<bool, Fault> {
        if !self.has_mail().await? {
            return Ok(false);
        }
        changes.create(&self.written(to, letter)?);
        Ok(true)
    }

    /// A letter as the outbox holds it.
    ///
    /// # Errors
    /// A letter that cannot be sealed.
    pub(in crate::engine) fn written(&self, to: &Addressee<'_>, letter: &Letter) -> Result<OutboxLetter, Fault> {
        let now = self.now();
        let id = LetterId::ordered(now, &*self.rng);
        let plain = serde_json::to_vec(letter).map_err(Fault::new)?;
        let kept = now.plus(KEPT);
        Ok(OutboxLetter {
            letter: self.sealing.seal(&sealed_for(&id), &plain),
            id,
            to: to.to.to_owned(),
            name: to.name.to_owned(),
            user: to.user.cloned(),
            created_at: now,
            failures: 0,
            next_at: now,
            last_error: None,
            expires_at: letter.until().map_or(kept, |until| until.min(kept)),
        })
    }

    /// What the outbox holds of a letter, opened.
    ///
    /// # Errors
    /// A letter that was sealed with another key file, or is damaged.
    pub(in crate::engine) fn opened(&self, kept: &OutboxLetter) -> Result<Letter, Fault> {
        let plain = self.sealing.open(&sealed_for(&kept.id), &kept.letter).map_err(Fault::new)?;
        serde_json::from_slice(&plain).map_err(Fault::new)
    }

    /// Tells somebody at their address, if they have one, what was changed about their account: in case it was not them.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn tell_of_change(
        &self,
        user: &User,
        what: AccountChange,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        self.write_to(user, &Letter::AccountChanged { what, at: self.now() }, changes).await
    }

    /// Tells somebody that they signed in with a browser that is not `known`, unless they never signed in before.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn notice_new_device(
        &self,
        caller: &Caller,
        user: &User,
        known: bool,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        if known || user.email.is_none() || !self.has_mail().await? || !self.has_signed_in(user).await? {
            return Ok(());
        }
        let device = device::in_words(&caller.user_agent);
        self.write_to(user, &Letter::NewDevice { device, address: caller.address.clone(), at: self.now() }, changes)
            .await
    }

    /// A letter to somebody with an account, at the address they have now.
    ///
    /// # Errors
    /// The store's fault.
    pub(in crate::engine) async fn write_to(
        &self,
        user: &User,
        letter: &Letter,
        changes: &mut Changes,
    ) -> Result<(), Fault> {
        let Some(to) = &user.email else { return Ok(()) };
        self.post(&Addressee { to, name: &user.display_name(), user: Some(&user.id) }, letter, changes).await?;
        Ok(())
    }

    /// Whether somebody signed in before, as far as the latest of what is known of them tells.
    async fn has_signed_in(&self, user: &User) -> Result<bool, Fault> {
        let of_user = format!("{}\0", user.id);
        let latest =
            self.ledger.list_by::<AuditRecord>("user", &of_user, Order::Descending, None, LOOKED_THROUGH).await?;
        Ok(latest.next.is_some() || latest.items.iter().any(|record| record.kind == AuditKind::SignIn))
    }

    /// Whether letters can be sent.
    ///
    /// # Errors
    /// The store's fault.
    pub async fn has_mail(&self) -> Result<bool, Fault> {
        Ok(self.operators_mail.is_some() || self.settings().await?.smtp.is_some())
    }

    /// The mail server that the operator's file names, which comes before the console's.
    pub fn operators_mail(&self) -> Option<&MailServer> {
        self.operators_mail.as_ref()
    }

    /// The mail server letters go to, if there is one.
    ///
    /// # Errors
    /// The store's fault; a password that was sealed with another key file.
    pub async fn mail_server(&self) -> Result<Option<MailServer>, Fault> {
        match &self.operators_mail {
            Some(server) => Ok(Some(server.clone())),
            None => self.settings().await?.smtp.map(|smtp| self.usable(smtp)).transpose(),
        }
    }

    /// A mail server that the console kept, its password opened.
    ///
    /// # Errors
    /// A password that was sealed with another key file.
    pub(in crate::engine) fn usable(&self, smtp: Smtp) -> Result<MailServer, Fault> {
        let open = |sealed| {
            let plain = self.sealing.open(SMTP_PASSWORD, &sealed).map_err(Fault::new)?;
            String::from_utf8(plain).map(Secret::new).map_err(Fault::new)
        };
        let password = smtp.password.map(open).transpose()?;
        let Smtp { host, port, security, username, from, .. } = smtp;
        Ok(MailServer { host, port, security, username, password, from, authorities: None })
    }

    /// Where a page of ours lies, for links in letters: from the configured issuer, never from a request.
    pub(in crate::engine) fn page_link(&self, page: &str, token: &Secret) -> String {
        let issuer = &self.identity.issuer;
        // Pages lie at the root even when the issuer has a path.
        let after_scheme = issuer.find("://").map_or(0, |at| at + 3);
        let origin = issuer[after_scheme..].find('/').map_or(issuer.as_str(), |at| &issuer[..after_scheme + at]);
        format!("{origin}{page}?token={}", token.expose())
    }
}

fn sealed_for(id: &LetterId) -> String {
    format!("letter/{id}")
}
