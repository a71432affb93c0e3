//! What is refused, in which form, and where its cause is found.

use super::*;

#[tokio::test]
async fn every_refusal_is_a_problem_document() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let code = [("grant_type", "authorization_code"), ("redirect_uri", "https://portal.example/callback")];
    let asks = |fields: &[(&str, &str)]| portal.token_request(&[&code[..], fields].concat());
    let plain = |fields: &[(&str, &str)]| portal.token_request(fields);
    let basic =
        |pair: &str| Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x")]).basic_as_it_is(pair);
    let secret = portal.secret.clone().unwrap();
    let cases = [
        (plain(&[]), 400, "invalid_request"),
        (plain(&[("grant_type", "")]), 400, "invalid_request"),
        (asks(&[]), 400, "invalid_request"),
        (asks(&[("code", "nonsense")]), 400, "invalid_grant"),
        (plain(&[("grant_type", "refresh_token")]), 400, "invalid_request"),
        (plain(&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]), 400, "invalid_grant"),
        (plain(&[("grant_type", "password"), ("username", "alice")]), 400, "unsupported_grant_type"),
        (plain(&[("grant_type", "client_credentials")]), 400, "unauthorized_client"),
        (board.token_request(&[("grant_type", "client_credentials")]), 400, "unauthorized_client"),
        (basic(&format!("portal:{secret}x")), 401, "invalid_client"),
        (basic(&format!("Portal:{secret}")), 401, "invalid_client"),
        (basic("portal:"), 401, "invalid_client"),
        (basic("nonsense"), 401, "invalid_client"),
        (Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x")]), 401, "invalid_client"),
        (
            Ask::post(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "portal")]),
            401,
            "invalid_client",
        ),
        (asks(&[("code", "x")]).bearer("not-a-jwt"), 401, "invalid_client"),
        (asks(&[("code", "x"), ("client_secret", &secret)]), 400, "invalid_request"),
        (Ask::post(TOKEN, &[("grant_type", "x")]).typed("application/json", "{}"), 400, "invalid_request"),
        (
            Ask::post(TOKEN, &[]).typed("application/x-www-form-urlencoded", "grant_type=a&grant_type=b"),
            400,
            "invalid_request",
        ),
        (Ask::post(TOKEN, &[("grant_type", &"x".repeat(9_000))]), 400, "invalid_request"),
        (Ask::post(TOKEN, &[("grant_type", &"x".repeat(20_000))]), 413, "invalid_request"),
        (Ask::get(TOKEN), 405, "invalid_request"),
        (Ask::post(AUTHORIZE, &[]), 405, "invalid_request"),
    ];
    for (nth, (ask, status, error)) in cases.into_iter().enumerate() {
        let reply = house.asks(ask).await;
        let json = problem(&reply, status, error);
        let told = json["title"] == json["error_description"];
        assert!(told, "case {nth}: {reply}");
        if status == 405 {
            assert!(reply.header("allow").is_some_and(|allow| allow.contains("OPTIONS")), "{reply}");
        }
    }
    // A secret in the body serves as well as one in the header; an empty one beside a header is none.
    let fields =
        [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "portal"), ("client_secret", &*secret)];
    problem(&house.asks(Ask::post(TOKEN, &fields)).await, 400, "invalid_grant");
    problem(&house.asks(asks(&[("code", "x"), ("client_secret", "")])).await, 400, "invalid_grant");
}

#[tokio::test]
async fn a_store_that_cannot_answer_is_told_in_the_same_form() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    house.store.is_gone();
    let reply = portal.renews_here("x").await;
    problem(&reply, 503, "temporarily_unavailable");
    assert!(reply.header("retry-after").is_some());
}

#[tokio::test]
async fn the_instance_of_a_refusal_leads_an_administrator_to_its_true_cause() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    ada.signs_in().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let shop = house.app("shop").await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    house.later(601);
    let known = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let foreign = Ask::post(TOKEN, &known).basic_as_it_is(&format!("shop:{}", shop.secret.clone().unwrap()));
    let twice = "grant_type=refresh_token&grant_type=refresh_token";
    for (reply, cause) in [
        (portal.redeems_here(&answer).await, "code expired"),
        (portal.renews_here("nonsense").await, "refresh unknown"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("portal:wrong")).await, "client secret wrong"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("nobody:x")).await, "client unknown"),
        (house.asks(Ask::post(TOKEN, &known).basic_as_it_is("portal")).await, "credentials malformed"),
        (house.asks(foreign).await, "client of another face"),
        (house.asks(portal.token_request(&[("grant_type", "refresh_token")])).await, "parameter missing"),
        (house.asks(portal.token_request(&[("grant_type", "password")])).await, "grant type unknown"),
        (
            house.asks(Ask::post(TOKEN, &[]).typed("application/x-www-form-urlencoded", twice)).await,
            "parameter malformed",
        ),
    ] {
        let json = reply.json();
        let instance = json["instance"].as_str().unwrap();
        let page = ada.browser.opens(&format!("/admin/activity?reference={instance}")).await;
        assert!(page.body.contains(cause), "{cause}: {}", page.body);
        assert!(page.body.contains("1 event"), "{page}");
        let page = ada.browser.opens(&format!("/admin/activity?reference=+{}+", instance.to_lowercase())).await;
        assert!(page.body.contains(cause), "as somebody types it: {page}");
    }
    let nothing = ada.browser.opens("/admin/activity?reference=AAAA-AAAA-AA").await;
    assert!(nothing.body.contains("Nothing like that has happened."));
    // The canonical dialect's refusals are found by the request's own reference.
    let reply = shop.requests(&[("grant_type", "refresh_token"), ("refresh_token", "nonsense")]).await;
    let reference = reply.header("x-request-id").unwrap();
    let page = ada.browser.opens(&format!("/admin/activity?reference={reference}")).await;
    assert!(page.body.contains("refresh unknown"), "{page}");
}
