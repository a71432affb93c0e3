//! The walk of a code: from an application through the pages and back, and all that its tokens are good for.

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use super::browser::Form;
use super::house::{House, START};
use super::person::query_at;
use super::wire::{Ask, claims, part, with_query};

#[tokio::test]
async fn a_code_is_asked_for_given_redeemed_renewed_examined_and_ended() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid profile email");

    // The application sends her here; nobody knows her yet.
    let first = alice.goes(&asking).await;
    let login = first.location().to_owned();
    assert!(login.starts_with("/login?interaction="), "{login}");
    let page = alice.browser.opens(&login).await;
    assert_eq!((page.status, page.title()), (200, "Sign in"));
    assert!(page.body.contains("shop") && page.body.contains("shop.example"), "says where this leads: {page}");

    // She signs in, and the browser goes back to where the request waits.
    house.later(5);
    let signed_in = alice.gives_password(&page).await;
    assert!(signed_in.location().starts_with("/oauth/authorize/resume?interaction="), "{signed_in}");
    let consent = alice.browser.follows(signed_in).await;
    assert_eq!(consent.title(), "shop asks");
    for shown in ["Know that it is you", "See your name and picture", "Alice Adams", "alice@example.org"] {
        assert!(consent.body.contains(shown), "{shown}: {consent}");
    }
    assert!(consent.header("content-security-policy").unwrap().ends_with("form-action 'self' https://shop.example"));

    // She agrees; the application gets its answer.
    let agreed = alice.browser.submits(&consent, &[("answer", "continue")]).await;
    let done = alice.browser.opens(agreed.location()).await;
    let told = query_at(&asking, done.location());
    assert_eq!(told.keys().collect::<Vec<_>>(), ["code", "iss", "state"]);
    assert_eq!((&*told["iss"], &*told["state"]), (house.issuer, asking.get("state")));

    // It redeems the code.
    let answer = super::app::Answer::read(&asking, told);
    let reply = shop.redeems(&answer).await;
    let tokens = reply.tokens();
    assert_eq!((tokens.json["expires_in"].as_u64(), &*tokens.scope), (Some(3600), "email openid profile"));
    insta::assert_snapshot!(pretty(&reply.json()), @r#"
    {
      "access_token": "[a JWT]",
      "expires_in": 3600,
      "id_token": "[a JWT]",
      "jti": "[an id below the grant's]",
      "refresh_token": "[a refresh token]",
      "scope": "email openid profile",
      "token_type": "bearer"
    }
    "#);
    let id = claims(&tokens.id);
    assert_eq!(id["nonce"], asking.get("nonce"));
    assert_eq!((&id["iss"], &id["aud"], &id["sub"]), (&json!(house.issuer), &json!("shop"), &json!(alice.id.as_str())));
    assert_eq!((&id["auth_time"], &id["iat"]), (&json!(START.0 + 5), &json!(START.0 + 5)));
    let half = &aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, tokens.access.as_bytes()).as_ref()[..16].to_vec();
    assert_eq!(id["at_hash"], BASE64URL_NOPAD.encode(half));
    assert_eq!(part(&tokens.access, 0)["typ"], "at+jwt");
    assert_eq!(claims(&tokens.access)["aud"], house.issuer);
    assert_eq!(claims(&tokens.access)["jti"], tokens.json["jti"]);

    // What it may know about her.
    let about = shop.userinfo(&tokens.access).await.json();
    insta::assert_snapshot!(pretty(&about), @r#"
    {
      "email": "alice@example.org",
      "email_verified": true,
      "family_name": "Adams",
      "given_name": "Alice",
      "name": "Alice Adams",
      "preferred_username": "alice",
      "sub": "[a person's id]",
      "updated_at": 1800000000
    }
    "#);
    let by_post = house.asks(Ask::post("/oauth/userinfo", &[("access_token", &tokens.access)])).await;
    assert_eq!(by_post.json(), about);
    let by_header = house.asks(Ask::post("/oauth/userinfo", &[]).bearer(&tokens.access)).await;
    assert_eq!(by_header.json(), about);

    // It renews what it has; the new ID token is about the same moment and has no nonce.
    house.later(600);
    let renewed = shop.refreshes(&tokens.refresh).await.tokens();
    assert_ne!((&renewed.access, &renewed.refresh), (&tokens.access, &tokens.refresh));
    let again = claims(&renewed.id);
    assert_eq!((&again["auth_time"], &again["sub"]), (&id["auth_time"], &id["sub"]));
    assert_eq!((&again["nonce"], &again["iat"]), (&Value::Null, &json!(START.0 + 605)));

    // It examines them.
    let worth = shop.introspects(&renewed.access).await.json();
    assert_eq!((&worth["active"], &worth["username"]), (&json!(true), &json!("alice")));
    assert_eq!((&worth["client_id"], &worth["token_type"]), (&json!("shop"), &json!("Bearer")));
    assert_eq!(worth["exp"], START.0 + 605 + 3600);
    assert!(shop.finds_active(&renewed.refresh).await && !shop.finds_active(&tokens.refresh).await);

    // It gives one access token back, then everything.
    assert_eq!(shop.revokes(&renewed.access).await.status, 200);
    assert!(!shop.finds_active(&renewed.access).await && shop.finds_active(&tokens.access).await);
    assert_eq!(shop.revokes(&renewed.refresh).await.status, 200);
    assert!(!shop.finds_active(&renewed.refresh).await && !shop.finds_active(&tokens.access).await);
    shop.refreshes(&renewed.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(shop.userinfo(&tokens.access).await.status, 401);

    // She signs out through the application.
    let goodbye = "https://shop.example/goodbye";
    let fields = [("id_token_hint", &*tokens.id), ("post_logout_redirect_uri", goodbye), ("state", "bye & thanks")];
    let out = alice.browser.opens(&with_query("/oauth/logout", &fields)).await;
    assert_eq!(out.location(), "https://shop.example/goodbye?state=bye%20%26%20thanks");
    let asks_quietly = alice.goes(&shop.asks("openid").with("prompt", "none")).await;
    assert!(asks_quietly.location().contains("login_required"), "{asks_quietly}");
}

/// A reply to be read, with the kinds of what cannot be repeated.
fn pretty(json: &Value) -> String {
    let mut json = json.clone();
    for (name, value) in json.as_object_mut().expect("an object") {
        let text = value.as_str().unwrap_or_default();
        let kind = match (name.as_str(), text.matches('.').count()) {
            ("access_token" | "id_token", 2) => "[a JWT]",
            ("refresh_token", 0) if text.starts_with("rt_") => "[a refresh token]",
            ("jti", 1) => "[an id below the grant's]",
            ("sub", 0) => "[a person's id]",
            _ => continue,
        };
        *value = json!(kind);
    }
    serde_json::to_string_pretty(&json).expect("JSON")
}

#[tokio::test]
async fn the_answer_can_come_as_a_form() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    let asking = shop.asks("openid").with("response_mode", "form_post").with("state", "a \"quoted\" <state> & more");
    let page = alice.goes(&asking).await;
    assert_eq!((page.status, page.title()), (200, "On to shop.example"));
    assert!(page.header("content-security-policy").unwrap().ends_with("form-action 'self' https://shop.example"));
    let form = Form::on(&page);
    assert_eq!(form.action, shop.callback);
    assert_eq!(form.hidden.iter().map(|(name, _)| &**name).collect::<Vec<_>>(), ["code", "state", "iss"]);
    assert_eq!(form.hidden("state"), "a \"quoted\" <state> & more");
    let answer = alice.answers(&asking).await;
    assert_eq!(shop.redeems(&answer).await.tokens().scope, "openid");

    let refused = alice.goes(&asking.with("prompt", "none").with("max_age", "0")).await;
    assert_eq!(Form::on(&refused).hidden("error"), "login_required");
}

#[tokio::test]
async fn the_request_can_come_as_a_form() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let asking = shop.asks("openid");
    // It comes from the application's own page, which is another site.
    let ask = Ask::post("/oauth/authorize", &asking.pairs()).header("origin", &shop.origin);
    let reply = alice.browser.sends(ask.header("sec-fetch-site", "cross-site")).await;
    let answer = alice.finishes(&asking, reply).await;
    assert_eq!(shop.redeems(&answer).await.tokens().scope, "openid");
}

#[tokio::test]
async fn a_page_application_needs_no_secret_but_its_verifier() {
    let house = House::fresh().await;
    let (alice, page) = (house.person("alice").await, house.page_app("board").await);
    let answer = alice.lets(&page, "openid").await;
    page.redeems_with(&answer, &[("code_verifier", "")]).await.refuses(400, "invalid_grant");
    let tokens = page.redeems(&answer).await.tokens();
    let renewed = page.refreshes(&tokens.refresh).await.tokens();
    assert_eq!(page.userinfo(&renewed.access).await.status, 200);
    assert_eq!(page.revokes(&renewed.refresh).await.status, 200);
    page.refreshes(&renewed.refresh).await.refuses(400, "invalid_grant");
    page.introspects(&renewed.access).await.refuses(401, "invalid_client");
}

#[tokio::test]
async fn the_published_test_pair_with_its_padding_is_taken() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let mut asking = shop.asks("openid").with("code_challenge", "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es=");
    asking.verifier = "M25iVXpKU3puUjFaYWg3T1NDTDQtcW1ROUY5YXlwalNoc0hhakxifmZHag".to_owned();
    let answer = alice.answers(&asking).await;
    shop.redeems(&answer).await.tokens();
    for wrong in ["qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es==", "qjrzSW9gMiUgpUvqgEPE4/+8swvyCtfOVvg55o5S/es="] {
        assert_eq!(alice.answers(&asking.clone().with("code_challenge", wrong)).await.error(), "invalid_request");
    }
}

#[tokio::test]
async fn opaque_access_tokens_are_good_for_the_same() {
    use countersign::engine::admin::client_change::ClientChange;
    use countersign::model::client::{AccessTokenForm, ClientType};
    let house = House::fresh().await;
    let opaque = vec![ClientChange::AccessToken(AccessTokenForm::Opaque)];
    let (alice, shop) = (house.person("alice").await, house.app_with("shop", ClientType::Web, opaque).await);
    let tokens = alice.gives(&shop, "openid email").await;
    assert!(tokens.access.starts_with("at_") && !tokens.access.contains('.'));
    assert_eq!(shop.userinfo(&tokens.access).await.json()["email"], "alice@example.org");
    assert!(shop.finds_active(&tokens.access).await);
    shop.revokes(&tokens.access).await;
    assert!(!shop.finds_active(&tokens.access).await);
    shop.refreshes(&tokens.refresh).await.tokens();
}

#[tokio::test]
async fn an_application_acts_for_itself() {
    use super::app::App;
    use countersign::engine::admin::client_change::ClientChange;
    use countersign::model::{client::ClientType, scope::Scopes};
    let house = House::fresh().await;
    let shop = house.app_with("shop", ClientType::Web, vec![App::acting_alone()]).await;
    house.scope("stock", "See what is in store").await;
    shop.becomes(&[ClientChange::Scopes(Scopes::parse("openid profile stock").unwrap())]).await;
    let tokens = shop.requests(&[("grant_type", "client_credentials")]).await.tokens();
    assert_eq!((&*tokens.refresh, &*tokens.id, &*tokens.scope), ("", "", "stock"));
    let about_people = shop.requests(&[("grant_type", "client_credentials"), ("scope", "profile")]).await;
    about_people.refuses(400, "invalid_scope");
    assert_eq!(claims(&tokens.access)["sub"], "shop");
    assert!(shop.finds_active(&tokens.access).await);
    assert_eq!(shop.userinfo(&tokens.access).await.status, 401, "it is about nobody");
}

#[tokio::test]
async fn leaving_through_an_application_is_asked_first_where_nobody_vouches() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid").await;
    let goodbye = [("client_id", "shop"), ("post_logout_redirect_uri", "https://shop.example/goodbye"), ("state", "s")];
    let asked = alice.browser.opens(&with_query("/oauth/logout", &goodbye)).await;
    assert!(asked.location().starts_with("/sign-out?request="), "{asked}");
    let page = alice.browser.follows(asked).await;
    assert_eq!((page.status, page.title()), (200, "Sign out"));
    assert!(shop.finds_active(&tokens.access).await, "nothing has happened yet");

    let stayed = alice.browser.submits(&page, &[("answer", "stay")]).await;
    assert_eq!(stayed.location(), "/");
    assert!(shop.finds_active(&tokens.access).await);

    let asked = alice.browser.sends(Ask::post("/oauth/logout", &goodbye)).await;
    let page = alice.browser.follows(asked).await;
    let left = alice.browser.submits(&page, &[("answer", "sign-out")]).await;
    assert_eq!(left.location(), "https://shop.example/goodbye?state=s");
    assert!(!shop.finds_active(&tokens.access).await, "the session took its tokens along");
}
