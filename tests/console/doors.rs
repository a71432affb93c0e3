//! Every door of the console, with every wrong key.

use countersign::console;
use countersign::dialects;
use countersign::model::settings::Settings;
use poem::http::StatusCode;

use crate::house::{AUDITOR, Browser, House, REGISTRAR};

/// A house with something behind every door, and the path of each door with a real name in it.
async fn furnished() -> (House, Browser, Vec<(&'static str, String)>) {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/applications/new").await.shows();
    let fields = [("type", "web"), ("name", "Wiki"), ("redirect_uri", "https://wiki.example/cb"), ("id", "wiki")];
    ada.post(&house, "/admin/applications/new", &fields).await.goes_on();
    ada.post(&house, "/admin/groups", &[("name", "staff")]).await.goes_on();
    let scope = [("name", "projects"), ("description", "See your projects")];
    ada.post(&house, "/admin/scopes/new", &scope).await.goes_on();
    ada.get(&house, "/admin/people/new").await.shows();
    let to = ada.post(&house, "/admin/people/new", &[("username", "sam")]).await.goes_on();
    let sam = to.trim_start_matches("/admin/people/").split('?').next().unwrap().to_owned();
    let doors = console::doors(&house.desk, dialects::directory::directory("https://id.example", &Settings::default()));
    let paths = doors.list().iter().map(|door| {
        let id = match door.path.split('/').nth(1) {
            Some("applications") => "wiki",
            Some("people") => &sam,
            Some("groups") => "staff",
            _ => "projects",
        };
        (door.method, format!("/admin{}", door.path.replace(":id", id).trim_end_matches('/')))
    });
    let paths = paths.collect();
    (house, ada, paths)
}

#[tokio::test]
async fn strangers_are_sent_to_sign_in_and_change_nothing() {
    let (house, _, doors) = furnished().await;
    let before = house.everything().await;
    assert!(doors.len() > 40, "{}", doors.len());
    let stranger = Browser::new("curl/8.0");
    stranger.get(&house, "/login").await.shows();
    for (method, path) in &doors {
        let shown = match *method {
            "GET" => stranger.get(&house, path).await,
            _ => stranger.post(&house, path, &[("typed", "staff"), ("name", "x")]).await,
        };
        let to = shown.goes_on();
        let next = to.strip_prefix("/login?next=").unwrap_or_else(|| panic!("{method} {path}: {to}"));
        let next = next.replace("%2F", "/");
        assert!(path.starts_with(&next), "{path}: {next}");
        assert!(doors.iter().any(|(method, page)| *method == "GET" && *page == next), "{path}: {next} is no page");
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn people_without_the_right_are_told_so_and_change_nothing() {
    let (house, ada, doors) = furnished().await;
    let bob = house.ordinary(&ada, "bob").await;
    let before = house.everything().await;
    for (method, path) in &doors {
        let shown = match *method {
            "GET" => bob.get(&house, path).await,
            _ => bob.post(&house, path, &[("typed", "staff"), ("name", "x")]).await,
        };
        assert_eq!(shown.status, StatusCode::FORBIDDEN, "{method} {path}");
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn auditors_see_every_page_and_send_no_form() {
    let (house, ada, doors) = furnished().await;
    let nora = house.with_role(&ada, "nora", AUDITOR).await;
    let before = house.everything().await;
    for (method, path) in &doors {
        match *method {
            "GET" => _ = nora.get(&house, path).await.shows(),
            _ => {
                let shown = nora.post(&house, path, &[("typed", "staff"), ("name", "x")]).await;
                assert_eq!(shown.status, StatusCode::FORBIDDEN, "{method} {path}");
                shown.says("Auditors change nothing");
            }
        }
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn registrars_come_to_their_own_applications_and_nowhere_else() {
    let (house, ada, doors) = furnished().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    let before = house.everything().await;
    for (method, path) in &doors {
        let shown = match *method {
            "GET" => rita.get(&house, path).await,
            _ => rita.post(&house, path, &[("typed", "Wiki"), ("name", "x"), ("type", "unheard-of")]).await,
        };
        let expected = match path.as_str() {
            "/admin/applications" => StatusCode::OK,
            "/admin/applications/new" if *method == "GET" => StatusCode::OK,
            "/admin/applications/new" => StatusCode::BAD_REQUEST,
            // Somebody else's is not there for them.
            path if path.starts_with("/admin/applications/") => StatusCode::NOT_FOUND,
            _ => StatusCode::FORBIDDEN,
        };
        assert_eq!(shown.status, expected, "{method} {path}");
        if path == "/admin/applications" {
            shown.says("There is no application yet").keeps_silent_about("wiki").keeps_silent_about("/admin/people");
        }
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn looking_changes_nothing() {
    let (house, ada, doors) = furnished().await;
    let before = house.everything().await;
    for (_, path) in doors.iter().filter(|(method, _)| *method == "GET") {
        ada.get(&house, path).await.shows();
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn only_forms_of_our_own_pages_change_anything() {
    let (house, ada, doors) = furnished().await;
    let other = Browser::new("curl/8.0");
    other.get(&house, "/login").await.shows();
    ada.get(&house, "/admin").await.shows();
    let before = house.everything().await;
    let (mine, theirs) = (ada.token(), other.token());
    assert_ne!(mine, theirs);
    for (_, path) in doors.iter().filter(|(method, _)| *method == "POST") {
        let fields = [("name", "changed"), ("username", "changed"), ("typed", "staff"), ("action", "add")];
        for (token, origin) in [
            (None, None),
            (Some(&theirs), None),
            (Some(&mine), Some("https://evil.example")),
            (Some(&"x".to_owned()), Some("https://id.example")),
        ] {
            let token: Vec<(&str, &str)> = token.iter().map(|token| ("csrf", token.as_str())).collect();
            let headers: Vec<(&str, &str)> = origin.iter().map(|origin| ("origin", *origin)).collect();
            let shown = ada.post_with(&house, path, &[&fields, token.as_slice()].concat(), &headers).await;
            assert_eq!(shown.status, StatusCode::BAD_REQUEST, "{path}: {shown:#?}");
            shown.says("This form is out of date");
        }
    }
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn what_is_not_there_is_said_to_be_not_there() {
    let (house, ada, doors) = furnished().await;
    for (method, path) in doors {
        let Some((known, _)) = [("/wiki", 0), ("/staff", 0), ("/projects", 0)]
            .into_iter()
            .find(|(name, _)| path.contains(name) && path.matches('/').count() > 2)
        else {
            continue;
        };
        let gone = path.replace(known, "/nobody-of-this-name");
        let shown = match method {
            "GET" => ada.get(&house, &gone).await,
            _ => ada.post(&house, &gone, &[]).await,
        };
        assert_eq!(shown.status, StatusCode::NOT_FOUND, "{method} {gone}");
    }
    for path in ["/admin/people/nobody", "/admin/people/nobody/delete", "/admin/nothing", "/admin/scopes/%22"] {
        assert_eq!(ada.get(&house, path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}
