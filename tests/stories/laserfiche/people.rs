//! People: signed in for web and single-page applications.

use super::*;

#[tokio::test]
async fn a_web_application_signs_somebody_in_redeems_and_renews() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let portal = house.of_laserfiche("portal", ClientType::Web, &[account]).await;
    let asking = portal.sends("openid profile repository.Read");
    let page = alice.browser.opens(&at(&asking)).await;
    let reply = alice.browser.follows(page).await;
    let answer = alice.finishes(&asking, reply).await;

    let reply = portal.redeems_here(&answer).await;
    assert_eq!(reply.header("content-type"), Some("application/json"));
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), (Some("no-store"), Some("no-cache")));
    let tokens = reply.tokens();
    let shown = format!(
        r#"{{"access_token":"{}","expires_in":3600,"token_type":"bearer","refresh_token":"{}","scope":"{}"}}"#,
        tokens.access, tokens.refresh, tokens.scope
    );
    assert_eq!(reply.body, shown);
    assert_eq!(part(&tokens.access, 0)["alg"], "RS256");
    let said = claims(&tokens.access);
    assert_eq!((&said["csid"], &said["trid"]), (&json!("acc-7"), &json!(alice.id.to_string())));
    assert_eq!((&said["name"], &said["client_id"]), (&json!("Alice Adams"), &json!("portal")));

    let renewed = portal.renews_here(&tokens.refresh).await.tokens();
    assert_ne!(renewed.refresh, tokens.refresh);
    assert_eq!(renewed.scope, tokens.scope);
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
    problem(&portal.redeems_here(&answer).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_single_page_application_names_itself_and_must_use_pkce() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let tokens = board.redeems_here(&answer).await.tokens();
    assert_eq!(tokens.scope, "repository.Read");
    board.renews_here(&tokens.refresh).await.tokens();

    let bare = board.sends("repository.Read").without("code_challenge").without("code_challenge_method");
    assert_eq!(alice.lets_in(&bare).await.error(), "invalid_request");
    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let fields = [("grant_type", "authorization_code"), ("code", answer.code()), ("redirect_uri", &board.callback)];
    problem(&house.asks(board.token_request(&fields)).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_web_application_may_use_pkce_and_then_must_prove_it() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let asking = portal.asks("repository.Read").without("nonce");
    let fields = |answer: &Answer, verifier: &str| {
        vec![
            ("grant_type".to_owned(), "authorization_code".to_owned()),
            ("code".to_owned(), answer.code().to_owned()),
            ("redirect_uri".to_owned(), portal.callback.clone()),
            ("code_verifier".to_owned(), verifier.to_owned()),
        ]
    };
    let redeem = async |answer: &Answer, verifier: &str| {
        let fields = fields(answer, verifier);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        house.asks(portal.token_request(&fields)).await
    };
    let answer = alice.lets_in(&asking).await;
    redeem(&answer, &asking.verifier).await.tokens();
    let answer = alice.lets_in(&asking).await;
    problem(&redeem(&answer, "").await, 400, "invalid_grant");
    let answer = alice.lets_in(&asking.without("code_challenge").without("code_challenge_method")).await;
    problem(&redeem(&answer, "a-verifier-nobody-asked-for-of-forty-three-characters").await, 400, "invalid_grant");
}

#[tokio::test]
async fn an_unknown_application_or_address_is_told_on_a_page_with_status_200() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let shop = house.app("shop").await;
    let sound = portal.sends("repository.Read");
    for asking in [
        sound.clone().without("client_id"),
        sound.clone().with("client_id", ""),
        sound.clone().with("client_id", "nobody"),
        sound.clone().with("client_id", "Portal"),
        sound.clone().without("redirect_uri"),
        sound.clone().with("redirect_uri", "https://evil.example/callback"),
        sound.clone().with("redirect_uri", "https://portal.example/callback/"),
        // Of another dialect, and so unknown here.
        shop.asks("openid"),
    ] {
        house.gets(&at(&asking)).await.stays_here(200);
    }
    let twice = format!("{}&redirect_uri=https://evil.example/", at(&sound));
    house.gets(&twice).await.stays_here(200);
    portal.is_disabled().await;
    house.gets(&at(&sound)).await.stays_here(200);
}

#[tokio::test]
async fn everything_else_goes_back_to_the_application_by_302_with_its_state() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let challenge = "qjrzSW9gMiUgpUvqgEPE4_-8swvyCtfOVvg55o5S_es";
    let sound = portal.sends("repository.Read").with("state", "a b+c%2F&=é\"");
    for (asking, error) in [
        (sound.clone().with("code_challenge", challenge), "invalid_request"),
        (sound.clone().with("code_challenge", challenge).with("code_challenge_method", "plain"), "invalid_request"),
        (sound.clone().with("code_challenge", "short").with("code_challenge_method", "S256"), "invalid_request"),
        (sound.clone().without("response_type"), "invalid_request"),
        (sound.clone().with("response_type", "token"), "unsupported_response_type"),
        (sound.clone().with("scope", "repository.read"), "invalid_scope"),
        (sound.clone().with("scope", "repository.Read,repository.Write"), "invalid_scope"),
        (sound.clone().with("prompt", "none"), "access_denied"),
        (sound.clone().with("request", "x"), "invalid_request"),
    ] {
        let reply = alice.browser.opens(&at(&asking)).await;
        assert_eq!(reply.status, 302, "{reply}");
        assert!(reply.location().starts_with("https://portal.example/callback?error="), "{reply}");
        let answer = Answer::read(&asking, query_of(reply.location()));
        assert_eq!(answer.error(), error, "{reply}");
    }
    for twice in ["scope=repository.Read", "response_type=code", "nonce=1&nonce=2"] {
        let told = alice.browser.opens(&format!("{}&{twice}", at(&sound))).await;
        assert_eq!((told.status, Answer::read(&sound, query_of(told.location())).error()), (302, "invalid_request"));
    }
    let told = alice.browser.opens(&format!("{}&state=other", at(&sound))).await;
    assert_eq!(told.status, 302, "{told}");
    assert_eq!(query_of(told.location()).get("state"), None, "which of both is not for us to say: {told}");
    let page = alice.browser.opens(&at(&sound)).await;
    let page = alice.browser.follows(page).await;
    let declined = alice.browser.submits(&page, &[("answer", "cancel")]).await;
    let told = alice.browser.follows(declined).await;
    assert_eq!(told.status, 302, "{told}");
    assert_eq!(Answer::read(&sound, query_of(told.location())).error(), "access_denied");

    let page = alice.browser.opens(&at(&sound)).await;
    let page = alice.browser.follows(page).await;
    let agreed = alice.browser.submits(&page, &[("answer", "continue")]).await;
    let told = alice.browser.follows(agreed).await;
    assert_eq!(told.status, 302, "{told}");
    Answer::read(&sound, query_of(told.location())).code();

    let alone = ClientChange::Grants([GrantType::ClientCredentials].into());
    portal.becomes(&[alone]).await;
    let told = alice.browser.opens(&at(&sound)).await;
    assert_eq!((told.status, Answer::read(&sound, query_of(told.location())).error()), (302, "unauthorized_client"));
}

#[tokio::test]
async fn an_authorization_header_is_ignored_where_people_sign_in() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let asking = portal.sends("repository.Read");
    for header in ["Basic bm9ib2R5Og==", "Bearer x", "Nonsense"] {
        let ask = Ask::get(at(&asking)).header("authorization", header);
        let reply = alice.browser.sends(ask).await;
        alice.finishes(&asking, reply).await.code();
    }
}

#[tokio::test]
async fn a_code_lives_ten_minutes() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(599);
    portal.redeems_here(&answer).await.tokens();
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(600);
    problem(&portal.redeems_here(&answer).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_refresh_token_outlives_the_session_and_counts_from_its_last_use() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    let mut tokens = portal.redeems_here(&answer).await.tokens();
    alice.signs_out().await;
    for _ in 0..3 {
        house.clock.advance(Duration::from_secs(29 * 86_400));
        tokens = portal.renews_here(&tokens.refresh).await.tokens();
    }
    house.clock.advance(Duration::from_secs(30 * 86_400));
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
}
