//! Groups, scopes, keys, activity, settings, and lists that are long.

use std::time::Duration;

use countersign::base::rng::SeededRng;
use countersign::engine::Caller;
use countersign::engine::admin::Actor;
use countersign::engine::admin::user_change::{NewUser, UserChange};
use countersign::model::verification::UserVerification;

use crate::house::House;

#[tokio::test]
async fn groups_are_added_and_deleted_when_nobody_needs_them() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/groups").await.shows().says("There are no groups yet.");
    let name = "R & D/night";
    ada.post(&house, "/admin/groups", &[("name", name)]).await.leads_to("/admin/groups");
    ada.post(&house, "/admin/groups", &[("name", name)]).await.minds("name", "This name is taken.");
    ada.post(&house, "/admin/groups", &[("name", " ")]).await.minds("name", "Give a name");
    ada.get(&house, "/admin/people/new").await.shows();
    let to = ada.post(&house, "/admin/people/new", &[("username", "sam"), ("group", name)]).await.goes_on();
    let sam = to.split('?').next().unwrap();

    let list = ada.get(&house, "/admin/groups").await.shows().says("R &#38; D/night");
    let delete = format!("/admin/groups/{}/delete", list.between(r#"<a href="/admin/groups/"#, "\""));
    assert_eq!(delete, "/admin/groups/R%20%26%20D%2Fnight/delete");
    ada.get(&house, &delete).await.shows().says("It still holds 1 person");
    let page = ada.post(&house, &delete, &[("typed", name)]).await;
    assert_eq!(page.status, 400);
    page.says("The group still has 1 member");
    ada.post(&house, &format!("{sam}/groups"), &[]).await.goes_on();
    let to = ada.post(&house, &delete, &[("typed", name)]).await.goes_on();
    ada.get(&house, &to).await.shows().says("is deleted.").says("There are no groups yet.");
}

#[tokio::test]
async fn scopes_have_a_sentence() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/scopes/new").await.shows();
    let reserved = [("name", "new"), ("description", "See what is new")];
    ada.post(&house, "/admin/scopes/new", &reserved).await.minds("name", "choose another");
    ada.get(&house, "/admin/scopes").await.shows().says("Know that it is you").says("Built in");
    let new = "/admin/scopes/new";
    ada.get(&house, new).await.shows();
    let fields = [("name", "see projects"), ("description", "See your projects"), ("claims", "projects\r\nplan")];
    ada.post(&house, new, &fields).await.minds("name", "Expected a scope").says("projects\r\nplan");
    let fields = [("name", "projects:read"), ("description", "See your projects"), ("claims", "projects\r\nplan")];
    ada.post(&house, new, &fields).await.leads_to("/admin/scopes");
    ada.post(&house, new, &fields).await.minds("name", "This name is taken.");
    ada.get(&house, "/admin/scopes").await.shows().says("projects, plan");
    let scope = "/admin/scopes/projects%3Aread";
    ada.get(&house, scope).await.shows().says("projects\nplan");
    ada.post(&house, scope, &[("claims", "plan")]).await.minds("description", "Write the sentence");
    ada.post(&house, scope, &[("description", "See projects")]).await.leads_to("/admin/scopes");
    let page = ada.get(&house, "/admin/scopes").await.shows().says("See projects");
    page.keeps_silent_about("projects, plan");
    ada.post(&house, "/admin/scopes/profile", &[("description", "See who you are")]).await.leads_to("/admin/scopes");
    ada.get(&house, "/admin/scopes/profile/delete").await.shows().says("cannot be deleted");
    assert_eq!(ada.post(&house, "/admin/scopes/profile/delete", &[("typed", "profile")]).await.status, 400);
    let delete = format!("{scope}/delete");
    ada.get(&house, &delete).await.shows().says("No application may ask for it");
    ada.post(&house, &delete, &[("typed", "projects:read")]).await.leads_to("/admin/scopes");
    assert_eq!(ada.get(&house, scope).await.status, 404);
}

#[tokio::test]
async fn a_key_is_rotated_and_says_what_comes() {
    let (house, ada) = House::with_ada().await;
    let page = ada.get(&house, "/admin/keys").await.shows().says("Rotate ES256").says("signs in 5 minutes");
    assert_eq!(page.html.matches(">Signs<").count(), 3);
    let rotate = "/admin/keys/rotate";
    let to = ada.post(&house, rotate, &[("alg", "ES256")]).await.goes_on();
    let page = ada.get(&house, &to).await.shows().says("The next ES256 key is published.").says(">Next<");
    let page = page.keeps_silent_about(r#"value="ES256""#);
    page.says("signs from 21 November 2026, 14:07 UTC").says("signs until").says("published already");
    let to = ada.post(&house, rotate, &[("alg", "ES256")]).await.goes_on();
    ada.get(&house, &to).await.shows().says("Rotate again after that.");
    let to = ada.post(&house, rotate, &[("alg", "none")]).await.goes_on();
    ada.get(&house, &to).await.shows().says("Choose the algorithm");
    house.clock.advance(Duration::from_secs(300));
    let page = ada.get(&house, "/admin/keys").await.shows().says("Verifies only").says("is removed on");
    assert_eq!(page.html.matches(">Signs<").count(), 3);
    ada.get(&house, "/admin/activity?kind=key_rotated").await.shows().says("ada rotated the ES256 key");
}

#[tokio::test]
async fn activity_is_filtered_by_its_address() {
    let (house, ada) = House::with_ada().await;
    house.ordinary(&ada, "sam").await;
    let everything = ada.get(&house, "/admin/activity").await.shows();
    let everything = everything.says("ada set up this server").says("sam signed in from Chrome on Windows");
    everything.says("ada added sam").says("Network address");
    let page = ada.get(&house, "/admin/activity?person=sam&kind=sign_in").await.shows();
    page.says("sam signed in").keeps_silent_about("ada signed in").keeps_silent_about("ada added sam");
    let page = ada.get(&house, "/admin/activity?person=nobody").await.shows();
    page.says("There is nobody with this username").says(r#"value="nobody""#);
    ada.get(&house, "/admin/activity?application=nothing").await.shows().says("Nothing like that has happened.");
    ada.get(&house, "/admin/activity?kind=unheard_of").await.shows().says("ada set up this server");
}

#[tokio::test]
async fn settings_are_saved_or_say_why_not() {
    let (house, ada) = House::with_ada().await;
    let settings = "/admin/settings";
    ada.get(&house, settings).await.shows().says(r#"value="Example ID""#).says(r#"value="15""#);
    let choices = [("client_registration", "nobody")];
    let with = |fields: &[(&'static str, &'static str)]| [fields, &choices[..]].concat();
    let typed = with(&[("name", "Acme"), ("password_min_length", "three")]);
    ada.post(&house, settings, &typed).await.minds("password_min_length", "from 8 to 128").says(r#"value="three""#);
    let later = [("name", "Acme"), ("password_min_length", "20"), ("client_registration", "anybody")];
    ada.post(&house, settings, &later).await.minds("clients-nobody", "Choose who may register clients.");
    let typed = with(&[("name", "Acme"), ("password_min_length", "7")]);
    ada.post(&house, settings, &typed).await.minds("password_min_length", "between 8 and 128");
    let typed = with(&[("name", "Acme"), ("password_min_length", "20"), ("account_url", "ftp://x")]);
    ada.post(&house, settings, &typed).await.minds("account_url", "https");
    let typed = with(&[("name", "Acme"), ("password_min_length", "20"), ("self_registration", "anybody")]);
    ada.post(&house, settings, &typed).await.minds("registration-closed", "Choose who may make an account.");
    let typed = with(&[("name", "Acme"), ("password_min_length", "20"), ("user_verification", "discouraged")]);
    ada.post(&house, settings, &typed).await.minds("verification-required", "Choose which security keys are accepted.");
    let typed = with(&[("name", "Acme"), ("password_min_length", "20"), ("self_registration", "open")]);
    let to = ada.post(&house, settings, &typed).await.goes_on();
    ada.get(&house, &to).await.shows().says("The settings are saved.").says("Acme</title>").says(r#"value="20""#);
    ada.get(&house, "/admin/activity").await.shows().says("ada changed the settings").says("Example ID → Acme");
}

#[tokio::test]
async fn signing_in_by_mail_is_a_box_to_tick_and_stays_as_it_is_where_nothing_is_said() {
    let (house, ada) = House::with_ada().await;
    let settings = "/admin/settings";
    let all = [
        ("name", "Example ID"),
        ("password_min_length", "15"),
        ("client_registration", "nobody"),
        ("required_factor", "none"),
    ];
    let ticked = r#"name="sign_in_by_mail" value="1" checked"#;
    ada.get(&house, settings).await.shows().says("A code by mail will do").keeps_silent_about(ticked);
    let to = ada.post(&house, settings, &[&all[..], &[("sign_in_by_mail", "1")]].concat()).await.goes_on();
    ada.get(&house, &to).await.shows().says(ticked);
    assert!(house.engine.settings().await.unwrap().sign_in_by_mail);
    ada.post(&house, settings, &all[..3]).await.goes_on();
    assert!(house.engine.settings().await.unwrap().sign_in_by_mail, "a form without it leaves it");
    ada.post(&house, settings, &all).await.goes_on();
    assert!(!house.engine.settings().await.unwrap().sign_in_by_mail);
    ada.get(&house, "/admin/activity").await.shows().says("Sign in by mail").says("no → yes").says("yes → no");
}

#[tokio::test]
async fn security_keys_without_a_pin_are_taken_once_an_administrator_says_so() {
    let (house, ada) = House::with_ada().await;
    let fields = |word| {
        let fields = [("name", "Acme"), ("password_min_length", "15"), ("client_registration", "permitted")];
        fields.into_iter().chain(word).collect::<Vec<_>>()
    };
    let kept = async || house.engine.settings().await.unwrap().user_verification;
    let page = ada.get(&house, "/admin/settings").await.shows();
    assert!(page.html.contains(r#"value="required" checked"#), "{}", page.html);
    ada.post(&house, "/admin/settings", &fields(Some(("user_verification", "preferred")))).await.goes_on();
    assert_eq!(kept().await, UserVerification::Preferred);
    ada.post(&house, "/admin/settings", &fields(None)).await.goes_on();
    assert_eq!(kept().await, UserVerification::Preferred, "a form that does not speak of it leaves it as it is");
    let page = ada.get(&house, "/admin/activity").await.shows();
    page.says("ada changed the settings").says("required → preferred");
}

#[tokio::test]
async fn a_long_list_is_shown_a_page_at_a_time() {
    let (house, ada) = House::with_ada().await;
    let caller = Caller::host(&SeededRng::new(3));
    for number in 0..3_000 {
        let new = NewUser { username: format!("person-{number:04}"), changes: Vec::new() };
        house.engine.create_user(&Actor::host(), &caller, &new).await.unwrap();
    }
    let rows = |html: &str| html.matches(r#"<td class="name""#).count();
    let first = ada.get(&house, "/admin/people").await.shows().says("The first 50 people").keeps_silent_about("0049");
    assert_eq!(rows(&first.html), 50);
    assert!(first.html.len() < 60_000, "{}", first.html.len());
    let next = first.between(r#"<a class="btn slim" href=""#, "\"").replace("&#38;", "&");
    let second = ada.get(&house, &next).await.shows().says("person-0049").says("The next 50 people");
    assert_eq!(rows(&second.html), 50);
    second.says(r#"<a href="/admin/people">Back to the start</a>"#);
    let found = ada.get(&house, "/admin/people?q=person-29").await.shows().says("person-2949");
    let next = found.between(r#"<a class="btn slim" href=""#, "\"").replace("&#38;", "&");
    let last = ada.get(&house, &next).await.shows().says("The last 50 people").says(r#"value="person-29""#);
    last.says("person-2999");
    ada.get(&house, "/admin/people?q=nobody-at-all").await.shows().says("begins with");
    ada.get(&house, "/admin").await.shows().says("3,001 people");
    let activity = ada.get(&house, "/admin/activity?kind=user_created").await.shows().says("The first 50 events");
    assert_eq!(activity.html.matches(r#"class="event""#).count(), 50);
}

#[tokio::test]
async fn a_large_group_is_counted_only_so_far() {
    let (house, ada) = House::with_ada().await;
    let (host, caller) = (Actor::host(), Caller::host(&SeededRng::new(9)));
    for group in ["choir", "quartet"] {
        house.engine.create_group(&host, &caller, group).await.unwrap();
    }
    for nth in 0..101 {
        let groups = if nth < 4 { ["choir", "quartet"].as_slice() } else { &["choir"] };
        let groups = groups.iter().map(|group| (*group).to_owned()).collect();
        let new = NewUser { username: format!("singer{nth}"), changes: vec![UserChange::Groups(groups)] };
        house.engine.create_user(&host, &caller, &new).await.unwrap();
    }
    let list = ada.get(&house, "/admin/groups").await.shows();
    list.says(r#"data-label="People">100+<"#).says(r#"data-label="People">4<"#);
    ada.get(&house, "/admin/groups/choir/delete").await.shows().says("100+ people");
    ada.post(&house, "/admin/groups/choir/delete", &[("typed", "choir")]).await.says("100+ members");
}
