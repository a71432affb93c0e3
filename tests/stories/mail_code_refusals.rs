//! Signing in by mail, refused: nobody learns who has an account, nothing is enrolled, and what a code rests on must stay as
//! it was.

use std::collections::BTreeSet;

use countersign::base::secret::Secret;
use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::sign_in::RequiredFactor;

use super::authenticator::{Authenticator, RECOVERY};
use super::browser::Form;
use super::house::{House, host};
use super::mail_code::way_by_mail;
use super::person::Person;
use super::wire::{Reply, with_query};

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

async fn changes(house: &House, person: &Person<'_>, change: UserChange) {
    house.engine.change_user(&Actor::host(), &host(), &person.id, &[change]).await.expect("a sound change");
}

/// What a reply says once what is different each time is left out.
fn as_anybody_sees(reply: &Reply) -> String {
    let mut text = reply.to_string();
    for mark in ["sign_in=", "name=\"sign_in\" value=\"", "name=\"csrf\" value=\"", "x-request-id: ", "browser="] {
        let mut parts = text.split(mark);
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            out.push_str(mark);
            out.push_str(part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_-.".contains(c)));
        }
        text = out;
    }
    text
}

#[tokio::test]
async fn everybody_sees_the_same_whoever_they_ask_for() {
    let house = House::reading_mail().await;
    house.person("alice").await;
    let (off, bare) = (house.person("off").await, house.person("bare").await);
    house.engine.disable_user(&Actor::host(), &host(), &off.id, true).await.unwrap();
    changes(&house, &bare, UserChange::Email(None)).await;
    let unread = house.person("unread").await;
    changes(&house, &unread, UserChange::EmailVerified(false)).await;
    house.person("full").await;
    for _ in 0..6 {
        house.browser().wants_a_code("full").await;
    }
    let mut seen = BTreeSet::new();
    for name in ["alice", "alice@example.org", "off", "bare", "unread", "full", "nobody", "x@example.net"] {
        let browser = house.browser();
        let page = browser.opens("/login/mail").await;
        let sent = browser.submits(&page, &[("username", name)]).await;
        let page = browser.opens(sent.location()).await;
        let mut all = vec![as_anybody_sees(&sent), as_anybody_sees(&page)];
        for _ in 0..6 {
            all.push(as_anybody_sees(&browser.submits(&page, &[("code", "AAAA-AAAA")]).await));
        }
        all.push(as_anybody_sees(&browser.opens(sent.location()).await));
        seen.insert(all);
        house.later(60);
    }
    assert_eq!(seen.len(), 1, "{} kinds of answers", seen.len());
    let all = seen.pop_first().unwrap();
    assert!(all[1].contains("If there is an account of that name"), "{}", all[1]);
    assert!(all[7].contains("This code works no more"), "the fifth wrong one ends it: {}", all[7]);
    let to: BTreeSet<String> = house.codes().await.into_iter().map(|one| one.to).collect();
    assert_eq!(to.into_iter().collect::<Vec<_>>(), ["alice@example.org", "full@example.org"]);
}

#[tokio::test]
async fn where_nobody_signs_in_by_mail_everybody_is_led_to_the_sign_in_page() {
    let (without_mail, off) = (House::fresh().await, House::reading_mail().await);
    without_mail.lets_in_by_mail(true).await;
    off.lets_in_by_mail(false).await;
    for house in [&without_mail, &off] {
        house.person("alice").await;
        let browser = house.browser();
        let page = browser.opens("/login?next=/account").await;
        assert_eq!(way_by_mail(&page), None, "{page}");
        assert_eq!(browser.opens("/login/mail?next=%2Faccount").await.location(), "/login?next=%2Faccount");
        let token = Form::on(&page).hidden("csrf").to_owned();
        for name in ["alice", "nobody"] {
            let sent =
                browser.posts("/login/mail", &[("csrf", &token), ("username", name), ("next", "/account")]).await;
            assert_eq!(sent.location(), "/login?next=%2Faccount");
        }
        let given =
            browser.posts("/login/mail/code", &[("csrf", &token), ("sign_in", "x"), ("code", "AAAA-AAAA")]).await;
        given.stays_here(410);
        assert!(house.codes().await.is_empty());
    }
}

#[tokio::test]
async fn what_changes_before_the_code_is_given_ends_it() {
    for what in ["disabled", "password", "address", "unverified", "sessions ended", "switched off", "too late"] {
        let house = House::reading_mail().await;
        let alice = house.person("alice").await;
        let page = alice.browser.wants_a_code("alice").await;
        let code = house.code_for(&page).await.expect("a letter").code;
        let (engine, actor) = (&house.engine, Actor::host());
        match what {
            "disabled" => drop(engine.disable_user(&actor, &host(), &alice.id, true).await.unwrap()),
            "password" => {
                let link = engine.start_recovery(&actor, &host(), &alice.id).await.unwrap();
                let new = Secret::new(NEW_PASSWORD);
                engine.finish_recovery(&host(), &link, &new).await.unwrap();
            }
            "address" => changes(&house, &alice, UserChange::Email(Some("moved@example.org".to_owned()))).await,
            "unverified" => changes(&house, &alice, UserChange::EmailVerified(false)).await,
            "sessions ended" => drop(engine.end_user_sessions(&actor, &host(), &alice.id).await.unwrap()),
            "switched off" => house.lets_in_by_mail(false).await,
            _ => house.later(600),
        }
        let refused = alice.browser.submits(&page, &[("code", &code)]).await;
        assert_eq!((refused.status, refused.title()), (410, "This code works no more"), "{what}: {refused}");
        assert_eq!(alice.browser.session(), None, "{what}");
    }
}

#[tokio::test]
async fn whoever_came_in_by_their_mail_is_out_when_they_have_another_address() {
    let house = House::reading_mail().await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    alice.signs_in().await;
    let own = alice.gives(&shop, "openid offline_access").await;
    let thief = alice.elsewhere(house.browser());
    thief.browser.comes_by_mail("alice").await.location();
    let stolen = thief.gives(&shop, "openid offline_access").await;
    assert_eq!(thief.browser.opens("/account").await.status, 200);
    changes(&house, &alice, UserChange::Email(Some("alice@example.net".to_owned()))).await;
    assert!(thief.browser.opens("/account").await.location().starts_with("/login"));
    shop.refreshes(&stolen.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(alice.browser.opens("/account").await.status, 200, "who gave the password stays");
    shop.refreshes(&own.refresh).await.tokens();
}

#[tokio::test]
async fn nothing_is_set_up_on_the_way_in_by_mail() {
    for demanded in [RequiredFactor::SecondFactor, RequiredFactor::Passkey] {
        let house = House::reading_mail().await;
        let alice = house.person("alice").await;
        house.demands(demanded).await;
        let page = alice.browser.opens("/login/mail?next=%2Faccount%2Fsessions").await;
        let sent = alice.browser.submits(&page, &[("username", "alice")]).await;
        let page = alice.browser.follows(sent).await;
        let refused = alice.browser.types_the_code(&page).await;
        assert_eq!((refused.status, refused.title()), (403, "Your password is needed this time"), "{refused}");
        assert!(refused.body.contains("/login?next=%2Faccount%2Fsessions&"), "{refused}");
        assert_eq!(alice.browser.session(), None);
        let page = alice.browser.opens("/login?next=/account&another=1").await;
        let sent = alice.gives_password(&page).await;
        assert!(sent.location().starts_with("/login/second-factor"), "the password leads there: {sent}");
    }
}

/// Whoever lost their passkey gives a recovery code and enrols another: not on the strength of a mailbox.
#[tokio::test]
async fn a_recovery_code_after_it_enrols_nothing_either() {
    let house = House::reading_mail().await;
    let alice = house.person("alice").await;
    Authenticator::lost_passkey(&house, &alice).await;
    house.demands(RequiredFactor::Passkey).await;
    let given = alice.browser.comes_by_mail("alice").await;
    assert!(given.location().starts_with("/login/second-factor"), "{given}");
    let page = alice.browser.follows(given).await;
    let refused = alice.browser.submits(&page, &[("recovery", RECOVERY[0])]).await;
    assert_eq!((refused.status, refused.title()), (403, "Your password is needed this time"), "{refused}");
    assert_eq!(alice.browser.session(), None);
}

/// Only the pages take a code: nothing that comes without a browser does.
#[tokio::test]
async fn no_grant_takes_a_code_by_mail() {
    let house = House::reading_mail().await;
    let (alice, ours) = (house.person("alice").await, house.ours("ours").await);
    let page = alice.browser.wants_a_code("alice").await;
    let mailed = house.code_for(&page).await.expect("a letter");
    let token = mailed.link.split_once("token=").expect("a token").1;
    for word in [&*mailed.code, &mailed.code.replace('-', ""), token] {
        ours.signs_in("alice", word).await.refuses(400, "invalid_grant");
        let code = [("grant_type", "authorization_code"), ("code", word), ("redirect_uri", &*ours.callback)];
        ours.requests(&code).await.refuses(400, "invalid_grant");
    }
    alice.browser.opens(&with_query("/recover", &[("token", token)])).await.stays_here(410);
    alice.browser.submits(&page, &[("code", &mailed.code)]).await.location();
}

#[tokio::test]
async fn a_network_may_ask_only_so_often_and_hears_how_long_to_wait() {
    let house = House::reading_mail().await;
    let browser = house.browser();
    let page = browser.opens("/login/mail").await;
    let mut refused = None;
    for n in 0..100 {
        let sent = browser.submits(&page, &[("username", &format!("nobody{n}"))]).await;
        if sent.status != 303 {
            refused = Some(sent);
            break;
        }
    }
    let refused = refused.expect("an end");
    assert_eq!((refused.status, refused.title()), (429, "Error: Sign in by mail"), "{refused}");
    assert!(refused.header("retry-after").is_some() && refused.body.contains("Wait 10 seconds"), "{refused}");
    house.later(10);
    assert_eq!(browser.submits(&page, &[("username", "alice")]).await.status, 303);
}
