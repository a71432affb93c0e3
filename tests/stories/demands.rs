//! What deployments, groups and applications demand of those who sign in; no way in goes round it.

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::{ClientType, ConsentPolicy};
use countersign::model::settings::Settings;
use countersign::model::sign_in::RequiredFactor;
use data_encoding::BASE32_NOPAD;
use poem::http::Method;
use totp_rs::Builder;

use super::authenticator::{Authenticator, RECOVERY};
use super::browser::Form;
use super::house::{House, PASSWORD, host};
use super::ours::DEVICE;
use super::person::query_at;
use super::wire::{Ask, Reply, claims};

impl House {
    /// Demands this of everybody.
    pub async fn demands(&self, required_factor: RequiredFactor) {
        let settings = Settings { required_factor, ..self.engine.settings().await.expect("settings") };
        self.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
    }
}

/// The code of the authenticator that a page tells how to set up.
pub fn code_of(page: &Reply, now: i64) -> String {
    let (_, rest) = page.body.split_once("id=\"key\"").unwrap_or_else(|| panic!("no key: {page}"));
    let key: String = rest.split(['>', '<']).nth(1).expect("a key").split(' ').collect();
    let seed = BASE32_NOPAD.decode(key.as_bytes()).expect("base32");
    let generator = Builder::new().with_secret(seed).build_noncompliant();
    generator.generate(u64::try_from(now).expect("after 1970")).to_string()
}

#[tokio::test]
async fn whoever_has_no_factor_sets_one_up_on_the_way_in() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    house.demands(RequiredFactor::SecondFactor).await;
    let asking = shop.asks("openid");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let sent = alice.gives_password(&page).await;
    let page = alice.browser.follows(sent).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");
    assert_eq!(alice.browser.session(), None);

    // Nothing but a code of the new authenticator goes on.
    let form = Form::on(&page);
    assert_eq!(form.action, "/login/second-factor/enrol");
    let hidden = [("csrf", form.hidden("csrf")), ("sign_in", form.hidden("sign_in"))];
    for wrong in ["000000", ""] {
        assert_eq!(alice.browser.submits(&page, &[("otp", wrong)]).await.status, 400);
        let asked = alice.browser.posts("/login/second-factor", &[&hidden[..], &[("otp", wrong)]].concat()).await;
        assert!(matches!(asked.status, 400 | 401), "{asked}");
    }
    assert_eq!(alice.browser.session(), None);
    let code = code_of(&page, house.now());
    let enrolled = alice.browser.submits(&page, &[("otp", &code)]).await;
    assert_eq!((enrolled.status, enrolled.title()), (200, "Keep your recovery codes"), "{enrolled}");
    assert!(alice.browser.session().is_some());
    let onward = enrolled.body.split("href=\"").find(|part| part.starts_with("/oauth/")).expect("a way on");
    let onward = super::browser::unescape(onward.split('"').next().unwrap());
    let agreed = alice.browser.opens(&onward).await;
    let tokens = shop.redeems(&alice.finishes(&asking, agreed).await).await.tokens();
    assert_eq!(claims(&tokens.id)["acr"], "2");

    // From now on it is asked for, and nothing more can be set up without it.
    let elsewhere = house.browser();
    let page = alice.meets_second_factor(&elsewhere).await;
    assert_eq!(page.title(), "One more step", "{page}");
    let form = Form::on(&page);
    let hidden = [("csrf", form.hidden("csrf")), ("sign_in", form.hidden("sign_in")), ("otp", &code)];
    assert_eq!(elsewhere.posts("/login/second-factor/enrol", &hidden).await.status, 410);
    assert_eq!(elsewhere.session(), None);
}

#[tokio::test]
async fn an_application_that_demands_more_strengthens_the_session_there_is() {
    let house = House::fresh().await;
    let demands = ClientChange::RequiredFactor(RequiredFactor::SecondFactor);
    let (alice, bank) = (house.person("alice").await, house.app_with("bank", ClientType::Web, vec![demands]).await);
    let shop = house.app("shop").await;
    let before = alice.gives(&shop, "openid").await;
    let authenticator = Authenticator::of(&house, &alice).await;
    let cookie = alice.browser.session();

    let asking = bank.asks("openid");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    assert_eq!(page.title(), "One more step", "no password is asked for again: {page}");
    let thief = alice.browser.copy();
    let given = alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await;
    let tokens = bank.redeems(&alice.finishes(&asking, given).await).await.tokens();
    let (one, two) = (claims(&before.id), claims(&tokens.id));
    assert_eq!((&one["acr"], &two["acr"]), (&"1".into(), &"2".into()));
    assert_eq!(one["sid"], two["sid"], "the session is the same");
    assert!(alice.browser.session() != cookie, "its cookie is not");
    assert_eq!(thief.opens("/account").await.status, 303);
    let again = alice.lets(&bank, "openid").await;
    assert!(again.fields.contains_key("code"), "nothing is asked again");
    assert_eq!(claims(&alice.gives(&shop, "openid").await.id)["acr"], "2");

    // An unfinished step up is worth nothing once the session has ended.
    let bob = house.person("bob").await;
    bob.signs_in().await;
    let his = Authenticator::of(&house, &bob).await;
    let page = bob.browser.follows(bob.goes(&bank.asks("openid")).await).await;
    assert_eq!(page.title(), "One more step", "{page}");
    house.engine.end_user_sessions(&Actor::host(), &host(), &bob.id).await.unwrap();
    assert_eq!(bob.browser.submits(&page, &[("otp", &his.shows())]).await.status, 410);
}

#[tokio::test]
async fn classes_of_authentication_are_asked_for_by_request() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asks = |name: &str, value: &str| shop.asks("openid").with(name, value);
    let essential = |acr: &str| format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{acr}"}}}}}}"#);
    // Nobody is asked for what they do not have, unless it is essential.
    let answer = alice.answers(&asks("acr_values", "2 3")).await;
    assert_eq!(claims(&shop.redeems(&answer).await.tokens().id)["acr"], "1");
    let silent = |asking: super::app::Asking| asking.with("prompt", "none");
    let error = async |asking: super::app::Asking| {
        let reply = alice.goes(&asking).await;
        query_at(&asking, reply.location()).get("error").cloned().unwrap_or_default()
    };
    assert_eq!(error(silent(asks("acr_values", "2"))).await, "", "it would be liked, no more");
    assert_eq!(error(silent(asks("claims", &essential("2")))).await, "unmet_authentication_requirements");
    let page = alice.browser.follows(alice.goes(&asks("claims", &essential("2"))).await).await;
    assert_eq!(page.title(), "Set up a second factor", "{page}");

    let authenticator = Authenticator::of(&house, &alice).await;
    assert_eq!(error(silent(asks("claims", &essential("2")))).await, "login_required");
    assert_eq!(error(silent(asks("acr_values", "2"))).await, "");
    let asking = asks("acr_values", "2 3");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    assert_eq!(page.title(), "One more step", "{page}");
    let given = alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await;
    let answer = alice.finishes(&asking, given).await;
    assert_eq!(claims(&shop.redeems(&answer).await.tokens().id)["acr"], "2");
    assert_eq!(error(silent(asks("claims", &essential("2")))).await, "");
    assert_eq!(error(silent(asks("claims", &essential("3")))).await, "unmet_authentication_requirements");
    let metadata = house.gets("/.well-known/openid-configuration").await.json();
    assert_eq!(metadata["acr_values_supported"], serde_json::json!(["1", "2", "3"]));
}

#[tokio::test]
async fn the_password_grant_asks_for_the_code() {
    let house = House::fresh().await;
    let (alice, front) = (house.person("alice").await, house.ours("front").await);
    let authenticator = Authenticator::of(&house, &alice).await;
    let signs_in = async |password: &str, otp: Option<&str>| {
        let mut fields = vec![("grant_type", "password"), ("username", "alice"), ("password", password)];
        fields.push(("scope", "openid"));
        fields.extend(otp.map(|otp| ("otp", otp)));
        front.requests(&fields).await
    };
    signs_in(PASSWORD, None).await.refuses(400, "mfa_required");
    signs_in(PASSWORD, Some("000000")).await.refuses(400, "mfa_required");
    let code = authenticator.shows();
    signs_in("guess", Some(&code)).await.refuses(400, "invalid_grant");
    signs_in("guess", Some("000000")).await.refuses(400, "invalid_grant");
    let tokens = signs_in(PASSWORD, Some(&code)).await.tokens();
    assert_eq!(claims(&tokens.id)["amr"], serde_json::json!(["pwd", "otp", "mfa"]));
    signs_in(PASSWORD, Some(&code)).await.refuses(400, "mfa_required");
    assert_eq!(claims(&signs_in(PASSWORD, Some(RECOVERY[0])).await.tokens().id)["acr"], "2");
    signs_in(PASSWORD, Some(RECOVERY[0])).await.refuses(400, "mfa_required");
    house.demands(RequiredFactor::Passkey).await;
    house.later(30);
    signs_in(PASSWORD, Some(&authenticator.shows())).await.refuses(400, "mfa_required");
}

#[tokio::test]
async fn nobody_comes_in_by_making_an_account_where_more_is_demanded() {
    let house = House::fresh().await;
    house.lets_register(true).await;
    let (alice, front) = (house.person("alice").await, house.ours("front").await);
    let guest = front.welcomes_guest(DEVICE).await.tokens();
    let guardian = front.signs_in("alice", PASSWORD).await.tokens();
    house.demands(RequiredFactor::SecondFactor).await;
    front.registers("robin@example.org", &[]).await.refuses(400, "mfa_required");
    front.registers("robin@example.org", &[("guest_token", &guest.access)]).await.refuses(400, "mfa_required");
    front.registers_minor("robin@example.org", &guardian.access).await.refuses(400, "mfa_required");
    front.welcomes_guest(DEVICE).await.refuses(400, "mfa_required");
    front.signs_in("alice", PASSWORD).await.refuses(400, "mfa_required");
    front.refreshes(&guardian.refresh).await.refuses(400, "invalid_grant");
    front.refreshes(&guest.refresh).await.refuses(400, "invalid_grant");
    assert!(house.engine.user_called(&Actor::host(), "robin@example.org").await.unwrap().is_none());
    house.demands(RequiredFactor::None).await;
    front.registers("robin@example.org", &[]).await.tokens();
    let _ = alice;
}

#[tokio::test]
async fn programs_are_registered_with_the_code() {
    let house = House::fresh().await;
    let maker = house.person_with("maker", vec![UserChange::MayRegisterClients(true)]).await;
    let other = house.person("other").await;
    let (hers, _his) = (Authenticator::of(&house, &maker).await, Authenticator::of(&house, &other).await);
    let registers = async |who: &str, password: &str, otp: &str| {
        let body = serde_json::json!({ "username": who, "password": password, "otp": otp }).to_string();
        house.asks(Ask::new(Method::POST, "/v1/clients").typed("application/json", body)).await
    };
    registers("maker", PASSWORD, "").await.refuses(400, "mfa_required");
    registers("maker", PASSWORD, "000000").await.refuses(400, "mfa_required");
    assert_eq!(registers("maker", "guess", &hers.shows()).await.status, 401);
    let refused = registers("other", PASSWORD, "").await;
    assert_eq!(refused.status, 401, "who may not register hears what strangers hear: {refused}");
    assert_eq!(registers("maker", PASSWORD, &hers.shows()).await.status, 201);
    registers("maker", PASSWORD, &hers.shows()).await.refuses(400, "mfa_required");
}

#[tokio::test]
async fn what_was_given_on_less_than_is_demanded_by_now_is_not_renewed() {
    let house = House::fresh().await;
    house.group("staff").await;
    let staff = UserChange::Groups(["staff".to_owned()].into());
    let (alice, bob) = (house.person_with("alice", vec![staff]).await, house.person("bob").await);
    let changes = vec![ClientChange::Consent(ConsentPolicy::Skip)];
    let shop = house.app_with("shop", ClientType::Web, changes).await;
    let (hers, his) = (alice.gives(&shop, "openid").await, bob.gives(&shop, "openid").await);
    let answer = alice.lets(&shop, "openid").await;
    let factor = RequiredFactor::SecondFactor;
    house.engine.change_group(&Actor::host(), &host(), "staff", factor).await.unwrap();
    shop.refreshes(&hers.refresh).await.refuses(400, "invalid_grant");
    shop.redeems(&answer).await.refuses(400, "invalid_grant");
    shop.refreshes(&his.refresh).await.tokens();
    let authenticator = Authenticator::of(&house, &alice).await;
    let asking = shop.asks("openid");
    let page = alice.browser.follows(alice.goes(&asking).await).await;
    let given = alice.browser.submits(&page, &[("otp", &authenticator.shows())]).await;
    let tokens = shop.redeems(&alice.finishes(&asking, given).await).await.tokens();
    let renewed = shop.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(claims(&renewed.id)["acr"], "2");
    assert_eq!(claims(&renewed.id)["auth_time"], claims(&tokens.id)["auth_time"]);
}

#[tokio::test]
async fn whoever_lost_everything_is_let_in_by_whoever_runs_the_server() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let _lost = Authenticator::of(&house, &alice).await;
    let engine = &house.engine;
    let same = countersign::base::secret::Secret::new(PASSWORD);
    let link = engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    engine.finish_recovery(&host(), &link, &same).await.unwrap();
    assert!(alice.signs_in().await.location().starts_with("/login/second-factor"), "a password is not enough");
    let link = engine.start_recovery_without_second_factor(&Actor::host(), &host(), &alice.id).await.unwrap();
    assert!(alice.signs_in().await.location().starts_with("/login/second-factor"), "the link is not used yet");
    let path = format!("/recover?token={}", link.expose());
    let page = house.browser().opens(&path).await;
    assert!(page.body.contains("removes your authenticator, your passkeys and your recovery codes"), "{page}");
    engine.finish_recovery(&host(), &link, &same).await.unwrap();
    assert_eq!(alice.signs_in().await.location(), "/");
    let page = alice.browser.opens("/account/activity").await;
    for words in ["was made that removes your authenticator", "Your authenticator was removed by a one-time link"] {
        assert!(page.body.contains(words), "{words}: {page}");
    }

    // An administrator does the same in the console.
    let bob = house.person("bob").await;
    let _lost = Authenticator::of(&house, &bob).await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    ada.signs_in().await;
    let path = format!("/admin/people/{}/second-factors", bob.id);
    let person = ada.browser.opens(&format!("/admin/people/{}", bob.id)).await;
    assert!(person.body.contains("An authenticator, set up") && person.body.contains(&path), "{person}");
    house.later(600);
    let page = ada.browser.opens(&path).await;
    let sent = ada.browser.submits(&page, &[("typed", "bob")]).await;
    assert!(sent.location().starts_with("/login?confirm=1"), "who they are is asked for first: {sent}");
    let page = ada.browser.follows(sent).await;
    let confirmed = ada.gives_password(&page).await;
    let page = ada.browser.follows(confirmed).await;
    assert_eq!(ada.browser.submits(&page, &[("typed", "somebody")]).await.status, 400);
    let removed = ada.browser.submits(&page, &[("typed", "bob")]).await;
    assert_eq!(removed.status, 303, "{removed}");
    assert_eq!(bob.signs_in().await.location(), "/");
}

/// A session that somebody left open, or lost to a thief, is no ground for a new factor: the password is asked for first.
#[tokio::test]
async fn an_old_session_enrols_nothing_whatever_is_demanded_of_it() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.signs_in().await;
    let young = |value: &str| {
        shop.asks("openid")
            .with("claims", &format!(r#"{{"id_token":{{"acr":{{"essential":true,"value":"{value}"}}}}}}"#))
    };
    let begun = alice.browser.follows(alice.goes(&young("2")).await).await;
    assert_eq!(begun.title(), "Set up a second factor", "a moment after the password: {begun}");
    house.later(5 * 86_400);
    for class in ["2", "3"] {
        let page = alice.browser.follows(alice.goes(&young(class)).await).await;
        assert_eq!(page.title(), "Confirm it is you", "{page}");
        let sent = alice.gives_password(&page).await;
        let page = alice.browser.follows(sent).await;
        assert!(page.title().starts_with("Set up a "), "{page}");
    }

    // Nor does an authenticator stand for the password it comes after: a passkey is added by whoever gives both.
    let bob = house.person("bob").await;
    bob.signs_in().await;
    let his = Authenticator::of(&house, &bob).await;
    house.later(5 * 86_400);
    let page = bob.browser.follows(bob.goes(&young("2")).await).await;
    assert_eq!(page.title(), "One more step", "what he has is asked for at once: {page}");
    let page = bob.browser.follows(bob.goes(&young("3")).await).await;
    assert_eq!(page.title(), "Confirm it is you", "{page}");
    let page = bob.browser.follows(bob.gives_password(&page).await).await;
    assert_eq!(page.title(), "One more step", "{page}");
    let given = bob.browser.submits(&page, &[("otp", &his.shows())]).await;
    let page = bob.browser.follows(given).await;
    assert!(page.body.contains("/login/passkey"), "{page}");
}

#[tokio::test]
async fn whoever_lost_everything_needs_a_password_that_stands_alone() {
    let house = House::fresh().await;
    let engine = &house.engine;
    let set = async |person: &super::person::Person<'_>, password: &str, lost: bool| {
        let link = match lost {
            true => engine.start_recovery_without_second_factor(&Actor::host(), &host(), &person.id).await.unwrap(),
            false => engine.start_recovery(&Actor::host(), &host(), &person.id).await.unwrap(),
        };
        engine.finish_recovery(&host(), &link, &countersign::base::secret::Secret::new(password)).await
    };
    for (name, before) in [("alice", "velvet27otter"), ("bob", PASSWORD)] {
        let person = house.person(name).await;
        let _lost = Authenticator::of(&house, &person).await;
        set(&person, before, false).await.expect("eight characters do beside a factor");
        set(&person, "quartz31heron", true).await.expect_err("but not alone");
        set(&person, "quartz heron 31 canoe", true).await.expect("whatever the password was before");
        let person = person.elsewhere(house.browser());
        let page = person.browser.opens("/login").await;
        let fields = [("username", name), ("password", "quartz heron 31 canoe")];
        assert_eq!(person.browser.submits(&page, &fields).await.location(), "/");
    }
}
