//! What each parameter may be, and what the client is told otherwise.

use super::*;
use crate::engine::house::{START, minutes};
use crate::model::client::{ClientType, GrantType};
use crate::model::interaction::{Interaction, ResponseMode};
use crate::model::lifetime::Lifetime;
use crate::model::refusal::Refusal;
use crate::model::scope::{Scope, ScopeDefinition, Scopes};

use Refusal::{ParameterMalformed, ParameterMissing};

/// The request as it was understood; everything else is done by people.
async fn understood(scene: &Scene, changed: &[(&str, &str)]) -> crate::model::interaction::AuthorizationRequest {
    let id = waiting(scene.asks(changed, None).await);
    scene.house.find::<Interaction>(id.as_str()).await.request
}

#[tokio::test]
async fn every_other_refusal_is_told_to_the_client_with_its_state() {
    let scene = Scene::new().await;
    let long = "x".repeat(513);
    let cases: &[(&[(&str, &str)], Refusal)] = &[
        (&[("request", "eyJ")], Refusal::RequestObjectUnsupported),
        (&[("request_uri", "https://a.test/r")], Refusal::RequestUriUnsupported),
        (&[("registration", "{}")], Refusal::RegistrationUnsupported),
        (&[("response_type", "")], ParameterMissing("response_type")),
        (&[("response_type", "token")], Refusal::ResponseTypeUnsupported),
        (&[("response_type", "code id_token")], Refusal::ResponseTypeUnsupported),
        (&[("response_type", "Code")], Refusal::ResponseTypeUnsupported),
        (&[("response_mode", "fragment")], Refusal::ResponseModeUnsupported),
        (&[("code_challenge", "")], ParameterMalformed("code_challenge_method")),
        (&[("code_challenge", ""), ("code_challenge_method", "")], Refusal::ChallengeMissing),
        (&[("code_challenge_method", "")], Refusal::ChallengeMethodUnsupported),
        (&[("code_challenge_method", "plain")], Refusal::ChallengeMethodUnsupported),
        (&[("code_challenge_method", "s256")], Refusal::ChallengeMethodUnsupported),
        (&[("prompt", "none login")], Refusal::PromptContradictory),
        (&[("prompt", "create")], ParameterMalformed("prompt")),
        (&[("prompt", "Login")], ParameterMalformed("prompt")),
        (&[("max_age", "-1")], ParameterMalformed("max_age")),
        (&[("max_age", "+1")], ParameterMalformed("max_age")),
        (&[("max_age", "1.5")], ParameterMalformed("max_age")),
        (&[("max_age", "99999999999999999999")], ParameterMalformed("max_age")),
        (&[("nonce", &long)], ParameterMalformed("nonce")),
        (&[("scope", "openid admin")], Refusal::ScopeNotAllowed),
        (&[("scope", "openid open\"id")], Refusal::ScopeNotAllowed),
        (&[("scope", "OpenID")], Refusal::ScopeNotAllowed),
        (&[("claims", "{")], ParameterMalformed("claims")),
        (&[("claims", "[]")], ParameterMalformed("claims")),
        (&[("claims", r#"{"id_token":{"email":5}}"#)], ParameterMalformed("claims")),
        (&[("claims", r#"{"id_token":{"sub":{"value":5}}}"#)], ParameterMalformed("claims")),
        (&[("claims", r#"{"id_token":{"sub":{"values":["a","b"]}}}"#)], ParameterMalformed("claims")),
        (&[("claims", r#"{"id_token":{"acr":{"essential":true,"value":"9"}}}"#)], Refusal::AcrUnmet),
        (&[("id_token_hint", "eyJ.e30.")], Refusal::HintInvalid),
    ];
    for (changed, refusal) in cases {
        for mode in ["", "query", "form_post"] {
            let changed: Vec<_> = std::iter::once(("response_mode", mode)).chain(changed.iter().copied()).collect();
            let told = told(scene.asks(&changed, None).await);
            assert_eq!(told.refusal, *refusal, "{changed:?}");
            assert_eq!(told.redirect.as_str(), CALLBACK);
            assert_eq!(told.state.as_deref(), Some("xyz"));
            let form = mode == "form_post" && *refusal != Refusal::ResponseModeUnsupported;
            assert_eq!(told.mode, if form { ResponseMode::FormPost } else { ResponseMode::Query });
        }
    }
    assert_eq!(scene.house.all::<Interaction>().await, [], "what is refused is not kept");
}

#[tokio::test]
async fn an_error_carries_state_and_issuer_in_this_order() {
    let scene = Scene::new().await;
    let told = told(scene.asks(&[("response_type", "token")], None).await);
    let identity = scene.house.engine.identity();
    let response = AuthorizationResponse::error(identity, &told, "unsupported_response_type", "Only code.");
    let names: Vec<_> = response.parameters.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["error", "error_description", "state", "iss"]);
    assert_eq!(
        response.url(),
        "https://app.example/callback?error=unsupported_response_type&error_description=Only%20code.&state=xyz\
         &iss=https%3A%2F%2Fid.example"
    );
}

#[tokio::test]
async fn state_comes_back_byte_for_byte() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    for state in ["\"><script>alert(1)</script>", "a\r\nSet-Cookie: x=1", "%41+ %2B&=#?é\u{1F511}", &"s".repeat(4096)]
    {
        let response = done(scene.asks(&[("state", state)], Some(&alice)).await);
        assert_eq!(response.parameters[1], ("state", state.to_owned()));
        let url = url::Url::parse(&response.url()).unwrap();
        assert!(url.query_pairs().any(|(name, value)| name == "state" && value == state), "{state}");
        assert_eq!(
            told(scene.asks(&[("state", state), ("scope", "nothing")], None).await).state.as_deref(),
            Some(state)
        );
    }
    let none = done(scene.asks(&[("state", "")], Some(&alice)).await);
    let names: Vec<_> = none.parameters.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["code", "iss"]);
    let long = told(scene.asks(&[("state", &"s".repeat(4097))], Some(&alice)).await);
    assert_eq!((long.refusal, long.state), (ParameterMalformed("state"), None));
}

#[tokio::test]
async fn a_challenge_is_43_characters_and_at_most_one_padding() {
    let scene = Scene::new().await;
    let challenge = async |text: &str| understood(&scene, &[("code_challenge", text)]).await.challenge;
    assert_eq!(challenge(CHALLENGE).await.as_deref(), Some(CHALLENGE));
    assert_eq!(challenge(&format!("{CHALLENGE}=")).await.as_deref(), Some(CHALLENGE));
    let too_long = format!("{CHALLENGE}A");
    let bad = [
        &CHALLENGE[..42],
        &too_long,
        &format!("{CHALLENGE}=="),
        &format!("{}=", &CHALLENGE[..42]),
        &format!("={CHALLENGE}"),
        &CHALLENGE.replace('-', "+"),
        &CHALLENGE.replace('_', "/"),
        &format!("{} ", &CHALLENGE[..42]),
        &format!("{}é", &CHALLENGE[..41]),
        &format!("{}=A", &CHALLENGE[..41]),
    ];
    for text in bad {
        let told = told(scene.asks(&[("code_challenge", text)], None).await);
        assert_eq!(told.refusal, ParameterMalformed("code_challenge"), "{text}");
    }
}

#[tokio::test]
async fn only_a_confidential_client_may_be_let_off_the_challenge() {
    let scene = Scene::new().await;
    let without = [("code_challenge", ""), ("code_challenge_method", "")];
    scene.house.change::<Client>("web", |client| client.require_pkce = false).await;
    assert_eq!(understood(&scene, &without).await.challenge, None);
    assert!(understood(&scene, &[]).await.challenge.is_some(), "one that was given counts");
    for kind in [ClientType::Spa, ClientType::Native] {
        scene.house.change::<Client>("web", |client| client.kind = kind).await;
        assert_eq!(told(scene.asks(&without, None).await).refusal, Refusal::ChallengeMissing);
    }
}

#[tokio::test]
async fn scopes_must_exist_and_be_the_clients() {
    let scene = Scene::new().await;
    let scopes = async |text: &str| understood(&scene, &[("scope", text)]).await.scopes.to_string();
    assert_eq!(scopes("profile  openid profile").await, "openid profile");
    assert_eq!(told(scene.asks(&[("scope", "openid phone")], None).await).refusal, Refusal::ScopeNotAllowed);
    assert_eq!(told(scene.asks(&[("scope", "projects")], None).await).refusal, Refusal::ScopeNotAllowed);
    let projects = ScopeDefinition {
        name: Scope::parse("projects").unwrap(),
        description: "See your projects".to_owned(),
        claims: vec![],
        managed: false,
    };
    scene.house.keep(&projects).await;
    assert_eq!(scopes("projects").await, "projects");
    assert_eq!(scopes("").await, "email groups profile projects", "absent: all but those asked for by name");
    scene
        .house
        .change::<Client>("web", |client| {
            client.scopes = Scopes::parse("openid offline_access authorize administrative").unwrap()
        })
        .await;
    assert_eq!(scopes("").await, "");
}

#[tokio::test]
async fn standing_access_means_nothing_to_a_client_without_refresh_tokens() {
    let scene = Scene::new().await;
    let asked = [("scope", "openid offline_access")];
    assert_eq!(understood(&scene, &asked).await.scopes.to_string(), "offline_access openid");
    scene.house.change::<Client>("web", |client| client.grants = [GrantType::AuthorizationCode].into()).await;
    assert_eq!(understood(&scene, &asked).await.scopes.to_string(), "openid");
    scene
        .house
        .change::<Client>("web", |client| {
            client.grants = [GrantType::AuthorizationCode, GrantType::RefreshToken].into()
        })
        .await;
    scene.house.change::<Client>("web", |client| client.scopes = Scopes::parse("openid").unwrap()).await;
    assert_eq!(told(scene.asks(&asked, None).await).refusal, Refusal::ScopeNotAllowed);
}

#[tokio::test]
async fn what_only_suggests_is_taken_as_a_suggestion() {
    let scene = Scene::new().await;
    let request = understood(
        &scene,
        &[
            ("login_hint", "  alice@example.org "),
            ("ui_locales", "de-CH  en <script>"),
            ("claims_locales", "de"),
            ("display", "touch"),
            ("acr_values", "5 4"),
            ("max_age", "0"),
            ("nonce", "n-1"),
            ("prompt", "login  consent"),
            ("unheard", "of"),
        ],
    )
    .await;
    assert_eq!(request.login_hint.as_deref(), Some("alice@example.org"));
    assert_eq!(request.ui_locales, ["de-CH", "en"]);
    assert_eq!((request.max_age, request.nonce.as_deref()), (Some(0), Some("n-1")));
    assert!(request.prompt.login && request.prompt.consent && !request.prompt.none && !request.prompt.select_account);
    for hint in [&"a".repeat(257), "a\nb", " "] {
        assert_eq!(understood(&scene, &[("login_hint", hint)]).await.login_hint, None);
    }
}

#[tokio::test]
async fn single_claims_count_as_far_as_the_client_may_be_told() {
    let scene = Scene::new().await;
    let claims =
        r#"{"id_token":{"email":{"essential":true},"phone_number":null,"sub":{"value":"alice-id"}},"other":5}"#;
    let request = understood(&scene, &[("claims", claims), ("prompt", "login")]).await;
    assert_eq!(request.claims.id_token.keys().collect::<Vec<_>>(), ["email"]);
    assert_eq!(request.expected_user.map(|user| user.to_string()).as_deref(), Some("alice-id"));
    let plain = understood(&scene, &[("claims", claims), ("scope", "profile")]).await;
    assert!(plain.claims.is_empty() && plain.expected_user.is_none(), "outside OpenID it means nothing");
}

#[tokio::test]
async fn a_hint_is_an_id_token_of_ours_given_to_this_client() {
    let scene = Scene::new().await;
    let house = &scene.house;
    let issued = house.sign_in("openid profile").await;
    let hint = issued.id_token.unwrap();
    let expected = async |hint: &str| understood(&scene, &[("id_token_hint", hint)]).await.expected_user;
    assert_eq!(expected(hint.expose()).await.map(|user| user.to_string()).as_deref(), Some("alice-id"));
    house.clock.advance(minutes(24 * 60));
    assert!(house.engine.now() > START && expected(hint.expose()).await.is_some(), "an expired one is fine");

    let (signed, signature) = hint.expose().rsplit_once('.').unwrap();
    let other = crate::engine::house::client("other");
    let other = Client {
        redirect_uris: vec![address(CALLBACK)],
        client_key: "o".into(),
        access_ttl: Lifetime::seconds(9),
        ..other
    };
    house.keep(&other).await;
    let bad = [
        ("web", issued.access_token.expose().to_owned()),
        ("web", format!("{signed}.")),
        ("web", format!("{signed}.{}", &signature[1..])),
        ("web", "nonsense".to_owned()),
        ("other", hint.expose().to_owned()),
    ];
    for (client, hint) in bad {
        let told = told(scene.asks(&[("client_id", client), ("id_token_hint", &hint)], None).await);
        assert_eq!(told.refusal, Refusal::HintInvalid, "{client} {hint}");
    }
    let contradicts = [("id_token_hint", hint.expose()), ("claims", r#"{"id_token":{"sub":{"value":"bob-id"}}}"#)];
    assert_eq!(told(scene.asks(&contradicts, None).await).refusal, ParameterMalformed("claims"));
}
