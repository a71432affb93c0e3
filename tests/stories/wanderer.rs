//! Somebody who tries everything: opens every page there is, fills in every form with what they know, in any order, again
//! and from another browser, and goes back. However they wander, they never come in as somebody they are not.

use std::collections::BTreeSet;

use countersign::engine::admin::Actor;
use countersign::model::settings::{SelfRegistration, Settings};

use super::app::App;
use super::authenticator::Authenticator;
use super::browser::Browser;
use super::house::{House, PASSWORD, host};
use super::person::Person;
use super::wire::{Reply, with_query};

/// How many wanderers there are in each story, and how many steps each of them takes.
const WANDERERS: u64 = 12;
const STEPS: usize = 60;

/// What somebody writes into fields of these names. What they do not know, they guess.
#[derive(Clone)]
struct Knowledge {
    words: Vec<(&'static str, Vec<String>)>,
    addresses: Vec<String>,
    /// Whether they read what is mailed.
    mail: bool,
}

impl Knowledge {
    fn of_a_stranger() -> Knowledge {
        let texts = |all: &[&str]| all.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let addresses = [
            "/",
            "/account",
            "/account/authenticator",
            "/account/passkeys",
            "/account/password",
            "/account/recovery-codes",
            "/account/sessions",
            "/admin",
            "/login",
            "/login?confirm=1",
            "/login?confirm=1&next=/account/password",
            "/login?next=/account",
            "/login/mail",
            "/login/mail?next=/account",
            "/login/mail/code",
            "/login/second-factor",
            "/recover",
            "/register",
            "/reset",
            "/setup",
            "/sign-out",
            "/verify",
        ];
        Knowledge {
            words: vec![
                ("username", texts(&["alice", "alice@example.org", "ALICE", "nobody"])),
                ("password", texts(&["a guess that is long enough", ""])),
                ("new", texts(&["violet anchors sing loudly"])),
                ("current", texts(&["a guess that is long enough"])),
                ("otp", texts(&["000000", "123 456", "", "ABCD-EFGH"])),
                ("recovery", texts(&["0000-0000-0000-0000"])),
                ("email", texts(&["mallory@example.com"])),
                ("token", texts(&["rc_guess", ""])),
                ("code", texts(&["AAAA-AAAA", ""])),
            ],
            addresses: texts(&addresses),
            mail: false,
        }
    }

    /// The same for somebody who reads the codes that are mailed to everybody.
    fn reads_mail(self) -> Knowledge {
        Knowledge { mail: true, ..self }
    }

    fn knows(mut self, field: &'static str, word: &str) -> Knowledge {
        match self.words.iter_mut().find(|(known, _)| *known == field) {
            Some((_, words)) => words.insert(0, word.to_owned()),
            None => self.words.push((field, vec![word.to_owned()])),
        }
        self
    }

    fn knows_of(mut self, address: String) -> Knowledge {
        self.addresses.push(address);
        self
    }
}

/// A form somebody saw: where it leads, what it held, which fields it left to be filled in, and its buttons.
#[derive(Clone, Debug)]
struct Seen {
    action: String,
    held: Vec<(String, String)>,
    open: Vec<String>,
    buttons: Vec<(String, String)>,
}

/// Somebody with two browsers and a memory.
struct Wanderer<'h> {
    browsers: [Browser<'h>; 2],
    knowledge: Knowledge,
    forms: Vec<Seen>,
    places: BTreeSet<String>,
    chance: u64,
    path: Vec<String>,
}

impl<'h> Wanderer<'h> {
    fn new(house: &'h House, knowledge: Knowledge, seed: u64) -> Wanderer<'h> {
        let places = knowledge.addresses.iter().cloned().collect();
        let chance = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let browsers = [house.browser(), house.browser()];
        Wanderer { browsers, knowledge, forms: Vec::new(), places, chance, path: vec![format!("wanderer {seed}")] }
    }

    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        usize::try_from(self.chance >> 33).expect("31 bits") % end.max(1)
    }

    /// One step: some page, or some form seen before, in one of the browsers.
    async fn steps(&mut self, house: &House) {
        if self.knowledge.mail {
            self.reads(house).await;
        }
        let browser = self.below(2);
        let pause = self.below(90);
        house.later(pause as u64);
        let reply = match self.below(3) {
            0 => {
                let place = self.below(self.places.len());
                let place = self.places.iter().nth(place).expect("a place").clone();
                self.path.push(format!("{browser}: opens {place}"));
                self.browsers[browser].opens(&place).await
            }
            _ if self.forms.is_empty() => self.browsers[browser].opens("/login").await,
            // The latest forms are the likeliest, the others are ways back.
            way => {
                let latest = self.forms.len().min(if way == 1 { 3 } else { 40 });
                let back = self.below(latest);
                let form = self.forms[self.forms.len() - 1 - back].clone();
                self.sends(browser, &form).await
            }
        };
        self.remembers(&reply);
        if reply.status == 303 && self.below(4) > 0 {
            let follows = reply.header("location").filter(|to| to.starts_with('/') && !to.starts_with("//"));
            if let Some(to) = follows.map(str::to_owned) {
                let reply = self.browsers[browser].opens(&to).await;
                self.remembers(&reply);
            }
        }
    }

    /// The latest code that was mailed, and its link.
    async fn reads(&mut self, house: &House) {
        let Some(mailed) = house.codes().await.pop() else { return };
        self.places.insert(mailed.link);
        let words = self.knowledge.words.iter_mut().find(|(field, _)| *field == "code");
        words.into_iter().for_each(|(_, words)| words[0] = mailed.code.clone());
    }

    async fn sends(&mut self, browser: usize, form: &Seen) -> Reply {
        // The token of a form is the browser's own; everything else is sent as it was seen.
        let page = self.browsers[browser].opens("/login?another=1").await;
        let token = forms_of(&page).into_iter().flat_map(|form| form.held).find(|(name, _)| name == "csrf");
        let mut fields: Vec<(String, String)> = form.held.iter().filter(|(name, _)| name != "csrf").cloned().collect();
        fields.extend(token);
        for name in &form.open {
            let words = self.knowledge.words.iter().find(|(known, _)| known == name).map(|(_, words)| words.clone());
            let words = words.unwrap_or_else(|| vec!["x".to_owned()]);
            // What they know rather than what they guess, most of the time.
            let word = if self.below(3) > 0 { 0 } else { self.below(words.len()) };
            fields.push((name.clone(), words[word].clone()));
        }
        if !form.buttons.is_empty() {
            fields.push(form.buttons[self.below(form.buttons.len())].clone());
        }
        self.path.push(format!("{browser}: sends {} {fields:?}", form.action));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        self.browsers[browser].posts(&form.action, &fields).await
    }

    fn remembers(&mut self, reply: &Reply) {
        if let Some(to) = reply.header("location").filter(|to| to.starts_with('/') && !to.starts_with("//")) {
            self.places.insert(to.to_owned());
        }
        if reply.is_page() {
            self.forms.extend(forms_of(reply).into_iter().filter(|form| !form.action.starts_with("http")));
        }
    }

    /// Whether one of the browsers is signed in as `person`.
    async fn is_in_as(&self, house: &House, person: &Person<'_>) -> bool {
        for browser in &self.browsers {
            let Some(cookie) = browser.session() else { continue };
            let found = house.engine.session(&countersign::base::secret::Secret::new(cookie)).await.expect("a store");
            if found.is_some_and(|found| found.user().id == person.id) {
                return true;
            }
        }
        false
    }
}

/// Every form on a page that is sent by POST.
fn forms_of(page: &Reply) -> Vec<Seen> {
    let forms = page.body.split("<form").skip(1).filter_map(|rest| rest.split_once("</form>")).map(|(form, _)| form);
    forms.filter_map(form_of).collect()
}

fn form_of(form: &str) -> Option<Seen> {
    let (tag, inside) = form.split_once('>')?;
    let mut seen = Seen { action: attribute(tag, "action")?, held: vec![], open: vec![], buttons: vec![] };
    if attribute(tag, "method").as_deref() != Some("post") {
        return None;
    }
    for element in inside.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(element, _)| element) {
        let Some(name) = attribute(element, "name") else { continue };
        let value = attribute(element, "value").unwrap_or_default();
        match element.split_whitespace().next() {
            Some("input") if attribute(element, "type").as_deref() == Some("hidden") => seen.held.push((name, value)),
            Some("input" | "textarea" | "select") => seen.open.push(name),
            Some("button") => seen.buttons.push((name, value)),
            _ => {}
        }
    }
    Some(seen)
}

fn attribute(element: &str, name: &str) -> Option<String> {
    let (_, rest) = element.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(value.replace("&#38;", "&").replace("&#34;", "\"").replace("&#39;", "'").replace("&amp;", "&"))
}

/// A house where everything is open that can be: registration, signing in by mail, a person with an authenticator, an
/// application.
async fn open_house() -> House {
    let house = House::reading_mail().await;
    let settings = Settings { self_registration: SelfRegistration::Open, ..house.engine.settings().await.unwrap() };
    house.engine.change_settings(&Actor::host(), &host(), &settings).await.unwrap();
    house
}

/// Lets everybody wander, and says whether anybody came in as `person` or carried their code away.
async fn wander(house: &House, person: &Person<'_>, shop: &App<'_>, knowledge: &Knowledge) -> Option<Vec<String>> {
    for seed in 1..=WANDERERS {
        let asking = shop.asks("openid email");
        let knowledge = knowledge.clone().knows_of(asking.path());
        let mut wanderer = Wanderer::new(house, knowledge, seed);
        for _ in 0..STEPS {
            wanderer.steps(house).await;
            if wanderer.is_in_as(house, person).await {
                return Some(wanderer.path);
            }
        }
        house.later(3_600);
    }
    None
}

/// Insists that nobody came in, and that the account is as it was.
async fn nobody_comes_in(house: &House, person: &Person<'_>, shop: &App<'_>, knowledge: &Knowledge) {
    let way = wander(house, person, shop, knowledge).await;
    assert_eq!(way, None, "somebody came in on this way");
    house.later(86_400);
    let page = person.meets_second_factor(&person.browser).await;
    assert_eq!(page.title(), "One more step", "the password and the factor are what they were");
}

#[tokio::test]
async fn whoever_knows_a_password_comes_nowhere_without_the_second_factor() {
    let house = open_house().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let _authenticator = Authenticator::of(&house, &alice).await;
    let knowledge = Knowledge::of_a_stranger().knows("password", PASSWORD).knows("current", PASSWORD);
    nobody_comes_in(&house, &alice, &shop, &knowledge).await;
}

#[tokio::test]
async fn whoever_knows_a_name_comes_nowhere() {
    let house = open_house().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let _authenticator = Authenticator::of(&house, &alice).await;
    nobody_comes_in(&house, &alice, &shop, &Knowledge::of_a_stranger()).await;
}

#[tokio::test]
async fn whoever_found_a_link_chooses_a_password_and_still_comes_nowhere() {
    let house = open_house().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let _authenticator = Authenticator::of(&house, &alice).await;
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    let chosen = "violet anchors sing loudly";
    let knowledge = Knowledge::of_a_stranger()
        .knows("password", chosen)
        .knows("token", link.expose())
        .knows_of(with_query("/recover", &[("token", link.expose())]));
    let way = wander(&house, &alice, &shop, &knowledge).await;
    assert_eq!(way, None, "somebody came in on this way");
}

#[tokio::test]
async fn whoever_reads_codes_by_mail_comes_nowhere_without_the_second_factor() {
    let house = open_house().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let _authenticator = Authenticator::of(&house, &alice).await;
    nobody_comes_in(&house, &alice, &shop, &Knowledge::of_a_stranger().reads_mail()).await;
}

/// The same wanderers with everything they need do come in: the stories above can fail.
#[tokio::test]
async fn whoever_has_both_comes_in() {
    let house = open_house().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let reader = Knowledge::of_a_stranger().reads_mail();
    let way = wander(&house, &alice, &shop, &reader).await.expect("a mailbox is enough where nothing else is");
    assert!(way.iter().any(|step| step.contains("/login/mail/code")), "{way:?}");
    let knowledge = Knowledge::of_a_stranger().knows("password", PASSWORD);
    assert!(wander(&house, &alice, &shop, &knowledge).await.is_some(), "a password is enough where nothing else is");
    let _authenticator = Authenticator::of(&house, &alice).await;
    let knowledge = knowledge.knows("recovery", super::authenticator::RECOVERY[0]);
    let way = wander(&house, &alice, &shop, &knowledge).await.expect("a recovery code is a way in");
    assert!(way.iter().any(|step| step.contains("/login/second-factor")), "{way:?}");
}
