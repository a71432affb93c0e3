use std::time::Duration;

use serde_json::{Value, json};

use crate::base::clock::Timestamp;
use crate::base::secret::Secret;
use crate::engine::house::{House, ISSUER, START, part, redeem, renew};
use crate::jose::Algorithm;
use crate::model::client::Client;
use crate::model::grant::Grant;
use crate::model::lifetime::Lifetime;

/// The names in a JSON object, sorted.
fn names(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn header(token: &Secret) -> (Value, Value) {
    let header = part(token, 0);
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    (header["alg"].clone(), header["typ"].clone())
}

#[tokio::test]
async fn an_access_token_says_what_rfc_9068_asks_for() {
    let house = House::new().await;
    let issued = house.sign_in("openid groups").await;
    assert_eq!(header(&issued.access_token), (json!("EdDSA"), json!("at+jwt")));
    let grant = house.all::<Grant>().await.remove(0);
    let claims = house.claims(&issued.access_token);
    let expected = json!({
        "iss": ISSUER, "sub": "alice-id", "aud": ISSUER, "client_id": "web", "iat": START.0, "exp": START.0 + 3600,
        "jti": issued.jti, "scope": "groups openid", "auth_time": START.0 - 60, "acr": "1", "amr": ["pwd"],
        "groups": ["staff"],
    });
    assert_eq!(claims, expected);
    assert!(issued.jti.starts_with(&format!("{}.", grant.id)));
}

#[tokio::test]
async fn groups_are_told_only_when_granted() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    assert!(house.claims(&issued.access_token).get("groups").is_none());
}

#[tokio::test]
async fn openid_adds_the_issuer_to_the_audience() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.audience = vec!["https://api.example".to_owned()]).await;
    for (scopes, expected) in
        [("openid", json!(["https://api.example", ISSUER])), ("profile", json!("https://api.example"))]
    {
        let code = house.code_with("web", scopes, |grant, _| grant.audience = vec!["https://api.example".to_owned()]);
        let issued = house.token(redeem("web", &code.await)).await.unwrap();
        assert_eq!(house.claims(&issued.access_token)["aud"], expected);
    }
}

#[tokio::test]
async fn an_id_token_says_what_openid_connect_asks_for() {
    let house = House::new().await;
    for algorithm in Algorithm::ALL {
        house.change::<Client>("web", |web| web.id_token_alg = algorithm).await;
        let issued = house.sign_in("openid profile email").await;
        let id_token = issued.id_token.unwrap();
        assert_eq!(header(&id_token), (json!(algorithm.name()), json!("JWT")));
        let expected = json!({
            "iss": ISSUER, "sub": "alice-id", "aud": "web", "exp": START.0 + 3600, "iat": START.0,
            "auth_time": START.0 - 60, "nonce": "n-1", "acr": "1", "amr": ["pwd"], "sid": "session-1",
            "at_hash": algorithm.left_half_hash(issued.access_token.expose()),
        });
        assert_eq!(house.claims(&id_token), expected, "claims of scopes are for the UserInfo endpoint");
    }
}

#[tokio::test]
async fn a_renewed_id_token_is_of_the_same_sign_in_and_has_no_nonce() {
    let house = House::new().await;
    let issued = house.sign_in("openid").await;
    house.clock.advance(Duration::from_secs(600));
    let renewed = house.token(renew("web", &issued.refresh_token.unwrap())).await.unwrap();
    let (first, second) = (house.claims(&issued.id_token.unwrap()), house.claims(&renewed.id_token.unwrap()));
    assert!(second.get("nonce").is_none());
    assert_eq!(second["iat"], START.0 + 600);
    for same in ["iss", "sub", "aud", "auth_time", "acr", "amr", "sid"] {
        assert_eq!(first[same], second[same], "{same}");
    }
    assert_ne!(issued.jti, renewed.jti);
}

#[tokio::test]
async fn an_access_token_ends_with_its_grant() {
    let house = House::new().await;
    house.change::<Client>("web", |web| web.access_ttl = Lifetime::seconds(600)).await;
    let end: Timestamp = START.plus(Duration::from_secs(100));
    let code = house.code_with("web", "openid", |grant, _| grant.expires_at = end).await;
    assert_eq!(house.token(redeem("web", &code)).await.unwrap().expires_in, 100);
}
