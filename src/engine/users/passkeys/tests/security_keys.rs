//! Security keys that do not check their owner, where they are permitted: a second factor beside a password, and no way in.

use super::coming_in::{comes, comes_in, enrolled};
use super::*;
use crate::engine::users::testing::ask;
use crate::engine::users::{Need, SignIn, SignInStep};
use crate::model::settings::Settings;
use crate::model::sign_in::{RequiredFactor, UnfinishedSignIn};
use crate::model::verification::UserVerification;

/// A house that takes such keys.
async fn lenient() -> House {
    let house = House::new().await;
    house.keep(&Settings { user_verification: UserVerification::Preferred, ..Settings::default() }).await;
    house
}

async fn asks_for(house: &House, verification: UserVerification) {
    house.change::<Settings>("only", |settings| settings.user_verification = verification).await;
}

async fn demands(house: &House, required_factor: RequiredFactor) {
    house.change::<Settings>("only", |settings| settings.required_factor = required_factor).await;
}

/// Somebody with an old security key and a strange browser.
async fn with_old_key(house: &House, username: &str) -> Person {
    let mut person = Person::of(house, username).await;
    person.passkey = SoftPasskey::old_key(ISSUER);
    person.enrols(house).await;
    person.browser = Kind::Browser.generate(&*house.engine.rng);
    person
}

impl Person {
    async fn gives_password(&self, house: &House) -> SignInStep {
        let ask = SignIn { browser: Some(self.browser.clone()), ..ask(&self.who.user().username, PASSWORD) };
        house.engine.sign_in(&from(), &ask).await.unwrap()
    }

    async fn is_asked_for_more(&self, house: &House) -> Box<UnfinishedSignIn> {
        match self.gives_password(house).await {
            SignInStep::More(unfinished) => unfinished,
            SignInStep::Done(_) => panic!("more is due"),
        }
    }

    /// After her password, with whatever her key says.
    async fn comes_in_after_password(&mut self, house: &House) -> Result<Authentication, Denied> {
        let id = self.is_asked_for_more(house).await.id;
        let asked = house.engine.begin_second_passkey(&from(), &id, &self.browser, None, NewKey::SecurityKey).await?;
        let answer = self.shows(&asked);
        let done = house.engine.finish_second_passkey(&from(), &id, &comes(answer, None)).await?;
        Ok(done.step.done().unwrap().signed_in.session().authentication.clone())
    }

    async fn her_factors(&self, house: &House) -> Factors {
        house.find::<Factors>(self.who.user().id.as_str()).await.unwrap()
    }
}

#[tokio::test]
async fn an_old_key_is_enrolled_and_is_a_second_factor_after_the_password() {
    let house = lenient().await;
    let mut alice = Person::of(&house, "alice").await;
    alice.passkey = SoftPasskey::old_key(ISSUER);
    let asked = alice.begin(&house).await;
    let options = &asked.options;
    assert_eq!(options["authenticatorSelection"]["userVerification"], "preferred");
    assert_eq!(options["authenticatorSelection"]["residentKey"], "discouraged");
    assert_eq!(options["authenticatorSelection"]["requireResidentKey"], false);
    assert_eq!(options["extensions"]["credentialProtectionPolicy"], "userVerificationOptionalWithCredentialIDList");
    assert_eq!((&options["attestation"], &options["hints"]), (&"none".into(), &serde_json::json!(["security-key"])));
    let answer = alice.says(&asked);
    let key = alice.finish(&house, &answer, None).await.unwrap();
    assert_eq!((key.signs_in_alone, key.counts), (false, true));
    let known = house.engine.enrolled(&alice.who.user().id).await.unwrap();
    assert_eq!((known.passkeys, known.security_keys, known.idle_keys), (0, 1, 0));
    assert_eq!(known.recovery_codes.unwrap().left, 10, "they come with a first factor of any kind");

    alice.browser = Kind::Browser.generate(&*house.engine.rng);
    let id = alice.is_asked_for_more(&house).await.id;
    let asked =
        house.engine.begin_second_passkey(&from(), &id, &alice.browser, None, NewKey::SecurityKey).await.unwrap();
    assert_eq!(asked.options["userVerification"], "preferred");
    assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
    let proved = alice.comes_in_after_password(&house).await.unwrap();
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop mfa".to_owned()));

    // Since then it has a PIN: that counts, this time.
    alice.passkey.verifies = true;
    let proved = alice.comes_in_after_password(&house).await.unwrap();
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop user mfa".to_owned()));
    assert!(!alice.her_factors(&house).await.passkeys[0].signs_in_alone(), "it is what it was");
}

#[tokio::test]
async fn alone_it_opens_nothing_whatever_it_says() {
    type Bend = (&'static str, SoftPasskey, fn(&mut SoftPasskey), Refusal);
    let bends: [Bend; 4] = [
        ("not verified", SoftPasskey::old_key(ISSUER), |key| key.discoverable = true, Refusal::PasskeyRefused),
        (
            "a PIN since",
            SoftPasskey::old_key(ISSUER),
            |key| (key.verifies, key.discoverable) = (true, true),
            Refusal::PasskeyNeedsPassword,
        ),
        (
            "verified, and found by its id only",
            SoftPasskey { discoverable: false, ..SoftPasskey::blank(ISSUER) },
            |key| key.discoverable = true,
            Refusal::PasskeyNeedsPassword,
        ),
        ("of nobody", SoftPasskey::old_key(ISSUER), |key| key.verifies = true, Refusal::PasskeyRefused),
    ];
    for (what, key, bend, refused) in bends {
        let house = lenient().await;
        let mut alice = Person::of(&house, "alice").await;
        alice.passkey = key;
        alice.enrols(&house).await;
        bend(&mut alice.passkey);
        let asked = alice.is_asked(&house).await;
        assert_eq!(asked.options["userVerification"], "required", "{what}: alone always");
        let answer = alice.shows(&asked);
        assert_eq!(refusal(comes_in(&house, answer).await), refused, "{what}");
    }
}

#[tokio::test]
async fn a_passkey_that_verified_always_must() {
    let house = lenient().await;
    let mut alice = enrolled(&house, "alice").await;
    assert!(alice.her_factors(&house).await.passkeys[0].signs_in_alone());
    alice.passkey.verifies = false;
    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    assert_eq!(refusal(comes_in(&house, answer).await), Refusal::PasskeyRefused);
    assert_eq!(refusal(alice.comes_in_after_password(&house).await), Refusal::PasskeyUnverified);

    // Also where another key of hers need not, and the question is the weaker one.
    let passkey = std::mem::replace(&mut alice.passkey, SoftPasskey::old_key(ISSUER));
    alice.enrols(&house).await;
    let key = std::mem::replace(&mut alice.passkey, passkey);
    assert_eq!(refusal(alice.comes_in_after_password(&house).await), Refusal::PasskeyUnverified);
    alice.passkey = key;
    alice.comes_in_after_password(&house).await.unwrap();
    alice.passkey.counter = Some(0);
    assert_eq!(refusal(alice.comes_in_after_password(&house).await), Refusal::PasskeyRefused, "a copy");
}

#[tokio::test]
async fn it_confirms_after_the_password_and_not_alone() {
    let house = lenient().await;
    let mut alice = with_old_key(&house, "alice").await;
    let engine = &house.engine;
    let who = alice.session(&house).await;
    let begun = engine.begin_passkey_confirmation(&from(), &who, &alice.browser).await;
    assert_eq!(refusal(begun), Refusal::PasskeyRefused, "there is none that could");

    // With a passkey beside it there is a question, which the key does not answer.
    let key = std::mem::replace(&mut alice.passkey, SoftPasskey::blank(ISSUER));
    alice.enrols(&house).await;
    let passkey = std::mem::replace(&mut alice.passkey, key);
    let who = alice.session(&house).await;
    for verifies in [false, true] {
        alice.passkey.verifies = verifies;
        let asked = engine.begin_passkey_confirmation(&from(), &who, &alice.browser).await.unwrap();
        assert_eq!(asked.options["userVerification"], "required");
        assert_eq!(asked.options["allowCredentials"].as_array().unwrap().len(), 1);
        let answer = alice.shows(&asked);
        let done = engine.finish_passkey_confirmation(&from(), &comes(answer, Some(who.clone()))).await;
        let refused = if verifies { Refusal::PasskeyNeedsPassword } else { Refusal::PasskeyRefused };
        assert_eq!(refusal(done), refused);
    }
    // Nor does an answer that was asked for after a password.
    let id = alice.is_asked_for_more(&house).await.id;
    let asked = engine.begin_second_passkey(&from(), &id, &alice.browser, None, NewKey::SecurityKey).await.unwrap();
    let answer = alice.shows(&asked);
    let done = engine.finish_passkey_confirmation(&from(), &comes(answer, Some(who.clone()))).await;
    assert_eq!(refusal(done), Refusal::PasskeyRefused);
    alice.passkey = passkey;
    let asked = engine.begin_passkey_confirmation(&from(), &who, &alice.browser).await.unwrap();
    let answer = alice.shows(&asked);
    engine.finish_passkey_confirmation(&from(), &comes(answer, Some(who))).await.unwrap();
}

#[tokio::test]
async fn nobody_gives_up_the_way_in_that_it_is_not() {
    let house = lenient().await;
    let mut alice = with_old_key(&house, "alice").await;
    let removes = async |alice: &Person| {
        let fresh = alice.fresh(&house).await;
        house.engine.remove_password(&from(), &fresh).await
    };
    let refused = refusal(removes(&alice).await);
    assert!(matches!(refused, Refusal::FieldInvalid(problem) if problem.sentence.contains("a security key does not")));

    let key = house.engine.passkeys(&alice.who).await.unwrap().remove(0);
    alice.passkey = SoftPasskey::blank(ISSUER);
    let passkey = alice.enrols(&house).await;
    let new = removes(&alice).await.unwrap();
    alice.cookie.replace(new.cookie);
    // Without a password another key that checks nobody is of no use, and is not asked for.
    alice.passkey = SoftPasskey::old_key(ISSUER);
    let asked = alice.begin(&house).await;
    assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
    let fresh = alice.fresh(&house).await;
    let last = house.engine.remove_passkey(&from(), &fresh, &passkey.id).await;
    assert!(matches!(refusal(last), Refusal::FieldInvalid(_)), "the key is no way in");
    house.engine.remove_passkey(&from(), &fresh, &key.id).await.unwrap();
}

#[tokio::test]
async fn nobody_who_came_with_a_passkey_proves_less_by_adding_a_key() {
    let house = lenient().await;
    let mut alice = enrolled(&house, "alice").await;
    let asked = alice.is_asked(&house).await;
    let answer = alice.shows(&asked);
    let new = comes_in(&house, answer).await.unwrap().done().unwrap();
    let fresh = house.engine.fresh(&new.signed_in).await.unwrap();
    alice.passkey = SoftPasskey::old_key(ISSUER);
    let asked = house.engine.begin_passkey(&from(), &fresh, &alice.browser, NewKey::SecurityKey).await.unwrap();
    let answer = alice.says(&asked);
    let added = house.engine.finish_passkey(&from(), &fresh, &answer, None).await.unwrap();
    let proved = &added.session.signed_in.session().authentication;
    assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pop user mfa".to_owned()));
}

#[tokio::test]
async fn where_a_factor_is_demanded_it_is_enrolled_on_the_way_in_and_is_enough() {
    for demanded in [RequiredFactor::SecondFactor, RequiredFactor::Passkey] {
        let house = lenient().await;
        let mut alice = Person::of(&house, "alice").await;
        alice.passkey = SoftPasskey::old_key(ISSUER);
        demands(&house, demanded).await;
        let id = alice.is_asked_for_more(&house).await.id;
        let asked =
            house.engine.begin_second_passkey(&from(), &id, &alice.browser, None, NewKey::SecurityKey).await.unwrap();
        let answer = alice.says(&asked);
        let done = house.engine.finish_second_passkey(&from(), &id, &comes(answer, None)).await.unwrap();
        assert_eq!(done.codes.len(), 10);
        let proved = done.step.done().unwrap().signed_in.session().authentication.clone();
        assert_eq!((proved.acr.as_str(), proved.amr.join(" ")), ("3", "pwd pop mfa".to_owned()), "{demanded:?}");
        alice.comes_in_after_password(&house).await.unwrap();
    }
}

#[tokio::test]
async fn once_verification_is_required_again_it_is_no_factor_and_nobody_is_locked_out() {
    let house = lenient().await;
    let mut alice = with_old_key(&house, "alice").await;
    let (engine, id) = (&house.engine, alice.who.user().id.clone());
    house.change::<Factors>(id.as_str(), |factors| factors.short_password = false).await;
    let begun = alice.is_asked_for_more(&house).await.id;
    let asked = engine.begin_second_passkey(&from(), &begun, &alice.browser, None, NewKey::SecurityKey).await.unwrap();
    asks_for(&house, UserVerification::Required).await;

    // An answer to what was asked before is refused, and says why.
    let answer = alice.shows(&asked);
    let done = engine.finish_second_passkey(&from(), &begun, &comes(answer, None)).await;
    assert_eq!(refusal(done), Refusal::PasskeyUnverified);
    let begin = engine.begin_second_passkey(&from(), &begun, &alice.browser, None, NewKey::SecurityKey).await;
    assert_eq!(refusal(begin), Refusal::PasskeyRefused, "nor is it asked for");

    // Where nothing is demanded her password lets her in; she sees what became of her key, which stands in for nothing.
    let SignInStep::Done(new) = alice.gives_password(&house).await else { panic!("nothing else is asked for") };
    let fresh = engine.fresh(&new.signed_in).await.unwrap();
    assert!(!engine.passkeys(&new.signed_in).await.unwrap()[0].counts);
    assert_eq!(engine.enrolled(&id).await.unwrap().idle_keys, 1);
    assert_eq!(refusal(engine.make_recovery_codes(&from(), &fresh).await), Refusal::NotFound("factor"));
    assert_eq!(engine.shortest_password(Some(fresh.user())).await.unwrap(), 15);

    // Where more is demanded she enrols another; so she does with a password that was long enough beside the key alone.
    for (demanded, short, need) in [
        (RequiredFactor::SecondFactor, false, Need::EnrolSecondFactor),
        (RequiredFactor::Passkey, false, Need::EnrolPasskey),
        (RequiredFactor::None, true, Need::EnrolSecondFactor),
    ] {
        demands(&house, demanded).await;
        house.change::<Factors>(id.as_str(), |factors| factors.short_password = short).await;
        let begun = alice.is_asked_for_more(&house).await.id;
        assert_eq!(engine.unfinished(&begun, &alice.browser, None).await.unwrap().need, need);
    }
    house.change::<Factors>(id.as_str(), |factors| factors.short_password = false).await;

    // Another key of the same kind is refused; and the old one is what it was once the policy is.
    let key = std::mem::replace(&mut alice.passkey, SoftPasskey::old_key(ISSUER));
    let asked = engine.begin_passkey(&from(), &fresh, &alice.browser, NewKey::SecurityKey).await.unwrap();
    assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
    let answer = alice.says(&asked);
    assert_eq!(refusal(engine.finish_passkey(&from(), &fresh, &answer, None).await), Refusal::PasskeyUnverified);
    asks_for(&house, UserVerification::Preferred).await;
    alice.passkey = key;
    alice.comes_in_after_password(&house).await.unwrap();
}

#[tokio::test]
async fn a_passkey_is_asked_for_as_ever_where_keys_are_permitted_too() {
    let house = lenient().await;
    let mut alice = Person::of(&house, "alice").await;
    let asked = alice.begin(&house).await;
    assert_eq!(asked.options["authenticatorSelection"]["userVerification"], "required");
    assert_eq!(asked.options["authenticatorSelection"]["residentKey"], "required");
    alice.passkey = SoftPasskey::old_key(ISSUER);
    let answer = alice.says(&asked);
    assert_eq!(refusal(alice.finish(&house, &answer, None).await), Refusal::PasskeyUnverified);
}

#[tokio::test]
async fn an_enrolment_that_began_before_the_policy_changed_is_held_to_it() {
    let house = lenient().await;
    let mut alice = Person::of(&house, "alice").await;
    alice.passkey = SoftPasskey::old_key(ISSUER);
    let asked = alice.begin(&house).await;
    let answer = alice.says(&asked);
    asks_for(&house, UserVerification::Required).await;
    assert_eq!(refusal(alice.finish(&house, &answer, None).await), Refusal::PasskeyUnverified);
    assert!(house.engine.passkeys(&alice.who).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_key_with_a_pin_since_helps_beside_a_factor_that_counts_where_verification_is_required() {
    let house = lenient().await;
    let mut alice = with_old_key(&house, "alice").await;
    let key = std::mem::replace(&mut alice.passkey, SoftPasskey::blank(ISSUER));
    alice.enrols(&house).await;
    alice.passkey = key;
    asks_for(&house, UserVerification::Required).await;
    assert_eq!(refusal(alice.comes_in_after_password(&house).await), Refusal::PasskeyUnverified);
    alice.passkey.verifies = true;
    let proved = alice.comes_in_after_password(&house).await.unwrap();
    assert_eq!(proved.amr.join(" "), "pwd pop user mfa");
}

#[test]
fn passkeys_from_before_there_were_others_are_what_they_were() {
    let kept = r#"{"id":"a","name":"b","credential":"{}","created_at":1,"last_used_at":null,"backed_up":false}"#;
    let passkey: crate::model::factors::Passkey = serde_json::from_str(kept).unwrap();
    assert!(passkey.signs_in_alone() && passkey.counts(UserVerification::Required));
    assert_eq!(serde_json::to_string(&passkey).unwrap(), kept, "and are written as they were");
}
