//! The mail server, tests of it, and the outbox.

use super::*;
use crate::base::clock::Timestamp;
use crate::http::page::{Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, hostile_frame};
use crate::http::views::Tone;
use crate::http::when::When;

const NOW: Timestamp = Timestamp(1_795_269_720);

fn trial(worked: bool) -> TrialView {
    let row = |words, tone, said: &str, hint: &str| StageRow { words, tone, said: said.into(), hint: hint.into() };
    let last = match worked {
        true => row("It knows user name and password", Tone::Good, "", ""),
        false => row(
            "It knows user name and password",
            Tone::Bad,
            "535 5.7.8 Authentication failed",
            "Check user name and password. Some providers want a password made for programs.",
        ),
    };
    let after = if worked { Tone::Good } else { Tone::Plain };
    TrialView {
        tone: if worked { Tone::Good } else { Tone::Bad },
        headline: if worked { "The mail server took the letter." } else { "The letter was not sent." }.into(),
        stages: vec![
            row("Its name is found", Tone::Good, "", ""),
            row("It can be connected to", Tone::Good, "", ""),
            row("It answers as a mail server", Tone::Good, "", ""),
            row("The connection is protected", Tone::Good, "", ""),
            last,
            row("It takes the sender", after, "", ""),
            row("It takes the recipient", after, "", ""),
            row("It takes the letter", after, "", ""),
        ],
    }
}

fn facts() -> MailFacts {
    MailFacts {
        place: "mail.example.org, port 587".into(),
        security: "STARTTLS",
        username: "id@example.org".into(),
        from: "id@example.org".into(),
        operators: false,
    }
}

impl Samples for Mail {
    fn samples() -> Vec<(&'static str, Mail)> {
        let plain =
            Mail { frame: admin_frame(), server: Some(facts()), to: "ada@example.org".into(), ..Mail::default() };
        let waiting = WaitingRow {
            to: "sam@example.org".into(),
            tries: "3 times".into(),
            said: "451 4.7.1 Greylisted, try again later".into(),
            next: When::at(NOW.plus(std::time::Duration::from_secs(900)), NOW),
        };
        let given_up = GivenUpRow {
            to: "nobody@example.org".into(),
            about: "A link for a new password",
            said: "550 5.1.1 No such user".into(),
            at: When::at(NOW, NOW),
        };
        let busy = Mail {
            waiting: "4 letters wait".into(),
            refused: vec![waiting.clone()],
            given_up: vec![given_up.clone()],
            trial: Some(trial(false)),
            ..plain.clone()
        };
        let operators =
            Mail { server: Some(MailFacts { operators: true, ..facts() }), trial: Some(trial(true)), ..plain.clone() };
        let hostile = Mail {
            frame: hostile_frame(),
            server: Some(MailFacts { place: LONG.into(), username: MARKUP.into(), from: RTL.into(), ..facts() }),
            to: MARKUP.into(),
            refused: vec![WaitingRow { to: LONG.into(), said: LONG.into(), ..waiting }],
            given_up: vec![GivenUpRow { to: LONG.into(), said: MARKUP.into(), ..given_up }],
            problems: Problems::of("to", LONG),
            ..plain.clone()
        };
        vec![
            ("none", Mail { server: None, ..plain.clone() }),
            ("forgotten", Mail { server: None, waiting: "4 letters wait".into(), ..plain.clone() }),
            ("busy", busy),
            ("operators", operators),
            ("hostile", hostile),
            ("plain", plain),
        ]
    }
}

impl Samples for MailServer {
    fn samples() -> Vec<(&'static str, MailServer)> {
        let plain = MailServer {
            frame: admin_frame(),
            host: "mail.example.org".into(),
            port: "587".into(),
            security: "starttls".into(),
            username: "id@example.org".into(),
            from: "id@example.org".into(),
            to: "ada@example.org".into(),
            password_hint: "Empty: the one that is kept.".into(),
            known: true,
            ..MailServer::default()
        };
        let problems = Problems::of("host", "Give the host of the mail server, such as mail.example.org.")
            .and("port", "Enter a port from 1 to 65535.")
            .and("security-none", "Without protection, letters go only to this machine: localhost, 127.0.0.1 or ::1.")
            .and("from", "Give the address letters come from, such as id@example.org.");
        let faulty = MailServer { host: String::new(), port: "x".into(), problems, ..plain.clone() };
        let tested = MailServer { trial: Some(trial(true)), carried: "sealed".into(), ..plain.clone() };
        let mut doubt = trial(true);
        doubt.tone = Tone::Warn;
        doubt.headline = "Nobody knows whether the letter for ada@example.org was taken.".into();
        if let Some(last) = doubt.stages.last_mut() {
            last.tone = Tone::Warn;
            last.said = "No answer came in time.".into();
            last.hint = "The letter was sent, and the server did not say whether it took it.".into();
        }
        let in_doubt = MailServer { trial: Some(doubt), ..plain.clone() };
        let refused = MailServer { trial: Some(trial(false)), ..plain.clone() };
        let new = MailServer { frame: admin_frame(), security: "starttls".into(), ..MailServer::default() };
        let hostile = MailServer {
            frame: hostile_frame(),
            host: LONG.into(),
            username: MARKUP.into(),
            from: RTL.into(),
            to: LONG.into(),
            ..plain.clone()
        };
        vec![
            ("plain", plain),
            ("new", new),
            ("faulty", faulty),
            ("tested", tested),
            ("refused", refused),
            ("in-doubt", in_doubt),
            ("hostile", hostile),
        ]
    }
}
