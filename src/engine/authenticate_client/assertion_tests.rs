//! A client's signed word: what holds, and everything that nearly does.

use std::time::Duration;

use data_encoding::{BASE64, BASE64URL_NOPAD};
use serde_json::{Value, json};

use super::Presented;
use crate::base::secret::Secret;
use crate::engine::Denied;
use crate::engine::authenticate_client::AuthenticatedClient;
use crate::engine::house::{House, ISSUER, SECRET, START, caller, caller_from, cause, client};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::jose::Algorithm;
use crate::jose::jws;
use crate::jose::key::SigningKey;
use crate::model::audit::AuditKind;
use crate::model::client::{AccessKey, Client, ClientType};
use crate::model::face::Face;

const ENDPOINT: &str = "https://id.example/side/Token";

/// The house with the service `robot`, which has an access key and comes by the side.
struct Scene {
    house: House,
    key: SigningKey,
}

impl Scene {
    async fn new() -> Scene {
        let (house, key) = (House::new().await, SigningKey::generate(Algorithm::Es256));
        let mut robot = client("robot");
        (robot.kind, robot.faces) = (ClientType::Service, [Face::named("side")].into());
        robot.account_id = "acc-7".to_owned();
        robot.access_keys = vec![access_key(&key)];
        house.keep(&robot).await;
        Scene { house, key }
    }

    fn says(&self, claims: &Value) -> Secret {
        Secret::new(jws::encode(&self.key, None, claims).unwrap())
    }

    async fn proves(&self, presented: Presented) -> Result<AuthenticatedClient, Denied> {
        self.house.engine.authenticate_client(&caller(), &Face::named("side"), &presented).await
    }

    /// What becomes of an assertion in which these claims are different; `null` takes one away.
    async fn with(&self, different: Value) -> Result<AuthenticatedClient, Denied> {
        self.proves(bearer(&self.says(&claims(different)))).await
    }
}

fn access_key(key: &SigningKey) -> AccessKey {
    let (x, y) = key.public().coordinates().unwrap();
    AccessKey { kid: key.kid().to_owned(), x: x.to_owned(), y: y.to_owned(), created_at: START }
}

fn claims(different: Value) -> Value {
    let mut claims = json!({
        "client_id": "robot", "client_secret": SECRET, "aud": "laserfiche.example",
        "iat": START.0, "nbf": START.0, "exp": START.0 + 3600,
    });
    for (name, value) in different.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    claims
}

fn header(value: String) -> Presented {
    let audiences = vec![ENDPOINT.to_owned(), "laserfiche.example".to_owned()];
    Presented { authorization: Some(Secret::new(value)), audiences, ..Presented::default() }
}

fn bearer(token: &Secret) -> Presented {
    header(format!("Bearer {}", token.expose()))
}

fn basic(id: &str, token: &Secret) -> Presented {
    header(format!("Basic {}", BASE64.encode(format!("{id}:{}", token.expose()).as_bytes())))
}

/// A token with any header at all; `sign` is given what is signed.
fn forged(header: &Value, claims: &Value, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Secret {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    let signed = format!("{}.{}", part(header), part(claims));
    let signature = BASE64URL_NOPAD.encode(&sign(signed.as_bytes()));
    Secret::new(format!("{signed}.{signature}"))
}

#[tokio::test]
async fn it_proves_the_client_as_often_as_it_comes_while_it_lives() {
    let scene = Scene::new().await;
    let word = scene.says(&claims(json!({})));
    for presented in [bearer(&word), bearer(&word), basic("robot", &word)] {
        let client = scene.proves(presented).await.unwrap();
        assert!(client.has_proved() && client.client().id.as_str() == "robot");
    }
    let beside = Presented { client_id: Some("robot".to_owned()), ..bearer(&word) };
    assert!(scene.proves(beside).await.is_ok());
    scene.house.clock.advance(Duration::from_secs(3_599));
    assert!(scene.proves(bearer(&word)).await.is_ok());
    scene.house.clock.advance(Duration::from_secs(1));
    assert_eq!(cause(scene.proves(bearer(&word)).await), "assertion_untimely");
}

#[tokio::test]
async fn every_moment_is_held_to_the_second() {
    let scene = Scene::new().await;
    for (nearly, far) in [
        (
            json!({"iat": START.0 + 60, "nbf": null, "exp": null}),
            json!({"iat": START.0 + 61, "nbf": null, "exp": null}),
        ),
        (json!({"nbf": START.0 + 60}), json!({"nbf": START.0 + 61})),
        (json!({"exp": START.0 + 3600}), json!({"exp": START.0 + 3601})),
        (json!({"exp": START.0 + 1}), json!({"exp": START.0})),
        (json!({"exp": null, "iat": START.0 - 3599}), json!({"exp": null, "iat": START.0 - 3600})),
        (json!({"nbf": null}), json!({"iat": null})),
    ] {
        assert!(scene.with(nearly.clone()).await.is_ok(), "{nearly}");
        assert_eq!(cause(scene.with(far.clone()).await), "assertion_untimely", "{far}");
    }
    for no_moment in [json!({"exp": "1800003600"}), json!({"iat": true}), json!({"exp": 1e300})] {
        assert_eq!(cause(scene.with(no_moment.clone()).await), "assertion_invalid", "{no_moment}");
    }
}

#[tokio::test]
async fn it_must_be_meant_for_this_server() {
    let scene = Scene::new().await;
    for meant in [json!(ISSUER), json!(ENDPOINT), json!("laserfiche.example"), json!(["other.example", ISSUER])] {
        assert!(scene.with(json!({"aud": meant})).await.is_ok(), "{meant}");
    }
    for other in
        [json!("https://id.example/"), json!("LASERFICHE.example"), json!(["other.example"]), json!([]), json!("")]
    {
        assert_eq!(cause(scene.with(json!({"aud": other})).await), "assertion_audience", "{other}");
    }
    for none in [json!(null), json!(7), json!({"0": ISSUER})] {
        assert_eq!(cause(scene.with(json!({"aud": none})).await), "assertion_invalid", "{none}");
    }
}

#[tokio::test]
async fn the_secret_inside_must_be_one_of_the_clients() {
    let scene = Scene::new().await;
    assert_eq!(cause(scene.with(json!({"client_secret": "wrong"})).await), "client_secret_wrong");
    assert_eq!(cause(scene.with(json!({"client_secret": ""})).await), "client_secret_wrong");
    assert_eq!(cause(scene.with(json!({"client_secret": null})).await), "assertion_invalid");
    // The secret by itself proves it as ever, and the key without the secret does not.
    let plain = header(format!("Basic {}", BASE64.encode(format!("robot:{SECRET}").as_bytes())));
    assert!(scene.proves(plain).await.is_ok());
}

#[tokio::test]
async fn only_a_registered_key_signs_and_only_by_es256() {
    let scene = Scene::new().await;
    let (good, kid) = (claims(json!({})), scene.key.kid());
    let ours = |message: &[u8]| scene.key.sign(message).unwrap();
    let stranger = SigningKey::generate(Algorithm::Es256);
    let theirs = |message: &[u8]| stranger.sign(message).unwrap();
    let jwk = serde_json::to_value(stranger.public()).unwrap();
    let public = BASE64URL_NOPAD.decode(scene.key.public().coordinates().unwrap().0.as_bytes()).unwrap();
    let hmac = |message: &[u8]| {
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, &public);
        aws_lc_rs::hmac::sign(&key, message).as_ref().to_vec()
    };
    let cases = [
        (forged(&json!({"alg": "ES256", "kid": kid}), &good, ours), ""),
        // What a header says of keys is not read.
        (forged(&json!({"alg": "ES256", "kid": kid, "jwk": jwk, "jku": "https://evil.example"}), &good, ours), ""),
        (forged(&json!({"alg": "ES256", "kid": kid, "jwk": jwk}), &good, theirs), "assertion_invalid"),
        (forged(&json!({"alg": "ES256", "kid": stranger.kid()}), &good, theirs), "assertion_key_unknown"),
        (forged(&json!({"alg": "ES256"}), &good, ours), "assertion_key_unknown"),
        (forged(&json!({"alg": "none", "kid": kid}), &good, |_| vec![]), "assertion_invalid"),
        (forged(&json!({"alg": "HS256", "kid": kid}), &good, hmac), "assertion_invalid"),
        (forged(&json!({"alg": "RS256", "kid": kid}), &good, ours), "assertion_invalid"),
        (forged(&json!({"alg": "es256", "kid": kid}), &good, ours), "assertion_invalid"),
        (forged(&json!({"alg": "ES256", "kid": kid, "crit": ["b64"]}), &good, ours), "assertion_invalid"),
        (forged(&json!({"alg": "ES256", "kid": kid}), &good, |_| vec![0; 64]), "assertion_invalid"),
        (forged(&json!({"alg": "ES256", "kid": kid}), &good, |_| vec![]), "assertion_invalid"),
    ];
    for (nth, (token, expected)) in cases.iter().enumerate() {
        match scene.proves(bearer(token)).await {
            Ok(_) => assert_eq!(*expected, "", "{nth}"),
            refused => assert_eq!(cause(refused), *expected, "{nth}"),
        }
    }
    // A key of another client proves nothing.
    let mut other = client("other");
    (other.faces, other.access_keys) = ([Face::named("side")].into(), vec![access_key(&stranger)]);
    scene.house.keep(&other).await;
    let token = forged(&json!({"alg": "ES256", "kid": stranger.kid()}), &good, theirs);
    assert_eq!(cause(scene.proves(bearer(&token)).await), "assertion_key_unknown");
    scene.house.change::<Client>("robot", |robot| robot.access_keys.clear()).await;
    assert_eq!(cause(scene.with(json!({})).await), "assertion_key_unknown");
}

#[tokio::test]
async fn it_names_the_client_that_is_named_beside_it() {
    let scene = Scene::new().await;
    let word = scene.says(&claims(json!({})));
    assert_eq!(cause(scene.with(json!({"client_id": "nobody"})).await), "client_unknown");
    assert_eq!(cause(scene.with(json!({"client_id": "web"})).await), "assertion_key_unknown");
    for unnamed in [json!({"client_id": ""}), json!({"client_id": null}), json!({"client_id": 7})] {
        assert_eq!(cause(scene.with(unnamed).await), "assertion_invalid");
    }
    let beside = Presented { client_id: Some("web".to_owned()), ..bearer(&word) };
    assert_eq!(cause(scene.proves(beside).await), "client_mismatch");
    assert_eq!(cause(scene.proves(basic("nobody", &word)).await), "client_unknown");
    let mut twin = client("twin");
    (twin.faces, twin.access_keys) = ([Face::named("side")].into(), vec![access_key(&scene.key)]);
    scene.house.keep(&twin).await;
    assert_eq!(cause(scene.proves(basic("twin", &word)).await), "client_mismatch");
    let twice = Presented { client_secret: Some(Secret::new(SECRET)), ..bearer(&word) };
    assert_eq!(cause(scene.proves(twice).await), "credentials_twice");
}

#[tokio::test]
async fn another_account_than_its_own_is_refused() {
    let scene = Scene::new().await;
    let word = scene.says(&claims(json!({})));
    let of = |account: &str| Presented { account_id: Some(account.to_owned()), ..bearer(&word) };
    assert!(scene.proves(of("acc-7")).await.is_ok() && scene.proves(of("")).await.is_ok());
    assert_eq!(cause(scene.proves(of("acc-8")).await), "account_differs");
    scene.house.change::<Client>("robot", |robot| robot.account_id.clear()).await;
    assert!(scene.proves(of("acc-8")).await.is_ok(), "it has none of its own");
}

#[tokio::test]
async fn elsewhere_it_is_no_proof() {
    let scene = Scene::new().await;
    scene.house.change::<Client>("robot", |robot| robot.faces.extend([Face::named("front")])).await;
    let word = scene.says(&claims(json!({})));
    let engine = &scene.house.engine;
    let by = |presented: Presented| async move {
        engine.authenticate_client(&caller(), &Face::named("front"), &presented).await
    };
    assert_eq!(cause(by(bearer(&word)).await), "credentials_malformed");
    assert_eq!(cause(by(basic("robot", &word)).await), "client_secret_wrong");
    assert_eq!(cause(engine.introspect(&caller(), &bearer(&word), &word).await), "credentials_malformed");
}

#[tokio::test]
async fn its_scope_counts_where_the_request_has_none() {
    let scene = Scene::new().await;
    let word = scene.says(&claims(json!({"scope": "reports"})));
    let asks = async |scope: Option<&str>| {
        let (face, scope) = (Face::named("side"), scope.map(str::to_owned));
        let (client, grant) = (bearer(&word), GrantRequest::ClientCredentials);
        let asked = TokenRequest { face, client, grant, scope, device_id: None };
        scene.house.token(asked).await.map(|issued| issued.scopes.to_string())
    };
    assert_eq!(asks(None).await.unwrap(), "reports");
    assert_eq!(asks(Some("")).await.unwrap(), "reports");
    assert_eq!(asks(Some("projects")).await.unwrap(), "projects");
    let word = scene.says(&claims(json!({"scope": "openid"})));
    let asked = TokenRequest {
        face: Face::named("side"),
        client: bearer(&word),
        grant: GrantRequest::ClientCredentials,
        scope: None,
        device_id: None,
    };
    assert_eq!(cause(scene.house.token(asked).await), "scope_not_allowed");
}

#[tokio::test]
async fn guessing_is_limited_and_written_down_like_any_other() {
    let scene = Scene::new().await;
    let wrong = bearer(&scene.says(&claims(json!({"client_secret": "guess"}))));
    let guess = async || {
        let stranger = caller_from("203.0.113.9");
        scene.house.engine.authenticate_client(&stranger, &Face::named("side"), &wrong).await
    };
    for _ in 0..20 {
        assert_eq!(cause(guess().await), "client_secret_wrong");
    }
    assert_eq!(cause(guess().await), "too_many_tries");
    assert!(scene.with(json!({})).await.is_ok(), "whoever is elsewhere notices nothing");
    let records = scene.house.audit(AuditKind::ClientAuthenticationFailed).await;
    assert_eq!((records.len(), records[0].details["cause"].as_str()), (20, "client_secret_wrong"));
    assert!(!serde_json::to_string(&records).unwrap().contains("guess"));
}
