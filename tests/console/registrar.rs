//! Registrars: they register applications and keep those, within what is theirs to decide.

use crate::house::{Browser, House, REGISTRAR};

const WIKI: [(&str, &str); 3] = [("type", "web"), ("name", "Rita's wiki"), ("redirect_uri", "https://wiki.example/cb")];

/// Registers the wiki; gives the path of its page.
async fn register(house: &House, rita: &Browser) -> String {
    rita.get(house, "/admin/applications/new").await.shows();
    let to = rita.post(house, "/admin/applications/new", &WIKI).await.goes_on();
    to.split('?').next().unwrap().to_owned()
}

#[tokio::test]
async fn what_a_registrar_registered_is_theirs_to_keep() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    rita.get(&house, "/account").await.shows().says(r#"href="/admin/applications""#);
    rita.get(&house, "/admin/applications/new").await.shows();
    let to = rita.post(&house, "/admin/applications/new", &WIKI).await.goes_on();
    rita.get(&house, &to).await.shows().says("added by rita").says("cs_");
    let page = to.split('?').next().unwrap();
    rita.get(&house, "/admin/applications?q=wiki").await.shows().says(page);
    ada.get(&house, "/admin/applications").await.shows().says(page);

    let form = |rest: &str| format!("{page}/{rest}");
    rita.post(&house, &form("redirects"), &[("redirect_uri", "https://wiki.example/other")]).await.leads_to(page);
    rita.post(&house, &form("secrets"), &[]).await.leads_to(page);
    rita.post(&house, &form("disable"), &[]).await.leads_to(page);
    rita.post(&house, &form("enable"), &[]).await.leads_to(page);
    ada.get(&house, "/admin/activity").await.shows().says("rita changed Rita&#39;s wiki");

    house.clock.advance(std::time::Duration::from_secs(600));
    let to = rita.post(&house, &form("secrets"), &[]).await.goes_on();
    assert!(to.starts_with("/login?confirm=1"), "{to}");

    let delete = form("delete");
    rita.get(&house, &delete).await.shows();
    rita.post(&house, &delete, &[("typed", "Rita's wiki")]).await.leads_to("/admin/applications");
}

#[tokio::test]
async fn nothing_a_registrar_registers_reaches_further_than_its_people() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin/scopes/new").await.shows();
    let scope = [("name", "admin:everything"), ("description", "Change everything")];
    ada.post(&house, "/admin/scopes/new", &scope).await.goes_on();
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    let page = register(&house, &rita).await;
    let form = |rest: &str| format!("{page}/{rest}");
    let access = |consent: &'static str| vec![("name", "W"), ("who", "everyone"), ("consent", consent)];
    let first_party = [access("ask"), vec![("first_party", "on")]].concat();
    let tokens = [("audience", "https://payments.example")];
    let identity = [("client_key", "k"), ("claims_profile", "rfc9068"), ("consumer", "salary")];
    let account = [("client_key", "k"), ("claims_profile", "rfc9068"), ("account_id", "1")];
    for (rest, fields) in [
        ("access", &first_party[..]),
        ("access", &access("skip")),
        ("scopes", &[("scope", "admin:everything")]),
        ("scopes", &[("scope", "authorize")]),
        ("tokens", &tokens),
        ("identity", &identity),
        ("identity", &account),
        ("grants", &[("grant", "password")]),
    ] {
        let shown = rita.post(&house, &form(rest), fields).await;
        assert_eq!(shown.status, 400, "{rest} {fields:?}");
        ada.get(&house, &page).await.shows();
        let by_ada = ada.post(&house, &form(rest), fields).await.status;
        assert_eq!(by_ada == 303, !matches!(rest, "grants" | "scopes") || fields[0].1 == "admin:everything", "{rest}");
        // As it was, for the next.
        ada.post(&house, &form("access"), &access("ask")).await.goes_on();
        ada.post(&house, &form("scopes"), &[("scope", "openid")]).await.goes_on();
        ada.post(&house, &form("tokens"), &[("code_ttl", "60s")]).await.goes_on();
        ada.post(&house, &form("identity"), &identity[..2]).await.goes_on();
    }
    // What an administrator decided stays when a registrar changes something else.
    ada.post(&house, &form("tokens"), &tokens).await.goes_on();
    rita.post(&house, &form("redirects"), &[("redirect_uri", "https://wiki.example/2")]).await.goes_on();
}

#[tokio::test]
async fn where_only_administrators_register_a_registrar_does_not() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    ada.get(&house, "/admin/settings").await.shows();
    let settings = [("name", "Example ID"), ("password_min_length", "15"), ("client_registration", "nobody")];
    ada.post(&house, "/admin/settings", &settings).await.goes_on();
    rita.get(&house, "/admin/applications/new").await.shows();
    let before = house.everything().await;
    assert_eq!(rita.post(&house, "/admin/applications/new", &WIKI).await.status, 403);
    assert_eq!(house.everything().await, before);
}

#[tokio::test]
async fn nobody_registers_more_than_twenty() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    rita.get(&house, "/admin/applications/new").await.shows();
    for n in 0..20 {
        let name = format!("Number {n}");
        let fields = [("type", "service"), ("name", name.as_str())];
        rita.post(&house, "/admin/applications/new", &fields).await.goes_on();
    }
    let fields = [("type", "service"), ("name", "One more")];
    rita.post(&house, "/admin/applications/new", &fields).await.minds("name", "as many applications as anybody");
}

#[tokio::test]
async fn a_registrar_takes_no_name_that_somebody_trusts() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    let people = ada.get(&house, "/admin/people?q=rita").await.shows();
    let person = people.between(r#"data-label="Name"><a href="/admin/people/"#, "\"");
    rita.get(&house, "/admin/applications/new").await.shows().keeps_silent_about(r#"name="id""#);
    ada.get(&house, "/admin/applications/new").await.shows().says(r#"name="id""#);
    let before = house.everything().await;
    for id in ["payments-api", person.as_str()] {
        let fields = [&WIKI[..], &[("id", id)]].concat();
        let shown = rita.post(&house, "/admin/applications/new", &fields).await;
        shown.minds("id", "Only an administrator can choose the client ID.");
    }
    // Nobody at all names an application as a person is named.
    let fields = [&WIKI[..], &[("id", person.as_str())]].concat();
    ada.post(&house, "/admin/applications/new", &fields).await.minds("id", "the id of a person");
    assert_eq!(house.everything().await, before);
    let fields = [&WIKI[..], &[("id", "payments-api")]].concat();
    ada.post(&house, "/admin/applications/new", &fields).await.leads_to("/admin/applications/payments-api");
}

#[tokio::test]
async fn what_an_administrator_disabled_only_an_administrator_enables() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    let page = register(&house, &rita).await;
    let form = |rest: &str| format!("{page}/{rest}");
    let who = "Only an administrator can enable it";
    ada.get(&house, &page).await.shows();
    ada.post(&house, &form("disable"), &[]).await.leads_to(&page);
    rita.get(&house, &page).await.shows().says(who).keeps_silent_about("<button class=\"btn\">Enable</button>");
    for rest in ["enable", "disable", "enable"] {
        let shown = rita.post(&house, &form(rest), &[]).await;
        assert_eq!(shown.status == 303, rest == "disable", "it is disabled already, and stays so: {shown:#?}");
    }
    rita.post(&house, &form("enable"), &[]).await.says(who);
    ada.post(&house, &form("enable"), &[]).await.leads_to(&page);

    // What they disabled themselves they enable; unless an administrator did meanwhile.
    for rest in ["disable", "enable", "disable"] {
        rita.post(&house, &form(rest), &[]).await.leads_to(&page);
    }
    ada.post(&house, &form("disable"), &[]).await.leads_to(&page);
    rita.post(&house, &form("enable"), &[]).await.says(who);
}

#[tokio::test]
async fn what_an_administrator_decided_about_it_stays() {
    let (house, ada) = House::with_ada().await;
    let rita = house.with_role(&ada, "rita", REGISTRAR).await;
    let page = register(&house, &rita).await;
    let form = |rest: &str| format!("{page}/{rest}");
    fn access<'a>(consent: &'a str, factor: &'a str) -> Vec<(&'a str, &'a str)> {
        vec![
            ("name", "W"),
            ("who", "everyone"),
            ("consent", consent),
            ("required_factor", factor),
            ("require_pkce", "on"),
        ]
    }
    // A registrar demands more; less than was decided only an administrator.
    ada.get(&house, &page).await.shows();
    ada.post(&house, &form("access"), &access("ask", "second_factor")).await.leads_to(&page);
    rita.get(&house, &page).await.shows();
    rita.post(&house, &form("access"), &access("ask", "none")).await.minds("factor-none", "Only an administrator");
    rita.post(&house, &form("access"), &access("ask", "passkey")).await.leads_to(&page);
    ada.post(&house, &form("access"), &access("ask", "none")).await.leads_to(&page);

    // While people are not asked, it reaches no further.
    let widening = [
        ("scopes", vec![("scope", "openid"), ("scope", "profile"), ("scope", "email"), ("scope", "phone")]),
        ("redirects", vec![("redirect_uri", "https://evil.example/cb")]),
        ("post-logout", vec![("post_logout_redirect_uri", "https://evil.example/out")]),
        ("origins", vec![("origin", "https://evil.example")]),
        ("grants", vec![("grant", "authorization_code"), ("grant", "refresh_token"), ("grant", "client_credentials")]),
    ];
    ada.post(&house, &form("access"), &access("skip", "none")).await.leads_to(&page);
    for (rest, fields) in &widening {
        let shown = rita.post(&house, &form(rest), fields).await;
        assert_eq!(shown.status, 400, "{rest}");
        shown.says("while the application is trusted");
    }
    rita.post(&house, &form("scopes"), &[("scope", "openid")]).await.leads_to(&page);
    ada.post(&house, &form("access"), &access("ask", "none")).await.leads_to(&page);
    for (rest, fields) in &widening {
        rita.post(&house, &form(rest), fields).await.leads_to(&page);
    }
}
