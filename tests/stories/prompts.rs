//! What an application may ask of the person: `prompt`, `max_age`, hints, single claims, standing access, and being asked
//! again (OpenID Connect Core, sections 3.1.2.1, 5.5 and 11).

use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::ClientType;

use super::house::House;
use super::wire::claims;

#[tokio::test]
async fn prompt_none_is_answered_at_once_whatever_is_missing() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let quietly = |scopes| shop.asks(scopes).with("prompt", "none");
    assert_eq!(alice.answers(&quietly("openid")).await.error(), "login_required");
    alice.signs_in().await;
    assert_eq!(alice.answers(&quietly("openid")).await.error(), "consent_required");
    alice.lets(&shop, "openid").await;
    let asking = quietly("openid");
    assert!(alice.goes(&asking).await.location().starts_with("https://shop.example/callback?code="));
    assert_eq!(alice.answers(&quietly("openid profile")).await.error(), "consent_required");
    house.later(100);
    assert_eq!(alice.answers(&quietly("openid").with("max_age", "99")).await.error(), "login_required");
    alice.answers(&quietly("openid").with("max_age", "100")).await.code();
    for contradiction in ["none login", "none consent", "select_account none", "login loudly"] {
        let asking = shop.asks("openid").with("prompt", contradiction);
        assert_eq!(alice.answers(&asking).await.error(), "invalid_request", "{contradiction}");
    }
}

#[tokio::test]
async fn prompt_login_and_max_age_make_people_prove_who_they_are_again() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let before = claims(&alice.gives(&shop, "openid").await.id);
    for (name, value) in [("prompt", "login"), ("max_age", "0"), ("max_age", "59")] {
        house.later(60);
        let (asking, cookie) = (shop.asks("openid").with(name, value), alice.browser.session());
        let first = alice.goes(&asking).await;
        let page = alice.browser.follows(first).await;
        assert_eq!(page.title(), "Confirm it is you", "{name}={value}");
        let proved = alice.gives_password(&page).await;
        assert_ne!(alice.browser.session(), cookie, "a new cookie each time somebody proves who they are");
        let answer = alice.finishes(&asking, proved).await;
        let now = claims(&shop.redeems(&answer).await.tokens().id);
        assert_eq!(now["auth_time"], house.now(), "{name}={value}");
        assert_eq!(now["sid"], before["sid"], "it is still the same session");
    }
    house.later(60);
    let relaxed = alice.answers(&shop.asks("openid").with("max_age", "60")).await;
    assert_eq!(claims(&shop.redeems(&relaxed).await.tokens().id)["auth_time"], house.now() - 60);
    for wrong in ["-1", "soon", "1e3", "99999999999999999999"] {
        let asking = shop.asks("openid").with("max_age", wrong);
        assert_eq!(alice.answers(&asking).await.error(), "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn signing_in_before_the_request_does_not_count_as_signing_in_for_it() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let asking = shop.asks("openid").with("prompt", "login");
    let waiting = alice.goes(&asking).await;
    let resume = waiting.location().replace("/login", "/oauth/authorize/resume");
    let again = alice.browser.opens(&resume).await;
    assert!(again.location().starts_with("/login?"), "going on without a password leads back: {again}");
    let page = alice.browser.opens("/login?another=1").await;
    alice.gives_password(&page).await;
    let elsewhere = alice.browser.opens(&resume).await;
    assert!(elsewhere.location().starts_with("/login?"), "a sign-in for something else does not count: {elsewhere}");
}

#[tokio::test]
async fn prompt_consent_asks_again() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let asking = shop.asks("openid").with("prompt", "consent");
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    assert_eq!(page.title(), "shop asks");
    let agreed = alice.browser.submits(&page, &[("answer", "continue")]).await;
    alice.finishes(&asking, agreed).await.code();
}

#[tokio::test]
async fn prompt_select_account_lets_people_go_on_or_change_over() {
    let house = House::fresh().await;
    let (alice, bob, shop) = (house.person("alice").await, house.person("bob").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let asking = shop.asks("openid").with("prompt", "select_account");
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    assert_eq!(page.title(), "Choose an account");
    let chosen = alice.browser.submits(&page, &[("choice", "continue")]).await;
    let answer = alice.finishes(&asking, chosen).await;
    assert_eq!(claims(&shop.redeems(&answer).await.tokens().id)["sub"], alice.id.as_str());

    let asking = shop.asks("openid").with("prompt", "select_account");
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    let another = alice.browser.submits(&page, &[("choice", "another")]).await;
    let page = alice.browser.follows(another).await;
    assert_eq!(page.title(), "Sign in");
    let bob = bob.elsewhere(alice.browser.copy());
    let signed_in = bob.gives_password(&page).await;
    let answer = bob.finishes(&asking, signed_in).await;
    assert_eq!(claims(&shop.redeems(&answer).await.tokens().id)["sub"], bob.id.as_str());
    let hers = alice.answers(&shop.asks("openid").with("prompt", "none")).await;
    assert_eq!(hers.error(), "login_required", "another person's sign-in ended her session in this browser");
}

#[tokio::test]
async fn a_hint_names_whom_the_application_means() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (shop, wiki) = (house.app("shop").await, house.app("wiki").await);
    let (hers, his) = (alice.gives(&shop, "openid").await, bob.gives(&shop, "openid").await);
    let elsewhere = alice.gives(&wiki, "openid").await;
    let hinted = |hint: &str| shop.asks("openid").with("prompt", "none").with("id_token_hint", hint);
    alice.answers(&hinted(&hers.id)).await.code();
    assert_eq!(alice.answers(&hinted(&his.id)).await.error(), "login_required");
    for foreign in [&elsewhere.id, &hers.access, &hers.refresh, "no.token.at-all", "x"] {
        assert_eq!(alice.answers(&hinted(foreign)).await.error(), "invalid_request", "{foreign}");
    }
    house.later(86_400);
    alice.answers(&hinted(&hers.id)).await.code();

    let asking = hinted(&his.id).without("prompt");
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    assert_eq!(page.title(), "Sign in", "another person than the one who is here is meant");
}

#[tokio::test]
async fn wishes_that_need_no_answer_are_heard_and_do_no_harm() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid").with("login_hint", "alice \"<b>").with("display", "popup");
    let asking = asking.with("ui_locales", "fr-CA en").with("claims_locales", "de").with("acr_values", "phr 9");
    let first = alice.goes(&asking.clone().with("some_extension", "whatever")).await;
    let page = alice.browser.follows(first).await;
    assert!(page.body.contains(r#"value="alice &#34;&#60;b&#62;""#), "{page}");
    let signed_in = alice.gives_password(&page).await;
    let answer = alice.finishes(&asking, signed_in).await;
    assert_eq!(claims(&shop.redeems(&answer).await.tokens().id)["acr"], "1", "what was done, not what was wished");
}

#[tokio::test]
async fn single_claims_are_asked_for_by_name() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let wanted = r#"{"userinfo":{"email":{"essential":true},"nonsense":null},"id_token":{"given_name":null}}"#;
    let asking = shop.asks("openid").with("claims", wanted);
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    let signed_in = alice.gives_password(&page).await;
    let page = alice.browser.follows(signed_in).await;
    assert!(page.body.contains("alice@example.org") && page.body.contains("given name"), "{page}");
    let agreed = alice.browser.submits(&page, &[("answer", "continue")]).await;
    let answer = alice.finishes(&asking, agreed).await;
    let tokens = shop.redeems(&answer).await.tokens();
    let told = claims(&tokens.id);
    assert_eq!((&told["given_name"], told.get("email")), (&"Alice".into(), None));
    let about = shop.userinfo(&tokens.access).await.json();
    assert_eq!((&about["email"], about.get("given_name")), (&"alice@example.org".into(), None));

    let by_value = |sub: &str| format!(r#"{{"id_token":{{"sub":{{"value":"{sub}"}}}}}}"#);
    let quietly = |claims: &str| shop.asks("openid").with("prompt", "none").with("claims", claims);
    alice.answers(&quietly(&by_value(alice.id.as_str()))).await.code();
    assert_eq!(alice.answers(&quietly(&by_value("somebody-else"))).await.error(), "login_required");
    for wrong in ["{", "[]", r#""email""#, r#"{"userinfo":[]}"#] {
        assert_eq!(alice.answers(&quietly(wrong)).await.error(), "invalid_request", "{wrong}");
    }
}

#[tokio::test]
async fn offline_access_outlives_the_session_and_nothing_else_does() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let lasting = alice.gives(&shop, "openid offline_access").await;
    let brief = alice.gives(&shop, "openid").await;
    assert_eq!((&*lasting.scope, &*brief.scope), ("offline_access openid", "openid"));
    alice.signs_out().await;
    shop.refreshes(&brief.refresh).await.refuses(400, "invalid_grant");
    let renewed = shop.refreshes(&lasting.refresh).await.tokens();
    assert!(shop.finds_active(&renewed.access).await && !shop.finds_active(&brief.access).await);
    assert_eq!(alice.answers(&shop.asks("openid").with("prompt", "none")).await.error(), "login_required");
}

#[tokio::test]
async fn what_was_agreed_to_is_remembered_and_grows() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let straight = async |scopes: &str| {
        let asking = shop.asks(scopes);
        alice.goes(&asking).await.location().starts_with(&shop.callback)
    };
    alice.lets(&shop, "openid email").await;
    assert!(straight("openid email").await && straight("openid").await && straight("email").await);
    assert!(!straight("openid profile").await);
    alice.lets(&shop, "openid profile").await;
    assert!(straight("openid profile email").await, "both are remembered");

    let page = alice.browser.opens("/account/applications").await;
    assert!(page.body.contains("shop"), "{page}");
    let revoked = alice.browser.submits(&page, &[]).await;
    assert!(revoked.location().starts_with("/account/applications"), "{revoked}");
    assert!(!straight("openid").await, "what was taken back is asked for again");
}

#[tokio::test]
async fn whoever_declines_is_believed() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.signs_in().await;
    let asking = shop.asks("openid profile");
    let first = alice.goes(&asking).await;
    let page = alice.browser.follows(first).await;
    let declined = alice.browser.submits(&page, &[("answer", "cancel")]).await;
    let answer = alice.finishes(&asking, declined).await;
    assert_eq!(answer.error(), "access_denied");
    assert_eq!(alice.answers(&shop.asks("openid").with("prompt", "none")).await.error(), "consent_required");
}

#[tokio::test]
async fn an_application_for_some_is_closed_to_others() {
    let house = House::fresh().await;
    house.group("staff").await;
    let alice = house.person_with("alice", vec![UserChange::AddGroup("staff".to_owned())]).await;
    let bob = house.person("bob").await;
    let for_staff = vec![ClientChange::Groups(["staff".to_owned()].into())];
    let shop = house.app_with("shop", ClientType::Web, for_staff).await;
    alice.lets(&shop, "openid groups").await.code();
    assert_eq!(bob.lets(&shop, "openid").await.error(), "access_denied");
    assert_eq!(bob.answers(&shop.asks("openid").with("prompt", "none")).await.error(), "access_denied");
}
