//! An administrator acts for somebody: announced, for a while, recorded, and without any power over the account.
//!
//! [`applications`] is what it is good for, [`doors`] what it does not open, [`ending`] what ends it, [`beginning`] who may and
//! for whom, [`told`] who learns of it.

mod applications;
mod beginning;
mod doors;
mod ending;
mod told;

use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::settings::Settings;

use super::browser::Form;
use super::house::{House, host};
use super::person::Person;
use super::wire::Reply;

/// Why Ada acts.
pub const REASON: &str = "The wiki shows Ben an empty page";

/// Lets administrators act for people, or not.
pub async fn allows(house: &House, impersonation: bool) {
    let before = house.engine.settings().await.expect("settings");
    let settings = Settings { impersonation, ..before };
    house.engine.change_settings(&Actor::host(), &host(), &settings).await.expect("sound settings");
}

/// Ada, who administers and is signed in, and Ben, where acting is allowed.
pub async fn ada_and_ben(house: &House) -> (Person<'_>, Person<'_>) {
    allows(house, true).await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    let ben = house.person("ben").await;
    ada.signs_in().await;
    (ada, ben)
}

/// The path of the console's page about somebody.
pub fn page_about(who: &Person<'_>) -> String {
    format!("/admin/people/{}", who.id)
}

/// Sends the form to act for `whom`, as it would be on their page.
pub async fn asks_to_act(ada: &Person<'_>, whom: &Person<'_>, reason: &str, minutes: &str) -> Reply {
    let page = ada.browser.opens(&page_about(whom)).await;
    let csrf = Form::on(&page).hidden("csrf").to_owned();
    let fields = [("csrf", csrf.as_str()), ("reason", reason), ("minutes", minutes)];
    ada.browser.posts(&format!("{}/act", page_about(whom)), &fields).await
}

/// Ada acts for Ben in her browser from now on.
pub async fn acts<'h>(ada: &Person<'h>, ben: &Person<'h>) {
    let began = asks_to_act(ada, ben, REASON, "30").await;
    assert_eq!((began.status, began.header("location")), (303, Some("/applications")), "{began}");
}

/// The token of forms in a browser that may not see any form but the banner's.
pub async fn token_of(browser: &super::browser::Browser<'_>) -> String {
    let page = browser.opens("/applications").await;
    let (_, rest) = page.body.split_once("action=\"/acting/stop\"").unwrap_or_else(|| panic!("no banner: {page}"));
    let (_, rest) = rest.split_once("name=\"csrf\" value=\"").expect("a token");
    rest.split('"').next().expect("a token").to_owned()
}

/// Presses the banner's button.
pub async fn stops(ada: &Person<'_>) -> Reply {
    let csrf = token_of(&ada.browser).await;
    ada.browser.posts("/acting/stop", &[("csrf", &csrf)]).await
}

/// Whether whoever holds this browser acts for somebody.
pub async fn is_acting(browser: &super::browser::Browser<'_>) -> bool {
    let page = browser.opens("/applications").await;
    page.status == 200 && page.body.contains("You are acting as")
}
