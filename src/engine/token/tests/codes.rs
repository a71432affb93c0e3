//! Authorization codes.

use std::time::Duration;

use crate::base::secret::Secret;
use crate::engine::house::{CALLBACK, CHALLENGE, House, VERIFIER, cause, client, redeem, renew};
use crate::engine::token::{GrantRequest, TokenRequest};
use crate::model::audit::{AuditKind, AuditRecord};
use crate::model::client::{Client, ClientType};
use crate::model::code::{Code, CodeLife};
use crate::model::grant::{Grant, GrantEnd, GrantLife};

/// The request that redeems `code`, with something else about it.
fn with(code: &Secret, change: impl FnOnce(&mut Option<String>, &mut Option<Secret>)) -> TokenRequest {
    let mut request = redeem("web", code);
    if let GrantRequest::AuthorizationCode { redirect_uri, verifier, .. } = &mut request.grant {
        change(redirect_uri, verifier);
    }
    request
}

fn by_verifier(code: &Secret, text: Option<&str>) -> TokenRequest {
    with(code, |_, verifier| *verifier = text.map(Secret::new))
}

#[tokio::test]
async fn a_code_gives_tokens_once_and_its_replay_takes_them_away() {
    let house = House::new().await;
    let code = house.code("web", "openid profile").await;
    let issued = house.token(redeem("web", &code)).await.unwrap();
    assert_eq!((issued.expires_in, issued.scopes.to_string()), (3600, "openid profile".to_owned()));
    assert!(issued.id_token.is_some());
    let refresh = issued.refresh_token.unwrap();

    assert_eq!(cause(house.token(redeem("web", &code)).await), "code_used_before");
    let [grant] = &house.all::<Grant>().await[..] else { panic!("one grant") };
    assert!(matches!(grant.life, GrantLife::Ended { why: GrantEnd::CodeReplayed, .. }));
    assert_eq!(cause(house.token(renew("web", &refresh)).await), "grant_ended");
    assert!(!house.is_active(&issued.access_token).await);

    assert_eq!(cause(house.token(redeem("web", &code)).await), "code_used_before");
    let replays: Vec<AuditRecord> = house.audit(AuditKind::TokenReplayed).await;
    assert_eq!(replays.len(), 1, "a second replay changes nothing and fills no log");
}

#[tokio::test]
async fn mistakes_and_strangers_do_not_use_a_code_up() {
    let house = House::new().await;
    house.keep(&client("other")).await;
    let code = house.code("web", "openid").await;
    assert_eq!(cause(house.token(redeem("other", &code)).await), "code_of_another_client");
    let elsewhere = |uri: &str| with(&code, |redirect, _| *redirect = Some(uri.to_owned()));
    assert_eq!(cause(house.token(elsewhere("https://app.example/callback/")).await), "redirect_mismatch");
    assert_eq!(cause(house.token(elsewhere("https://APP.example/callback")).await), "redirect_mismatch");
    assert_eq!(cause(house.token(elsewhere("")).await), "parameter_missing");
    assert_eq!(cause(house.token(with(&code, |redirect, _| *redirect = None)).await), "parameter_missing");
    assert_eq!(cause(house.token(by_verifier(&code, None)).await), "verifier_missing");
    assert_eq!(cause(house.token(by_verifier(&code, Some(""))).await), "verifier_missing");
    assert_eq!(cause(house.token(by_verifier(&code, Some(&"a".repeat(43)))).await), "verifier_wrong");
    house.token(redeem("web", &code)).await.unwrap();
}

#[tokio::test]
async fn no_part_of_a_code_is_a_code() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    let text = code.expose();
    let mut wrong = vec![String::new(), "ac_".to_owned(), format!("{text}A"), text.replacen("ac_", "rt_", 1)];
    wrong.extend((1..text.len()).map(|length| text[..length].to_owned()));
    wrong.push({
        let last = if text.ends_with('A') { "B" } else { "A" };
        format!("{}{last}", &text[..text.len() - 1])
    });
    for wrong in wrong {
        assert_eq!(cause(house.token(redeem("web", &Secret::new(wrong))).await), "code_unknown");
    }
    house.token(redeem("web", &code)).await.unwrap();
}

#[tokio::test]
async fn a_code_lives_to_the_second() {
    let house = House::new().await;
    let (first, second) = (house.code("web", "openid").await, house.code("web", "openid").await);
    house.clock.advance(Duration::from_secs(59));
    house.token(redeem("web", &first)).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    assert_eq!(cause(house.token(redeem("web", &second)).await), "code_expired");
    let record = house.all::<Code>().await.into_iter().filter(|code| code.life == CodeLife::Live).count();
    assert_eq!(record, 1);
}

#[tokio::test]
async fn verifiers_have_a_grammar() {
    let house = House::new().await;
    for wrong in ["a".repeat(42), "a".repeat(129), format!("{}=", "a".repeat(43)), "ä".repeat(43), " ".repeat(50)] {
        let code = house.code("web", "openid").await;
        assert_eq!(cause(house.token(by_verifier(&code, Some(&wrong))).await), "parameter_malformed", "{wrong}");
    }
    assert_eq!(VERIFIER.len(), 58);
    assert_eq!(CHALLENGE.len(), 43);
}

#[tokio::test]
async fn neither_half_of_pkce_comes_alone() {
    let house = House::new().await;
    for kind in [ClientType::Web, ClientType::Spa] {
        house.change::<Client>("web", |web| (web.kind, web.require_pkce) = (kind, kind == ClientType::Spa)).await;
        let without = house.code_with("web", "openid", |_, code| code.challenge = None).await;
        assert_eq!(cause(house.token(redeem("web", &without)).await), "verifier_unexpected");
        let with = house.code("web", "openid").await;
        assert_eq!(cause(house.token(by_verifier(&with, None)).await), "verifier_missing");
    }
    let neither = house.code_with("web", "openid", |_, code| code.challenge = None).await;
    assert_eq!(cause(house.token(by_verifier(&neither, None)).await), "verifier_missing", "public clients need it");
    house.change::<Client>("web", |web| (web.kind, web.require_pkce) = (ClientType::Web, false)).await;
    house.token(by_verifier(&neither, None)).await.unwrap();
}

#[tokio::test]
async fn scope_may_narrow_and_not_widen() {
    let house = House::new().await;
    let narrowed = |code: &Secret, scope: &str| TokenRequest { scope: Some(scope.to_owned()), ..redeem("web", code) };
    let code = house.code("web", "openid profile").await;
    assert_eq!(cause(house.token(narrowed(&code, "openid email")).await), "scope_widened");
    assert_eq!(cause(house.token(narrowed(&code, "open\"id")).await), "scope_not_allowed");
    let issued = house.token(narrowed(&code, "profile")).await.unwrap();
    assert_eq!(issued.scopes.to_string(), "profile");
    assert!(issued.id_token.is_none());

    let code = house.code("web", "openid profile").await;
    assert_eq!(house.token(narrowed(&code, " ")).await.unwrap().scopes.to_string(), "openid profile");
}

#[tokio::test]
async fn clients_use_only_the_grant_types_they_were_given() {
    let house = House::new().await;
    let code = house.code("web", "openid").await;
    house.change::<Client>("web", |web| web.grants.clear()).await;
    assert_eq!(cause(house.token(redeem("web", &code)).await), "grant_type_not_allowed");
    assert_eq!(CALLBACK, house.all::<Code>().await[0].redirect_uri);
}

#[tokio::test]
async fn without_the_grant_type_there_is_no_refresh_token() {
    let house = House::new().await;
    use crate::model::client::GrantType::AuthorizationCode;
    house.change::<Client>("web", |web| web.grants = [AuthorizationCode].into()).await;
    assert!(house.sign_in("openid offline_access").await.refresh_token.is_none());
}
