//! The mail server that administrators name. The operator's file comes before it.

use crate::base::seal::Sealed;
use crate::base::secret::Secret;
use crate::engine::post::SMTP_PASSWORD;
use crate::engine::users::Fresh;
use crate::engine::{Caller, Decision, Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::mail::MailServer;
use crate::model::refusal::Refusal;
use crate::model::settings::{Settings, Smtp};
use crate::records::{Kept, RecordChanges};
use crate::store::Changes;

use super::{Actor, Reader, rules, settings};

impl Engine {
    /// The mail server that administrators named, with its password, if they did.
    ///
    /// # Errors
    /// The store's fault; a password that was sealed with another key file.
    pub async fn consoles_mail(&self, _: &Reader) -> Result<Option<MailServer>, Denied> {
        Ok(self.settings().await?.smtp.map(|smtp| self.usable(smtp)).transpose()?)
    }

    /// What an administrator typed, as a server to be asked: without a password it has the one that is kept, if host, port and
    /// user name are those it is kept for. It is never told to another server.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] naming what is wrong, the password that has to be typed again included; the store's fault.
    pub async fn typed_mail(&self, actor: &Actor, typed: &MailServer) -> Result<MailServer, Denied> {
        rules::refuse(rules::mail_server(typed))?;
        let mut server = typed.clone();
        let kept = self.consoles_mail(actor).await?;
        if let Some(kept) = kept.filter(|kept| kept.password.is_some() && typed.password.is_none()) {
            let place = |server: &MailServer| (server.host.clone(), server.port, server.username.clone());
            if place(&kept) == place(typed) && kept.security == typed.security {
                server.password = kept.password;
            } else if !typed.username.is_empty() {
                let sentence = "Type the password again: the one that is kept is for another server or user name.";
                return Err(Refusal::field("password", sentence).into());
            }
        }
        Ok(server)
    }

    /// Names the mail server, or none. The password is sealed; the log says that it changed and not what it is.
    ///
    /// # Errors
    /// [`Refusal::FieldInvalid`] naming what is wrong; [`Refusal::NotPermitted`], also while the operator's file names one;
    /// the store's fault.
    pub async fn change_mail(
        &self,
        actor: &Actor,
        caller: &Caller,
        _: &Fresh,
        wanted: Option<&MailServer>,
    ) -> Result<(), Denied> {
        if self.operators_mail().is_some() {
            return Err(Refusal::NotPermitted.into());
        }
        let wanted = match wanted {
            Some(typed) => Some(self.typed_mail(actor, typed).await?),
            None => None,
        };
        self.settle(|| async {
            let was: Option<Kept<Settings>> = self.ledger.find("only").await?;
            let before = was.as_ref().map(|kept| kept.record().clone()).unwrap_or_default();
            let old = before.smtp.clone().map(|smtp| self.usable(smtp)).transpose()?;
            let mut changes = Changes::new();
            self.permit(actor, &[], &mut changes).await?;
            if old != wanted {
                let record = caller.record(self.now(), &*self.rng, actor.audited(), AuditKind::SettingsUpdated);
                let told = |server: &Option<MailServer>| server.as_ref().map_or("nothing".to_owned(), in_words);
                let record = record.with("mail", format!("{} → {}", told(&old), told(&wanted)));
                let secret = |server: &Option<MailServer>| server.as_ref().and_then(|server| server.password.clone());
                let same = match (secret(&old), secret(&wanted)) {
                    (Some(old), Some(new)) => old.is(new.expose()),
                    (old, new) => old.is_none() && new.is_none(),
                };
                changes.create(&if same { record } else { record.with("mail password", "changed") });
                let smtp = wanted.as_ref().map(|server| self.kept_mail(server));
                settings::put(&mut changes, was.as_ref(), &Settings { smtp, ..before });
            }
            Ok(Decision { answer: Ok(()), changes })
        })
        .await
    }

    /// The password of `server` as a form can carry it between a test and saving: sealed for this administrator and this
    /// server; empty when there is none.
    pub fn carry_password(&self, actor: &Actor, server: &MailServer) -> String {
        let sealed = |password: &Secret| self.sealing.seal(&carried_for(actor, server), password.expose().as_bytes());
        let text = server.password.as_ref().and_then(|password| serde_json::to_value(sealed(password)).ok());
        text.as_ref().and_then(|text| text.as_str()).unwrap_or_default().to_owned()
    }

    /// What [`Engine::carry_password`] carried, for the same administrator and the same server.
    pub fn carried_password(&self, actor: &Actor, server: &MailServer, carried: &str) -> Option<Secret> {
        let sealed: Sealed = serde_json::from_value(carried.into()).ok()?;
        let plain = self.sealing.open(&carried_for(actor, server), &sealed).ok()?;
        String::from_utf8(plain).ok().map(Secret::new)
    }

    fn kept_mail(&self, server: &MailServer) -> Smtp {
        let MailServer { host, port, security, username, from, .. } = server.clone();
        let password = server.password.as_ref();
        let password = password.map(|password| self.sealing.seal(SMTP_PASSWORD, password.expose().as_bytes()));
        Smtp { host, port, security, username, password, from }
    }
}

fn carried_for(actor: &Actor, server: &MailServer) -> String {
    let MailServer { host, port, security, username, .. } = server;
    let place = (format!("{:?}", actor.audited()), host, port, security.name(), username);
    format!("typed mail password {place:?}")
}

fn in_words(server: &MailServer) -> String {
    let who = if server.username.is_empty() { String::new() } else { format!(", user {}", server.username) };
    format!("{}:{} ({}){who}, from {}", server.host, server.port, server.security.name(), server.from)
}
