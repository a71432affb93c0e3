use serde_json::{Value, json};

use crate::engine::discovery::{Document, Endpoints};
use crate::engine::house::{House, ISSUER, cause, client};
use crate::model::client::{Client, ClientType, GrantType};
use crate::model::scope::Scopes;

fn endpoints() -> Endpoints {
    let at = |path: &str| format!("{ISSUER}/{path}");
    Endpoints {
        authorization: at("authorize"),
        token: Some(at("token")),
        userinfo: Some(at("userinfo")),
        keys: at("keys"),
        introspection: at("introspect"),
        revocation: at("revoke"),
        end_session: at("logout"),
    }
}

async fn document(house: &House, which: Document, client: Option<&str>) -> Value {
    serde_json::to_value(house.engine.metadata(which, &endpoints(), client).await.unwrap()).unwrap()
}

#[tokio::test]
async fn the_server_says_what_is_so() {
    let house = House::new().await;
    let openid = document(&house, Document::OpenidConfiguration, None).await;
    assert_eq!(openid["issuer"], ISSUER);
    assert_eq!(openid["jwks_uri"], "https://id.example/keys");
    assert_eq!(openid["id_token_signing_alg_values_supported"], json!(["RS256", "ES256", "EdDSA"]));
    assert_eq!(openid["response_types_supported"], json!(["code"]));
    assert_eq!(openid["grant_types_supported"], json!(["authorization_code", "refresh_token", "client_credentials"]));
    assert_eq!(openid["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(openid["authorization_response_iss_parameter_supported"], true);
    assert_eq!(openid["claims_parameter_supported"], true);
    assert_eq!(openid["request_parameter_supported"], false);
    assert_eq!(openid["request_uri_parameter_supported"], false);
    assert_eq!(openid["subject_types_supported"], json!(["public"]));

    let oauth = document(&house, Document::AuthorizationServer, None).await;
    for (name, value) in oauth.as_object().unwrap() {
        assert_eq!(&openid[name], value, "both documents agree");
    }
    assert!(oauth.get("userinfo_endpoint").is_none() && oauth.get("claims_supported").is_none());
    assert!(oauth.get("token_endpoint").is_some());
}

#[tokio::test]
async fn a_client_sees_what_it_may_use() {
    let house = House::new().await;
    let mut native = client("my app");
    native.kind = ClientType::Native;
    native.secrets.clear();
    native.scopes = Scopes::parse("openid projects").unwrap();
    native.grants = [GrantType::AuthorizationCode].into();
    house.keep(&native).await;
    let seen = document(&house, Document::OpenidConfiguration, Some("my app")).await;
    assert_eq!(seen["jwks_uri"], "https://id.example/keys?client_id=my+app");
    assert_eq!(seen["scopes_supported"], json!(["openid", "projects"]));
    assert_eq!(seen["grant_types_supported"], json!(["authorization_code"]));
    assert_eq!(seen["token_endpoint_auth_methods_supported"], json!(["none"]));
    assert_eq!(seen["introspection_endpoint_auth_methods_supported"], json!(null));
    assert_eq!(seen["introspection_endpoint"], json!(null));
    assert_eq!(seen["id_token_signing_alg_values_supported"], json!(["RS256"]));

    house.change::<Client>("my app", |app| app.grants = [GrantType::ClientCredentials].into()).await;
    let seen = document(&house, Document::AuthorizationServer, Some("my app")).await;
    assert_eq!(seen["response_types_supported"], json!(null));

    let unknown = house.engine.metadata(Document::AuthorizationServer, &endpoints(), Some("nobody")).await;
    assert_eq!(cause(unknown), "client_unknown");
}
