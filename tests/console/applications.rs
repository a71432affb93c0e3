//! Applications: made, connected, changed, switched off, deleted.

use std::time::Duration;

use countersign::base::rng::SeededRng;
use countersign::engine::Caller;
use countersign::engine::admin::Actor;
use countersign::engine::admin::client_change::ClientChange;
use countersign::model::face::Face;

use crate::house::{Browser, House};

const NEW: &str = "/admin/applications/new";
const WIKI: &str = "/admin/applications/wiki";

async fn wiki(house: &House, ada: &Browser) -> String {
    ada.get(house, NEW).await.shows();
    let fields = [("type", "web"), ("name", "Team wiki"), ("redirect_uri", "https://wiki.example/cb"), ("id", "wiki")];
    ada.post(house, NEW, &fields).await.goes_on()
}

#[tokio::test]
async fn a_new_application_shows_its_secret_once() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, "/admin").await.shows().says("There is no application yet");
    let to = wiki(&house, &ada).await;
    let page = ada.get(&house, &to).await.shows().says("Team wiki is added.");
    let secret = page.between(r#"id="secret-value">"#, "<");
    assert!(secret.len() >= 40, "{secret}");
    let page = page.says(&format!("OIDC_CLIENT_SECRET={secret}"));
    assert_eq!(page.html.matches(&secret).count(), 2);
    page.says("https://id.example/oauth/token").says("https://id.example/.well-known/openid-configuration");

    let again = ada.get(&house, &to).await.shows().says("cannot be shown again").keeps_silent_about(&secret);
    again.says(&secret[..7]);
    let other = Browser::new("curl/8.0");
    other.sign_in(&house, "ada").await;
    other.get(&house, &to).await.shows().keeps_silent_about(&secret);
    ada.get(&house, "/admin/applications").await.shows().says("Team wiki").says("Working").says("never");
    ada.get(&house, "/admin/activity").await.shows().says("ada added Team wiki").keeps_silent_about(&secret);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_what_was_typed_stays() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, NEW).await.shows();
    let typed = [("type", "web"), ("name", "Team wiki"), ("redirect_uri", "http://wiki.example/cb")];
    let page = ada.post(&house, NEW, &typed).await.minds("redirect_uri", "http is only for this computer");
    page.says(r#"value="Team wiki""#).says(r#"value="http://wiki.example/cb""#);
    ada.post(&house, NEW, &[("type", "web"), ("name", "x")]).await.minds("redirect_uri", "Add the address");
    ada.post(&house, NEW, &[("type", "web"), ("redirect_uri", "https://a.example/")])
        .await
        .minds("name", "Give a name");
    ada.post(&house, NEW, &[("name", "x")]).await.minds("type", "Choose what you are connecting.");
    wiki(&house, &ada).await;
    let again = [("type", "spa"), ("name", "Other"), ("redirect_uri", "https://o.example/"), ("id", "wiki")];
    ada.post(&house, NEW, &again).await.minds("id", "Another application has this client ID.");
}

#[tokio::test]
async fn programs_without_a_secret_are_shown_none() {
    let (house, ada) = House::with_ada().await;
    ada.get(&house, NEW).await.shows();
    let fields = [("type", "spa"), ("name", "Board"), ("redirect_uri", "https://board.example/"), ("id", "board")];
    let to = ada.post(&house, NEW, &fields).await.goes_on();
    let page = ada.get(&house, &to).await.shows().keeps_silent_about("this once").keeps_silent_about("Add a secret");
    page.says("https://board.example</code>");
    for lang in ["env", "curl", "js", "python", "rust", "cobol"] {
        let page = ada.get(&house, &format!("/admin/applications/board?lang={lang}")).await.shows();
        let snippet = page.between(r#"id="snippet""#, "</pre>");
        assert!(snippet.contains("board") && !snippet.contains("SECRET"), "{lang}: {snippet}");
    }
    let fields = [("type", "service"), ("name", "Robot"), ("id", "robot")];
    let to = ada.post(&house, NEW, &fields).await.goes_on();
    ada.get(&house, &to).await.shows().says("this once").keeps_silent_about("Redirect addresses");
}

#[tokio::test]
async fn addresses_come_and_go() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    for (form, field, good, bad) in [
        ("redirects", "redirect_uri", "https://wiki.example/other", "https://wiki.example/*"),
        ("post-logout", "post_logout_redirect_uri", "https://wiki.example/bye", "wiki.example"),
        ("origins", "origin", "https://wiki.example", "https://wiki.example/path"),
    ] {
        let path = format!("{WIKI}/{form}");
        ada.get(&house, WIKI).await.shows();
        ada.post(&house, &path, &[("action", "add"), (field, good)]).await.leads_to(WIKI);
        let listed = format!("<code>{good}</code>");
        ada.get(&house, WIKI).await.shows().says(&listed);
        let page = ada.post(&house, &path, &[("action", "add"), (field, bad)]).await.minds(field, "");
        page.says(&format!(r#"value="{bad}""#)).says(&listed);
        ada.post(&house, &path, &[("action", "remove"), (field, good)]).await.leads_to(WIKI);
        ada.get(&house, WIKI).await.shows().keeps_silent_about(&listed);
    }
    let last = [("action", "remove"), ("redirect_uri", "https://wiki.example/cb")];
    ada.post(&house, &format!("{WIKI}/redirects"), &last)
        .await
        .minds("redirect_uri", "Add the address people return to");
}

#[tokio::test]
async fn secrets_are_replaced_without_a_pause() {
    let (house, ada) = House::with_ada().await;
    let to = wiki(&house, &ada).await;
    let first = ada.get(&house, &to).await.shows().between(r#"id="secret-value">"#, "<");
    let secrets = format!("{WIKI}/secrets");
    let to = ada.post(&house, &secrets, &[("expires", "90d")]).await.goes_on();
    let page = ada.get(&house, &to).await.shows();
    let second = page.between(r#"id="secret-value">"#, "<");
    assert_ne!(first, second);
    let page = page.says(&format!("{}…", &first[..7])).says(&format!("{}…", &second[..7]));
    page.says(r#"datetime="2027-02-19"#);
    ada.post(&house, &secrets, &[("expires", "soon")]).await.minds("expires", "Expected a span of time");

    let page = ada.get(&house, WIKI).await.shows();
    let newest = page.between(r#"name="secret" value=""#, "\"");
    ada.post(&house, &format!("{WIKI}/secrets/remove"), &[("secret", &newest)]).await.leads_to(WIKI);
    let page = ada.get(&house, WIKI).await.shows().keeps_silent_about(&format!("{}…", &second[..7]));
    let oldest = page.between(r#"name="secret" value=""#, "\"");
    ada.post(&house, &format!("{WIKI}/secrets/remove"), &[("secret", &oldest)]).await.leads_to(WIKI);
    ada.get(&house, WIKI).await.shows().says("It has no secret that works.");
    ada.get(&house, "/admin/applications").await.shows().says("No secret");
}

#[tokio::test]
async fn access_scopes_and_tokens_are_what_the_forms_say() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    ada.post(&house, "/admin/groups", &[("name", "staff")]).await.goes_on();
    let access = format!("{WIKI}/access");
    let fields = [("name", "Wiki"), ("who", "groups"), ("consent", "skip"), ("first_party", "on")];
    ada.post(&house, &access, &fields).await.minds("who-groups", "Choose at least one group").says(r#"value="Wiki""#);
    ada.post(&house, &access, &[&fields[..], &[("group", "staff")]].concat()).await.leads_to(WIKI);
    let page = ada.get(&house, WIKI).await.shows().says("PKCE is not required.");
    page.says(r#"value="groups" checked"#).says(r#"value="staff" checked"#).says(r#"value="skip" checked"#);
    ada.get(&house, "/admin").await.shows().says("1 application without PKCE");

    let scopes = format!("{WIKI}/scopes");
    ada.post(&house, &scopes, &[("scope", "openid"), ("scope", "groups")]).await.leads_to(WIKI);
    ada.get(&house, WIKI).await.shows().says(r#"value="groups" checked"#).says(r#"OIDC_SCOPE=&#34;groups openid"#);
    ada.post(&house, &scopes, &[("scope", "unheard-of")]).await.minds("scopes", "There is no scope");

    let tokens = format!("{WIKI}/tokens");
    let fields = [
        ("access_token", "opaque"),
        ("access_token_alg", "ES256"),
        ("id_token_alg", "EdDSA"),
        ("code_ttl", "2m"),
        ("access_ttl", "yesterday"),
        ("refresh_ttl", "7d"),
        ("refresh_grace", "10s"),
        ("audience", "https://a.example\r\nhttps://b.example\r\n"),
    ];
    let page = ada.post(&house, &tokens, &fields).await.minds("access_ttl", "Expected a span of time");
    page.says(r#"value="yesterday""#).says(r#"value="7d""#).says(r#"<option value="opaque" selected"#);
    let fields = fields.map(|(name, value)| (name, if name == "access_ttl" { "15min" } else { value }));
    ada.post(&house, &tokens, &fields).await.leads_to(WIKI);
    let page = ada.get(&house, WIKI).await.shows().says(r#"value="15min""#).says(r#"<option value="ES256" selected"#);
    page.says("https://a.example\nhttps://b.example");
    let fields = fields.map(|(name, value)| (name, if name == "code_ttl" { "1h" } else { value }));
    ada.post(&house, &tokens, &fields).await.minds("code_ttl", "A code lives between 1s and 10min.");
}

#[tokio::test]
async fn an_application_is_switched_off_and_deleted() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    ada.post(&house, &format!("{WIKI}/disable"), &[]).await.leads_to(WIKI);
    ada.get(&house, "/admin/applications").await.shows().says("Disabled");
    ada.post(&house, &format!("{WIKI}/enable"), &[]).await.leads_to(WIKI);
    ada.get(&house, "/admin/applications").await.shows().says("Working");

    let delete = format!("{WIKI}/delete");
    ada.get(&house, &delete).await.shows().says("Nobody can sign in to it any more.").says("Delete Team wiki?");
    ada.post(&house, &delete, &[("typed", "Team Wiki")]).await.minds("typed", "What you typed is different.");
    ada.get(&house, WIKI).await.shows();
    let to = ada.post(&house, &delete, &[("typed", "Team wiki")]).await.goes_on();
    ada.get(&house, &to).await.shows().says("Team wiki is deleted.").says("There is no application yet");
    assert_eq!(ada.get(&house, WIKI).await.status, 404);
    let page = ada.get(&house, "/admin/activity?application=wiki").await.shows();
    page.says("ada deleted Team wiki").says("ada disabled Team wiki").says("ada added Team wiki");
}

#[tokio::test]
async fn secrets_that_end_soon_are_on_the_first_page() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    ada.post(&house, &format!("{WIKI}/secrets"), &[("expires", "90d")]).await.goes_on();
    ada.get(&house, "/admin").await.shows().keeps_silent_about("expires");
    for _ in 0..80 {
        house.clock.advance(Duration::from_secs(86_400));
        ada.get(&house, "/").await;
    }
    ada.sign_in(&house, "ada").await;
    ada.get(&house, "/admin").await.shows().says("A secret of Team wiki expires in 10 days");
}

#[tokio::test]
async fn an_access_key_is_shown_once_and_can_be_taken_away() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    ada.get(&house, WIKI).await.shows().keeps_silent_about("Access keys");
    let id = countersign::base::ids::ClientId::from_text("wiki");
    let laserfiche = ClientChange::Faces([Face::named("laserfiche")].into());
    house.engine.change_client(&Actor::host(), &Caller::host(&SeededRng::new(3)), &id, &[laserfiche]).await.unwrap();
    let page = ada.get(&house, WIKI).await.shows().says("It has no access key.");
    page.says("https://signin.id.example/oauth/Token").says("is not this server");
    let to = ada.post(&house, &format!("{WIKI}/access-keys"), &[]).await.goes_on();
    let page = ada.get(&house, &to).await.shows().says("The access key, this once");
    let key = page.between(r#"id="access-key-value">"#, "<");
    assert!(data_encoding::BASE64.decode(key.as_bytes()).is_ok(), "{key}");
    let again = ada.get(&house, &to).await.shows().says("cannot be shown again").keeps_silent_about(&key);
    let kid = again.between(r#"name="kid" value=""#, "\"");
    ada.get(&house, "/admin/activity").await.shows().says("ada added an access key to Team wiki").says(&kid);
    ada.post(&house, &format!("{WIKI}/access-keys/remove"), &[("kid", &kid)]).await.leads_to(WIKI);
    ada.get(&house, WIKI).await.shows().says("It has no access key.").keeps_silent_about(&kid);
    ada.get(&house, "/admin/activity").await.shows().says("ada removed an access key from Team wiki");
}

#[tokio::test]
async fn what_only_our_own_applications_may_is_offered_to_them_alone() {
    let (house, ada) = House::with_ada().await;
    wiki(&house, &ada).await;
    let grants = format!("{WIKI}/grants");
    let page = ada.get(&house, WIKI).await.shows().keeps_silent_about(r#"value="password""#);
    page.says(r#"value="authorization_code" checked"#);
    let fields = [("grant", "authorization_code"), ("grant", "password"), ("grant", "anonymous")];
    ada.post(&house, &grants, &fields).await.says("first-party clients only");
    let ours = [("name", "Wiki"), ("who", "everyone"), ("consent", "skip"), ("first_party", "on")];
    ada.post(&house, &format!("{WIKI}/access"), &ours).await.leads_to(WIKI);
    ada.post(&house, &grants, &fields).await.leads_to(WIKI);
    let page = ada.get(&house, WIKI).await.shows().says(r#"value="password" checked"#);
    page.says(r#"value="anonymous" checked"#).keeps_silent_about(r#"value="refresh_token" checked"#);
    let others = [("name", "Wiki"), ("who", "everyone"), ("consent", "skip")];
    ada.post(&house, &format!("{WIKI}/access"), &others).await.says("first-party clients only");
}
