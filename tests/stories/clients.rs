//! How applications prove who they are, and what guessing gets.

use countersign::base::clock::Timestamp;
use countersign::base::ids::ClientId;
use countersign::engine::admin::Actor;
use data_encoding::BASE64;
use poem::http::Method;

use super::app::App;
use super::house::{House, host};
use super::wire::Ask;

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn refuses_credentials_that_are_odd_or_come_twice() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let secret = shop.secret.clone().unwrap();
    let tokens = alice.gives(&shop, "openid").await;
    let form = [("token", tokens.access.as_str())];
    let ask = || Ask::post("/oauth/introspect", &form);
    let pair = BASE64.encode(format!("shop:{secret}").as_bytes());
    let percent: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
    for (what, good) in [
        ("as the standard says", ask().basic("shop", &secret)),
        ("as it is", ask().basic_as_it_is(&format!("shop:{secret}"))),
        ("every character encoded", ask().basic_as_it_is(&format!("%73%68%6F%70:{percent}"))),
        ("another case of the scheme", ask().header("authorization", format!("bAsIc {pair}"))),
        (
            "the id beside it",
            Ask::post("/oauth/introspect", &[&form[..], &[("client_id", "shop")]].concat()).basic("shop", &secret),
        ),
        (
            "in the body",
            Ask::post("/oauth/introspect", &[&form[..], &[("client_id", "shop"), ("client_secret", &secret)]].concat()),
        ),
    ] {
        let reply = house.asks(good).await;
        assert_eq!((reply.status, &reply.json()["active"]), (200, &true.into()), "{what}: {reply}");
    }
    let both = [&form[..], &[("client_id", "shop"), ("client_secret", &*secret)]].concat();
    let both = house.asks(Ask::post("/oauth/introspect", &both).basic("shop", &secret)).await;
    assert_eq!(both.refuses(400, "invalid_request").header("www-authenticate"), None);
    let another = [&form[..], &[("client_id", "other")]].concat();
    house.asks(Ask::post("/oauth/introspect", &another).basic("shop", &secret)).await.refuses(400, "invalid_request");
    for (what, bad) in [
        ("no colon", ask().basic_as_it_is("shop")),
        ("no name", ask().basic_as_it_is(&format!(":{secret}"))),
        ("no secret", ask().basic_as_it_is("shop:")),
        ("nobody", ask().basic("nobody", &secret)),
        ("a space for a plus", ask().basic_as_it_is(&format!("shop+:{secret}"))),
        ("a half escape", ask().basic_as_it_is(&format!("shop%7:{secret}"))),
        ("no text", ask().header("authorization", format!("Basic {}", BASE64.encode(b"shop:\xff\xfe")))),
        ("no base64", ask().header("authorization", "Basic ???")),
        ("nothing", ask().header("authorization", "Basic")),
        (
            "no padding",
            ask().header("authorization", format!("Basic {}", pair.trim_end_matches('=').to_owned() + "AA")),
        ),
        (
            "two at once",
            ask().header("authorization", format!("Basic {pair}")).header("authorization", format!("Basic {pair}")),
        ),
        ("two in one", ask().header("authorization", format!("Basic {pair}, Basic {pair}"))),
        ("another scheme", ask().bearer(&secret)),
        ("encoded twice", ask().basic_as_it_is(&format!("shop:{}", percent.replace('%', "%25")))),
    ] {
        let reply = house.asks(bad).await;
        reply.refuses(401, "invalid_client");
        assert!(reply.header("www-authenticate").is_some_and(|said| said.starts_with("Basic ")), "{what}: {reply}");
        house.later(30);
    }
    let in_body = [&form[..], &[("client_id", "shop"), ("client_secret", "wrong")]].concat();
    let reply = house.asks(Ask::post("/oauth/introspect", &in_body)).await;
    assert_eq!(reply.refuses(401, "invalid_client").header("www-authenticate"), None, "nothing was asked by header");
    let in_query = format!("/oauth/introspect?client_id=shop&client_secret={secret}");
    let reply = house.asks(Ask::new(Method::POST, in_query).typed(FORM, super::wire::encode(&form))).await;
    reply.refuses(401, "invalid_client");
}

#[tokio::test]
async fn several_secrets_live_side_by_side_until_each_ends() {
    let house = House::fresh().await;
    let shop = house.app_with("shop", countersign::model::client::ClientType::Web, vec![App::acting_alone()]).await;
    let (actor, id) = (Actor::host(), ClientId::from_text("shop"));
    let soon = Some(Timestamp(house.now() + 60));
    let brief = house.engine.add_secret(&actor, &host(), &id, soon).await.unwrap();
    let new = house.engine.add_secret(&actor, &host(), &id, None).await.unwrap();
    let works = async |secret: &str| {
        let ask = Ask::post("/oauth/token", &[("grant_type", "client_credentials")]).basic("shop", secret);
        house.asks(ask).await.status == 200
    };
    let old = shop.secret.clone().unwrap();
    assert!(works(&old).await && works(brief.secret.expose()).await && works(new.secret.expose()).await);
    house.later(60);
    assert!(works(&old).await && !works(brief.secret.expose()).await && works(new.secret.expose()).await);
    let first = house.engine.client_detail(&actor, &id).await.unwrap().client.secrets[0].id.clone();
    house.engine.remove_secret(&actor, &host(), &id, &first).await.unwrap();
    assert!(!works(&old).await && works(new.secret.expose()).await);
}

#[tokio::test]
async fn refuses_to_be_guessed_at_and_lets_the_right_one_in_from_elsewhere() {
    let house = House::fresh().await;
    let shop = house.app_with("shop", countersign::model::client::ClientType::Web, vec![App::acting_alone()]).await;
    let secret = shop.secret.clone().unwrap();
    let tries = async |secret: &str, network: &str| {
        let ask = Ask::post("/oauth/token", &[("grant_type", "client_credentials")]).basic("shop", secret);
        house.asks(ask.coming_from(network)).await
    };
    let (mut wrong, mut limited) = (0, 0);
    for n in 0..1000 {
        let reply = tries(&format!("cs_{n}"), "203.0.113.9").await;
        match reply.status {
            401 => wrong += 1,
            429 => {
                reply.refuses(429, "temporarily_unavailable");
                assert!(reply.header("retry-after").unwrap().parse::<u64>().is_ok_and(|wait| (1..=60).contains(&wait)));
                limited += 1;
            }
            _ => panic!("{reply}"),
        }
        if n % 50 == 0 {
            assert_eq!(tries(&secret, "192.0.2.7").await.status, 200, "elsewhere nobody notices");
        }
    }
    assert!(wrong <= 30 && limited >= 970, "{wrong} were answered");
    assert_eq!(tries(&secret, "203.0.113.9").await.status, 429);
    house.later(120);
    assert_eq!(tries(&secret, "203.0.113.9").await.status, 200);
}

#[tokio::test]
async fn refuses_a_guesser_who_makes_up_addresses() {
    let house = House::fresh().await;
    house.app_with("shop", countersign::model::client::ClientType::Web, vec![App::acting_alone()]).await;
    for claim in ["x-forwarded-for: 203.0.113.N", "forwarded: for=203.0.113.N", "x-real-ip: 203.0.113.N"] {
        let (name, value) = claim.split_once(": ").unwrap();
        let mut limited = false;
        for n in 0..50 {
            let ask = Ask::post("/oauth/token", &[("grant_type", "client_credentials")]).basic("shop", "cs_wrong");
            let reply = house.asks(ask.header(name, value.replace('N', &n.to_string()))).await;
            limited |= reply.status == 429;
        }
        assert!(limited, "what a stranger says of {name} is not believed");
        house.later(600);
    }
}

#[tokio::test]
async fn refuses_to_guess_passwords_without_end() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let page = alice.browser.opens("/login").await;
    let csrf = super::browser::Form::on(&page).hidden("csrf").to_owned();
    let mut seen = Vec::new();
    for n in 0..40 {
        let guess = format!("a guess of some length {n}");
        let fields = [("csrf", &*csrf), ("username", "alice"), ("password", &guess)];
        let reply = alice.browser.sends(Ask::post("/login", &fields).coming_from("203.0.113.9")).await;
        assert!(reply.is_page() && !reply.body.contains(&guess), "{reply}");
        if reply.status == 429 {
            assert!(reply.header("retry-after").is_some(), "{reply}");
        }
        seen.push(reply.status);
    }
    assert!(seen[..4].iter().all(|status| *status == 401) && seen[39] == 429, "{seen:?}");
    house.later(3600);
    assert_eq!(alice.gives_password(&page).await.location(), "/");
}
