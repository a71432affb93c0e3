//! One design for everything that goes wrong: what happened, whose job it is, the way on, and a reference.

use askama::Template;

use super::diff::AddressDiff;
use crate::base::clock::Timestamp;
use crate::http::page::{Frame, Link, Samples};
use crate::http::sample::{
    LONG, MARKUP, RTL, acting_frame, admin_frame, frame, hostile_acting_frame, hostile_frame, person_frame,
};
use crate::http::when::When;

/// The problem page. Make one with a constructor below, so that every face speaks alike; then [`Problem::about`].
#[derive(Clone, Debug, Default, Template)]
#[template(path = "http/problem.html")]
pub struct Problem {
    /// What every page is told.
    pub frame: Frame,
    /// The status the page is sent with.
    pub status: u16,
    /// What happened, in a few words.
    pub headline: String,
    /// What that means, in a sentence or two.
    pub explanation: String,
    /// Whose job it is: "Whoever runs Team wiki can mend this." Empty when it is the reader's or nobody's.
    pub whose: String,
    /// The address that was sent; for administrators, beside the registered one.
    pub diff: Option<AddressDiff>,
    /// The application's registered addresses, for administrators only.
    pub registered: Vec<String>,
    /// What an administrator who reads this can do about it.
    pub mend: Option<Mend>,
    /// Ways on; the first is the main one.
    pub ways: Vec<Link>,
    /// The request's id, under which Activity has the rest.
    pub reference: String,
    /// When it happened.
    pub at: When,
    /// Seconds to wait; the handler passes it to `Page::retry_after` as well.
    pub retry_after: Option<u64>,
}

/// A note for administrators on a problem page.
#[derive(Clone, Debug, Default)]
pub struct Mend {
    /// What is wrong, for someone who can change it.
    pub sentence: String,
    /// Where to change it.
    pub link: Link,
}

impl Problem {
    fn new(frame: Frame, status: u16, headline: &str, explanation: &str) -> Problem {
        let home = Link::new(if frame.person.is_some() { frame.applications() } else { "To the start" }, "/");
        Problem {
            status,
            headline: headline.into(),
            explanation: explanation.into(),
            ways: vec![home],
            frame,
            ..Problem::default()
        }
    }

    /// The same page under a request's id and time.
    #[must_use]
    pub fn about(mut self, reference: &str, at: Timestamp) -> Problem {
        self.reference = reference.to_owned();
        self.at = When::exactly(at);
        self
    }

    /// The same page with this way on before the others.
    #[must_use]
    pub fn with_way(mut self, way: Link) -> Problem {
        self.ways.insert(0, way);
        self
    }

    /// 400: the request cannot be understood. `reason` is one sentence without secrets.
    pub fn bad_request(frame: Frame, reason: &str) -> Problem {
        let explanation = format!("{reason} Go back and try again from where you came.");
        Problem::new(frame, 400, "This request makes no sense here", &explanation)
    }

    /// 400: a form without its token, or with another session's.
    pub fn stale_form(frame: Frame) -> Problem {
        let explanation = "It was open for too long, or you signed in or out in another tab meanwhile. Nothing was \
                           changed. Go back, reload the page, and send it again.";
        Problem::new(frame, 400, "This form is out of date", explanation)
    }

    /// 400: no application of this id.
    pub fn unknown_client(frame: Frame) -> Problem {
        let explanation = "The link that brought you here names an application this server does not know, so you were \
                           not sent on. Nothing is wrong with your account.";
        let mut problem = Problem::new(frame, 400, "An unknown application sent you here", explanation);
        problem.whose = "Whoever runs the application can mend this.".into();
        problem
    }

    /// 400: the redirect address is not registered. `registered` are the application's own addresses: administrators see
    /// them, with the difference marked and the way to mend it; anybody else sees only what was sent.
    pub fn unregistered_redirect(
        frame: Frame,
        client_name: &str,
        client_id: &str,
        sent: &str,
        registered: &[String],
    ) -> Problem {
        let headline = format!("{client_name} sent you here with an address it has not registered");
        let mut problem = Problem::new(frame, 400, &headline, "");
        problem.explanation = "So you were not sent on. Nothing is wrong with your account.".into();
        problem.whose = format!("Whoever runs {client_name} can mend this.");
        if !problem.frame.is_administrator() {
            problem.diff = AddressDiff::only(sent);
            return problem;
        }
        problem.diff = AddressDiff::between(sent, registered).or_else(|| AddressDiff::only(sent));
        problem.registered = registered.to_vec();
        let id: String = form_urlencoded::byte_serialize(client_id.as_bytes()).collect();
        problem.mend = Some(Mend {
            sentence: "Redirect addresses must match exactly (RFC 9700, section 4.1). If the address that was sent is \
                       right, add it to the application."
                .into(),
            link: Link::new(
                "To its redirect addresses",
                &format!("/admin/applications/{}#redirects", id.replace('+', "%20")),
            ),
        });
        problem
    }

    /// 400: another fault of the application for which it cannot be told by redirect.
    pub fn client_fault(frame: Frame, client_name: &str, reason: &str) -> Problem {
        let headline = format!("{client_name} asked in a way that cannot be answered");
        let mut problem = Problem::new(frame, 400, &headline, reason);
        problem.whose = format!("Whoever runs {client_name} can mend this.");
        problem
    }

    /// 403: signed in, but not an administrator.
    pub fn administrators_only(frame: Frame) -> Problem {
        let explanation = "This page is for those who administer this server, and your account may not do that.";
        let mut problem = Problem::new(frame, 403, "This page is not open to you", explanation);
        problem.whose = "An administrator can change that.".into();
        problem
    }

    /// 403: an auditor sent a form.
    pub fn only_to_look_at(frame: Frame) -> Problem {
        let explanation = "You may look at everything here and change nothing. What you sent was left as it was.";
        let mut problem = Problem::new(frame, 403, "Auditors change nothing", explanation);
        problem.whose = "An administrator can do it for you.".into();
        problem.with_way(Link::new("Console", "/admin"))
    }

    /// 403: an administrator acts for somebody, and wanted something that is that person's alone.
    pub fn not_theirs_to_do(frame: Frame) -> Problem {
        let name = frame.acting.as_ref().map(|acting| acting.name.clone()).unwrap_or_default();
        let explanation = format!(
            "You are acting as {name}, which opens their applications and nothing else. Their account is theirs alone, and \
             so is what they let applications know. Nothing was changed."
        );
        Problem::new(frame, 403, "This is theirs to do", &explanation)
    }

    /// 403: the person is not in a group that may use the application.
    pub fn not_for_you(frame: Frame, client_name: &str) -> Problem {
        let headline = format!("{client_name} is not open to your account");
        let explanation = "It is open to certain groups, and you are in none of them.";
        let mut problem = Problem::new(frame, 403, &headline, explanation);
        problem.whose = "An administrator of this server can add you to one.".into();
        problem
    }

    /// 404: nothing is at this address.
    pub fn not_found(frame: Frame) -> Problem {
        let explanation = "There is no page at this address. It may have been mistyped, or what it showed is gone.";
        Problem::new(frame, 404, "Nothing is here", explanation)
    }

    /// 405: the address exists but not for this method.
    pub fn wrong_method(frame: Frame) -> Problem {
        let explanation = "This address takes a form, not a visit, or the other way round. Begin again from the page \
                           that led here.";
        Problem::new(frame, 405, "This page is reached another way", explanation)
    }

    /// 410: what was here has ended.
    pub fn gone(frame: Frame, reason: &str) -> Problem {
        Problem::new(frame, 410, "This has ended", reason)
    }

    /// 413: more than the limit was sent.
    pub fn too_large(frame: Frame) -> Problem {
        let explanation =
            "The form holds more than this server takes. Shorten it and send it again; nothing was changed.";
        Problem::new(frame, 413, "That was too much at once", explanation)
    }

    /// 429: too many requests.
    pub fn too_many(frame: Frame, seconds: u64) -> Problem {
        let explanation =
            format!("This server has had too many requests from your network. Wait {}, then try again.", span(seconds));
        let mut problem = Problem::new(frame, 429, "Too many tries", &explanation);
        problem.retry_after = Some(seconds);
        problem
    }

    /// 500: our fault.
    pub fn internal(frame: Frame) -> Problem {
        let explanation =
            "Something failed on this server. It was noted under the reference below. Trying again may work.";
        let mut problem = Problem::new(frame, 500, "This server made a mistake", explanation);
        problem.whose = "The administrator of this server can look it up.".into();
        problem
    }

    /// 503: too much to do, or the store does not answer.
    pub fn busy(frame: Frame, seconds: u64) -> Problem {
        let explanation =
            format!("It has more to do than it can. Nothing was lost. Wait {}, then try again.", span(seconds));
        let mut problem = Problem::new(frame, 503, "This server is busy", &explanation);
        problem.retry_after = Some(seconds);
        problem
    }
}

/// A short span in words: "5 seconds", "2 minutes".
fn span(seconds: u64) -> String {
    match seconds {
        0 | 1 => "a second".into(),
        2..=90 => format!("{seconds} seconds"),
        _ => format!("{} minutes", seconds.div_ceil(60)),
    }
}

impl Samples for Problem {
    fn samples() -> Vec<(&'static str, Problem)> {
        let registered =
            ["https://wiki.example.org/callback".to_owned(), "https://staging.wiki.example.org/callback".to_owned()];
        let redirect = |frame: Frame, name: &str, sent: &str| {
            Problem::unregistered_redirect(frame, name, "wiki", sent, &registered)
        };
        let hostile = format!("https://{LONG}.example/{MARKUP}{RTL}?x");
        let all = vec![
            ("400", Problem::bad_request(frame(), "A parameter came twice.")),
            ("400-form", Problem::stale_form(person_frame())),
            ("400-unknown-client", Problem::unknown_client(frame())),
            ("400-redirect", redirect(person_frame(), "Team wiki", "https://wiki.example.org/callback/")),
            ("400-redirect-admin", redirect(admin_frame(), "Team wiki", "http://wiki.example.org/Callback")),
            ("400-redirect-hostile", redirect(hostile_frame(), LONG, &hostile)),
            ("400-redirect-none", Problem::unregistered_redirect(admin_frame(), "Team wiki", "wiki", &hostile, &[])),
            ("400-client", Problem::client_fault(frame(), "Team wiki", "It sent no response type.")),
            ("403", Problem::administrators_only(person_frame())),
            ("403-auditor", Problem::only_to_look_at(person_frame())),
            ("403-acting", Problem::not_theirs_to_do(acting_frame())),
            ("403-acting-hostile", Problem::not_theirs_to_do(hostile_acting_frame())),
            ("403-group", Problem::not_for_you(person_frame(), "Grafana")),
            ("404", Problem::not_found(frame())),
            ("405", Problem::wrong_method(frame())),
            ("410", Problem::gone(frame(), "The link was used before.")),
            ("413", Problem::too_large(frame())),
            ("429", Problem::too_many(frame(), 30)),
            ("500", Problem::internal(frame())),
            ("503", Problem::busy(frame(), 5).with_way(Link::new("Back to Team wiki", "https://wiki.example.org/"))),
        ];
        all.into_iter().map(|(name, problem)| (name, problem.about("r7K3QX91", Timestamp(1_795_269_720)))).collect()
    }
}
