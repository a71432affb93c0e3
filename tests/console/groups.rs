//! A group's own page: who is in it, and which applications it opens.

use crate::house::{Browser, House};

async fn furnished() -> (House, Browser) {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/groups").await.shows();
    ada.post(&house, "/admin/groups", &[("name", "night shift")]).await.goes_on();
    let wiki = [("type", "web"), ("name", "Wiki"), ("redirect_uri", "https://wiki.example/cb"), ("id", "wiki")];
    ada.post(&house, "/admin/applications/new", &wiki).await.goes_on();
    let sam = [("username", "sam"), ("email", "sam@example.org")];
    ada.post(&house, "/admin/people/new", &sam).await.goes_on();
    (house, ada)
}

const PAGE: &str = "/admin/groups/night%20shift";

#[tokio::test]
async fn people_are_found_added_and_removed() {
    let (house, ada) = furnished().await;
    ada.get(&house, "/admin/groups").await.shows().says(PAGE);
    ada.get(&house, PAGE).await.shows().says("Nobody is in it.");
    ada.get(&house, &format!("{PAGE}?q=nobody")).await.shows().says("could be added");
    let found = ada.get(&house, &format!("{PAGE}?q=sam@")).await.shows();
    let sam = found.between(r#"name="user" value=""#, "\"");
    let to = ada.post(&house, &format!("{PAGE}/members"), &[("user", &sam)]).await.goes_on();
    ada.get(&house, &to).await.shows().says("sam is in the group now.").says("sam@example.org");
    ada.get(&house, &format!("{PAGE}?q=sam")).await.shows().says("Nobody whose name begins");
    ada.get(&house, &format!("/admin/people/{sam}")).await.shows().says(r#"value="night shift" checked"#);
    ada.post(&house, &format!("{PAGE}/members/remove"), &[("user", &sam)]).await.leads_to(PAGE);
    ada.get(&house, PAGE).await.shows().says("Nobody is in it.");
    assert_eq!(ada.post(&house, &format!("{PAGE}/members"), &[("user", "nobody")]).await.status, 404);
}

#[tokio::test]
async fn an_application_is_opened_to_a_group_and_never_to_everyone_by_mistake() {
    let (house, ada) = furnished().await;
    ada.get(&house, PAGE).await.shows().says("Wiki, which everyone may use until now");
    let (open, close) = (format!("{PAGE}/applications"), format!("{PAGE}/applications/remove"));
    ada.post(&house, &open, &[("application", "wiki")]).await.leads_to(PAGE);
    ada.get(&house, PAGE).await.shows().says("/admin/applications/wiki").says("nobody else");
    ada.get(&house, "/admin/applications").await.shows().says("night shift");
    let before = house.everything().await;
    let refused = ada.post(&house, &close, &[("application", "wiki")]).await;
    assert_eq!(refused.status, 400);
    refused.says("It is the only group that may use it.");
    assert_eq!(house.everything().await, before);

    ada.post(&house, "/admin/groups", &[("name", "staff")]).await.goes_on();
    ada.post(&house, "/admin/groups/staff/applications", &[("application", "wiki")]).await.goes_on();
    ada.get(&house, PAGE).await.shows().says("1 other group");
    ada.post(&house, &close, &[("application", "wiki")]).await.leads_to(PAGE);
    ada.get(&house, PAGE).await.shows().says("None is limited to it.");
}
