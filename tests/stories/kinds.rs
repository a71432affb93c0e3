//! Every kind of secret opens its own door and no other; a part of one opens none.

use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::client::{AccessTokenForm, ClientType};

use super::app::App;
use super::house::{House, host};
use super::person::Person;
use super::wire::{Ask, with_query};

/// One of every kind, by name; none is used up.
async fn one_of_each(
    house: &House,
    alice: &Person<'_>,
    shop: &App<'_>,
    opaque: &App<'_>,
) -> Vec<(&'static str, String)> {
    let (tokens, other) = (alice.gives(shop, "openid").await, alice.gives(opaque, "openid").await);
    let link = house.engine.start_recovery(&Actor::host(), &host(), &alice.id).await.unwrap();
    let browser = alice.browser.cookies().into_iter().find(|(name, _)| name.ends_with("browser")).unwrap().1;
    let code = alice.lets(shop, "openid").await.code().to_owned();
    let key = house.gets("/oauth/keys").await.json()["keys"][0]["kid"].as_str().unwrap().to_owned();
    vec![
        ("code", code),
        ("access JWT", tokens.access),
        ("opaque access", other.access),
        ("refresh", tokens.refresh),
        ("ID token", tokens.id),
        ("client secret", shop.secret.clone().unwrap()),
        ("session", alice.browser.session().unwrap()),
        ("browser", browser),
        ("recovery link", link.expose().to_owned()),
        ("client id", shop.id.clone()),
        ("user id", alice.id.to_string()),
        ("key id", key),
        ("jti", tokens.json["jti"].as_str().unwrap().to_owned()),
    ]
}

async fn opaque_app(house: &House) -> App<'_> {
    let opaque = vec![ClientChange::AccessToken(AccessTokenForm::Opaque)];
    house.app_with("opaque", ClientType::Web, opaque).await
}

#[tokio::test]
async fn refuses_a_secret_of_one_kind_wherever_another_is_wanted() {
    let house = House::fresh().await;
    let (alice, shop, opaque) = (house.person("alice").await, house.app("shop").await, opaque_app(&house).await);
    for (kind, secret) in one_of_each(&house, &alice, &shop, &opaque).await {
        let is = |kinds: &[&str]| kinds.contains(&kind);
        // As an access token.
        let owner = if kind == "opaque access" { &opaque } else { &shop };
        let access = is(&["access JWT", "opaque access"]);
        assert_eq!(shop.userinfo(&secret).await.status == 200, access, "{kind} at userinfo");
        let in_body = house.asks(Ask::post("/oauth/userinfo", &[("access_token", &secret)])).await;
        assert_eq!(in_body.status == 200, access, "{kind} at userinfo, in the body");
        // At introspection.
        let told = access || is(&["refresh"]);
        assert_eq!(owner.finds_active(&secret).await, told, "{kind} at introspection");
        // As a refresh token and as a code.
        if !is(&["refresh"]) {
            shop.refreshes(&secret).await.refuses(400, "invalid_grant");
        }
        if !is(&["code"]) {
            let fields = [("grant_type", "authorization_code"), ("code", &*secret), ("redirect_uri", &*shop.callback)];
            shop.requests(&fields).await.refuses(400, "invalid_grant");
        }
        // As a hint at authorization.
        let hinted = shop.asks("openid").with("prompt", "none").with("id_token_hint", &secret);
        assert_eq!(alice.answers(&hinted).await.error().is_empty(), is(&["ID token"]), "{kind} as a hint");
        // As a client's secret.
        if !is(&["client secret"]) {
            let ask = Ask::post("/oauth/token", &[("grant_type", "client_credentials")]);
            house.asks(ask.basic("shop", &secret)).await.refuses(401, "invalid_client");
        }
        // As a cookie, in either place.
        for name in ["session", "browser", "familiar"].map(|name| format!("__Host-countersign-{name}")) {
            let reply = house.asks(Ask::get("/account").header("cookie", format!("{name}={secret}"))).await;
            let comes_in = is(&["session"]) && name.ends_with("session");
            assert_eq!(reply.status == 200, comes_in, "{kind} as {name}: {reply}");
        }
        // As a one-time link.
        let reply = house.gets(&with_query("/recover", &[("token", &secret)])).await;
        assert_eq!(reply.status == 200, is(&["recovery link"]), "{kind} as a recovery link");
        let reply = house.gets(&with_query("/setup", &[("token", &secret)])).await;
        assert_ne!(reply.status, 200, "{kind} as a set-up link");
        // As an interaction.
        for path in ["/login", "/consent", "/oauth/authorize/resume"] {
            let reply = alice.browser.opens(&with_query(path, &[("interaction", &secret)])).await;
            assert_eq!(reply.status, 410, "{kind} at {path}: {reply}");
        }
        // At revocation nothing but its own kinds happens.
        if !told {
            assert_eq!(shop.revokes(&secret).await.status, 200, "{kind}");
        }
    }
    let tokens = alice.gives(&shop, "openid").await;
    assert!(shop.finds_active(&tokens.access).await, "all of that harmed nobody");
}

#[tokio::test]
async fn refuses_a_part_of_a_secret_and_more_than_one() {
    let house = House::fresh().await;
    let (alice, shop, opaque) = (house.person("alice").await, house.app("shop").await, opaque_app(&house).await);
    let answer = alice.lets(&shop, "openid").await;
    for (kind, secret) in one_of_each(&house, &alice, &shop, &opaque).await {
        let lengths =
            [1, 2, 3, 4, 8, 16, secret.len() / 2, secret.len() - 1].into_iter().filter(|cut| *cut < secret.len());
        let mut altered: Vec<String> = lengths.clone().map(|cut| secret[..secret.len() - cut].to_owned()).collect();
        altered.extend(lengths.map(|cut| secret[cut..].to_owned()));
        altered.extend(["A", "=", ".", "%20", "AAAA", "\u{0}"].map(|more| format!("{secret}{more}")));
        altered.extend(["A", "_", " "].map(|more| format!("{more}{secret}")));
        altered.push(secret.to_uppercase());
        altered.push(format!("{secret}{secret}"));
        let last = secret.chars().last().unwrap();
        altered.push(format!("{}{}", &secret[..secret.len() - 1], if last == 'A' { 'B' } else { 'A' }));
        for altered in altered.iter().filter(|altered| **altered != secret) {
            let said = format!("{kind}: {altered:?} for {secret:?}");
            match kind {
                "code" => {
                    let reply = shop.redeems_with(&answer, &[("code", altered)]).await;
                    assert_eq!(reply.refusal(), (400, "invalid_grant".to_owned()), "{said}");
                }
                "access JWT" | "opaque access" => {
                    let owner = if kind == "opaque access" { &opaque } else { &shop };
                    let reply = house.asks(Ask::post("/oauth/userinfo", &[("access_token", altered)])).await;
                    assert_eq!(reply.refusal(), (401, "invalid_token".to_owned()), "{said}");
                    assert!(!owner.finds_active(altered).await, "{said}");
                    assert_eq!(owner.revokes(altered).await.status, 200, "{said}");
                }
                "refresh" => {
                    assert_eq!(shop.refreshes(altered).await.refusal(), (400, "invalid_grant".to_owned()), "{said}");
                    assert!(!shop.finds_active(altered).await, "{said}");
                    assert_eq!(shop.revokes(altered).await.status, 200, "{said}");
                }
                "ID token" => {
                    let hinted = shop.asks("openid").with("prompt", "none").with("id_token_hint", altered);
                    assert_eq!(alice.answers(&hinted).await.error(), "invalid_request", "{said}");
                }
                "client secret" => {
                    let fields =
                        [("grant_type", "client_credentials"), ("client_id", "shop"), ("client_secret", altered)];
                    let reply = house.asks(Ask::post("/oauth/token", &fields)).await;
                    assert!(matches!(reply.status, 401 | 429), "{said}: {reply}");
                }
                "session" if altered.bytes().all(|b| b.is_ascii_graphic() && b != b';') => {
                    let cookie = format!("__Host-countersign-session={altered}");
                    let reply = house.asks(Ask::get("/account").header("cookie", cookie)).await;
                    assert_eq!(reply.status, 303, "{said}");
                }
                "recovery link" => {
                    let reply = house.gets(&with_query("/recover", &[("token", altered)])).await;
                    assert_eq!(reply.status, 410, "{said}");
                }
                _ => {}
            }
            house.later(6);
        }
        // Whole, it still works.
        match kind {
            "access JWT" | "refresh" => assert!(shop.finds_active(&secret).await, "{kind}"),
            "opaque access" => assert!(opaque.finds_active(&secret).await, "{kind}"),
            _ => {}
        }
    }
}

#[tokio::test]
async fn refuses_to_tell_an_application_of_a_token_that_is_none_of_its_business() {
    let house = House::fresh().await;
    let (alice, shop, other) = (house.person("alice").await, house.app("shop").await, house.app("other").await);
    let public = house.page_app("board").await;
    let tokens = alice.gives(&shop, "openid").await;
    for token in [&tokens.access, &tokens.refresh, &tokens.id] {
        assert!(!other.finds_active(token).await);
        public.introspects(token).await.refuses(401, "invalid_client");
        house.asks(Ask::post("/oauth/introspect", &[("token", token)])).await.refuses(401, "invalid_client");
        let bearer = Ask::post("/oauth/introspect", &[("token", token)]).bearer(&tokens.access);
        house.asks(bearer).await.refuses(401, "invalid_client");
        assert_eq!(other.revokes(token).await.status, 200, "RFC 7009: no error, and nothing happens");
        assert_eq!(public.revokes(token).await.status, 200);
    }
    assert!(shop.finds_active(&tokens.access).await && shop.finds_active(&tokens.refresh).await);
    other.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert!(shop.finds_active(&tokens.refresh).await, "somebody else's try used nothing up");

    // Whose audience it is may ask; the refresh token stays the owner's business.
    shop.becomes(&[ClientChange::Audience(vec!["other".to_owned()])]).await;
    let for_other = alice.gives(&shop, "openid").await;
    assert!(other.finds_active(&for_other.access).await && !other.finds_active(&for_other.refresh).await);
    let nowhere = vec![ClientChange::Audience(vec!["https://api.example".to_owned()])];
    shop.becomes(&nowhere).await;
    let elsewhere = alice.gives(&shop, "profile").await;
    let reply = shop.userinfo(&elsewhere.access).await;
    assert_eq!(reply.refusal(), (401, "invalid_token".to_owned()), "not for this server: {reply}");
}

#[tokio::test]
async fn refuses_to_sign_out_silently_without_a_sound_hint() {
    let house = House::fresh().await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let (shop, other) = (house.app("shop").await, house.app("other").await);
    let (hers, his) = (alice.gives(&shop, "openid").await, bob.gives(&shop, "openid").await);
    let foreign = alice.gives(&other, "openid").await;
    let head = hers.id.rsplit_once('.').unwrap().0;
    let unsigned = format!(
        "{}.{}.",
        data_encoding::BASE64URL_NOPAD.encode(br#"{"alg":"none"}"#),
        hers.id.split('.').nth(1).unwrap()
    );
    let (bare, id, his_id) = (format!("{head}."), foreign.id.as_str(), his.id.as_str());
    for fields in [
        vec![],
        vec![("client_id", "shop")],
        vec![("id_token_hint", "nonsense")],
        vec![("id_token_hint", &*bare)],
        vec![("id_token_hint", &*unsigned)],
        vec![("id_token_hint", &*hers.refresh)],
        vec![("id_token_hint", id), ("client_id", "shop")],
        vec![("id_token_hint", his_id)],
        vec![("logout_hint", "alice")],
    ] {
        let fields = [&fields[..], &[("post_logout_redirect_uri", "https://shop.example/goodbye")]].concat();
        let asked = alice.browser.opens(&with_query("/oauth/logout", &fields)).await;
        assert!(asked.location().starts_with("/sign-out?request="), "{fields:?}: {asked}");
        assert!(shop.finds_active(&hers.access).await, "{fields:?}");
    }
    assert!(!shop.finds_active(&his.access).await, "Bob's own hint ended Bob's session, wherever it came from");

    // A sound one, long expired, signs out at once; its session takes the tokens along.
    house.later(86_400);
    let still = alice.gives(&shop, "openid").await;
    let left = alice.browser.opens(&with_query("/oauth/logout", &[("id_token_hint", &hers.id)])).await;
    assert_eq!(left.location(), "/signed-out");
    assert!(!shop.finds_active(&still.access).await);
    shop.refreshes(&still.refresh).await.refuses(400, "invalid_grant");
}
