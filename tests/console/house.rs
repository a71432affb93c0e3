//! A house with its first administrator, and browsers to visit it with.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use poem::http::{Method, StatusCode, header};

use countersign::base::clock::{StillClock, Timestamp};
use countersign::base::rng::SeededRng;
use countersign::engine::{Engine, Foundation};
use countersign::http::desk::Desk;
use countersign::model::mail::MailServer;
use countersign::store::memory::Memory;
use countersign::store::{Order, Span, Store};

use crate::indoors::{Indoors, foundation, mail_server};
use crate::jar::Jar;

pub const ISSUER: &str = "https://id.example";
pub const PASSWORD: &str = "a lamp and seven quiet herons";

/// A server in memory, without a socket.
pub struct House {
    pub engine: Arc<Engine>,
    pub desk: Arc<Desk>,
    pub clock: Arc<StillClock>,
    store: Arc<Memory>,
    server: Indoors,
}

impl House {
    /// A house that nobody has set up.
    pub async fn bare() -> House {
        House::bare_with(None).await
    }

    async fn bare_with(mail: Option<MailServer>) -> House {
        let store = Arc::new(Memory::new());
        let clock = Arc::new(StillClock::at(Timestamp(1_795_269_720)));
        let foundation = foundation(ISSUER, store.clone(), clock.clone(), Arc::new(SeededRng::new(7)));
        let foundation = Foundation { mail, ..foundation };
        let server = Indoors::open(foundation, &[]).await;
        House { engine: server.engine.clone(), desk: server.desk.clone(), clock, store, server }
    }

    /// A house whose administrator, `ada`, has set it up, and a browser she is signed in with.
    pub async fn with_ada() -> (House, Browser) {
        House::set_up(House::bare().await).await
    }

    /// The same, where letters are written, and stay in the outbox.
    pub async fn with_ada_and_mail() -> (House, Browser) {
        House::set_up(House::bare_with(Some(mail_server())).await).await
    }

    async fn set_up(house: House) -> (House, Browser) {
        let token = house.engine.open_set_up().await.unwrap().expect("nobody has set it up");
        let ada = Browser::new("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
        ada.get(&house, &format!("/setup?token={}", token.expose())).await.shows();
        let fields = [("token", token.expose()), ("name", "Example ID"), ("username", "ada"), ("password", PASSWORD)];
        ada.post(&house, "/setup", &fields).await.leads_to("/admin");
        (house, ada)
    }

    /// Everything that is kept.
    pub async fn everything(&self) -> Vec<(Bytes, Bytes)> {
        self.store.walk(Span::of_prefix(b""), Order::Ascending, usize::MAX - 1).await.unwrap()
    }

    /// What a program is answered that asks by itself.
    pub async fn asks(
        &self,
        method: Method,
        path: &str,
        headers: &[(&'static str, String)],
        body: String,
    ) -> (u16, String) {
        let mut request = poem::http::Request::builder().method(method).uri(path);
        if !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        }
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let peer = Ipv4Addr::LOCALHOST.into();
        let mut response = self.server.answer(request.body(()).unwrap(), body, peer).await;
        (response.status().as_u16(), response.take_body().into_string().await.unwrap())
    }

    /// Somebody without any rights, signed in.
    pub async fn ordinary(&self, ada: &Browser, username: &str) -> Browser {
        let link = ada.add_person(self, username).await;
        let theirs = Browser::new("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/142.0.0.0 Safari/537.36");
        let path = link.strip_prefix(ISSUER).unwrap();
        let token = path.split_once("token=").unwrap().1.to_owned();
        theirs.get(self, path).await.shows();
        let fields = [("token", token.as_str()), ("password", PASSWORD)];
        theirs.post(self, "/recover", &fields).await.goes_on();
        theirs.sign_in(self, username).await;
        theirs
    }
}

/// What somebody may do in the console besides nothing.
pub const AUDITOR: &str = "auditor";
pub const REGISTRAR: &str = "may_register_clients";

impl House {
    /// Somebody with one of these roles, signed in.
    pub async fn with_role(&self, ada: &Browser, username: &str, role: &str) -> Browser {
        let theirs = self.ordinary(ada, username).await;
        let list = ada.get(self, &format!("/admin/people?q={username}")).await.shows();
        let id = list.between(r#"data-label="Name"><a href="/admin/people/"#, "\"");
        ada.get(self, &format!("/admin/people/{id}")).await.shows();
        ada.post(self, &format!("/admin/people/{id}/roles"), &[(role, "on")]).await.goes_on();
        theirs
    }
}

/// A browser: cookies, and the token of the page it shows.
pub struct Browser {
    agent: &'static str,
    cookies: Jar,
    token: Mutex<String>,
}

impl Browser {
    pub fn new(agent: &'static str) -> Browser {
        Browser { agent, cookies: Jar::default(), token: Mutex::default() }
    }

    pub async fn sign_in(&self, house: &House, username: &str) {
        self.get(house, "/login").await.shows();
        self.post(house, "/login", &[("username", username), ("password", PASSWORD)]).await.leads_to("/");
    }

    /// Adds somebody in the console; gives their one-time link.
    pub async fn add_person(&self, house: &House, username: &str) -> String {
        self.get(house, "/admin/people/new").await.shows();
        let to = self.post(house, "/admin/people/new", &[("username", username)]).await.goes_on();
        let page = self.get(house, &to).await.shows();
        page.between(r#"id="link-value">"#, "<").replace("&#61;", "=")
    }

    pub async fn get(&self, house: &House, path: &str) -> Shown {
        self.send(house, Method::GET, path, String::new(), &[]).await
    }

    /// Sends a form of the page shown last.
    pub async fn post(&self, house: &House, path: &str, fields: &[(&str, &str)]) -> Shown {
        let token = self.token.lock().unwrap().clone();
        self.post_with(house, path, &[fields, &[("csrf", &token)]].concat(), &[]).await
    }

    /// Sends just these fields and headers.
    pub async fn post_with(
        &self,
        house: &House,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Shown {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.send(house, Method::POST, path, body, headers).await
    }

    /// The token of the page shown last.
    pub fn token(&self) -> String {
        self.token.lock().unwrap().clone()
    }

    async fn send(&self, house: &House, method: Method, path: &str, body: String, headers: &[(&str, &str)]) -> Shown {
        let path = path.split('#').next().unwrap_or_default();
        let mut request = poem::http::Request::builder()
            .method(method)
            .uri(path)
            .header(header::USER_AGENT, self.agent)
            .header(header::COOKIE, self.cookies.header())
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let peer = Ipv4Addr::LOCALHOST.into();
        let mut response = house.server.answer(request.body(()).unwrap(), body, peer).await;
        self.cookies.keep(response.headers());
        let location = response.headers().get(header::LOCATION).map(|to| to.to_str().unwrap().to_owned());
        let html = response.take_body().into_string().await.unwrap();
        let shown = Shown { status: response.status(), location, html };
        if shown.html.contains(r#"name="csrf""#) {
            *self.token.lock().unwrap() = shown.between(r#"name="csrf" value=""#, "\"").to_owned();
        }
        shown
    }
}

/// What came back.
#[derive(Debug)]
pub struct Shown {
    pub status: StatusCode,
    pub location: Option<String>,
    pub html: String,
}

impl Shown {
    /// A page, as asked for.
    #[track_caller]
    pub fn shows(self) -> Shown {
        assert_eq!(self.status, StatusCode::OK, "{self:#?}");
        self
    }

    /// On to somewhere, by GET.
    #[track_caller]
    pub fn goes_on(self) -> String {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{self:#?}");
        self.location.unwrap()
    }

    #[track_caller]
    pub fn leads_to(self, path: &str) {
        let to = self.goes_on();
        assert_eq!(to.split(['?', '#']).next(), Some(path), "{to}");
    }

    /// The form again, with a problem at this field.
    #[track_caller]
    pub fn minds(self, field: &str, sentence: &str) -> Shown {
        assert_eq!(self.status, StatusCode::BAD_REQUEST, "{self:#?}");
        let link = format!(r##"<a href="#{field}">"##);
        assert!(self.html.contains(&link), "no problem at {field}: {self:#?}");
        self.says(sentence)
    }

    #[track_caller]
    pub fn says(self, text: &str) -> Shown {
        assert!(self.html.contains(text), "{text:?} is not said: {self:#?}");
        self
    }

    #[track_caller]
    pub fn keeps_silent_about(self, text: &str) -> Shown {
        assert!(!self.html.contains(text), "{text:?} is said: {self:#?}");
        self
    }

    /// What stands between two marks.
    #[track_caller]
    pub fn between(&self, before: &str, after: &str) -> String {
        let from =
            self.html.find(before).unwrap_or_else(|| panic!("{before:?} is not there: {self:#?}")) + before.len();
        let rest = &self.html[from..];
        rest[..rest.find(after).unwrap_or_else(|| panic!("{after:?} does not follow"))].to_owned()
    }
}

/// Text as a reader sees it.
pub fn unescaped(html: &str) -> String {
    let pairs = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#61;", "="), ("&#38;", "&")];
    pairs.iter().fold(html.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}
