//! Coming in with a passkey: alone, after a password, and to confirm who one is.

use std::time::Duration;

use super::*;
use crate::engine::users::testing::ask;
use crate::engine::users::{SignIn, SignInStep};
use crate::model::settings::Settings;
use crate::model::sign_in::RequiredFactor;

/// How a browser comes in with what its passkey says.
pub(super) fn comes(answer: Answer, current: Option<SignedIn>) -> PasskeySignIn {
    PasskeySignIn { answer, interaction: None, current: current.map(Into::into), known: None, familiar: None }
}

/// Somebody with a passkey and a strange browser.
pub(super) async fn enrolled(house: &House, username: &str) -> Person {
    let mut person = Person::of(house, username).await;
    person.enrols(house).await;
    person.browser = Kind::Browser.generate(&*house.engine.rng);
    person
}

impl Person {
    pub(super) async fn is_asked(&self, house: &House) -> Ceremony {
        house.engine.begin_passkey_sign_in(&from(), &self.browser).await.unwrap()
    }

    pub(super) fn shows(&mut self, asked: &Ceremony) -> Answer {
        let credential = self.passkey.answer(&asked.options);
        Answer { challenge: asked.challenge.clone(), credential, browser: self.browser.clone() }
    }
}

pub(super) async fn comes_in(house: &House, answer: Answer) -> Result<SignInStep, Denied> {
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
        let refused = if cause == "unknown passkey" { Refusal::PasskeyUnknown } else { Refusal::PasskeyRefused };
        assert_eq!(refusal(comes_in(&house, wrong).await), refused, "{what}");
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
    let asked = engine.begin_second_passkey(&from(), &id, &alice.browser, None, NewKey::Passkey).await.unwrap();
    assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
    let his = bob.shows(&asked);
    let answer = engine.finish_second_passkey(&from(), &id, &comes(his, None)).await;
    assert_eq!(refusal(answer), Refusal::PasskeyRefused);

    let asked = engine.begin_second_passkey(&from(), &id, &alice.browser, None, NewKey::Passkey).await.unwrap();
    let hers = alice.passkey.answer(&asked.options);
    let hers = Answer { challenge: asked.challenge, credential: hers, browser: alice.browser.clone() };
    let new = engine.finish_second_passkey(&from(), &id, &comes(hers.clone(), None)).await.unwrap();
    assert!(new.codes.is_empty(), "nothing new, nothing to keep");
    let new = new.step.done().unwrap();
    let proved = &new.signed_in.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop user mfa".to_owned()));
    let again = engine.finish_second_passkey(&from(), &id, &comes(hers, None)).await;
    assert_eq!(refusal(again), Refusal::SignInGone);
}

#[tokio::test]
async fn whoever_must_have_more_than_a_password_enrols_a_passkey_on_the_way_in() {
    for demanded in [RequiredFactor::SecondFactor, RequiredFactor::Passkey] {
        enrols_on_the_way_in(demanded).await;
    }
}

async fn enrols_on_the_way_in(demanded: RequiredFactor) {
    let house = House::new().await;
    let mut alice = Person::of(&house, "alice").await;
    house.keep(&Settings { required_factor: demanded, ..Settings::default() }).await;
    let engine = &house.engine;
    let ask = SignIn { browser: Some(alice.browser.clone()), ..ask("alice", PASSWORD) };
    let SignInStep::More(unfinished) = engine.sign_in(&from(), &ask).await.unwrap() else { panic!("a passkey is due") };
    let asked =
        engine.begin_second_passkey(&from(), &unfinished.id, &alice.browser, None, NewKey::Passkey).await.unwrap();
    let answer = alice.says(&asked);
    let went_on = engine.finish_second_passkey(&from(), &unfinished.id, &comes(answer, None)).await.unwrap();
    assert_eq!(went_on.codes.len(), 10, "they come with a first factor");
    assert_eq!(engine.enrolled(&unfinished.user).await.unwrap().recovery_codes.unwrap().left, 10);
    assert_eq!(house.logged(AuditKind::RecoveryCodesMade).await, 1);
    let new = went_on.step.done().unwrap();
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
    let who = alice.session(&house).await;
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
    let old = alice.cookie.borrow().clone();
    assert!(engine.session(&old).await.unwrap().is_none(), "its cookie is another");
}
