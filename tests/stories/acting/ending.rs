//! What ends it: of itself, by whoever acts, by the person, and by everything it rests on.

use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::client::{AccessTokenForm, ClientType};

use super::{acts, ada_and_ben, allows, is_acting, stops, token_of};
use crate::app::App;
use crate::browser::Form;
use crate::house::{House, host};
use crate::person::Person;

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

/// What can happen meanwhile, and whether Ada goes on acting.
const CHANGES: [(&str, bool); 20] = [
    ("nothing", true),
    ("another administrator signs in", true),
    ("ben signs in and out himself", true),
    ("the time is over", false),
    ("she stops", false),
    ("she signs out", false),
    ("ben ends it", false),
    ("ben ends all others", false),
    ("ben changes his password", false),
    ("ben is disabled", false),
    ("ben is deleted", false),
    ("ben becomes an auditor", false),
    ("ben becomes an administrator", false),
    ("the setting is switched off", false),
    ("the setting is switched off and on again", false),
    ("ada is disabled", false),
    ("ada is no administrator any more", false),
    ("ada is no administrator for a while", false),
    ("ada's sessions are ended", false),
    ("ada ends her own session elsewhere", false),
];

async fn happens(what: &str, house: &House, ada: &Person<'_>, ben: &Person<'_>) {
    let (engine, actor) = (&house.engine, Actor::host());
    let becomes = async |who: &Person<'_>, change: UserChange| {
        engine.change_user(&actor, &host(), &who.id, &[change]).await.expect("a user");
    };
    match what {
        "nothing" => {}
        "another administrator signs in" => {
            let olga = house.person_with("olga", vec![UserChange::Admin(true)]).await;
            olga.signs_in().await;
        }
        "ben signs in and out himself" => {
            ben.signs_in().await;
            ben.signs_out().await;
        }
        "the time is over" => house.later(30 * 60),
        "she stops" => drop(stops(ada).await),
        "she signs out" => drop(ada.signs_out().await),
        "ben ends it" | "ben ends all others" => {
            ben.signs_in().await;
            let page = ben.browser.opens("/account/sessions").await;
            let csrf = Form::on(&page).hidden("csrf").to_owned();
            let (path, session) = match what {
                "ben ends it" => {
                    let (_, rest) = page.body.split_once("End the session of Ada Adams").expect("it is shown");
                    let before = &page.body[..page.body.len() - rest.len()];
                    let (_, id) = before.rsplit_once("name=\"session\" value=\"").expect("its id");
                    ("/account/sessions/end", id.split('"').next().expect("its id").to_owned())
                }
                _ => ("/account/sessions/end-others", String::new()),
            };
            let ended = ben.browser.posts(path, &[("csrf", &csrf), ("session", &session)]).await;
            assert_eq!(ended.status, 303, "{ended}");
        }
        "ben changes his password" => {
            let link = engine.start_recovery(&actor, &host(), &ben.id).await.expect("a link");
            engine.finish_recovery(&host(), &link, &Secret::new(NEW_PASSWORD)).await.expect("a password");
        }
        "ben is disabled" => drop(engine.disable_user(&actor, &host(), &ben.id, true).await.expect("a user")),
        "ben is deleted" => engine.delete_user(&actor, &host(), &ben.id).await.expect("a user"),
        "ben becomes an auditor" => becomes(ben, UserChange::Auditor(true)).await,
        "ben becomes an administrator" => becomes(ben, UserChange::Admin(true)).await,
        "the setting is switched off" => allows(house, false).await,
        "the setting is switched off and on again" => {
            allows(house, false).await;
            allows(house, true).await;
        }
        "ada is disabled" => drop(engine.disable_user(&actor, &host(), &ada.id, true).await.expect("a user")),
        "ada is no administrator any more" => becomes(ada, UserChange::Admin(false)).await,
        "ada is no administrator for a while" => {
            house.later(1);
            becomes(ada, UserChange::Admin(false)).await;
            becomes(ada, UserChange::Admin(true)).await;
        }
        "ada's sessions are ended" => {
            engine.end_user_sessions(&actor, &host(), &ada.id).await.expect("a user");
        }
        "ada ends her own session elsewhere" => {
            let elsewhere = ada.elsewhere(house.browser());
            elsewhere.signs_in().await;
            let page = elsewhere.browser.opens("/account/sessions").await;
            let csrf = Form::on(&page).hidden("csrf").to_owned();
            elsewhere.browser.posts("/account/sessions/end-others", &[("csrf", &csrf)]).await;
        }
        other => panic!("{other}?"),
    }
}

/// Another administrator, so that nobody is the last.
async fn scene(house: &House, form: AccessTokenForm) -> (Person<'_>, Person<'_>, App<'_>) {
    house.person_with("max", vec![UserChange::Admin(true)]).await;
    let (ada, ben) = ada_and_ben(house).await;
    let shop = house.app_with("shop", ClientType::Web, vec![ClientChange::AccessToken(form)]).await;
    ben.lets(&shop, "openid email").await.code();
    ben.signs_out().await;
    acts(&ada, &ben).await;
    (ada, ben, shop)
}

#[tokio::test]
async fn it_ends_with_whatever_it_rests_on_and_takes_everything_given_in_it_along() {
    for form in [AccessTokenForm::Jwt, AccessTokenForm::Opaque] {
        for (what, goes_on) in CHANGES {
            let house = House::fresh().await;
            let (ada, ben, shop) = scene(&house, form).await;
            let left = ada.browser.copy();
            let hands = ben.elsewhere(ada.browser.copy());
            let tokens = hands.gives(&shop, "openid email").await;
            let unused = hands.lets(&shop, "openid email").await;

            happens(what, &house, &ada, &ben).await;

            assert_eq!(is_acting(&left).await, goes_on, "{what}");
            assert_eq!(shop.userinfo(&tokens.access).await.status == 200, goes_on, "userinfo: {what}");
            assert_eq!(shop.finds_active(&tokens.access).await, goes_on, "introspection: {what}");
            assert_eq!(shop.redeems(&unused).await.status == 200, goes_on, "a code: {what}");
            let quietly = hands.answers(&shop.asks("openid email").with("prompt", "none")).await;
            let ended = quietly.error() == "login_required";
            assert_eq!(ended, !goes_on, "silent authorization: {what}: {quietly:?}");
        }
    }
}

#[tokio::test]
async fn stopping_leads_back_to_the_administrators_own_session_once() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let own = ada.browser.copy();
    acts(&ada, &ben).await;
    let acting = ada.browser.copy();
    let csrf = token_of(&ada.browser).await;
    let stopped = ada.browser.posts("/acting/stop", &[("csrf", &csrf)]).await;
    assert!(stopped.location().starts_with(&super::page_about(&ben)), "{stopped}");
    let page = ada.browser.follows(stopped).await;
    assert!(page.status == 200 && page.body.contains("You act for nobody any more."), "{page}");
    assert!(!page.body.contains("You are acting as"));
    // It is her session of before, by a new cookie: the one before it opens nothing any more.
    assert_eq!(own.opens("/admin").await.status, 303);
    // The cookie of acting, sent again, leads nowhere.
    let again = acting.posts("/acting/stop", &[("csrf", &csrf)]).await;
    assert_eq!(again.location(), "/login");
    assert_eq!(acting.opens("/admin").await.status, 303);
    assert_eq!(ada.browser.opens("/admin").await.status, 200, "and she stays signed in");
}

#[tokio::test]
async fn the_cookie_of_acting_is_no_way_into_the_administrators_session_from_another_browser() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    let cookie = ada.browser.session().expect("a session");
    // A thief who has that cookie, and a browser of their own.
    let thief = house.browser();
    let page = thief.opens("/login").await;
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    let own = thief.cookies();
    let (name, browser) = own.iter().find(|(name, _)| name.ends_with("countersign-browser")).expect("a cookie");
    let cookies = format!("{name}={browser}; __Host-countersign-session={cookie}");
    let ask = crate::wire::Ask::post("/acting/stop", &[("csrf", &csrf)])
        .header("origin", "https://id.example")
        .header("sec-fetch-site", "same-origin")
        .header("cookie", cookies);
    let stopped = house.asks(ask).await;
    assert_eq!((stopped.status, stopped.location()), (303, "/login"));
    assert!(stopped.all("set-cookie").iter().all(|set| !set.contains("countersign-session=ss_")), "{stopped}");
    assert!(!is_acting(&ada.browser).await, "it has ended, though");
}

#[tokio::test]
async fn where_her_own_session_is_over_she_signs_in_again() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    let csrf = token_of(&ada.browser).await;
    house.engine.end_user_sessions(&Actor::host(), &host(), &ada.id).await.unwrap();
    let stopped = ada.browser.posts("/acting/stop", &[("csrf", &csrf)]).await;
    assert_eq!(stopped.location(), "/login");
    assert_eq!(ada.browser.opens("/admin").await.status, 303);
}

#[tokio::test]
async fn a_token_in_other_hands_ends_acting_and_nothing_of_the_administrator() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let front = house.ours("front").await;
    ben.gives(&front, "openid email").await;
    let own = ada.browser.copy();
    acts(&ada, &ben).await;
    let tokens = ben.elsewhere(ada.browser.copy()).gives(&front, "openid email").await;
    house.browser().opens(&format!("/oauth/logout?id_token_hint={}", tokens.id)).await;
    assert_eq!(own.opens("/admin").await.status, 200, "that is hers, in her browser");
    assert!(!is_acting(&ada.browser).await);
}

#[tokio::test]
async fn signing_out_meanwhile_signs_the_administrator_out_too() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let own = ada.browser.copy();
    acts(&ada, &ben).await;
    assert_eq!(own.opens("/admin").await.status, 200, "it stays open meanwhile");
    ada.signs_out().await;
    assert_eq!(own.opens("/admin").await.status, 303);
}

#[tokio::test]
async fn two_browsers_are_two_matters() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let cleo = house.person("cleo").await;
    let other = ada.elsewhere(house.browser());
    other.signs_in().await;
    acts(&ada, &ben).await;
    assert_eq!(other.browser.opens("/admin").await.status, 200, "the console is open there");
    acts(&other, &cleo).await;
    stops(&ada).await;
    assert!(is_acting(&other.browser).await && !is_acting(&ada.browser).await);
    assert_eq!(ada.browser.opens("/admin").await.status, 200);
    ben.signs_in().await;
    assert_eq!(ben.browser.opens("/account").await.status, 200, "Ben's own browser is his");
}

#[tokio::test]
async fn signing_out_by_an_application_ends_acting_and_nothing_of_the_person() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    // An application of ours ends everything its person gave when they sign out there.
    let front = house.ours("front").await;
    let own = ben.gives(&front, "openid email offline_access").await;
    let adas = ada.gives(&front, "openid email offline_access").await;
    let left = ada.browser.copy();
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    let tokens = hands.gives(&front, "openid email").await;
    // With a token of her own she ends nothing silently: she is asked.
    let asked = ada.browser.opens(&format!("/oauth/logout?id_token_hint={}", adas.id)).await;
    assert!(asked.location().starts_with("/sign-out?request="), "{asked}");
    assert!(is_acting(&ada.browser).await && front.finds_active(&adas.access).await);

    let done = ada.browser.opens(&format!("/oauth/logout?id_token_hint={}", tokens.id)).await;
    assert_eq!(done.location(), "/signed-out", "{done}");
    assert!(!is_acting(&ada.browser).await && !front.finds_active(&tokens.access).await);
    assert_eq!(left.opens("/admin").await.status, 303, "she has signed out");
    assert!(front.finds_active(&own.refresh).await && front.finds_active(&own.access).await, "Ben's are his");
    assert_eq!(ben.browser.opens("/account").await.status, 200);
    // The same hint later ends nothing either.
    house.browser().opens(&format!("/oauth/logout?id_token_hint={}", tokens.id)).await;
    assert!(front.finds_active(&own.refresh).await);
}
