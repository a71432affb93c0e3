use std::time::Duration;

use data_encoding::BASE64;

use crate::base::secret::Secret;
use crate::engine::authenticate_client::Presented;
use crate::engine::house::{House, SECRET, START, as_client, caller, caller_from, cause, client, face, secret};
use crate::engine::{Denied, Engine};
use crate::model::audit::AuditKind;
use crate::model::client::{Client, ClientSecret, ClientType, SecretHash};
use crate::model::face::Face;
use crate::model::refusal::Refusal;

impl House {
    async fn proves(&self, presented: Presented) -> Result<bool, Denied> {
        let proved = self.engine.authenticate_client(&caller(), &face(), &presented).await;
        proved.map(|client| client.has_proved())
    }
}

fn header(value: impl Into<String>) -> Presented {
    Presented { authorization: Some(Secret::new(value.into())), ..Presented::default() }
}

fn basic(pair: &str) -> Presented {
    header(format!("Basic {}", BASE64.encode(pair.as_bytes())))
}

fn in_body(id: &str, secret: &str) -> Presented {
    Presented { client_secret: Some(Secret::new(secret)), ..as_client(id) }
}

#[tokio::test]
async fn header_and_body_prove_the_same() {
    let house = House::new().await;
    assert!(house.proves(basic(&format!("web:{SECRET}"))).await.unwrap());
    assert!(
        house.proves(header(format!("bASIC {}", BASE64.encode(format!("web:{SECRET}").as_bytes())))).await.unwrap()
    );
    assert!(house.proves(in_body("web", SECRET)).await.unwrap());
    let beside = Presented { client_id: Some("web".to_owned()), ..basic(&format!("web:{SECRET}")) };
    assert!(house.proves(beside.clone()).await.unwrap());
    let empty = Presented { client_secret: Some(Secret::new("")), ..beside };
    assert!(house.proves(empty).await.unwrap(), "an empty secret beside a header is none");
}

#[tokio::test]
async fn what_contradicts_itself_is_refused() {
    let house = House::new().await;
    let good = basic(&format!("web:{SECRET}"));
    let twice = Presented { client_secret: Some(Secret::new(SECRET)), ..good.clone() };
    assert_eq!(cause(house.proves(twice).await), "credentials_twice");
    let another = Presented { client_id: Some("other".to_owned()), ..good };
    assert_eq!(cause(house.proves(another).await), "client_mismatch");
    assert_eq!(cause(house.proves(Presented::default()).await), "client_missing");
    assert_eq!(cause(house.proves(in_body("", SECRET)).await), "client_missing");
    let encoded = BASE64.encode(format!("web:{SECRET}").as_bytes());
    let unpadded = encoded.trim_end_matches('=').to_owned() + if encoded.ends_with('=') { "" } else { "=" };
    for wrong in [
        "Basic".to_owned(),
        "Basic ".to_owned(),
        format!("Bearer {encoded}"),
        format!("Basic {unpadded}"),
        format!("Basic {encoded}, Basic {encoded}"),
        format!("Basic {}", BASE64.encode(b"no-colon")),
        format!("Basic {}", BASE64.encode(b":secret")),
        format!("Basic {}", BASE64.encode(b"web:\xff")),
    ] {
        assert_eq!(cause(house.proves(header(&wrong)).await), "credentials_malformed", "{wrong}");
    }
}

#[tokio::test]
async fn a_header_is_decoded_and_also_taken_as_it_is() {
    let house = House::new().await;
    for (plain, encoded) in [("a b+c%d:e-and-some-more-characters", "a+b%2Bc%25d%3Ae-and-some-more-characters")] {
        house.change::<Client>("web", |web| web.secrets = vec![secret(plain, None)]).await;
        assert!(house.proves(basic(&format!("web:{encoded}"))).await.unwrap(), "as RFC 6749 says");
        assert!(house.proves(basic(&format!("web:{plain}"))).await.unwrap(), "as many clients do");
        assert!(house.proves(in_body("web", plain)).await.unwrap());
        assert_eq!(cause(house.proves(in_body("web", encoded)).await), "client_secret_wrong");
    }
    // A sign that decodes to something else is still taken as it is.
    house.change::<Client>("web", |web| web.secrets = vec![secret("a+b%2Bc-and-some-more-characters", None)]).await;
    assert!(house.proves(basic("web:a+b%2Bc-and-some-more-characters")).await.unwrap());
    assert_eq!(cause(house.proves(basic("web:a b+c-and-some-more-characters")).await), "client_secret_wrong");

    house.keep(&client("https://app.example/id")).await;
    assert!(house.proves(basic(&format!("https%3A%2F%2Fapp.example%2Fid:{SECRET}"))).await.unwrap());
}

#[tokio::test]
async fn causes_are_told_apart_inside() {
    let house = House::new().await;
    assert_eq!(cause(house.proves(in_body("nobody", SECRET)).await), "client_unknown");
    assert_eq!(cause(house.proves(in_body("web", "wrong")).await), "client_secret_wrong");
    assert_eq!(cause(house.proves(in_body("web", &SECRET[..SECRET.len() - 1])).await), "client_secret_wrong");
    assert_eq!(cause(house.proves(in_body("web", &format!("{SECRET}x"))).await), "client_secret_wrong");
    assert_eq!(cause(house.proves(in_body("web", "")).await), "client_secret_missing");
    let elsewhere = house.engine.authenticate_client(&caller(), &Face::named("another"), &as_client("web")).await;
    assert_eq!(cause(elsewhere), "client_of_another_face");
    house.change::<Client>("web", |web| web.disabled_at = Some(START)).await;
    assert_eq!(cause(house.proves(as_client("web")).await), "client_disabled");
    assert_eq!(cause(house.proves(in_body("web", "wrong")).await), "client_secret_wrong");
}

#[tokio::test]
async fn a_public_client_says_its_name_and_nothing_it_does_not_know() {
    let house = House::new().await;
    for kind in [ClientType::Spa, ClientType::Native] {
        house.change::<Client>("web", |web| (web.kind, web.secrets) = (kind, vec![])).await;
        assert!(!house.proves(in_body("web", "")).await.unwrap());
        assert!(!house.proves(basic("web:")).await.unwrap());
        assert_eq!(cause(house.proves(in_body("web", SECRET)).await), "client_secret_wrong");
        assert_eq!(cause(house.proves(basic("web:x")).await), "client_secret_wrong");
    }
}

#[tokio::test]
async fn several_secrets_live_side_by_side_until_they_expire() {
    let house = House::new().await;
    let (old, new) = ("cs_old-secret-of-thirty-two-characters", "cs_new-secret-of-thirty-two-characters");
    let end = START.plus(Duration::from_secs(60));
    house.change::<Client>("web", |web| web.secrets = vec![secret(old, Some(end)), secret(new, None)]).await;
    house.clock.advance(Duration::from_secs(59));
    assert!(house.proves(in_body("web", old)).await.unwrap() && house.proves(in_body("web", new)).await.unwrap());
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(cause(house.proves(in_body("web", old)).await), "client_secret_wrong");
    assert!(house.proves(in_body("web", new)).await.unwrap());
}

#[tokio::test]
async fn a_secret_that_somebody_chose_is_checked_too() {
    let house = House::new().await;
    let phc = house.engine.gate.hasher.hash(&Secret::new("chosen by hand")).await.unwrap();
    let chosen = ClientSecret { hash: SecretHash::Argon2id(phc.as_str().to_owned()), ..secret("chosen by hand", None) };
    house.change::<Client>("web", |web| web.secrets.insert(0, chosen)).await;
    assert!(house.proves(in_body("web", "chosen by hand")).await.unwrap());
    assert!(house.proves(in_body("web", SECRET)).await.unwrap());
    assert_eq!(cause(house.proves(in_body("web", "chosen by foot")).await), "client_secret_wrong");
}

#[tokio::test]
async fn guessing_is_slowed_down_for_the_guesser_only() {
    let house = House::new().await;
    let guess = async |engine: &Engine, from: &str, text: &str| {
        engine.authenticate_client(&caller_from(from), &face(), &in_body("web", text)).await
    };
    let mut limited = 0;
    for n in 0..1000 {
        match guess(&house.engine, "203.0.113.9", &format!("guess {n}")).await {
            Err(Denied::Refused(Refusal::TooManyTries(wait))) => {
                assert!((1..=60).contains(&wait));
                limited += 1;
            }
            answer => assert_eq!(cause(answer), "client_secret_wrong"),
        }
    }
    assert_eq!(limited, 980);
    assert_eq!(cause(guess(&house.engine, "203.0.113.9", SECRET).await), "too_many_tries");
    guess(&house.engine, "192.0.2.7", SECRET).await.unwrap();
    let other = house.engine.authenticate_client(&caller_from("203.0.113.9"), &face(), &in_body("other", "x")).await;
    assert_eq!(cause(other), "client_unknown");
    house.clock.advance(Duration::from_secs(120));
    guess(&house.engine, "203.0.113.9", SECRET).await.unwrap();
}

#[tokio::test]
async fn failures_are_recorded_without_what_was_presented() {
    let house = House::new().await;
    assert_eq!(cause(house.proves(in_body("web", "hunter2-hunter2")).await), "client_secret_wrong");
    let records = house.audit(AuditKind::ClientAuthenticationFailed).await;
    let [record] = &records[..] else { panic!("one record") };
    assert_eq!(record.client.as_ref().map(|id| id.as_str()), Some("web"));
    assert_eq!(record.details["cause"], "client_secret_wrong");
    assert!(!serde_json::to_string(record).unwrap().contains("hunter2"));
}
