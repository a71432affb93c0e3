//! What people see and change about themselves, and that nobody else does.

use countersign::dialects;
use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::settings::Settings;
use poem::http::Method;

use super::browser::Form;
use super::headers::every_path;
use super::house::{House, PASSWORD};
use super::wire::Ask;

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

#[tokio::test]
async fn people_change_their_profile_and_nothing_that_is_not_theirs_to_change() {
    let house = House::fresh().await;
    house.group("staff").await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid profile email groups").await;
    let page = alice.browser.opens("/account/profile").await;
    let filled = [
        ("given_name", "Alicia"),
        ("family_name", "<b>\"O'Neil\"</b>"),
        ("locale", "de-CH"),
        ("birthdate", "1990-01-02"),
        ("username", "root"),
        ("email", "evil@example.org"),
        ("email_verified", "true"),
        ("admin", "true"),
        ("groups", "staff"),
        ("id", "somebody"),
        ("sub", "somebody"),
        ("password", "x"),
        ("disabled_at", "1"),
        ("phone_number_verified", "true"),
    ];
    let saved = alice.browser.submits(&page, &filled).await;
    let page = alice.browser.follows(saved).await;
    assert!(page.body.contains("Your profile is saved.") && !page.body.contains("<b>\"O"), "{page}");
    let about = shop.userinfo(&tokens.access).await.json();
    assert_eq!((&about["given_name"], &about["family_name"]), (&"Alicia".into(), &"<b>\"O'Neil\"</b>".into()));
    assert_eq!((&about["email"], &about["preferred_username"]), (&"alice@example.org".into(), &"alice".into()));
    assert_eq!((&about["sub"], &about["locale"]), (&alice.id.as_str().into(), &"de-CH".into()));
    let user = house.engine.user_detail(&Actor::host(), &alice.id).await.unwrap();
    assert!(!user.admin && user.groups.is_empty() && user.profile.phone_number_verified.is_none(), "{user:?}");

    for wrong in [
        ("given_name", "x".repeat(2_000)),
        ("website", "javascript:alert(1)".to_owned()),
        ("birthdate", "soon".to_owned()),
    ] {
        let refused = alice.browser.submits(&page, &[(wrong.0, &wrong.1)]).await;
        refused.stays_here(400);
    }
    assert_eq!(shop.userinfo(&tokens.access).await.json()["given_name"], "Alicia", "a refused form changes nothing");
}

#[tokio::test]
async fn a_browser_is_known_again_after_signing_out() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    alice.signs_out().await;
    assert_eq!(alice.browser.session(), None);
    assert!(alice.browser.cookies().contains_key("__Host-countersign-familiar"));
    assert_eq!(alice.browser.opens("/account").await.status, 303, "it opens nothing");

    let stranger = house.browser();
    let mut told = Vec::new();
    for password in ["guess"; 7].into_iter().chain([PASSWORD]) {
        let page = stranger.opens("/login").await;
        told.push(stranger.submits(&page, &[("username", "alice"), ("password", password)]).await.status);
    }
    assert_eq!(told, [401, 401, 401, 401, 401, 429, 429, 429], "who does not know the browser waits");
    assert_eq!(alice.signs_in().await.status, 303, "she does not");
    assert!(alice.browser.session().is_some());
}

/// Strangers go on guessing while somebody comes back by a link: their new password lets them in, in that browser.
#[tokio::test]
async fn who_comes_back_by_a_link_is_known_there() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    let link = house.engine.start_recovery(&Actor::host(), &super::house::host(), &alice.id).await.unwrap();
    let home = house.browser();
    let page = home.opens(&format!("/recover?token={}", link.expose())).await;
    assert_eq!(home.submits(&page, &[("password", NEW_PASSWORD)]).await.status, 303);
    let stranger = house.browser();
    for _ in 0..40 {
        let page = stranger.opens("/login").await;
        stranger.submits(&page, &[("username", "alice"), ("password", "guess")]).await;
        house.later(30);
    }
    let fields = [("username", "alice"), ("password", NEW_PASSWORD)];
    let page = stranger.opens("/login").await;
    assert_eq!(stranger.submits(&page, &fields).await.status, 429, "a browser nobody knows waits");
    let page = home.opens("/login").await;
    assert_eq!(home.submits(&page, &fields).await.location(), "/");
}

#[tokio::test]
async fn people_end_their_own_sessions_and_nobody_elses() {
    let house = House::fresh().await;
    let (alice, mallory, shop) = (house.person("alice").await, house.person("mallory").await, house.app("shop").await);
    alice.signs_in().await;
    let elsewhere = alice.elsewhere(house.browser());
    let tokens = elsewhere.gives(&shop, "openid").await;
    let page = alice.browser.opens("/account/sessions").await;
    let id = page.body.split("name=\"session\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();

    // Mallory knows the id and has forms of his own.
    mallory.signs_in().await;
    let his = mallory.browser.opens("/account/profile").await;
    let csrf = Form::on(&his).hidden("csrf").to_owned();
    let reply = mallory.browser.posts("/account/sessions/end", &[("csrf", &csrf), ("session", &id)]).await;
    assert_eq!(reply.status, 404, "{reply}");
    assert!(shop.finds_active(&tokens.access).await);

    let csrf = Form::on(&page).hidden("csrf").to_owned();
    let ended = alice.browser.posts("/account/sessions/end", &[("csrf", &csrf), ("session", &id)]).await;
    assert!(ended.location().starts_with("/account/sessions"), "{ended}");
    assert!(!shop.finds_active(&tokens.access).await, "its tokens went with it");
    assert!(elsewhere.browser.opens("/account").await.location().starts_with("/login"));
    assert_eq!(alice.browser.opens("/account").await.status, 200, "this one stays");

    elsewhere.signs_in().await;
    let others = alice.browser.posts("/account/sessions/end-others", &[("csrf", &csrf)]).await;
    assert!(others.location().starts_with("/account/sessions"), "{others}");
    assert!(elsewhere.browser.opens("/account").await.location().starts_with("/login"));
    assert_eq!(alice.browser.opens("/account").await.status, 200);
    assert_eq!(mallory.browser.opens("/account").await.status, 200, "other people are other people");
}

#[tokio::test]
async fn a_password_is_changed_by_whoever_knows_it() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/password").await;
    let cookie = alice.browser.session();
    for (current, new) in [
        ("wrong wrong wrong wrong", NEW_PASSWORD),
        ("", NEW_PASSWORD),
        (PASSWORD, "short"),
        (PASSWORD, ""),
        (PASSWORD, "alicealicealice"),
        (PASSWORD, "countersigncountersign"),
    ] {
        let refused = alice.browser.submits(&page, &[("current", current), ("new", new)]).await;
        refused.stays_here(400);
        assert!(new.is_empty() || !refused.body.contains(new), "{refused}");
    }
    assert_eq!(alice.browser.session(), cookie);
    let changed = alice.browser.submits(&page, &[("current", PASSWORD), ("new", NEW_PASSWORD)]).await;
    assert_eq!(changed.status, 303, "{changed}");
    assert_ne!(alice.browser.session(), cookie, "a new cookie");
    let said = alice.browser.follows(changed).await;
    assert!(said.body.contains("Your new password counts from now on."), "{said}");
    let elsewhere = alice.elsewhere(house.browser());
    assert_eq!(elsewhere.signs_in().await.status, 401);
}

#[tokio::test]
async fn people_see_what_happened_to_them_and_not_to_others() {
    let house = House::fresh().await;
    let (alice, bob, shop) = (house.person("alice").await, house.person("bob").await, house.app("shop").await);
    alice.lets(&shop, "openid").await;
    bob.signs_in().await;
    let (hers, his) = (alice.browser.opens("/account/activity").await, bob.browser.opens("/account/activity").await);
    assert!(hers.body.contains("shop") && hers.body.contains("You signed in"), "{hers}");
    assert!(his.body.contains("You signed in") && !his.body.contains("shop"), "{his}");
    for cursor in ["nonsense", "", "%00", "zzzzzzzzzzzzzzzzzzzzzzzzzz"] {
        let page = bob.browser.opens(&format!("/account/activity?after={cursor}")).await;
        assert!(page.status < 500 && !page.body.contains("shop"), "{page}");
    }
}

#[tokio::test]
async fn nobody_comes_in_without_signing_in_and_everybody_comes_back_to_where_they_were() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    for path in [
        "/account",
        "/account/profile",
        "/account/preferences",
        "/account/authenticator",
        "/account/recovery-codes",
        "/account/data",
        "/account/delete",
        "/account/sessions",
        "/account/password",
        "/account/applications",
        "/account/activity",
        "/",
        "/admin",
    ] {
        let browser = house.browser();
        let sent = browser.opens(path).await;
        assert_eq!(sent.location(), format!("/login?next={}", path.replace('/', "%2F")), "{path}: {sent}");
        let page = browser.follows(sent).await;
        let alice = alice.elsewhere(browser);
        let signed_in = alice.gives_password(&page).await;
        assert_eq!(signed_in.location(), path, "{page}");
    }
    assert_eq!(alice.signs_in().await.location(), "/");
    assert_eq!(alice.browser.opens("/admin").await.stays_here(403).title(), "This page is not open to you");
}

#[tokio::test]
async fn no_form_is_taken_that_is_not_ours() {
    let house = House::fresh().await;
    let alice = house.person_with("alice", vec![UserChange::Admin(true)]).await;
    alice.signs_in().await;
    let csrf = Form::on(&alice.browser.opens("/account/profile").await).hidden("csrf").to_owned();
    let everything = || house.store.everything();
    let before = everything().await;
    let dialects = dialects::paths(&Settings::default());
    let ours = |path: &str| {
        let of_a_dialect = dialects.iter().any(|(known, _)| known == path);
        !of_a_dialect && !["/static", "/openapi", "/metrics"].iter().any(|top| path.starts_with(top))
    };
    for path in every_path(&house).into_iter().filter(|path| ours(path)) {
        let form = |fields: &[(&str, &str)]| Ask::post(path.as_str(), fields);
        for (what, ask) in [
            ("no token", form(&[("username", "alice"), ("password", PASSWORD)])),
            ("another token", form(&[("csrf", "AAAA")])),
            ("another site", form(&[("csrf", &csrf)]).header("origin", "https://evil.example")),
            ("a sister site", form(&[("csrf", &csrf)]).header("sec-fetch-site", "same-site")),
            ("a query", Ask::new(Method::POST, format!("{path}?csrf={csrf}"))),
            (
                "JSON",
                Ask::new(Method::POST, path.as_str()).typed("application/json", format!("{{\"csrf\":\"{csrf}\"}}")),
            ),
            ("plain text", Ask::new(Method::POST, path.as_str()).typed("text/plain", format!("csrf={csrf}"))),
        ] {
            let reply = alice.browser.sends(ask).await;
            assert!((400..500).contains(&reply.status), "{what} at {path}: {reply}");
        }
    }
    assert!(everything().await == before, "nothing was changed");
}

#[tokio::test]
async fn a_sign_in_with_a_browser_that_was_never_here_is_marked_among_what_happened() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    alice.signs_out().await;
    house.later(60);
    alice.signs_in().await;
    // Each is there twice: to be seen, and to be heard beside its details.
    let marked = |page: &super::wire::Reply| page.body.matches("in a browser that was new to your account").count() / 2;
    assert_eq!(marked(&alice.browser.opens("/account/activity").await), 1, "her own is new once");
    alice.elsewhere(house.browser()).signs_in().await;
    assert_eq!(marked(&alice.browser.opens("/account/activity").await), 2);
}
