//! Every page for people with ordinary, faulty, empty and hostile data.

use super::*;
use crate::http::page::{Frame, Link, Problems, Samples};
use crate::http::sample::{LONG, MARKUP, RTL, admin_frame, frame, hostile_frame, person_frame};
use crate::http::views::Pager;
use crate::http::views::lists::sample::{ago, events, grants, hostile_events, sessions};

fn wiki() -> Option<Destination> {
    Some(Destination { name: "Team wiki".into(), host: "wiki.example.org".into() })
}

fn hostile() -> Option<Destination> {
    Some(Destination { name: format!("{MARKUP} {LONG} {RTL}"), host: format!("{LONG}.example.org") })
}

impl Samples for SignIn {
    fn samples() -> Vec<(&'static str, SignIn)> {
        let plain = SignIn {
            frame: frame(),
            interaction: Some("i1".into()),
            destination: wiki(),
            other_account_url: "/login?interaction=i1&choose=another".into(),
            ..SignIn::default()
        };
        let with = |notice| SignIn { username: "sample".into(), notice: Some(notice), ..plain.clone() };
        let confirming = SignIn {
            confirming: true,
            username: "sample".into(),
            person_name: "Sam Ple".into(),
            destination: None,
            next: Some("/account/password".into()),
            ..plain.clone()
        };
        let empty = Problems::of("username", "Enter your username or email address.");
        vec![
            ("mismatch", with(Notice::Mismatch)),
            ("too-many", with(Notice::TooMany { seconds: 30 })),
            ("too-many-long", with(Notice::TooMany { seconds: 900 })),
            ("busy", with(Notice::Busy)),
            ("stale", with(Notice::Stale)),
            ("hinted", SignIn { username: "sample@example.org".into(), ..plain.clone() }),
            ("confirming", confirming.clone()),
            ("confirming-for", SignIn { destination: wiki(), ..confirming.clone() }),
            ("confirming-mismatch", SignIn { notice: Some(Notice::Mismatch), ..confirming.clone() }),
            ("confirming-hostile", SignIn { person_name: LONG.into(), username: MARKUP.into(), ..confirming }),
            (
                "empty",
                SignIn { problems: empty.and("password", "Enter your password."), interaction: None, ..plain.clone() },
            ),
            ("bare", SignIn { frame: Frame::new("Example ID", "t"), ..SignIn::default() }),
            (
                "hostile",
                SignIn {
                    frame: hostile_frame(),
                    username: MARKUP.into(),
                    destination: hostile(),
                    problems: Problems::of("username", MARKUP),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}

impl Samples for ChooseAccount {
    fn samples() -> Vec<(&'static str, ChooseAccount)> {
        let plain = ChooseAccount {
            frame: frame(),
            interaction: Some("i1".into()),
            destination: wiki(),
            person_id: "u1".into(),
            person_name: "Sam Ple".into(),
            username: "sample@example.org".into(),
        };
        let hostile =
            ChooseAccount { destination: hostile(), person_name: LONG.into(), username: RTL.into(), ..plain.clone() };
        vec![("plain", plain), ("hostile", hostile)]
    }
}

impl Samples for FlowExpired {
    fn samples() -> Vec<(&'static str, FlowExpired)> {
        let back = Some(Link::new("Back to Team wiki", "https://wiki.example.org/"));
        vec![
            ("plain", FlowExpired { frame: frame(), ..FlowExpired::default() }),
            ("start-again", FlowExpired { frame: frame(), start_again: back.clone(), signed_in_as: None }),
            (
                "signed-in",
                FlowExpired { frame: person_frame(), start_again: back, signed_in_as: Some("Sam Ple".into()) },
            ),
            ("hostile", FlowExpired { frame: hostile_frame(), start_again: None, signed_in_as: Some(LONG.into()) }),
        ]
    }
}

fn ask(sentence: &str, value: &str) -> Ask {
    Ask { sentence: sentence.into(), value: value.into(), ..Ask::default() }
}

impl Samples for Consent {
    fn samples() -> Vec<(&'static str, Consent)> {
        let plain = Consent {
            frame: person_frame(),
            interaction: "i1".into(),
            client_name: "Team wiki".into(),
            person_id: "u1".into(),
            person_name: "Sam Ple".into(),
            person_detail: "sample@example.org".into(),
            other_account_url: "/login?interaction=i1".into(),
            receives: vec![
                ask("Your name and picture", "Sam Ple"),
                ask("Your email address", "sample@example.org"),
                ask("The groups you are in", "staff, finance"),
            ],
            offline_days: Some(30),
            host: "wiki.example.org".into(),
            added_by: Some("Ada Keeper".into()),
            added_on: "3 November".into(),
            ..Consent::default()
        };
        let allows = vec![
            ask("See your projects", ""),
            Ask { sentence: "costs_write".into(), undescribed: true, ..Ask::default() },
        ];
        let unset = Ask { sentence: "Your postal address".into(), unset: true, ..Ask::default() };
        vec![
            (
                "everything",
                Consent {
                    allows,
                    receives: plain.receives.iter().cloned().chain([unset]).collect(),
                    offline_days: Some(1),
                    host: "bücher.example".into(),
                    host_ascii: Some("xn--bcher-kva.example".into()),
                    self_registered: true,
                    added_by: None,
                    ..plain.clone()
                },
            ),
            (
                "little",
                Consent {
                    receives: vec![],
                    offline_days: None,
                    added_by: None,
                    added_on: String::new(),
                    ..plain.clone()
                },
            ),
            (
                "hostile",
                Consent {
                    frame: hostile_frame(),
                    client_name: format!("{LONG} {MARKUP}"),
                    person_name: RTL.into(),
                    person_detail: LONG.into(),
                    host: format!("{LONG}.example.org"),
                    receives: vec![ask(LONG, MARKUP), ask(RTL, LONG)],
                    added_by: Some(LONG.into()),
                    ..plain.clone()
                },
            ),
            ("plain", plain),
        ]
    }
}

impl Samples for Setup {
    fn samples() -> Vec<(&'static str, Setup)> {
        let plain = Setup {
            frame: Frame::new("Countersign", "t").at_host("localhost:8080"),
            token: "one-time".into(),
            password_hint: password_hint(15),
            ..Setup::default()
        };
        let problems = Problems::of("name", "Give the server a name.")
            .and("email", "Enter an email address, such as you@example.org.")
            .and("password", "Choose a password of at least 15 characters.");
        let faulty = Setup { username: "sam".into(), email: "sam".into(), problems, ..plain.clone() };
        let hostile = Setup {
            frame: hostile_frame(),
            name: MARKUP.into(),
            username: LONG.into(),
            email: RTL.into(),
            problems: Problems::of("username", LONG),
            ..plain.clone()
        };
        vec![("plain", plain), ("faulty", faulty), ("hostile", hostile)]
    }
}

impl Samples for Recover {
    fn samples() -> Vec<(&'static str, Recover)> {
        let plain = Recover {
            frame: frame(),
            token: "one-time".into(),
            person_name: "Sam Ple".into(),
            username: "sample".into(),
            password_hint: password_hint(15),
            ..Recover::default()
        };
        let problems = Problems::of("password", "This password is on lists that attackers try first. Choose another.");
        let hostile = Recover { person_name: LONG.into(), username: MARKUP.into(), ..plain.clone() };
        vec![("faulty", Recover { problems, ..plain.clone() }), ("hostile", hostile), ("plain", plain)]
    }
}

impl Samples for LinkClosed {
    fn samples() -> Vec<(&'static str, LinkClosed)> {
        vec![
            ("setup-done", LinkClosed::setup_done(frame())),
            ("setup-token", LinkClosed::setup_token_wrong(frame())),
            ("recovery", LinkClosed::recovery_gone(frame())),
        ]
    }
}

impl Samples for SignOut {
    fn samples() -> Vec<(&'static str, SignOut)> {
        let plain = SignOut { frame: person_frame(), person_name: "Sam Ple".into(), ..SignOut::default() };
        let asked = SignOut {
            request: Some("r1".into()),
            client_name: Some("Team wiki".into()),
            applications: vec!["Team wiki".into(), "Grafana".into()],
            ..plain.clone()
        };
        let hostile = SignOut {
            frame: hostile_frame(),
            person_name: LONG.into(),
            client_name: Some(MARKUP.into()),
            applications: vec![LONG.into(), RTL.into()],
            ..asked.clone()
        };
        vec![("plain", plain), ("asked", asked), ("hostile", hostile)]
    }
}

impl Samples for SignedOut {
    fn samples() -> Vec<(&'static str, SignedOut)> {
        let plain = SignedOut { frame: frame(), ..SignedOut::default() };
        let back = Some(Link::new("Back to Team wiki", "https://wiki.example.org/"));
        vec![
            ("back", SignedOut { back: back.clone(), ..plain.clone() }),
            ("refused", SignedOut { return_refused: true, ..plain.clone() }),
            ("still", SignedOut { still_signed_in: true, back, ..plain.clone() }),
            ("plain", plain),
        ]
    }
}

impl Samples for Home {
    fn samples() -> Vec<(&'static str, Home)> {
        let tile = |name: &str, url: Option<&str>, detail: &str| Tile {
            name: name.into(),
            url: url.map(String::from),
            detail: detail.into(),
        };
        let tiles = vec![
            tile("Team wiki", Some("https://wiki.example.org/"), "wiki.example.org"),
            tile("Grafana", Some("https://grafana.example.org/"), "grafana.example.org"),
            tile("Backup command", None, "used from the command line"),
        ];
        let hostile = vec![tile(LONG, Some("https://wiki.example.org/"), LONG), tile(RTL, None, MARKUP)];
        vec![
            ("plain", Home { frame: person_frame(), tiles: tiles.clone() }),
            ("administrator", Home { frame: admin_frame(), tiles }),
            ("empty", Home { frame: person_frame(), tiles: vec![] }),
            ("hostile", Home { frame: hostile_frame(), tiles: hostile }),
        ]
    }
}

impl Samples for Profile {
    fn samples() -> Vec<(&'static str, Profile)> {
        let plain = Profile {
            frame: person_frame().saying(Some("Your profile is saved.".into())),
            username: "sample".into(),
            email: "sample@example.org".into(),
            email_verified: true,
            profile: ProfileFields {
                given_name: "Sam".into(),
                family_name: "Ple".into(),
                locale: "en".into(),
                street_address: "1 Sea View\nFlat 2".into(),
                locality: "Brighton".into(),
                country: "GB".into(),
                ..ProfileFields::default()
            },
            problems: Problems::none(),
        };
        let problems = Problems::of("birthdate", "Enter a date, such as 1990-04-23.")
            .and("picture", "Enter an address that begins with https://.");
        let faulty = Profile { frame: person_frame(), problems, email_verified: false, ..plain.clone() };
        let empty = Profile { frame: person_frame(), username: "sample".into(), ..Profile::default() };
        let hostile = Profile {
            frame: hostile_frame(),
            username: LONG.into(),
            email: LONG.into(),
            profile: ProfileFields {
                given_name: MARKUP.into(),
                nickname: RTL.into(),
                street_address: format!("</textarea>{MARKUP}"),
                ..ProfileFields::default()
            },
            ..plain.clone()
        };
        vec![("plain", plain), ("faulty", faulty), ("empty", empty), ("hostile", hostile)]
    }
}

impl Samples for Password {
    fn samples() -> Vec<(&'static str, Password)> {
        let plain = Password {
            frame: person_frame(),
            username: "sample".into(),
            changed: Some(ago(9_000_000)),
            password_hint: password_hint(15),
            problems: Problems::none(),
        };
        let problems = Problems::of("current", "That is not your current password.")
            .and("new", "Choose a password of at least 15 characters.");
        let faulty = Password { problems, changed: None, ..plain.clone() };
        vec![("plain", plain), ("faulty", faulty)]
    }
}

impl Samples for Sessions {
    fn samples() -> Vec<(&'static str, Sessions)> {
        let mut hostile = sessions();
        hostile[1].device = LONG.into();
        hostile[2].device = MARKUP.into();
        let frame = person_frame();
        let ended = frame.clone().saying(Some("The session of Safari on iPhone has ended.".into()));
        vec![
            ("plain", Sessions { frame, sessions: sessions() }),
            ("alone", Sessions { frame: ended, sessions: sessions().into_iter().take(1).collect() }),
            ("hostile", Sessions { frame: hostile_frame(), sessions: hostile }),
        ]
    }
}

impl Samples for Grants {
    fn samples() -> Vec<(&'static str, Grants)> {
        let mut hostile = grants();
        hostile[0].name = LONG.into();
        hostile[1].name = format!("{RTL} {MARKUP}");
        vec![
            ("plain", Grants { frame: person_frame(), grants: grants() }),
            ("empty", Grants { frame: person_frame(), grants: vec![] }),
            ("hostile", Grants { frame: hostile_frame(), grants: hostile }),
        ]
    }
}

impl Samples for OwnActivity {
    fn samples() -> Vec<(&'static str, OwnActivity)> {
        let pager = Pager {
            words: "The latest 50".into(),
            first: Some("/account/activity".into()),
            next: Some("/account/activity?after=k".into()),
        };
        vec![
            ("plain", OwnActivity { frame: person_frame(), events: events(), pager }),
            ("empty", OwnActivity { frame: person_frame(), ..OwnActivity::default() }),
            ("hostile", OwnActivity { frame: hostile_frame(), events: hostile_events(), ..OwnActivity::default() }),
        ]
    }
}
