//! What the pages between the request and its answer can say of it.

use super::*;
use crate::base::clock::Timestamp;
use crate::engine::house::{cause, client};
use crate::model::client::{AccessTokenForm, ClaimsProfile, GrantType};
use crate::model::consent::Consent;
use crate::model::scope::{Scope, ScopeDefinition};
use crate::model::user::{Address, ExternalId, User};

#[tokio::test]
async fn pages_show_who_asks_for_what_and_where_it_leads() {
    let scene = Scene::new().await;
    let desk = ScopeDefinition {
        name: Scope::parse("projects").unwrap(),
        description: "See where you sit".into(),
        claims: vec!["desk".into()],
        managed: false,
    };
    let reports = ScopeDefinition {
        name: Scope::parse("reports").unwrap(),
        description: "Write reports in your name".into(),
        claims: vec![],
        managed: false,
    };
    scene.house.keep(&desk).await;
    scene.house.keep(&reports).await;
    scene.house.change::<Consent>("alice-id/web", |consent| consent.scopes = scopes("openid profile")).await;
    let asked = [
        ("scope", "openid profile projects reports offline_access"),
        ("claims", r#"{"userinfo":{"email":null}}"#),
        ("login_hint", "alice"),
    ];
    let id = waiting(scene.asks(&asked, None).await);
    let engine = &scene.house.engine;
    let view = engine.interaction(&id, &scene.browser, None).await.unwrap();
    assert_eq!((view.waits_for, view.login_hint.as_deref()), (WaitsFor::SignIn, Some("alice")));
    assert!(view.receives.iter().all(|ask| ask.values.is_empty()), "strangers see no values");

    let alice = scene.alice().await;
    let view = engine.interaction(&id, &scene.browser, Some(&alice)).await.unwrap();
    assert_eq!((view.waits_for, &*view.destination), (WaitsFor::Consent, "app.example"));
    assert_eq!((&*view.leads_to, &*view.client.name), (CALLBACK, "web"));
    assert_eq!(view.offline, Some(Stay { span: client("web").refresh_ttl, from_each_use: false }));
    let receives: Vec<_> = view.receives.iter().map(|ask| (&*ask.name, ask.agreed_before)).collect();
    assert_eq!(receives, [("openid", true), ("profile", true), ("projects", false), ("email", false)]);
    let values: Vec<_> = view.receives.iter().map(|ask| &*ask.values[0].value).collect();
    assert_eq!(values, ["alice-id", "Alice Adams", "4.12", "alice@example.org"]);
    assert_eq!(view.receives[3].sentence.as_deref(), Some("See your e-mail address"));
    let [reports] = &view.allows[..] else { panic!("one thing to do") };
    assert_eq!((&*reports.name, reports.sentence.as_deref()), ("reports", Some("Write reports in your name")));
}

#[tokio::test]
async fn whatever_would_be_told_is_shown() {
    let scene = Scene::new().await;
    let now = scene.house.engine.now();
    let crm = ExternalId {
        provider: "crm".into(),
        user_id: "4711".into(),
        created_at: Timestamp(0),
        updated_at: Timestamp(0),
    };
    scene
        .house
        .change::<User>("alice-id", |user| {
            user.profile.middle_name = Some("Grace".into());
            user.profile.birthdate = Some("1990-02-28".into());
            user.profile.zoneinfo = Some("Europe/Berlin".into());
            user.profile.phone_number = Some("+49 30 1234".into());
            let address = Address { formatted: Some("Main Street 1\nBerlin".into()), ..Address::default() };
            user.profile.address = Some(Address { country: Some("Germany".into()), ..address });
            user.external_ids = vec![crm];
            user.updated_at = now;
        })
        .await;
    scene.house.change::<Client>("web", |web| web.scopes = scopes("openid profile email phone address")).await;
    let alice = scene.alice().await;
    let id = waiting(scene.asks(&[("scope", "openid profile email phone address")], Some(&alice)).await);
    let view = scene.house.engine.interaction(&id, &scene.browser, Some(&alice)).await.unwrap();
    let shown = |name: &str| {
        let ask = view.receives.iter().find(|ask| ask.name == name).unwrap();
        ask.values.iter().map(|told| format!("{}: {}", told.what, told.value)).collect::<Vec<_>>()
    };
    let profile = shown("profile");
    for line in [
        "Full name: Alice Grace Adams",
        "Middle name: Grace",
        "Username: alice",
        "Date of birth: 1990-02-28",
        "Time zone: Europe/Berlin",
        "Ids elsewhere: crm 4711 (since 1 January 1970, changed 1 January 1970)",
    ] {
        assert!(profile.iter().any(|shown| shown == line), "{line} is not among {profile:?}");
    }
    assert!(profile.iter().any(|shown| shown.starts_with("Last changed: ")), "{profile:?}");
    assert_eq!(shown("email")[0], "E-mail address: alice@example.org");
    assert!(shown("email")[1].starts_with("Verified: "));
    assert_eq!(shown("phone"), ["Telephone: +49 30 1234", "Verified: no"]);
    assert_eq!(shown("address"), ["Postal address: Main Street 1, Berlin, Germany"]);
}

#[tokio::test]
async fn pages_tell_how_long_a_client_stays_whatever_the_reason() {
    let scene = Scene::new().await;
    let span = client("web").refresh_ttl;
    let alice = scene.alice().await;
    let stays = async |scope: &str, change: &dyn Fn(&mut Client)| {
        let before: Client = scene.house.find("web").await;
        scene.house.change::<Client>("web", |web| change(web)).await;
        let id = waiting(scene.asks(&[("scope", scope), ("prompt", "consent")], Some(&alice)).await);
        let view = scene.house.engine.interaction(&id, &scene.browser, Some(&alice)).await.unwrap();
        scene.house.change::<Client>("web", |web| *web = before).await;
        view.offline
    };
    let (once, sliding) = (Stay { span, from_each_use: false }, Stay { span, from_each_use: true });
    assert_eq!(stays("openid", &|_| ()).await, None);
    assert_eq!(stays("openid offline_access", &|_| ()).await, Some(once));
    let side = |web: &mut Client| _ = web.faces.insert(Face::named("side"));
    assert_eq!(stays("openid", &side).await, Some(sliding), "an interface whose refresh tokens outlive the session");
    let incrowd = |web: &mut Client| web.claims_profile = ClaimsProfile::Incrowd;
    assert_eq!(stays("openid", &incrowd).await, Some(sliding));
    let never = |web: &mut Client| {
        incrowd(web);
        web.grants.remove(&GrantType::RefreshToken);
    };
    assert_eq!(stays("openid", &never).await, None, "it gets no refresh tokens");
}

#[tokio::test]
async fn pages_list_what_access_tokens_tell_whatever_was_asked_for() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let receives = async |scope: &str, form: AccessTokenForm, profile: ClaimsProfile| {
        let change = |web: &mut Client| (web.access_token, web.claims_profile) = (form, profile);
        scene.house.change::<Client>("web", change).await;
        let id = waiting(scene.asks(&[("scope", scope), ("prompt", "consent")], Some(&alice)).await);
        let view = scene.house.engine.interaction(&id, &scene.browser, Some(&alice)).await.unwrap();
        let told = |ask: AskView| format!("{} {}", ask.name, ask.values[0].value);
        view.receives.into_iter().map(told).collect::<Vec<_>>().join(", ")
    };
    use AccessTokenForm::{Jwt, Opaque};
    use ClaimsProfile::{Incrowd, Laserfiche, Rfc9068};
    assert_eq!(receives("openid", Jwt, Rfc9068).await, "openid alice-id");
    let everything = "openid alice-id, given_name Alice, family_name Adams, email alice@example.org";
    assert_eq!(receives("openid", Jwt, Incrowd).await, everything);
    assert_eq!(receives("openid", Opaque, Incrowd).await, "openid alice-id", "nobody reads an opaque token");
    assert_eq!(receives("openid", Jwt, Laserfiche).await, "openid alice-id, name Alice Adams");
    let profile = receives("openid profile email", Jwt, Incrowd).await;
    assert!(!profile.contains("given_name") && profile.matches("email").count() == 1, "no thing twice: {profile}");
}

#[tokio::test]
async fn pages_know_whether_somebody_confirms_or_comes_anew() {
    let scene = Scene::new().await;
    let alice = scene.alice().await;
    let engine = &scene.house.engine;
    let again = waiting(scene.asks(&[("prompt", "login")], Some(&alice)).await);
    let view = engine.interaction(&again, &scene.browser, Some(&alice)).await.unwrap();
    assert!(view.confirms && !view.expects_another);
    let claims = r#"{"id_token":{"sub":{"value":"bob-id"}}}"#;
    let other = waiting(scene.asks(&[("claims", claims)], Some(&alice)).await);
    let view = engine.interaction(&other, &scene.browser, Some(&alice)).await.unwrap();
    assert!(!view.confirms && view.expects_another);
    done({
        scene.proves(&again, &alice).await;
        scene.resumes(&again, Some(&alice)).await
    });
    assert_eq!(cause(engine.interaction(&again, &scene.browser, Some(&alice)).await), "interaction_answered");
}
