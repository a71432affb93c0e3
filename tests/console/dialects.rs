//! Dialects in the console: chosen, accustomed, placed, and examples that do what they say.

use std::collections::BTreeMap;

use data_encoding::BASE64;
use poem::http::Method;

use crate::house::{Browser, House, ISSUER, unescaped};

const NEW: &str = "/admin/applications/new";
const CALLBACK: &str = "https://wiki.example/cb?a=$b&c='d'";

/// An application of this kind and dialect, and its secret.
async fn made(house: &House, ada: &Browser, kind: &str, dialect: &str) -> (String, String) {
    ada.get(house, NEW).await.shows();
    let id = format!("{dialect}-{kind}");
    let mut fields = vec![("type", kind), ("dialect", dialect), ("name", &*id), ("id", &*id)];
    if kind != "service" {
        fields.push(("redirect_uri", CALLBACK));
    }
    let to = ada.post(house, NEW, &fields).await.goes_on();
    let page = ada.get(house, &to).await.shows();
    let secret = match page.html.contains("secret-value") {
        true => page.between(r#"id="secret-value">"#, "<"),
        false => String::new(),
    };
    (id, unescaped(&secret))
}

/// The words a shell would read from a command, with `$NAME` from `values`.
fn words(command: &str, values: &BTreeMap<&str, &str>) -> Vec<String> {
    let (mut words, mut word, mut begun, mut quoted) = (Vec::new(), String::new(), false, false);
    let mut rest = command.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('\n') => {}
                Some(plain) if quoted && !matches!(plain, '$' | '`' | '"' | '\\') => word.extend(['\\', plain]),
                Some(plain) => word.push(plain),
                None => panic!("a backslash at the end: {command}"),
            },
            '"' => (quoted, begun) = (!quoted, true),
            '$' => {
                let mut name = String::new();
                while let Some(c) = rest.next_if(|c| c.is_ascii_uppercase()) {
                    name.push(c);
                }
                word.push_str(values.get(name.as_str()).unwrap_or_else(|| panic!("${name}: {command}")));
                begun = true;
            }
            ' ' | '\n' if !quoted => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            '&' | ';' | '\'' | '`' | '|' | '<' | '>' | '*' | '?' | '(' | ')' if !quoted => {
                panic!("{c} means something to a shell: {command}")
            }
            plain => word.push(plain),
        }
    }
    assert!(!quoted, "an open quotation: {command}");
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// Does what curl would do.
async fn run(house: &House, command: &str, values: &BTreeMap<&str, &str>) -> (u16, String) {
    let mut words = words(command, values).into_iter();
    assert_eq!(words.next().as_deref(), Some("curl"));
    let (mut url, mut headers, mut data) = (String::new(), Vec::new(), Vec::new());
    while let Some(word) = words.next() {
        let mut argument = || words.next().expect("an argument");
        match word.as_str() {
            "-X" => assert_eq!(argument(), "POST"),
            "-u" => headers.push(("authorization", format!("Basic {}", BASE64.encode(argument().as_bytes())))),
            "-H" => {
                let header = argument();
                let (name, value) = header.split_once(": ").expect("a header");
                assert_eq!(name, "Content-Type");
                headers.push(("content-type", value.to_owned()));
            }
            "-d" => data.push(argument()),
            _ => url = word,
        }
    }
    let path = url.strip_prefix(ISSUER).unwrap_or_else(|| panic!("below the issuer: {url}"));
    house.asks(Method::POST, path, &headers, data.join("&")).await
}

/// The examples of a dialect on an application's page: addresses and commands.
fn examples(html: &str, dialect: &str) -> Vec<String> {
    let mark = format!("id=\"try-{dialect}-");
    let parts = html.split(&mark).skip(1);
    parts.map(|part| unescaped(part.split_once('>').unwrap().1.split("</pre>").next().unwrap())).collect()
}

#[tokio::test]
async fn every_example_that_is_shown_works() {
    let (house, ada) = House::with_ada().await;
    let mut commands = 0;
    for (dialect, kind) in [
        ("oidc", "web"),
        ("oidc", "spa"),
        ("oidc", "native"),
        ("oidc", "service"),
        ("worksection", "web"),
        ("laserfiche", "web"),
        ("laserfiche", "spa"),
        ("chat", "web"),
        ("machine", "service"),
    ] {
        if !house.engine.faces().names().any(|name| name == dialect) {
            continue;
        }
        let (id, secret) = made(&house, &ada, kind, dialect).await;
        if kind != "service" {
            let consent = [("name", &*id), ("who", "everyone"), ("consent", "skip"), ("require_pkce", "on")];
            ada.get(&house, &format!("/admin/applications/{id}")).await.shows();
            ada.post(&house, &format!("/admin/applications/{id}/access"), &consent).await.goes_on();
        }
        let page = ada.get(&house, &format!("/admin/applications/{id}")).await.shows();
        let shown = examples(&page.html, dialect);
        assert!(!shown.is_empty(), "{id} has no example");
        let mut code = String::new();
        for text in shown {
            if let Some(path) = text.strip_prefix(ISSUER) {
                let to = ada.get(&house, path).await.location.expect("back to the application");
                assert!(to.starts_with("https://wiki.example/cb?"), "{id}: {to}");
                code = to.split_once("code=").expect("a code").1.split('&').next().unwrap().to_owned();
                continue;
            }
            let values = [("SECRET", secret.as_str()), ("CODE", code.as_str())].into();
            let (status, body) = run(&house, &text, &values).await;
            assert_eq!(status, 200, "{id}: {text}\n{body}");
            assert!(body.contains("\"access_token\":\""), "{id}: {text}\n{body}");
            commands += 1;
        }
    }
    assert!(commands >= 5, "{commands}");
}

#[tokio::test]
async fn a_service_of_laserfiche_is_shown_where_its_signed_word_goes() {
    let (house, ada) = House::with_ada().await;
    let (id, _) = made(&house, &ada, "service", "laserfiche").await;
    let page = ada.get(&house, &format!("/admin/applications/{id}")).await.shows();
    let command = "curl https://id.example/oauth/Token \\\n  -H \"Authorization: Bearer $ASSERTION\" \\\n  \
                   -d grant_type=client_credentials";
    assert_eq!(examples(&page.html, "laserfiche"), [command]);
}

#[tokio::test]
async fn a_dialect_brings_its_customs_when_it_is_chosen_for_something_new() {
    let (house, ada) = House::with_ada().await;
    let (robot, _) = made(&house, &ada, "service", "machine").await;
    let page = ada.get(&house, &format!("/admin/applications/{robot}")).await.shows();
    let page = page.says("https://id.example/v1/oauth/token").keeps_silent_about("differ from what is customary");
    page.keeps_silent_about("https://id.example/oauth/userinfo");
    ada.get(&house, NEW).await.shows();
    let fields = [("type", "service"), ("dialect", "klingon"), ("name", "x")];
    ada.post(&house, NEW, &fields).await.minds("dialect", "Choose which dialect it speaks.");
}

#[tokio::test]
async fn dialects_come_and_go_and_their_customs_are_taken_over_when_asked() {
    let (house, ada) = House::with_ada().await;
    let (id, _) = made(&house, &ada, "service", "oidc").await;
    let home = format!("/admin/applications/{id}");
    ada.get(&house, &home).await.shows();
    let both = [("dialect", "oidc"), ("dialect", "machine")];
    ada.post(&house, &format!("{home}/dialects"), &both).await.leads_to(&home);
    let page = ada.get(&house, &home).await.shows().says("https://id.example/v1/resource").says("One setting differs");
    page.says("refresh_token, client_credentials").says("Use the customs of Machine");
    ada.post(&house, &format!("{home}/customs"), &[("dialect", "machine")]).await.goes_on();
    let page = ada.get(&house, &home).await.shows().keeps_silent_about("Use the customs of Machine");
    page.says("Use the customs of OpenID Connect");
    ada.post(&house, &format!("{home}/dialects"), &[]).await.minds("dialect-1", "Choose at least one dialect.");
    ada.post(&house, &format!("{home}/customs"), &[("dialect", "klingon")]).await.minds("dialect-1", "Choose one");
    let activity = ada.get(&house, "/admin/activity").await.shows();
    activity.says("oidc → machine, oidc");
}

#[tokio::test]
async fn what_an_application_is_known_by_can_be_changed() {
    let (house, ada) = House::with_ada().await;
    let (id, _) = made(&house, &ada, "web", "oidc").await;
    made(&house, &ada, "service", "machine").await;
    let home = format!("/admin/applications/{id}");
    ada.get(&house, &home).await.shows();
    let identity = |key: &'static str, profile: &'static str, consumer: &'static str| {
        [
            ("client_key", key),
            ("account_id", "42"),
            ("claims_profile", profile),
            ("consumer", consumer),
            ("contact", "phone"),
        ]
    };
    let to = format!("{home}/identity");
    ada.post(&house, &to, &identity("wiki-key", "laserfiche", "plan\nseats")).await.leads_to(&home);
    let page = ada.get(&house, &home).await.shows().says(r#"value="wiki-key""#).says(r#"value="42""#);
    page.says("plan\nseats").says("Laserfiche: with account");
    ada.post(&house, &to, &identity("a key", "rfc9068", "")).await.minds("client_key", "Use 1 to 128");
    ada.post(&house, &to, &identity("k", "none", "")).await.minds("claims_profile", "Choose one of the profiles.");
    let wrong = ada.post(&house, &to, &identity("k", "rfc9068", "two words")).await;
    wrong.minds("consumer", "Name at most 100 attributes").says("two words");
}

#[tokio::test]
async fn dialects_are_switched_off_and_moved_in_the_settings() {
    let (house, ada) = House::with_ada().await;
    let page = ada.get(&house, "/admin/settings").await.shows().says("Everyone with an account");
    page.says(r#"name="prefix-machine" value="/v1""#);
    let names: Vec<&str> = house.engine.faces().names().collect();
    let settings = async |machine: Option<&str>, registration: &str| {
        let mut fields = vec![
            ("name".to_owned(), "Example ID"),
            ("account_url".to_owned(), ""),
            ("password_min_length".to_owned(), "15"),
            ("client_registration".to_owned(), registration),
        ];
        for customs in house.engine.faces().all.iter().filter(|customs| customs.name != "machine") {
            fields.push(("dialect".to_owned(), customs.name));
            fields.push((format!("prefix-{}", customs.name), customs.prefix));
        }
        if machine.is_some() {
            fields.push(("dialect".to_owned(), "machine"));
        }
        fields.push(("prefix-machine".to_owned(), machine.unwrap_or("/v1")));
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (&**name, *value)).collect();
        ada.post(&house, "/admin/settings", &fields).await
    };
    let answers = async |path: &str| house.asks(Method::GET, path, &[], String::new()).await.0;
    assert_eq!((answers("/v1/resource").await, answers("/bots/resource").await), (401, 404));
    settings(Some("/bots"), "everyone").await.leads_to("/admin/settings");
    assert_eq!((answers("/v1/resource").await, answers("/bots/resource").await), (404, 401));
    let page = ada.get(&house, "/admin/settings").await.shows();
    page.says(r#"name="prefix-machine" value="/bots""#);
    settings(None, "nobody").await.goes_on();
    assert_eq!((answers("/v1/resource").await, answers("/bots/resource").await), (404, 404));
    settings(Some("/v1"), "permitted").await.goes_on();
    assert_eq!(answers("/v1/resource").await, 401);
    assert!(house.engine.settings().await.unwrap().dialects.is_empty(), "nothing is kept of what is customary");
    for wrong in ["/admin", "no-slash", "/a b"] {
        let page = settings(Some(wrong), "permitted").await.minds("prefix-machine", "machine");
        page.says(&format!("value=\"{wrong}\""));
    }
    assert!(names.contains(&"machine"));
}
