//! Somebody who visits the server with a plain browser: cookies, forms, no scripts.

use std::time::Duration;

use ureq::http::{HeaderMap, Request};

use super::jar::Jar;

/// What the server answered.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// A header's value, empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The body as JSON; null when it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }
}

/// A browser with its own cookies. Several threads may use it.
pub struct Visitor {
    agent: ureq::Agent,
    address: String,
    cookies: Jar,
}

impl Visitor {
    /// Somebody new, for the server at `127.0.0.1:PORT`.
    pub fn new(address: &str) -> Visitor {
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_idle_connections(128)
            .max_idle_connections_per_host(128)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        Visitor { agent, address: address.to_owned(), cookies: Jar::default() }
    }

    /// The same person after the server's restart: the cookies stay, the connections are new.
    pub fn reconnect(&mut self) {
        let fresh = Visitor::new(&self.address);
        self.agent = fresh.agent;
    }

    /// GET of a path, or of an address on this server as a redirect names it.
    pub fn get(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send("GET", path, &[], String::new())
    }

    /// POST of a form.
    pub fn post(&self, path: &str, form: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        self.post_with(path, &[], form)
    }

    /// POST of a form with further headers.
    pub fn post_with(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        form: &[(&str, &str)],
    ) -> Result<Answer, ureq::Error> {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut all = vec![("content-type", "application/x-www-form-urlencoded")];
        all.extend_from_slice(headers);
        self.send("POST", path, &all, body)
    }

    /// POST of any body of this type, with further headers.
    pub fn post_body(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        kind: &str,
        body: String,
    ) -> Result<Answer, ureq::Error> {
        self.send("POST", path, &[headers, &[("content-type", kind)]].concat(), body)
    }

    /// POST of nothing: no body, no content type.
    pub fn post_nothing(&self, path: &str) -> Result<Answer, ureq::Error> {
        self.send("POST", path, &[], String::new())
    }

    /// Opens a page, fills in the form that has the first of these fields, and sends it.
    pub fn fill_in(&self, page: &str, fields: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let shown = self.get(page)?;
        assert_eq!(shown.status, 200, "{page} is a page: {}", shown.body);
        let wanted = fields.first().map_or("csrf", |(name, _)| *name);
        let (action, hidden) =
            form_with(&shown.body, wanted).unwrap_or_else(|| panic!("{page} has a form: {}", shown.body));
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(name, _)| fields.iter().all(|(filled, _)| filled != name));
        all.extend_from_slice(fields);
        self.post(&action, &all)
    }

    /// The same where the page may have no such form any more: then the page is the answer.
    pub fn fill_in_if_there(&self, page: &str, fields: &[(&str, &str)]) -> Result<Answer, ureq::Error> {
        let shown = self.get(page)?;
        let wanted = fields.first().map_or("csrf", |(name, _)| *name);
        let Some((action, hidden)) = form_with(&shown.body, wanted) else { return Ok(shown) };
        let mut all: Vec<(&str, &str)> = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        all.retain(|(name, _)| fields.iter().all(|(filled, _)| filled != name));
        all.extend_from_slice(fields);
        self.post(&action, &all)
    }

    /// Signs in with a password; panics unless it works.
    pub fn sign_in(&self, username: &str, password: &str) {
        let answer = self.fill_in("/login", &[("username", username), ("password", password)]).expect("an answer");
        assert_eq!(answer.status, 303, "{username} is signed in: {}", answer.body);
    }

    fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> Result<Answer, ureq::Error> {
        let path = self.path_of(path);
        let mut request = Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let cookies = self.cookies.header();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer =
            if method == "GET" { self.agent.run(request.body(())?) } else { self.agent.run(request.body(body)?) };
        let mut answer = answer?;
        let body = answer.body_mut().read_to_string()?;
        self.cookies.keep(answer.headers());
        Ok(Answer { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }

    /// Redirects name the issuer; we ask the address.
    fn path_of(&self, target: &str) -> String {
        match target.split_once("://") {
            Some((_, rest)) => rest[rest.find('/').unwrap_or(rest.len())..].to_owned(),
            None => target.to_owned(),
        }
    }
}

/// The address and the hidden fields of the first form of a page that posts and has a field of this name.
fn form_with(html: &str, field: &str) -> Option<(String, Vec<(String, String)>)> {
    let posts = |form: &&str| attribute(tag_of(form), "method").as_deref() == Some("post");
    let has =
        |form: &&str| form.split("</form>").next().is_some_and(|form| form.contains(&format!(" name=\"{field}\"")));
    let form = html.split("<form").skip(1).filter(posts).find(has)?;
    let inside = form.split("</form>").next()?;
    let hidden = inside.split("<input").skip(1).map(tag_of).filter(|tag| tag.contains("type=\"hidden\""));
    let fields = hidden.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?))).collect();
    Some((attribute(tag_of(form), "action")?, fields))
}

fn tag_of(piece: &str) -> &str {
    piece.split('>').next().unwrap_or_default()
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split(&format!(" {name}=\"")).nth(1)?.split('"').next()?;
    Some(value.replace("&quot;", "\"").replace("&#34;", "\"").replace("&#38;", "&").replace("&amp;", "&"))
}
