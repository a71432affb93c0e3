//! The same stories in every dialect: they differ in how things are said, never in what is allowed.

use countersign::engine::admin::Actor;
use countersign::model::client::ClientType;
use countersign::model::settings::Placement;
use futures_util::future::join_all;
use serde_json::Value;

use super::house::{House, host};
use super::tongues::{self, CHAT, LASERFICHE, MACHINE, OIDC, Tongue, WITH_PEOPLE, WORKSECTION};
use super::wire::Ask;

const SCOPES: &str = "openid profile";

fn text<'j>(json: &'j Value, name: &str) -> &'j str {
    json[name].as_str().unwrap_or_else(|| panic!("{name}: {json}"))
}

#[tokio::test]
async fn a_code_is_redeemed_once() {
    for tongue in WITH_PEOPLE {
        let house = House::fresh().await;
        let (alice, app) = (house.person("alice").await, tongue.app(&house, "shop").await);
        let answer = alice.answers(&tongue.asks(&app, SCOPES)).await;
        let tokens = tongue.granted(&house.asks((tongue.redeem)(&app, &answer)).await);
        assert!(app.finds_active(text(&tokens, "access_token")).await, "{}", tongue.name);
        tongue.refused(&house.asks((tongue.redeem)(&app, &answer)).await, tongue.bad_grant);
        // The second was a replay: what the first yielded has ended.
        for token in ["access_token", "refresh_token"] {
            assert!(!app.finds_active(text(&tokens, token)).await, "{}: {token}", tongue.name);
        }
        tongue.refused(&house.asks((tongue.refresh)(&app, text(&tokens, "refresh_token"))).await, tongue.bad_grant);
    }
}

#[tokio::test]
async fn of_a_crowd_with_one_code_one_gets_tokens() {
    for tongue in WITH_PEOPLE {
        let house = House::fresh().await;
        let (alice, app) = (house.person("alice").await, tongue.app(&house, "shop").await);
        let answer = alice.answers(&tongue.asks(&app, SCOPES)).await;
        let replies = join_all((0..64).map(|_| house.asks((tongue.redeem)(&app, &answer)))).await;
        let given = replies.iter().filter(|reply| tongues::read(reply)["access_token"].is_string()).count();
        assert_eq!(given, 1, "{}", tongue.name);
        for reply in replies.iter().filter(|reply| !tongues::read(reply)["access_token"].is_string()) {
            tongue.refused(reply, tongue.bad_grant);
        }
    }
}

#[tokio::test]
async fn a_strangers_code_is_refused_and_stays_its_owners() {
    for tongue in WITH_PEOPLE {
        let house = House::fresh().await;
        let (alice, app) = (house.person("alice").await, tongue.app(&house, "shop").await);
        let stranger = tongue.app(&house, "stranger").await;
        let answer = alice.answers(&tongue.asks(&app, SCOPES)).await;
        tongue.refused(&house.asks((tongue.redeem)(&stranger, &answer)).await, tongue.bad_grant);
        let tokens = tongue.granted(&house.asks((tongue.redeem)(&app, &answer)).await);
        let refresh = text(&tokens, "refresh_token");
        tongue.refused(&house.asks((tongue.refresh)(&stranger, refresh)).await, tongue.bad_grant);
        tongue.granted(&house.asks((tongue.refresh)(&app, refresh)).await);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    for tongue in tongues::ALL {
        let house = House::fresh().await;
        let mut app = tongue.app(&house, "shop").await;
        app.secret = Some("not the secret of anybody".to_owned());
        tongue.refused(&house.asks((tongue.refresh)(&app, "whatever")).await, tongue.bad_client);
        app.id = "nobody".to_owned();
        tongue.refused(&house.asks((tongue.refresh)(&app, "whatever")).await, tongue.bad_client);
    }
}

#[tokio::test]
async fn a_disabled_user_is_cut_off_at_once() {
    for tongue in WITH_PEOPLE {
        let house = House::fresh().await;
        let (alice, app) = (house.person("alice").await, tongue.app(&house, "shop").await);
        let tokens = tongue.tokens(&app, &alice, SCOPES).await;
        let waiting = alice.answers(&tongue.asks(&app, SCOPES)).await;
        house.engine.disable_user(&Actor::host(), &host(), &alice.id, true).await.expect("a user");
        tongue.refused(&house.asks((tongue.redeem)(&app, &waiting)).await, tongue.bad_grant);
        tongue.refused(&house.asks((tongue.refresh)(&app, text(&tokens, "refresh_token"))).await, tongue.bad_grant);
        assert!(!app.finds_active(text(&tokens, "access_token")).await, "{}", tongue.name);
        if let Some(who) = tongue.who {
            tongue.refused(&house.asks(who(&app, text(&tokens, "access_token"))).await, tongue.bad_token);
        }
    }
}

#[tokio::test]
async fn a_rotated_token_that_comes_again_ends_the_family() {
    for tongue in tongues::ALL {
        let house = House::fresh().await;
        let app = tongue.app(&house, "shop").await;
        let first = match tongue.name {
            "machine" => MACHINE.granted(&house.asks(MACHINE.acts_alone(&app)).await),
            _ => tongue.tokens(&app, &house.person("alice").await, SCOPES).await,
        };
        let second = tongue.granted(&house.asks((tongue.refresh)(&app, text(&first, "refresh_token"))).await);
        assert_ne!(text(&first, "refresh_token"), text(&second, "refresh_token"), "{}", tongue.name);
        tongue.refused(&house.asks((tongue.refresh)(&app, text(&first, "refresh_token"))).await, tongue.bad_grant);
        tongue.refused(&house.asks((tongue.refresh)(&app, text(&second, "refresh_token"))).await, tongue.bad_grant);
        assert!(!app.finds_active(text(&second, "refresh_token")).await, "{}", tongue.name);
    }
}

#[tokio::test]
async fn a_token_of_one_dialect_is_explained_and_ended_by_the_server_and_worth_nothing_in_another() {
    for tongue in WITH_PEOPLE {
        let house = House::fresh().await;
        let (alice, app) = (house.person("alice").await, tongue.app(&house, "shop").await);
        let tokens = tongue.tokens(&app, &alice, SCOPES).await;
        let access = text(&tokens, "access_token");
        let worth = app.introspects(access).await.json();
        assert_eq!((&worth["active"], &worth["client_id"]), (&true.into(), &"shop".into()), "{}", tongue.name);
        assert_eq!(worth["sub"], alice.id.as_str(), "{}", tongue.name);
        for other in tongues::ALL.into_iter().filter(|other| other.name != tongue.name) {
            if let Some(who) = other.who {
                let reply = house.asks(who(&app, access)).await;
                // Where the client proves itself first, it is unknown; elsewhere its token is.
                let expected = if other.name == "worksection" { other.bad_client } else { other.bad_token };
                other.refused(&reply, expected);
            }
            let reply = house.asks((other.refresh)(&app, text(&tokens, "refresh_token"))).await;
            other.refused(&reply, other.bad_client);
        }
        if let Some(who) = tongue.who {
            assert_eq!(house.asks(who(&app, access)).await.status, 200, "{}: it works at home", tongue.name);
        }
        assert_eq!(app.revokes(access).await.status, 200);
        assert!(!app.finds_active(access).await, "{}", tongue.name);
        if let Some(who) = tongue.who {
            tongue.refused(&house.asks(who(&app, access)).await, tongue.bad_token);
        }
        assert_eq!(app.revokes(text(&tokens, "refresh_token")).await.status, 200);
        tongue.refused(&house.asks((tongue.refresh)(&app, text(&tokens, "refresh_token"))).await, tongue.bad_grant);
    }
}

#[tokio::test]
async fn a_client_without_the_dialect_is_unknown_in_its_shape() {
    let house = House::fresh().await;
    for tongue in tongues::ALL {
        for other in WITH_PEOPLE.into_iter().filter(|other| other.name != tongue.name) {
            let app = other.app(&house, &format!("of-{}-at-{}", other.name, tongue.name)).await;
            tongue.refused(&house.asks((tongue.refresh)(&app, "whatever")).await, tongue.bad_client);
        }
    }
}

#[tokio::test]
async fn a_client_of_several_dialects_is_served_in_each() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let names = ["oidc", "worksection", "laserfiche", "chat"];
    let app = super::app::App::register_in(&house, &names, "shop", ClientType::Web, vec![]).await;
    for tongue in WITH_PEOPLE {
        let answer = alice.answers(&app.asks(SCOPES)).await;
        if tongue.name == "worksection" {
            // Its first dialect asks for PKCE, and a redemption without the verifier is refused.
            tongue.refused(&house.asks((tongue.redeem)(&app, &answer)).await, tongue.bad_grant);
            continue;
        }
        tongue.granted(&house.asks((tongue.redeem)(&app, &answer)).await);
    }
}

#[tokio::test]
async fn switched_off_a_dialect_is_not_there_and_nothing_else_changes() {
    for tongue in tongues::ALL {
        let house = House::fresh().await;
        house.places(tongue.name, Placement::Switched(false)).await;
        for (path, method) in tongue.endpoints {
            let method = method.parse().expect("a method");
            assert_eq!(house.asks(Ask::new(method, *path)).await.status, 404, "{}: {path}", tongue.name);
        }
        for other in tongues::ALL.into_iter().filter(|other| other.name != tongue.name) {
            let app = other.app(&house, &format!("app-of-{}", other.name)).await;
            other.refused(&house.asks((other.refresh)(&app, "whatever")).await, other.bad_grant);
        }
        assert_eq!(house.gets("/oauth/keys").await.status, 200);
        assert_ne!(house.gets("/oauth/authorize").await.status, 404);
    }
}

#[tokio::test]
async fn another_prefix_moves_a_dialect_whole() {
    for (tongue, prefix) in
        [(&OIDC, "/oauth"), (&WORKSECTION, "/oauth2"), (&LASERFICHE, "/oauth"), (&CHAT, ""), (&MACHINE, "/v1")]
    {
        let house = House::fresh().await;
        house.places(tongue.name, Placement::Below("/moved/here".to_owned())).await;
        let moved = |tongue: &Tongue, mut ask: Ask| {
            ask.path = format!("/moved/here{}", ask.path.strip_prefix(prefix).expect(tongue.name));
            ask
        };
        for (path, method) in tongue.endpoints {
            let ask = Ask::new(method.parse().expect("a method"), *path);
            assert_eq!(house.asks(ask.clone()).await.status, 404, "{path} is left");
            assert_ne!(house.asks(moved(tongue, ask)).await.status, 404, "{path} is there");
        }
        let app = tongue.app(&house, "shop").await;
        tongue.refused(&house.asks(moved(tongue, (tongue.refresh)(&app, "whatever"))).await, tongue.bad_grant);
        tongue.shaped(&house.gets("/moved/here/nowhere").await, 404);
    }
}
