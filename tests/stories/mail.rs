//! Letters: the way back in, addresses, notices, and a mail server that does not always want to.

use countersign::engine::admin::Actor;
use countersign::engine::admin::activity::ActivityFilter;
use countersign::engine::admin::user_change::UserChange;
use countersign::model::settings::SmtpSecurity;
use countersign::server::mail::round;
use poem::http::Method;

use super::browser::Browser;
use super::house::{House, PASSWORD, host};
use super::person::Person;
use super::wire::{Ask, Reply};
use crate::smtp::{Postbox, Received};

const NEW_PASSWORD: &str = "lantern quarry spoon velvet";

async fn delivered(house: &House, postbox: &Postbox) -> Vec<Received> {
    round(&house.engine).await.expect("the store answers");
    postbox.letters()
}

async fn asks_for_a_link(browser: &Browser<'_>, typed: &str) -> Reply {
    let page = browser.opens("/reset").await;
    browser.submits(&page, &[("username", typed)]).await
}

/// Signs in, and opens the form with which people change their address.
async fn wants_to_move(person: &Person<'_>, to: &str) -> Reply {
    if person.browser.session().is_none() {
        person.signs_in().await;
    }
    let page = person.browser.opens("/account/address?change=1").await;
    assert_eq!(page.title(), "Email address", "{page}");
    let token = super::browser::Form::on(&page).hidden("csrf").to_owned();
    person.browser.posts("/account/address", &[("csrf", &token), ("email", to)]).await
}

#[tokio::test]
async fn somebody_who_forgot_the_password_comes_back_by_mail() {
    let postbox = Postbox::with(SmtpSecurity::Starttls);
    let house = House::with_mail(postbox.server()).await;
    let (alice, shop) = (house.person("alice").await, house.app("shop").await);
    delivered(&house, &postbox).await;
    let before = postbox.letters().len();
    let tokens = alice.gives(&shop, "openid").await;
    let browser = house.browser();
    assert!(browser.opens("/login").await.body.contains(r#"<a href="/reset">"#));
    let sent = asks_for_a_link(&browser, "Alice@Example.org").await;
    assert_eq!(sent.location(), "/reset/sent");
    assert!(!sent.to_string().contains("rc_"), "the secret is nowhere but in the letter");

    let letter = delivered(&house, &postbox).await.pop().expect("a letter");
    assert_eq!((letter.to.as_str(), letter.from.as_str()), ("alice@example.org", "id@example.org"));
    assert!(letter.protected, "nothing is said before STARTTLS");
    assert_eq!(letter.header("Subject"), "Choose a new password for Countersign");
    assert_eq!(letter.header("Auto-Submitted"), "auto-generated");
    assert!(letter.header("Message-ID").ends_with("@id.example>") && !letter.header("Date").is_empty());
    assert!(letter.text().contains("Hello Alice Adams,") && letter.message.contains("text/html"), "{letter:?}");
    assert!(letter.text().contains("https://id.example/recover?token=rc_"), "links are the issuer's: {letter:?}");

    let link = letter.link();
    for method in [Method::HEAD, Method::GET, Method::GET] {
        assert_eq!(browser.sends(Ask::new(method, link.as_str())).await.status, 200, "looking uses nothing up");
    }
    let page = browser.opens(&link).await;
    let done = browser.submits(&page, &[("password", NEW_PASSWORD)]).await;
    assert!(done.location().starts_with("/login"), "{done}");
    assert_eq!(browser.session(), None, "nobody is signed in by a link");
    browser.opens(&link).await.stays_here(410);
    shop.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert!(alice.browser.opens("/account").await.location().starts_with("/login"), "her sessions have ended");
    let page = browser.opens("/login").await;
    browser.submits(&page, &[("username", "alice"), ("password", NEW_PASSWORD)]).await.location();

    let letters = delivered(&house, &postbox).await;
    let told: Vec<String> = letters[before + 1..].iter().map(|letter| letter.header("Subject")).collect();
    assert!(told.contains(&"Your password was changed at Countersign".to_owned()), "{told:?}");
}

#[tokio::test]
async fn whoever_asks_learns_nothing_about_accounts() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let (_, bob, carol) = (house.person("alice").await, house.person("bob").await, house.person("carol").await);
    house.engine.disable_user(&Actor::host(), &host(), &bob.id, true).await.unwrap();
    house.engine.change_user(&Actor::host(), &host(), &carol.id, &[UserChange::Email(None)]).await.unwrap();
    delivered(&house, &postbox).await;
    let before = postbox.letters().len();
    let mut replies = Vec::new();
    for typed in ["alice", "alice@example.org", "bob", "carol", "nobody", "nobody@example.org"] {
        let browser = house.browser();
        let sent = asks_for_a_link(&browser, typed).await;
        let mut headers: Vec<_> = sent.headers.clone().into_iter().collect();
        headers.retain(|(name, _)| name.as_ref().is_none_or(|name| name != "x-request-id"));
        let after = browser.opens(sent.location()).await;
        replies.push((sent.status, format!("{headers:?}"), sent.body, after.status, after.body));
    }
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:#?}");
    let letters = delivered(&house, &postbox).await;
    assert_eq!(letters.len(), before + 2, "only Alice was written");

    let mut statuses = Vec::new();
    for n in 0..10 {
        let typed = if n % 2 == 0 { "alice" } else { "nobody" };
        statuses.push(asks_for_a_link(&house.browser(), typed).await.status);
    }
    assert_eq!(statuses, [303, 303, 303, 303, 429, 429, 429, 429, 429, 429], "whoever is asked for");
}

#[tokio::test]
async fn without_mail_an_administrator_hands_links_over() {
    let house = House::fresh().await;
    house.person("alice").await;
    let browser = house.browser();
    let page = browser.opens("/login").await;
    assert!(page.body.contains("Ask whoever administers") && !page.body.contains("/reset"), "{page}");
    let page = browser.opens("/reset").await;
    assert!(page.stays_here(200).body.contains("Ask whoever administers"), "{page}");
}

#[tokio::test]
async fn what_is_refused_is_tried_again_and_given_up_when_it_never_will_be() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    house.person("alice").await;
    delivered(&house, &postbox).await;
    let before = postbox.letters().len();
    let browser = house.browser();
    asks_for_a_link(&browser, "alice").await;
    postbox.answers("RCPT", "451 4.7.1 greylisted");
    assert_eq!(delivered(&house, &postbox).await.len(), before, "refused");
    assert_eq!(delivered(&house, &postbox).await.len(), before, "not asked again at once");
    postbox.answers("CONNECT", "421 too busy");
    house.later(60);
    assert_eq!(delivered(&house, &postbox).await.len(), before, "refused again");
    let outbox = house.engine.outbox(&Actor::host()).await.unwrap();
    assert_eq!((outbox.waiting, outbox.refused.len(), outbox.refused[0].failures), (1, 1, 2));
    assert!(outbox.refused[0].last_error.as_deref().unwrap().starts_with("421"), "{outbox:?}");
    house.later(299);
    assert_eq!(delivered(&house, &postbox).await.len(), before, "the pauses grow");
    house.later(1);
    assert_eq!(delivered(&house, &postbox).await.len(), before + 1);

    asks_for_a_link(&browser, "alice").await;
    postbox.answers("RCPT", "550 5.1.1 no such box");
    assert_eq!(delivered(&house, &postbox).await.len(), before + 1);
    let outbox = house.engine.outbox(&Actor::host()).await.unwrap();
    assert_eq!((outbox.waiting, outbox.given_up.len()), (0, 1));
    let told = format!("{:?}", outbox.given_up[0]);
    assert!(told.contains("550 5.1.1 no such box") && told.contains("alice@example.org"), "{told}");
    assert!(!told.contains("rc_"), "{told}");

    asks_for_a_link(&browser, "alice").await;
    for seconds in [0, 60, 300, 900] {
        house.later(seconds);
        postbox.answers("MAIL", "550 5.7.1 sender not allowed");
        assert_eq!(delivered(&house, &postbox).await.len(), before + 1);
    }
    let outbox = house.engine.outbox(&Actor::host()).await.unwrap();
    assert_eq!((outbox.waiting, outbox.given_up.len()), (0, 2), "an hour later the link would be of no use");
    let log = house.engine.activity(&Actor::host(), &ActivityFilter::default(), None, 50).await.unwrap();
    assert!(log.items.iter().all(|record| !format!("{record:?}").contains("token=")));
}

#[tokio::test]
async fn an_address_becomes_theirs_when_its_link_is_confirmed() {
    let postbox = Postbox::with(SmtpSecurity::Tls);
    let house = House::with_mail(postbox.server()).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    wants_to_move(&alice, "bob@example.org").await.location();
    wants_to_move(&alice, "new@example.org").await.location();
    let letters = delivered(&house, &postbox).await;
    let confirms =
        |to: &'static str| move |one: &&Received| one.to == to && one.header("Subject").starts_with("Confirm");
    let to_new = letters.iter().find(confirms("new@example.org")).expect("a letter").clone();
    let to_bob = letters.iter().rfind(confirms("bob@example.org")).expect("a letter").clone();
    assert_eq!(to_new.header("Subject"), "Confirm your email address for Countersign");
    let account = alice.browser.opens("/account/address").await;
    assert!(account.body.contains("alice@example.org") && !account.body.contains("new@example.org"), "not yet");

    let browser = house.browser();
    browser.opens(&to_bob.link()).await.stays_here(410);
    let link = to_new.link();
    let page = browser.opens(&link).await;
    assert!(page.body.contains("new@example.org") && page.body.contains("Alice Adams"), "{page}");
    let done = browser.submits(&page, &[]).await;
    assert!(done.location().starts_with("/login"), "{done}");
    browser.opens(&link).await.stays_here(410);
    browser.submits(&page, &[]).await.stays_here(410);
    let account = alice.browser.opens("/account/address").await;
    assert!(account.body.contains("new@example.org") && account.body.contains("Verified"), "{account}");
    let old = delivered(&house, &postbox).await;
    let told = |letter: &&Received| letter.to == "alice@example.org" && letter.header("Subject").contains("address");
    assert!(old.iter().any(|letter| told(&letter)), "whoever reads the old one is told");

    wants_to_move(&bob, "newer@example.org").await.location();
    let letters = delivered(&house, &postbox).await;
    let to_newer = letters.iter().find(|letter| letter.to == "newer@example.org").expect("a letter").link();
    let moved = [UserChange::Email(Some("elsewhere@example.org".to_owned()))];
    house.engine.change_user(&Actor::host(), &host(), &bob.id, &moved).await.unwrap();
    browser.opens(&to_newer).await.stays_here(410);
    browser.opens(&to_newer.replace("/verify", "/recover")).await.stays_here(410);
}

/// Whoever came in with a stolen password and asked for another address loses it with that password.
#[tokio::test]
async fn a_new_password_ends_a_change_of_address_that_waits() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let (alice, bob) = (house.person("alice").await, house.person("bob").await);
    let link_to = async |to: &str| {
        let letters = delivered(&house, &postbox).await;
        letters.iter().rfind(|letter| letter.to == to).expect("a letter").clone()
    };
    let browser = house.browser();
    wants_to_move(&alice, "thief@example.net").await.location();
    let letter = link_to("thief@example.net").await;
    assert!(!letter.text().contains("Alice"), "a stranger's letter box gets no words of hers: {letter:?}");
    let told = link_to("alice@example.org").await;
    assert_eq!(told.header("Subject"), "Another address was asked for at Countersign");
    let page = browser.opens(&letter.link()).await;
    let owner = alice.elsewhere(house.browser());
    owner.signs_in().await;
    let form = owner.browser.opens("/account/password").await;
    let changed = owner.browser.submits(&form, &[("current", PASSWORD), ("new", NEW_PASSWORD)]).await;
    assert_eq!(changed.status, 303, "{changed}");
    browser.submits(&page, &[]).await.stays_here(410);

    wants_to_move(&bob, "thief@example.net").await.location();
    let letter = link_to("thief@example.net").await;
    let recovery = house.engine.start_recovery(&Actor::host(), &host(), &bob.id).await.unwrap();
    let same = countersign::base::secret::Secret::new(PASSWORD);
    house.engine.finish_recovery(&host(), &recovery, &same).await.unwrap();
    browser.opens(&letter.link()).await.stays_here(410);
}

#[tokio::test]
async fn an_address_is_verified_and_nobody_learns_whose_another_is() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let (alice, _) = (house.person("alice").await, house.person("bob").await);
    let unverified = [UserChange::EmailVerified(false)];
    house.engine.change_user(&Actor::host(), &host(), &alice.id, &unverified).await.unwrap();
    alice.signs_in().await;
    let page = alice.browser.opens("/account/address").await;
    alice.browser.submits(&page, &[]).await.location();
    let letters = delivered(&house, &postbox).await;
    let letter = letters.iter().rfind(|letter| letter.header("Subject").starts_with("Confirm")).expect("a letter");
    let page = alice.browser.opens(&letter.link()).await;
    let done = alice.browser.submits(&page, &[]).await;
    assert!(done.location().starts_with("/account/address"), "{done}");
    let page = alice.browser.opens("/account/address").await;
    assert!(page.body.contains("Verified") && !page.body.contains("/account/address/verify"), "{page}");

    let taken = wants_to_move(&alice, "bob@example.org").await;
    assert_eq!(taken.status, 303, "the same as for a free one: {taken}");
    let letters = delivered(&house, &postbox).await;
    let to_bob = letters.iter().rfind(|letter| letter.to == "bob@example.org").expect("a letter").link();
    let page = alice.browser.opens(&to_bob).await;
    alice.browser.submits(&page, &[]).await.stays_here(409);
}

/// Verifying an address by its owner's mail ends what a stranger made with it: sessions, password and tokens.
#[tokio::test]
async fn whoever_registered_with_somebody_elses_address_is_out_when_its_owner_confirms_it() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let front = house.ours("front").await;
    house.lets_register(true).await;
    let tokens = front.registers("victim@example.org", &[]).await.tokens();
    let thief = house.browser();
    let credentials = [("username", "victim@example.org"), ("password", PASSWORD)];
    let page = thief.opens("/login").await;
    assert_eq!(thief.submits(&page, &credentials).await.location(), "/");
    let page = thief.opens("/account/address").await;
    thief.submits(&page, &[]).await.location();
    let letters = delivered(&house, &postbox).await;
    let confirm = |one: &&Received| one.to == "victim@example.org" && one.header("Subject").starts_with("Confirm");
    let link = letters.iter().rfind(confirm).expect("a letter").link();

    let theirs = thief.opens(&link).await;
    assert!(!theirs.body.contains("ends the password"), "whoever is signed in goes on: {theirs}");
    let owner = house.browser();
    let page = owner.opens(&link).await;
    assert!(page.body.contains("This ends the password and every session of that account."), "{page}");
    assert_eq!(thief.opens("/account").await.status, 200, "looking ends nothing");
    let done = owner.submits(&page, &[]).await;
    assert!(done.location().starts_with("/reset"), "{done}");
    let page = owner.follows(done).await;
    assert!(page.body.contains("The password the account had and every session have ended."), "{page}");

    assert!(thief.opens("/account").await.location().starts_with("/login"));
    let page = house.browser();
    let form = page.opens("/login").await;
    page.submits(&form, &credentials).await.stays_here(401);
    front.refreshes(&tokens.refresh).await.refuses(400, "invalid_grant");
    assert_eq!(front.userinfo(&tokens.access).await.status, 401);
    asks_for_a_link(&owner, "victim@example.org").await;
    let letter = delivered(&house, &postbox).await.pop().expect("a letter");
    let page = owner.opens(&letter.link()).await;
    owner.submits(&page, &[("password", NEW_PASSWORD)]).await.location();
    let page = owner.opens("/login").await;
    let own = [("username", "victim@example.org"), ("password", NEW_PASSWORD)];
    assert_eq!(owner.submits(&page, &own).await.location(), "/");
}

#[tokio::test]
async fn a_change_of_address_wants_a_fresh_proof() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let alice = house.person("alice").await;
    alice.signs_in().await;
    house.later(601);
    let page = alice.browser.opens("/account/address?change=1").await;
    assert!(page.location().starts_with("/login?confirm=1"), "{page}");
    let page = alice.browser.opens("/account/address").await;
    assert!(!page.body.contains(r#"name="email""#), "{page}");
    let profile = alice.browser.opens("/account/profile").await;
    let token = super::browser::Form::on(&profile).hidden("csrf").to_owned();
    let refused = alice.browser.posts("/account/address", &[("csrf", &token), ("email", "new@example.org")]).await;
    assert!(refused.location().starts_with("/login?confirm=1"), "{refused}");
    assert!(delivered(&house, &postbox).await.iter().all(|letter| letter.to != "new@example.org"));
}

#[tokio::test]
async fn only_what_is_mailed_counts_as_asking_for_another_address() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let alice = house.person("alice").await;
    for typed in ["new", "new@", "", "alice@example.org", "two words@example.org", "@example.org"] {
        let refused = wants_to_move(&alice, typed).await;
        assert_ne!(refused.status, 429, "{typed:?}: {refused}");
    }
    wants_to_move(&alice, "new@example.org").await.location();
    assert!(delivered(&house, &postbox).await.iter().any(|letter| letter.to == "new@example.org"));
    for _ in 0..4 {
        wants_to_move(&alice, "new@example.org").await.location();
    }
    assert_eq!(wants_to_move(&alice, "new@example.org").await.status, 429, "letters are counted still");
}

#[tokio::test]
async fn without_mail_a_new_address_is_theirs_and_unverified() {
    let house = House::fresh().await;
    let (alice, _) = (house.person("alice").await, house.person("bob").await);
    let taken = wants_to_move(&alice, "bob@example.org").await;
    assert!(taken.stays_here(400).body.contains("Somebody has this address"), "{taken}");
    wants_to_move(&alice, "new@example.org").await.location();
    let page = alice.browser.opens("/account/address").await;
    assert!(page.body.contains("new@example.org") && page.body.contains("Not verified"), "{page}");
    let page = house.browser().opens("/login").await;
    let (name, password) = (("username", "new@example.org"), ("password", PASSWORD));
    assert_eq!(house.browser().submits(&page, &[name, password]).await.status, 400, "a form of another browser");
    let browser = house.browser();
    let page = browser.opens("/login").await;
    assert_eq!(browser.submits(&page, &[name, password]).await.location(), "/");
}

#[tokio::test]
async fn a_sign_in_with_a_new_browser_is_told_of_and_the_first_is_not() {
    let postbox = Postbox::open();
    let house = House::with_mail(postbox.server()).await;
    let alice = house.person("alice").await;
    let new_ones = async || {
        let letters = delivered(&house, &postbox).await;
        letters
            .into_iter()
            .filter(|letter| letter.header("Subject") == "New sign-in to Countersign")
            .collect::<Vec<_>>()
    };
    alice.signs_in().await.location();
    assert!(new_ones().await.is_empty(), "nobody is told of the first time");
    alice.signs_out().await;
    alice.signs_in().await.location();
    assert!(new_ones().await.is_empty(), "this browser is known");
    alice.elsewhere(house.browser()).signs_in().await.location();
    let told = new_ones().await;
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].to, "alice@example.org");
    assert!(told[0].text().contains("Network address: "), "{told:?}");
    let thief = alice.elsewhere(house.browser());
    let page = thief.browser.opens("/login").await;
    thief.browser.submits(&page, &[("username", "alice"), ("password", "a guess of somebody")]).await.stays_here(401);
    assert_eq!(new_ones().await.len(), 1, "nobody came in");
}
