//! Where nothing may be sent: until client and address are certain, there is a page and never a redirect.

use super::*;
use crate::engine::house::client;
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::{ClientType, GrantType};
use crate::model::face::Face;
use crate::model::refusal::Refusal;

#[tokio::test]
async fn without_a_sound_client_there_is_a_page() {
    let scene = Scene::new().await;
    let house = &scene.house;
    let mut off = client("off");
    off.disabled_at = Some(off.created_at);
    let mut elsewhere = client("elsewhere");
    elsewhere.faces = [Face::named("back")].into();
    for mut client in [off, elsewhere] {
        client.redirect_uris = vec![address(CALLBACK)];
        house.keep(&client).await;
    }
    let cases = [
        ("", Refusal::ClientMissing),
        ("nobody", Refusal::ClientUnknown),
        ("WEB", Refusal::ClientUnknown),
        ("web/../web", Refusal::ClientUnknown),
        ("off", Refusal::ClientDisabled),
        ("elsewhere", Refusal::ClientOfAnotherFace),
    ];
    let alice = scene.alice().await;
    for (id, refusal) in cases {
        for prompt in ["", "none"] {
            let page = on_page(scene.asks(&[("client_id", id), ("prompt", prompt)], Some(&alice)).await);
            assert_eq!(page.refusal, refusal, "{id}");
            assert_eq!(page.client_name.is_some(), house.engine.ledger.find::<Client>(id).await.unwrap().is_some());
        }
    }
}

#[tokio::test]
async fn a_client_that_may_not_use_the_endpoint_is_told_at_its_own_address() {
    let scene = Scene::new().await;
    let mut machine = client("machine");
    machine.grants = [GrantType::ClientCredentials].into();
    machine.redirect_uris = vec![address(CALLBACK)];
    scene.house.keep(&machine).await;
    match scene.asks(&[("client_id", "machine"), ("state", "s")], None).await {
        Err(AuthorizeRefused::Redirect(told)) => {
            assert_eq!((told.refusal, told.state.as_deref()), (Refusal::GrantTypeNotAllowed, Some("s")));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_address_that_is_not_registered_meets_a_page_that_shows_the_difference() {
    let scene = Scene::new().await;
    let page = on_page(scene.asks(&[("redirect_uri", "https://app.example/callback/")], None).await);
    assert_eq!(page.refusal, Refusal::RedirectUnregistered);
    assert_eq!(page.client_name.as_deref(), Some("web"));
    assert_eq!(page.sent.as_deref(), Some("https://app.example/callback/"));
    assert_eq!(page.registered, [CALLBACK]);
    let page = on_page(scene.asks(&[("redirect_uri", "")], None).await);
    assert_eq!((page.refusal, page.sent), (Refusal::ParameterMissing("redirect_uri"), None));

    let log: Vec<AuditRecord> = scene.house.all().await;
    let noted: Vec<_> = log.iter().filter(|record| record.kind == AuditKind::AuthorizationRefused).collect();
    assert_eq!(noted.len(), 2);
    assert!(noted.iter().any(|record| record.details["cause"] == "redirect_unregistered"));
}

/// For `https://a.test/cb`, `https://a.test/cb?x=1` and, for a native client, `http://127.0.0.1/cb`.
const NEAR_MISSES: [&str; 44] = [
    "https://a.test/cb/",
    "https://a.test/cB",
    "https://A.test/cb",
    "HTTPS://a.test/cb",
    "http://a.test/cb",
    "https://a.test:443/cb",
    "https://a.test:444/cb",
    "https://a.test./cb",
    "https://a.test/cb?",
    "https://a.test/cb?x=2",
    "https://a.test/cb?x=1&y=2",
    "https://a.test/cb?y=2&x=1",
    "https://a.test/cb&x=1",
    "https://a.test/cb#",
    "https://a.test/cb#x",
    "https://a.test/cb%23",
    "https://a.test/%63b",
    "https://a.test/c%62",
    "https://a.test/%2563b",
    "https://a.test/%2e/cb",
    "https://a.test/./cb",
    "https://a.test/x/../cb",
    "https://a.test/..;/cb",
    "https://a.test//cb",
    "https:///a.test/cb",
    "https:/a.test/cb",
    "https:a.test/cb",
    "//a.test/cb",
    "/cb",
    "cb",
    "https://www.a.test/cb",
    "https://a.test.evil.test/cb",
    "https://evil.test/https://a.test/cb",
    "https://a.test@evil.test/cb",
    "https://evil.test@a.test/cb",
    "https://evil.test\\@a.test/cb",
    "https://a.test\\cb",
    "https://a\u{2024}test/cb",
    "https://\u{430}.test/cb",
    " https://a.test/cb",
    "https://a.test/cb\u{0}",
    "javascript:alert(1)//https://a.test/cb",
    "http://localhost/cb",
    "http://127.0.0.1@evil.test/cb",
];

#[tokio::test]
async fn no_near_miss_is_redirected_to() {
    let scene = Scene::new().await;
    let registered = ["https://a.test/cb", "https://a.test/cb?x=1", "http://127.0.0.1/cb"];
    let alice = scene.alice().await;
    for kind in [ClientType::Web, ClientType::Native] {
        scene
            .house
            .change::<Client>("web", |client| {
                client.kind = kind;
                client.redirect_uris = registered.map(address).into();
            })
            .await;
        for uri in registered {
            assert_eq!(done(scene.asks(&[("redirect_uri", uri)], Some(&alice)).await).redirect.as_str(), uri);
        }
        for uri in NEAR_MISSES {
            for prompt in ["", "none", "login none"] {
                let page = on_page(scene.asks(&[("redirect_uri", uri), ("prompt", prompt)], Some(&alice)).await);
                assert_eq!(page.refusal, Refusal::RedirectUnregistered, "{uri}");
            }
        }
    }
    let ports = async |uri| scene.asks(&[("redirect_uri", uri)], Some(&alice)).await;
    assert_eq!(done(ports("http://127.0.0.1:51234/cb").await).redirect.as_str(), "http://127.0.0.1:51234/cb");
    scene.house.change::<Client>("web", |client| client.kind = ClientType::Web).await;
    on_page(ports("http://127.0.0.1:51234/cb").await);
}

#[tokio::test]
async fn an_address_withdrawn_meanwhile_is_not_gone_to() {
    let scene = Scene::new().await;
    let id = waiting(scene.asks(&[], None).await);
    scene.house.change::<Client>("web", |client| client.redirect_uris.clear()).await;
    let alice = scene.alice().await;
    let page = on_page(scene.resumes(&id, Some(&alice)).await);
    assert_eq!(page.refusal, Refusal::RedirectUnregistered);
    assert_eq!(denied(scene.resumes(&id, Some(&alice)).await), "interaction_answered");
}
