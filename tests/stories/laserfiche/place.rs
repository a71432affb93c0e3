//! Where the dialect lies, whom it knows, and who may read its answers.

use super::*;

#[tokio::test]
async fn only_clients_that_were_given_the_dialect_are_known_here() {
    let house = House::fresh().await;
    let (portal, shop) = (house.of_laserfiche("portal", ClientType::Web, &[]).await, house.app("shop").await);
    problem(&shop.renews_here("x").await, 401, "invalid_client");
    portal.requests(&[("grant_type", "refresh_token"), ("refresh_token", "x")]).await.refuses(401, "invalid_client");
    // Paths are case-sensitive: each spelling is one dialect's own, and no other is anybody's.
    for path in ["/oauth/TOKEN", "/oauth/AUTHORIZE", "/oauth/Token/", "/oauth/Token/x"] {
        assert_eq!(house.asks(Ask::post(path, &[])).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_token_of_this_dialect_is_explained_and_ended_where_all_are() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let answer = alice.lets_in(&portal.sends("repository.Read")).await;
    let tokens = portal.redeems_here(&answer).await.tokens();
    assert!(portal.finds_active(&tokens.access).await);
    portal.revokes(&tokens.refresh).await;
    assert!(!portal.finds_active(&tokens.access).await);
    problem(&portal.renews_here(&tokens.refresh).await, 400, "invalid_grant");
}

#[tokio::test]
async fn pages_of_a_registered_origin_may_read_the_token_endpoint() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let board = house.of_laserfiche("board", ClientType::Spa, &[]).await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    let readable = |reply: &Reply| reply.header("access-control-allow-origin").map(str::to_owned);
    let preflight = |path: &str, origin: &str| {
        let ask = Ask::new(Method::OPTIONS, path).header("origin", origin);
        ask.header("access-control-request-method", "POST").header("access-control-request-headers", "authorization")
    };
    let reply = house.asks(preflight(TOKEN, &board.origin)).await;
    assert_eq!(readable(&reply), Some(board.origin.clone()));
    assert_eq!(readable(&house.asks(preflight(TOKEN, "https://evil.example")).await), None);
    assert_eq!(readable(&house.asks(preflight(AUTHORIZE, &board.origin)).await), None);

    let answer = alice.lets_in(&board.sends("repository.Read")).await;
    let tokens = board.redeems_here(&answer).await.tokens();
    let renew = [("grant_type", "refresh_token"), ("refresh_token", &*tokens.refresh)];
    let from = |origin: &str| board.token_request(&renew).header("origin", origin);
    let reply = house.asks(from(&portal.origin)).await;
    assert_eq!((readable(&reply), reply.header("vary").is_some()), (None, true), "another client's origin: {reply}");
    let reply = house.asks(from(&board.origin)).await;
    assert_eq!(readable(&reply), Some(board.origin.clone()), "a refusal can be read too: {reply}");
    let reply = house.asks(Ask::get(at(&board.sends("repository.Read"))).header("origin", &board.origin)).await;
    assert_eq!(readable(&reply), None);
}

#[tokio::test]
async fn switched_off_or_moved_it_is_gone_from_here_and_nothing_else_is() {
    let house = House::fresh().await;
    let portal = house.of_laserfiche("portal", ClientType::Web, &[]).await;
    house.places("laserfiche", Placement::Switched(false)).await;
    for path in [TOKEN, AUTHORIZE] {
        house.gets(path).await.refuses(404, "not_found");
    }
    assert_eq!(house.gets("/oauth/userinfo").await.status, 401);
    house.places("laserfiche", Placement::Below("/lf".to_owned())).await;
    house.gets(TOKEN).await.refuses(404, "not_found");
    let fields = [("grant_type", "refresh_token"), ("refresh_token", "x")];
    let ask = Ask::post("/lf/Token", &fields).basic_as_it_is(&format!("portal:{}", portal.secret.clone().unwrap()));
    problem(&house.asks(ask).await, 400, "invalid_grant");
    let robot = house.of_laserfiche("robot", ClientType::Service, &[]).await;
    let word = house.exports_key(&robot).await.signs(&robot, json!({"aud": "https://id.example/lf/Token"}));
    house.asks(Ask::post("/lf/Token", &[("grant_type", "client_credentials")]).bearer(&word)).await.tokens();
}

#[tokio::test]
async fn choosing_the_dialect_fills_in_what_is_customary() {
    let house = House::fresh().await;
    let of = async |name: &str, kind: ClientType| {
        let app = house.of_laserfiche(name, kind, &[]).await;
        app.becomes(&[]).await
    };
    let web = of("portal", ClientType::Web).await;
    assert_eq!([web.code_ttl, web.access_ttl, web.refresh_ttl].map(|life| life.as_secs()), [600, 3_600, 30 * 86_400]);
    assert_eq!((web.access_token_alg.name(), web.claims_profile.name()), ("RS256", "laserfiche"));
    assert!(!web.needs_pkce() && web.audience.is_empty());
    assert_eq!(web.grants, [GrantType::AuthorizationCode, GrantType::RefreshToken].into());
    assert!(of("board", ClientType::Spa).await.needs_pkce());
    assert_eq!(of("robot", ClientType::Service).await.grants, [GrantType::ClientCredentials].into());
}
