//! What it is good for: applications, whose every token says who acts.

use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{AccessTokenForm, ClaimsProfile, ClientType, ConsentPolicy};

use super::{acts, ada_and_ben, allows};
use crate::house::{House, PASSWORD};
use crate::ours::scopes;
use crate::wire::{Ask, claims};

#[tokio::test]
async fn every_token_says_who_acts_and_none_outlives_the_half_hour() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        let house = House::fresh().await;
        let (ada, ben) = ada_and_ben(&house).await;
        let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::AccessToken(form)]).await;
        let own = ben.gives(&shop, "openid email offline_access").await;
        assert!(!own.refresh.is_empty());
        let proved_at = house.now();
        house.later(60);
        acts(&ada, &ben).await;
        let began = house.now();
        house.later(20 * 60);

        let hands = ben.elsewhere(ada.browser.copy());
        let tokens = hands.gives(&shop, "openid email offline_access").await;
        assert_eq!((tokens.refresh.as_str(), tokens.scope.as_str()), ("", "email openid"), "nothing renews itself");
        assert_eq!(tokens.json["expires_in"], 10 * 60, "until the half hour is over");
        let (act, who) = (serde_json::json!({ "sub": ada.id }), serde_json::json!(ben.id));
        let id = claims(&tokens.id);
        assert_eq!((&id["act"], &id["sub"]), (&act, &who));
        assert_eq!(id["exp"], began + 30 * 60);
        assert_eq!((&id["auth_time"], &id["acr"]), (&proved_at.into(), &"1".into()), "what Ada proved, and when");
        if form == AccessTokenForm::Jwt {
            let access = claims(&tokens.access);
            assert_eq!((&access["act"], &access["sub"], &access["exp"]), (&act, &who, &id["exp"]));
        }
        let told = shop.userinfo(&tokens.access).await.json();
        assert_eq!((&told["act"], &told["sub"], &told["email"]), (&act, &who, &"ben@example.org".into()));
        let known = shop.introspects(&tokens.access).await.json();
        assert_eq!((&known["active"], &known["act"], &known["sub"]), (&true.into(), &act, &who));

        // What Ben has himself names nobody else.
        for said in [shop.introspects(&own.access).await.json(), shop.userinfo(&own.access).await.json()] {
            assert!(said.get("act").is_none(), "{said}");
        }
        assert!(claims(&own.id).get("act").is_none());

        house.later(10 * 60);
        assert_eq!(shop.userinfo(&tokens.access).await.status, 401);
        assert!(!shop.finds_active(&tokens.access).await);
        assert!(shop.finds_active(&own.refresh).await, "what is his own goes on");
    }
}

#[tokio::test]
async fn every_profile_of_access_tokens_names_who_acts() {
    use ClaimsProfile::{Incrowd, Laserfiche, Rfc9068, Worksection};
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    for (name, profile) in [("plain", Rfc9068), ("crowd", Incrowd), ("section", Worksection), ("fiche", Laserfiche)] {
        let changes = vec![ClientChange::ClaimsProfile(profile), ClientChange::Consent(ConsentPolicy::Skip)];
        let app = house.app_with(name, ClientType::Web, changes).await;
        let tokens = hands.gives(&app, "openid profile").await;
        assert_eq!(claims(&tokens.access)["act"]["sub"], ada.id.as_str(), "{name}");
        assert_eq!(tokens.refresh, "", "{name}");
    }
}

#[tokio::test]
async fn an_attribute_of_that_name_is_no_actor() {
    let house = House::fresh().await;
    let shop = house.app("shop").await;
    let act = countersign::engine::admin::user_change::UserChange::Attributes(
        [("act".to_owned(), "{\"sub\":\"ada\"}".to_owned())].into(),
    );
    let ben = house.person_with("ben", vec![act]).await;
    let tokens = ben.gives(&shop, "openid email").await;
    assert!(shop.userinfo(&tokens.access).await.json().get("act").is_none());
}

#[tokio::test]
async fn nobody_agrees_or_proves_anything_for_somebody_else() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let (shop, wiki) = (house.app("shop").await, house.app("wiki").await);
    ben.lets(&shop, "openid email").await.code();
    house.later(60);
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    let known = || shop.asks("openid email");
    for (asking, error) in [
        (known(), ""),
        (known().with("prompt", "none"), ""),
        (known().with("prompt", "select_account"), ""),
        (shop.asks("openid email profile"), "consent_required"),
        (wiki.asks("openid"), "consent_required"),
        (known().with("prompt", "consent"), "consent_required"),
        (known().with("prompt", "login"), "login_required"),
        (known().with("max_age", "0"), "login_required"),
        (known().with("max_age", "30"), "login_required"),
        (known().with("max_age", "600"), ""),
        (known().with("claims", r#"{"id_token":{"acr":{"essential":true,"value":"2"}}}"#), "acr"),
    ] {
        let before = house.store.everything().await.len();
        let answer = hands.answers(&asking).await;
        match error {
            // Such a request is written down, as in anybody's browser.
            "acr" => assert!(answer.error().contains("unmet") || answer.error() == "login_required", "{answer:?}"),
            error => assert_eq!(answer.error(), error, "{asking:?}"),
        }
        if !["", "acr"].contains(&error) {
            assert_eq!(house.store.everything().await.len(), before, "nothing begins: {asking:?}");
        }
    }
    // What Ben agreed to is as it was: the wiki asks him still.
    let page = ben.browser.follows(ben.goes(&wiki.asks("openid")).await).await;
    assert!(page.title().ends_with(" asks"), "{page}");
}

#[tokio::test]
async fn what_somebody_agreed_to_in_that_browser_before_is_not_taken_up_by_whoever_acts() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let shop = house.app("shop").await;
    // Ben begins in Ada's browser, and agrees; the answer is not fetched.
    let here = ben.elsewhere(ada.browser.copy());
    let page = here.browser.opens("/login?another=1").await;
    here.gives_password(&page).await;
    let consent = here.browser.follows(here.goes(&shop.asks("openid email")).await).await;
    let agreed = here.browser.submits(&consent, &[("answer", "continue")]).await;
    let resume = agreed.location().to_owned();
    // Ada signs in there again and acts for him.
    let page = ada.browser.opens("/login?another=1").await;
    ada.gives_password(&page).await;
    acts(&ada, &ben).await;
    let answer = ada.browser.opens(&resume).await;
    assert!(answer.location().contains("error=consent_required"), "{answer}");
}

#[tokio::test]
async fn a_token_so_given_makes_no_account_and_leads_to_nothing_that_does_not_say_so() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    allows(&house, true).await;
    house.lets_register(true).await;
    let front = house.ours_with("front", vec![scopes("openid profile email offline_access authorize")]).await;
    let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::Consent(ConsentPolicy::Skip)]).await;
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    let tokens = hands.gives(&front, "openid profile authorize offline_access").await;
    assert_eq!(tokens.refresh, "");
    front.registers_minor("kim@example.org", &tokens.access).await.refuses(400, "invalid_grant");

    let asking = shop.asks("openid profile offline_access");
    let ask = Ask::post("/oauth/authorize", &asking.pairs()).bearer(&tokens.access).header("origin", &front.origin);
    let reply = house.asks(ask).await;
    let code = reply.json()["data"]["code"].as_str().unwrap_or_else(|| panic!("{reply}")).to_owned();
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", shop.callback.as_str()),
        ("code_verifier", asking.verifier.as_str()),
    ];
    let given = shop.requests(&fields).await.tokens();
    assert_eq!(claims(&given.id)["act"]["sub"], ada.id.as_str());
    assert_eq!(given.refresh, "");
    super::stops(&ada).await;
    assert!(!shop.finds_active(&given.access).await && !front.finds_active(&tokens.access).await);
    // Ben himself may still do what his own tokens may.
    let own = front.signs_in("ben", PASSWORD).await.tokens();
    front.registers_minor("kim@example.org", &own.access).await.tokens();
}
