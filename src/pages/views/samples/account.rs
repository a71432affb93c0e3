//! My applications and my account.

use super::*;
use crate::http::page::{Link, Problems, Samples};
use crate::http::sample::{
    LONG, MARKUP, RTL, acting_frame, admin_frame, hostile_acting_frame, hostile_frame, person_frame,
};
use crate::http::theme::Theme;
use crate::http::views::lists::sample::{acting_sessions, ago, events, grants, hostile_events, sessions};
use crate::http::views::{Pager, Tone};

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
        let plain = Home { frame: person_frame(), tiles, suggests_passkey: false };
        let hostile = vec![tile(LONG, Some("https://wiki.example.org/"), LONG), tile(RTL, None, MARKUP)];
        vec![
            ("plain", plain.clone()),
            ("suggesting", Home { suggests_passkey: true, ..plain.clone() }),
            ("administrator", Home { frame: admin_frame(), ..plain.clone() }),
            ("acting", Home { frame: acting_frame(), ..plain.clone() }),
            ("acting-hostile", Home { frame: hostile_acting_frame(), ..plain.clone() }),
            ("empty", Home { tiles: vec![], ..plain }),
            ("hostile", Home { frame: hostile_frame(), tiles: hostile, suggests_passkey: true }),
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

fn check(tone: Tone, headline: &str, detail: &str) -> CheckRow {
    CheckRow {
        tone,
        headline: headline.into(),
        detail: detail.into(),
        link: Link::new(&format!("See {}", headline.to_lowercase()), "/account/profile"),
    }
}

impl Samples for Overview {
    fn samples() -> Vec<(&'static str, Overview)> {
        let plain = Overview {
            frame: person_frame(),
            name: "Sam Ple".into(),
            username: "sample".into(),
            sign_in: vec![
                check(Tone::Good, "Password", "Last changed 8 August"),
                check(Tone::Plain, "Passkeys", "None. With one you sign in without a password."),
                check(Tone::Good, "Authenticator", "On since 3 November"),
                check(Tone::Warn, "Recovery codes", "2 of 10 left; make new ones"),
                check(Tone::Plain, "Signed in", "Here and in 2 other places"),
            ],
            others: vec![check(Tone::Plain, "Applications", "4 have access to your account")],
            yours: vec![check(Tone::Good, "Profile", "sample@example.org, verified")],
            suggests_passkey: false,
        };
        let suggesting = Overview { suggests_passkey: true, ..plain.clone() };
        let hostile = vec![check(Tone::Warn, MARKUP, LONG), check(Tone::Bad, RTL, RTL)];
        let hostile = Overview {
            frame: hostile_frame(),
            name: LONG.into(),
            username: MARKUP.into(),
            sign_in: hostile.clone(),
            others: hostile.clone(),
            yours: hostile,
            suggests_passkey: true,
        };
        vec![("plain", plain), ("suggesting", suggesting), ("hostile", hostile)]
    }
}

impl Samples for Preferences {
    fn samples() -> Vec<(&'static str, Preferences)> {
        let plain = Preferences { frame: person_frame(), locale: "de-CH".into(), ..Preferences::default() };
        let problems = Problems::of("locale", "Write a language tag such as en or uk-UA.");
        let dark = Preferences {
            frame: person_frame().coloured(Theme::Dark).in_locale(Some("de_CH")),
            theme: Theme::Dark,
            ..plain.clone()
        };
        vec![
            ("plain", plain.clone()),
            ("dark", dark),
            (
                "light",
                Preferences { frame: person_frame().coloured(Theme::Light), theme: Theme::Light, ..plain.clone() },
            ),
            ("faulty", Preferences { problems, locale: MARKUP.into(), ..plain }),
        ]
    }
}

impl Samples for OwnData {
    fn samples() -> Vec<(&'static str, OwnData)> {
        vec![("plain", OwnData { frame: person_frame() }), ("hostile", OwnData { frame: hostile_frame() })]
    }
}

impl Samples for Deletion {
    fn samples() -> Vec<(&'static str, Deletion)> {
        let plain = Deletion {
            frame: person_frame(),
            username: "sample".into(),
            consequences: vec![
                "Your account ends for good, with your profile, password and every other factor.".into(),
                "You are signed out here and in 2 other places.".into(),
                "4 applications lose access to it. What they keep about you themselves stays with them.".into(),
                "It cannot be undone.".into(),
            ],
            ..Deletion::default()
        };
        let refused = vec!["2 people are in your care. End their accounts first.".into(), LONG.into()];
        vec![
            ("plain", plain.clone()),
            ("faulty", Deletion { problems: Problems::of("username", "That is not your username."), ..plain.clone() }),
            ("refused", Deletion { in_the_way: refused, ..plain.clone() }),
            ("hostile", Deletion { frame: hostile_frame(), username: format!("{RTL}{MARKUP}{LONG}"), ..plain }),
        ]
    }
}

impl Samples for Password {
    fn samples() -> Vec<(&'static str, Password)> {
        let plain = Password {
            frame: person_frame(),
            username: "sample".into(),
            has_one: true,
            passkeys: 0,
            changed: Some(ago(9_000_000)),
            password_hint: password_hint(15),
            problems: Problems::none(),
        };
        let problems = Problems::of("current", "That is not your current password.")
            .and("new", "Choose a password of at least 15 characters.");
        let faulty = Password { problems, changed: None, ..plain.clone() };
        let beside_passkeys = Password { passkeys: 1, ..plain.clone() };
        let none = Password { has_one: false, passkeys: 2, ..plain.clone() };
        vec![("plain", plain), ("faulty", faulty), ("beside-passkeys", beside_passkeys), ("none", none)]
    }
}

impl Samples for Sessions {
    fn samples() -> Vec<(&'static str, Sessions)> {
        let mut hostile = sessions();
        hostile[1].device = LONG.into();
        hostile[1].acting = format!("Acts as you: {MARKUP} {RTL} {LONG}");
        hostile[2].device = MARKUP.into();
        let acting = "Acts as you until 22 November 2026, 14:02 UTC: The wiki shows an empty page";
        let frame = person_frame();
        let ended = frame.clone().saying(Some("The session of Safari on iPhone has ended.".into()));
        let remembered = |device: &str| RememberedRow {
            id: "0p2mc9e4j1t6v8s3k5h7r0a1bc".into(),
            device: device.into(),
            since: ago(86_400),
            until: ago(-29 * 86_400),
        };
        let (one, two) = (vec![remembered("Firefox on Linux")], vec![remembered(LONG), remembered(MARKUP)]);
        vec![
            ("plain", Sessions { frame: frame.clone(), sessions: sessions(), remembered: vec![] }),
            ("acting", Sessions { frame, sessions: acting_sessions(acting), remembered: vec![] }),
            ("alone", Sessions { frame: ended, sessions: sessions().into_iter().take(1).collect(), remembered: one }),
            ("hostile", Sessions { frame: hostile_frame(), sessions: hostile, remembered: two }),
        ]
    }
}

fn programs(names: &[&str]) -> Vec<ProgramRow> {
    let row = |(nth, name): (usize, &&str)| ProgramRow {
        client: format!("0p2mc9e4j1t6v8s3k5h7r0a{nth}"),
        name: (*name).into(),
        since: ago(9_000_000),
        last_used: (nth == 0).then(|| ago(7_200)),
        disabled: nth == 1,
    };
    names.iter().enumerate().map(row).collect()
}

impl Samples for Grants {
    fn samples() -> Vec<(&'static str, Grants)> {
        let mut hostile = grants();
        hostile[0].name = LONG.into();
        hostile[1].name = format!("{RTL} {MARKUP}");
        vec![
            ("plain", Grants { frame: person_frame(), grants: grants(), programs: vec![] }),
            (
                "programs",
                Grants { frame: person_frame(), grants: grants(), programs: programs(&["Client of sample"; 2]) },
            ),
            ("empty", Grants { frame: person_frame(), grants: vec![], programs: vec![] }),
            ("hostile", Grants { frame: hostile_frame(), grants: hostile, programs: programs(&[LONG, MARKUP, RTL]) }),
        ]
    }
}

impl Samples for Care {
    fn samples() -> Vec<(&'static str, Care)> {
        let row = |name: &str| CareRow {
            id: "p1".into(),
            name: name.into(),
            username: "kim@example.org".into(),
            since: ago(9_000_000),
        };
        let hostile = vec![CareRow { username: LONG.into(), ..row(MARKUP) }, row(RTL)];
        let people = vec![row("Kim Reed"), row("Lou Reed")];
        vec![
            ("plain", Care { frame: person_frame(), people: people.clone(), ending: None }),
            ("ending", Care { frame: person_frame(), ending: people.first().cloned(), people }),
            ("empty", Care { frame: person_frame(), ..Care::default() }),
            ("hostile", Care { frame: hostile_frame(), ending: hostile.first().cloned(), people: hostile.clone() }),
            ("hostile-list", Care { frame: hostile_frame(), people: hostile, ending: None }),
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
