//! Codes that come by mail, read where they wait: nobody has to deliver them for a story.

use countersign::engine::admin::Actor;
use countersign::model::mail::{Letter, MailServer};
use countersign::model::settings::{Settings, SmtpSecurity};

use super::browser::{Browser, Form};
use super::house::{House, host};
use super::wire::Reply;

/// A letter with a code, as its reader has it.
#[derive(Clone, Debug)]
pub struct Mailed {
    pub to: String,
    pub code: String,
    /// The path of the link.
    pub link: String,
}

impl House {
    /// One where people sign in by mail.
    pub async fn reading_mail() -> House {
        let server = MailServer {
            host: "localhost".to_owned(),
            port: 9,
            security: SmtpSecurity::None,
            username: String::new(),
            password: None,
            from: "id@example.org".to_owned(),
            authorities: None,
        };
        let house = House::with_mail(server).await;
        house.lets_in_by_mail(true).await;
        house
    }

    /// Lets people sign in by mail, or not.
    pub async fn lets_in_by_mail(&self, sign_in_by_mail: bool) {
        let settings = Settings { sign_in_by_mail, ..self.engine.settings().await.expect("settings") };
        self.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
    }

    /// Every code that waits in the outbox, the oldest first.
    pub async fn codes(&self) -> Vec<Mailed> {
        let due = self.engine.due_letters(10_000).await.expect("a store");
        let codes = due.letters.into_iter().filter_map(|due| match due.letter {
            Letter::SignInCode { code, link, .. } => {
                let link = link.strip_prefix(self.issuer).expect("links are the issuer's").to_owned();
                Some(Mailed { to: due.to, code, link })
            }
            _ => None,
        });
        codes.collect()
    }

    /// The one that `page`, on which a code is typed, waits for; nothing where none was sent.
    pub async fn code_for(&self, page: &Reply) -> Option<Mailed> {
        let token = format!("?token=mc_{}-", Form::on(page).hidden("sign_in"));
        self.codes().await.into_iter().find(|mailed| mailed.link.contains(&token))
    }
}

impl Browser<'_> {
    /// Asks for a code on the page that is for it; the page on which it is typed.
    pub async fn wants_a_code(&self, typed: &str) -> Reply {
        let page = self.opens("/login/mail").await;
        let sent = self.submits(&page, &[("username", typed)]).await;
        assert!(sent.location().starts_with("/login/mail/code?sign_in="), "{sent}");
        self.follows(sent).await
    }

    /// Types the code that `page` waits for.
    pub async fn types_the_code(&self, page: &Reply) -> Reply {
        let mailed = self.house().code_for(page).await.expect("a letter with a code");
        self.submits(page, &[("code", &mailed.code)]).await
    }

    /// Asks for a code, reads it and types it.
    pub async fn comes_by_mail(&self, typed: &str) -> Reply {
        let page = self.wants_a_code(typed).await;
        self.types_the_code(&page).await
    }
}
