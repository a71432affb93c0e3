//! People: added, let in, changed, sent out, deleted.

use crate::house::{Browser, House, PASSWORD};

/// The path of the page about somebody, as the list links to it.
async fn page_of(house: &House, ada: &Browser, username: &str) -> String {
    let list = ada.get(house, &format!("/admin/people?q={username}")).await.shows();
    format!("/admin/people/{}", list.between(r#"<a href="/admin/people/"#.trim_end_matches("new"), "\""))
}

async fn add(house: &House, ada: &Browser, fields: &[(&str, &str)]) -> String {
    ada.get(house, "/admin/people/new").await.shows();
    let to = ada.post(house, "/admin/people/new", fields).await.goes_on();
    to.split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn somebody_new_comes_in_by_a_link_that_is_shown_once() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/people/new").await.shows();
    let fields = [("username", "sam"), ("email", "sam@example.org"), ("given_name", "Sam"), ("family_name", "Ple")];
    let to = ada.post(&house, "/admin/people/new", &fields).await.goes_on();
    let page = ada.get(&house, &to).await.shows().says("Sam Ple is added.").says("No password yet");
    let link = page.between(r#"id="link-value">"#, "<");
    assert!(link.starts_with("https://id.example/recover?token="), "{link}");
    ada.get(&house, &to).await.shows().says("cannot be shown again").keeps_silent_about(&link);
    ada.get(&house, "/admin/activity").await.shows().says("ada made a way in for Sam Ple").keeps_silent_about(&link);

    let token = link.split_once("token=").unwrap().1;
    let sam = Browser::new("curl/8.0");
    sam.get(&house, link.strip_prefix("https://id.example").unwrap()).await.shows();
    sam.post(&house, "/recover", &[("token", token), ("password", PASSWORD)]).await.goes_on();
    sam.sign_in(&house, "sam@example.org").await;
    ada.get(&house, "/admin/people").await.shows().says("Sam Ple").says("just now");
    let page = ada.get(&house, to.split('?').next().unwrap()).await.shows();
    page.says("Active, last seen just now in curl");
}

#[tokio::test]
async fn names_and_addresses_are_nobody_elses() {
    let (house, ada) = House::with_ada().await;
    add(&house, &ada, &[("username", "sam"), ("email", "sam@example.org")]).await;
    let typed = [("username", "SAM"), ("given_name", "Other")];
    let page = ada.post(&house, "/admin/people/new", &typed).await.minds("username", "Somebody has this username");
    page.says(r#"value="SAM""#).says(r#"value="Other""#);
    let typed = [("username", "max"), ("email", "Sam@Example.org")];
    ada.post(&house, "/admin/people/new", &typed).await.minds("email", "Somebody has this address");
    ada.post(&house, "/admin/people/new", &[("email", "x@example.org")]).await.minds("username", "username");
    ada.post(&house, "/admin/people/new", &[("username", "max"), ("email", "nowhere")]).await.minds("email", "address");
}

#[tokio::test]
async fn profile_groups_and_roles_are_what_the_forms_say() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/groups").await.shows();
    ada.post(&house, "/admin/groups", &[("name", "staff")]).await.goes_on();
    ada.post(&house, "/admin/groups", &[("name", "night shift")]).await.goes_on();
    let sam = add(&house, &ada, &[("username", "sam"), ("group", "staff")]).await;
    ada.get(&house, &sam).await.shows().says(r#"value="staff" checked"#);

    let profile = format!("{sam}/profile");
    let fields = [("email", "sam@example.org"), ("email_verified", "on"), ("given_name", "Sam")];
    ada.post(&house, &profile, &fields).await.leads_to(&sam);
    ada.get(&house, &sam).await.shows().says(r#"value="sam@example.org""#).says(r#"value="Sam""#);
    let page = ada.post(&house, &profile, &[("email", "no"), ("family_name", "Ple")]).await.minds("email", "address");
    page.says(r#"value="Ple""#).says(r#"value="no""#);

    let groups = format!("{sam}/groups");
    ada.post(&house, &groups, &[("group", "staff"), ("group", "night shift")]).await.leads_to(&sam);
    ada.get(&house, &sam).await.shows().says(r#"value="night shift" checked"#);
    ada.post(&house, &groups, &[("group", "unheard-of")]).await.minds("groups", "There is no group");

    let roles = format!("{sam}/roles");
    let fields = [("admin", "on"), ("auditor", "on"), ("roles", "editor\r\nnight editor\r\n")];
    ada.post(&house, &roles, &fields).await.leads_to(&sam);
    let page = ada.get(&house, &sam).await.shows().says(r#"name="admin" value="on" checked"#);
    page.says(r#"name="auditor" value="on" checked"#).says("editor\nnight editor</textarea>");
    ada.get(&house, "/admin").await.shows().says("2 administrators");
    let long = "x".repeat(101);
    ada.post(&house, &roles, &[("admin", "on"), ("roles", &long)]).await.minds("roles", "at most 100 roles");
    ada.get(&house, "/admin/activity?person=sam").await.shows().says("ada changed Sam");
}

#[tokio::test]
async fn roles_are_given_by_whoever_proved_lately_who_they_are() {
    let (house, ada) = House::with_ada().await;
    let sam = add(&house, &ada, &[("username", "sam")]).await;
    house.clock.advance(std::time::Duration::from_secs(600));
    let to = ada.post(&house, &format!("{sam}/roles"), &[("admin", "on")]).await.goes_on();
    assert_eq!(to, format!("/login?confirm=1&next={}", sam.replace('/', "%2F")));
    ada.get(&house, "/admin").await.shows().says("You are the only administrator");
    ada.post(&house, &format!("{sam}/profile"), &[("given_name", "Sam")]).await.leads_to(&sam);

    ada.get(&house, &to).await.shows().says("Confirm it is you");
    let fields = [("username", "ada"), ("password", PASSWORD), ("next", sam.as_str())];
    ada.post(&house, "/login", &fields).await.leads_to(&sam);
    ada.post(&house, &format!("{sam}/roles"), &[("admin", "on")]).await.leads_to(&sam);
    ada.get(&house, "/admin").await.shows().says("2 administrators");
}

#[tokio::test]
async fn the_last_administrator_stays() {
    let (house, ada) = House::with_ada().await;
    let me = page_of(&house, &ada, "ada").await;
    let page = ada.get(&house, &me).await.shows().says("This is your own account");
    page.says("This one");
    for (form, fields) in [("roles", vec![]), ("disable", vec![]), ("delete", vec![("typed", "ada")])] {
        let page = ada.post(&house, &format!("{me}/{form}"), &fields).await;
        assert_eq!(page.status, 400, "{form}");
        page.says("Nobody else administers this server.");
    }
    ada.get(&house, "/admin").await.shows().says("You are the only administrator");
}

#[tokio::test]
async fn somebody_is_sent_out_and_let_in_again() {
    let (house, ada) = House::with_ada().await;
    let sam = house.ordinary(&ada, "sam").await;
    let about = page_of(&house, &ada, "sam").await;
    sam.get(&house, "/account").await.shows();

    let session = ada.get(&house, &about).await.shows().between(r#"name="session" value=""#, "\"");
    ada.post(&house, &format!("{about}/sessions/end"), &[("session", &session)]).await.leads_to(&about);
    sam.get(&house, "/account").await.leads_to("/login");
    sam.sign_in(&house, "sam").await;
    let to = ada.post(&house, &format!("{about}/sessions/end-all"), &[]).await.goes_on();
    ada.get(&house, &to).await.shows().says("1 session has ended.");
    sam.get(&house, "/account").await.leads_to("/login");

    sam.sign_in(&house, "sam").await;
    ada.post(&house, &format!("{about}/disable"), &[]).await.leads_to(&about);
    sam.get(&house, "/account").await.leads_to("/login");
    ada.get(&house, "/admin/people").await.shows().says("Disabled");
    let page = ada.post(&house, &format!("{about}/recover"), &[]).await;
    assert_eq!(page.status, 400);
    page.says("Enable them first.");
    ada.post(&house, &format!("{about}/enable"), &[]).await.leads_to(&about);
    let to = ada.post(&house, &format!("{about}/recover"), &[]).await.goes_on();
    ada.get(&house, &to).await.shows().says("/recover?token=");
    sam.sign_in(&house, "sam").await;
}

#[tokio::test]
async fn the_session_of_somebody_else_is_not_found_under_ones_name() {
    let (house, ada) = House::with_ada().await;
    house.ordinary(&ada, "sam").await;
    let (mine, theirs) = (page_of(&house, &ada, "ada").await, page_of(&house, &ada, "sam").await);
    let session = ada.get(&house, &theirs).await.shows().between(r#"name="session" value=""#, "\"");
    let shown = ada.post(&house, &format!("{mine}/sessions/end"), &[("session", &session)]).await;
    assert_eq!(shown.status, 404);
}

#[tokio::test]
async fn an_account_is_deleted_by_whoever_types_its_name() {
    let (house, ada) = House::with_ada().await;
    let sam = house.ordinary(&ada, "sam").await;
    let about = page_of(&house, &ada, "sam").await;
    let delete = format!("{about}/delete");
    ada.get(&house, &delete).await.shows().says("Delete sam?").says("1 session ends.");
    ada.post(&house, &delete, &[("typed", "max")]).await.minds("typed", "What you typed is different.");
    let to = ada.post(&house, &delete, &[("typed", "sam")]).await.goes_on();
    ada.get(&house, &to).await.shows().says("sam is deleted.");
    sam.get(&house, "/account").await.leads_to("/login");
    assert_eq!(ada.get(&house, &about).await.status, 404);
    let id = about.rsplit('/').next().unwrap();
    ada.get(&house, &format!("/admin/activity?person={id}")).await.shows().says("ada deleted sam");
}
