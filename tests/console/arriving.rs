//! People who make their accounts themselves: invited, or by themselves where that is open.

use countersign::engine::Caller;
use countersign::engine::admin::Actor;
use countersign::model::mail::Letter;
use countersign::model::settings::{SelfRegistration, Settings};

use crate::house::{Browser, House, ISSUER, PASSWORD, unescaped};

async fn settle(house: &House, self_registration: SelfRegistration) {
    let kept = house.engine.settings().await.unwrap();
    let caller = Caller::host(&countersign::base::rng::SeededRng::new(5));
    let wanted = Settings { self_registration, ..kept };
    house.engine.change_settings(&Actor::host(), &caller, &wanted).await.unwrap();
}

/// Where each letter goes, with the link it has.
async fn letters(house: &House) -> Vec<(String, String)> {
    let due = house.engine.due_letters(100).await.unwrap().letters;
    let link = |letter: &Letter| match letter {
        Letter::Invitation { link, .. } | Letter::Registration { link, .. } => link.clone(),
        other => other.kind().to_owned(),
    };
    due.iter().map(|due| (due.to.clone(), link(&due.letter))).collect()
}

fn path(link: &str) -> &str {
    link.strip_prefix(ISSUER).unwrap()
}

fn token(link: &str) -> &str {
    link.split_once("token=").unwrap().1
}

#[tokio::test]
async fn somebody_is_invited_and_comes_in() {
    let (house, ada) = House::with_ada_and_mail().await;
    settle(&house, SelfRegistration::Invited).await;
    ada.get(&house, "/admin/people").await.shows().says(r#"href="/admin/invitations""#);
    ada.get(&house, "/admin/groups").await.shows();
    ada.post(&house, "/admin/groups", &[("name", "staff")]).await.goes_on();
    ada.get(&house, "/admin/invitations").await.shows().says("Nobody was invited lately.");
    let fields = [("addresses", "sam@example.org\nnia@example.org"), ("group", "staff"), ("lifetime", "3")];
    let to = ada.post(&house, "/admin/invitations", &fields).await.goes_on();
    assert!(!to.contains('#'), "the page begins at its heading, under what was said: {to}");
    let page = ada.get(&house, &to).await.shows().says("2 invitations are made.").says(r#"<svg class="qr""#);
    let page = page.says("Waits until 24 November 2026");
    let link = unescaped(&page.between(r#"id="link-1">"#, "<"));
    let mut mailed = letters(&house).await;
    mailed.sort();
    assert_eq!((mailed[1].0.as_str(), mailed[0].0.as_str()), ("sam@example.org", "nia@example.org"));
    assert_ne!(mailed[1].1, link, "what was mailed nobody else has seen");
    Browser::new("curl/8.0").get(&house, path(&mailed[1].1)).await.shows().says("sam@example.org");
    ada.get(&house, &to).await.shows().says("cannot be shown again").keeps_silent_about(token(&link));

    let sam = Browser::new("curl/8.0");
    for _ in 0..2 {
        let page = sam.get(&house, path(&link)).await.shows().says("ada</b> invites you to Example ID");
        page.says("sam@example.org").says("24 November 2026");
    }
    let typed = [("token", token(&link)), ("username", "ada"), ("given_name", "Sam"), ("password", PASSWORD)];
    let page = sam.post(&house, "/invitation", &typed).await.minds("username", "Somebody has this name.");
    page.says(r#"value="Sam""#).keeps_silent_about(PASSWORD);
    let typed = [("token", token(&link)), ("username", "sam"), ("given_name", "Sam"), ("password", PASSWORD)];
    sam.post(&house, "/invitation", &typed).await.leads_to("/");
    sam.get(&house, "/account").await.shows().says("Sam");

    let late = Browser::new("curl/8.0");
    let closed = late.get(&house, path(&link)).await;
    assert_eq!(closed.status, 410);
    closed.says("This invitation opens nothing any more").says("sign in");
    let list = ada.get(&house, "/admin/invitations").await.shows().says("by Sam").says("Their page");
    ada.get(&house, "/admin/activity").await.shows().says("Sam accepted an invitation").says("ada made an invitation");

    let id = list.between(r#"action="/admin/invitations/"#, "/resend");
    let to = ada.post(&house, &format!("/admin/invitations/{id}/resend"), &[]).await.goes_on();
    let page = ada.get(&house, &to).await.shows().says("The link before has ended.").says("It works once.");
    let again = unescaped(&page.between(r#"id="link-1">"#, "<"));
    assert_eq!(late.get(&house, path(&mailed[0].1)).await.status, 410);
    late.get(&house, path(&again)).await.shows();

    // Where nobody could accept it, none is made: the one before stays.
    settle(&house, SelfRegistration::Closed).await;
    let refused = ada.post(&house, &format!("/admin/invitations/{id}/resend"), &[]).await;
    assert_eq!(refused.status, 400);
    refused.says("so nobody can accept");
    settle(&house, SelfRegistration::Invited).await;
    late.get(&house, path(&again)).await.shows();
    ada.post(&house, &format!("/admin/invitations/{id}/revoke"), &[]).await.leads_to("/admin/invitations");
    assert_eq!(late.get(&house, path(&again)).await.status, 410);
}

#[tokio::test]
async fn every_line_that_stands_in_the_way_is_told_and_nothing_is_lost() {
    let (house, ada) = House::with_ada().await;
    settle(&house, SelfRegistration::Invited).await;
    ada.get(&house, "/admin/invitations").await.shows();
    let before = house.everything().await;
    let pasted = "sam@example.org\r\nnobody\r\nSam@example.org";
    let fields = [("addresses", pasted), ("lifetime", "1")];
    let page = ada.post(&house, "/admin/invitations", &fields).await.minds("addresses", "Line 2: “nobody” is no whole");
    let page = page.says("Line 3: “Sam@example.org” stands in line 1 already.");
    page.says("sam@example.org\r\nnobody\r\nSam@example.org</textarea>").says(r#"value="1" checked"#);
    ada.post(&house, "/admin/invitations", &[("addresses", "sam@example.org")])
        .await
        .minds("lifetime", "Choose how long");
    assert_eq!(house.everything().await, before);
    settle(&house, SelfRegistration::Closed).await;
    let page = ada.post(&house, "/admin/invitations", &[("lifetime", "1")]).await;
    assert_eq!(page.status, 400);
    page.says("Nobody can accept an invitation now.");
}

#[tokio::test]
async fn a_link_for_whoever_holds_it_makes_one_account_without_an_address() {
    let (house, ada) = House::with_ada().await;
    settle(&house, SelfRegistration::Invited).await;
    ada.get(&house, "/admin/invitations").await.shows();
    let to = ada.post(&house, "/admin/invitations", &[("lifetime", "7")]).await.goes_on();
    let link = unescaped(&ada.get(&house, &to).await.shows().between(r#"id="link-1">"#, "<"));
    let max = Browser::new("curl/8.0");
    max.get(&house, path(&link)).await.shows().keeps_silent_about("Email address");
    let typed = [("token", token(&link)), ("username", "max"), ("email", "ada@example.org"), ("password", PASSWORD)];
    max.post(&house, "/invitation", &typed).await.leads_to("/");
    let list = ada.get(&house, "/admin/people?q=max").await.shows();
    list.says(r#"<span class="quiet">none</span>"#).keeps_silent_about("ada@example.org");
}

#[tokio::test]
async fn only_where_it_is_open_anybody_registers() {
    let (house, _) = House::with_ada().await;
    let eve = Browser::new("curl/8.0");
    for setting in [SelfRegistration::Closed, SelfRegistration::Invited] {
        settle(&house, setting).await;
        eve.get(&house, "/login").await.shows().keeps_silent_about("/register");
        let closed = eve.get(&house, "/register").await;
        assert_eq!(closed.status, 404);
        closed.says("Nobody can make an account here now");
        eve.get(&house, "/login").await.shows();
        let before = house.everything().await;
        let typed = [("email", "eve@example.org"), ("password", PASSWORD)];
        eve.post(&house, "/register", &typed).await.says("Nobody can make an account here now");
        assert_eq!(house.everything().await, before);
    }
}

#[tokio::test]
async fn without_mail_an_account_is_made_at_once_with_an_unverified_address() {
    let (house, ada) = House::with_ada().await;
    settle(&house, SelfRegistration::Open).await;
    let eve = Browser::new("curl/8.0");
    eve.get(&house, "/login").await.shows().says(r#"href="/register""#);
    eve.get(&house, "/register").await.shows();
    let short = [("email", "eve@example.org"), ("given_name", "Eve"), ("password", "short")];
    eve.post(&house, "/register", &short)
        .await
        .minds("email", "No account can be made of this.")
        .says(r#"value="Eve""#);
    let typed = [("email", "eve@example.org"), ("given_name", "Eve"), ("password", PASSWORD)];
    eve.post(&house, "/register", &typed).await.leads_to("/");
    eve.get(&house, "/account").await.shows().says("Eve");
    ada.get(&house, "/admin/people?q=eve").await.shows().says("eve@example.org");
    let other = Browser::new("curl/8.0");
    other.get(&house, "/register").await.shows();
    other.post(&house, "/register", &typed).await.minds("email", "No account can be made of this.");
    // A link of the other way opens nothing here.
    assert_eq!(other.get(&house, "/register/confirm?token=rg_x").await.status, 410);
}

#[tokio::test]
async fn with_mail_the_account_is_made_by_the_mailed_link_and_not_before() {
    let (house, ada) = House::with_ada_and_mail().await;
    settle(&house, SelfRegistration::Open).await;
    let eve = Browser::new("curl/8.0");
    eve.get(&house, "/register").await.shows().keeps_silent_about("password");
    eve.post(&house, "/register", &[("email", "nowhere")]).await.minds("email", "Enter a whole e-mail address");
    eve.post(&house, "/register", &[("email", " eve@example.org ")]).await.shows().says("Look into your mail");
    ada.get(&house, "/admin/people?q=eve").await.shows().keeps_silent_about("eve@example.org");
    let mailed = letters(&house).await;
    let (to, link) = &mailed[0];
    assert_eq!((mailed.len(), to.as_str()), (1, "eve@example.org"));

    let elsewhere = Browser::new("curl/8.0");
    elsewhere.get(&house, path(link)).await.shows().says("eve@example.org");
    elsewhere.get(&house, path(link)).await.shows();
    let typed = [("token", token(link)), ("username", "eve"), ("password", PASSWORD)];
    elsewhere.post(&house, "/register/confirm", &typed).await.leads_to("/");
    elsewhere.get(&house, "/account").await.shows();
    assert_eq!(eve.get(&house, path(link)).await.status, 410);
    eve.get(&house, "/login").await.shows();
    assert_eq!(eve.post(&house, "/register/confirm", &typed).await.status, 410);
    let page = ada.get(&house, "/admin/people?q=eve").await.shows();
    let id = page.between(r#"data-label="Name"><a href="/admin/people/"#, "\"");
    ada.get(&house, &format!("/admin/people/{id}")).await.shows().says(r#"name="email_verified" value="on" checked"#);
}

#[tokio::test]
async fn nobody_learns_which_addresses_have_accounts() {
    let (house, ada) = House::with_ada_and_mail().await;
    settle(&house, SelfRegistration::Open).await;
    ada.get(&house, "/admin/people/new").await.shows();
    let sam = [("username", "sam"), ("email", "sam@example.org")];
    ada.post(&house, "/admin/people/new", &sam).await.goes_on();
    let eve = Browser::new("curl/8.0");
    eve.get(&house, "/register").await.shows();
    let said = async |email: &str| {
        let shown = eve.post(&house, "/register", &[("email", email)]).await.shows();
        shown.html.replace(email, "").replace(&eve.token(), "")
    };
    let before = house.everything().await.len();
    assert_eq!(said("sam@example.org").await, said("eve@example.org").await);
    // For each the same records were made.
    assert_eq!((house.everything().await.len() - before) % 2, 0);
    let mut mailed = letters(&house).await;
    mailed.sort();
    assert_eq!(mailed[1], ("sam@example.org".to_owned(), "account_there".to_owned()));
    assert!(mailed[0].1.starts_with("https://id.example/register/confirm?token=rg_"));

    // Nobody's letter box is filled from here, and the answer stays the same.
    for _ in 0..5 {
        said("eve@example.org").await;
        said("sam@example.org").await;
    }
    for address in ["eve@example.org", "sam@example.org"] {
        let count = letters(&house).await.iter().filter(|(to, _)| to == address).count();
        assert_eq!(count, 3, "{address}");
    }
}
