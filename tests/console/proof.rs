//! What leads into accounts, or says what people must sign in with, changes only whoever proved a moment ago who they are;
//! and nobody comes in with less than is demanded by now.

use std::time::Duration;

use crate::house::{Browser, House, PASSWORD, REGISTRAR};

/// What a form sends.
type Fields = Vec<(&'static str, &'static str)>;

/// The path of the page about somebody.
async fn page_of(house: &House, ada: &Browser, username: &str) -> String {
    let list = ada.get(house, &format!("/admin/people?q={username}")).await.shows();
    format!("/admin/people/{}", list.between(r#"data-label="Name"><a href="/admin/people/"#, "\""))
}

/// Ada proves who she is, and goes on where she wanted to.
async fn confirms(house: &House, ada: &Browser, to: &str, page: &str) {
    assert_eq!(to, format!("/login?confirm=1&next={}", page.replace('/', "%2F")));
    ada.get(house, to).await.shows().says("Confirm it is you");
    let fields = [("username", "ada"), ("password", PASSWORD), ("next", page)];
    ada.post(house, "/login", &fields).await.leads_to(page);
}

#[tokio::test]
async fn a_session_that_was_left_open_makes_no_way_into_an_account() {
    let (house, ada) = House::with_ada().await;
    house.ordinary(&ada, "sam").await;
    for group in ["staff", "finance"] {
        ada.get(&house, "/admin/groups").await.shows();
        ada.post(&house, "/admin/groups", &[("name", group)]).await.goes_on();
    }
    let app = [("type", "web"), ("name", "Wiki"), ("redirect_uri", "https://wiki.example/cb"), ("id", "wiki")];
    ada.post(&house, "/admin/applications/new", &app).await.goes_on();
    let settings: &[(&str, &str)] =
        &[("name", "Example ID"), ("password_min_length", "15"), ("client_registration", "nobody")];
    let invited = [settings, &[("self_registration", "invited")]].concat();
    ada.post(&house, "/admin/settings", &invited).await.goes_on();
    let (sam, me) = (page_of(&house, &ada, "sam").await, page_of(&house, &ada, "ada").await);
    let with = |more: &[(&'static str, &'static str)]| [settings, more].concat();
    let other = [("type", "web"), ("name", "Thief"), ("redirect_uri", "https://evil.example/cb"), ("id", "thief")];
    let elsewhere = vec![("redirect_uri", "https://evil.example/cb")];
    let access = vec![("name", "Wiki"), ("who", "everyone"), ("consent", "ask"), ("require_pkce", "on")];
    let trusted = vec![("name", "Wiki"), ("who", "everyone"), ("consent", "skip"), ("require_pkce", "on")];
    let access = [access, vec![("required_factor", "second_factor")]].concat();
    let forms: Vec<(&str, String, Fields)> = vec![
        (&me, format!("{me}/recover"), vec![]),
        (&sam, format!("{sam}/recover"), vec![]),
        (&me, format!("{me}/profile"), vec![("email", "thief@evil.example"), ("email_verified", "on")]),
        (&sam, format!("{sam}/profile"), vec![("email", "sam@example.org")]),
        (&sam, format!("{sam}/groups"), vec![("group", "staff")]),
        ("/admin/people/new", "/admin/people/new".to_owned(), vec![("username", "late")]),
        ("/admin/settings", "/admin/settings".to_owned(), with(&[("required_factor", "second_factor")])),
        ("/admin/settings", "/admin/settings".to_owned(), with(&[("self_registration", "open")])),
        ("/admin/groups/staff", "/admin/groups/staff/factor".to_owned(), vec![("required_factor", "second_factor")]),
        ("/admin/applications/wiki", "/admin/applications/wiki/access".to_owned(), access),
        ("/admin/applications/new", "/admin/applications/new".to_owned(), other.to_vec()),
        ("/admin/applications/wiki", "/admin/applications/wiki/access".to_owned(), trusted),
        ("/admin/applications/wiki", "/admin/applications/wiki/redirects".to_owned(), elsewhere),
        (
            "/admin/invitations",
            "/admin/invitations".to_owned(),
            vec![("addresses", "x@example.org"), ("lifetime", "7")],
        ),
    ];
    house.clock.advance(Duration::from_secs(600));
    // A page of theirs is no proof, and makes the session no younger.
    ada.get(&house, "/admin/people").await.shows();
    for (page, path, fields) in &forms {
        let before = house.everything().await;
        let to = ada.post(&house, path, fields).await.goes_on();
        assert!(house.everything().await == before, "{path} {fields:?}");
        assert_eq!(to, format!("/login?confirm=1&next={}", page.replace('/', "%2F")), "{path}");
    }
    for path in ["/admin/people/new", "/admin/applications/new"] {
        let to = ada.get(&house, path).await.goes_on();
        assert_eq!(to, format!("/login?confirm=1&next={}", path.replace('/', "%2F")), "before anything is typed");
    }
    // What opens nothing needs no proof.
    ada.get(&house, &sam).await.shows();
    ada.post(&house, &format!("{sam}/profile"), &[("given_name", "Sam")]).await.leads_to(&sam);
    ada.post(&house, "/admin/settings", &invited).await.leads_to("/admin/settings");

    // Each is done by whoever proves it then.
    for (page, path, fields) in &forms {
        let fields = &fields[..];
        // What is demanded of everybody from now on is the matter of another story.
        if fields.iter().any(|field| field.1 == "second_factor" && *page == "/admin/settings") {
            continue;
        }
        let to = ada.post(&house, path, fields).await.goes_on();
        confirms(&house, &ada, &to, page).await;
        ada.get(&house, page).await.shows();
        ada.post(&house, path, fields).await.goes_on();
        house.clock.advance(Duration::from_secs(600));
    }
    ada.get(&house, &sam).await.shows().says("sam@example.org");
    ada.get(&house, "/admin/people?q=late").await.shows().says("late");
    ada.get(&house, "/admin/applications/wiki").await.shows();
}

#[tokio::test]
async fn whoever_signed_in_before_more_was_demanded_proves_the_rest_first() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    ada.get(&house, "/admin/settings").await.shows();
    let settings: &[(&str, &str)] =
        &[("name", "Example ID"), ("password_min_length", "15"), ("client_registration", "permitted")];
    let with = |factor: &'static str| [settings, &[("required_factor", factor)]].concat();
    let to = ada.post(&house, "/admin/settings", &with("second_factor")).await.goes_on();
    assert!(to.starts_with("/admin/settings"), "{to}");
    let before = house.everything().await;
    for (who, path) in [
        (&ada, "/"),
        (&ada, "/admin"),
        (&ada, "/admin/people"),
        (&ada, "/admin/settings"),
        (&ada, "/account"),
        (&ada, "/account/sessions"),
        (&ada, "/account/authenticator"),
        (&rita, "/admin/applications"),
        (&rita, "/account/data"),
    ] {
        let to = who.get(&house, path).await.goes_on();
        assert_eq!(to, format!("/login?confirm=1&next={}", path.replace('/', "%2F")));
    }
    let forms: [(&str, &str, Fields); 3] = [
        ("/admin/settings", "/admin/settings", with("none")),
        ("/admin/people/new", "/admin/people/new", vec![("username", "late")]),
        ("/account/password", "/account", vec![("current", PASSWORD), ("new", "four quiet otters skate")]),
    ];
    for (path, page, fields) in forms {
        let to = ada.post(&house, path, &fields).await.goes_on();
        assert_eq!(to, format!("/login?confirm=1&next={}", page.replace('/', "%2F")), "{path}");
    }
    assert_eq!(house.everything().await, before);

    // It leads on: what is demanded is set up on the way. And out, which stays open.
    let to = ada.get(&house, "/admin/people").await.goes_on();
    ada.get(&house, &to).await.shows();
    let fields = [("username", "ada"), ("password", PASSWORD), ("next", "/admin/people")];
    let to = ada.post(&house, "/login", &fields).await.goes_on();
    ada.get(&house, &to).await.shows().says("Set up a second factor");
    rita.get(&house, "/sign-out").await.shows();
    rita.post(&house, "/sign-out", &[("answer", "sign-out")]).await.leads_to("/signed-out");
}
