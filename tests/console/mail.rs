//! The mail server is tried before it is saved, and every stage that fails is named with what was said and a hint.

use std::time::Duration;

use countersign::model::settings::SmtpSecurity;
use countersign::server::mail::round;

use crate::house::{House, unescaped};
use crate::smtp::{PASSWORD, Postbox, USER};

const FORM: &str = "/admin/mail/server";
const TEST: &str = "/admin/mail/server/test";

/// A form that would work with a postbox on this port.
fn form(port: &str) -> Vec<(&'static str, String)> {
    let text = |name, value: &str| (name, value.to_owned());
    vec![
        text("host", "localhost"),
        text("port", port),
        text("security", "none"),
        text("username", ""),
        text("password", ""),
        text("from", "id@example.org"),
        text("to", "ada@example.org"),
    ]
}

fn with<'a>(form: &'a [(&'static str, String)], changes: &[(&'static str, &'a str)]) -> Vec<(&'static str, &'a str)> {
    let changed = |name: &str| changes.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
    let mut all: Vec<_> = form.iter().map(|(name, value)| (*name, changed(name).unwrap_or(value))).collect();
    all.extend(changes.iter().filter(|(name, _)| !form.iter().any(|(known, _)| known == name)));
    all
}

#[tokio::test]
async fn the_stage_that_failed_is_named_and_nothing_is_saved_by_a_test() {
    let (house, ada) = House::with_ada().await;
    let postbox = Postbox::open();
    let form = form(&postbox.address.port().to_string());
    ada.get(&house, "/admin/mail").await.shows().says("None is set up").says(r#"href="/admin/mail/server""#);
    ada.get(&house, FORM).await.shows();
    let before = house.everything().await;
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let fails = async |changes: &[(&'static str, &str)], stage: &str, said: &str, hint: &str| {
        let page = ada.post(&house, TEST, &with(&form, changes)).await.shows();
        let html = unescaped(&page.html);
        let (_, failed) = html.split_once(r#"<li class="bad">"#).unwrap_or_else(|| panic!("{stage}: {html}"));
        let (failed, _) = failed.split_once("</li>").unwrap();
        for part in [stage, said, hint] {
            assert!(failed.contains(part), "{part:?} is not in {failed}");
        }
        assert!(html.contains("The letter was not sent.") && html.contains("id@example.org"), "{html}");
    };
    fails(&[("host", "a..b"), ("security", "tls")], "Its name is found", "", "spelling").await;
    fails(&[("port", &closed)], "It can be connected to", "refused", "Nothing listens at port").await;
    fails(&[("security", "starttls")], "The connection is protected", "STARTTLS", "offers no STARTTLS").await;
    fails(&[("security", "tls")], "The connection is protected", "", "does not speak TLS at once").await;
    postbox.answers("CONNECT", "554 5.7.1 go away");
    fails(&[], "It answers as a mail server", "554 5.7.1 go away", "turns connections from here away").await;
    let user = [("username", USER), ("password", PASSWORD)];
    fails(&user, "It knows user name and password", "", "takes no user name and password here").await;
    postbox.answers("MAIL", "550 5.7.1 not your address");
    fails(&[], "It takes the sender", "550 5.7.1 not your address", "send as id@example.org").await;
    postbox.answers("RCPT", "550 5.1.1 no such box");
    fails(&[], "It takes the recipient", "550 5.1.1 no such box", "Check it").await;
    postbox.answers("MESSAGE", "554 5.6.0 looks odd");
    fails(&[], "It takes the letter", "554 5.6.0 looks odd", "refused the letter itself").await;
    let secure = Postbox::with(SmtpSecurity::Starttls);
    let port = secure.address.port().to_string();
    let change = [("security", "starttls"), ("port", &*port)];
    fails(&change, "The connection is protected", "", "No authority that is known").await;

    ada.post(&house, TEST, &with(&form, &[("host", ""), ("security", "tls")])).await.minds("host", "Give the host");
    ada.post(&house, TEST, &with(&form, &[("host", "mail.example.org")]))
        .await
        .minds("security-none", "only to this machine");
    ada.post(&house, TEST, &with(&form, &[("to", "")])).await.minds("to", "Enter the address");
    assert!(postbox.letters().is_empty());
    ada.post(&house, TEST, &with(&form, &[]))
        .await
        .shows()
        .says("The mail server took the letter for ada@example.org.");
    let letter = postbox.letters().pop().expect("the test");
    assert_eq!(letter.header("Subject"), "A test from Example ID");
    assert_eq!(house.everything().await, before, "a test saves nothing");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_told_of_before_the_page_is_given_up() {
    let (house, ada) = House::with_ada().await;
    let (silent, protected) = (Postbox::open(), Postbox::with(SmtpSecurity::Tls));
    silent.keeps_silent(true);
    let plain = ("It answers as a mail server", "try TLS from the start");
    let tries = [
        (&silent, "none", plain),
        (&silent, "starttls", plain),
        (&protected, "starttls", plain),
        (&silent, "tls", ("The connection is protected", "Is this the right port?")),
    ];
    ada.get(&house, FORM).await.shows();
    let (house, ada) = (&house, &ada);
    let tries = tries.map(|(postbox, security, (stage, hint))| async move {
        let form = form(&postbox.address.port().to_string());
        let page = ada.post(house, TEST, &with(&form, &[("security", security)])).await.shows();
        let html = unescaped(&page.html);
        let (before, failed) = html.split_once(r#"<li class="bad">"#).unwrap_or_else(|| panic!("{security}: {html}"));
        let (failed, _) = failed.split_once("</li>").unwrap();
        for part in [stage, hint, "No answer came in time."] {
            assert!(failed.contains(part), "{part:?} is not in {failed}");
        }
        assert!(!before.contains("Not reached"), "stages come in their order: {html}");
        assert!(html.contains(r#"value="id@example.org""#), "what was typed is kept: {html}");
    });
    futures_util::future::join_all(tries).await;
}

#[tokio::test]
async fn a_letter_that_was_sent_and_not_answered_is_not_said_to_have_failed() {
    let (house, ada) = House::with_ada().await;
    let postbox = Postbox::open();
    postbox.answers("MESSAGE", "");
    let form = form(&postbox.address.port().to_string());
    ada.get(&house, FORM).await.shows();
    let page = ada.post(&house, TEST, &with(&form, &[])).await.shows();
    let page = page.says("Nobody knows whether the letter for ada@example.org was taken.").says("may have arrived");
    assert!(!page.html.contains("The letter was not sent."));
}

#[tokio::test]
async fn letters_wait_in_sight_when_their_server_is_forgotten() {
    let (house, ada) = House::with_ada().await;
    let form = form("2525");
    ada.get(&house, FORM).await.shows();
    ada.post(&house, FORM, &with(&form, &[])).await.leads_to("/admin/mail");
    ada.get(&house, "/admin/people/new").await.shows();
    let sam = [("username", "sam"), ("email", "sam@example.org")];
    ada.post(&house, "/admin/people/new", &sam).await.goes_on();
    let stranger = crate::house::Browser::new("curl/8.0");
    stranger.get(&house, "/reset").await.shows();
    stranger.post(&house, "/reset", &[("username", "sam")]).await.leads_to("/reset/sent");
    ada.get(&house, FORM).await.shows();
    ada.post(&house, "/admin/mail/forget", &[]).await.leads_to("/admin/mail");
    let page = ada.get(&house, "/admin/mail").await.shows();
    page.says("None is set up").says("1 letter waits").says("sent once a mail server is set up");
}

#[tokio::test]
async fn a_password_is_typed_once_and_told_to_no_other_server() {
    let (house, ada) = House::with_ada().await;
    let form = form("2525");
    ada.get(&house, FORM).await.shows();
    let typed = [("username", USER), ("password", PASSWORD)];
    let page = ada.post(&house, TEST, &with(&form, &typed)).await.shows().keeps_silent_about(PASSWORD);
    let carried = unescaped(&page.between(r#"name="carried" value=""#, "\""));
    assert!(carried.len() > 40 && page.html.contains("the one you typed a moment ago"));
    let elsewhere = [("username", USER), ("carried", &*carried), ("port", "2526")];
    ada.post(&house, FORM, &with(&form, &elsewhere)).await.leads_to("/admin/mail");
    let kept = house.engine.mail_server().await.unwrap().unwrap();
    assert!(kept.password.is_none(), "it was carried for another server");
    let here = [("username", USER), ("carried", &*carried)];
    ada.post(&house, FORM, &with(&form, &here)).await.leads_to("/admin/mail");
    let kept = house.engine.mail_server().await.unwrap().unwrap();
    assert!(kept.password.unwrap().is(PASSWORD));
    for (_, value) in house.everything().await {
        assert!(!String::from_utf8_lossy(&value).contains(PASSWORD), "it is sealed");
    }
    let page = ada.get(&house, FORM).await.shows().keeps_silent_about(PASSWORD).says("the one that is kept");
    assert!(!page.html.contains(r#"name="carried""#));
    let moved = [("username", USER), ("host", "127.0.0.1")];
    ada.post(&house, TEST, &with(&form, &moved)).await.minds("password", "Type the password again");
    ada.post(&house, FORM, &with(&form, &moved)).await.minds("password", "Type the password again");
    ada.post(&house, FORM, &with(&form, &[("username", USER), ("from", "other@example.org")]))
        .await
        .leads_to("/admin/mail");
    assert!(house.engine.mail_server().await.unwrap().unwrap().password.unwrap().is(PASSWORD));

    let settings = ada.get(&house, "/admin/settings").await.shows();
    let fields = [("name", "Other"), ("password_min_length", "15"), ("client_registration", "nobody")];
    drop(settings);
    ada.post(&house, "/admin/settings", &fields).await.leads_to("/admin/settings");
    assert!(house.engine.has_mail().await.unwrap(), "other settings leave it alone");
    ada.get(&house, FORM).await.shows();
    ada.post(&house, "/admin/mail/forget", &[]).await.leads_to("/admin/mail");
    assert!(!house.engine.has_mail().await.unwrap());
}

#[tokio::test]
async fn saving_wants_a_fresh_proof_and_what_waits_is_shown() {
    let (house, ada) = House::with_ada().await;
    let postbox = Postbox::open();
    let form = form(&postbox.address.port().to_string());
    ada.get(&house, FORM).await.shows();
    ada.post(&house, FORM, &with(&form, &[])).await.leads_to("/admin/mail");
    house.clock.advance(Duration::from_secs(601));
    for to in [ada.get(&house, FORM).await, ada.post(&house, FORM, &with(&form, &[])).await] {
        assert!(to.goes_on().starts_with("/login?confirm=1"));
    }
    ada.get(&house, "/login?confirm=1&next=/admin/people/new").await.shows();
    let again = [("username", "ada"), ("password", crate::house::PASSWORD), ("next", "/admin/people/new")];
    ada.post(&house, "/login", &again).await.leads_to("/admin/people/new");
    ada.get(&house, "/admin/people/new").await.shows();
    let sam = [("username", "sam"), ("email", "sam@example.org")];
    ada.post(&house, "/admin/people/new", &sam).await.goes_on();
    let stranger = crate::house::Browser::new("curl/8.0");
    stranger.get(&house, "/reset").await.shows();
    stranger.post(&house, "/reset", &[("username", "sam")]).await.leads_to("/reset/sent");
    ada.get(&house, "/admin").await.shows().says("1 letter waits for delivery");
    postbox.answers("RCPT", "451 4.7.1 greylisted");
    round(&house.engine).await.unwrap();
    ada.get(&house, "/admin/mail")
        .await
        .shows()
        .says("1 letter waits")
        .says("451 4.7.1 greylisted")
        .says("sam@example.org");
    ada.get(&house, "/admin")
        .await
        .shows()
        .says("1 letter was refused and is tried again")
        .says(r#"href="/admin/mail""#);
    house.clock.advance(Duration::from_secs(60));
    postbox.answers("RCPT", "550 5.1.1 no such box");
    round(&house.engine).await.unwrap();
    let page = ada.get(&house, "/admin/mail").await.shows();
    page.says("Given up lately").says("550 5.1.1 no such box").says("No letter waits.");
    ada.get(&house, "/admin").await.shows().says("1 letter was not delivered this week");
    ada.post(&house, "/admin/mail/test", &[("to", "ada@example.org")]).await.shows().says("took the letter for");
    assert_eq!(postbox.letters().len(), 1);
}
