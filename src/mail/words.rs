//! What letters say. Both parts of a message are drawn from the same words, so that they cannot say different things.

use askama::Template;

use crate::base::clock::Timestamp;
use crate::http::page::Link;
use crate::http::sample::{LONG, MARKUP, RTL};
use crate::http::when::When;
use crate::model::mail::{AccountChange, Letter};

use super::message::Sender;

/// What one letter says, its link included, which is why it cannot be printed.
#[derive(Clone, Default)]
pub struct Words {
    /// Its subject.
    pub subject: String,
    /// What the deployment is called.
    pub product: String,
    /// How the person is addressed; may be empty.
    pub name: String,
    /// What it is about, a paragraph each.
    pub lead: Vec<String>,
    /// The code it brings, if it brings one.
    pub code: Option<String>,
    /// What is known: names and values.
    pub facts: Vec<(&'static str, String)>,
    /// The one thing to do, if there is one.
    pub action: Option<Link>,
    /// What else there is to know, a paragraph each.
    pub after: Vec<String>,
    /// Where the deployment is reached.
    pub host: String,
}

/// The plain part.
#[derive(Template)]
#[template(path = "mail/letter.txt")]
pub struct Plain<'a> {
    /// What it says.
    pub words: &'a Words,
}

/// The HTML part.
#[derive(Template)]
#[template(path = "mail/letter.html")]
pub struct Html<'a> {
    /// What it says.
    pub words: &'a Words,
}

/// What the reader who did not do it is told.
const NOT_YOU: &str =
    "It was not you? Change your password at once, which ends every session, and tell whoever administers";

impl Words {
    /// The words of `letter` to somebody called `name`.
    pub fn of(letter: &Letter, name: &str, sender: &Sender) -> Words {
        let mut words = Words { product: line(&sender.product), host: sender.host.clone(), ..Words::default() };
        words.name = line(name);
        match letter {
            Letter::ResetPassword { link, until } => words.reset(link, *until),
            Letter::Invitation { by, link, until } => words.invitation(&line(by), link, *until),
            Letter::Registration { link, until } => words.registration(link, *until),
            Letter::AccountThere { .. } => words.account_there(sender),
            Letter::VerifyAddress { link, until } => words.verify(link, *until),
            Letter::SignInCode { code, link, device, address, until } => {
                words.sign_in_code(code, link, *until);
                words.facts = vec![("Browser", line(device)), ("Network address", line(address))];
            }
            Letter::NewDevice { device, address, at } => words.new_device(&line(device), address, *at, sender),
            Letter::ActingBegan { by, reason, at, until } => {
                words.acting_began(&line(by), &line(reason), (*at, *until), sender);
            }
            Letter::AccountChanged { what, at } => words.changed(*what, *at, sender),
        }
        words
    }

    /// A letter that only shows that letters arrive.
    pub fn test(sender: &Sender) -> Words {
        let product = line(&sender.product);
        Words {
            subject: format!("A test from {product}"),
            lead: vec![format!("This letter shows that {product} can send mail. There is nothing to do.")],
            host: sender.host.clone(),
            product,
            ..Words::default()
        }
    }

    fn reset(&mut self, link: &str, until: Timestamp) {
        self.subject = format!("Choose a new password for {}", self.product);
        self.lead.push(format!("Somebody asked for a way back into your account at {}. Here it is.", self.product));
        self.action = Some(Link::new("Choose a new password", link));
        self.after.push(format!("The link works once, until {}.", exactly(until)));
        self.after.push(
            "It was not you? Then leave this letter alone: without the link nothing happens, and your password stays as it is."
                .to_owned(),
        );
    }

    fn invitation(&mut self, by: &str, link: &str, until: Timestamp) {
        self.subject = format!("{by} invites you to {}", self.product);
        self.lead.push(format!("{by} invites you to make an account at {} ({}).", self.product, self.host));
        self.action = Some(Link::new("Make your account", link));
        self.after.push(format!("The link works once, until {}.", exactly(until)));
        self.after.push("You did not expect this? Then leave this letter alone, and nothing happens.".to_owned());
    }

    fn registration(&mut self, link: &str, until: Timestamp) {
        self.subject = format!("Make your account at {}", self.product);
        self.lead
            .push(format!("Somebody wants to make an account at {} ({}) with this address.", self.product, self.host));
        self.action = Some(Link::new("Make your account", link));
        self.after.push(format!("The link works once, until {}.", exactly(until)));
        self.after
            .push("It was not you? Then leave this letter alone: without the link there is no account.".to_owned());
    }

    fn account_there(&mut self, sender: &Sender) {
        self.subject = format!("You have an account at {} already", self.product);
        self.lead.push(format!(
            "Somebody wants to make an account at {} ({}) with this address, which has one already.",
            self.product, self.host
        ));
        self.action = Some(Link::new("Sign in", &format!("{}/login", sender.origin)));
        self.after.push("It was not you? Then leave this letter alone: nothing was changed.".to_owned());
    }

    fn verify(&mut self, link: &str, until: Timestamp) {
        self.subject = format!("Confirm your email address for {}", self.product);
        self.lead.push(format!("This address shall belong to an account at {} ({}).", self.product, self.host));
        self.action = Some(Link::new("Confirm this address", link));
        self.after.push(format!("The link works once, until {}.", exactly(until)));
        self.after.push("You know nothing of it? Then leave this letter alone, and nothing happens.".to_owned());
    }

    fn sign_in_code(&mut self, code: &str, link: &str, until: Timestamp) {
        self.subject = format!("Your code for {}", self.product);
        self.lead.push(format!("Somebody wants to sign in to your account at {} ({}).", self.product, self.host));
        self.lead.push("It is you? Type this code where you asked for it.".to_owned());
        self.code = Some(code.to_owned());
        self.action = Some(Link::new("Open the page with this code", link));
        self.after.push(format!("The code works once, until {}, and only in the browser above.", exactly(until)));
        self.after.push(
            "It was not you? Then leave this letter alone, and tell nobody the code: without it nothing happens."
                .to_owned(),
        );
    }

    fn new_device(&mut self, device: &str, address: &str, at: Timestamp, sender: &Sender) {
        self.subject = format!("New sign-in to {}", self.product);
        self.lead
            .push(format!("Somebody signed in to your account at {} with a browser that is new there.", self.product));
        self.facts = vec![("Browser", device.to_owned()), ("Network address", line(address)), ("When", exactly(at))];
        self.after.push("It was you? Then there is nothing to do.".to_owned());
        self.after.push(format!("{NOT_YOU} {}.", self.product));
        self.action = Some(Link::new("See your sessions", &format!("{}/account/sessions", sender.origin)));
    }

    fn acting_began(&mut self, by: &str, reason: &str, (at, until): (Timestamp, Timestamp), sender: &Sender) {
        self.subject = format!("An administrator acts for you at {}", self.product);
        self.lead.push(format!(
            "An administrator of {} ({}) uses your applications as you for a while. What they do there is recorded, and \
             they cannot change your account.",
            self.product, self.host
        ));
        self.facts = vec![
            ("Administrator", by.to_owned()),
            ("Their reason", reason.to_owned()),
            ("Began", exactly(at)),
            ("Until, at the latest", exactly(until)),
        ];
        self.after.push("You expected this? Then there is nothing to do.".to_owned());
        self.after.push(format!(
            "You did not? End it among your sessions, and ask whoever else administers {}.",
            self.product
        ));
        self.action = Some(Link::new("See your sessions", &format!("{}/account/sessions", sender.origin)));
    }

    fn changed(&mut self, what: AccountChange, at: Timestamp, sender: &Sender) {
        let (subject, sentence) = change(what);
        self.subject = format!("{subject} at {}", self.product);
        self.lead.push(format!("{sentence} at {}.", self.product));
        self.facts = vec![("When", exactly(at))];
        self.after.push("It was you? Then there is nothing to do.".to_owned());
        self.after.push(format!("{NOT_YOU} {}.", self.product));
        self.action = Some(Link::new("Go to your account", &format!("{}/account", sender.origin)));
    }
}

fn change(what: AccountChange) -> (&'static str, &'static str) {
    match what {
        AccountChange::PasswordChanged => ("Your password was changed", "The password of your account was changed"),
        AccountChange::PasswordRemoved => {
            ("Your password was removed", "Your account signs in with passkeys alone now: its password was removed")
        }
        AccountChange::AddressAsked => (
            "Another address was asked for",
            "Your account is to have another email address, once somebody opens the link that was mailed there,",
        ),
        AccountChange::AddressChanged => (
            "Your address was changed",
            "Your account no longer belongs to this email address: it has another one now,",
        ),
        AccountChange::AuthenticatorAdded => {
            ("An authenticator was added", "An authenticator was added to your account")
        }
        AccountChange::AuthenticatorRemoved => {
            ("Your authenticator was removed", "The authenticator of your account was removed")
        }
        AccountChange::PasskeyAdded => ("A passkey was added", "A passkey was added to your account"),
        AccountChange::PasskeyRemoved => ("A passkey was removed", "A passkey of your account was removed"),
        AccountChange::RecoveryCodesMade => (
            "New recovery codes were made",
            "New recovery codes were made for your account, and the old ones have ended,",
        ),
        AccountChange::RecoveryCodeUsed => {
            ("A recovery code was used", "A recovery code was used to sign in to your account")
        }
    }
}

fn exactly(at: Timestamp) -> String {
    When::exactly(at).exact
}

/// Text that somebody chose, on one line and without characters that cannot be seen or turn a line around.
pub(super) fn line(text: &str) -> String {
    let hidden = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let shown: String = text.chars().map(|c| if hidden(c) { ' ' } else { c }).collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Words {
    /// Every letter with ordinary and hostile data, each with a short name.
    pub fn samples() -> Vec<(String, Words)> {
        let at = Timestamp(1_795_269_720);
        let link = || "https://id.example.org/recover?token=rc_0000000000000000000000000000".to_owned();
        let mut letters = vec![
            Letter::ResetPassword { link: link(), until: at },
            Letter::Invitation { by: "Ada Keeper".to_owned(), link: link(), until: at },
            Letter::Registration { link: link(), until: at },
            Letter::AccountThere { until: at },
            Letter::VerifyAddress { link: link(), until: at },
            Letter::SignInCode {
                code: "K3M9-TX4B".to_owned(),
                link: "https://id.example.org/login/mail/code?token=mc_00000000000000000000000000-K3M9TX4B".to_owned(),
                device: "Firefox on Linux".to_owned(),
                address: "192.0.2.7".to_owned(),
                until: at,
            },
            Letter::NewDevice { device: "Firefox on Linux".to_owned(), address: "192.0.2.7".to_owned(), at },
            Letter::ActingBegan {
                by: "Ada Keeper".to_owned(),
                reason: "You asked why the wiki shows you an empty page".to_owned(),
                at,
                until: at.plus(std::time::Duration::from_secs(1_800)),
            },
            Letter::ActingBegan {
                by: format!("{MARKUP}\n{RTL}"),
                reason: format!("{MARKUP}\r\nTo: x@example.org\u{202e} {LONG}"),
                at,
                until: at,
            },
        ];
        letters.extend(AccountChange::ALL.map(|what| Letter::AccountChanged { what, at }));
        let calm = Sender::new("Example ID", "https://id.example.org");
        let hostile = Sender::new(&format!("{MARKUP}\r\nBcc: x@example.org"), "https://id.example.org");
        let mut all = vec![("test".to_owned(), Words::test(&calm)), ("test-hostile".to_owned(), Words::test(&hostile))];
        for (nth, letter) in letters.iter().enumerate() {
            all.push((format!("{}-{nth}", letter.kind()), Words::of(letter, "Sam Ple", &calm)));
            all.push((format!("{}-{nth}-bare", letter.kind()), Words::of(letter, "", &calm)));
            let name = format!("{MARKUP} {RTL} {LONG}");
            all.push((format!("{}-{nth}-hostile", letter.kind()), Words::of(letter, &name, &hostile)));
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_chose_stays_on_its_line() {
        assert_eq!(line("Sam\r\nBcc: x@example.org\u{202e} \u{0}Ple"), "Sam Bcc: x@example.org Ple");
    }

    #[test]
    fn both_parts_say_the_same_and_the_html_is_escaped() {
        for (name, words) in Words::samples() {
            let (plain, html) = (Plain { words: &words }.render().unwrap(), Html { words: &words }.render().unwrap());
            for paragraph in words.lead.iter().chain(&words.after) {
                assert!(plain.contains(paragraph.as_str()), "{name}: {plain}");
            }
            if let Some(code) = &words.code {
                assert!(plain.contains(code.as_str()) && html.contains(code.as_str()), "{name}");
            }
            if let Some(action) = &words.action {
                assert!(plain.contains(&action.url) && html.contains("href="), "{name}");
            }
            assert!(!html.contains("<script"), "{name}: {html}");
            assert!(!plain.contains("Hello ,") && !html.contains("Hello ,"), "{name}");
        }
    }
}
