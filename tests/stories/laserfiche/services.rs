//! Services that sign their own requests.

use super::*;

#[tokio::test]
async fn a_service_signs_its_own_request_with_an_exported_key() {
    let house = House::fresh().await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let robot = house.of_laserfiche("robot", ClientType::Service, &[account]).await;
    let key = house.exports_key(&robot).await;
    let about = ["customerId", "clientId", "domain"].map(|name| key.json[name].clone());
    assert_eq!(about, [json!("acc-7"), json!("robot"), json!("id.example")]);

    let word = key.signs(&robot, json!({}));
    let alone = [("grant_type", "client_credentials")];
    let asks = async |fields: &[(&str, &str)], word: &str| house.asks(Ask::post(TOKEN, fields).bearer(word)).await;
    let reply = asks(&alone, &word).await;
    let tokens = reply.tokens();
    assert_eq!((tokens.scope.as_str(), &tokens.json["expires_in"]), ("repository.Read repository.Write", &json!(3600)));
    assert!(tokens.json.get("refresh_token").is_none(), "{reply}");
    assert_eq!(claims(&tokens.access)["csid"], "acc-7");
    // Clients repeat it while it lives, and send it as a password too.
    house.later(3_599);
    assert_ne!(asks(&alone, &word).await.tokens().access, tokens.access);
    house.asks(Ask::post(TOKEN, &alone).basic_as_it_is(&format!("robot:{word}"))).await.tokens();
    let scoped = [alone[0], ("scope", "repository.Read")];
    assert_eq!(asks(&scoped, &word).await.tokens().scope, "repository.Read");
    house.later(1);
    let refused = asks(&alone, &word).await;
    problem(&refused, 401, "invalid_client");
    assert!(refused.header("www-authenticate").is_some_and(|it| it.starts_with("Bearer")), "{refused}");

    let narrow = key.signs(&robot, json!({"scope": "repository.Write"}));
    assert_eq!(asks(&alone, &narrow).await.tokens().scope, "repository.Write");
    assert_eq!(asks(&scoped, &narrow).await.tokens().scope, "repository.Read", "what the request says counts");
    for audience in ["https://id.example", "https://id.example/oauth/Token", "laserfiche.com"] {
        asks(&alone, &key.signs(&robot, json!({"aud": audience}))).await.tokens();
    }
    let mine = [alone[0], ("account_id", "acc-7")];
    asks(&mine, &key.signs(&robot, json!({}))).await.tokens();
}

#[tokio::test]
async fn what_is_wrong_with_a_signed_request_is_said_to_the_administrator_only() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    ada.signs_in().await;
    let account = ClientChange::AccountId("acc-7".to_owned());
    let robot = house.of_laserfiche("robot", ClientType::Service, &[account]).await;
    let twin = house.of_laserfiche("twin", ClientType::Service, &[]).await;
    let (key, other) = (house.exports_key(&robot).await, house.exports_key(&twin).await);
    let now = house.now();
    let mut titles = Vec::new();
    for (word, account, cause) in [
        (key.signs(&robot, json!({"exp": now + 3601})), "", "assertion untimely"),
        (key.signs(&robot, json!({"iat": now + 61, "exp": now + 3600})), "", "assertion untimely"),
        (key.signs(&robot, json!({"nbf": now + 61})), "", "assertion untimely"),
        (key.signs(&robot, json!({"aud": "https://other.example"})), "", "assertion audience"),
        (key.signs(&robot, json!({"client_secret": "wrong"})), "", "client secret wrong"),
        (other.signs(&robot, json!({})), "", "assertion key unknown"),
        (format!("{}x", key.signs(&robot, json!({}))), "", "assertion invalid"),
        (key.signs(&robot, json!({})), "acc-8", "account differs"),
    ] {
        let fields = [("grant_type", "client_credentials"), ("account_id", account)];
        let reply = house.asks(Ask::post(TOKEN, &fields).bearer(&word)).await;
        let json = problem(&reply, 401, "invalid_client");
        titles.push(json["title"].clone());
        let reference = json["instance"].as_str().unwrap();
        let page = ada.browser.opens(&format!("/admin/activity?reference={reference}")).await;
        assert!(page.body.contains(cause), "{cause}: {page}");
        assert!(!page.body.contains(&word));
    }
    titles.dedup();
    assert_eq!(titles.len(), 1, "strangers learn nothing of the check that failed");

    let id = ClientId::from_text("robot");
    let kid = key.json["jwk"]["kid"].as_str().unwrap();
    house.engine.remove_access_key(&Actor::host(), &host(), &id, kid).await.unwrap();
    let word = key.signs(&robot, json!({}));
    let reply = house.asks(Ask::post(TOKEN, &[("grant_type", "client_credentials")]).bearer(&word)).await;
    problem(&reply, 401, "invalid_client");
}

#[tokio::test]
async fn a_signed_request_serves_no_other_endpoint() {
    let house = House::fresh().await;
    let robot = house.of_laserfiche("robot", ClientType::Service, &[]).await;
    let key = house.exports_key(&robot).await;
    let both = [Face::named("oidc"), Face::named("laserfiche")].into();
    robot.becomes(&[ClientChange::Faces(both)]).await;
    let word = key.signs(&robot, json!({}));
    let alone = [("grant_type", "client_credentials")];
    house.asks(Ask::post(TOKEN, &alone).bearer(&word)).await.tokens();
    house.asks(Ask::post("/oauth/token", &alone).bearer(&word)).await.refuses(401, "invalid_client");
    house.asks(Ask::post("/oauth/introspect", &[("token", "x")]).bearer(&word)).await.refuses(401, "invalid_client");
}
