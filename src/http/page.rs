//! Pages: what every HTML answer shares. A view is a plain struct with a template; [`Page`] makes it a response.

use askama::Template;
use http::{StatusCode, header};
use poem::{IntoResponse, Response};

use super::headers::SecurityHeaders;
use super::theme::Theme;
use super::when::When;

/// What every page is told besides its own matter. Handlers fill one per request.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The server's name, as the setting `name` has it.
    pub product: String,
    /// The host people reach this server at, so that they can tell it from an imitation; empty to leave it out.
    pub host: String,
    /// The language of the page, as in the `lang` attribute: `en`.
    pub language: String,
    /// The token that every form sends back as `csrf`.
    pub csrf: String,
    /// One line about what was just done ("Saved."), shown once at the top (`role=status`).
    pub flash: Option<String>,
    /// Who is signed in, when someone is.
    pub person: Option<Signed>,
    /// How pages are coloured in this browser.
    pub theme: Theme,
    /// The language tag by which exact times are written, where somebody said so; empty for that of the page.
    pub locale: String,
    /// Whether everybody may make an account here.
    pub registers: bool,
    /// That an administrator acts for somebody in this browser: said on every page of it.
    pub acting: Option<ActingNote>,
}

impl Frame {
    /// A frame in English for someone not (or not yet) signed in.
    pub fn new(product: &str, csrf: &str) -> Frame {
        Frame { product: product.to_owned(), language: "en".to_owned(), csrf: csrf.to_owned(), ..Frame::default() }
    }

    /// The same frame, naming the host people reach this server at.
    #[must_use]
    pub fn at_host(mut self, host: &str) -> Frame {
        self.host = host.to_owned();
        self
    }

    /// The same frame, for someone signed in.
    #[must_use]
    pub fn for_person(mut self, name: &str, administrator: bool) -> Frame {
        let console = if administrator { Console::Whole } else { Console::Closed };
        self.person = Some(Signed { name: name.to_owned(), console });
        self
    }

    /// The same frame, for somebody to whom this much of the console is open.
    #[must_use]
    pub fn with_console(mut self, console: Console) -> Frame {
        if let Some(person) = &mut self.person {
            person.console = console;
        }
        self
    }

    /// The same frame, coloured so.
    #[must_use]
    pub fn coloured(mut self, theme: Theme) -> Frame {
        self.theme = theme;
        self
    }

    /// The same frame, with exact times written as in this language.
    #[must_use]
    pub fn in_locale(mut self, locale: Option<&str>) -> Frame {
        self.locale = locale.unwrap_or_default().replace('_', "-");
        self
    }

    /// The same frame with a line about what was just done.
    #[must_use]
    pub fn saying(mut self, flash: Option<String>) -> Frame {
        self.flash = flash;
        self
    }

    /// The same frame, of a server where everybody may make an account, or not.
    #[must_use]
    pub fn where_people_register(mut self, registers: bool) -> Frame {
        self.registers = registers;
        self
    }

    /// The same frame, in a browser in which somebody acts.
    #[must_use]
    pub fn acting(mut self, acting: Option<ActingNote>) -> Frame {
        self.acting = acting;
        self
    }

    /// What the page is called that leads to the applications of whoever uses this browser.
    pub fn applications(&self) -> &'static str {
        if self.acting.is_some() { "Their applications" } else { "My applications" }
    }

    /// Whether someone signed in administers this server.
    pub fn is_administrator(&self) -> bool {
        self.console() == Console::Whole
    }

    /// How much of the console is open to whoever is signed in.
    pub fn console(&self) -> Console {
        self.person.as_ref().map_or(Console::Closed, |person| person.console)
    }

    /// Whether they may look at pages of the console whose forms they may not send.
    pub fn only_looks(&self) -> bool {
        self.console() == Console::ToLookAt
    }

    /// The display name of who is signed in; empty when nobody is.
    pub fn person_name(&self) -> &str {
        self.person.as_ref().map_or("", |person| &person.name)
    }
}

/// That an administrator acts for somebody, as every page says it.
#[derive(Clone, Debug, Default)]
pub struct ActingNote {
    /// For whom.
    pub name: String,
    /// Until when, at the latest.
    pub until: When,
}

/// Who is signed in, as far as the frame of a page shows it.
#[derive(Clone, Debug, Default)]
pub struct Signed {
    /// Display name; falls back to the username when the person gave no name.
    pub name: String,
    /// How much of the console is open to them.
    pub console: Console,
}

/// How much of the console is open to somebody.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Console {
    /// None of it.
    #[default]
    Closed,
    /// The applications they registered.
    Applications,
    /// All of it, to look at.
    ToLookAt,
    /// All of it.
    Whole,
}

impl Console {
    /// Whether all of its pages are open.
    pub fn shows_all(self) -> bool {
        matches!(self, Console::ToLookAt | Console::Whole)
    }

    /// The first of its pages that is open; `None` where none is.
    pub fn entry(self) -> Option<&'static str> {
        match self {
            Console::Closed => None,
            Console::Applications => Some("/admin/applications"),
            Console::ToLookAt | Console::Whole => Some("/admin"),
        }
    }
}

/// The letter that stands for a name where there is no picture.
pub fn initial(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric()).or_else(|| name.chars().find(|c| !c.is_whitespace()));
    letter.map_or_else(|| "?".to_owned(), |letter| letter.to_uppercase().collect())
}

/// A view that can show itself with several sets of data: plain, wrong, empty, hostile. The gallery test draws them all.
pub trait Samples: Template + Sized {
    /// Each sample with a short name, unique within the view.
    fn samples() -> Vec<(&'static str, Self)>;
}

/// A link with its words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// What the link says.
    pub words: String,
    /// Where it leads. Handlers pass only addresses of this server, or registered http(s) addresses.
    pub url: String,
}

impl Link {
    /// A link to `url` that says `words`.
    pub fn new(words: &str, url: &str) -> Link {
        Link { words: words.to_owned(), url: url.to_owned() }
    }
}

/// What is wrong with a form that came in: sentences, each tied to the field it is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems {
    /// Sentences in the order of the fields.
    pub list: Vec<FieldProblem>,
}

/// One sentence about one field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the form; empty when the sentence is about the whole form.
    pub field: String,
    /// What to do, in a sentence: "Choose a password of at least 15 characters."
    pub sentence: String,
}

impl Problems {
    /// Nothing is wrong.
    pub fn none() -> Problems {
        Problems::default()
    }

    /// One sentence about one field; chain [`Problems::and`] for more.
    pub fn of(field: &str, sentence: &str) -> Problems {
        Problems::none().and(field, sentence)
    }

    /// These problems and one more.
    #[must_use]
    pub fn and(mut self, field: &str, sentence: &str) -> Problems {
        self.list.push(FieldProblem { field: field.to_owned(), sentence: sentence.to_owned() });
        self
    }

    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        !self.list.is_empty()
    }

    /// The sentence about `field`; empty when nothing is wrong with it.
    pub fn about(&self, field: &str) -> &str {
        self.list.iter().find(|problem| problem.field == field).map_or("", |problem| &problem.sentence)
    }
}

/// An HTML answer: a view, its status, and the headers every page carries.
#[derive(Debug)]
pub struct Page<T> {
    view: T,
    status: StatusCode,
    form_targets: Vec<String>,
    retry_after: Option<u64>,
}

impl<T: Template> Page<T> {
    /// The view with status 200.
    pub fn ok(view: T) -> Page<T> {
        Page::with_status(StatusCode::OK, view)
    }

    /// The view with another status.
    pub fn with_status(status: StatusCode, view: T) -> Page<T> {
        Page { view, status, form_targets: Vec::new(), retry_after: None }
    }

    /// Lets the page's form lead to a client too, as [`form_target`](super::headers::form_target) names it.
    ///
    /// Chromium applies `form-action` to the redirects after a POST as well, so a page whose form may end at a client's
    /// redirect address has to name it (Content Security Policy Level 3, section 6.4.1).
    #[must_use]
    pub fn form_may_lead_to(mut self, target: Option<String>) -> Page<T> {
        self.form_targets.extend(target);
        self
    }

    /// Says after how many seconds to try again, if that is known (RFC 9110, section 10.2.3).
    #[must_use]
    pub fn retry_after(mut self, seconds: Option<u64>) -> Page<T> {
        self.retry_after = seconds;
        self
    }
}

impl<T: Template + Send> IntoResponse for Page<T> {
    fn into_response(self) -> Response {
        // Rendering writes to a string and can only fail if a view's own `Display` does; none of ours can.
        let (status, body) = match self.view.render() {
            Ok(html) => (self.status, html),
            Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be drawn.".to_owned()),
        };
        let answer = Response::builder().status(status).header(header::CONTENT_TYPE, "text/html; charset=utf-8");
        let mut answer = match self.retry_after {
            Some(seconds) => answer.header(header::RETRY_AFTER, seconds).body(body),
            None => answer.body(body),
        };
        // The edge adds what depends on the issuer.
        SecurityHeaders::for_issuer("").page(&mut answer, &self.form_targets);
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "<p>{{ name }}</p>", ext = "html")]
    struct Greeting {
        name: &'static str,
    }

    #[tokio::test]
    async fn a_page_is_escaped_uncached_and_guarded() {
        let page = Page::ok(Greeting { name: "<b>" }).form_may_lead_to(Some("https://wiki.example.org".into()));
        let answer = page.into_response();
        let header = |name: header::HeaderName| answer.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header(header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(header::CACHE_CONTROL), "no-store");
        assert!(header(header::CONTENT_SECURITY_POLICY).ends_with("form-action 'self' https://wiki.example.org"));
        assert_eq!(answer.into_body().into_string().await.unwrap(), "<p>&#60;b&#62;</p>");
    }

    #[test]
    fn problems_are_found_by_their_field() {
        let problems = Problems::of("username", "Enter a username.").and("", "Try again.");
        assert!(problems.any());
        assert_eq!(problems.about("username"), "Enter a username.");
        assert_eq!(problems.about("password"), "");
    }
}
