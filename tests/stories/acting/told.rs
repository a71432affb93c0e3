//! Who learns of it: the person, whoever reads the log, and everybody who looks at that browser.

use countersign::engine::admin::Actor;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::audit::{AuditActor, AuditKind};
use countersign::server::mail::round;

use super::{REASON, acts, ada_and_ben, page_about, stops};
use crate::browser::Form;
use crate::house::House;
use crate::smtp::Postbox;

#[tokio::test]
async fn the_person_reads_who_acted_why_and_what_was_opened() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let shop = house.app("shop").await;
    ben.lets(&shop, "openid email").await.code();
    acts(&ada, &ben).await;
    let page = ben.browser.opens("/account/sessions").await;
    assert!(page.body.contains("Ada Adams (administrator)"), "{page}");
    assert!(page.body.contains(&format!("Acts as you until 15 January 2027, 08:30 UTC: {REASON}")), "{page}");
    ben.elsewhere(ada.browser.copy()).lets(&shop, "openid email").await.code();
    stops(&ada).await;
    let page = ben.browser.opens("/account/activity").await;
    for sentence in [
        format!("Ada Adams, an administrator, began to act as you until 15 January 2027, 08:30 UTC: {REASON}"),
        "Ada Adams, an administrator, was signed in to shop as you".to_owned(),
        "Ada Adams, an administrator, acts as you no longer".to_owned(),
    ] {
        assert!(page.body.contains(&sentence), "{sentence}: {page}");
    }
    let page = ben.browser.opens("/account/sessions").await;
    assert!(!page.body.contains("administrator"), "{page}");
}

/// What people read of themselves is about them: nobody acted when an application merely asked for the wrong thing, and who
/// acts reads what they did.
#[tokio::test]
async fn everybody_reads_their_own_part() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let shop = house.app("shop").await;
    ben.signs_in().await;
    ben.browser.opens(&shop.asks("openid").with("scope", "openid nonsense").path()).await;
    let page = ben.browser.opens("/account/activity").await;
    assert!(page.body.contains("shop asked for something that was refused"), "{page}");
    assert!(!page.body.contains("dministrator"), "{page}");

    ben.lets(&shop, "openid email").await.code();
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    hands.lets(&shop, "openid email").await.code();
    hands.browser.opens(&shop.asks("openid").with("scope", "openid nonsense").path()).await;
    stops(&ada).await;
    let csrf = Form::on(&ada.browser.opens(&page_about(&ben)).await).hidden("csrf").to_owned();
    ada.browser.posts(&format!("{}/disable", page_about(&ben)), &[("csrf", &csrf)]).await.location();
    let page = ada.browser.opens("/account/activity").await;
    for sentence in [
        &format!("You began to act as ben: {REASON}"),
        "You were signed in to shop as somebody else",
        "shop was refused to you as somebody else",
        "You act as somebody else no longer",
        "You disabled ben",
    ] {
        assert!(page.body.contains(sentence), "{sentence}: {page}");
    }
    assert!(!page.body.contains("Your account was disabled") && !page.body.contains("as you"), "{page}");
}

#[tokio::test]
async fn the_log_names_both_and_never_the_person_as_whoever_did_it() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    let shop = house.app("shop").await;
    ben.lets(&shop, "openid email").await.code();
    acts(&ada, &ben).await;
    let hands = ben.elsewhere(ada.browser.copy());
    hands.lets(&shop, "openid email").await.code();
    let refused = shop.asks("openid email").with("scope", "openid nonsense");
    hands.browser.opens(&refused.path()).await;
    ada.signs_out().await;
    let page = ada.browser.opens("/login").await;
    ada.gives_password(&page).await;
    let page = ada.browser.opens("/admin/activity").await;
    for sentence in [
        &format!("Ada Adams began to act as Ben Adams: {REASON}"),
        "Ada Adams opened shop as Ben Adams",
        "shop was refused to Ada Adams as Ben Adams",
        "Ada Adams stopped acting as Ben Adams",
    ] {
        assert!(page.body.contains(sentence), "{sentence}: {page}");
    }
    let all = ActivityFilter { user: Some(ben.id.clone()), ..ActivityFilter::default() };
    let log = house.engine.activity(&Actor::host(), &all, None, 100).await.unwrap().items;
    let began = log.iter().position(|record| record.kind == AuditKind::ActingBegan).expect("it began");
    // The newest first: all of it is Ada's doing, and about Ben.
    assert_eq!(began, 3, "{log:?}");
    for record in &log[..=began] {
        assert_eq!((&record.actor, &record.user), (&AuditActor::User(ada.id.clone()), &Some(ben.id.clone())));
    }
}

#[tokio::test]
async fn the_person_is_written_to_in_the_same_commit_and_nobody_of_a_new_browser() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let (ada, ben) = ada_and_ben(&house).await;
    ben.signs_in().await;
    round(&house.engine).await.expect("the store answers");
    let before = postbox.letters().len();
    acts(&ada, &ben).await;
    stops(&ada).await;
    round(&house.engine).await.expect("the store answers");
    let letters = postbox.letters();
    let [letter] = &letters[before..] else { panic!("one letter: {letters:?}") };
    assert_eq!(letter.to, "ben@example.org");
    assert_eq!(letter.header("Subject"), "An administrator acts for you at Countersign");
    for words in ["Ada Adams", REASON, "15 January 2027, 08:30 UTC", "https://id.example/account/sessions"] {
        assert!(letter.text().contains(words), "{words}: {letter:?}");
    }
    // Where it was refused, nobody is written to.
    super::asks_to_act(&ada, &ada, REASON, "15").await;
    round(&house.engine).await.expect("the store answers");
    assert_eq!(postbox.letters().len(), letters.len());
}

#[tokio::test]
async fn every_page_of_that_browser_says_so() {
    let house = House::fresh().await;
    let (ada, ben) = ada_and_ben(&house).await;
    acts(&ada, &ben).await;
    for path in ["/", "/applications", "/account", "/admin", "/login?another=1", "/sign-out", "/signed-out"] {
        let page = ada.browser.opens(path).await;
        assert!(page.body.contains("You are acting as <b dir=\"auto\">Ben Adams</b> until"), "{path}: {page}");
        assert!(page.body.contains("08:30 UTC</time>. What you do is recorded."), "{path}: {page}");
        assert!(page.body.contains("action=\"/acting/stop\""), "{path}: {page}");
    }
    assert!(!ben.browser.opens("/login").await.body.contains("You are acting as"));
}

#[tokio::test]
async fn a_hostile_reason_stays_a_sentence() {
    let house = House::fresh().await;
    let ada = house.person_with("ada", vec![UserChange::Admin(true)]).await;
    super::allows(&house, true).await;
    let ben = house.person("ben").await;
    ada.signs_in().await;
    let reason = "<script>alert(1)</script>\r\nBcc: x@example.org \u{202e}";
    assert_eq!(super::asks_to_act(&ada, &ben, reason, "15").await.status, 303);
    ben.signs_in().await;
    for path in ["/account/activity", "/account/sessions"] {
        let page = ben.browser.opens(path).await;
        assert!(!page.body.contains("<script>alert") && !page.body.contains('\u{202e}'), "{page}");
        assert!(page.body.contains("Bcc: x@example.org"), "{page}");
    }
}
