//! Passkeys in software, honest and otherwise.

mod coming_in;
mod security_keys;

use std::cell::RefCell;

use super::soft::SoftPasskey;
use super::*;
use crate::base::secret::{Kind, Secret};
use crate::engine::house::ISSUER;
use crate::engine::users::testing::{House, PASSWORD, caller, refusal};
use crate::engine::users::{Fresh, NewSession, SignedIn};
use crate::engine::{Caller, Denied};
use crate::model::audit::AuditKind;
use crate::model::factors::{Factors, PasskeyChallenge};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method, Session};
use crate::model::user::User;
use crate::store::Order;

/// Somebody in a browser, with a passkey at hand.
struct Person {
    who: SignedIn,
    /// Another one with each passkey she enrols.
    cookie: RefCell<Secret>,
    browser: Secret,
    passkey: SoftPasskey,
}

fn from() -> Caller {
    caller("198.51.100.1")
}

impl Person {
    async fn of(house: &House, username: &str) -> Person {
        house.person(username).await;
        let NewSession { signed_in, cookie, .. } = house.sign_in(username, PASSWORD).await.unwrap();
        let browser = Kind::Browser.generate(&*house.engine.rng);
        Person { who: signed_in, cookie: RefCell::new(cookie), browser, passkey: SoftPasskey::blank(ISSUER) }
    }

    async fn session(&self, house: &House) -> SignedIn {
        let cookie = self.cookie.borrow().clone();
        house.engine.session(&cookie).await.unwrap().unwrap()
    }

    async fn fresh(&self, house: &House) -> Fresh {
        let how = Authentication::by(&[Method::Passkey { verified: true }], house.engine.now());
        let id = self.who.session().id.clone();
        house.change::<Session>(id.as_str(), |session| session.authentication = how).await;
        let signed_in = self.session(house).await;
        house.engine.fresh(&signed_in).await.unwrap()
    }

    async fn begin(&self, house: &House) -> Ceremony {
        let alone = self.passkey.verifies && self.passkey.discoverable;
        let wanted = if alone { NewKey::Passkey } else { NewKey::SecurityKey };
        house.engine.begin_passkey(&from(), &self.fresh(house).await, &self.browser, wanted).await.unwrap()
    }

    fn says(&mut self, asked: &Ceremony) -> Answer {
        let credential = self.passkey.enrol(&asked.options);
        Answer { challenge: asked.challenge.clone(), credential, browser: self.browser.clone() }
    }

    async fn finish(&self, house: &House, answer: &Answer, name: Option<&str>) -> Result<PasskeyView, Denied> {
        let done = house.engine.finish_passkey(&from(), &self.fresh(house).await, answer, name).await;
        done.map(|new| {
            self.cookie.replace(new.session.cookie);
            new.passkey
        })
    }

    async fn enrols(&mut self, house: &House) -> PasskeyView {
        let asked = self.begin(house).await;
        let answer = self.says(&asked);
        self.finish(house, &answer, None).await.unwrap()
    }
}

async fn challenges(house: &House) -> usize {
    house.engine.ledger.list::<PasskeyChallenge>(Order::Ascending, None, 100).await.unwrap().items.len()
}

#[tokio::test]
async fn a_passkey_is_asked_for_that_signs_in_alone_and_knows_its_owner() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let asked = alice.begin(&house).await;
    let options = &asked.options;
    assert_eq!(options["rp"]["id"], "id.example");
    assert_eq!(options["user"]["name"], "alice");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "required");
    assert_eq!(options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(options["attestation"], "none");
    let answer = alice.says(&asked);
    let passkey = alice.finish(&house, &answer, None).await.unwrap();
    assert_eq!((passkey.name.as_str(), passkey.backed_up, passkey.last_used_at), ("Firefox on Linux", false, None));
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap(), [passkey]);
    assert_eq!(house.logged(AuditKind::PasskeyAdded).await, 1);
    assert_eq!(challenges(&house).await, 0, "its challenge is gone");

    // The next one: the first is named, so that nobody enrols the same authenticator twice.
    let asked = alice.begin(&house).await;
    assert_eq!(asked.options["excludeCredentials"].as_array().unwrap().len(), 1);
    alice.passkey = SoftPasskey { backed_up: true, ..SoftPasskey::blank(ISSUER) };
    let answer = alice.says(&asked);
    let second = alice.finish(&house, &answer, None).await.unwrap();
    assert_eq!((second.name.as_str(), second.backed_up), ("Firefox on Linux 2", true));
}

#[tokio::test]
async fn an_answer_is_good_once_and_a_wrong_one_is_not_tried_again() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let asked = alice.begin(&house).await;
    let answer = alice.says(&asked);
    alice.finish(&house, &answer, Some("Key ring")).await.unwrap();
    assert_eq!(refusal(alice.finish(&house, &answer, None).await), Refusal::PasskeyRefused, "replayed");

    let asked = alice.begin(&house).await;
    alice.passkey = SoftPasskey { verifies: false, ..SoftPasskey::blank(ISSUER) };
    let wrong = alice.says(&asked);
    assert_eq!(refusal(alice.finish(&house, &wrong, None).await), Refusal::PasskeyUnverified);
    alice.passkey.verifies = true;
    let right = alice.says(&asked);
    assert_eq!(refusal(alice.finish(&house, &right, None).await), Refusal::PasskeyRefused, "the challenge is used");
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_enrols_one_in_a_session_has_proved_it_there() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let fresh = house.engine.fresh(&alice.who).await.unwrap();
    let asked = house.engine.begin_passkey(&from(), &fresh, &alice.browser, NewKey::Passkey).await.unwrap();
    house.clock.advance(std::time::Duration::from_secs(60));
    let answer = alice.says(&asked);
    let new = house.engine.finish_passkey(&from(), &fresh, &answer, None).await.unwrap();
    let now = house.engine.session(&new.session.cookie).await.unwrap().unwrap();
    assert_eq!(now.session().id, alice.who.session().id);
    let proved = &now.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop user mfa".to_owned()));
    assert_eq!(proved.at, alice.who.session().authentication.at, "the password is as old as it was");
    house.engine.fresh(&now).await.unwrap();
}

#[tokio::test]
async fn many_answers_at_once_enrol_one_passkey() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let asked = alice.begin(&house).await;
    let answers: Vec<Answer> = (0..16)
        .map(|_| {
            alice.passkey = SoftPasskey::blank(ISSUER);
            alice.says(&asked)
        })
        .collect();
    let all = answers.iter().map(|answer| alice.finish(&house, answer, None));
    let all = futures_util::future::join_all(all).await;
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1);
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap().len(), 1);
}

#[tokio::test]
async fn nothing_but_an_honest_answer_of_this_person_in_this_browser_enrols() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let mut bob = Person::of(&house, "bob").await;
    let blank = || SoftPasskey::blank(ISSUER);
    type Bend = fn(&mut Answer, &mut SoftPasskey);
    let bends: [(&str, SoftPasskey, Bend); 7] = [
        ("another origin", SoftPasskey { origin: "https://id.example:444".into(), ..blank() }, |_, _| ()),
        ("a kinder origin", SoftPasskey { origin: "https://id.example/".into(), ..blank() }, |_, _| ()),
        ("a subdomain", SoftPasskey { origin: "https://evil.id.example".into(), ..blank() }, |_, _| ()),
        ("another host", SoftPasskey { host: "example".into(), ..blank() }, |_, _| ()),
        ("a frame", SoftPasskey { framed: true, ..blank() }, |_, _| ()),
        ("another browser", blank(), |answer, _| answer.browser = Secret::new("br_other")),
        ("nonsense", blank(), |answer, _| answer.credential = "{}".into()),
    ];
    for (what, passkey, bend) in bends {
        let asked = alice.begin(&house).await;
        alice.passkey = passkey;
        let mut answer = alice.says(&asked);
        bend(&mut answer, &mut alice.passkey);
        assert_eq!(refusal(alice.finish(&house, &answer, None).await), Refusal::PasskeyRefused, "{what}");
    }

    // Another person's ceremony in the same browser, and another person's passkey.
    bob.browser = alice.browser.clone();
    let asked = alice.begin(&house).await;
    let answer = bob.says(&asked);
    assert_eq!(refusal(bob.finish(&house, &answer, None).await), Refusal::PasskeyRefused);
    alice.passkey = blank();
    alice.enrols(&house).await;
    let asked = bob.begin(&house).await;
    let hers = alice.says(&asked);
    assert_eq!(refusal(bob.finish(&house, &hers, None).await), Refusal::PasskeyRefused, "no passkey is two people's");

    // Too late.
    let asked = bob.begin(&house).await;
    house.clock.advance(ceremony::LIFETIME);
    let late = bob.says(&asked);
    assert_eq!(refusal(bob.finish(&house, &late, None).await), Refusal::PasskeyRefused);
    assert!(house.engine.passkeys(&bob.who).await.unwrap().is_empty());
}

#[tokio::test]
async fn there_is_an_end_to_how_many_somebody_has() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    alice.enrols(&house).await;
    let id = alice.who.user().id.clone();
    house
        .change::<Factors>(id.as_str(), |factors| {
            let one = factors.passkeys[0].clone();
            let more = (1..Factors::MOST_PASSKEYS)
                .map(|n| crate::model::factors::Passkey { id: format!("k{n}"), ..one.clone() });
            factors.passkeys.extend(more.collect::<Vec<_>>());
        })
        .await;
    let begun = house.engine.begin_passkey(&from(), &alice.fresh(&house).await, &alice.browser, NewKey::Passkey).await;
    assert!(matches!(refusal(begun), Refusal::FieldInvalid(problem) if problem.field == "passkey"));
}

#[tokio::test]
async fn people_name_and_remove_their_own() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    let bob = Person::of(&house, "bob").await;
    let one = alice.enrols(&house).await;
    house.engine.rename_passkey(&alice.who, &one.id, "  Blue   key ").await.unwrap();
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap()[0].name, "Blue key");
    for wrong in ["", " ", "\u{7}", &"x".repeat(65)] {
        let answer = house.engine.rename_passkey(&alice.who, &one.id, wrong).await;
        assert!(matches!(refusal(answer), Refusal::FieldInvalid(_)), "{wrong:?}");
    }
    let his = house.engine.rename_passkey(&bob.who, &one.id, "mine").await;
    assert_eq!(refusal(his), Refusal::NotFound("passkey"));
    assert_eq!(
        refusal(house.engine.remove_passkey(&from(), &bob.fresh(&house).await, &one.id).await),
        Refusal::NotFound("passkey")
    );

    house.change::<User>(alice.who.user().id.as_str(), |user| user.password = None).await;
    let last = house.engine.remove_passkey(&from(), &alice.fresh(&house).await, &one.id).await;
    assert!(matches!(refusal(last), Refusal::FieldInvalid(_)), "the last way in stays");
    alice.passkey = SoftPasskey::blank(ISSUER);
    alice.enrols(&house).await;
    house.engine.remove_passkey(&from(), &alice.fresh(&house).await, &one.id).await.unwrap();
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap().len(), 1);
    assert_eq!(house.logged(AuditKind::PasskeyRemoved).await, 1);
}
