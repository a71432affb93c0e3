//! What people see, choose, take along and end of their own account.

use std::time::Duration;

use countersign::engine::admin::Actor;
use serde_json::Value;

use super::browser::Form;
use super::house::House;
use super::person::Person;
use super::wire::Reply;

/// Every claim a person keeps themselves (OpenID Connect Core, sections 5.1 and 5.1.1), as it is typed.
const CLAIMS: [(&str, &str); 20] = [
    ("name", "Alice Agatha Smith"),
    ("given_name", "Alice"),
    ("family_name", "Smith"),
    ("middle_name", "Agatha"),
    ("nickname", "Al"),
    ("profile", "https://people.example.org/alice"),
    ("picture", "https://people.example.org/alice.png"),
    ("website", "https://alice.example.org/"),
    ("gender", "female"),
    ("birthdate", "1990-01-02"),
    ("zoneinfo", "Europe/Kyiv"),
    ("locale", "uk-UA"),
    ("phone_number", "+44 20 7946 0000"),
    ("formatted", "12 Hill Road\r\nBrighton"),
    ("street_address", "12 Hill Road\r\nFlat 4"),
    ("locality", "Brighton"),
    ("region", "East Sussex"),
    ("postal_code", "BN1 1AA"),
    ("country", "GB"),
    ("preferred_username", "root"),
];

/// The form of `page` whose action is `action`, sent with `fields`.
async fn sends(who: &Person<'_>, page: &Reply, action: &str, fields: &[(&str, &str)]) -> Reply {
    let csrf = Form::on(page).hidden("csrf").to_owned();
    let all: Vec<(&str, &str)> = [("csrf", csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
    who.browser.posts(action, &all).await
}

#[tokio::test]
async fn every_claim_that_is_theirs_is_kept_and_told() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid profile address phone").await;
    let page = alice.browser.opens("/account/profile").await;
    let saved = alice.browser.submits(&page, &CLAIMS).await;
    let saved = alice.browser.follows(saved).await;
    assert!(saved.body.contains("Your profile is saved."), "{saved}");
    let told = shop.userinfo(&tokens.access).await.json();
    for (claim, value) in &CLAIMS[..13] {
        assert_eq!(told[claim], *value, "{claim}");
    }
    for (claim, value) in &CLAIMS[13..19] {
        assert_eq!(told["address"][claim], value.replace("\r\n", "\n"), "{claim}");
    }
    assert_eq!(told["preferred_username"], "alice", "that is not theirs to change");
    let cleared: Vec<(&str, &str)> = CLAIMS.iter().map(|(claim, _)| (*claim, "")).collect();
    alice.browser.submits(&saved, &cleared).await;
    let told = shop.userinfo(&tokens.access).await.json();
    assert!(told.get("address").is_none() && told.get("nickname").is_none(), "{told}");
}

/// A date input would show it empty, and saving anything else would delete it.
#[tokio::test]
async fn a_birthday_without_a_year_or_a_day_is_kept_when_something_else_is_saved() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid profile").await;
    for birthdate in ["1984", "0000-05-17", "1984-05-17"] {
        let page = alice.browser.opens("/account/profile").await;
        assert!(!page.body.contains("type=\"date\"") && page.body.contains("Such as 1984-05-17."), "{page}");
        assert_eq!(alice.browser.submits(&page, &[("birthdate", birthdate)]).await.status, 303);
        let page = alice.browser.opens("/account/profile").await;
        assert!(page.body.contains(&format!("value=\"{birthdate}\"")), "{page}");
        // A browser sends what a text field shows.
        let (_, field) = page.body.split_once("name=\"birthdate\" value=\"").expect("the field");
        let (shown, _) = field.split_once('"').expect("its value");
        assert_eq!(alice.browser.submits(&page, &[("nickname", "Al"), ("birthdate", shown)]).await.status, 303);
        assert_eq!(shop.userinfo(&tokens.access).await.json()["birthdate"], birthdate);
    }
}

#[tokio::test]
async fn all_that_is_wrong_with_a_profile_is_told_at_once_each_at_its_field() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/profile").await;
    let wrong = [("website", "here"), ("phone_number", "555"), ("birthdate", "1984-02-30"), ("nickname", "Al")];
    let page = alice.browser.submits(&page, &wrong).await;
    let page = page.stays_here(400);
    assert!(page.body.contains("3 things need another look"), "{page}");
    for field in ["website", "phone_number", "birthdate"] {
        assert!(page.body.contains(&format!("id=\"{field}-error\"")), "{field}: {page}");
    }
    assert!(page.body.contains("value=\"Al\""), "nothing typed is lost: {page}");
}

#[tokio::test]
async fn staying_signed_in_while_away_is_said_once() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.gives(&shop, "openid offline_access").await;
    let page = alice.browser.opens("/account/applications").await;
    assert_eq!(page.body.matches("Stay signed in").count(), 1, "{page}");
}

#[tokio::test]
async fn the_overview_says_how_things_are_and_leads_to_each() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.gives(&shop, "openid").await;
    alice.elsewhere(house.browser()).signs_in().await;
    let page = alice.browser.opens("/account").await;
    for words in ["1 has access to your account", "Here and in 1 other place", "alice@example.org, "] {
        assert!(page.body.contains(words), "{words}: {page}");
    }
    let (_, main) = page.body.split_once("<main").unwrap();
    let leads = main.split("href=\"/").skip(1).filter_map(|rest| rest.split('"').next());
    for path in leads.filter(|path| path.starts_with("account/")) {
        assert_eq!(alice.browser.opens(&format!("/{path}")).await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn colours_are_chosen_for_a_browser_and_drawn_by_the_server() {
    let house = House::fresh().await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    let page = alice.browser.opens("/account/preferences").await;
    assert!(!page.body.contains("data-theme") && page.body.contains("content=\"light dark\""), "{page}");
    let saved = alice.browser.submits(&page, &[("theme", "dark"), ("locale", "de_CH")]).await;
    let cookie = saved.all("set-cookie").into_iter().find(|line| line.contains("countersign-theme=dark"));
    assert!(cookie.is_some_and(|line| line.contains("HttpOnly") && line.contains("Max-Age")), "{saved}");
    let page = alice.browser.follows(saved).await;
    for words in ["data-theme=\"dark\"", "content=\"dark\"", "data-locale=\"de-CH\"", "<html lang=\"en\""] {
        assert!(page.body.contains(words), "{words}: {page}");
    }
    alice.signs_out().await;
    let door = alice.browser.opens("/login").await;
    assert!(door.body.contains("data-theme=\"dark\"") && !door.body.contains("data-locale"), "{door}");
    alice.signs_in().await;
    let page = alice.browser.opens("/account/preferences").await;
    let faulty = alice.browser.submits(&page, &[("theme", "light"), ("locale", "<b>")]).await;
    faulty.stays_here(400);
    let saved = alice.browser.submits(&page, &[("theme", "\"><script>"), ("locale", "")]).await;
    let page = alice.browser.follows(saved).await;
    assert!(!page.body.contains("data-theme") && !page.body.contains("data-locale"), "{page}");
}

#[tokio::test]
async fn the_activity_page_names_devices_and_applications() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.gives(&shop, "openid").await;
    let page = alice.browser.opens("/account/activity").await;
    assert!(page.body.contains("You signed in with "), "{page}");
    assert!(page.body.contains(&format!("You were signed in to {}", shop.id)), "{page}");
}

#[tokio::test]
async fn people_take_everything_along_but_no_secret_and_not_from_an_unattended_computer() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.gives(&shop, "openid profile").await;
    let page = alice.browser.opens("/account/data").await;
    let file = sends(&alice, &page, "/account/data/download", &[]).await;
    assert_eq!(file.status, 200, "{file}");
    assert_eq!(file.header("content-disposition"), Some("attachment; filename=\"account.json\""));
    assert_eq!(
        (file.header("cache-control"), file.header("content-type")),
        (Some("no-store"), Some("application/json"))
    );
    let data: Value = file.json();
    assert_eq!((&data["account"]["username"], &data["account"]["sub"]), (&"alice".into(), &alice.id.as_str().into()));
    assert_eq!(data["consents"][0]["application"], shop.id.as_str());
    assert_eq!(data["sessions"].as_array().unwrap().len(), 1);
    assert!(!data["grants"].as_array().unwrap().is_empty() && !data["activity"].as_array().unwrap().is_empty());
    for secret in ["argon2", "ss_", "rt_", "at_"] {
        assert!(!file.body.contains(secret), "{secret}");
    }
    house.clock.advance(Duration::from_secs(11 * 60));
    let asked = sends(&alice, &page, "/account/data/download", &[]).await;
    assert!(asked.location().starts_with("/login?confirm=1&next=%2Faccount%2Fdata"), "{asked}");
}

#[tokio::test]
async fn an_account_is_deleted_by_whoever_types_its_name_and_everything_goes_with_it() {
    let house = House::fresh().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    let tokens = alice.gives(&shop, "openid offline_access").await;
    let elsewhere = alice.elsewhere(house.browser());
    elsewhere.signs_in().await;
    let page = alice.browser.opens("/account/delete").await;
    let free = "somebody else can make an account here with them";
    for words in ["1 application loses access", "here and in 1 other place", free, "It cannot be undone."] {
        assert!(page.body.contains(words), "{words}: {page}");
    }
    let wrong = alice.browser.submits(&page, &[("username", "bob")]).await;
    assert!(wrong.stays_here(400).body.contains("That is not your username."));
    assert!(shop.finds_active(&tokens.access).await);

    let gone = alice.browser.submits(&page, &[("username", "alice")]).await;
    let door = alice.browser.follows(gone).await;
    assert!(door.body.contains("Your account is deleted.") && alice.browser.session().is_none(), "{door}");
    assert!(!shop.finds_active(&tokens.access).await);
    assert!(elsewhere.browser.opens("/account").await.location().starts_with("/login"));
    assert_eq!(alice.signs_in().await.status, 401);
    assert!(house.engine.user_detail(&Actor::host(), &alice.id).await.is_err());
}
