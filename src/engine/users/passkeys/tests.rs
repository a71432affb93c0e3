//! Passkeys in software, honest and otherwise.

use std::time::Duration;

use super::soft::SoftPasskey;
use super::*;
use crate::base::secret::{Kind, Secret};
use crate::engine::house::ISSUER;
use crate::engine::users::testing::{House, PASSWORD, ask, caller, refusal};
use crate::engine::users::{Fresh, NewSession, SignIn, SignInStep, SignedIn};
use crate::engine::{Caller, Denied};
use crate::model::audit::AuditKind;
use crate::model::factors::{Factors, PasskeyChallenge};
use crate::model::refusal::Refusal;
use crate::model::session::{Authentication, Method, Session};
use crate::model::settings::Settings;
use crate::model::sign_in::RequiredFactor;
use crate::model::user::User;
use crate::store::Order;

/// Somebody in a browser, with a passkey at hand.
struct Person {
    who: SignedIn,
    cookie: Secret,
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
        Person { who: signed_in, cookie, browser, passkey: SoftPasskey::blank(ISSUER) }
    }

    async fn fresh(&self, house: &House) -> Fresh {
        let how = Authentication::by(&[Method::Passkey { verified: true }], house.engine.now());
        let id = self.who.session().id.clone();
        house.change::<Session>(id.as_str(), |session| session.authentication = how).await;
        let signed_in = house.engine.session(&self.cookie).await.unwrap().unwrap();
        house.engine.fresh(&signed_in).await.unwrap()
    }

    async fn begin(&self, house: &House) -> Ceremony {
        house.engine.begin_passkey(&from(), &self.fresh(house).await, &self.browser).await.unwrap()
    }

    fn says(&mut self, asked: &Ceremony) -> Answer {
        let credential = self.passkey.enrol(&asked.options);
        Answer { challenge: asked.challenge.clone(), credential, browser: self.browser.clone() }
    }

    async fn finish(&self, house: &House, answer: &Answer, name: Option<&str>) -> Result<PasskeyView, Denied> {
        let done = house.engine.finish_passkey(&from(), &self.fresh(house).await, answer, name).await;
        done.map(|new| new.passkey)
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
    assert_eq!(refusal(alice.finish(&house, &wrong, None).await), Refusal::PasskeyRefused);
    alice.passkey.verifies = true;
    let right = alice.says(&asked);
    assert_eq!(refusal(alice.finish(&house, &right, None).await), Refusal::PasskeyRefused, "the challenge is used");
    assert_eq!(house.engine.passkeys(&alice.who).await.unwrap().len(), 1);
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
    let begun = house.engine.begin_passkey(&from(), &alice.fresh(&house).await, &alice.browser).await;
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

/// How a browser comes in with what its passkey says.
fn comes(answer: Answer, current: Option<SignedIn>) -> PasskeySignIn {
    PasskeySignIn { answer, interaction: None, current, known: None, familiar: None }
}

/// Somebody with a passkey and a strange browser.
async fn enrolled(house: &House, username: &str) -> Person {
    let mut person = Person::of(house, username).await;
    person.enrols(house).await;
    person.browser = Kind::Browser.generate(&*house.engine.rng);
    person
}

impl Person {
    async fn is_asked(&self, house: &House) -> Ceremony {
        house.engine.begin_passkey_sign_in(&from(), &self.browser).await.unwrap()
    }

    fn shows(&mut self, asked: &Ceremony) -> Answer {
        let credential = self.passkey.answer(&asked.options);
        Answer { challenge: asked.challenge.clone(), credential, browser: self.browser.clone() }
    }
}

async fn comes_in(house: &House, answer: Answer) -> Result<SignInStep, Denied> {
    house.engine.finish_passkey_sign_in(&from(), &comes(answer, None)).await
}

#[tokio::test]
async fn a_passkey_alone_opens_a_session_that_says_so() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let asked = alice.is_asked(&house).await;
    assert_eq!(asked.options["allowCredentials"], serde_json::json!([]), "any of the deployment's will do");
    assert_eq!(asked.options["userVerification"], "required");
    house.clock.advance(Duration::from_secs(60));
    let answer = alice.shows(&asked);
    let new = comes_in(&house, answer).await.unwrap().done().unwrap();
    let session = house.engine.session(&new.cookie).await.unwrap().unwrap();
    assert_eq!(session.user().id, alice.who.user().id);
    let proved = &session.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pop user mfa".to_owned()));
    house.engine.fresh(&session).await.expect("nothing is stronger");
    let known = house.engine.passkeys(&session).await.unwrap();
    assert_eq!(known[0].last_used_at, Some(house.engine.now()));
    assert_eq!(house.logged(AuditKind::SignIn).await, 2);
}

#[tokio::test]
async fn an_answer_lets_in_once_and_one_of_many() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let asked = alice.is_asked(&house).await;
    let answers: Vec<Answer> = (0..64).map(|_| alice.shows(&asked)).collect();
    let all = futures_util::future::join_all(answers.into_iter().map(|answer| comes_in(&house, answer))).await;
    assert_eq!(all.iter().filter(|step| step.is_ok()).count(), 1);

    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    comes_in(&house, answer.clone()).await.unwrap();
    assert_eq!(refusal(comes_in(&house, answer).await), Refusal::PasskeyRefused, "replayed");
    assert_eq!(challenges(&house).await, 0);
}

#[tokio::test]
async fn whatever_is_wrong_with_an_answer_nobody_comes_in() {
    type Bend = fn(&mut SoftPasskey);
    let bends: [(&str, &str, Bend); 8] = [
        ("another origin", "another origin", |passkey| passkey.origin = "https://id.example.evil".into()),
        ("within a frame", "within another page", |passkey| passkey.framed = true),
        ("another host", "another relying party", |passkey| passkey.host = "example".into()),
        ("not verified", "user not verified", |passkey| passkey.verifies = false),
        ("a copy", "passkey may be copied", |passkey| passkey.counter = Some(0)),
        ("another owner", "another user handle", |passkey| passkey.handle = vec![1; 16]),
        ("no such passkey", "unknown passkey", |passkey| passkey.id = vec![9; 20]),
        ("another key", "wrong signature", |passkey| passkey.key = SoftPasskey::blank(ISSUER).key),
    ];
    for (what, cause, bend) in bends {
        let house = House::new().await;
        let mut alice = enrolled(&house, "alice").await;
        alice.passkey.counter = Some(7);
        let asked = alice.is_asked(&house).await;
        let right = alice.shows(&asked);
        comes_in(&house, right).await.unwrap();
        let asked = alice.is_asked(&house).await;
        bend(&mut alice.passkey);
        let wrong = alice.shows(&asked);
        assert_eq!(refusal(comes_in(&house, wrong).await), Refusal::PasskeyRefused, "{what}");
        let log = house.log().await;
        let failed = log.iter().find(|record| record.kind == AuditKind::SignInFailed).expect("it is written down");
        assert_eq!(failed.details["cause"], format!("passkey: {cause}"), "{what}");
        assert_eq!(challenges(&house).await, 0, "{what}: not tried again");
    }
}

#[tokio::test]
async fn an_answer_to_one_question_answers_no_other() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let engine = &house.engine;
    let refused = async |answer| assert_eq!(refusal(comes_in(&house, answer).await), Refusal::PasskeyRefused);

    // Another browser; what was asked there is still good there.
    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    refused(Answer { browser: Kind::Browser.generate(&*engine.rng), ..answer.clone() }).await;
    comes_in(&house, answer).await.unwrap();

    // Another purpose: what was asked to confirm, and what was asked to enrol.
    let confirming = engine.begin_passkey_confirmation(&from(), &alice.who, &alice.browser).await.unwrap();
    let answer = alice.shows(&confirming);
    refused(answer).await;
    let enrolling = alice.begin(&house).await;
    let answer = alice.shows(&enrolling);
    refused(answer).await;
    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    let confirmed = engine.finish_passkey_confirmation(&from(), &comes(answer, Some(alice.who.clone()))).await;
    assert_eq!(refusal(confirmed), Refusal::PasskeyRefused);

    // Another challenge than the one it names, and too late.
    let (one, other) = (alice.is_asked(&house).await, alice.is_asked(&house).await);
    let answer = alice.shows(&one);
    refused(Answer { challenge: other.challenge, ..answer }).await;
    let asked = alice.is_asked(&house).await;
    house.clock.advance(ceremony::OFFERED);
    let answer = alice.shows(&asked);
    refused(answer).await;
}

#[tokio::test]
async fn nobody_who_is_disabled_comes_in() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    house.change::<User>(alice.who.user().id.as_str(), |user| user.disabled_at = Some(user.created_at)).await;
    assert_eq!(refusal(comes_in(&house, answer).await), Refusal::PasskeyRefused);
}

#[tokio::test]
async fn a_passkey_follows_a_password_and_nobody_elses_does() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let mut bob = enrolled(&house, "bob").await;
    bob.browser = alice.browser.clone();
    let engine = &house.engine;
    let begin = async || {
        let ask = SignIn { browser: Some(alice.browser.clone()), ..ask("alice", PASSWORD) };
        match engine.sign_in(&from(), &ask).await.unwrap() {
            SignInStep::More(unfinished) => unfinished.id,
            SignInStep::Done(_) => panic!("a passkey is due"),
        }
    };
    let id = begin().await;
    let asked = engine.begin_second_passkey(&from(), &id, &alice.browser, None).await.unwrap();
    assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
    let his = bob.shows(&asked);
    let answer = engine.finish_second_passkey(&from(), &id, &comes(his, None)).await;
    assert_eq!(refusal(answer), Refusal::PasskeyRefused);

    let asked = engine.begin_second_passkey(&from(), &id, &alice.browser, None).await.unwrap();
    let hers = alice.passkey.answer(&asked.options);
    let hers = Answer { challenge: asked.challenge, credential: hers, browser: alice.browser.clone() };
    let new = engine.finish_second_passkey(&from(), &id, &comes(hers.clone(), None)).await.unwrap().done().unwrap();
    let proved = &new.signed_in.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop user mfa".to_owned()));
    let again = engine.finish_second_passkey(&from(), &id, &comes(hers, None)).await;
    assert_eq!(refusal(again), Refusal::SignInGone);
}

#[tokio::test]
async fn whoever_must_have_a_passkey_and_has_none_enrols_one_on_the_way_in() {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    house.keep(&Settings { required_factor: RequiredFactor::Passkey, ..Settings::default() }).await;
    let engine = &house.engine;
    let ask = SignIn { browser: Some(alice.browser.clone()), ..ask("alice", PASSWORD) };
    let SignInStep::More(unfinished) = engine.sign_in(&from(), &ask).await.unwrap() else { panic!("a passkey is due") };
    let asked = engine.begin_second_passkey(&from(), &unfinished.id, &alice.browser, None).await.unwrap();
    let answer = alice.says(&asked);
    let new =
        engine.finish_second_passkey(&from(), &unfinished.id, &comes(answer, None)).await.unwrap().done().unwrap();
    assert_eq!(new.signed_in.session().authentication.acr, "3");
    assert_eq!(engine.passkeys(&new.signed_in).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_session_is_confirmed_by_its_own_person_and_stays_the_same() {
    let house = House::new().await;
    let mut alice = enrolled(&house, "alice").await;
    let mut bob = enrolled(&house, "bob").await;
    bob.browser = alice.browser.clone();
    let engine = &house.engine;
    house.clock.advance(Fresh::LIFE);
    let who = engine.session(&alice.cookie).await.unwrap().unwrap();
    assert_eq!(refusal(engine.fresh(&who).await), Refusal::FreshSignInRequired);

    let asked = engine.begin_passkey_confirmation(&from(), &who, &alice.browser).await.unwrap();
    let his = bob.shows(&asked);
    let wrong = engine.finish_passkey_confirmation(&from(), &comes(his, Some(who.clone()))).await;
    assert_eq!(refusal(wrong), Refusal::PasskeyRefused);
    let asked = engine.begin_passkey_confirmation(&from(), &who, &alice.browser).await.unwrap();
    let hers = alice.shows(&asked);
    let done = engine.finish_passkey_confirmation(&from(), &comes(hers, Some(who.clone()))).await;
    let new = done.unwrap().done().unwrap();
    assert_eq!(new.signed_in.session().id, who.session().id);
    engine.fresh(&new.signed_in).await.unwrap();
    assert!(engine.session(&alice.cookie).await.unwrap().is_none(), "its cookie is another");
}
