use super::*;
use crate::base::ids::{ClientId, UserId};
use crate::base::secret::Kind;
use crate::engine::house::{House, ISSUER, alice, as_client, caller, cause, client, minutes, renew, session};
use crate::engine::token::Issued;
use crate::model::audit::AuditRecord;
use crate::model::client::{AccessTokenForm, ClaimsProfile, Client};
use crate::model::redirect_uri::RedirectUri;
use crate::model::token::{AccessToken, RevokedJwt};
use crate::model::user::User;

const BACK: &str = "https://app.example/bye";

/// Alice has signed in to `web`; Bob has a session too.
struct Scene {
    house: House,
    browser: Secret,
    issued: Issued,
}

impl Scene {
    async fn new() -> Scene {
        let house = House::new().await;
        house.change::<Client>("web", |client| client.post_logout_redirect_uris = vec![address(BACK)]).await;
        let other = Client { client_key: "o".into(), ..client("other") };
        house.keep(&other).await;
        let bob = User { id: UserId::from_text("bob-id"), username: "bob".into(), email: None, ..alice() };
        house
            .keep(&Session { id: SessionId::from_text("bobs"), user: bob.id.clone(), cookie: "b".into(), ..session() })
            .await;
        house.keep(&bob).await;
        let issued = house.sign_in("openid profile").await;
        Scene { browser: Kind::Browser.generate(&*house.engine.rng), house, issued }
    }

    async fn signed_in(&self, session: &str) -> Visitor {
        let engine = &self.house.engine;
        let handle = Kind::Session.generate_handle(engine.now(), &*engine.rng);
        self.house
            .change::<Session>(session, |session| {
                session.cookie.clone_from(&handle.locator);
                session.digest = handle.secret.digest();
            })
            .await;
        engine.visitor(&handle.secret).await.unwrap().expect("the session is open")
    }

    async fn asks(&self, sent: &[(&str, &str)], current: Option<&Visitor>) -> SignOutStep {
        let sent = sent.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.house.engine.request_sign_out(&caller(), &sent, &self.browser, current).await.unwrap()
    }

    async fn says(&self, id: &InteractionId, who: Option<&Visitor>, answer: SignOutAnswer) -> SignOutStep {
        self.house.engine.confirm_sign_out(&caller(), id, &self.browser, who, answer).await.unwrap()
    }

    fn hint(&self) -> &str {
        self.issued.id_token.as_ref().unwrap().expose()
    }

    async fn is_open(&self, session: &str) -> bool {
        self.house.find::<Session>(session).await.life == SessionLife::Open
    }

    async fn sign_outs(&self) -> usize {
        let log: Vec<AuditRecord> = self.house.all().await;
        log.iter().filter(|record| record.kind == AuditKind::SignOut).count()
    }
}

fn address(text: &str) -> RedirectUri {
    RedirectUri::parse(text).unwrap()
}

fn asked(step: SignOutStep) -> InteractionId {
    match step {
        SignOutStep::Confirm(id) => id,
        other => panic!("expected the page that asks, got {other:?}"),
    }
}

const SIGNED_OUT: SignOutStep = SignOutStep::SignedOut { redirect_refused: false };

#[tokio::test]
async fn an_id_token_signs_out_and_leads_back() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("session-1").await;
    let sent =
        [("id_token_hint", scene.hint()), ("post_logout_redirect_uri", BACK), ("state", "a b&c"), ("client_id", "web")];
    let step = scene.asks(&sent, Some(&alice)).await;
    assert_eq!(step, SignOutStep::Redirect(format!("{BACK}?state=a%20b%26c")));
    assert!(!scene.is_open("session-1").await && scene.is_open("bobs").await);
    assert_eq!(scene.sign_outs().await, 1);
    let renewed = scene.house.token(renew("web", scene.issued.refresh_token.as_ref().unwrap())).await;
    assert_eq!(cause(renewed), "session_ended");
    assert_eq!(
        scene.asks(&sent, None).await,
        SignOutStep::Redirect(format!("{BACK}?state=a%20b%26c")),
        "again is fine"
    );
    assert_eq!(scene.sign_outs().await, 1);
}

#[tokio::test]
async fn an_expired_hint_and_an_access_token_do_as_well() {
    let scene = Scene::new().await;
    scene.house.clock.advance(minutes(3 * 60));
    assert_eq!(scene.asks(&[("id_token_hint", scene.hint())], None).await, SIGNED_OUT);
    assert!(!scene.is_open("session-1").await);

    let scene = Scene::new().await;
    assert_eq!(scene.asks(&[("id_token_hint", scene.issued.access_token.expose())], None).await, SIGNED_OUT);
    assert!(!scene.is_open("session-1").await);
}

#[tokio::test]
async fn an_opaque_access_token_does_as_well_if_all_of_it_is_right() {
    let scene = Scene::new().await;
    scene.house.change::<Client>("web", |client| client.access_token = AccessTokenForm::Opaque).await;
    let token = scene.house.sign_in("openid").await.access_token;
    let alice = scene.signed_in("session-1").await;
    let altered = format!("{}A", &token.expose()[..token.expose().len() - 1]);
    asked(scene.asks(&[("id_token_hint", &altered)], Some(&alice)).await);
    assert_eq!(scene.asks(&[("id_token_hint", token.expose())], Some(&alice)).await, SIGNED_OUT);
    assert!(!scene.is_open("session-1").await);
}

#[tokio::test]
async fn a_session_in_this_browser_ends_with_the_one_the_hint_names() {
    let scene = Scene::new().await;
    let here = Session { id: SessionId::from_text("here"), cookie: "h".into(), ..session() };
    scene.house.keep(&here).await;
    let alice = scene.signed_in("here").await;
    assert_eq!(scene.asks(&[("id_token_hint", scene.hint())], Some(&alice)).await, SIGNED_OUT);
    assert!(!scene.is_open("session-1").await && !scene.is_open("here").await);
}

#[tokio::test]
async fn an_address_that_is_not_registered_is_not_gone_to() {
    let scene = Scene::new().await;
    for uri in ["https://app.example/bye/", "https://evil.example/", "https://app.example/callback"] {
        let sent = [("id_token_hint", scene.hint()), ("post_logout_redirect_uri", uri)];
        assert_eq!(scene.asks(&sent, None).await, SignOutStep::SignedOut { redirect_refused: true });
    }
    let unhinted = [("post_logout_redirect_uri", "https://evil.example/"), ("client_id", "web")];
    assert_eq!(scene.asks(&unhinted, None).await, SignOutStep::SignedOut { redirect_refused: true });
    let registered = [("post_logout_redirect_uri", BACK), ("client_id", "web")];
    assert_eq!(scene.asks(&registered, None).await, SIGNED_OUT, "without a hint nothing leads anywhere by itself");
}

#[tokio::test]
async fn what_is_no_hint_of_this_client_asks_the_person() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("session-1").await;
    let hint = scene.hint();
    let (signed, _) = hint.rsplit_once('.').unwrap();
    let forged = data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none","typ":"JWT"}"#);
    let payload = signed.split_once('.').unwrap().1;
    let refresh = scene.issued.refresh_token.as_ref().unwrap().expose();
    let machine = {
        let request = crate::engine::house::request("web", crate::engine::token::GrantRequest::ClientCredentials);
        scene.house.token(request).await.unwrap().access_token
    };
    let bad = [
        format!("{signed}."),
        format!("{forged}.{payload}."),
        "nonsense".to_owned(),
        refresh.to_owned(),
        machine.expose().to_owned(),
    ];
    for hint in &bad {
        let id = asked(scene.asks(&[("id_token_hint", hint)], Some(&alice)).await);
        assert!(scene.is_open("session-1").await, "{hint}");
        scene.says(&id, Some(&alice), SignOutAnswer::Stay).await;
    }
    let of_another = [("id_token_hint", hint), ("client_id", "other"), ("post_logout_redirect_uri", BACK)];
    let id = asked(scene.asks(&of_another, Some(&alice)).await);
    assert!(scene.is_open("session-1").await);
    let refused = SignOutStep::SignedOut { redirect_refused: true };
    assert_eq!(scene.says(&id, Some(&alice), SignOutAnswer::SignOut).await, refused);
}

#[tokio::test]
async fn without_a_hint_nobody_is_signed_out_silently() {
    let scene = Scene::new().await;
    assert_eq!(scene.asks(&[], None).await, SIGNED_OUT, "nobody was there");
    let alice = scene.signed_in("session-1").await;
    let sent = [("client_id", "web"), ("post_logout_redirect_uri", BACK), ("state", "s")];
    let id = asked(scene.asks(&sent, Some(&alice)).await);
    assert!(scene.is_open("session-1").await);
    let view = scene.house.engine.sign_out_request(&id, &scene.browser, Some(&alice)).await.unwrap();
    assert_eq!((view.client_name.as_deref(), view.leads_to.as_deref()), (Some("web"), Some(BACK)));
    assert_eq!(view.applications, ["web"]);

    let another = Kind::Browser.generate(&*scene.house.engine.rng);
    let engine = &scene.house.engine;
    let stolen = engine.confirm_sign_out(&caller(), &id, &another, Some(&alice), SignOutAnswer::SignOut).await;
    assert_eq!(cause(stolen), "interaction_gone");
    let step = scene.says(&id, Some(&alice), SignOutAnswer::SignOut).await;
    assert_eq!(step, SignOutStep::Redirect(format!("{BACK}?state=s")));
    assert!(!scene.is_open("session-1").await);
    let again = engine.confirm_sign_out(&caller(), &id, &scene.browser, None, SignOutAnswer::SignOut).await;
    assert_eq!(cause(again), "interaction_gone", "once");
}

#[tokio::test]
async fn whoever_stays_stays() {
    let scene = Scene::new().await;
    let alice = scene.signed_in("session-1").await;
    let id = asked(scene.asks(&[], Some(&alice)).await);
    assert_eq!(scene.says(&id, Some(&alice), SignOutAnswer::Stay).await, SignOutStep::Stayed);
    assert!(scene.is_open("session-1").await);
    let late = asked(scene.asks(&[], Some(&alice)).await);
    scene.house.clock.advance(Interaction::LIFETIME);
    let answer = scene
        .house
        .engine
        .confirm_sign_out(&caller(), &late, &scene.browser, Some(&alice), SignOutAnswer::SignOut)
        .await;
    assert_eq!(cause(answer), "interaction_gone");
}

#[tokio::test]
async fn another_person_in_this_browser_is_asked() {
    let scene = Scene::new().await;
    let bob = scene.signed_in("bobs").await;
    let sent = [("id_token_hint", scene.hint()), ("post_logout_redirect_uri", BACK)];
    let id = asked(scene.asks(&sent, Some(&bob)).await);
    assert!(!scene.is_open("session-1").await, "the session the hint names has ended");
    assert!(scene.is_open("bobs").await);
    assert_eq!(scene.says(&id, Some(&bob), SignOutAnswer::SignOut).await, SignOutStep::Redirect(BACK.to_owned()));
    assert!(!scene.is_open("bobs").await);
}

#[tokio::test]
async fn a_first_party_hint_that_lives_ends_every_grant_of_the_person() {
    for (first_party, wait, ends) in [(true, 0, true), (true, 61, false), (false, 0, false)] {
        let scene = Scene::new().await;
        scene.house.change::<Client>("web", |client| client.first_party = first_party).await;
        for number in 0..250 {
            let offline = |grant: &mut Grant, _: &mut _| {
                grant.offline = true;
                grant.device_id = Some(number.to_string());
            };
            scene.house.code_with("web", "openid offline_access", offline).await;
        }
        let others = |grant: &mut Grant, _: &mut _| grant.user = UserId::from_text("bob-id");
        scene.house.code_with("web", "openid", others).await;
        scene.house.clock.advance(minutes(wait));
        assert_eq!(scene.asks(&[("id_token_hint", scene.hint())], None).await, SIGNED_OUT);
        let now = scene.house.engine.now();
        let grants: Vec<Grant> = scene.house.all().await;
        let live = |user: &str| grants.iter().filter(|grant| grant.user.as_str() == user && grant.is_live(now)).count();
        assert_eq!(live("alice-id"), if ends { 0 } else { 251 });
        assert_eq!(live("bob-id"), 1);
        let told = scene.house.audit(AuditKind::GrantRevoked).await;
        let mut counts: Vec<&str> = told.iter().map(|record| record.details["grants"].as_str()).collect();
        counts.sort_unstable();
        assert_eq!(counts, if ends { vec!["200", "51"] } else { vec![] });
    }
}

#[tokio::test]
async fn an_access_token_that_names_no_issuer_and_no_client_is_a_hint_like_any_other() {
    let scene = Scene::new().await;
    scene.house.change::<Client>("web", |client| client.claims_profile = ClaimsProfile::Worksection).await;
    let issued = scene.house.sign_in("openid").await;
    let claims = scene.house.claims(&issued.access_token);
    assert!(claims.get("iss").is_none() && claims.get("client_id").is_none(), "{claims}");
    let sent = [("id_token_hint", issued.access_token.expose()), ("post_logout_redirect_uri", BACK)];
    assert_eq!(scene.asks(&sent, None).await, SignOutStep::Redirect(BACK.to_owned()));
    assert!(!scene.is_open("session-1").await);
}

#[tokio::test]
async fn what_does_not_hold_any_more_is_no_hint() {
    let kept_open = async |scene: &Scene, token: &str, why: &str| {
        assert_eq!(scene.asks(&[("id_token_hint", token)], None).await, SIGNED_OUT);
        assert!(scene.is_open("session-1").await, "{why}");
        assert_eq!(scene.sign_outs().await, 0, "{why}");
    };

    let scene = Scene::new().await;
    let access = scene.issued.access_token.expose();
    let expires_at = scene.house.engine.now().plus(minutes(60));
    scene.house.keep(&RevokedJwt { jti: scene.issued.jti.clone(), expires_at }).await;
    kept_open(&scene, access, "the token was revoked").await;

    let scene = Scene::new().await;
    let grant = scene.house.all::<Grant>().await.remove(0);
    let ended = grant.ended(scene.house.engine.now(), GrantEnd::RevokedByUser).unwrap();
    scene.house.change::<Grant>(grant.id.as_str(), |grant| *grant = ended).await;
    kept_open(&scene, scene.issued.access_token.expose(), "the grant was ended").await;

    let scene = Scene::new().await;
    scene.house.change::<Client>("web", |client| client.access_token = AccessTokenForm::Opaque).await;
    let issued = scene.house.sign_in("openid").await;
    let at = scene.house.engine.now();
    scene.house.change::<AccessToken>(&issued.jti, |token| token.revoked_at = Some(at)).await;
    kept_open(&scene, issued.access_token.expose(), "the opaque token was revoked").await;

    for delete in [false, true] {
        let scene = Scene::new().await;
        match delete {
            true => scene.house.delete::<Client>("web").await,
            false => scene.house.change::<Client>("web", |client| client.disabled_at = Some(at)).await,
        }
        kept_open(&scene, scene.hint(), "the client is disabled or gone").await;
        kept_open(&scene, scene.issued.access_token.expose(), "the client is disabled or gone").await;
    }
}

#[tokio::test]
async fn a_token_for_nobody_we_know_is_no_hint() {
    let scene = Scene::new().await;
    let engine = &scene.house.engine;
    let hint = |issuer: &str| super::super::authorize::hint::read(scene.hint(), &engine.keys(), issuer, engine.now());
    assert_eq!(hint(ISSUER).unwrap().client, Some(ClientId::from_text("web")));
    assert_eq!(hint("https://other.example"), None);
    assert!(as_client("web").client_id.is_some());
}
